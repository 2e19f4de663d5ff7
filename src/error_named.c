/* SPDX-License-Identifier: MIT */
/*
 * error_named.c - the table of named errors: a row for each call and errno with a meaning of
 * its own, and the calls they belong to.
 *
 * A row says what Zig calls the pair in one of three ways: AS_ZIG has Zig's own name, RENAMED
 * has ours because Zig's would mislead here, and NEW is a pair that Zig leaves without a name.
 */
#include "error.h"

#include <errno.h>

/* --- calls --------------------------------------------------------------- */

#define CALL(call_, functions_, fallback_)                                       \
    [RF_CALL_##call_] = {.call = RF_CALL_##call_,                                \
                         .name = #call_,                                         \
                         .functions = functions_,                                \
                         .fallback = RF_CALL_##fallback_}

const struct rf_call_info rfi_calls[] = {
    CALL(NONE, "no call in particular, such as the res of a completion", NONE),
    CALL(INIT,
         "rf_init(), rf_init_params(), rf_init_mem(), rf_init_sys(), rf_memory_size(), "
         "rf_mlock_size()",
         MAP),
    CALL(MAP, "mapping the rings, inside those", NONE),
    CALL(ENTER,
         "rf_enter(), rf_submit(), rf_submit_and_wait(), rf_copy_cqes(), rf_copy_cqe()", NONE),
    CALL(GET_SQE, "rf_get_sqe() and all that queues an operation, where NULL means this", NONE),
    CALL(REGISTER, "any registration", NONE),
    CALL(REGISTER_FILES, "rf_register_files()", REGISTER),
    CALL(REGISTER_FILES_UPDATE, "rf_register_files_update()", REGISTER),
    CALL(REGISTER_FILES_SPARSE, "rf_register_files_sparse()", REGISTER),
    CALL(REGISTER_FILE_ALLOC_RANGE, "rf_register_file_alloc_range()", REGISTER),
    CALL(UNREGISTER_FILES, "rf_unregister_files()", REGISTER),
    CALL(REGISTER_EVENTFD, "rf_register_eventfd(), rf_register_eventfd_async()", REGISTER),
    CALL(UNREGISTER_EVENTFD, "rf_unregister_eventfd()", REGISTER),
    CALL(REGISTER_BUFFERS, "rf_register_buffers()", REGISTER),
    CALL(UNREGISTER_BUFFERS, "rf_unregister_buffers()", REGISTER),
    CALL(REGISTER_NAPI, "rf_register_napi()", REGISTER),
    CALL(UNREGISTER_NAPI, "rf_unregister_napi()", REGISTER),
    CALL(GET_PROBE, "rf_get_probe()", REGISTER),
    CALL(SETUP_BUF_RING, "rf_setup_buf_ring(), rf_buffer_group_init()", REGISTER),
    CALL(FREE_BUF_RING,
         "rf_free_buf_ring(), rf_unregister_buf_ring(), rf_buffer_group_deinit()", REGISTER),
    CALL(BUFFER_GROUP,
         "rf_buffer_group_get(), rf_buffer_group_get_bundle(), rf_buffer_group_put()", NONE),
    CALL(BUFFER_ID, "rf_cqe_buffer_id()", NONE),
    CALL(REGISTER_RING_FD, "rf_register_ring_fd()", REGISTER),
    CALL(UNREGISTER_RING_FD, "rf_unregister_ring_fd()", REGISTER),
    CALL(ENABLE_RINGS, "rf_enable_rings()", REGISTER),
    CALL(PEEK_CQE, "rf_peek_cqe()", ENTER),
    CALL(REGISTER_FILES_TAGS, "rf_register_files_tags()", REGISTER),
    CALL(REGISTER_FILES_UPDATE_TAG, "rf_register_files_update_tag()", REGISTER),
    CALL(REGISTER_BUFFERS_TAGS, "rf_register_buffers_tags()", REGISTER),
    CALL(REGISTER_BUFFERS_SPARSE, "rf_register_buffers_sparse()", REGISTER),
    CALL(REGISTER_BUFFERS_UPDATE, "rf_register_buffers_update_tag()", REGISTER),
    CALL(CLONE_BUFFERS, "rf_clone_buffers(), rf_clone_buffers_offset()", REGISTER),
    CALL(REGISTER_PERSONALITY, "rf_register_personality()", REGISTER),
    CALL(UNREGISTER_PERSONALITY, "rf_unregister_personality()", REGISTER),
    CALL(REGISTER_RESTRICTIONS,
         "rf_register_restrictions()", REGISTER),
    CALL(REGISTER_BPF_FILTER, "rf_register_bpf_filter()", REGISTER),
    CALL(REGISTER_IOWQ_AFF, "rf_register_iowq_aff()", REGISTER),
    CALL(UNREGISTER_IOWQ_AFF, "rf_unregister_iowq_aff()", REGISTER),
    CALL(REGISTER_IOWQ_MAX_WORKERS, "rf_register_iowq_max_workers()", REGISTER),
    CALL(CLOSE_RING_FD, "rf_close_ring_fd()", REGISTER),
    CALL(REGISTER_SYNC_CANCEL, "rf_register_sync_cancel()", REGISTER),
    CALL(REGISTER_SYNC_MSG, "rf_register_sync_msg()", REGISTER),
    CALL(REGISTER_QUERY, "rf_register_query()", REGISTER),
    CALL(RESTRICT_TASK, "rf_register_restrictions_task(), rf_register_bpf_filter_task()", NONE),
    CALL(WAIT, "rf_wait_cqe(), rf_submit_and_wait_timeout(), rf_sqring_wait() and the like: wait.h",
         ENTER),
    CALL(REGISTER_CLOCK, "rf_register_clock()", REGISTER),
    CALL(SETUP_REG_WAIT, "rf_setup_reg_wait()", REGISTER),
    CALL(RESIZE_RINGS, "rf_resize_rings()", REGISTER),
    CALL(RING_DONTFORK, "rf_ring_dontfork()", REGISTER),
    CALL(REGISTER_REGION, "rf_register_region()", REGISTER),
    CALL(REGISTER_BUF_RING, "rf_register_buf_ring()", REGISTER),
    CALL(BUF_RING_HEAD, "rf_buf_ring_head(), rf_buf_ring_available()", REGISTER),
    CALL(REGISTER_IFQ, "rf_register_ifq()", REGISTER),
    CALL(REGISTER_ZCRX_CTRL, "rf_register_zcrx_ctrl()", REGISTER),
    CALL(ZCRX_RQ_INIT, "rf_zcrx_rq_init()", NONE),
    CALL(DRAIN, "rf_drain()", ENTER),
    CALL(OP_TABLE, "rf_op_table_init(), rf_op_table_init_mem(), rf_op_table_size()", NONE),
    CALL(OP, "rf_op_take(), rf_op_state(), rf_op_cancel(), rf_op_forget()", GET_SQE),
};

const size_t rfi_call_count = sizeof rfi_calls / sizeof rfi_calls[0];

/* --- errors -------------------------------------------------------------- */

#define ROW(call_, errno_, name_, zig_, text_, remedy_) \
    {.call = RF_CALL_##call_,                           \
     .error = -(errno_),                                \
     .name = name_,                                     \
     .text = text_,                                     \
     .remedy = remedy_,                                 \
     .zig = zig_}
#define AS_ZIG(call, error, name, text, remedy) ROW(call, error, name, name, text, remedy)
#define RENAMED(call, error, name, zig, text, remedy) ROW(call, error, name, zig, text, remedy)
#define NEW(call, error, name, text, remedy) ROW(call, error, name, NULL, text, remedy)

/* The meanings that several calls share, with the name that goes with each. */
#define ACCESS_DENIED \
    "AccessDenied", "The system does not let this process map the ring's descriptor."
#define ARGUMENTS_INVALID "ArgumentsInvalid", "The kernel does not take the arguments."
#define BUFFER_COUNT "BufferCountOutOfRange", "No buffer, or more than the kernel takes."
#define BUFFER_RANGE_OVERFLOW \
    "BufferRangeOverflow", "A buffer ends beyond the address space, or a range of them too far."
#define BUFFER_GROUP_EXISTS            \
    "BufferGroupAlreadyRegistered",    \
        "The group id is in use, by a buffer ring or by provided buffers."
#define BUFFER_GROUP_NOT_FOUND "BufferGroupNotFound", "The ring has no group of that id."
#define BUFFER_GROUP_NOT_RING \
    "BufferGroupNotRing",     \
        "The group's buffers were queued by rf_provide_buffers(), not by a buffer ring."
#define BUFFER_RING_UNPINNABLE \
    "BufferRingUnpinnable", "The memory of the buffer ring cannot be pinned."
#define BUFFER_RING_UNSUPPORTED \
    "BufferRingUnsupported", "This kernel, or ringfence, does not know such buffer rings."
#define BUFFER_UNPINNABLE \
    "BufferUnpinnable", "A buffer, or the array that names them, cannot be pinned or read."
#define BUFFERS_ALREADY_REGISTERED \
    "BuffersAlreadyRegistered",    \
        "The ring has registered buffers, and can have only one table of them."
#define BUFFERS_NOT_REGISTERED "BuffersNotRegistered", "The ring has no buffers."
#define ARGUMENTS_OUTSIDE                                                          \
    "ArgumentsOutsideAccessibleAddressSpace",                                      \
        "An argument is in memory that this process cannot read or write."
#define FD_INVALID \
    "FileDescriptorInvalid", "A descriptor is not open, or not of a kind that is taken here."
#define FILE_RANGE_INVALID \
    "FileRangeInvalid", "The slots named are not a range inside the file table."
#define FILE_RANGE_OVERFLOW "FileRangeOverflow", "The range of slots ends beyond 2^32."
#define FILES_ALREADY_REGISTERED \
    "FilesAlreadyRegistered", "The ring has a file table, and can have only one."
#define FILES_EMPTY "FilesEmpty", "A file table of no slots was asked for."
#define FILES_NOT_REGISTERED "FilesNotRegistered", "The ring has no file table."
#define INVALID_THREAD \
    "InvalidThread", "The ring belongs to another thread (RF_SETUP_SINGLE_ISSUER)."
#define LOCKED_MEMORY \
    "LockedMemoryLimitExceeded", "The memory would exceed what this process may lock."
#define NAPI_NOT_SUPPORTED \
    "NapiNotSupported", "This kernel was built without busy polling of network devices."
#define NAPI_REFUSED \
    "NapiRefused", "This kernel has no NAPI registration, or not for such a ring or setting."
#define NO_BUFFER_SELECTED \
    "NoBufferSelected", "The completion used no provided buffer (RF_CQE_F_BUFFER is not set)."
#define NOT_POWER_OF_TWO \
    "EntriesNotPowerOfTwo", "The number of entries is not a power of two."
#define OUT_OF_MEMORY \
    "OutOfMemory", "There is not enough memory, or the process has too many mappings."
#define PERMISSION_DENIED "PermissionDenied", "The system does not let this process use io_uring."
#define PROCESS_FDS \
    "ProcessFdQuotaExceeded", "This process has as many descriptors as it may (RLIMIT_NOFILE)."
#define RING_SLOTS_FULL \
    "RegisteredRingSlotsFull", "This thread has registered 16 rings, and that is all it can."
#define SIGNAL_INTERRUPT "SignalInterrupt", "A signal came before the wait was over."
#define SHUTTING_DOWN "RingShuttingDown", "The ring is being torn down."
#define SHUTTING_DOWN_OR_REGISTERING               \
    "RingShuttingDownOrAlreadyRegisteringFiles",   \
        "The ring is being torn down, or another thread is registering with it."
#define SYSTEM_FDS "SystemFdQuotaExceeded", "The whole system has as many open files as it may."
#define SYSTEM_OUTDATED "SystemOutdated", "There is no io_uring here, or too old a one."
#define SYSTEM_RESOURCES "SystemResources", "The kernel could not get the memory it needs for this."
#define TABLE_INVALID \
    "TableInvalid", "No slots, too many, or a tag for a slot that stays empty."
#define USER_FDS \
    "UserFdQuotaExceeded", "More slots than RLIMIT_NOFILE or the kernel (2^20) allows."

#define FILTER_SIZE \
    "FilterSizeMismatch", \
        "The filter was made for other data than this kernel tells of the operation."
#define REGION_ALREADY_REGISTERED \
    "MemoryRegionAlreadyRegistered", "The ring has a memory region, and can have only one."
#define REGISTRATION_UNSUPPORTED  \
    "RegistrationUnsupported",    \
        "This kernel is too old for the registration, or the ring's descriptor is not a ring."
#define RING_ALREADY_ENABLED "RingAlreadyEnabled", "The ring is not disabled."
#define ENTRIES_NOT_IN_RANGE "EntriesNotInRange", "No entries, or more than 32768."
#define RING_LAYOUT_INVALID \
    "RingLayoutInvalid", "What the other side says of its memory breaks a rule of the layout."

#define RECEIVE_QUEUE_INVALID \
    "ReceiveQueueInvalid",    \
        "The ring is of a kind that cannot receive so, or a number in the request is not taken."
#define ZERO_COPY_RECEIVE_UNSUPPORTED \
    "ZeroCopyReceiveUnsupported", "The kernel or the device cannot receive without copying so."

/* Remedies that several share. */
#define BUFFER_RING_REMEDY \
    "rf_reason() tells what is unknown, and since when the kernel knows it; leave that out."
#define FILTER_SIZE_REMEDY \
    "filter.pdu_size says now what the kernel tells; give a filter that looks at no more."
#define BUFFER_RULES                                                                              \
    "Each must be mapped, writable, 1 byte to 1 GiB, and no shared mapping of a file; "           \
    "{NULL, 0} leaves a slot empty."

/* A shared meaning is two arguments, so each macro is expanded once more. */
#define SHARED_AS_ZIG(...) AS_ZIG(__VA_ARGS__)
#define SHARED_NEW(...) NEW(__VA_ARGS__)
#define SHARED_RENAMED(call, error, zig, ...) SHARED_RENAMED_(call, error, zig, __VA_ARGS__)
#define SHARED_RENAMED_(call, error, zig, name, text, remedy) \
    RENAMED(call, error, name, zig, text, remedy)

/* What Zig says of nearly every registration, whatever it registers. */
#define ZIG_EBUSY "FilesAlreadyRegistered"
#define ZIG_EINVAL "FilesEmpty"
#define ZIG_ENXIO "RingShuttingDownOrAlreadyRegisteringFiles"

const struct rf_error rfi_errors[] = {
    AS_ZIG(INIT, ERANGE, "EntriesZero", "A ring of no entries was asked for.",
           "Ask for 1 to 32768 entries."),
    SHARED_AS_ZIG(INIT, EDOM, NOT_POWER_OF_TWO, "Round it up: 1, 2, 4, ... 32768."),
    SHARED_AS_ZIG(INIT, EINVAL, ARGUMENTS_INVALID,
                  "Look for flags that exclude each other or that this kernel lacks, for more than "
                  "32768 entries without RF_SETUP_CLAMP, and for a parameter whose flag is not "
                  "set; rf_reason() tells when it was ringfence that refused."),
    AS_ZIG(INIT, EFAULT, "ParamsOutsideAccessibleAddressSpace",
           "The parameters, or the memory they name, are not this process's to write.",
           "Give memory that is mapped and writable; with RF_SETUP_NO_MMAP use rf_init_mem()."),
    SHARED_AS_ZIG(INIT, EMFILE, PROCESS_FDS, "Close descriptors or raise the limit."),
    SHARED_AS_ZIG(INIT, ENFILE, SYSTEM_FDS, "Raise sysctl fs.file-max, or find who leaks files."),
    SHARED_AS_ZIG(INIT, ENOMEM, SYSTEM_RESOURCES,
                  "Ask for fewer entries or raise RLIMIT_MEMLOCK: without CAP_IPC_LOCK the rings "
                  "count against it."),
    SHARED_AS_ZIG(INIT, EPERM, PERMISSION_DENIED,
                  "Look at sysctl kernel.io_uring_disabled, at the seccomp filter (containers have "
                  "one) and at the security module; `ringfence probe` tells which it is."),
    SHARED_AS_ZIG(INIT, ENOSYS, SYSTEM_OUTDATED,
                  "Use a kernel from 5.10 on, built with io_uring; or, if a seccomp filter "
                  "answers, allow the call there; `ringfence probe` tells which it is."),
    SHARED_AS_ZIG(INIT, EAGAIN, LOCKED_MEMORY,
                  "Raise RLIMIT_MEMLOCK; with RF_SETUP_SQPOLL it is rather that no thread could be "
                  "created: raise RLIMIT_NPROC or the pids limit of the control group."),
    NEW(INIT, ENXIO, "AttachedRingInvalid",
        "wq_fd is not open, or the SQ thread behind it is gone (RF_SETUP_ATTACH_WQ).",
        "Put the descriptor of a ring that is open in wq_fd."),
    NEW(INIT, EOVERFLOW, "RingSizeOutOfRange",
        "A queue would be too small for its kind of entries, or its memory too large.",
        "Give rings of mixed entry sizes at least 2 entries, and user_addr inside the address "
        "space."),
    SHARED_NEW(INIT, EBUSY, RING_SLOTS_FULL,
               "Close a ring of this thread, or open this one without "
               "RF_SETUP_REGISTERED_FD_ONLY."),
    SHARED_NEW(INIT, EPROTO, RING_LAYOUT_INVALID,
        "rf_reason() tells which rule; the kernel, or the peer in its place, has a bug."),
    NEW(INIT, EOPNOTSUPP, "SetupFlagUnsupported",
        "This kernel, or this version of ringfence, does not know that flag.",
        "Leave the flag out; rf_reason() says which, rf_init_best() does it for you."),
    NEW(INIT, ENOSPC, "RingMemoryTooSmall", "The memory given is too small for the ring.",
        "Give as much as rf_memory_size() tells."),

    SHARED_AS_ZIG(MAP, EACCES, ACCESS_DENIED, "Look at the security module's log."),
    SHARED_AS_ZIG(MAP, ETXTBSY, ACCESS_DENIED, "Look at the security module's log."),
    SHARED_AS_ZIG(MAP, EPERM, PERMISSION_DENIED,
                  "Look at the seccomp filter, and whether the ring's memory is sealed."),
    SHARED_AS_ZIG(MAP, EAGAIN, LOCKED_MEMORY,
                  "Raise RLIMIT_MEMLOCK, or do without mlockall(MCL_FUTURE)."),
    AS_ZIG(MAP, ENODEV, "MemoryMappingNotSupported", "The descriptor cannot be mapped.",
           "Look whether something stands between this process and the kernel, such as a sandbox "
           "or an emulator."),
    SHARED_AS_ZIG(MAP, EMFILE, PROCESS_FDS, "Close descriptors or raise the limit."),
    SHARED_AS_ZIG(MAP, ENFILE, SYSTEM_FDS, "Raise sysctl fs.file-max, or find who leaks files."),
    SHARED_AS_ZIG(MAP, ENOMEM, OUT_OF_MEMORY,
                  "Ask for fewer entries, free memory, or raise sysctl vm.max_map_count."),
    AS_ZIG(MAP, EEXIST, "MappingAlreadyExists", "Something is mapped at the address wanted.",
           "Look whether something stands between this process and the kernel: ringfence leaves "
           "the address to the kernel."),
    SHARED_NEW(MAP, EBADF, FD_INVALID, "Look for code that closes descriptors it does not own."),
    SHARED_NEW(MAP, EINVAL, ARGUMENTS_INVALID,
               "Do not map a ring that uses the caller's memory (RF_SETUP_NO_MMAP)."),
    NEW(MAP, EFAULT, "MappingSizeMismatch", "The SQEs take more memory than was to be mapped.",
        "Report it: the sizes come from the kernel's own reply."),
    NEW(MAP, EOVERFLOW, "MappingTooLarge", "The end of the mapping lies beyond what fits.",
        "Ask for fewer entries."),

    SHARED_AS_ZIG(ENTER, EAGAIN, SYSTEM_RESOURCES,
                  "Take completions and submit again: no request could be allocated and nothing "
                  "was consumed."),
    SHARED_AS_ZIG(ENTER, EBADF, FD_INVALID,
                  "Use a ring that is open; one with a registered descriptor only in the thread "
                  "that registered it."),
    AS_ZIG(ENTER, EBADFD, "FileDescriptorInBadState",
           "The ring is still disabled (RF_SETUP_R_DISABLED).", "Call rf_enable_rings() first."),
    AS_ZIG(ENTER, EBUSY, "CompletionQueueOvercommitted",
           "Too many completions wait to be taken.", "Take completions, then submit again."),
    AS_ZIG(ENTER, EINVAL, "SubmissionQueueEntryInvalid",
           "The kernel does not take the call's own arguments, such as a flag.",
           "Look at the flags, which a newer kernel may know; a bad SQE is not told here but in "
           "the res of its completion."),
    AS_ZIG(ENTER, EFAULT, "BufferInvalid",
           "Memory given to the call itself, such as a time or a signal mask, is not readable.",
           "Give memory that is mapped; a bad buffer of an SQE is not told here but in the res "
           "of its completion."),
    SHARED_AS_ZIG(ENTER, ENXIO, SHUTTING_DOWN, "Stop using it."),
    AS_ZIG(ENTER, EOPNOTSUPP, "OpcodeNotSupported",
           "The descriptor is not a ring, so the call cannot be done on it.",
           "Look for code that closes descriptors it does not own; an operation that the kernel "
           "lacks is not told here but in the res of its completion."),
    SHARED_AS_ZIG(ENTER, EINTR, SIGNAL_INTERRUPT,
                  "Call again: nothing was lost, and SQEs that are still queued are counted "
                  "again."),
    SHARED_NEW(ENTER, EEXIST, INVALID_THREAD,
               "Submit, and with RF_SETUP_DEFER_TASKRUN wait, in the thread that opened or "
               "enabled the ring."),
    NEW(ENTER, ETIME, "WaitTimedOut", "The time was over before a completion came.",
        "Go on waiting or give up: nothing was lost."),
    NEW(ENTER, ESHUTDOWN, "SubmissionQueueClosed", "rf_drain() has ended what the ring takes.",
        "Take what is there with rf_next_cqe(), then close the ring."),
    NEW(ENTER, EBADR, "CompletionsDropped",
        "Completions were lost: the queue was full and the kernel out of memory.",
        "rf_cq_overflow() tells how many; give up on what is outstanding, and use a larger "
        "completion queue (RF_SETUP_CQSIZE). It is told once, then the ring goes on."),
    NEW(ENTER, EOWNERDEAD, "SubmissionThreadGone", "The SQ thread has ended (RF_SETUP_SQPOLL).",
        "Open another ring: the thread ends with the process that opened this one."),
    SHARED_NEW(ENTER, ENOMEM, SYSTEM_RESOURCES, "Free memory, then call again."),
    SHARED_NEW(ENTER, EPERM, PERMISSION_DENIED,
               "Allow io_uring_enter in the seccomp filter, which allowed the ring to be opened."),
    NEW(ENTER, EPROTO, "QueueWordsInvalid",
        "The other side shows a head or a tail that cannot be, or half a CQE.",
        "rf_reason() says which; close the ring: the kernel, or the peer in its place, has a bug."),
    SHARED_NEW(ENTER, ENOSYS, SYSTEM_OUTDATED,
               "Allow io_uring_enter in the seccomp filter, which allowed the ring to be opened."),

    AS_ZIG(GET_SQE, EAGAIN, "SubmissionQueueFull", "There is no free SQE.",
           "Submit, then try again; or open the ring with more entries."),

    SHARED_AS_ZIG(REGISTER, EBADF, FD_INVALID,
                  "Use a ring that is open; one with a registered descriptor only in the thread "
                  "that registered it."),
    SHARED_NEW(REGISTER, EOPNOTSUPP, REGISTRATION_UNSUPPORTED,
        "rf_reason() tells what the kernel lacks; if it tells nothing, look for code that closes "
        "descriptors it does not own."),
    SHARED_NEW(REGISTER, EINVAL, ARGUMENTS_INVALID,
               "Look whether this kernel has the registration, then at its arguments."),
    SHARED_NEW(REGISTER, EFAULT, ARGUMENTS_OUTSIDE,
               "Give memory that is mapped, and writable where the call answers in it."),
    SHARED_NEW(REGISTER, EEXIST, INVALID_THREAD,
               "Register in the thread that opened or enabled the ring."),
    NEW(REGISTER, EACCES, "OperationRestricted", "The ring's restrictions do not allow it.",
        "Allow it before rf_enable_rings(), or register while the ring is still disabled."),
    SHARED_RENAMED(REGISTER, ENXIO, ZIG_ENXIO, SHUTTING_DOWN, "Stop using it."),
    SHARED_AS_ZIG(REGISTER, ENOMEM, SYSTEM_RESOURCES, "Register less, or free memory."),
    SHARED_NEW(REGISTER, EINTR, SIGNAL_INTERRUPT,
               "Call again: kernels before 5.13 wait here until nothing is in flight."),
    SHARED_NEW(REGISTER, EPERM, PERMISSION_DENIED,
               "Allow io_uring_register in the seccomp filter."),
    SHARED_NEW(REGISTER, ENOSYS, SYSTEM_OUTDATED,
               "Allow io_uring_register in the seccomp filter."),

    SHARED_AS_ZIG(REGISTER_FILES, EBUSY, FILES_ALREADY_REGISTERED,
                  "Change it with rf_register_files_update(), or unregister it first."),
    SHARED_AS_ZIG(REGISTER_FILES, EINVAL, FILES_EMPTY, "Give at least one descriptor, or -1."),
    SHARED_AS_ZIG(REGISTER_FILES, EMFILE, USER_FDS,
               "Ask for fewer slots, or raise the limit; rf_reason() tells the numbers."),
    SHARED_AS_ZIG(REGISTER_FILES, EBADF, FD_INVALID,
                  "Look for a descriptor that is closed or is a ring; -1 leaves a slot empty."),
    SHARED_AS_ZIG(REGISTER_FILES, ENXIO, SHUTTING_DOWN_OR_REGISTERING,
                  "Register from one thread, while the ring is open."),

    SHARED_RENAMED(REGISTER_FILES_UPDATE, ENXIO, ZIG_ENXIO, FILES_NOT_REGISTERED,
                   "Call rf_register_files() or rf_register_files_sparse() first."),
    SHARED_RENAMED(REGISTER_FILES_UPDATE, EINVAL, ZIG_EINVAL, FILE_RANGE_INVALID,
                   "Name at least one slot, and none past the end of the table."),
    SHARED_NEW(REGISTER_FILES_UPDATE, EOVERFLOW, FILE_RANGE_OVERFLOW,
               "Name slots inside the table."),
    SHARED_AS_ZIG(REGISTER_FILES_UPDATE, EBADF, FD_INVALID,
                  "The first descriptor is closed or is a ring, and its slot is empty now; -1 "
                  "empties a slot on purpose."),

    SHARED_AS_ZIG(REGISTER_FILES_SPARSE, EBUSY, FILES_ALREADY_REGISTERED,
                  "Change it with rf_register_files_update(), or unregister it first."),
    SHARED_AS_ZIG(REGISTER_FILES_SPARSE, EINVAL, FILES_EMPTY,
                  "Ask for at least one slot."),
    SHARED_AS_ZIG(REGISTER_FILES_SPARSE, EMFILE, USER_FDS,
                  "Ask for fewer slots, or raise the limit; rf_reason() tells the numbers."),
    SHARED_AS_ZIG(REGISTER_FILES_SPARSE, ENXIO, SHUTTING_DOWN_OR_REGISTERING,
                  "Register from one thread, while the ring is open."),

    SHARED_RENAMED(REGISTER_FILE_ALLOC_RANGE, EINVAL, ZIG_EINVAL, FILE_RANGE_INVALID,
                   "Register a file table first and name slots inside it."),
    SHARED_NEW(REGISTER_FILE_ALLOC_RANGE, EOVERFLOW, FILE_RANGE_OVERFLOW,
               "Name slots inside the table."),

    SHARED_AS_ZIG(UNREGISTER_FILES, ENXIO, FILES_NOT_REGISTERED, "There is nothing to do."),

    RENAMED(REGISTER_EVENTFD, EBUSY, "EventfdAlreadyRegistered", ZIG_EBUSY,
            "The ring has an eventfd, and can have only one.",
            "Call rf_unregister_eventfd() first."),
    RENAMED(REGISTER_EVENTFD, EINVAL, "FileDescriptorNotEventfd", ZIG_EINVAL,
            "The descriptor is not an eventfd.", "Give one that eventfd() made."),
    SHARED_AS_ZIG(REGISTER_EVENTFD, EBADF, FD_INVALID, "Give an eventfd that is open."),

    RENAMED(UNREGISTER_EVENTFD, ENXIO, "EventfdNotRegistered", ZIG_ENXIO,
            "The ring has no eventfd.", "There is nothing to do."),

    SHARED_RENAMED(REGISTER_BUFFERS, EBUSY, ZIG_EBUSY, BUFFERS_ALREADY_REGISTERED,
                   "Call rf_unregister_buffers() first."),
    SHARED_RENAMED(REGISTER_BUFFERS, EINVAL, ZIG_EINVAL, BUFFER_COUNT,
                   "Give 1 to 16384 buffers; kernels before 5.13 take 1024."),
    SHARED_NEW(REGISTER_BUFFERS, EFAULT, BUFFER_UNPINNABLE, BUFFER_RULES),
    SHARED_NEW(REGISTER_BUFFERS, EOVERFLOW, BUFFER_RANGE_OVERFLOW,
               "Look at its address and length."),
    NEW(REGISTER_BUFFERS, EOPNOTSUPP, "BufferFileBacked",
        "A buffer is a mapping of a file, which older kernels refuse with this errno.",
        "Use anonymous memory."),
    SHARED_AS_ZIG(REGISTER_BUFFERS, ENOMEM, SYSTEM_RESOURCES,
                  "Register less or raise RLIMIT_MEMLOCK: without CAP_IPC_LOCK registered buffers "
                  "count against it."),

    SHARED_AS_ZIG(UNREGISTER_BUFFERS, ENXIO, BUFFERS_NOT_REGISTERED, "There is nothing to do."),

    SHARED_RENAMED(REGISTER_NAPI, EINVAL, ZIG_EINVAL, NAPI_REFUSED,
                   "Use kernel 6.9 or newer, a ring without RF_SETUP_IOPOLL, and zero in what is "
                   "reserved."),
    SHARED_NEW(REGISTER_NAPI, EOPNOTSUPP, NAPI_NOT_SUPPORTED, "Go on without."),

    SHARED_RENAMED(UNREGISTER_NAPI, EINVAL, ZIG_EINVAL, NAPI_REFUSED,
                   "There is nothing to do: it cannot have been registered."),
    SHARED_NEW(UNREGISTER_NAPI, EOPNOTSUPP, NAPI_NOT_SUPPORTED, "There is nothing to do."),

    SHARED_AS_ZIG(GET_PROBE, EINVAL, ARGUMENTS_INVALID,
                  "Clear the memory of the probe before the call."),

    SHARED_AS_ZIG(SETUP_BUF_RING, ERANGE, ENTRIES_NOT_IN_RANGE, "Ask for 1 to 32768 entries."),
    SHARED_AS_ZIG(SETUP_BUF_RING, EDOM, NOT_POWER_OF_TWO, "Round it up: 1, 2, 4, ... 32768."),
    SHARED_AS_ZIG(SETUP_BUF_RING, EINVAL, ARGUMENTS_INVALID,
                  "Give buffers of 1 byte at least."),
    SHARED_NEW(SETUP_BUF_RING, EEXIST, BUFFER_GROUP_EXISTS,
        "Choose another id or free that group first; with RF_SETUP_SINGLE_ISSUER it can also be "
        "that this is not the ring's thread."),
    SHARED_NEW(SETUP_BUF_RING, EFAULT, BUFFER_RING_UNPINNABLE,
               "Give memory that is mapped and writable."),
    SHARED_NEW(SETUP_BUF_RING, EBADF, FD_INVALID,
               "Use a ring that is open; for RF_PBUF_RING_MMAP one that has its descriptor."),
    SHARED_NEW(SETUP_BUF_RING, EOPNOTSUPP, BUFFER_RING_UNSUPPORTED, BUFFER_RING_REMEDY),
    NEW(SETUP_BUF_RING, EOVERFLOW, "BufferMemoryTooLarge",
        "All buffers of the group together do not fit the address space.",
        "Ask for fewer or smaller buffers."),
    SHARED_AS_ZIG(SETUP_BUF_RING, ENOMEM, OUT_OF_MEMORY,
                  "Ask for less or raise RLIMIT_MEMLOCK: without CAP_IPC_LOCK buffer rings count "
                  "against it."),
    SHARED_AS_ZIG(SETUP_BUF_RING, EAGAIN, LOCKED_MEMORY,
                  "Raise RLIMIT_MEMLOCK, or do without mlockall(MCL_FUTURE)."),

    SHARED_NEW(FREE_BUF_RING, ENOENT, BUFFER_GROUP_NOT_FOUND,
               "Free each group once, before the ring is closed."),
    SHARED_NEW(FREE_BUF_RING, EINVAL, BUFFER_GROUP_NOT_RING,
               "Take them back with rf_remove_buffers()."),

    SHARED_AS_ZIG(BUFFER_GROUP, ENODATA, NO_BUFFER_SELECTED,
                  "Look at res first: an error and the end of a stream come without a buffer."),

    NEW(BUFFER_GROUP, EPROTO, "BufferCompletionInvalid",
        "The completion cannot be of this group: it names a buffer that is not there or not with "
        "the kernel, or brings more bytes than are left in it.",
        "Give each group its own completions, once each and in the order they came; those of "
        "bundles to rf_buffer_group_get_bundle()."),
    NEW(BUFFER_GROUP, ENOSPC, "BundleTooLarge",
        "The completion stands for more buffers than there is room for parts.",
        "Call again with more room: nothing has been changed."),

    SHARED_AS_ZIG(BUFFER_ID, ENODATA, NO_BUFFER_SELECTED,
                  "Look at res first: an error and the end of a stream come without a buffer."),

    SHARED_NEW(REGISTER_RING_FD, EBUSY, RING_SLOTS_FULL,
               "Go on without, or unregister another ring of this thread."),
    NEW(REGISTER_RING_FD, EEXIST, "RingFdAlreadyRegistered",
        "The ring's descriptor is registered already.",
        "There is nothing to do; with RF_SETUP_SINGLE_ISSUER it can also be that this is not the "
        "ring's thread."),
    SHARED_NEW(REGISTER_RING_FD, EINVAL, ARGUMENTS_INVALID,
               "Go on without: it saves a little time, and no more."),

    NEW(UNREGISTER_RING_FD, EINVAL, "RingFdNotRegistered",
        "The ring's descriptor is not registered, or there is no other to go back to.",
        "There is nothing to do; rf_reason() tells which it is."),

    SHARED_NEW(ENABLE_RINGS, EBADFD, RING_ALREADY_ENABLED, "There is nothing to do."),

    NEW(PEEK_CQE, EAGAIN, "CompletionQueueEmpty", "There is no completion to take.",
        "Wait for one with rf_submit_and_wait() or rf_copy_cqe(), or look again later."),

    SHARED_NEW(REGISTER_FILES_TAGS, EBUSY, FILES_ALREADY_REGISTERED,
               "Change it with rf_register_files_update_tag(), or unregister it first."),
    SHARED_NEW(REGISTER_FILES_TAGS, EINVAL, TABLE_INVALID,
               "Give at least one descriptor, and the tag 0 to each slot that stays empty."),
    SHARED_NEW(REGISTER_FILES_TAGS, EMFILE, USER_FDS,
               "Ask for fewer slots, or raise the limit; rf_reason() tells the numbers."),
    SHARED_NEW(REGISTER_FILES_TAGS, EBADF, FD_INVALID,
               "Look for a descriptor that is closed or is a ring; -1 leaves a slot empty."),

    SHARED_NEW(REGISTER_FILES_UPDATE_TAG, ENXIO, FILES_NOT_REGISTERED,
               "Call rf_register_files_tags() or rf_register_files_sparse() first."),
    NEW(REGISTER_FILES_UPDATE_TAG, EINVAL, "FileRangeOrTagInvalid",
        "The slots named are not a range inside the file table, or an empty one has a tag.",
        "Name at least one slot, and none past the end of the table; give -1 the tag 0."),
    SHARED_NEW(REGISTER_FILES_UPDATE_TAG, EOVERFLOW, FILE_RANGE_OVERFLOW,
               "Name slots inside the table."),
    SHARED_NEW(REGISTER_FILES_UPDATE_TAG, EBADF, FD_INVALID,
               "The first descriptor is closed or is a ring, and its slot is empty now; -1 "
               "empties a slot on purpose."),

    SHARED_NEW(REGISTER_BUFFERS_TAGS, EBUSY, BUFFERS_ALREADY_REGISTERED,
               "Change them with rf_register_buffers_update_tag(), or unregister them first."),
    SHARED_NEW(REGISTER_BUFFERS_TAGS, EINVAL, TABLE_INVALID,
               "Give 1 to 16384 buffers, and the tag 0 to each index that stays empty."),
    SHARED_NEW(REGISTER_BUFFERS_TAGS, EFAULT, BUFFER_UNPINNABLE, BUFFER_RULES),
    SHARED_NEW(REGISTER_BUFFERS_TAGS, EOVERFLOW, BUFFER_RANGE_OVERFLOW,
               "Look at its address and length."),
    SHARED_NEW(REGISTER_BUFFERS_TAGS, ENOMEM, SYSTEM_RESOURCES,
               "Register less or raise RLIMIT_MEMLOCK: without CAP_IPC_LOCK registered buffers "
               "count against it."),

    SHARED_NEW(REGISTER_BUFFERS_SPARSE, EBUSY, BUFFERS_ALREADY_REGISTERED,
               "Change them with rf_register_buffers_update_tag(), or unregister them first."),
    SHARED_NEW(REGISTER_BUFFERS_SPARSE, EINVAL, BUFFER_COUNT, "Ask for 1 to 16384 indexes."),

    SHARED_NEW(REGISTER_BUFFERS_UPDATE, ENXIO, BUFFERS_NOT_REGISTERED,
               "Call rf_register_buffers() or rf_register_buffers_sparse() first."),
    NEW(REGISTER_BUFFERS_UPDATE, EINVAL, "BufferRangeOrTagInvalid",
        "The indexes named are not a range inside the table of buffers, or an empty one has a tag.",
        "Name at least one index, and none past the end of the table; give {NULL, 0} the tag 0."),
    SHARED_NEW(REGISTER_BUFFERS_UPDATE, EFAULT, BUFFER_UNPINNABLE, BUFFER_RULES),
    SHARED_NEW(REGISTER_BUFFERS_UPDATE, EOVERFLOW, BUFFER_RANGE_OVERFLOW,
               "Look at its address and length, and whether the indexes end beyond 2^32."),
    SHARED_NEW(REGISTER_BUFFERS_UPDATE, ENOMEM, SYSTEM_RESOURCES,
               "Register less or raise RLIMIT_MEMLOCK: without CAP_IPC_LOCK registered buffers "
               "count against it."),

    SHARED_NEW(CLONE_BUFFERS, EBUSY, BUFFERS_ALREADY_REGISTERED,
               "Unregister them first, or replace them with RF_REGISTER_DST_REPLACE."),
    SHARED_NEW(CLONE_BUFFERS, ENXIO, BUFFERS_NOT_REGISTERED,
               "Register buffers with the ring to clone from."),
    NEW(CLONE_BUFFERS, EINVAL, "CloneInvalid",
        "The range is not one of both tables, or the two rings do not account for memory alike.",
        "Name indexes that the source has; open both rings as the same user, with CAP_IPC_LOCK "
        "or without."),
    SHARED_NEW(CLONE_BUFFERS, EOVERFLOW, BUFFER_RANGE_OVERFLOW,
               "Name indexes that the source has."),

    NEW(REGISTER_PERSONALITY, EBUSY, "PersonalitiesUsedUp",
        "The ring has 65535 personalities, and that is all it can have.",
        "Unregister those that are not needed any more."),

    NEW(UNREGISTER_PERSONALITY, EINVAL, "PersonalityUnknown", "The ring has no such personality.",
        "Give an id that rf_register_personality() returned, once."),

    SHARED_NEW(REGISTER_RESTRICTIONS, EBADFD, RING_ALREADY_ENABLED,
               "Open the ring with RF_SETUP_R_DISABLED, and enable it afterwards."),
    NEW(REGISTER_RESTRICTIONS, EBUSY, "RestrictionsAlreadyRegistered",
        "The ring has a list of restrictions, and can have only one.",
        "Put everything into one list."),
    NEW(REGISTER_RESTRICTIONS, EINVAL, "RestrictionInvalid",
        "An entry of the list is unknown to this kernel, or there are too many.",
        "Look at the opcodes: a kernel refuses those that it does not have."),

    NEW(REGISTER_BPF_FILTER, EINVAL, "FilterInvalid",
        "The filter has an instruction, a size, an opcode or a flag that is not taken.",
        "Load words of 4 bytes inside struct rf_bpf_ctx; give 1 to 4096 instructions."),
    SHARED_NEW(REGISTER_BPF_FILTER, EMSGSIZE, FILTER_SIZE, FILTER_SIZE_REMEDY),

    NEW(REGISTER_IOWQ_AFF, EINVAL, "WorkerProcessorsInvalid",
        "The mask is no mask, or names a processor outside the cpuset, or this thread has no "
        "workers.",
        "Give 1 to 2^31 - 1 bytes and processors of the cpuset, in a thread that has used a ring."),

    NEW(UNREGISTER_IOWQ_AFF, EINVAL, "NoWorkers",
        "This thread has no workers: it has never used a ring.", "There is nothing to do."),

    NEW(REGISTER_IOWQ_MAX_WORKERS, EINVAL, "WorkerLimitOutOfRange",
        "A limit is above 2^31 - 1.", "Give a smaller one; 0 leaves it as it is."),

    NEW(CLOSE_RING_FD, EINVAL, "RingFdNeeded",
        "The ring's descriptor is not registered, so it is all the ring has.",
        "Call rf_register_ring_fd() first."),
    NEW(CLOSE_RING_FD, EBADF, "RingFdAlreadyClosed", "The ring's descriptor is closed already.",
        "There is nothing to do."),

    NEW(REGISTER_SYNC_CANCEL, ENOENT, "NothingToCancel", "There is no such operation.",
        "It may have completed: take its completion."),
    NEW(REGISTER_SYNC_CANCEL, ETIME, "CancelTimedOut",
        "The time was over before the operation was; it was told to stop.",
        "Call again with more time; its buffers are still in use."),
    SHARED_NEW(REGISTER_SYNC_CANCEL, EBADF, FD_INVALID,
               "Give a descriptor that is open, on a ring that is."),
    SHARED_NEW(REGISTER_SYNC_CANCEL, EINTR, SIGNAL_INTERRUPT, "Call again."),

    NEW(REGISTER_SYNC_MSG, EBADF, "MessageTargetInvalid",
        "The descriptor of the ring to send to is not open.",
        "Send to a ring that is open, by its descriptor."),
    NEW(REGISTER_SYNC_MSG, EBADFD, "MessageTargetNotReady",
        "The target is not a ring, or it is still disabled.", "Enable it first."),
    NEW(REGISTER_SYNC_MSG, EINVAL, "MessageInvalid",
        "The SQE is no message that can be sent without a ring.",
        "Zero it, then fill it with rf_prep_msg_ring(); files cannot be sent this way."),
    NEW(REGISTER_SYNC_MSG, EOVERFLOW, "MessageTargetFull",
        "The target's queue is full, and the kernel had no memory to keep the message.",
        "Have the target take its completions, then send again."),

    NEW(REGISTER_QUERY, ERANGE, "QueryListTooLong",
        "The list has 1000 questions or more, or leads back to itself.",
        "End it with a next_entry of 0."),

    NEW(RESTRICT_TASK, EPERM, "TaskAlreadyRestricted",
        "This thread has restrictions or filters for all its rings already.",
        "Put everything into one list; or it is a seccomp filter that refuses."),
    NEW(RESTRICT_TASK, EACCES, "MayNotRestrict", "This thread may not restrict its later rings.",
        "Set no_new_privs (prctl(2)), or have CAP_SYS_ADMIN."),
    SHARED_NEW(RESTRICT_TASK, EINVAL, ARGUMENTS_INVALID,
               "Look for what is reserved and not 0, and for opcodes that this kernel lacks."),
    SHARED_NEW(RESTRICT_TASK, EFAULT, ARGUMENTS_OUTSIDE,
               "Give memory that is mapped; the entries follow the head at once."),
    SHARED_NEW(RESTRICT_TASK, EMSGSIZE, FILTER_SIZE, FILTER_SIZE_REMEDY),
    SHARED_NEW(RESTRICT_TASK, EOPNOTSUPP, REGISTRATION_UNSUPPORTED, "Use kernel 7.0 or newer."),
    SHARED_NEW(RESTRICT_TASK, ENOMEM, SYSTEM_RESOURCES, "Free memory."),
    SHARED_NEW(RESTRICT_TASK, ENOSYS, SYSTEM_OUTDATED,
               "Allow io_uring_register in the seccomp filter."),

    NEW(WAIT, EINVAL, "WaitArgumentsInvalid",
        "A time is out of range, or no wait is registered under the index.",
        "Give times of 0 to 999999999 nanoseconds, and indexes below the number of slots; "
        "rf_reason() tells which it was."),
    NEW(WAIT, EOPNOTSUPP, "WaitUnsupported",
        "This kernel, or a ring that polls, cannot wait in that way.",
        "rf_reason() tells what is lacking and since which kernel it is there; wait without "
        "it."),

    NEW(REGISTER_CLOCK, EINVAL, "ClockInvalid", "Waits cannot be measured by that clock.",
        "Give CLOCK_MONOTONIC or CLOCK_BOOTTIME, and 0 in what is reserved."),
    SHARED_NEW(REGISTER_CLOCK, EOPNOTSUPP, REGISTRATION_UNSUPPORTED,
               "Do without: waits are measured by CLOCK_MONOTONIC; or use kernel 6.12 or newer."),

    NEW(SETUP_REG_WAIT, EINVAL, "WaitsNotRegistrable",
        "No slots were asked for, or the ring is not disabled.",
        "Open the ring with RF_SETUP_R_DISABLED and ask for 1 slot or more before "
        "rf_enable_rings(); rf_reason() tells which it was."),
    SHARED_NEW(SETUP_REG_WAIT, EBUSY, REGION_ALREADY_REGISTERED, "Ask for all slots at once."),
    SHARED_NEW(SETUP_REG_WAIT, EOPNOTSUPP, REGISTRATION_UNSUPPORTED,
               "Use rf_submit_and_wait_timeout(); or kernel 6.13 or newer."),
    SHARED_NEW(SETUP_REG_WAIT, ENOMEM, SYSTEM_RESOURCES,
               "Ask for fewer slots or raise RLIMIT_MEMLOCK."),

    SHARED_NEW(RESIZE_RINGS, ERANGE, ENTRIES_NOT_IN_RANGE, "Ask for 1 to 32768 entries."),
    SHARED_NEW(RESIZE_RINGS, EDOM, NOT_POWER_OF_TWO, "Round it up: 1, 2, 4, ... 32768."),
    NEW(RESIZE_RINGS, EINVAL, "ResizeInvalid",
        "The ring is of a kind that cannot be resized, or a size or flag is not taken.",
        "Open the ring with RF_SETUP_DEFER_TASKRUN; rf_reason() tells what else it is."),
    NEW(RESIZE_RINGS, EOVERFLOW, "QueuesWouldOverflow",
        "What is queued, or waits to be taken, does not fit into queues of that size.",
        "Submit and take completions first, or ask for more entries."),
    NEW(RESIZE_RINGS, EBADF, "RingNotMappable",
        "The ring, or its descriptor, by which its memory is mapped, is closed.",
        "Keep the descriptor of a ring that is to be resized."),
    SHARED_NEW(RESIZE_RINGS, ENOMEM, OUT_OF_MEMORY,
               "Ask for fewer entries, free memory or raise RLIMIT_MEMLOCK."),
    SHARED_NEW(RESIZE_RINGS, EAGAIN, LOCKED_MEMORY,
               "Raise RLIMIT_MEMLOCK, or do without mlockall(MCL_FUTURE)."),
    SHARED_NEW(RESIZE_RINGS, EPROTO, RING_LAYOUT_INVALID,
               "rf_reason() tells which rule; the kernel, or the peer in its place, has a bug."),

    SHARED_NEW(RING_DONTFORK, EBADF, FD_INVALID, "Use a ring that is open."),

    SHARED_NEW(REGISTER_REGION, EBUSY, REGION_ALREADY_REGISTERED, "Use the one there is."),
    NEW(REGISTER_REGION, EINVAL, "RegionInvalid",
        "A flag or size is not taken, or the ring is enabled and the region is for its waits.",
        "Give whole pages and zero in what is reserved; register waits before "
        "rf_enable_rings()."),
    NEW(REGISTER_REGION, EFAULT, "RegionUnpinnable",
        "The memory cannot be pinned, or address and RF_MEM_REGION_TYPE_USER do not go together.",
        "Give memory that is mapped and writable with the flag, and no address without."),
    NEW(REGISTER_REGION, E2BIG, "RegionTooLarge", "The region has more than 2^31 pages.",
        "Ask for less."),
    SHARED_NEW(REGISTER_REGION, ENOMEM, SYSTEM_RESOURCES, "Ask for less, or raise RLIMIT_MEMLOCK."),

    SHARED_NEW(REGISTER_BUF_RING, EINVAL, ARGUMENTS_INVALID,
               "Give page-aligned memory, a power of two of entries, 1 to 32768, zero in what is "
               "reserved, and min_left only with RF_PBUF_RING_INC."),
    SHARED_NEW(REGISTER_BUF_RING, EEXIST, BUFFER_GROUP_EXISTS,
               "Choose another id or unregister that group first; with RF_SETUP_SINGLE_ISSUER it "
               "can also be that this is not the ring's thread."),
    SHARED_NEW(REGISTER_BUF_RING, EFAULT, BUFFER_RING_UNPINNABLE,
               "Give memory that is mapped and writable, or none with RF_PBUF_RING_MMAP."),
    SHARED_NEW(REGISTER_BUF_RING, EOPNOTSUPP, BUFFER_RING_UNSUPPORTED, BUFFER_RING_REMEDY),
    SHARED_NEW(REGISTER_BUF_RING, ENOMEM, OUT_OF_MEMORY,
               "Ask for less or raise RLIMIT_MEMLOCK: without CAP_IPC_LOCK buffer rings count "
               "against it."),

    SHARED_NEW(BUF_RING_HEAD, ENOENT, BUFFER_GROUP_NOT_FOUND, "Ask for a group that there is."),
    SHARED_NEW(BUF_RING_HEAD, EINVAL, BUFFER_GROUP_NOT_RING,
               "Only a buffer ring has a head: count what is provided yourself."),

    NEW(REGISTER_IFQ, EPERM, "NetworkAdminNeeded",
        "A receive queue can be taken with CAP_NET_ADMIN only, or a seccomp filter refuses.",
        "Run with that capability."),
    SHARED_NEW(REGISTER_IFQ, EINVAL, RECEIVE_QUEUE_INVALID,
               "Open the ring with RF_SETUP_DEFER_TASKRUN and CQEs of 32 bytes; give whole "
               "pages, 1 to 32768 entries and zero in what is reserved."),
    NEW(REGISTER_IFQ, ENODEV, "NoSuchDevice", "There is no network device of that number.",
        "Give what if_nametoindex() says."),
    SHARED_NEW(REGISTER_IFQ, EOPNOTSUPP, ZERO_COPY_RECEIVE_UNSUPPORTED,
               "rf_reason() tells what the kernel lacks; if it tells nothing it is the device."),
    SHARED_NEW(REGISTER_IFQ, ENOMEM, SYSTEM_RESOURCES, "Ask for less, or raise RLIMIT_MEMLOCK."),

    NEW(REGISTER_ZCRX_CTRL, ENXIO, "ReceiveQueueUnknown",
        "The ring has no receive queue of that id.",
        "Give the zcrx_id that rf_register_ifq() wrote."),
    SHARED_NEW(REGISTER_ZCRX_CTRL, EINVAL, RECEIVE_QUEUE_INVALID,
               "Put zero in what is reserved."),
    SHARED_NEW(REGISTER_ZCRX_CTRL, EOPNOTSUPP, ZERO_COPY_RECEIVE_UNSUPPORTED,
               "rf_reason() tells what the kernel lacks; if it tells nothing it is the op."),

    NEW(ZCRX_RQ_INIT, EPROTO, "RefillRingInvalid",
        "What the kernel says of the refill ring breaks a rule of the layout.",
        "Give what rf_register_ifq() wrote, and the whole of the region."),

    NEW(DRAIN, ETIME, "DrainTimedOut", "Operations are still in flight, though told to end.",
        "Call again with more time, or leave what they use mapped and open; rf_reason() and the "
        "result tell what is left."),
    NEW(DRAIN, EOPNOTSUPP, "DrainUnsure",
        "Nothing is found in flight, but that there is nothing cannot be known of this ring.",
        "Count the operations yourself; rf_reason() tells what to do without."),
    NEW(DRAIN, EACCES, "DrainForbidden",
        "The ring's restrictions do not allow to ask whether something is in flight.",
        "Allow RF_OP_NOP, RF_SQE_IO_DRAIN and RF_REGISTER_SYNC_CANCEL; or count the operations "
        "yourself."),
    NEW(DRAIN, EINVAL, "TimeInvalid", "The deadline is no time.",
        "Give 0 to 999999999 nanoseconds; else the ring is a registered index of another thread."),

    NEW(OP_TABLE, EINVAL, "HandleTableInvalid",
        "The count or the tag is out of range, or the memory is not aligned.",
        "Give 1 to 65534 places, a tag of 0 to 16383, and memory aligned as for uint64_t."),
    NEW(OP_TABLE, ENOSPC, "HandleMemoryTooSmall", "The memory is smaller than the table.",
        "Give as many bytes as rf_op_table_size() says."),
    SHARED_NEW(OP_TABLE, ENOMEM, OUT_OF_MEMORY, "Ask for fewer places, or free memory."),
    SHARED_NEW(OP_TABLE, EAGAIN, LOCKED_MEMORY,
               "Raise RLIMIT_MEMLOCK, or do without mlockall(MCL_FUTURE)."),

    NEW(OP, ENOENT, "HandleForeign", "This table never gave out such a handle.",
        "Look for who set this user_data: another table, another ring, or an operation without a "
        "handle."),
    NEW(OP, EALREADY, "HandleUsedUp", "The operation of this handle is over, or has its result.",
        "Give each completion to rf_op_take() once; do not cancel what has its result."),
    NEW(OP, ESTALE, "HandleStale",
        "The operation was over before another one was given the place of its handle.",
        "Do not take it for that other one; look for who keeps the handle beyond its end."),
    NEW(OP, EPROTO, "NotificationUnexpected",
        "It is the notification of a zero-copy send that has not had its result.",
        "Look for who made this completion, the kernel sends none such; the send is still open."),
    NEW(OP, ENOSPC, "HandlesExhausted", "Every place of the table is taken.",
        "Take completions, or make a table with more places; rf_op_has_room() tells before."),
};

const size_t rfi_error_count = sizeof rfi_errors / sizeof rfi_errors[0];
