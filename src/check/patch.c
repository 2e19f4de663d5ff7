/* SPDX-License-Identifier: MIT */
/*
 * patch.c - having the program's calls of a function come by here.
 *
 * A checker wants to know of free() and close(), which the program has from the C library. A
 * program that is dynamically linked calls them through a table in each of its objects, which
 * the linker has filled: the checker writes another address into it, at the moment when the first
 * ring is checked. So nothing is between a program and its calls when no ring is checked, and
 * it need not be compiled or started in another way. Not seen are calls in objects that are
 * loaded later, calls within the C library itself, and those of statically linked programs.
 */
#include "patch.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The kinds of entries that hold an address of a function, and nothing else. */
#if defined(__x86_64__) || defined(__i386__)
#define IS_CALL(type) ((type) == R_386_JMP_SLOT || (type) == R_386_GLOB_DAT)
#elif defined(__aarch64__)
#define IS_CALL(type) ((type) == R_AARCH64_JUMP_SLOT || (type) == R_AARCH64_GLOB_DAT)
#elif defined(__s390x__)
#define IS_CALL(type) ((type) == R_390_JMP_SLOT || (type) == R_390_GLOB_DAT)
#else
#define IS_CALL(type) ((void)(type), 0)
#endif

#if __SIZEOF_POINTER__ == 8
#define SYMBOL_OF(info) ELF64_R_SYM(info)
#define TYPE_OF(info) ELF64_R_TYPE(info)
#else
#define SYMBOL_OF(info) ELF32_R_SYM(info)
#define TYPE_OF(info) ELF32_R_TYPE(info)
#endif

struct object {
    ElfW(Addr) base;
    ElfW(Addr) first_ro, behind_ro; /* what the linker has made read-only */
    const ElfW(Sym) *symbols;
    const char *names;
    ElfW(Addr) tables[3]; /* relocations: of calls, and others with and without addend */
    size_t bytes[3];
    size_t size_of_one[3];
};

struct work {
    const struct rfi_patch *patches;
    size_t count;
};

/* --- one object ----------------------------------------------------------- */

/* Some C libraries have put the address that it is mapped at into these, some have not. */
static ElfW(Addr) pointer(const struct object *object, const ElfW(Dyn) *entry)
{
    ElfW(Addr) addr = entry->d_un.d_ptr;
    return addr < object->base ? addr + object->base : addr;
}

static void read_dynamic(struct object *object, const ElfW(Dyn) *entry)
{
    size_t call_size = sizeof(ElfW(Rela));
    for (; entry->d_tag != DT_NULL; entry++) {
        switch (entry->d_tag) {
        case DT_SYMTAB:
            object->symbols = (const ElfW(Sym) *)pointer(object, entry);
            break;
        case DT_STRTAB:
            object->names = (const char *)pointer(object, entry);
            break;
        case DT_JMPREL:
            object->tables[0] = pointer(object, entry);
            break;
        case DT_PLTRELSZ:
            object->bytes[0] = entry->d_un.d_val;
            break;
        case DT_PLTREL:
            call_size = entry->d_un.d_val == DT_RELA ? sizeof(ElfW(Rela)) : sizeof(ElfW(Rel));
            break;
        case DT_RELA:
            object->tables[1] = pointer(object, entry);
            break;
        case DT_RELASZ:
            object->bytes[1] = entry->d_un.d_val;
            break;
        case DT_REL:
            object->tables[2] = pointer(object, entry);
            break;
        case DT_RELSZ:
            object->bytes[2] = entry->d_un.d_val;
            break;
        }
    }
    object->size_of_one[0] = call_size;
    object->size_of_one[1] = sizeof(ElfW(Rela));
    object->size_of_one[2] = sizeof(ElfW(Rel));
}

static void put(const struct object *object, ElfW(Addr) where, rfi_function what)
{
    void *place = (void *)where;
    bool ro = where >= object->first_ro && where < object->behind_ro;
    ElfW(Addr) page_bytes = (ElfW(Addr))sysconf(_SC_PAGESIZE);
    void *page = (void *)(where & ~(page_bytes - 1));
    if (ro && mprotect(page, page_bytes, PROT_READ | PROT_WRITE))
        return; /* it is not ours to change */
    memcpy(place, &what, sizeof what);
    if (ro)
        (void)mprotect(page, page_bytes, PROT_READ);
}

static void patch_one(const struct object *object, const ElfW(Rel) *entry,
                      const struct work *work)
{
    if (!IS_CALL(TYPE_OF(entry->r_info)))
        return;
    const char *name = object->names + object->symbols[SYMBOL_OF(entry->r_info)].st_name;
    for (size_t i = 0; i < work->count; i++)
        if (*work->patches[i].ret_real && strcmp(name, work->patches[i].name) == 0)
            put(object, object->base + entry->r_offset, work->patches[i].instead);
}

/* Those of the C library, of the linker and of sanitizers stay as they are. */
static bool is_left_alone(const char *path)
{
    static const char *const names[] = {"/libc.so", "/ld-linux", "/ld64", "/ld-musl", "/ld.so",
                                        "/libasan", "/libtsan", "/libubsan", "/libclang_rt",
                                        "/vgpreload", "linux-vdso", "linux-gate"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strstr(path, names[i]))
            return true;
    return false;
}

static int patch_object(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct object object;
    const ElfW(Dyn) *dynamic = NULL;
    memset(&object, 0, sizeof object);
    object.base = info->dlpi_addr;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        ElfW(Addr) addr = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_DYNAMIC)
            dynamic = (const ElfW(Dyn) *)addr;
        if (part->p_type == PT_GNU_RELRO) {
            object.first_ro = addr;
            object.behind_ro = addr + part->p_memsz;
        }
    }
    if (!dynamic || is_left_alone(info->dlpi_name))
        return 0;
    read_dynamic(&object, dynamic);
    for (size_t t = 0; t < 3 && object.symbols && object.names; t++)
        for (size_t at = 0; object.tables[t] && at < object.bytes[t]; at += object.size_of_one[t])
            /* The addend, if it has one, comes behind what both kinds have. */
            patch_one(&object, (const ElfW(Rel) *)(object.tables[t] + at), context);
    return 0;
}

/* --- all of them ---------------------------------------------------------- */

struct question {
    ElfW(Addr) addr;
    bool is_there;
};

/* The program itself is the first object. */
static int ask_program(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    struct question *question = context;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        ElfW(Addr) addr = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && question->addr - addr < part->p_memsz)
            question->is_there = true;
    }
    return 1;
}

rfi_function rfi_patch_real(const char *name)
{
    void *found = dlsym(RTLD_DEFAULT, name);
    struct question question = {(ElfW(Addr))found, false};
    (void)dl_iterate_phdr(ask_program, &question);
    rfi_function real = NULL;
    if (found && !question.is_there)
        memcpy(&real, &found, sizeof real);
    return real;
}

void rfi_patch_calls(const struct rfi_patch *patches, size_t count)
{
    struct work work = {patches, count};
    for (size_t i = 0; i < count; i++)
        *patches[i].ret_real = rfi_patch_real(patches[i].name);
    (void)dl_iterate_phdr(patch_object, &work);
}
