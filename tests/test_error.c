/* SPDX-License-Identifier: MIT */
/*
 * test_error.c - holds the table of named errors: no holes, no pair twice, one
 * name for one meaning, every name of Zig's under its call, the errnos that the
 * library itself chooses, and docs/errors.md saying the same as the table.
 *
 * `test_error print` prints the generated part of docs/errors.md.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ringfence/error.h>

#include "doc_support.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])


struct named {
    enum rf_call call;
    int error;
    const char *name;
};

/* --- what Zig 0.15.2 says, written out -------------------------------------- */

/* Pairs whose name is right, and kept. */
static const struct named zig_kept[] = {
    {RF_CALL_INIT, ERANGE, "EntriesZero"},
    {RF_CALL_INIT, EDOM, "EntriesNotPowerOfTwo"},
    {RF_CALL_INIT, EFAULT, "ParamsOutsideAccessibleAddressSpace"},
    {RF_CALL_INIT, EINVAL, "ArgumentsInvalid"},
    {RF_CALL_INIT, EMFILE, "ProcessFdQuotaExceeded"},
    {RF_CALL_INIT, ENFILE, "SystemFdQuotaExceeded"},
    {RF_CALL_INIT, ENOMEM, "SystemResources"},
    {RF_CALL_INIT, EPERM, "PermissionDenied"},
    {RF_CALL_INIT, ENOSYS, "SystemOutdated"},
    {RF_CALL_INIT, EAGAIN, "LockedMemoryLimitExceeded"},

    {RF_CALL_MAP, EACCES, "AccessDenied"},
    {RF_CALL_MAP, ETXTBSY, "AccessDenied"},
    {RF_CALL_MAP, EPERM, "PermissionDenied"},
    {RF_CALL_MAP, EAGAIN, "LockedMemoryLimitExceeded"},
    {RF_CALL_MAP, ENODEV, "MemoryMappingNotSupported"},
    {RF_CALL_MAP, EMFILE, "ProcessFdQuotaExceeded"},
    {RF_CALL_MAP, ENFILE, "SystemFdQuotaExceeded"},
    {RF_CALL_MAP, ENOMEM, "OutOfMemory"},
    {RF_CALL_MAP, EEXIST, "MappingAlreadyExists"},

    {RF_CALL_ENTER, EAGAIN, "SystemResources"},
    {RF_CALL_ENTER, EBADF, "FileDescriptorInvalid"},
    {RF_CALL_ENTER, EBADFD, "FileDescriptorInBadState"},
    {RF_CALL_ENTER, EBUSY, "CompletionQueueOvercommitted"},
    {RF_CALL_ENTER, EINVAL, "SubmissionQueueEntryInvalid"},
    {RF_CALL_ENTER, EFAULT, "BufferInvalid"},
    {RF_CALL_ENTER, ENXIO, "RingShuttingDown"},
    {RF_CALL_ENTER, EOPNOTSUPP, "OpcodeNotSupported"},
    {RF_CALL_ENTER, EINTR, "SignalInterrupt"},

    {RF_CALL_GET_SQE, EAGAIN, "SubmissionQueueFull"},

    {RF_CALL_REGISTER, EBADF, "FileDescriptorInvalid"},
    {RF_CALL_REGISTER, ENOMEM, "SystemResources"},
    {RF_CALL_REGISTER_FILES, EBADF, "FileDescriptorInvalid"},
    {RF_CALL_REGISTER_FILES, EBUSY, "FilesAlreadyRegistered"},
    {RF_CALL_REGISTER_FILES, EINVAL, "FilesEmpty"},
    {RF_CALL_REGISTER_FILES, EMFILE, "UserFdQuotaExceeded"},
    {RF_CALL_REGISTER_FILES, ENXIO, "RingShuttingDownOrAlreadyRegisteringFiles"},
    {RF_CALL_REGISTER_FILES_SPARSE, EBUSY, "FilesAlreadyRegistered"},
    {RF_CALL_REGISTER_FILES_SPARSE, EINVAL, "FilesEmpty"},
    {RF_CALL_REGISTER_FILES_SPARSE, EMFILE, "UserFdQuotaExceeded"},
    {RF_CALL_REGISTER_FILES_SPARSE, ENXIO, "RingShuttingDownOrAlreadyRegisteringFiles"},
    {RF_CALL_REGISTER_FILES_UPDATE, EBADF, "FileDescriptorInvalid"},
    {RF_CALL_REGISTER_EVENTFD, EBADF, "FileDescriptorInvalid"},
    {RF_CALL_REGISTER_BUFFERS, ENOMEM, "SystemResources"},
    {RF_CALL_UNREGISTER_FILES, ENXIO, "FilesNotRegistered"},
    {RF_CALL_UNREGISTER_BUFFERS, ENXIO, "BuffersNotRegistered"},
    {RF_CALL_GET_PROBE, EINVAL, "ArgumentsInvalid"},

    {RF_CALL_SETUP_BUF_RING, ERANGE, "EntriesNotInRange"},
    {RF_CALL_SETUP_BUF_RING, EDOM, "EntriesNotPowerOfTwo"},
    {RF_CALL_SETUP_BUF_RING, EINVAL, "ArgumentsInvalid"},
    {RF_CALL_SETUP_BUF_RING, ENOMEM, "OutOfMemory"},
    {RF_CALL_SETUP_BUF_RING, EAGAIN, "LockedMemoryLimitExceeded"},
    {RF_CALL_BUFFER_GROUP, ENODATA, "NoBufferSelected"},
    {RF_CALL_BUFFER_ID, ENODATA, "NoBufferSelected"},
};

/* Pairs that Zig calls by a name made for another call, and what they are here. */
static const struct {
    enum rf_call call;
    int error;
    const char *zig;
    const char *name;
} zig_renamed[] = {
    {RF_CALL_REGISTER, ENXIO, "RingShuttingDownOrAlreadyRegisteringFiles", "RingShuttingDown"},
    {RF_CALL_REGISTER_FILES_UPDATE, ENXIO, "RingShuttingDownOrAlreadyRegisteringFiles",
     "FilesNotRegistered"},
    {RF_CALL_REGISTER_FILES_UPDATE, EINVAL, "FilesEmpty", "FileRangeInvalid"},
    {RF_CALL_REGISTER_FILE_ALLOC_RANGE, EINVAL, "FilesEmpty", "FileRangeInvalid"},
    {RF_CALL_REGISTER_EVENTFD, EBUSY, "FilesAlreadyRegistered", "EventfdAlreadyRegistered"},
    {RF_CALL_REGISTER_EVENTFD, EINVAL, "FilesEmpty", "FileDescriptorNotEventfd"},
    {RF_CALL_UNREGISTER_EVENTFD, ENXIO, "RingShuttingDownOrAlreadyRegisteringFiles",
     "EventfdNotRegistered"},
    {RF_CALL_REGISTER_BUFFERS, EBUSY, "FilesAlreadyRegistered", "BuffersAlreadyRegistered"},
    {RF_CALL_REGISTER_BUFFERS, EINVAL, "FilesEmpty", "BufferCountOutOfRange"},
    {RF_CALL_REGISTER_NAPI, EINVAL, "FilesEmpty", "NapiRefused"},
    {RF_CALL_UNREGISTER_NAPI, EINVAL, "FilesEmpty", "NapiRefused"},
};

/* Pairs that Zig leaves without a name, of those it could meet. */
static const struct named zig_lacks[] = {
    {RF_CALL_INIT, EPROTO, "RingLayoutInvalid"},
    {RF_CALL_INIT, EOPNOTSUPP, "SetupFlagUnsupported"},
    {RF_CALL_INIT, ENOSPC, "RingMemoryTooSmall"},
    {RF_CALL_INIT, EBUSY, "RegisteredRingSlotsFull"},
    {RF_CALL_INIT, ENXIO, "AttachedRingInvalid"},
    {RF_CALL_INIT, EOVERFLOW, "RingSizeOutOfRange"},
    {RF_CALL_ENTER, EEXIST, "InvalidThread"},
    {RF_CALL_ENTER, ETIME, "WaitTimedOut"},
    {RF_CALL_ENTER, EBADR, "CompletionsDropped"},
    {RF_CALL_ENTER, EOWNERDEAD, "SubmissionThreadGone"},
    {RF_CALL_REGISTER, EEXIST, "InvalidThread"},
    {RF_CALL_REGISTER, EACCES, "OperationRestricted"},
    {RF_CALL_REGISTER, EOPNOTSUPP, "RegistrationUnsupported"},
    {RF_CALL_REGISTER, EFAULT, "ArgumentsOutsideAccessibleAddressSpace"},
    {RF_CALL_REGISTER_FILES_UPDATE, EOVERFLOW, "FileRangeOverflow"},
    {RF_CALL_REGISTER_FILE_ALLOC_RANGE, EOVERFLOW, "FileRangeOverflow"},
    {RF_CALL_REGISTER_BUFFERS, EFAULT, "BufferUnpinnable"},
    {RF_CALL_REGISTER_BUFFERS, EOVERFLOW, "BufferRangeOverflow"},
    {RF_CALL_SETUP_BUF_RING, EEXIST, "BufferGroupAlreadyRegistered"},
    {RF_CALL_SETUP_BUF_RING, EFAULT, "BufferRingUnpinnable"},
    {RF_CALL_SETUP_BUF_RING, EOPNOTSUPP, "BufferRingUnsupported"},
    {RF_CALL_SETUP_BUF_RING, EOVERFLOW, "BufferMemoryTooLarge"},
    {RF_CALL_BUFFER_GROUP, EPROTO, "BufferCompletionInvalid"},
    {RF_CALL_FREE_BUF_RING, ENOENT, "BufferGroupNotFound"},
    {RF_CALL_FREE_BUF_RING, EINVAL, "BufferGroupNotRing"},
    {RF_CALL_REGISTER_RING_FD, EBUSY, "RegisteredRingSlotsFull"},
    {RF_CALL_REGISTER_RING_FD, EEXIST, "RingFdAlreadyRegistered"},
    {RF_CALL_UNREGISTER_RING_FD, EINVAL, "RingFdNotRegistered"},
    {RF_CALL_ENABLE_RINGS, EBADFD, "RingAlreadyEnabled"},
    {RF_CALL_PEEK_CQE, EAGAIN, "CompletionQueueEmpty"},
};

/* --- the table itself ------------------------------------------------------- */

static const char *call_name(enum rf_call call)
{
    return rf_call_at(call)->name;
}

static bool is_camel_case(const char *name)
{
    if (!isupper((unsigned char)name[0]))
        return false;
    bool lower = false;
    for (; *name; name++) {
        if (!isalnum((unsigned char)*name))
            return false;
        lower = lower || islower((unsigned char)*name);
    }
    return lower;
}

/* Not empty, closed by a full stop, and fit for a cell of the table in docs/errors.md. */
static bool is_sentence(const char *text)
{
    size_t length = text ? strlen(text) : 0;
    return length > 5 && text[length - 1] == '.' && text[length - 2] != '.' &&
           !strchr(text, '|') && !strchr(text, '\n') && !strstr(text, "  ");
}

static void rows_have_no_holes(void **state)
{
    (void)state;
    assert_true(rf_error_count() > 90);
    for (size_t i = 0; i < rf_error_count(); i++) {
        const struct rf_error *row = rf_error_at(i);
        assert_non_null(row);
        assert_true(row->call > RF_CALL_NONE && (size_t)row->call < rf_call_count());
        assert_true(row->error < 0 && row->error > -4096);
        assert_non_null(row->name);
        if (!is_camel_case(row->name))
            fail_msg("row %zu: the name \"%s\" is no identifier in CamelCase", i, row->name);
        if (!is_sentence(row->text))
            fail_msg("%s: the text \"%s\" is no sentence", row->name, row->text);
        if (!is_sentence(row->remedy))
            fail_msg("%s: the remedy \"%s\" is no sentence", row->name, row->remedy);
        if (row->zig && !is_camel_case(row->zig))
            fail_msg("%s: Zig's name \"%s\" is no identifier", row->name, row->zig);
        if (i && row->call < rf_error_at(i - 1)->call)
            fail_msg("%s: the rows are not in the order of calls", row->name);
    }
    assert_null(rf_error_at(rf_error_count()));
    assert_null(rf_error_at(SIZE_MAX));
}

static void no_pair_stands_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < rf_error_count(); i++) {
        const struct rf_error *a = rf_error_at(i);
        for (size_t j = 0; j < i; j++) {
            const struct rf_error *b = rf_error_at(j);
            if (a->call == b->call && a->error == b->error)
                fail_msg("%s %d is both %s and %s", call_name(a->call), a->error, a->name, b->name);
        }
        assert_ptr_equal(rf_error_find(a->call, a->error), a);
    }
}

static void one_name_has_one_meaning(void **state)
{
    (void)state;
    for (size_t i = 0; i < rf_error_count(); i++) {
        const struct rf_error *a = rf_error_at(i);
        for (size_t j = 0; j < i; j++) {
            const struct rf_error *b = rf_error_at(j);
            bool same_name = strcmp(a->name, b->name) == 0;
            bool same_text = strcmp(a->text, b->text) == 0;
            if (same_name && !same_text)
                fail_msg("%s means \"%s\" and \"%s\"", a->name, a->text, b->text);
            if (!same_name && same_text)
                fail_msg("%s and %s mean the same", a->name, b->name);
        }
    }
}

static void every_call_is_described_and_has_errors(void **state)
{
    (void)state;
    assert_int_equal(rf_call_count(), RF_CALL_OP + 1);
    for (size_t i = 0; i < rf_call_count(); i++) {
        const struct rf_call_info *info = rf_call_at(i);
        assert_non_null(info);
        assert_int_equal(info->call, i);
        assert_true(info->name && info->name[0]);
        assert_true(info->functions && info->functions[0]);
        /* A fallback falls back to nothing itself: no loop, and a row is near. */
        assert_true((size_t)info->fallback < rf_call_count());
        assert_int_equal(rf_call_at(info->fallback)->fallback, RF_CALL_NONE);
        assert_int_not_equal(i != RF_CALL_NONE && info->fallback == info->call, 1);
        size_t rows = 0;
        for (size_t j = 0; j < rf_error_count(); j++)
            rows += rf_error_at(j)->call == info->call;
        if ((rows == 0) != (info->call == RF_CALL_NONE))
            fail_msg("%s has %zu rows", info->name, rows);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(info->name, rf_call_at(j)->name);
    }
    assert_null(rf_call_at(rf_call_count()));
    assert_null(rf_call_at(SIZE_MAX));
}

/* --- against Zig --------------------------------------------------------- */

static void assert_named(enum rf_call call, int error, const char *name)
{
    const char *got = rf_error_name(call, -error);
    if (strcmp(got, name) != 0)
        fail_msg("%s %d is %s, not %s", call_name(call), -error, got, name);
}

static void zig_names_stand_under_their_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(zig_kept); i++) {
        const struct named *z = &zig_kept[i];
        assert_named(z->call, z->error, z->name);
        assert_string_equal(rf_error_find(z->call, -z->error)->zig, z->name);
    }
}

static void names_that_mislead_in_zig_are_split_by_call(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(zig_renamed); i++) {
        assert_string_not_equal(zig_renamed[i].name, zig_renamed[i].zig);
        assert_named(zig_renamed[i].call, zig_renamed[i].error, zig_renamed[i].name);
        const struct rf_error *row = rf_error_find(zig_renamed[i].call, -zig_renamed[i].error);
        assert_string_equal(row->zig, zig_renamed[i].zig);
    }
}

static void errors_that_zig_leaves_nameless_have_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(zig_lacks); i++) {
        const struct named *z = &zig_lacks[i];
        assert_named(z->call, z->error, z->name);
        assert_null(rf_error_find(z->call, -z->error)->zig);
    }
}

/* The other way round: the table claims nothing of Zig that the lists above lack. */
static void the_table_invents_no_zig_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < rf_error_count(); i++) {
        const struct rf_error *row = rf_error_at(i);
        bool listed = !row->zig;
        for (size_t j = 0; j < COUNT_OF(zig_kept); j++)
            listed |= zig_kept[j].call == row->call && zig_kept[j].error == -row->error;
        for (size_t j = 0; j < COUNT_OF(zig_renamed); j++)
            listed |= zig_renamed[j].call == row->call && zig_renamed[j].error == -row->error;
        if (!listed)
            fail_msg("%s %s: Zig has no such pair", call_name(row->call), row->name);
    }
}

/* --- looking up -------------------------------------------------------------- */

static void wider_calls_answer_for_narrow_ones(void **state)
{
    (void)state;
    /* rf_init() passes on what mapping gives, and its own rows come first. */
    assert_named(RF_CALL_INIT, EACCES, "AccessDenied");
    assert_named(RF_CALL_INIT, ETXTBSY, "AccessDenied");
    assert_named(RF_CALL_INIT, ENODEV, "MemoryMappingNotSupported");
    assert_named(RF_CALL_INIT, EEXIST, "MappingAlreadyExists");
    assert_named(RF_CALL_INIT, EBADF, "FileDescriptorInvalid");
    assert_named(RF_CALL_INIT, ENOMEM, "SystemResources");
    assert_named(RF_CALL_PEEK_CQE, EBUSY, "CompletionQueueOvercommitted");
    assert_named(RF_CALL_ENABLE_RINGS, EBADF, "FileDescriptorInvalid");

    size_t registrations = 0;
    for (size_t i = 0; i < rf_call_count(); i++) {
        const struct rf_call_info *info = rf_call_at(i);
        if (info->fallback != RF_CALL_REGISTER)
            continue;
        registrations++;
        assert_named(info->call, EACCES, "OperationRestricted");
        assert_named(info->call, ENOSYS, "SystemOutdated");
    }
    assert_int_equal(registrations, 43);
    assert_named(RF_CALL_UNREGISTER_BUFFERS, EEXIST, "InvalidThread");
}

static void unknown_pairs_give_the_plain_errno(void **state)
{
    (void)state;
    assert_named(RF_CALL_GET_SQE, ENOMEM, "ENOMEM");
    assert_named(RF_CALL_ENTER, ENOTDIR, "ENOTDIR");
    assert_named(RF_CALL_NONE, EBUSY, "EBUSY");
    assert_named(RF_CALL_NONE, 512, "ERESTARTSYS");
    assert_named(RF_CALL_ENTER, 0, "Success");
    assert_named(RF_CALL_ENTER, 4095, "Unexpected");
    assert_named(RF_CALL_ENTER, 41, "Unexpected"); /* a gap in the numbers */
    assert_null(rf_error_find(RF_CALL_NONE, -EBUSY));
    assert_null(rf_error_find(RF_CALL_GET_SQE, -ENOMEM));

    /* A call of a newer library has no rows, and does no harm. */
    const unsigned strange[] = {4096, 1000, INT_MAX, UINT_MAX};
    for (size_t i = 0; i < COUNT_OF(strange); i++) {
        enum rf_call call = (enum rf_call)strange[i];
        assert_string_equal(rf_error_name(call, -EBUSY), "EBUSY");
        assert_null(rf_error_find(call, -EBUSY));
    }
}

static void answers_are_never_null_and_have_no_sign(void **state)
{
    (void)state;
    const int extremes[] = {INT_MIN, INT_MIN + 1, -65536, -4096, 65536, INT_MAX};
    for (int call = -1; call <= (int)rf_call_count(); call++) {
        for (int i = 0; i < 4096 + (int)COUNT_OF(extremes); i++) {
            int error = i < 4096 ? i : extremes[i - 4096];
            const char *name = rf_error_name((enum rf_call)call, error);
            const char *text = rf_error_text((enum rf_call)call, error);
            const char *remedy = rf_error_remedy((enum rf_call)call, error);
            assert_true(name && name[0]);
            assert_true(is_sentence(text));
            assert_true(is_sentence(remedy));
            if (error == INT_MIN) {
                assert_string_equal(name, "Unexpected");
                continue;
            }
            assert_ptr_equal(rf_error_name((enum rf_call)call, -error), name);
            assert_ptr_equal(rf_error_text((enum rf_call)call, -error), text);
            assert_ptr_equal(rf_error_remedy((enum rf_call)call, -error), remedy);
        }
    }
}

static void text_and_remedy_are_those_of_the_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < rf_error_count(); i++) {
        const struct rf_error *row = rf_error_at(i);
        assert_ptr_equal(rf_error_name(row->call, row->error), row->name);
        assert_ptr_equal(rf_error_text(row->call, row->error), row->text);
        assert_ptr_equal(rf_error_remedy(row->call, row->error), row->remedy);
    }
}

static void plain_names_are_those_of_the_system(void **state)
{
    (void)state;
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 32)
    size_t known = 0;
    for (int error = 1; error < 4096; error++) {
        const char *system_name = strerrorname_np(error);
        if (!system_name)
            continue;
        /* glibc may choose the other of two names for one number. */
        if (error == ENOTSUP)
            system_name = "EOPNOTSUPP";
        if (strcmp(rf_error_name(RF_CALL_NONE, error), system_name) != 0)
            fail_msg("%d is %s, not %s", error, rf_error_name(RF_CALL_NONE, error), system_name);
        known++;
    }
    assert_true(known >= 131);
#else
    print_message("skipped: this libc does not tell the names of errnos\n");
    skip();
#endif
}

static void errno_is_left_alone(void **state)
{
    (void)state;
    const int errors[] = {0, -EBUSY, EBUSY, -4095, INT_MIN, INT_MAX};
    errno = 12345;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        (void)!rf_error_name(RF_CALL_ENTER, errors[i]);
        (void)!rf_error_text(RF_CALL_ENTER, errors[i]);
        (void)!rf_error_remedy(RF_CALL_ENTER, errors[i]);
        (void)!rf_error_find(RF_CALL_ENTER, errors[i]);
    }
    (void)!rf_error_at(SIZE_MAX);
    (void)!rf_call_at(SIZE_MAX);
    assert_int_equal(errno, 12345);
}

/* --- docs/errors.md ------------------------------------------------------- */

static void print_row(FILE *out, const struct rf_error *row)
{
    const char *zig = !row->zig ? "" : strcmp(row->zig, row->name) == 0 ? "same" : row->zig;
    fprintf(out, "| %s | %s | %s | %s | %s | %s |\n", call_name(row->call),
            rf_error_name(RF_CALL_NONE, row->error), row->name, row->text, row->remedy, zig);
}

static void print_call(FILE *out, const struct rf_call_info *info)
{
    fprintf(out, "### RF_CALL_%s\n\n%s\n\n", info->name, info->functions);
    if (info->fallback != RF_CALL_NONE)
        fprintf(out, "What is not here is looked up under RF_CALL_%s.\n\n",
                call_name(info->fallback));
    fprintf(out, "| call | errno | name | what it means | what to do | in Zig |\n"
                 "| --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < rf_error_count(); i++) {
        if (rf_error_at(i)->call == info->call)
            print_row(out, rf_error_at(i));
    }
    fprintf(out, "\n");
}

static void print_docs(FILE *out)
{
    for (size_t i = RF_CALL_NONE + 1; i < rf_call_count(); i++)
        print_call(out, rf_call_at(i));
}

static void the_documentation_says_what_the_table_says(void **state)
{
    (void)state;
    assert_document_has(RF_SOURCE_DIR "/docs/errors.md", print_docs, "test-error print");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "print") == 0) {
        print_docs(stdout);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_have_no_holes),
        cmocka_unit_test(no_pair_stands_twice),
        cmocka_unit_test(one_name_has_one_meaning),
        cmocka_unit_test(every_call_is_described_and_has_errors),
        cmocka_unit_test(zig_names_stand_under_their_calls),
        cmocka_unit_test(names_that_mislead_in_zig_are_split_by_call),
        cmocka_unit_test(errors_that_zig_leaves_nameless_have_names),
        cmocka_unit_test(the_table_invents_no_zig_name),
        cmocka_unit_test(wider_calls_answer_for_narrow_ones),
        cmocka_unit_test(unknown_pairs_give_the_plain_errno),
        cmocka_unit_test(answers_are_never_null_and_have_no_sign),
        cmocka_unit_test(text_and_remedy_are_those_of_the_name),
        cmocka_unit_test(plain_names_are_those_of_the_system),
        cmocka_unit_test(errno_is_left_alone),
        cmocka_unit_test(the_documentation_says_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
