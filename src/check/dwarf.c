/* SPDX-License-Identifier: MIT */
/*
 * dwarf.c - an address as functions and lines, by libdw of elfutils, which is loaded when a report
 * is printed, if it is there: so nobody has to link to it.
 *
 * What stands at an address may be several functions, one inlined into the other. The line
 * table knows the inmost line; the rest is in the tree of what the compiler has noted, where
 * each inlined function has the line that called it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stack.h"

/* --- its interface -------------------------------------------------------- */

/* As far as it is used: libdwfl.h and libdw.h, unchanged since elfutils 0.122 of 2006. */
struct dwfl_callbacks {
    int (*find_elf)(void *, void **, const char *, uint64_t, char **, void **);
    int (*find_debuginfo)(void *, void **, const char *, uint64_t, const char *, const char *,
                          uint32_t, char **);
    int (*section_address)(void *, void **, const char *, uint64_t, const char *, uint32_t,
                           const void *, uint64_t *);
    char **debuginfo_path;
};

/* An entry of the tree, and an attribute of one. */
struct die {
    void *addr, *cu, *abbreviation;
    long padding;
};

struct attribute {
    unsigned code, form;
    unsigned char *value;
    void *cu;
};

/* Of the standard, DWARF. */
#define TAG_INLINED 0x1d
#define TAG_FUNCTION 0x2e
#define AT_CALL_FILE 0x58
#define AT_CALL_LINE 0x59

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
    struct die *(*addrdie)(void *, uint64_t, uint64_t *);
    int (*getscopes)(struct die *, uint64_t, struct die **);
    int (*getscopes_die)(struct die *, struct die **);
    const char *(*diename)(struct die *);
    int (*tag)(struct die *);
    struct attribute *(*attr)(struct die *, unsigned, struct attribute *);
    int (*formudata)(struct attribute *, uint64_t *);
    int (*getsrcfiles)(struct die *, void **, size_t *);
    const char *(*filesrc)(void *, size_t, uint64_t *, uint64_t *);
} dw;

/* Only what stands in the program itself: no searching on disks and networks. */
static int find_nothing(void *module, void **userdata, const char *name, uint64_t base,
                        const char *file, const char *link, uint32_t crc, char **ret_name)
{
    (void)module, (void)userdata, (void)name, (void)base;
    (void)file, (void)link, (void)crc, (void)ret_name;
    return -1;
}

static bool load_dw(struct dwfl_callbacks *callbacks)
{
    void *library = rfi_load_library("libdw.so.1");
    const struct {
        const char *name;
        void *ret_function;
    } wanted[] = {
        {"dwfl_begin", &dw.begin},
        {"dwfl_linux_proc_report", &dw.proc_report},
        {"dwfl_linux_proc_find_elf", &callbacks->find_elf},
        {"dwfl_report_end", &dw.report_end},
        {"dwfl_end", &dw.end},
        {"dwfl_addrmodule", &dw.addrmodule},
        {"dwfl_module_info", &dw.module_info},
        {"dwfl_module_addrname", &dw.addrname},
        {"dwfl_module_getsrc", &dw.getsrc},
        {"dwfl_lineinfo", &dw.lineinfo},
        {"dwfl_module_addrdie", &dw.addrdie},
        {"dwarf_getscopes", &dw.getscopes},
        {"dwarf_getscopes_die", &dw.getscopes_die},
        {"dwarf_diename", &dw.diename},
        {"dwarf_tag", &dw.tag},
        {"dwarf_attr", &dw.attr},
        {"dwarf_formudata", &dw.formudata},
        {"dwarf_getsrcfiles", &dw.getsrcfiles},
        {"dwarf_filesrc", &dw.filesrc},
    };
    bool all = library;
    for (size_t i = 0; all && i < sizeof wanted / sizeof wanted[0]; i++)
        all = rfi_load_function(library, wanted[i].name, wanted[i].ret_function);
    return all;
}

bool rfi_dwarf_begin(void)
{
    static struct dwfl_callbacks callbacks;
    memset(&callbacks, 0, sizeof callbacks);
    callbacks.find_debuginfo = find_nothing;
    if (!load_dw(&callbacks))
        return false;
    dw.session = dw.begin(&callbacks);
    if (!dw.session)
        return false;
    if (dw.proc_report(dw.session, getpid()) == 0 &&
        dw.report_end(dw.session, NULL, NULL) == 0)
        return true;
    dw.end(dw.session);
    return false;
}

void rfi_dwarf_end(void)
{
    dw.end(dw.session);
}

/* --- functions that were inlined ------------------------------------------ */

static uint64_t number_of(struct die *die, unsigned name)
{
    struct attribute attribute;
    uint64_t value = 0;
    if (dw.attr(die, name, &attribute))
        (void)dw.formudata(&attribute, &value);
    return value;
}

/* The line that called what was inlined. */
static void put_call(struct rfi_frame *frame, struct die *unit, struct die *inlined)
{
    void *files;
    size_t count;
    const char *file = NULL;
    if (dw.getsrcfiles(unit, &files, &count) == 0)
        file = dw.filesrc(files, (size_t)number_of(inlined, AT_CALL_FILE), NULL, NULL);
    rfi_copy_text(frame->file, sizeof frame->file, file ? file : "");
    frame->line = (int)number_of(inlined, AT_CALL_LINE);
}

static void put_name(struct rfi_frame *frame, struct die *function)
{
    const char *name = dw.diename(function);
    rfi_copy_text(frame->function, sizeof frame->function, name ? name : "?");
}

/*
 * The functions at this address from the inmost on, but for the outermost. @frame has the inmost
 * line, and goes on to have that of the outermost, and its name.
 */
static void each_inlined(void *module, uint64_t addr, struct rfi_frame *frame, rfi_frame_seen *seen,
                         void *context)
{
    uint64_t bias = 0;
    struct die *unit = dw.addrdie(module, addr, &bias), *written = NULL, *scopes = NULL;
    if (!unit || dw.getscopes(unit, addr - bias, &written) <= 0)
        return;
    /* These are the scopes as they were written; asked for by the inmost, they are as it runs. */
    int count = dw.getscopes_die(&written[0], &scopes);
    free(written);
    for (int i = 0; i < count; i++) {
        int tag = dw.tag(&scopes[i]);
        if (tag != TAG_INLINED && tag != TAG_FUNCTION)
            continue;
        put_name(frame, &scopes[i]);
        if (tag == TAG_FUNCTION)
            break;
        seen(context, frame);
        put_call(frame, unit, &scopes[i]);
    }
    if (count > 0)
        free(scopes);
}

bool rfi_dwarf_look_up(uint64_t addr, rfi_frame_seen *seen, void *context)
{
    struct rfi_frame frame;
    void *module = dw.addrmodule(dw.session, addr);
    if (!module)
        return false;
    uint64_t start = 0;
    memset(&frame, 0, sizeof frame);
    const char *name = dw.module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL);
    const char *base = name ? strrchr(name, '/') : NULL;
    rfi_copy_text(frame.module, sizeof frame.module, base ? base + 1 : name ? name : "?");
    frame.offset = addr - start;
    void *line = dw.getsrc(module, addr);
    const char *file = line ? dw.lineinfo(line, NULL, &frame.line, NULL, NULL, NULL) : NULL;
    if (file)
        rfi_copy_text(frame.file, sizeof frame.file, file);
    const char *function = dw.addrname(module, addr);
    rfi_copy_text(frame.function, sizeof frame.function, function ? function : "?");
    each_inlined(module, addr, &frame, seen, context); /* it knows better names: its own */
    seen(context, &frame);
    return true;
}
