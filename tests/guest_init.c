/* SPDX-License-Identifier: MIT */
/*
 * guest_init.c - process 1 of an emulated machine in which the tests run
 * (scripts/test_kernels.py): readies the machine, runs each line of /plan, powers off.
 *
 * A line of /plan is a time limit in seconds, a name, and a command with its
 * arguments, parted by blanks. What the commands print goes to the console as it
 * comes, so that it survives a crash of the kernel, between lines of ours:
 *
 *     @@ system 6.1.0-37-cloud-amd64 x86_64 page 4096
 *     @@ begin ring
 *     ...
 *     @@ end ring status 0 in 1234 ms      (or: signal 11; or: timeout)
 *     @@ kernel <4>[    3.1] WARNING: ...  (what the kernel complained of meanwhile)
 *     @@ done
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { WORDS_MAX = 16, KERNEL_LOG_BYTES = 1 << 18 };

static sigset_t child_ended;

/* A machine that lacks one of these shows it in the tests: no reason to stop here. */
static void mount_at(const char *type, const char *where)
{
    (void)mkdir(where, 0755);
    if (mount(type, where, type, 0, NULL) != 0)
        printf("@@ no %s: %s\n", where, strerror(errno));
}

static void raise_loopback(void)
{
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, "lo", sizeof "lo");
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &request) != 0) {
        printf("@@ no loopback: %s\n", strerror(errno));
    } else {
        request.ifr_flags |= IFF_UP;
        (void)ioctl(fd, SIOCSIFFLAGS, &request);
    }
    if (fd >= 0)
        close(fd);
}

/* The console is there before devtmpfs is; after that it has to be opened anew. */
static void open_console(void)
{
    int fd = open("/dev/console", O_RDWR);
    for (int i = 0; i <= 2 && fd >= 0; i++)
        dup2(fd, i);
    if (fd > 2)
        close(fd);
    setvbuf(stdout, NULL, _IOLBF, 0);
}

static void ready_machine(void)
{
    mount_at("devtmpfs", "/dev");
    open_console();
    mount_at("proc", "/proc");
    mount_at("sysfs", "/sys");
    mount_at("tmpfs", "/dev/shm");
    raise_loopback();

    /* As a login has it. Process 1 starts with what the kernel's defaults are. */
    struct rlimit files = {.rlim_cur = 1024, .rlim_max = 4096};
    (void)setrlimit(RLIMIT_NOFILE, &files);
    setenv("PATH", "/bin", 1);
    setenv("HOME", "/tmp", 1);
    setenv("CMOCKA_MESSAGE_OUTPUT", "TAP", 1);
    setenv("RF_TEST_EMULATED", "1", 1);

    struct utsname system;
    if (uname(&system) == 0)
        printf("@@ system %s %s page %ld\n", system.release, system.machine,
               sysconf(_SC_PAGESIZE));
}

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static pid_t start(char **words)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    setsid();
    sigprocmask(SIG_UNBLOCK, &child_ended, NULL);
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    close(null);
    execv(words[0], words);
    printf("@@ cannot run %s: %s\n", words[0], strerror(errno));
    _exit(127);
}

/* Orphans become ours, so any child may end. Returns false when the time is up. */
static bool wait_for(pid_t pid, long long deadline, int *ret_status)
{
    for (;;) {
        int status;
        pid_t ended = waitpid(-1, &status, WNOHANG);
        if (ended == pid) {
            *ret_status = status;
            return true;
        }
        if (ended > 0)
            continue;
        long long left = deadline - now_ms();
        if (left <= 0)
            return false;
        struct timespec time = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
        (void)sigtimedwait(&child_ended, NULL, &time);
    }
}

/* What a test left behind, too. One that not even SIGKILL ends is left alone after a while. */
static void kill_all(void)
{
    kill(-1, SIGKILL);
    for (int i = 0; i < 100 && waitpid(-1, NULL, WNOHANG) >= 0; i++) {
        struct timespec time = {.tv_sec = 0, .tv_nsec = 20 * 1000000};
        (void)sigtimedwait(&child_ended, NULL, &time);
    }
}

static void run(long seconds, const char *name, char **words)
{
    int status = 0;
    printf("@@ begin %s\n", name);
    long long begin = now_ms();
    pid_t pid = start(words);
    bool ended = pid > 0 && wait_for(pid, begin + seconds * 1000LL, &status);
    long long took = now_ms() - begin;
    kill_all();
    /* The first newline: the test may have been stopped in the middle of a line. */
    if (!ended)
        printf("\n@@ end %s timeout in %lld ms\n", name, took);
    else if (WIFSIGNALED(status))
        printf("\n@@ end %s signal %d in %lld ms\n", name, WTERMSIG(status), took);
    else
        printf("\n@@ end %s status %d in %lld ms\n", name, WEXITSTATUS(status), took);
}

/* Lines of the kernel's log at the level of a warning or above. */
static void print_complaints(void)
{
    enum { READ_ALL = 3 };
    static char log[KERNEL_LOG_BYTES];
    int bytes = klogctl(READ_ALL, log, sizeof log - 1);
    if (bytes < 0)
        return;
    log[bytes] = '\0';
    for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n"))
        if (line[0] == '<' && atoi(line + 1) <= 4)
            printf("@@ kernel %s\n", line);
}

static void run_plan(void)
{
    FILE *plan = fopen("/plan", "re");
    if (!plan) {
        printf("@@ no plan: %s\n", strerror(errno));
        return;
    }
    char line[512];
    while (fgets(line, sizeof line, plan)) {
        char *words[WORDS_MAX + 1] = {NULL};
        size_t count = 0;
        for (char *word = strtok(line, " \n"); word && count < WORDS_MAX; word = strtok(NULL, " \n"))
            words[count++] = word;
        if (count >= 3)
            run(strtol(words[0], NULL, 10), words[1], words + 2);
    }
    fclose(plan);
}

int main(void)
{
    if (getpid() != 1) {
        fputs("guest-init is process 1 of an emulated machine, see docs/kernels.md\n", stderr);
        return 2;
    }
    sigemptyset(&child_ended);
    sigaddset(&child_ended, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child_ended, NULL);
    ready_machine();
    run_plan();
    print_complaints();
    puts("@@ done");
    (void)tcdrain(STDOUT_FILENO); /* or the end is lost in the console's buffer */
    reboot(RB_POWER_OFF);
    return 1;
}
