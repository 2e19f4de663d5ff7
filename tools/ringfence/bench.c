/* SPDX-License-Identifier: MIT */
/*
 * bench.c - `ringfence bench`: how fast this machine's io_uring is, with nobody to compare
 * with but pread(). Beside other libraries: `make bench` in the source.
 */
#include "bench.h"
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <jansson.h>
#include <ringfence.h>

enum { FORMAT = 1, TEMPORARY_BYTES = 16 << 20, MS = 50, QUICK_MS = 3 };

struct options {
    bool json;
    bool quick;
    bool direct;
    const char *path;
};

static struct bench_line lines[] = {
    {.what = "NOPs one by one, rf_init()", .depth = 1},
    {.what = "NOPs one by one, rf_init_best()", .depth = 1, .best = true},
    {.what = "NOPs 32 at a time, rf_init()", .depth = 32},
    {.what = "NOPs 32 at a time, rf_init_best()", .depth = 32, .best = true},
    {.what = "reads with pread()", .reads = true},
    {.what = "reads, 1 in flight", .reads = true, .depth = 1, .best = true},
    {.what = "reads, 8 in flight", .reads = true, .depth = 8, .best = true},
    {.what = "reads, 64 in flight", .reads = true, .depth = 64, .best = true},
};
enum { LINES = sizeof lines / sizeof lines[0] };

static void print_help(void)
{
    fputs("usage: ringfence bench [--json] [--quick] [--direct] [FILE]\n"
          "\n"
          "Measures how many operations a second one thread gets through io_uring here:\n"
          "NOPs, and random reads of 4 KiB from FILE, or from a temporary file of 16 MiB.\n"
          "The measurements take turns; shown are the median and the middle half.\n"
          "\n"
          "  -j, --json    for programs\n"
          "      --quick   too short to compare\n"
          "      --direct  open FILE with O_DIRECT: its device, not the page cache\n"
          "  -h, --help    this\n"
          "\n"
          "Exit status: 0 if all was measured, 1 if not, 2 called wrongly.\n",
          stdout);
}

/* Parses options. Returns -1 to go on, or the exit status. */
static int parse(int argc, char **argv, struct options *options)
{
    enum { OPT_QUICK = 256, OPT_DIRECT };
    static const struct option known[] = {
        {"json", no_argument, NULL, 'j'},
        {"quick", no_argument, NULL, OPT_QUICK},
        {"direct", no_argument, NULL, OPT_DIRECT},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    opterr = 0; /* we say it in our own words */
    while ((option = getopt_long(argc, argv, "jh", known, NULL)) != -1) {
        switch (option) {
        case 'j':
            options->json = true;
            break;
        case OPT_QUICK:
            options->quick = true;
            break;
        case OPT_DIRECT:
            options->direct = true;
            break;
        case 'h':
            print_help();
            return EXIT_OK;
        default:
            return usage_error("bench", "unknown option '%s'", argv[optind - 1]);
        }
    }
    if (optind < argc)
        options->path = argv[optind++];
    if (optind < argc)
        return usage_error("bench", "one file at most");
    if (options->direct && !options->path)
        return usage_error("bench", "--direct needs a file");
    return -1;
}

/* A file without a name, which is gone when it is closed. */
static int temporary_file(void)
{
    const char *place = getenv("TMPDIR");
    char path[4096];
    snprintf(path, sizeof path, "%s/ringfence-bench-XXXXXX", place && *place ? place : "/tmp");
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return -errno;
    unlink(path);
    static char block[1 << 16];
    memset(block, 'r', sizeof block);
    for (int i = 0; i < TEMPORARY_BYTES / (int)sizeof block; i++)
        if (write(fd, block, sizeof block) != (ssize_t)sizeof block) {
            int err = errno ? -errno : -ENOSPC;
            close(fd);
            return err;
        }
    return fd;
}

static int open_file(const struct options *options, struct bench_file *file)
{
    int flags = O_RDONLY | O_CLOEXEC | (options->direct ? O_DIRECT : 0);
    file->fd = options->path ? open(options->path, flags) : temporary_file();
    if (file->fd < 0)
        return options->path ? -errno : file->fd;
    struct stat stat;
    int err = fstat(file->fd, &stat) != 0 ? -errno : !S_ISREG(stat.st_mode) ? -EINVAL : 0;
    file->blocks = err ? 0 : (uint64_t)stat.st_size / BENCH_BLOCK;
    if (!err && file->blocks == 0)
        err = -ENODATA;
    if (err)
        close(file->fd);
    return err;
}

static int by_size(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

/* All of them, in turns. */
static void measure_all(const struct bench_file *file, unsigned ms)
{
    for (int turn = 0; turn < BENCH_TURNS; turn++)
        for (int i = 0; i < LINES; i++) {
            struct bench_line *line = &lines[i];
            int64_t rate = line->error ? line->error : bench_measure(line, file, ms);
            if (rate < 0)
                line->error = (int)rate;
            else
                line->rates[turn] = (uint64_t)rate;
        }
    for (int i = 0; i < LINES; i++)
        qsort(lines[i].rates, BENCH_TURNS, sizeof lines[i].rates[0], by_size);
}

static void print_lines(const struct options *options)
{
    struct utsname system;
    uname(&system);
    printf("%s %s on %s, one thread\n"
           "operations a second: median, middle half\n"
           "reads: 4 KiB, random, of %s\n\n",
           system.sysname, system.release, system.machine,
           options->path ? options->path : "a temporary file");
    for (int i = 0; i < LINES; i++) {
        const uint64_t *rates = lines[i].rates;
        if (lines[i].error)
            printf("  %-34s %s\n", lines[i].what, rf_error_text(RF_CALL_NONE, lines[i].error));
        else
            printf("  %-34s %9llu   %llu .. %llu\n", lines[i].what,
                   (unsigned long long)rates[BENCH_TURNS / 2],
                   (unsigned long long)rates[BENCH_TURNS / 4],
                   (unsigned long long)rates[BENCH_TURNS - 1 - BENCH_TURNS / 4]);
    }
}

static json_t *line_json(const struct bench_line *line)
{
    const uint64_t *rates = line->rates;
    if (line->error)
        return json_pack("{s:s, s:n, s:s}", "what", line->what, "per_second", "error",
                         rf_error_name(RF_CALL_NONE, line->error));
    return json_pack("{s:s, s:I, s:I, s:I}", "what", line->what, "per_second",
                     (json_int_t)rates[BENCH_TURNS / 2], "low", (json_int_t)rates[BENCH_TURNS / 4],
                     "high", (json_int_t)rates[BENCH_TURNS - 1 - BENCH_TURNS / 4]);
}

static int print_json(void)
{
    json_t *array = json_array();
    bool failed = false;
    for (int i = 0; i < LINES; i++)
        failed |= json_array_append_new(array, line_json(&lines[i])) != 0;
    json_t *top = json_pack("{s:i, s:s, s:o}", "format", FORMAT, "ringfence", RINGFENCE_VERSION,
                            "measured", array);
    char *text = failed ? NULL : json_dumps(top, JSON_INDENT(2));
    json_decref(top);
    if (!text)
        return -ENOMEM;
    puts(text);
    free(text);
    return 0;
}

static int cannot(const char *what, int err)
{
    fprintf(stderr, "ringfence bench: %s: %s\n", what, rf_error_text(RF_CALL_NONE, err));
    return EXIT_FAILED;
}

int cmd_bench(int argc, char **argv)
{
    struct options options = {.json = false};
    struct bench_file file = {.fd = -1};
    int status = parse(argc, argv, &options);
    if (status >= 0)
        return status;
    struct rf_diagnosis diagnosis;
    if (rf_diagnose(&diagnosis) != RF_BLOCKED_NOT) {
        fprintf(stderr, "ringfence bench: io_uring cannot be used: %s\n%s\n", diagnosis.text,
                diagnosis.remedy);
        return EXIT_FAILED;
    }
    int err = open_file(&options, &file);
    if (err)
        return cannot(options.path ? options.path : "a temporary file", err);
    measure_all(&file, options.quick ? QUICK_MS : MS);
    close(file.fd);
    if (!options.json)
        print_lines(&options);
    else if (print_json() < 0)
        return cannot("the report", -ENOMEM);
    for (int i = 0; i < LINES; i++)
        if (lines[i].error)
            return EXIT_FAILED;
    return EXIT_OK;
}
