/* SPDX-License-Identifier: MIT */
/*
 * cp_data.c - the bytes of regular files, in pieces.
 *
 * A file that fits the buffer of its entry is one piece there. A bigger one is
 * moved in several at once, of those that all big files share; where none is free the
 * file waits in a queue. A piece is read in full, or up to the end of the file, and
 * then written in full, however short the single results are.
 *
 * Reading mostly happens while the operation is submitted, in this thread; writing
 * to a regular file in a thread of the kernel's. So one piece is read while
 * another is written. Of one file only one piece is read at a time: then what is read is in
 * order, and the kernel reads ahead; out of order it does not. O_DIRECT has no reading ahead.
 */
#include "cp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    OWN_BYTES = 64 << 10,
    PIECE_BYTES = 256 << 10,
    PIECES = 32,
    PIECES_PER_FILE = 8,
    DIRECT_ALIGN = 4096,
};

/* --- memory -------------------------------------------------------------- */

int cp_data_open(struct cp *cp)
{
    unsigned depth = cp->options.depth;
    cp->pieces_count = PIECES;
    cp->memory_bytes = (size_t)depth * OWN_BYTES + (size_t)PIECES * PIECE_BYTES;
    cp->pieces = calloc(PIECES, sizeof *cp->pieces);
    void *memory = mmap(NULL, cp->memory_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!cp->pieces || memory == MAP_FAILED)
        return -ENOMEM;
    cp->memory = memory;
    (void)madvise(memory, cp->memory_bytes, MADV_HUGEPAGE);
    char *at = memory;
    for (unsigned i = 0; i < PIECES; i++, at += PIECE_BYTES) {
        cp->pieces[i].buf = at;
        cp->pieces[i].room = PIECE_BYTES;
        cp->pieces[i].next_free = cp->free_pieces;
        cp->free_pieces = &cp->pieces[i];
    }
    for (unsigned i = 0; i < depth; i++, at += OWN_BYTES) {
        cp->entries[i].own.buf = at;
        cp->entries[i].own.room = OWN_BYTES;
    }
    return 0;
}

void cp_data_close(struct cp *cp)
{
    if (cp->memory)
        munmap(cp->memory, cp->memory_bytes);
    free(cp->pieces);
    cp->memory = NULL;
    cp->pieces = NULL;
}

/* --- O_DIRECT ------------------------------------------------------------ */

void cp_data_direct_refused(struct cp *cp, struct cp_entry *entry)
{
    if (entry->direct_noted)
        return;
    entry->direct_noted = true;
    cp->counts.direct_fallbacks++;
    char *path = cp_dir_src_shown(cp, entry->dir, entry->src_name);
    cp_note(cp, path, "O_DIRECT is refused here: goes through the page cache");
    free(path);
}

static bool drop_flag(int fd, int flag)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && flags & flag && fcntl(fd, F_SETFL, flags & ~flag) == 0;
}

bool cp_data_again(struct cp *cp, struct cp_piece *piece, int fd, int res)
{
    if (cp->stopped)
        return false;
    /* File systems that cannot tell whether they would block say so; pipes are not read here. */
    if (res == -EAGAIN)
        return drop_flag(fd, O_NONBLOCK) || piece->patience-- > 0;
    if (res == -EINVAL && cp->options.direct && drop_flag(fd, O_DIRECT)) {
        cp_data_direct_refused(cp, piece->entry);
        return true;
    }
    return false;
}

uint32_t cp_data_aligned(const struct cp *cp, uint32_t bytes)
{
    return cp->options.direct ? (bytes + DIRECT_ALIGN - 1) & ~(uint32_t)(DIRECT_ALIGN - 1) : bytes;
}

/* --- one piece ----------------------------------------------------------- */

static struct cp_piece *piece_of(struct cp_task *task)
{
    return (struct cp_piece *)task;
}

void cp_data_piece_failed(struct cp *cp, struct cp_piece *piece, enum cp_what what, int error)
{
    struct cp_entry *entry = piece->entry;
    if (!entry->error) {
        entry->error = error;
        entry->error_what = what;
    }
    if (what == CP_READ)
        entry->reading = false;
    cp_data_piece_done(cp, piece);
}

static void piece_written(struct cp *cp, struct cp_task *task, int res);

static void pump(struct cp *cp, struct cp_entry *entry);

static void write_on(struct cp *cp, struct cp_piece *piece)
{
    /* What O_DIRECT has to write behind the end is cut off later. */
    uint32_t bytes = cp_data_aligned(cp, piece->got) - piece->done;
    if (piece->done + bytes > piece->got) {
        memset(piece->buf + piece->got, 0, piece->done + bytes - piece->got);
        piece->entry->must_trim = true;
    }
    cp_write(cp, &piece->task, piece_written, piece->entry->dst_fd, piece->buf + piece->done,
             bytes, piece->offset + piece->done);
}

static void piece_written(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_piece *piece = piece_of(task);
    struct cp_entry *entry = piece->entry;
    if (res <= 0 && cp_data_again(cp, piece, entry->dst_fd, res)) {
        write_on(cp, piece);
        return;
    }
    if (res <= 0 || cp->stopped) {
        cp_data_piece_failed(cp, piece, CP_WRITE, res == 0 ? -EIO : res);
        return;
    }
    piece->done += (uint32_t)res;
    if (piece->done < piece->got) {
        write_on(cp, piece);
        return;
    }
    cp->seen_bytes += piece->got;
    entry->moved += piece->got;
    if (entry->reach < piece->offset + piece->got)
        entry->reach = piece->offset + piece->got;
    cp_data_piece_done(cp, piece);
}

static void piece_read(struct cp *cp, struct cp_task *task, int res);

static void read_on(struct cp *cp, struct cp_piece *piece)
{
    cp_read(cp, &piece->task, piece_read, piece->entry->src_fd, piece->buf + piece->done,
            cp_data_aligned(cp, piece->want) - piece->done, piece->offset + piece->done);
}

static void piece_read(struct cp *cp, struct cp_task *task, int res)
{
    struct cp_piece *piece = piece_of(task);
    struct cp_entry *entry = piece->entry;
    if (res < 0 && cp_data_again(cp, piece, entry->src_fd, res)) {
        read_on(cp, piece);
        return;
    }
    if (res < 0 || cp->stopped) {
        cp_data_piece_failed(cp, piece, CP_READ, res);
        return;
    }
    piece->done += (uint32_t)res;
    if (res > 0 && piece->done < piece->want) {
        read_on(cp, piece);
        return;
    }
    /* With O_DIRECT more may have been read than wanted. */
    piece->got = piece->done < piece->want ? piece->done : piece->want;
    if (piece->got < piece->want && piece->offset + piece->got < entry->eof_at)
        entry->eof_at = piece->offset + piece->got;
    piece->done = 0;
    entry->reading = false;
    if (piece->got == 0) {
        cp_data_piece_done(cp, piece);
        return;
    }
    write_on(cp, piece);
    pump(cp, entry);
}

/* --- the pieces of a file ------------------------------------------------ */

/* The data that begins at or after next_byte. False: there is none, up to the end. */
static bool find_data(struct cp_entry *entry)
{
    off_t data = lseek(entry->src_fd, (off_t)entry->next_byte, SEEK_DATA);
    off_t hole = data < 0 ? -1 : lseek(entry->src_fd, data, SEEK_HOLE);
    if (data < 0 && errno == ENXIO)
        return false;
    if (data < 0 || hole <= data) { /* cannot be told, or changes under our hands: all is data */
        entry->data_end = entry->size;
        return true;
    }
    entry->next_byte = (uint64_t)data;
    entry->data_end = (uint64_t)hole < entry->size ? (uint64_t)hole : entry->size;
    return entry->next_byte < entry->size;
}

/* The next stretch to move. False: there is nothing more to begin. */
static bool next_range(struct cp *cp, struct cp_entry *entry, uint64_t *ret_bytes)
{
    if (entry->error || cp->stopped || entry->eof_at <= entry->next_byte)
        return false;
    if (entry->size == 0) {
        /* Up to the end, which the piece before may have met. One at a time. */
        *ret_bytes = UINT64_MAX;
        return entry->pieces == 0;
    }
    if (entry->next_byte == entry->size)
        return false;
    if (entry->sparse && entry->next_byte >= entry->data_end && !find_data(entry)) {
        entry->next_byte = entry->size;
        return false;
    }
    *ret_bytes = entry->data_end - entry->next_byte;
    return true;
}

static bool is_small(const struct cp_entry *entry)
{
    return entry->size <= entry->own.room;
}

static struct cp_piece *take_piece(struct cp *cp, struct cp_entry *entry)
{
    struct cp_piece *piece = &entry->own;
    if (is_small(entry))
        return piece->entry ? NULL : piece;
    if (entry->pieces >= PIECES_PER_FILE || !cp->free_pieces)
        return NULL;
    piece = cp->free_pieces;
    cp->free_pieces = piece->next_free;
    return piece;
}

static void wait_for_piece(struct cp *cp, struct cp_entry *entry)
{
    struct cp_entry **last = &cp->starved;
    if (entry->starved || is_small(entry) || entry->pieces > 0)
        return; /* one of its own will come back */
    while (*last)
        last = &(*last)->next;
    *last = entry;
    entry->next = NULL;
    entry->starved = true;
}

static void begin_piece(struct cp *cp, struct cp_piece *piece, struct cp_entry *entry,
                        uint64_t bytes)
{
    uint32_t room = cp->comparing ? piece->room / 2 : piece->room;
    piece->entry = entry;
    piece->offset = entry->next_byte;
    piece->want = bytes < room ? (uint32_t)bytes : room;
    piece->done = 0;
    piece->patience = 100;
    entry->pieces++;
    entry->reading = !cp->options.direct && !cp->comparing;
    entry->next_byte += piece->want;
    if (cp->comparing)
        cp_compare_piece(cp, piece);
    else
        read_on(cp, piece);
}

static void pump(struct cp *cp, struct cp_entry *entry)
{
    uint64_t bytes;
    while (!entry->reading && next_range(cp, entry, &bytes)) {
        struct cp_piece *piece = take_piece(cp, entry);
        if (!piece) {
            wait_for_piece(cp, entry);
            return;
        }
        begin_piece(cp, piece, entry, bytes);
    }
    if (entry->pieces > 0)
        return;
    if (cp->comparing)
        cp_compare_moved(cp, entry);
    else
        cp_file_moved(cp, entry);
}

void cp_data_piece_done(struct cp *cp, struct cp_piece *piece)
{
    struct cp_entry *entry = piece->entry;
    piece->entry = NULL;
    entry->pieces--;
    if (piece != &entry->own) {
        piece->next_free = cp->free_pieces;
        cp->free_pieces = piece;
    }
    while (cp->starved && cp->free_pieces) {
        struct cp_entry *starved = cp->starved;
        cp->starved = starved->next;
        starved->starved = false;
        pump(cp, starved);
    }
    pump(cp, entry);
}

/* Fewer blocks than its size needs: it has holes, or is compressed, or short and inline. */
static bool looks_sparse(const struct statx *stat)
{
    return stat->stx_blocks * 512 < stat->stx_size;
}

void cp_data_start(struct cp *cp, struct cp_entry *entry, uint64_t size)
{
    entry->size = size;
    entry->eof_at = UINT64_MAX;
    entry->reading = false;
    entry->sparse = looks_sparse(&entry->stat) && !cp->comparing;
    entry->must_trim = entry->sparse;
    entry->data_end = entry->sparse ? 0 : size;
    pump(cp, entry);
}
