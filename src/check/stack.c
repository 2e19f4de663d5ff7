/* SPDX-License-Identifier: MIT */
/*
 * stack.c - return addresses as functions, files and lines.
 *
 * By what knows how, if it is there when a report is printed: AddressSanitizer's symbolizer in
 * programs that were built with it, else libdw (dwarf.c). Without either
 * backtrace_symbols_fd() names what it can, and addr2line makes lines of it.
 *
 * What is shown begins with the program's own line that called the library: the frames of the
 * library, its functions that were inlined into the program among them, are left out.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "stack.h"

/* Not every C library has it. */
#if defined(__has_include)
#if __has_include(<execinfo.h>)
#include <execinfo.h>
#define HAS_BACKTRACE_SYMBOLS 1
#endif
#endif

void __sanitizer_symbolize_pc(void *pc, const char *format, char *out, size_t out_bytes)
    __attribute__((weak));

void rfi_copy_text(char *to, size_t room, const char *text)
{
    size_t bytes = strnlen(text, room - 1);
    memcpy(to, text, bytes);
    to[bytes] = '\0';
}

/* --- AddressSanitizer ----------------------------------------------------- */

static bool parse_asan(char *text, struct rfi_frame *frame)
{
    char *parts[5] = {text, NULL, NULL, NULL, NULL};
    for (int i = 1; i < 5; i++) {
        char *bar = strchr(parts[i - 1], '|');
        if (!bar)
            return false;
        *bar = '\0';
        parts[i] = bar + 1;
    }
    memset(frame, 0, sizeof *frame);
    const char *base = strrchr(parts[3], '/');
    rfi_copy_text(frame->function, sizeof frame->function, parts[0]);
    rfi_copy_text(frame->module, sizeof frame->module, base ? base + 1 : parts[3]);
    if (strcmp(parts[1], "<null>") != 0 && parts[1][0])
        rfi_copy_text(frame->file, sizeof frame->file, parts[1]);
    for (const char *digit = parts[2]; *digit >= '0' && *digit <= '9'; digit++)
        frame->line = frame->line * 10 + (*digit - '0');
    return parts[0][0] && strcmp(parts[0], "<null>") != 0;
}

static bool look_up_asan(void *address, rfi_frame_seen *seen, void *context)
{
    char text[2048];
    struct rfi_frame frame;
    bool known = false;
    memset(text, 0, sizeof text);
    /* It takes a return address, and looks one byte before it. Each function ends with a zero. */
    __sanitizer_symbolize_pc(address, "%f|%s|%l|%m|%o", text, sizeof text - 1);
    for (char *at = text; at < text + sizeof text && *at;) {
        char *next = at + strlen(at) + 1;
        if (parse_asan(at, &frame)) {
            seen(context, &frame);
            known = true;
        }
        at = next;
    }
    return known;
}

static bool look_up(void *address, rfi_frame_seen *seen, void *context)
{
    if (__sanitizer_symbolize_pc)
        return look_up_asan(address, seen, context);
    return rfi_dwarf_look_up((uint64_t)(uintptr_t)address - 1, seen, context);
}

/* --- whose is it ---------------------------------------------------------- */

/* Where the library is: the directory of its sources, and the file that it was linked to. */
struct own {
    char directory[256];
    char module[128];
};

static void found_own(void *context, const struct rfi_frame *frame)
{
    static const char here[] = "check/stack.c";
    struct own *own = context;
    size_t length = strlen(frame->file);
    rfi_copy_text(own->module, sizeof own->module, frame->module);
    if (length >= sizeof here && strcmp(frame->file + length - (sizeof here - 1), here) == 0) {
        rfi_copy_text(own->directory, sizeof own->directory, frame->file);
        own->directory[length - (sizeof here - 1)] = '\0';
    }
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_library(const struct own *own, const struct rfi_frame *frame)
{
    if (begins(frame->function, "rf_") || begins(frame->function, "rfi_") ||
        (own->directory[0] && begins(frame->file, own->directory)))
        return true;
    if (frame->file[0] && own->directory[0])
        return false;
    return begins(frame->function, "watched_") || begins(frame->function, "checked_") ||
           (begins(own->module, "libringfence") && strcmp(frame->module, own->module) == 0);
}

/* --- printing ------------------------------------------------------------- */

static void put(int fd, const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t count = write(fd, text, bytes);
        if (count <= 0)
            return;
        text += count;
        bytes -= (size_t)count;
    }
}

static void put_frame(int fd, size_t number, const struct rfi_frame *frame)
{
    char text[640];
    int length;
    if (frame->file[0])
        length = snprintf(text, sizeof text, "    #%zu %s at %s:%d\n", number, frame->function,
                          frame->file, frame->line);
    else
        length = snprintf(text, sizeof text, "    #%zu %s in %s+0x%llx\n", number,
                          frame->function, frame->module, (unsigned long long)frame->offset);
    if (length > 0)
        put(fd, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

struct printing {
    struct own own;
    int fd;
    size_t printed;
    bool begun; /* the frames of the library are behind it */
    bool over;
};

static void print(void *context, const struct rfi_frame *frame)
{
    struct printing *printing = context;
    printing->begun = printing->begun || !is_library(&printing->own, frame);
    if (!printing->begun || printing->over)
        return;
    put_frame(printing->fd, printing->printed++, frame);
    /* What called that is the C library's affair. */
    printing->over = strcmp(frame->function, "main") == 0;
}

static void print_all(struct printing *printing, void *const *addresses, size_t count)
{
    for (size_t i = 0; i < count; i++)
        (void)look_up(addresses[i], print, printing);
}

static bool put_frames(int fd, void *const *addresses, size_t count)
{
    struct printing printing;
    memset(&printing, 0, sizeof printing);
    printing.fd = fd;
    if (!__sanitizer_symbolize_pc && !rfi_dwarf_begin())
        return false;
    /* A function's address as that of an object: POSIX says that it works, C does not. */
    bool (*function)(int, void *const *, size_t) = put_frames;
    char *self;
    memcpy(&self, &function, sizeof self);
    (void)look_up(self + 1, found_own, &printing.own);
    print_all(&printing, addresses, count);
    if (printing.printed == 0) {
        printing.begun = true; /* nobody but the library was there: a thread that it began */
        print_all(&printing, addresses, count);
    }
    if (!__sanitizer_symbolize_pc)
        rfi_dwarf_end();
    return printing.printed > 0;
}

/* Once: a report has several stacks. */
static void tell_what_lacks(int fd)
{
    static const char text[] = "    (addr2line makes lines of these; with libdw installed, and a "
                               "program compiled with -g, they are lines)\n";
    static bool told;
    if (!told)
        put(fd, text, sizeof text - 1);
    told = true;
}

void rfi_stack_print(int fd, void *const *addresses, size_t count)
{
    int saved = errno;
    if (count > 0 && !put_frames(fd, addresses, count)) {
#ifdef HAS_BACKTRACE_SYMBOLS
        backtrace_symbols_fd(addresses, (int)count, fd);
#endif
        tell_what_lacks(fd);
    }
    errno = saved;
}
