/* transposer.py's work, compiled: links get the numbers of their targets and sources, and come back in order of their
   targets. An external merge sort: runs that fit the memory are sorted and written to a file, then merged (Knuth, "The
   Art of Computer Programming", volume 3, 5.4). Rows come and go as Arrow. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../storage/c/arrow.h"

#define LEAST_BUFFER ((size_t)1 << 16)
#define MOST_BUFFER ((size_t)1 << 20)
#define AHEAD 16 /* rows that are asked of the memory before they are needed */
#define OUTPUTS 7

/* A link's place in the order: its domains, its URLs, then `packed`, which begins with its place on the page. */
typedef struct {
    uint64_t domains, urls, packed;
} Key;

/* What stands beside the key; the text follows. */
typedef struct {
    uint32_t size;
    uint8_t is_nofollow;
} __attribute__((packed)) Rest;

typedef struct {
    Key key;
    uint64_t at; /* of its Rest in the run */
} Entry;

/* An entry while it is sorted: the word that is looked at, and where the entry is. */
typedef struct {
    uint64_t word;
    uint32_t entry;
} Place;

typedef struct {
    uint64_t hash;
    uint32_t url, domain;
} Target;

/* Rows in order, in memory or in the file, and the one that is next. */
typedef struct {
    Key key;
    const char *rest;     /* of that one */
    int64_t from, end;    /* what is still in the file */
    char *buffer;         /* NULL for the run in memory */
    size_t at, size, room;
} Run;

typedef struct {
    int descriptor;
    int64_t file_size;
    size_t run_bytes, rest_size, rest_room;
    size_t count, entries_room, places_room, other_room;
    Entry *entries;        /* as they came */
    Place *places, *other; /* their order; `other` is as large, for sorting */
    char *rest;
    Run *runs;
    size_t runs_count;
    /* while the rows come back */
    size_t *heap, heap_size, taken, batch_rows, text_room;
    const char *error;
} Order;

typedef struct {
    PyObject_HEAD
    uint64_t targets_count, placed;
    int is_counted;
    Target *targets;   /* by the first bits of their hashes */
    uint32_t *starts;  /* of each value of those bits; one more for the end */
    int shift;
    Py_buffer fetches, source_urls, source_domains, source_flags;
    Py_ssize_t source;
    Order *external, *internal;
} Transposer;

static inline int precedes(const Key *one, const Key *other)
{
    if (one->domains != other->domains)
        return one->domains < other->domains;
    if (one->urls != other->urls)
        return one->urls < other->urls;
    return one->packed < other->packed;
}

/* -- runs */

#define FEW 24 /* for which a place is sought from the end */

static inline uint64_t word(const Entry *entry, int level)
{
    return level == 0 ? entry->key.domains : level == 1 ? entry->key.urls : entry->key.packed;
}

/* Sorts places by what is not equal in all of them: words from `level` on. By a word's bytes, from the last on, but for
   those that all have in common; then those alike in it by the next one. */
static void sort_by(Order *order, size_t first, size_t count, int level)
{
    Place *places = order->places + first, *other = order->other + first;
    const Entry *entries = order->entries;
    if (count <= FEW) {
        for (size_t i = 1; i < count; i++) {
            Place moved = places[i];
            size_t place = i;
            for (; place && precedes(&entries[moved.entry].key, &entries[places[place - 1].entry].key); place--)
                places[place] = places[place - 1];
            places[place] = moved;
        }
        return;
    }
    uint32_t starts[8][256] = {{0}};
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count)
            __builtin_prefetch(&entries[places[i + AHEAD].entry]);
        uint64_t value = places[i].word = word(&entries[places[i].entry], level);
        for (int number = 0; number < 8; number++)
            starts[number][value >> 8 * number & 255]++;
    }
    for (int number = 0; number < 8; number++) {
        uint32_t *start = starts[number], sum = 0;
        if (start[places[0].word >> 8 * number & 255] == count)
            continue;
        for (int value = 0; value < 256; value++) {
            uint32_t more = start[value];
            start[value] = sum, sum += more;
        }
        for (size_t i = 0; i < count; i++)
            other[start[places[i].word >> 8 * number & 255]++] = places[i];
        memcpy(places, other, count * sizeof *places);
    }
    for (size_t start = 0, end; level < 2 && start < count; start = end) {
        for (end = start + 1; end < count && places[end].word == places[start].word; end++)
            ;
        sort_by(order, first + start, end - start, level + 1);
    }
}

static void sort(Order *order)
{
    for (size_t i = 0; i < order->count; i++)
        order->places[i].entry = (uint32_t)i;
    sort_by(order, 0, order->count, 0);
}

static inline const Entry *in_order(const Order *order, size_t number)
{
    return &order->entries[order->places[number].entry];
}

static int write_all(int descriptor, const char *bytes, size_t size, int64_t at)
{
    while (size) {
        ssize_t written = pwrite(descriptor, bytes, size, at);
        if (written < 0 && errno != EINTR)
            return errno;
        if (written > 0)
            bytes += written, size -= (size_t)written, at += written;
    }
    return 0;
}

/* Writes the run in memory, sorted, to the end of the file. */
static int spill(Order *order)
{
    sort(order);
    Run *runs = realloc(order->runs, (order->runs_count + 2) * sizeof *runs); /* one more for the run in memory */
    char *buffer = malloc(MOST_BUFFER);
    int code = runs && buffer ? 0 : ENOMEM;
    if (runs)
        order->runs = runs;
    int64_t start = order->file_size;
    size_t size = 0;
    for (size_t i = 0; i < order->count && !code; i++) {
        if (i + 2 * AHEAD < order->count)
            __builtin_prefetch(in_order(order, i + 2 * AHEAD));
        if (i + AHEAD < order->count)
            __builtin_prefetch(order->rest + in_order(order, i + AHEAD)->at);
        const Entry *entry = in_order(order, i);
        const char *rest = order->rest + entry->at;
        size_t more = sizeof(Rest) + ((const Rest *)rest)->size;
        if (size + sizeof(Key) + more > MOST_BUFFER) {
            code = write_all(order->descriptor, buffer, size, order->file_size);
            order->file_size += (int64_t)size, size = 0;
        }
        if (!code && sizeof(Key) + more > MOST_BUFFER) {
            code = write_all(order->descriptor, (const char *)&entry->key, sizeof(Key), order->file_size);
            if (!code)
                code = write_all(order->descriptor, rest, more, order->file_size + (int64_t)sizeof(Key));
            order->file_size += (int64_t)(sizeof(Key) + more);
        } else if (!code) {
            memcpy(buffer + size, &entry->key, sizeof(Key));
            memcpy(buffer + size + sizeof(Key), rest, more);
            size += sizeof(Key) + more;
        }
    }
    if (!code)
        code = write_all(order->descriptor, buffer, size, order->file_size);
    order->file_size += (int64_t)size;
    free(buffer);
    if (!code)
        order->runs[order->runs_count++] = (Run){.from = start, .end = order->file_size};
    order->count = order->rest_size = 0;
    return code;
}

#define BESIDE (sizeof(Entry) + 2 * sizeof(Place)) /* what a row takes beside its Rest */

static int grown(void **array, size_t *room, size_t needed, size_t entry)
{
    if (needed <= *room)
        return 0;
    size_t more = needed + needed / 2 + 64;
    void *larger = realloc(*array, more * entry);
    if (!larger)
        return ENOMEM;
    *array = larger, *room = more;
    return 0;
}

static int add(Order *order, const Key *key, int is_nofollow, const char *text, size_t size)
{
    size_t taken = order->rest_size + sizeof(Rest) + size;
    if (order->count && (order->count == UINT32_MAX || taken + BESIDE * (order->count + 1) > order->run_bytes)) {
        int code = spill(order);
        if (code)
            return code;
        taken = sizeof(Rest) + size;
    }
    if (grown((void **)&order->rest, &order->rest_room, taken, 1) ||
        grown((void **)&order->entries, &order->entries_room, order->count + 1, sizeof(Entry)) ||
        grown((void **)&order->places, &order->places_room, order->count + 1, sizeof(Place)) ||
        grown((void **)&order->other, &order->other_room, order->count + 1, sizeof(Place)))
        return ENOMEM;
    order->entries[order->count++] = (Entry){*key, order->rest_size};
    *(Rest *)(order->rest + order->rest_size) = (Rest){(uint32_t)size, (uint8_t)is_nofollow};
    if (size)
        memcpy(order->rest + order->rest_size + sizeof(Rest), text, size);
    order->rest_size = taken;
    return 0;
}

/* -- merging */

/* At least `needed` bytes from `at` on in the buffer of a run in the file. */
static int fill(const Order *order, Run *run, size_t needed)
{
    if (run->size - run->at >= needed)
        return 0;
    size_t kept = run->size - run->at;
    memmove(run->buffer, run->buffer + run->at, kept);
    run->at = 0, run->size = kept;
    if (needed > run->room) {
        char *larger = realloc(run->buffer, needed);
        if (!larger)
            return ENOMEM;
        run->buffer = larger, run->room = needed;
    }
    while (run->size < run->room && run->from < run->end) {
        size_t most = run->room - run->size;
        if ((int64_t)most > run->end - run->from)
            most = (size_t)(run->end - run->from);
        ssize_t got = pread(order->descriptor, run->buffer + run->size, most, run->from);
        if (got < 0 && errno != EINTR)
            return errno;
        if (!got)
            return EIO;
        if (got > 0)
            run->size += (size_t)got, run->from += got;
    }
    return run->size >= needed ? 0 : EIO;
}

/* Goes to the next row; `is_end` where there is none. */
static int advance(const Order *order, Run *run, int *is_end)
{
    if (!run->buffer) { /* in memory: `at` counts entries */
        if (!(*is_end = run->at == order->count)) {
            const Entry *entry = in_order(order, run->at++);
            run->key = entry->key, run->rest = order->rest + entry->at;
        }
        return 0;
    }
    if ((*is_end = run->at == run->size && run->from == run->end))
        return 0;
    int code = fill(order, run, sizeof(Key) + sizeof(Rest));
    if (code)
        return code;
    size_t size = sizeof(Key) + sizeof(Rest) + ((const Rest *)(run->buffer + run->at + sizeof(Key)))->size;
    if ((code = fill(order, run, size)))
        return code;
    memcpy(&run->key, run->buffer + run->at, sizeof(Key));
    run->rest = run->buffer + run->at + sizeof(Key);
    run->at += size;
    return 0;
}

static void sift(Order *order, size_t place)
{
    size_t *heap = order->heap, moved = heap[place];
    for (size_t child; (child = 2 * place + 1) < order->heap_size; place = child) {
        if (child + 1 < order->heap_size &&
            precedes(&order->runs[heap[child + 1]].key, &order->runs[heap[child]].key))
            child++;
        if (!precedes(&order->runs[heap[child]].key, &order->runs[moved].key))
            break;
        heap[place] = heap[child];
    }
    heap[place] = moved;
}

/* Opens all runs, the one in memory the last of them. */
static int begin(Order *order)
{
    sort(order);
    free(order->other);
    order->other = NULL;
    if (!order->runs && !(order->runs = malloc(sizeof *order->runs)))
        return ENOMEM;
    order->runs[order->runs_count] = (Run){0};
    size_t count = order->runs_count + 1, room = order->run_bytes / count;
    room = room < LEAST_BUFFER ? LEAST_BUFFER : room > MOST_BUFFER ? MOST_BUFFER : room;
    if (!(order->heap = malloc(count * sizeof *order->heap)))
        return ENOMEM;
    for (size_t i = 0; i < count; i++) {
        Run *run = &order->runs[i];
        int is_end, code = 0;
        if (i < order->runs_count) {
            run->room = room;
            if (!(run->buffer = malloc(room)))
                return ENOMEM;
        }
        if ((code = advance(order, run, &is_end)))
            return code;
        if (!is_end)
            order->heap[order->heap_size++] = i;
    }
    order->runs_count = count;
    for (size_t place = order->heap_size / 2; place--;)
        sift(order, place);
    return 0;
}

static void free_order(Order *order)
{
    if (!order)
        return;
    for (size_t i = 0; order->runs && i < order->runs_count; i++)
        free(order->runs[i].buffer);
    if (order->descriptor >= 0)
        close(order->descriptor);
    free(order->runs);
    free(order->heap);
    free(order->entries);
    free(order->places);
    free(order->other);
    free(order->rest);
    free(order);
}

/* -- rows that come back */

static const ArrowField FIELDS[OUTPUTS] = {
    {"target_domain", {UINT_COLUMN}}, {"source_domain", {UINT_COLUMN}}, {"target", {UINT_COLUMN}},
    {"source", {UINT_COLUMN}}, {"packed", {LONG_COLUMN}}, {"is_nofollow", {BYTE_COLUMN}}, {"texts", {TEXT_COLUMN}}};

static int fill_batch(Order *order, struct ArrowArray *batch)
{
    uint32_t *numbers[4];
    for (int i = 0; i < 4; i++)
        numbers[i] = (uint32_t *)batch->children[i]->buffers[1];
    int64_t *packed = (int64_t *)batch->children[4]->buffers[1];
    uint8_t *is_nofollow = (uint8_t *)batch->children[5]->buffers[1];
    int32_t *offsets = (int32_t *)batch->children[6]->buffers[1];
    char *texts = (char *)batch->children[6]->buffers[2];
    size_t row = 0, size = 0;
    for (; row < order->batch_rows && order->heap_size && size < MOST_TEXT; row++) {
        Run *run = &order->runs[order->heap[0]];
        const Rest *rest = (const Rest *)run->rest;
        numbers[0][row] = (uint32_t)(run->key.domains >> 32), numbers[1][row] = (uint32_t)run->key.domains;
        numbers[2][row] = (uint32_t)(run->key.urls >> 32), numbers[3][row] = (uint32_t)run->key.urls;
        packed[row] = (int64_t)run->key.packed, is_nofollow[row] = rest->is_nofollow, offsets[row] = (int32_t)size;
        if (size + rest->size > order->text_room) {
            char *larger = realloc(texts, order->text_room = 2 * order->text_room + rest->size);
            if (!larger)
                return ENOMEM;
            batch->children[6]->buffers[2] = texts = larger;
        }
        memcpy(texts + size, run->rest + sizeof(Rest), rest->size);
        size += rest->size;
        int is_end, code = advance(order, run, &is_end);
        if (code)
            return code;
        if (is_end)
            order->heap[0] = order->heap[--order->heap_size];
        if (order->heap_size > 1)
            sift(order, 0);
    }
    offsets[row] = (int32_t)size;
    set_length(batch, row);
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *batch)
{
    Order *order = stream->private_data;
    size_t text_room[OUTPUTS] = {[OUTPUTS - 1] = order->text_room};
    int code = order->heap ? 0 : begin(order);
    batch->release = NULL;
    if (!code)
        code = new_batch(batch, FIELDS, OUTPUTS, order->batch_rows, text_room);
    if (!code)
        code = fill_batch(order, batch);
    if (code)
        order->error = strerror(code);
    if (batch->release && (code || !batch->length))
        release_batch(batch); /* which marks it as released: the end of the stream */
    return code;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *schema)
{
    (void)stream;
    return new_schema(schema, FIELDS, OUTPUTS);
}

static const char *get_last_error(struct ArrowArrayStream *stream) { return ((Order *)stream->private_data)->error; }

static void release_stream(struct ArrowArrayStream *stream)
{
    free_order(stream->private_data);
    stream->release = NULL;
}

/* -- rows that come in */

static void release_buffers(Transposer *self)
{
    Py_buffer *buffers[] = {&self->fetches, &self->source_urls, &self->source_domains, &self->source_flags};
    for (int i = 0; i < 4; i++)
        if (buffers[i]->obj)
            PyBuffer_Release(buffers[i]);
}

static void gone(Transposer *self)
{
    release_buffers(self);
    free(self->targets);
    free(self->starts);
    free_order(self->external);
    free_order(self->internal);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static Order *new_order(int descriptor, Py_ssize_t run_bytes, Py_ssize_t batch_rows)
{
    Order *order = calloc(1, sizeof *order);
    if (!order) {
        PyErr_NoMemory();
        return NULL;
    }
    order->run_bytes = (size_t)run_bytes, order->batch_rows = (size_t)batch_rows, order->text_room = LEAST_BUFFER;
    if ((order->descriptor = dup(descriptor)) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        free(order);
        return NULL;
    }
    return order;
}

/* Transposer(urls, fetches, source_urls, source_domains, source_flags, external, internal, run_bytes, batch_rows) */
static PyObject *new(PyTypeObject *type, PyObject *arguments, PyObject *names)
{
    unsigned long long count;
    int external, internal;
    Py_ssize_t run_bytes, batch_rows;
    Transposer *self = (Transposer *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    if (!PyArg_ParseTuple(arguments, "Ky*y*y*y*iinn", &count, &self->fetches, &self->source_urls,
                          &self->source_domains, &self->source_flags, &external, &internal, &run_bytes, &batch_rows)) {
        Py_DECREF(self);
        return NULL;
    }
    Py_ssize_t sources = self->fetches.len / 8;
    if (count >= (uint64_t)1 << 32 || run_bytes <= 0 || batch_rows <= 0 || self->fetches.len != 8 * sources ||
        self->source_urls.len != 4 * sources || self->source_domains.len != 4 * sources ||
        self->source_flags.len != sources) {
        PyErr_SetString(PyExc_ValueError, "sizes that do not fit each other");
        Py_DECREF(self);
        return NULL;
    }
    self->targets_count = count;
    for (self->shift = 64; self->shift > 32 && (uint64_t)1 << (64 - self->shift) < count / 4; self->shift--)
        ;
    self->shift = self->shift == 64 ? 63 : self->shift;
    self->targets = malloc((count + 1) * sizeof *self->targets);
    self->starts = calloc(((size_t)1 << (64 - self->shift)) + 2, sizeof *self->starts);
    if (!self->targets || !self->starts) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    if (!(self->external = new_order(external, run_bytes, batch_rows)) ||
        !(self->internal = new_order(internal, run_bytes, batch_rows))) {
        Py_DECREF(self);
        return NULL;
    }
    return (PyObject *)self;
}

/* count(hashes): tells of some of the URLs; all are told of before `place`. */
static PyObject *count_targets(Transposer *self, PyObject *arguments)
{
    Py_buffer hashes;
    if (!PyArg_ParseTuple(arguments, "y*", &hashes))
        return NULL;
    for (Py_ssize_t i = 0; i < hashes.len / 8; i++)
        self->starts[(((const uint64_t *)hashes.buf)[i] >> self->shift) + 2]++;
    PyBuffer_Release(&hashes);
    Py_RETURN_NONE;
}

/* place(hashes, domains): the same URLs again, in order of their numbers, from 1. */
static PyObject *place_targets(Transposer *self, PyObject *arguments)
{
    Py_buffer hashes, domains;
    if (!PyArg_ParseTuple(arguments, "y*y*", &hashes, &domains))
        return NULL;
    if (!self->is_counted++) /* starts[value + 1] is where the next one goes, in the end where the value after begins */
        for (size_t i = 1; i < ((size_t)1 << (64 - self->shift)) + 2; i++)
            self->starts[i] += self->starts[i - 1];
    int fits = hashes.len / 8 == domains.len / 4 && self->placed + (uint64_t)hashes.len / 8 <= self->targets_count;
    for (Py_ssize_t i = 0; fits && i < hashes.len / 8; i++) {
        uint64_t hash = ((const uint64_t *)hashes.buf)[i];
        uint32_t *next = &self->starts[(hash >> self->shift) + 1];
        if (!(fits = *next < self->targets_count))
            break;
        self->targets[(*next)++] = (Target){hash, (uint32_t)++self->placed, ((const uint32_t *)domains.buf)[i]};
    }
    PyBuffer_Release(&hashes);
    PyBuffer_Release(&domains);
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "other URLs than were counted");
        return NULL;
    }
    Py_RETURN_NONE;
}

static inline const Target *target_of(const Transposer *self, uint64_t hash)
{
    size_t value = hash >> self->shift;
    for (uint32_t at = self->starts[value], end = self->starts[value + 1]; at < end; at++)
        if (self->targets[at].hash == hash)
            return &self->targets[at];
    return NULL;
}

/* Finds the source of a fetch; they mostly come in order. */
static int find_source(Transposer *self, int64_t fetch)
{
    const int64_t *fetches = self->fetches.buf;
    Py_ssize_t count = self->fetches.len / 8, low = 0, high = count;
    if (self->source < count && fetches[self->source] == fetch)
        return 1;
    if (self->source + 1 < count && fetches[self->source + 1] == fetch) {
        self->source++;
        return 1;
    }
    while (low < high) {
        Py_ssize_t middle = low + (high - low) / 2;
        if (fetches[middle] < fetch)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == count || fetches[low] != fetch)
        return 0;
    self->source = low;
    return 1;
}

enum { NOFOLLOW = 1, RESTLESS = 2 }; /* of source_flags */

static int add_row(Transposer *self, int64_t fetch, uint64_t hash, int64_t packed, const char *text, size_t size)
{
    const Target *target = target_of(self, hash);
    if (!target || !find_source(self, fetch))
        return 0;
    uint32_t url = ((const uint32_t *)self->source_urls.buf)[self->source];
    uint32_t domain = ((const uint32_t *)self->source_domains.buf)[self->source];
    int flags = ((const uint8_t *)self->source_flags.buf)[self->source];
    Key key = {(uint64_t)target->domain << 32 | domain, (uint64_t)target->url << 32 | url, (uint64_t)packed};
    if (target->domain == domain)
        return packed & 1 ? add(self->internal, &key, flags & NOFOLLOW, NULL, 0) : 0;
    return flags & RESTLESS ? 0 : add(self->external, &key, flags & NOFOLLOW, text, size);
}

static int add_batch(Transposer *self, const struct ArrowArray *batch)
{
    const int64_t *numbers[3];
    for (int i = 0; i < 3; i++)
        numbers[i] = (const int64_t *)batch->children[i]->buffers[1] + batch->children[i]->offset + batch->offset;
    const struct ArrowArray *texts = batch->children[3];
    const int32_t *offsets = (const int32_t *)texts->buffers[1] + texts->offset + batch->offset;
    const char *bytes = texts->buffers[2];
    for (int64_t row = 0; row < batch->length; row++) {
        if (row + 2 * AHEAD < batch->length)
            __builtin_prefetch(&self->starts[(uint64_t)numbers[1][row + 2 * AHEAD] >> self->shift]);
        if (row + AHEAD < batch->length)
            __builtin_prefetch(&self->targets[self->starts[(uint64_t)numbers[1][row + AHEAD] >> self->shift]]);
        int code = add_row(self, numbers[0][row], (uint64_t)numbers[1][row], numbers[2][row], bytes + offsets[row],
                           (size_t)(offsets[row + 1] - offsets[row]));
        if (code)
            return code;
    }
    return 0;
}

static int is_expected(struct ArrowArrayStream *stream, const struct ArrowArray *batch)
{
    struct ArrowSchema schema;
    if (stream->get_schema(stream, &schema))
        return 0;
    int is_fine = schema.n_children == 4 && batch->n_children == 4;
    for (int i = 0; is_fine && i < 4; i++)
        is_fine = !strcmp(schema.children[i]->format, i < 3 ? "l" : "u") && batch->children[i]->null_count <= 0 &&
                  batch->children[i]->length + batch->children[i]->offset >= batch->length + batch->offset;
    schema.release(&schema);
    return is_fine;
}

/* add(stream): all rows of an Arrow stream of fetch_id, target_url_id, packed, texts. */
static PyObject *add_stream(Transposer *self, PyObject *given)
{
    if (self->placed != self->targets_count || !self->external || !self->internal) {
        PyErr_SetString(PyExc_ValueError, "not all URLs are placed, or the rows were asked for");
        return NULL;
    }
    PyObject *capsule = PyObject_CallMethod(given, "__arrow_c_stream__", NULL);
    struct ArrowArrayStream *stream = capsule ? PyCapsule_GetPointer(capsule, "arrow_array_stream") : NULL;
    int is_known = 0, is_end = !stream;
    while (!is_end) {
        struct ArrowArray batch = {0};
        int is_fine = 1, theirs, ours = 0;
        Py_BEGIN_ALLOW_THREADS
        theirs = stream->get_next(stream, &batch);
        is_end = theirs || !batch.release;
        if (!is_end && batch.length) {
            is_fine = is_known || is_expected(stream, &batch);
            is_known = 1;
            ours = is_fine ? add_batch(self, &batch) : 0;
        }
        if (!theirs && batch.release)
            batch.release(&batch);
        Py_END_ALLOW_THREADS
        if (theirs) {
            const char *said = stream->get_last_error(stream);
            PyErr_SetString(PyExc_RuntimeError, said ? said : strerror(theirs));
        } else if (!is_fine)
            PyErr_SetString(PyExc_ValueError, "other columns than were expected");
        else if (ours)
            errno = ours, PyErr_SetFromErrno(PyExc_OSError);
        else
            PyErr_CheckSignals();
        is_end |= PyErr_Occurred() != NULL;
    }
    if (stream && stream->release)
        stream->release(stream);
    Py_XDECREF(capsule);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* rows(is_internal): a capsule of the stream of them, once. */
static PyObject *rows(Transposer *self, PyObject *arguments)
{
    int is_internal;
    if (!PyArg_ParseTuple(arguments, "p", &is_internal))
        return NULL;
    Order **order = is_internal ? &self->internal : &self->external;
    if (!*order) {
        PyErr_SetString(PyExc_ValueError, "these rows were asked for already");
        return NULL;
    }
    free(self->targets); /* no more rows will come */
    free(self->starts);
    self->targets = NULL, self->starts = NULL, self->placed = self->targets_count + 1;
    PyObject *capsule = new_capsule((struct ArrowArrayStream){get_schema, get_next, get_last_error, release_stream,
                                                              *order});
    if (capsule)
        *order = NULL;
    return capsule;
}

static PyMethodDef methods[] = {
    {"count", (PyCFunction)count_targets, METH_VARARGS, NULL},
    {"place", (PyCFunction)place_targets, METH_VARARGS, NULL},
    {"add", (PyCFunction)add_stream, METH_O, NULL},
    {"rows", (PyCFunction)rows, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "wholinks.index._transpose.Transposer",
    .tp_basicsize = sizeof(Transposer),
    .tp_dealloc = (destructor)gone,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = methods,
    .tp_new = new,
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_transpose", NULL, -1, NULL, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__transpose(void)
{
    PyObject *made = PyType_Ready(&type) ? NULL : PyModule_Create(&module);
    if (made && (PyModule_AddObjectRef(made, "Transposer", (PyObject *)&type) ||
                 PyModule_AddIntConstant(made, "VERSION", 1)))
        Py_CLEAR(made);
    return made;
}
