/* SPDX-License-Identifier: MIT */
/*
 * stack.c - return addresses as functions, files and lines.
 *
 * By libraries that know how, if they are there when a report is printed: AddressSanitizer's
 * symbolizer in programs that were built with it, else libdw (elfutils), which is loaded then.
 * So nobody has to link to them. Without either backtrace_symbols_fd() names what it can, and
 * addr2line makes lines of it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

#if defined(__has_include)
#if __has_include(<execinfo.h>)
#include <execinfo.h>
#define HAS_BACKTRACE 1
#endif
#endif

/* Weak: a program that is linked statically has no use for dlopen(), and need not have it. */
extern __typeof__(dlopen) dlopen __attribute__((weak));
extern __typeof__(dlsym) dlsym __attribute__((weak));
void __sanitizer_symbolize_pc(void *pc, const char *format, char *out, size_t out_bytes)
    __attribute__((weak));

struct frame {
    char function[128];
    char file[256]; /* "" if it is not known */
    int line;
    char module[128];
    uint64_t offset; /* in that */
};

static void copy(char *to, size_t room, const char *text)
{
    size_t bytes = strnlen(text, room - 1);
    memcpy(to, text, bytes);
    to[bytes] = '\0';
}

/* --- libdw ---------------------------------------------------------------- */

/* Its interface, as far as it is used: libdwfl.h, unchanged since elfutils 0.122 of 2006. */
struct dwfl_callbacks {
    int (*find_elf)(void *, void **, const char *, uint64_t, char **, void **);
    int (*find_debuginfo)(void *, void **, const char *, uint64_t, const char *, const char *,
                          uint32_t, char **);
    int (*section_address)(void *, void **, const char *, uint64_t, const char *, uint32_t,
                           const void *, uint64_t *);
    char **debuginfo_path;
};

static struct {
    void *session; /* NULL: not to be had */
    void *(*begin)(const struct dwfl_callbacks *);
    int (*proc_report)(void *, pid_t);
    int (*report_end)(void *, void *, void *);
    void (*end)(void *);
    void *(*addrmodule)(void *, uint64_t);
    const char *(*module_info)(void *, void ***, uint64_t *, uint64_t *, uint64_t *, uint64_t *,
                               const char **, const char **);
    const char *(*addrname)(void *, uint64_t);
    void *(*getsrc)(void *, uint64_t);
    const char *(*lineinfo)(void *, uint64_t *, int *, int *, uint64_t *, uint64_t *);
} dw;

/* Only what stands in the program itself: no searching on disks and networks. */
static int find_nothing(void *module, void **userdata, const char *name, uint64_t base,
                        const char *file, const char *link, uint32_t crc, char **ret_name)
{
    (void)module, (void)userdata, (void)name, (void)base;
    (void)file, (void)link, (void)crc, (void)ret_name;
    return -1;
}

/* An object pointer as a function pointer: POSIX says that it works, C does not. */
static bool load(void *library, const char *name, void *ret_function)
{
    void *symbol = dlsym(library, name);
    memcpy(ret_function, &symbol, sizeof symbol);
    return symbol;
}

static bool load_dw(struct dwfl_callbacks *callbacks)
{
    void *library = dlopen ? dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL) : NULL;
    return library && load(library, "dwfl_begin", &dw.begin) &&
           load(library, "dwfl_linux_proc_report", &dw.proc_report) &&
           load(library, "dwfl_linux_proc_find_elf", &callbacks->find_elf) &&
           load(library, "dwfl_report_end", &dw.report_end) &&
           load(library, "dwfl_end", &dw.end) &&
           load(library, "dwfl_addrmodule", &dw.addrmodule) &&
           load(library, "dwfl_module_info", &dw.module_info) &&
           load(library, "dwfl_module_addrname", &dw.addrname) &&
           load(library, "dwfl_module_getsrc", &dw.getsrc) &&
           load(library, "dwfl_lineinfo", &dw.lineinfo);
}

static bool begin_dw(struct dwfl_callbacks *callbacks)
{
    memset(callbacks, 0, sizeof *callbacks);
    callbacks->find_debuginfo = find_nothing;
    if (!load_dw(callbacks))
        return false;
    dw.session = dw.begin(callbacks);
    if (!dw.session)
        return false;
    if (dw.proc_report(dw.session, getpid()) == 0 &&
        dw.report_end(dw.session, NULL, NULL) == 0)
        return true;
    dw.end(dw.session);
    return false;
}

static bool look_up_dw(uint64_t addr, struct frame *frame)
{
    void *module = dw.addrmodule(dw.session, addr);
    if (!module)
        return false;
    uint64_t start = 0;
    const char *name = dw.module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL);
    const char *base = name ? strrchr(name, '/') : NULL;
    copy(frame->module, sizeof frame->module, base ? base + 1 : name ? name : "?");
    frame->offset = addr - start;
    const char *function = dw.addrname(module, addr);
    copy(frame->function, sizeof frame->function, function ? function : "?");
    void *line = dw.getsrc(module, addr);
    const char *file = line ? dw.lineinfo(line, NULL, &frame->line, NULL, NULL, NULL) : NULL;
    if (file)
        copy(frame->file, sizeof frame->file, file);
    return true;
}

/* --- AddressSanitizer ----------------------------------------------------- */

static bool look_up_asan(void *address, struct frame *frame)
{
    char text[sizeof frame->function + sizeof frame->file + 32];
    /* It takes a return address, and looks one byte before it. */
    __sanitizer_symbolize_pc(address, "%f|%s|%l|%m|%o", text, sizeof text);
    char *parts[5] = {text, NULL, NULL, NULL, NULL};
    for (int i = 1; i < 5; i++) {
        char *bar = strchr(parts[i - 1], '|');
        if (!bar)
            return false;
        *bar = '\0';
        parts[i] = bar + 1;
    }
    const char *base = strrchr(parts[3], '/');
    copy(frame->function, sizeof frame->function, parts[0]);
    copy(frame->module, sizeof frame->module, base ? base + 1 : parts[3]);
    if (strcmp(parts[1], "<null>") != 0 && parts[1][0])
        copy(frame->file, sizeof frame->file, parts[1]);
    for (const char *digit = parts[2]; *digit >= '0' && *digit <= '9'; digit++)
        frame->line = frame->line * 10 + (*digit - '0');
    return parts[0][0] && strcmp(parts[0], "<null>") != 0;
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

static void put_frame(int fd, size_t number, const struct frame *frame)
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

static bool look_up(void *address, struct frame *frame)
{
    memset(frame, 0, sizeof *frame);
    if (__sanitizer_symbolize_pc)
        return look_up_asan(address, frame);
    return look_up_dw((uint64_t)(uintptr_t)address - 1, frame);
}

/* The checker's own frames say nothing: what counts begins where the program called the library. */
static size_t first_of_interest(void *const *addresses, size_t count)
{
    struct frame frame;
    size_t first = 0;
    for (size_t i = 0; i < count; i++)
        if (look_up(addresses[i], &frame) && (strncmp(frame.function, "rf_", 3) == 0 ||
                                              strncmp(frame.function, "rfi_", 4) == 0 ||
                                              strncmp(frame.function, "watched_", 8) == 0))
            first = i; /* the last of them is the outermost */
    return first;
}

static bool put_frames(int fd, void *const *addresses, size_t count)
{
    static const struct dwfl_callbacks none;
    struct dwfl_callbacks callbacks = none;
    if (!__sanitizer_symbolize_pc && !begin_dw(&callbacks))
        return false;
    size_t first = first_of_interest(addresses, count), known = 0;
    for (size_t i = first; i < count; i++) {
        struct frame frame;
        if (!look_up(addresses[i], &frame))
            continue;
        put_frame(fd, i - first, &frame);
        known++;
        if (strcmp(frame.function, "main") == 0)
            break; /* what called that is the C library's affair */
    }
    if (!__sanitizer_symbolize_pc)
        dw.end(dw.session);
    return known > 0;
}

void rfi_stack_print(int fd, void *const *addresses, size_t count)
{
    int saved = errno;
    if (count > 0 && !put_frames(fd, addresses, count)) {
#ifdef HAS_BACKTRACE
        backtrace_symbols_fd(addresses, (int)count, fd);
#endif
    }
    errno = saved;
}
