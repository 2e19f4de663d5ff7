/* SPDX-License-Identifier: MIT */
/*
 * cp.c - `ringfence cp`: copies files and trees through one ring. cp.h has the plan.
 */
#include "commands.h"
#include "cp.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEPTH_DEFAULT = 64, DEPTH_MAX = 4096 };

static void print_help(void)
{
    fputs("usage: ringfence cp [OPTION...] SRC DST\n"
          "       ringfence cp [OPTION...] SRC... DIRECTORY\n"
          "\n"
          "Copies through one io_uring, many files at a time. Keeps mode, times, symbolic\n"
          "and hard links, and holes. A file appears under its name when it is complete, a\n"
          "new directory when everything in it is.\n"
          "\n"
          "  -r, --recursive        directories too; symbolic links are copied as links\n"
          "  -T, --no-target-directory  DST is the copy, even if it is a directory\n"
          "      --verify           afterwards read both sides again and compare\n"
          "      --compare          only compare, copy nothing\n"
          "      --depth N          files at a time (64; fewer if descriptors are short)\n"
          "      --direct           O_DIRECT, past the page cache, where that is possible\n"
          "      --fsync            to the disk before it gets its name\n"
          "  -q, --quiet            no summary, no notes; failures are always named\n"
          "      --json             the summary for programs\n"
          "      --progress         the bar, even if stderr is no terminal\n"
          "      --no-progress      no bar\n"
          "  -h, --help             this\n"
          "\n"
          "Exit status: 0 all was copied, and nothing differs; 1 something was not, each\n"
          "failure is named on stderr; 2 called wrongly; 128 + N stopped by signal N.\n",
          stdout);
}

/* --- options ------------------------------------------------------------- */

static bool parse_depth(const char *text, unsigned *ret_depth)
{
    char *end;
    errno = 0;
    unsigned long depth = strtoul(text, &end, 10);
    if (errno || *end || end == text || *text == '-' || depth < 1 || depth > DEPTH_MAX)
        return false;
    *ret_depth = (unsigned)depth;
    return true;
}

enum { OPT_VERIFY = 256, OPT_COMPARE, OPT_DEPTH, OPT_DIRECT, OPT_FSYNC, OPT_JSON, OPT_PROGRESS,
       OPT_NO_PROGRESS };

static const struct option known[] = {
    {"recursive", no_argument, NULL, 'r'},
    {"no-target-directory", no_argument, NULL, 'T'},
    {"verify", no_argument, NULL, OPT_VERIFY},
    {"compare", no_argument, NULL, OPT_COMPARE},
    {"depth", required_argument, NULL, OPT_DEPTH},
    {"direct", no_argument, NULL, OPT_DIRECT},
    {"fsync", no_argument, NULL, OPT_FSYNC},
    {"quiet", no_argument, NULL, 'q'},
    {"json", no_argument, NULL, OPT_JSON},
    {"progress", no_argument, NULL, OPT_PROGRESS},
    {"no-progress", no_argument, NULL, OPT_NO_PROGRESS},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

/* -1: go on. Else the exit status. */
static int parse_option(struct cp_options *options, int option, char **argv)
{
    switch (option) {
    case 'r': case 'R':
        options->recursive = true;
        return -1;
    case 'T':
        options->no_target_dir = true;
        return -1;
    case 'q':
        options->quiet = true;
        return -1;
    case OPT_VERIFY:
        options->verify = true;
        return -1;
    case OPT_COMPARE:
        options->compare = true;
        return -1;
    case OPT_DEPTH:
        if (parse_depth(optarg, &options->depth))
            return -1;
        return usage_error("cp", "--depth takes a number from 1 to %d, not '%s'", DEPTH_MAX,
                           optarg);
    case OPT_DIRECT:
        options->direct = true;
        return -1;
    case OPT_FSYNC:
        options->fsync = true;
        return -1;
    case OPT_JSON:
        options->json = true;
        return -1;
    case OPT_PROGRESS:
        options->progress = true;
        return -1;
    case OPT_NO_PROGRESS:
        options->no_progress = true;
        return -1;
    case 'h':
        print_help();
        return EXIT_OK;
    case ':':
        return usage_error("cp", "'%s' needs a value", argv[optind - 1]);
    default:
        if (optopt && optopt < 256)
            return usage_error("cp", "unknown option '-%c'", optopt);
        return usage_error("cp", "unknown option '%s'", argv[optind - 1]);
    }
}

static int parse(int argc, char **argv, struct cp_options *options)
{
    int option, status;
    options->depth = DEPTH_DEFAULT;
    opterr = 0; /* we say it in our own words */
    while ((option = getopt_long(argc, argv, ":rRTqh", known, NULL)) != -1)
        if ((status = parse_option(options, option, argv)) >= 0)
            return status;
    if (argc - optind == 0)
        return usage_error("cp", "what is to be copied, and where to?");
    if (argc - optind == 1)
        return usage_error("cp", "where is '%s' to be copied to?", argv[optind]);
    if (options->no_target_dir && argc - optind > 2)
        return usage_error("cp", "-T takes one SRC and one DST");
    for (int i = optind; i < argc; i++)
        if (!*argv[i])
            return usage_error("cp", "a path is empty");
    return -1;
}

/* --- before -------------------------------------------------------------- */

/* What the kernel has to know, and since when it does. */
static const struct {
    enum rf_op op;
    const char *name, *since;
} operations[] = {
    {RF_OP_STATX, "STATX", "5.6"},         {RF_OP_OPENAT2, "OPENAT2", "5.6"},
    {RF_OP_RENAMEAT, "RENAMEAT", "5.11"},  {RF_OP_UNLINKAT, "UNLINKAT", "5.11"},
    {RF_OP_MKDIRAT, "MKDIRAT", "5.15"},    {RF_OP_SYMLINKAT, "SYMLINKAT", "5.15"},
    {RF_OP_LINKAT, "LINKAT", "5.15"},
};

static bool check_operations(struct cp *cp)
{
    struct rf_probe probe;
    int err = rf_get_probe(&cp->ring, &probe);
    if (err) {
        fprintf(stderr, "ringfence cp: cannot ask the kernel for its operations: %s\n",
                rf_error_text(RF_CALL_GET_PROBE, err));
        return false;
    }
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (!rf_probe_op_supported(&probe, operations[i].op)) {
            fprintf(stderr, "ringfence cp: this kernel's io_uring has no %s (Linux %s)\n",
                    operations[i].name, operations[i].since);
            return false;
        }
    return true;
}

static void explain(const struct cp *cp, int err)
{
    struct rf_diagnosis diagnosis;
    if (rf_diagnose(&diagnosis) != RF_BLOCKED_NOT)
        fprintf(stderr, "ringfence cp: io_uring cannot be used: %s: %s %s\n", diagnosis.name,
                diagnosis.text, diagnosis.remedy);
    else
        fprintf(stderr, "ringfence cp: cannot open the ring: %s\n",
                rf_reason(&cp->ring) ? rf_reason(&cp->ring) : rf_error_text(RF_CALL_INIT, err));
}

static bool open_all(struct cp *cp)
{
    int err = cp_feed_open(cp);
    if (err == -EMFILE) {
        fputs("ringfence cp: RLIMIT_NOFILE is too low: no descriptors to work with "
              "(ulimit -n)\n", stderr);
        return false;
    }
    if (!err)
        err = cp_data_open(cp);
    if (err) {
        fprintf(stderr, "ringfence cp: cannot begin: %s\n", strerror(-err));
        return false;
    }
    err = cp_ring_open(cp, cp_feed_operations(cp));
    if (err) {
        explain(cp, err);
        return false;
    }
    return check_operations(cp) && cp_signals_catch(cp) == 0;
}

static void close_all(struct cp *cp)
{
    cp_progress_stop(cp);
    cp_ring_close(cp);
    cp_links_free(cp);
    cp_target_free(cp);
    cp_feed_close(cp);
    cp_data_close(cp);
}

/* --- the job ------------------------------------------------------------- */

/* Files were synced one by one; this is for the directories and the names in them. */
static void sync_all(struct cp *cp)
{
    int fd = open(cp->base_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || syncfs(fd) < 0)
        cp_fail(cp, cp_must(strdup(cp->base_path)), CP_SYNC, -errno);
    if (fd >= 0)
        close(fd);
}

static void copy(struct cp *cp)
{
    double began = cp_now();
    cp_feed_run(cp);
    if (cp->options.fsync && !cp->stopped && !cp->broken)
        sync_all(cp);
    cp->seconds = cp_now() - began;
}

static void compare(struct cp *cp)
{
    double began = cp_now();
    cp->comparing = true;
    cp_feed_run(cp);
    cp->verify_seconds = cp_now() - began;
}

static void work(struct cp *cp, char **paths, int count)
{
    umask(0); /* the copies get the mode of their sources, from the start */
    if (!cp_target_find(cp, paths, (size_t)count))
        return;
    cp_progress_start(cp);
    if (!cp->options.compare)
        copy(cp);
    if ((cp->options.verify || cp->options.compare) && !cp->stopped && !cp->broken)
        compare(cp);
    cp_progress_stop(cp);
}

int cmd_cp(int argc, char **argv)
{
    static struct cp cp;
    int status = parse(argc, argv, &cp.options);
    if (status >= 0)
        return status;
    if (!open_all(&cp)) {
        close_all(&cp);
        return EXIT_FAILED;
    }
    work(&cp, argv + optind, argc - optind);
    if (cp.options.json && cp_report_json(&cp) < 0)
        cp.broken = true;
    if (!cp.options.json)
        cp_report_summary(&cp);
    if (cp.stopped)
        status = 128 + cp.stopped;
    else
        status = cp.failures_count || cp.differences_count || cp.broken ? EXIT_FAILED : EXIT_OK;
    close_all(&cp);
    cp_report_free(&cp);
    return status;
}
