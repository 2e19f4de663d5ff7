/* SPDX-License-Identifier: MIT */
/*
 * load.c - libraries that a report makes use of, if they are there: they are loaded then, so that
 * nobody has to link to them.
 */
#include <dlfcn.h>
#include <string.h>
#include <sys/auxv.h>

#include "stack.h"

/* Weak: a program that is linked statically has no use for dlopen(), and need not have it. */
extern __typeof__(dlopen) dlopen __attribute__((weak));
extern __typeof__(dlsym) dlsym __attribute__((weak));

void *rfi_load_library(const char *name)
{
    /* Without a loader in the program, libraries get no thread-local memory, and crash. */
    if (!dlopen || !dlsym || getauxval(AT_BASE) == 0)
        return NULL;
    return dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

/* An object pointer as a function pointer: POSIX says that it works, C does not. */
bool rfi_load_function(void *library, const char *name, void *ret_function)
{
    void *symbol = dlsym(library, name);
    memcpy(ret_function, &symbol, sizeof symbol);
    return symbol;
}
