/* table_scan.py's stream, compiled: the rows of a table, read from the pages of an SQLite file and handed over as Arrow.
   Source: "Database File Format" of SQLite (its numbers of sections stand below).

   All that comes from the file is checked before it is used: what a damaged file says ends in an error, nothing else. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arrow.h"

#define MOST_LEVELS 20
#define MOST_COLUMNS 32
#define MOST_OUTPUTS 32
#define MOST_TERMS 8
#define PAGES_A_READ 16
#define LEAST_ROOM ((size_t)4096) /* for texts of a batch */
#define MOST_PAYLOAD ((uint64_t)1 << 28)

typedef unsigned char byte;

/* What of a row goes into an output: a column's number, moved up by `shift` bits; 1, so moved, where the column is NULL
   (or is not); the number where the column of the term before is NULL. Texts are put one after another. */
typedef enum { VALUE, IS_NULL, IS_GIVEN, INSTEAD } What;
typedef struct {
    What what;
    int column, shift;
} Term;
typedef struct {
    int is_text, count;
    Term terms[MOST_TERMS];
} Output;

/* A level of the tree: some of its pages that follow each other, as read, and where we are in one of them. */
typedef struct {
    byte *pages;
    uint32_t first, count;
    const byte *page;
    int is_leaf, has_rows; /* has_rows: its cells are rows, as in leaves, and in all of a table WITHOUT ROWID */
    int is_below;          /* the child left of `cell` has been visited */
    uint32_t cell, cells;
} Level;

typedef struct {
    const byte *at;
    size_t size;
    uint64_t type;
} Field;

typedef struct {
    int descriptor, outputs_count, columns; /* columns: as many of a row as are looked at */
    int key_column;                         /* where a table with ROWID has NULL stored in place of its number */
    byte key[8];
    uint32_t page_size, usable, pages, loaded;
    uint32_t root; /* 0 once it was entered */
    int64_t batch_rows;
    Output outputs[MOST_OUTPUTS];
    ArrowField fields[MOST_OUTPUTS]; /* of them */
    Level levels[MOST_LEVELS];
    int depth; /* of levels in use; 0 = at the end */
    byte *long_row;
    size_t long_room;
    size_t text_room[MOST_OUTPUTS]; /* for the texts of a batch: a little more than they took so far */
    char error[160];
} Scan;

static uint32_t two(const byte *at) { return (uint32_t)at[0] << 8 | at[1]; }
static uint32_t four(const byte *at) { return two(at) << 16 | two(at + 2); }

static int failed(Scan *scan, int code, const char *what, uint32_t page)
{
    snprintf(scan->error, sizeof scan->error, "database disk image is malformed: %s (page %u)", what, page);
    return code;
}

/* Section 1.6: seven bits a byte, the ninth has eight. Its size, 0 where it does not end before `end`. */
static inline int varint(const byte *at, const byte *end, uint64_t *value)
{
    if (at < end && *at < 0x80) {
        *value = *at;
        return 1;
    }
    uint64_t found = 0;
    for (int i = 0; i < 9 && at + i < end; i++) {
        if (i == 8) {
            *value = found << 8 | at[i];
            return 9;
        }
        found = found << 7 | (at[i] & 0x7f);
        if (at[i] < 0x80) {
            *value = found;
            return i + 1;
        }
    }
    return 0;
}

static int read_pages(Scan *scan, uint32_t first, uint32_t count, byte *into)
{
    size_t size = (size_t)count * scan->page_size, done = 0;
    off_t from = (off_t)(first - 1) * scan->page_size;
    if (scan->loaded > scan->pages)
        return failed(scan, EIO, "pages go in a circle", first);
    while (done < size) {
        ssize_t got = pread(scan->descriptor, into + done, size - done, from + (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return failed(scan, EIO, got ? strerror(errno) : "it ends too early", first);
        done += (size_t)got;
    }
    return 0;
}

/* Section 1.6: where cell `number` of a page begins; NULL outside the page. */
static const byte *cell_at(const Scan *scan, const Level *level, uint32_t number)
{
    uint32_t head = level->is_leaf ? 8 : 12;
    uint32_t at = two(level->page + head + 2 * number);
    return at >= head && at + 4 <= scan->usable ? level->page + at : NULL;
}

/* The child left of cell `number`, the last one right of all; 0 for nonsense. */
static uint32_t child_of(const Scan *scan, const Level *level, uint32_t number)
{
    const byte *at = number < level->cells ? cell_at(scan, level, number) : level->page + 8;
    uint32_t child = at ? four(at) : 0;
    return child > 1 && child <= scan->pages ? child : 0;
}

/* Goes down to page `number`; the siblings that lie behind it in the file are read with it. */
static int enter(Scan *scan, uint32_t number)
{
    if (scan->depth == MOST_LEVELS)
        return failed(scan, EIO, "too deep", number);
    Level *level = &scan->levels[scan->depth];
    const Level *parent = scan->depth ? level - 1 : NULL;
    if (!level->pages && !(level->pages = malloc((size_t)scan->page_size * PAGES_A_READ)))
        return ENOMEM;
    if (number < level->first || number >= level->first + level->count) {
        uint32_t count = 1;
        while (parent && count < PAGES_A_READ && parent->cell + count <= parent->cells &&
               child_of(scan, parent, parent->cell + count) == number + count)
            count++;
        level->count = 0;
        int code = read_pages(scan, number, count, level->pages);
        if (code)
            return code;
        level->first = number, level->count = count;
    }
    scan->loaded++;
    level->page = level->pages + (size_t)(number - level->first) * scan->page_size;
    level->is_leaf = level->page[0] == 10 || level->page[0] == 13;
    level->has_rows = level->page[0] != 5;
    level->cell = 0, level->is_below = 0, level->cells = two(level->page + 3);
    if (!level->is_leaf && level->page[0] != 2 && level->page[0] != 5)
        return failed(scan, EIO, "no page of a table", number);
    if ((level->is_leaf ? 8 : 12) + 2 * level->cells > scan->usable)
        return failed(scan, EIO, "too many cells", number);
    scan->depth++;
    return 0;
}

/* Section 1.6, "cell payload overflow": the whole of a row that did not fit its page, in `long_row`. */
static int long_row(Scan *scan, const byte *at, uint32_t local, uint64_t size)
{
    if (size > scan->long_room) {
        byte *room = realloc(scan->long_row, size);
        if (!room)
            return ENOMEM;
        scan->long_row = room, scan->long_room = size;
    }
    memcpy(scan->long_row, at, local);
    uint32_t next = four(at + local);
    byte *page = malloc(scan->page_size);
    if (!page)
        return ENOMEM;
    int code = 0;
    for (uint64_t done = local; done < size && !code;) {
        uint64_t part = size - done < scan->usable - 4 ? size - done : scan->usable - 4;
        scan->loaded++;
        if (next < 2 || next > scan->pages)
            code = failed(scan, EIO, "a long row leads nowhere", next);
        else if (!(code = read_pages(scan, next, 1, page))) {
            memcpy(scan->long_row + done, page + 4, part);
            next = four(page), done += part;
        }
    }
    free(page);
    return code;
}

/* Section 2.1: the fields of a row. Columns that it has not, as one added to the table later, are NULL. */
static int split(Scan *scan, const byte *row, uint64_t size, Field *fields)
{
    const byte *end = row + size;
    uint64_t head;
    int step = varint(row, end, &head);
    if (!step || head < (uint64_t)step || head > size)
        return failed(scan, EIO, "a row's header", 0);
    const byte *type = row + step, *body = row + head, *types_end = body;
    for (int column = 0; column < scan->columns; column++) {
        static const byte sizes[10] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
        Field *field = &fields[column];
        field->at = body, field->type = field->size = 0;
        if (type >= types_end)
            continue;
        if (!(step = varint(type, types_end, &field->type)) || field->type == 10 || field->type == 11)
            return failed(scan, EIO, "a column's type", 0);
        type += step;
        field->size = field->type < 10 ? sizes[field->type] : (field->type - 12) / 2;
        if (field->size > (size_t)(end - body))
            return failed(scan, EIO, "a column's size", 0);
        body += field->size;
    }
    return 0;
}

/* The next row; 0 and no `row` at the end. It is good until the next call. */
static int next_row(Scan *scan, Field *fields, int *is_row)
{
    *is_row = 0;
    while (scan->depth) {
        Level *level = &scan->levels[scan->depth - 1];
        if (!level->is_leaf && !level->is_below) {
            uint32_t child = child_of(scan, level, level->cell);
            if (!child)
                return failed(scan, EIO, "a page leads nowhere", level->first);
            level->is_below = 1;
            int code = enter(scan, child);
            if (code)
                return code;
            continue;
        }
        if (level->cell >= level->cells) {
            scan->depth--;
            continue;
        }
        const byte *at = cell_at(scan, level, level->cell), *end = level->page + scan->usable;
        level->cell++, level->is_below = 0;
        if (!level->has_rows)
            continue;
        if (at && !level->is_leaf)
            at += 4;
        int is_numbered = level->page[0] == 13;
        uint64_t size, key = 0;
        int step = at ? varint(at, end, &size) : 0;
        int more = step && is_numbered ? varint(at + step, end, &key) : 0;
        if (!step || (is_numbered && !more) || size > MOST_PAYLOAD)
            return failed(scan, EIO, "a cell", level->first);
        at += step + more;
        int code = 0;
        uint32_t most = is_numbered ? scan->usable - 35 : (scan->usable - 12) * 64 / 255 - 23, local = (uint32_t)size;
        if (size > most) {
            uint32_t least = (scan->usable - 12) * 32 / 255 - 23;
            local = least + (uint32_t)((size - least) % (scan->usable - 4));
            if (local > most)
                local = least;
            if (at + local + 4 > end)
                return failed(scan, EIO, "a cell's end", level->first);
            if ((code = long_row(scan, at, local, size)))
                return code;
            at = scan->long_row;
        } else if (at + size > end)
            return failed(scan, EIO, "a cell's end", level->first);
        *is_row = 1;
        code = split(scan, at, size, fields);
        if (!code && is_numbered && scan->key_column >= 0 && scan->key_column < scan->columns) {
            for (int i = 0; i < 8; i++)
                scan->key[i] = (byte)(key >> (56 - 8 * i));
            fields[scan->key_column] = (Field){scan->key, 8, 6};
        }
        return code;
    }
    return 0;
}

/* Section 2.1: whole numbers, most significant byte first. 1 where the field is none. */
static inline int number(const Field *field, int64_t *value)
{
    const byte *at = field->at;
    switch (field->type) {
    case 0: case 8: *value = 0; return 0;
    case 9: *value = 1; return 0;
    case 1: *value = (int8_t)at[0]; return 0;
    case 2: *value = (int16_t)two(at); return 0;
    case 3: *value = (int64_t)(int8_t)at[0] * 65536 + two(at + 1); return 0;
    case 4: *value = (int32_t)four(at); return 0;
    case 5: *value = (int64_t)(int16_t)two(at) * 4294967296 + four(at + 2); return 0;
    case 6: *value = (int64_t)((uint64_t)four(at) << 32 | four(at + 4)); return 0;
    default: return 1;
    }
}

/* A column of the batch that is being filled: its numbers, or its offsets and bytes. */
typedef struct {
    struct ArrowArray *array;
    void *numbers;
    byte *text;
    size_t size, room;
} Column;

/* Puts a row's texts one after another, U+0000 between them; those that are NULL are left out. */
static int add_text(Scan *scan, const Output *output, const Field *fields, Column *column, int64_t row)
{
    int parts = 0;
    ((int32_t *)column->numbers)[row] = (int32_t)column->size;
    for (int i = 0; i < output->count; i++) {
        const Field *field = &fields[output->terms[i].column];
        if (!field->type)
            continue;
        if (field->type < 13 || !(field->type & 1))
            return failed(scan, EIO, "a text that is none", 0);
        if (column->size + field->size + 1 > column->room) {
            size_t room = column->room * 2 + field->size;
            byte *text = realloc(column->text, room);
            if (!text)
                return ENOMEM;
            column->text = text, column->room = room, column->array->buffers[2] = text;
        }
        if (parts++)
            column->text[column->size++] = 0;
        memcpy(column->text + column->size, field->at, field->size);
        column->size += field->size;
    }
    return 0;
}

static int add_number(Scan *scan, const Output *output, const Field *fields, Column *column, int64_t row)
{
    uint64_t sum = 0;
    for (int i = 0; i < output->count; i++) {
        const Term *term = &output->terms[i];
        if (term->what == INSTEAD && i && fields[term[-1].column].type)
            continue;
        const Field *field = &fields[term->column];
        int64_t value = term->what == IS_NULL ? !field->type : field->type != 0;
        if ((term->what == VALUE || term->what == INSTEAD) && number(field, &value))
            return failed(scan, EIO, "a number that is none", 0);
        sum += (uint64_t)value << term->shift;
    }
    ((int64_t *)column->numbers)[row] = (int64_t)sum;
    return 0;
}

static int fill(Scan *scan, struct ArrowArray *batch)
{
    Field fields[MOST_COLUMNS];
    Column columns[MOST_OUTPUTS];
    int64_t row = 0;
    int is_full = 0;
    for (int i = 0; i < scan->outputs_count; i++) {
        struct ArrowArray *array = batch->children[i];
        byte *text = scan->outputs[i].is_text ? (byte *)array->buffers[2] : NULL;
        columns[i] = (Column){array, (void *)array->buffers[1], text, 0, scan->text_room[i]};
    }
    while (row < scan->batch_rows && !is_full) {
        int is_row, code = next_row(scan, fields, &is_row);
        if (code)
            return code;
        if (!is_row)
            break;
        for (int i = 0; i < scan->outputs_count && !code; i++) {
            const Output *output = &scan->outputs[i];
            code = output->is_text ? add_text(scan, output, fields, &columns[i], row)
                                   : add_number(scan, output, fields, &columns[i], row);
            is_full |= columns[i].size > MOST_TEXT;
        }
        if (code)
            return code;
        row++;
    }
    set_length(batch, (size_t)row);
    for (int i = 0; i < scan->outputs_count; i++)
        if (scan->outputs[i].is_text) {
            ((int32_t *)columns[i].numbers)[row] = (int32_t)columns[i].size;
            if (columns[i].size + LEAST_ROOM > scan->text_room[i])
                scan->text_room[i] = columns[i].size + LEAST_ROOM;
        }
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *batch)
{
    Scan *scan = stream->private_data;
    int code = new_batch(batch, scan->fields, scan->outputs_count, (size_t)scan->batch_rows, scan->text_room);
    if (!code && scan->root) {
        code = scan->root <= scan->pages ? enter(scan, scan->root) : failed(scan, EIO, "no such page", scan->root);
        scan->root = 0;
    }
    if (!code)
        code = fill(scan, batch);
    if (code == ENOMEM)
        snprintf(scan->error, sizeof scan->error, "out of memory");
    if (code || !batch->length)
        release_batch(batch); /* which marks it as released: the end of the stream */
    return code;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *schema)
{
    Scan *scan = stream->private_data;
    int code = new_schema(schema, scan->fields, scan->outputs_count);
    if (code)
        snprintf(scan->error, sizeof scan->error, "out of memory");
    return code;
}

static const char *get_last_error(struct ArrowArrayStream *stream)
{
    const Scan *scan = stream->private_data;
    return *scan->error ? scan->error : NULL;
}

static void free_scan(Scan *scan)
{
    for (int i = 0; i < MOST_LEVELS; i++)
        free(scan->levels[i].pages);
    free(scan->long_row);
    free(scan);
}

static void release_stream(struct ArrowArrayStream *stream)
{
    free_scan(stream->private_data);
    stream->release = NULL;
}

/* (name, is_text, ((what, column, shift), ...)) for each output. 0, or -1 with an exception. */
static int read_outputs(Scan *scan, PyObject *outputs)
{
    if (!PyTuple_Check(outputs) || PyTuple_GET_SIZE(outputs) > MOST_OUTPUTS) {
        PyErr_SetString(PyExc_ValueError, "too many outputs");
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(outputs); i++) {
        ArrowField *field = &scan->fields[scan->outputs_count];
        Output *output = &scan->outputs[scan->outputs_count++];
        const char *name;
        PyObject *terms;
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(outputs, i), "spO!", &name, &output->is_text, &PyTuple_Type, &terms))
            return -1;
        snprintf(field->name, sizeof field->name, "%s", name);
        *field->format = output->is_text ? TEXT_COLUMN : LONG_COLUMN;
        scan->text_room[i] = LEAST_ROOM;
        for (Py_ssize_t j = 0; j < PyTuple_GET_SIZE(terms); j++) {
            Term *term = &output->terms[j];
            int what;
            if (j == MOST_TERMS ||
                !PyArg_ParseTuple(PyTuple_GET_ITEM(terms, j), "iii", &what, &term->column, &term->shift) ||
                term->column < 0 || term->column >= MOST_COLUMNS || term->shift < 0 || term->shift > 63) {
                if (!PyErr_Occurred())
                    PyErr_SetString(PyExc_ValueError, "a term out of range");
                return -1;
            }
            term->what = (What)what;
            output->count++;
            if (term->column >= scan->columns)
                scan->columns = term->column + 1;
        }
    }
    return 0;
}

/* Section 1.3: what the head of the file says of its pages. 0, or -1 with an exception. */
static int read_head(Scan *scan, int descriptor)
{
    byte head[100];
    struct stat about;
    if (pread(descriptor, head, sizeof head, 0) != sizeof head || fstat(descriptor, &about)) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    scan->page_size = two(head + 16) == 1 ? 65536 : two(head + 16);
    scan->usable = scan->page_size - head[20];
    if (memcmp(head, "SQLite format 3", 16) || scan->page_size < 512 || scan->page_size & (scan->page_size - 1) ||
        scan->usable < 480 || four(head + 56) != 1) {
        PyErr_SetString(PyExc_ValueError, "not an SQLite file, or not in UTF-8");
        return -1;
    }
    scan->pages = (uint32_t)(about.st_size / scan->page_size);
    scan->descriptor = descriptor; /* its owner closes it */
    return 0;
}

/* stream(descriptor, root_page, key_column, batch_rows, outputs): see table_scan.py. */
static PyObject *stream_of(PyObject *self, PyObject *arguments)
{
    int descriptor, key_column;
    unsigned int root;
    long long rows;
    PyObject *outputs, *capsule;
    if (!PyArg_ParseTuple(arguments, "iIiLO", &descriptor, &root, &key_column, &rows, &outputs))
        return NULL;
    Scan *scan = calloc(1, sizeof *scan);
    if (!scan)
        return PyErr_NoMemory();
    scan->root = root, scan->key_column = key_column, scan->batch_rows = rows;
    if (read_outputs(scan, outputs) || read_head(scan, descriptor) ||
        !(capsule = new_capsule((struct ArrowArrayStream){get_schema, get_next, get_last_error, release_stream, scan}))) {
        free_scan(scan);
        return NULL;
    }
    return capsule;
}

static PyMethodDef functions[] = {
    {"stream", stream_of, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, .m_name = "wholinks.storage._btree", .m_size = -1, .m_methods = functions};

PyMODINIT_FUNC PyInit__btree(void)
{
    PyObject *made = PyModule_Create(&module);
    if (made && PyModule_AddIntConstant(made, "VERSION", 1) < 0)
        Py_CLEAR(made);
    return made;
}
