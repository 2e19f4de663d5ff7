/* SPDX-License-Identifier: MIT */
/*
 * Held here: paths, directories and extended attributes are lent until the table of
 * operations says.
 */
#include "loan_support.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* --- paths ---------------------------------------------------------------- */

static char path[16], path2[16];

static void set_paths(const char *first, const char *second)
{
    strcpy(path, first);
    strcpy(path2, second);
}

static enum used openat_path(void)
{
    set_paths("old", "");
    struct rf_sqe *sqe = behind_timer();
    rf_prep_openat(sqe, loan_dir.fd, path, O_RDONLY | O_CLOEXEC, 0);
    lend(sqe);
    set_paths("new", "");
    return opened(finish());
}

static enum used openat_dirfd(void)
{
    assert_result(mkdirat(loan_dir.fd, "other", 0700), 0);
    int other = openat(loan_dir.fd, "other", O_RDONLY | O_CLOEXEC);
    assert_true(other >= 0);
    int file = openat(other, "old", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(write(file, "new", 3), 3);
    close(file);
    int number = copy_of(loan_dir.fd);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_openat(sqe, number, "old", O_RDONLY | O_CLOEXEC, 0);
    lend(sqe);
    reuse(number, other);
    enum used used = opened(finish());
    close(number);
    close(other);
    assert_result(unlinkat(loan_dir.fd, "other/old", 0), 0);
    return used;
}

static enum used openat2_path(void)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC};
    set_paths("old", "");
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_OPENAT2, loan_dir.fd, path, sizeof how,
                                 addr_of(&how));
    lend(sqe);
    set_paths("new", "");
    return opened(finish());
}

static enum used openat2_how(void)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC};
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_OPENAT2, loan_dir.fd, "old", sizeof how,
                                 addr_of(&how));
    lend(sqe);
    how.flags = O_RDWR | O_CLOEXEC;
    int fd = finish();
    assert_true(fd >= 0);
    int mode = fcntl(fd, F_GETFL) & O_ACCMODE;
    close(fd);
    return mode == O_RDONLY ? OLD : NEW;
}

static enum used statx_path(void)
{
    struct statx status;
    close(make_file(&loan_dir, "long", "longer"));
    set_paths("old", "");
    struct rf_sqe *sqe = behind_timer();
    rf_prep_statx(sqe, loan_dir.fd, path, 0, STATX_SIZE, &status);
    lend(sqe);
    set_paths("long", "");
    finish_well(0);
    enum used used = status.stx_size == 3 ? OLD : NEW;
    /* Longer than the table says: prep_path.h tells of it. */
    if (used == NEW && !has_op(&loan_ring, RF_OP_MSG_RING)) /* 5.18 */
        return UNTESTABLE;
    return used;
}

static enum used statx_dirfd(void)
{
    struct statx status;
    int number = copy_of(loan_dir.fd);
    int root = open("/", O_RDONLY | O_CLOEXEC);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_statx(sqe, number, "old", 0, STATX_SIZE, &status);
    lend(sqe);
    reuse(number, root);
    int res = finish();
    close(number);
    close(root);
    assert_true(res == 0 || res == -ENOENT);
    return res == 0 ? OLD : NEW;
}

static enum used rename_old_path(void)
{
    close(make_file(&loan_dir, "a", ""));
    close(make_file(&loan_dir, "b", ""));
    set_paths("a", "c");
    struct rf_sqe *sqe = behind_timer();
    rf_prep_renameat(sqe, loan_dir.fd, path, loan_dir.fd, path2, 0);
    lend(sqe);
    set_paths("b", "c");
    finish_well(0);
    return which_exists("b", "a"); /* the one that was not renamed */
}

static enum used rename_new_path(void)
{
    close(make_file(&loan_dir, "a", ""));
    set_paths("a", "c");
    struct rf_sqe *sqe = behind_timer();
    rf_prep_renameat(sqe, loan_dir.fd, path, loan_dir.fd, path2, 0);
    lend(sqe);
    set_paths("a", "d");
    finish_well(0);
    return which_exists("c", "d");
}

static enum used rename_new_dirfd(void)
{
    close(make_file(&loan_dir, "a", ""));
    assert_result(mkdirat(loan_dir.fd, "other", 0700), 0);
    int other = openat(loan_dir.fd, "other", O_RDONLY | O_CLOEXEC), number = copy_of(loan_dir.fd);
    struct rf_sqe *sqe = behind_timer();
    rf_prep_renameat(sqe, loan_dir.fd, "a", number, "b", 0);
    lend(sqe);
    reuse(number, other);
    finish_well(0);
    close(number);
    close(other);
    enum used used = which_exists("b", "other/b");
    (void)unlinkat(loan_dir.fd, "other/b", 0);
    return used;
}

static enum used unlink_path(void)
{
    close(make_file(&loan_dir, "a", ""));
    close(make_file(&loan_dir, "b", ""));
    set_paths("a", "");
    struct rf_sqe *sqe = behind_timer();
    rf_prep_unlinkat(sqe, loan_dir.fd, path, 0);
    lend(sqe);
    set_paths("b", "");
    finish_well(0);
    return which_exists("b", "a");
}

static enum used mkdir_path(void)
{
    set_paths("a", "");
    struct rf_sqe *sqe = behind_timer();
    rf_prep_mkdirat(sqe, loan_dir.fd, path, 0700);
    lend(sqe);
    set_paths("b", "");
    finish_well(0);
    return which_exists("a", "b");
}

static enum used symlink_target(void)
{
    set_paths("old", "link");
    struct rf_sqe *sqe = behind_timer();
    rf_prep_symlinkat(sqe, path, loan_dir.fd, path2);
    lend(sqe);
    set_paths("new", "link");
    finish_well(0);
    char target[4] = "";
    assert_int_equal(readlinkat(loan_dir.fd, "link", target, 3), 3);
    return which(target);
}

static enum used symlink_path(void)
{
    set_paths("old", "a");
    struct rf_sqe *sqe = behind_timer();
    rf_prep_symlinkat(sqe, path, loan_dir.fd, path2);
    lend(sqe);
    set_paths("old", "b");
    finish_well(0);
    return which_exists("a", "b");
}

static enum used link_old_path(void)
{
    set_paths("old", "a");
    struct rf_sqe *sqe = behind_timer();
    rf_prep_linkat(sqe, loan_dir.fd, path, loan_dir.fd, path2, 0);
    lend(sqe);
    set_paths("new", "a");
    finish_well(0);
    return opened(openat(loan_dir.fd, "a", O_RDONLY | O_CLOEXEC));
}

static enum used link_new_path(void)
{
    set_paths("old", "a");
    struct rf_sqe *sqe = behind_timer();
    rf_prep_linkat(sqe, loan_dir.fd, path, loan_dir.fd, path2, 0);
    lend(sqe);
    set_paths("old", "b");
    finish_well(0);
    return which_exists("a", "b");
}

/* --- extended attributes -------------------------------------------------- */

static bool has_attributes(void)
{
    return fsetxattr(old_file, "user.old", "old", 3, 0) == 0 &&
           fsetxattr(old_file, "user.new", "new", 3, 0) == 0;
}

static char attribute[16];

static enum used fsetxattr_name(void)
{
    if (!has_attributes())
        return UNTESTABLE;
    strcpy(attribute, "user.a");
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_FSETXATTR, old_file, attribute, 1,
                                 addr_of("x"));
    lend(sqe);
    strcpy(attribute, "user.b");
    finish_well(0);
    return fgetxattr(old_file, "user.a", NULL, 0) == 1 ? OLD : NEW;
}

static enum used fsetxattr_value(void)
{
    char value[] = "old";
    if (!has_attributes())
        return UNTESTABLE;
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_FSETXATTR, old_file, "user.c", 3,
                                 addr_of(value));
    lend(sqe);
    memcpy(value, "new", 3);
    finish_well(0);
    char got[4] = "";
    assert_int_equal(fgetxattr(old_file, "user.c", got, 3), 3);
    return which(got);
}

static enum used fgetxattr_name(void)
{
    char value[4] = "";
    if (!has_attributes())
        return UNTESTABLE;
    strcpy(attribute, "user.old");
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_FGETXATTR, old_file, attribute, 3,
                                 addr_of(value));
    lend(sqe);
    strcpy(attribute, "user.new");
    finish_well(3);
    return which(value);
}

static enum used getxattr_path(void)
{
    char value[4] = "", full[128], other[128];
    if (!has_attributes() || fsetxattr(new_file, "user.old", "new", 3, 0) != 0)
        return UNTESTABLE;
    snprintf(full, sizeof full, "%s/old", loan_dir.path);
    snprintf(other, sizeof other, "%s/new", loan_dir.path);
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_GETXATTR, 0, "user.old", 3, addr_of(value));
    sqe->addr3 = addr_of(full);
    lend(sqe);
    strcpy(full, other);
    finish_well(3);
    return which(value);
}

static enum used setxattr_path(void)
{
    char full[128], other[128], value[] = "old";
    if (!has_attributes())
        return UNTESTABLE;
    snprintf(full, sizeof full, "%s/old", loan_dir.path);
    snprintf(other, sizeof other, "%s/new", loan_dir.path);
    struct rf_sqe *sqe = prepare(behind_timer(), RF_OP_SETXATTR, 0, "user.d", 3, addr_of(value));
    sqe->addr3 = addr_of(full);
    lend(sqe);
    strcpy(full, other);
    memcpy(value, "new", 3);
    finish_well(0);
    char got[4] = "";
    if (fgetxattr(old_file, "user.d", got, 3) != 3)
        return NEW;
    assert_int_equal(which(got), OLD); /* the value with it */
    return OLD;
}

/* --- the trials ----------------------------------------------------------- */

static void memory_is_lent_until_the_table_says(void **state)
{
    (void)state;
    static const struct trial trials[] = {
        TRIAL(openat_path, OPENAT, ADDR, PATH),
        TRIAL(openat2_path, OPENAT2, ADDR, PATH),
        TRIAL(openat2_how, OPENAT2, OFF, OPEN_HOW),
        TRIAL(statx_path, STATX, ADDR, PATH),
        TRIAL(rename_old_path, RENAMEAT, ADDR, PATH),
        TRIAL(rename_new_path, RENAMEAT, OFF, PATH),
        TRIAL(unlink_path, UNLINKAT, ADDR, PATH),
        TRIAL(mkdir_path, MKDIRAT, ADDR, PATH),
        TRIAL(symlink_target, SYMLINKAT, ADDR, PATH),
        TRIAL(symlink_path, SYMLINKAT, OFF, PATH),
        TRIAL(link_old_path, LINKAT, ADDR, PATH),
        TRIAL(link_new_path, LINKAT, OFF, PATH),
        TRIAL(fsetxattr_name, FSETXATTR, ADDR, PATH),
        TRIAL(fsetxattr_value, FSETXATTR, OFF, DATA),
        TRIAL(fgetxattr_name, FGETXATTR, ADDR, PATH),
        TRIAL(getxattr_path, GETXATTR, ADDR3, PATH),
        TRIAL(setxattr_path, SETXATTR, ADDR3, PATH),
    };
    run_trials(trials, COUNT_OF(trials));
}

static void numbers_are_lent_until_the_table_says(void **state)
{
    (void)state;
    static const struct trial trials[] = {
        TRIAL(openat_dirfd, OPENAT, FD, DIRFD),
        TRIAL(statx_dirfd, STATX, FD, DIRFD),
        TRIAL(rename_new_dirfd, RENAMEAT, LEN, DIRFD),
    };
    run_trials(trials, COUNT_OF(trials));
}

int main(void)
{
    static const struct test tests[] = {
        ONCE(memory_is_lent_until_the_table_says),
        ONCE(numbers_are_lent_until_the_table_says),
    };
    return run_all(tests, COUNT_OF(tests));
}
