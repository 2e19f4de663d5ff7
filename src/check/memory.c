/* SPDX-License-Identifier: MIT */
/*
 * memory.c - looking at memory that an SQE names, which may be anything: an address that is
 * none is the kernel's to complain of, not a reason to crash here. So memory is read by
 * process_vm_readv(2) on this process, which says -EFAULT. Where that call is blocked nothing
 * is followed and nothing summed: rfi_peek() and rfi_sum() say no. It holds every page that it
 * copies from, which is slow; whether memory is mapped at all msync(2) tells, ten times as fast.
 *
 * AddressSanitizer's interface is there if the program was built with it: weak symbols, so that
 * one library serves both.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"

/* --- reading -------------------------------------------------------------- */

static void *pointer_to(uint64_t addr)
{
    return (void *)(uintptr_t)addr;
}

/* This process: of another one nothing is read. */
static pid_t process;

void rfi_memory_start(void)
{
    process = getpid();
    rfi_tools_start();
}

/* Bytes read into @to; or a negative errno. */
static long read_pieces(void *to, size_t bytes, const struct iovec *pieces, size_t count)
{
    struct iovec all = {to, bytes};
    int saved = errno;
    /* Not by the library's function, which sanitizers look into. */
    long result = syscall(SYS_process_vm_readv, (long)process, &all, 1UL, pieces, count, 0UL);
    if (result < 0)
        result = -errno;
    else
        rfi_tools_written((uint64_t)(uintptr_t)to, (size_t)result);
    errno = saved;
    return result;
}

bool rfi_peek(void *to, uint64_t from, size_t bytes)
{
    struct iovec piece = {pointer_to(from), bytes};
    return read_pieces(to, bytes, &piece, 1) == (long)bytes;
}

bool rfi_is_there(uint64_t addr, size_t bytes)
{
    uint64_t start = addr & ~((uint64_t)sysconf(_SC_PAGESIZE) - 1);
    int saved = errno;
    /* MS_ASYNC starts nothing: asked for what it says of holes. Memcheck would have it read. */
    rfi_memcheck_hush(true);
    bool hole = bytes > 0 && syscall(SYS_msync, start, addr + bytes - start, (long)MS_ASYNC) &&
                errno == ENOMEM;
    rfi_memcheck_hush(false);
    errno = saved;
    return !hole;
}

/* --- sums ----------------------------------------------------------------- */

/* Up to here all of it; of more, its two ends and pieces between them. */
#define WHOLE_BYTES 4096
#define PIECES 4
#define PIECE_BYTES (WHOLE_BYTES / PIECES)

static uint64_t sum_of(const unsigned char *bytes, size_t count)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ count;
    for (; count >= 8; bytes += 8, count -= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        sum = (sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        sum ^= sum >> 29;
    }
    for (; count > 0; bytes++, count--)
        sum = (sum ^ *bytes) * UINT64_C(0x100000001b3);
    return sum;
}

bool rfi_sum(uint64_t addr, size_t bytes, uint64_t *ret_sum)
{
    unsigned char held[WHOLE_BYTES];
    struct iovec pieces[PIECES] = {{pointer_to(addr), bytes}};
    size_t count = 1, total = bytes;
    if (bytes > WHOLE_BYTES) {
        /* Spread evenly, the last ends where the memory does. */
        size_t step = (bytes - PIECE_BYTES) / (PIECES - 1);
        for (count = 0; count < PIECES; count++) {
            pieces[count].iov_base = pointer_to(addr + count * step);
            pieces[count].iov_len = PIECE_BYTES;
        }
        pieces[PIECES - 1].iov_base = pointer_to(addr + bytes - PIECE_BYTES);
        total = WHOLE_BYTES;
    }
    if (read_pieces(held, total, pieces, count) != (long)total)
        return false;
    *ret_sum = sum_of(held, total);
    return true;
}

/* --- AddressSanitizer ----------------------------------------------------- */

#define WEAK __attribute__((weak))

/* NOLINTBEGIN: the names are the sanitizer's */
extern void __asan_poison_memory_region(const void *addr, size_t size) WEAK;
extern void __asan_unpoison_memory_region(const void *addr, size_t size) WEAK;
extern void *__asan_region_is_poisoned(void *beg, size_t size) WEAK;
extern const char *__asan_locate_address(void *addr, char *name, size_t name_size,
                                         void **region_address, size_t *region_size) WEAK;
extern void *__asan_get_report_address(void) WEAK;
extern int __sanitizer_get_ownership(const void *p) WEAK;
extern void __sanitizer_set_death_callback(void (*callback)(void)) WEAK;
/* NOLINTEND */

bool rfi_asan_is_there(void)
{
    return __asan_poison_memory_region && __asan_unpoison_memory_region &&
           __asan_region_is_poisoned;
}

uint64_t rfi_asan_bad(uint64_t addr, size_t bytes)
{
    if (!rfi_asan_is_there() || bytes == 0)
        return 0;
    return (uint64_t)(uintptr_t)__asan_region_is_poisoned(pointer_to(addr), bytes);
}

void rfi_asan_poison(uint64_t addr, size_t bytes)
{
    __asan_poison_memory_region(pointer_to(addr), bytes);
}

void rfi_asan_unpoison(uint64_t addr, size_t bytes)
{
    __asan_unpoison_memory_region(pointer_to(addr), bytes);
}

const void *rfi_asan_heap(uint64_t addr)
{
    void *start = NULL;
    size_t bytes = 0;
    char name[1];
    if (!rfi_asan_is_there() || !__asan_locate_address || !__sanitizer_get_ownership)
        return NULL;
    const char *kind = __asan_locate_address(pointer_to(addr), name, sizeof name, &start, &bytes);
    return kind && strcmp(kind, "heap") == 0 && __sanitizer_get_ownership(start) ? start : NULL;
}

bool rfi_asan_is_allocated(const void *heap)
{
    return __sanitizer_get_ownership(heap);
}

void rfi_asan_at_death(void (*callback)(void))
{
    static bool done;
    if (!done && __sanitizer_set_death_callback && __asan_get_report_address)
        __sanitizer_set_death_callback(callback);
    done = true;
}

uint64_t rfi_asan_touched(void)
{
    return (uint64_t)(uintptr_t)__asan_get_report_address();
}
