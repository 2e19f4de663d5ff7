/* SPDX-License-Identifier: MIT */
/*
 * seccomp_run.c - runs a program for which io_uring is blocked.
 *
 *     seccomp_run EPERM PROGRAM [ARGUMENT...]
 *     seccomp_run ENOSYS:426 PROGRAM [ARGUMENT...]
 *
 * A filter answers the three io_uring system calls, or the one whose number is
 * given, with the errno. Needs no privilege. This is how container runtimes
 * block io_uring, so it is the real thing, not an imitation.
 *
 * Exit status: the program's; 125 if the filter could not be installed, 126 if the
 * program could not be run, 2 if called wrongly.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* io_uring_setup, _enter and _register: the same on all machines but alpha. */
enum { FIRST_CALL = 425, LAST_CALL = 427 };

static const struct {
    const char *name;
    int number;
} errnos[] = {
    {"EPERM", EPERM},   {"ENOSYS", ENOSYS}, {"EACCES", EACCES}, {"EINTR", EINTR},
    {"EMFILE", EMFILE}, {"ENFILE", ENFILE}, {"ENOMEM", ENOMEM}, {"EINVAL", EINVAL},
};

static int errno_by_name(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof errnos / sizeof errnos[0]; i++)
        if (strlen(errnos[i].name) == length && memcmp(errnos[i].name, name, length) == 0)
            return errnos[i].number;
    return 0;
}

/* "ENOSYS" or "ENOSYS:426". Returns whether it was understood. */
static int parse(const char *text, int *ret_errno, unsigned *ret_first, unsigned *ret_last)
{
    size_t length = strcspn(text, ":");
    *ret_errno = errno_by_name(text, length);
    *ret_first = FIRST_CALL;
    *ret_last = LAST_CALL;
    if (text[length] == ':') {
        char *end;
        unsigned long number = strtoul(text + length + 1, &end, 10);
        if (*end || number < FIRST_CALL || number > LAST_CALL)
            return 0;
        *ret_first = *ret_last = (unsigned)number;
    }
    return *ret_errno != 0;
}

static int install(int error, unsigned first, unsigned last)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, first, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {
        .len = sizeof filter / sizeof filter[0],
        .filter = filter,
    };
    /* Without it only root may install a filter: a set-user-id program could be misled. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv)
{
    int error;
    unsigned first, last;
    if (argc < 3 || !parse(argv[1], &error, &first, &last)) {
        fprintf(stderr, "usage: seccomp_run ERRNO[:NUMBER] PROGRAM [ARGUMENT...]\n");
        return 2;
    }
    if (install(error, first, last) != 0) {
        fprintf(stderr, "seccomp_run: no filter: %s\n", strerror(errno));
        return 125;
    }
    execvp(argv[2], argv + 2);
    fprintf(stderr, "seccomp_run: %s: %s\n", argv[2], strerror(errno));
    return 126;
}
