/* Rows as Arrow, which our C modules hand over and take: the structures of its "C data interface" and "C stream
   interface", and batches made of plain columns without NULLs. */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};
struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
struct ArrowArrayStream {
    int (*get_schema)(struct ArrowArrayStream *, struct ArrowSchema *);
    int (*get_next)(struct ArrowArrayStream *, struct ArrowArray *);
    const char *(*get_last_error)(struct ArrowArrayStream *);
    void (*release)(struct ArrowArrayStream *);
    void *private_data;
};

#define MOST_TEXT ((size_t)1 << 30) /* of a column of a batch: its offsets have 31 bits */

/* The formats of columns: numbers of 8, 32 or 64 bits, UTF-8. */
#define BYTE_COLUMN 'C'
#define UINT_COLUMN 'I'
#define LONG_COLUMN 'l'
#define TEXT_COLUMN 'u'

typedef struct {
    char name[32], format[2];
} ArrowField;

static void release_column(struct ArrowArray *array)
{
    for (int64_t i = 1; i < array->n_buffers; i++)
        free((void *)array->buffers[i]);
    free(array->buffers);
    array->release = NULL;
}

static void release_batch(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
        free(array->children[i]);
    }
    free(array->children);
    free(array->buffers);
    array->release = NULL;
}

/* Makes a batch with room for so many `rows`, and their texts; `buffers[1]` of each child has the numbers, or offsets to
   the bytes in `buffers[2]`. 0 or ENOMEM; it is to be released either way. */
static int new_batch(struct ArrowArray *batch, const ArrowField *fields, int count, size_t rows, const size_t *text_room)
{
    memset(batch, 0, sizeof *batch);
    batch->n_buffers = 1, batch->release = release_batch;
    batch->buffers = calloc(1, sizeof(void *));
    batch->children = calloc((size_t)count, sizeof(struct ArrowArray *));
    if (!batch->buffers || !batch->children)
        return ENOMEM;
    for (int i = 0; i < count; i++) {
        struct ArrowArray *array = calloc(1, sizeof *array);
        const void **buffers = calloc(3, sizeof(void *));
        if (!array || !buffers) {
            free(array);
            free(buffers);
            return ENOMEM;
        }
        batch->children[batch->n_children++] = array;
        int is_text = *fields[i].format == TEXT_COLUMN;
        size_t width = *fields[i].format == LONG_COLUMN ? 8 : *fields[i].format == BYTE_COLUMN ? 1 : 4;
        array->release = release_column, array->buffers = buffers, array->n_buffers = is_text ? 3 : 2;
        buffers[1] = malloc((rows + 1) * width);
        if (is_text)
            buffers[2] = malloc(text_room[i]);
        if (!buffers[1] || (is_text && !buffers[2]))
            return ENOMEM;
    }
    return 0;
}

static void set_length(struct ArrowArray *batch, size_t rows)
{
    batch->length = (int64_t)rows;
    for (int64_t i = 0; i < batch->n_children; i++)
        batch->children[i]->length = (int64_t)rows;
}

static void release_field(struct ArrowSchema *schema)
{
    free(schema->private_data);
    schema->release = NULL;
}

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    free(schema->children);
    schema->release = NULL;
}

/* 0 or ENOMEM. The schema has copies of all, as it may outlive who made it. */
static int new_schema(struct ArrowSchema *schema, const ArrowField *fields, int count)
{
    memset(schema, 0, sizeof *schema);
    schema->format = "+s", schema->name = "", schema->release = release_schema;
    schema->children = calloc((size_t)count, sizeof(struct ArrowSchema *));
    for (int i = 0; schema->children && i < count; i++) {
        struct ArrowSchema *field = calloc(1, sizeof *field);
        ArrowField *own = malloc(sizeof *own);
        if (!field || !own) {
            free(field);
            free(own);
            break;
        }
        *own = fields[i];
        field->format = own->format, field->name = own->name, field->private_data = own;
        field->release = release_field;
        schema->children[schema->n_children++] = field;
    }
    if (schema->n_children == count)
        return 0;
    release_schema(schema);
    return ENOMEM;
}

static void stream_gone(PyObject *capsule)
{
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream->release)
        stream->release(stream);
    free(stream);
}

/* A capsule as `__arrow_c_stream__` gives it, or NULL with an exception, and what was given stays its owner's. */
static PyObject *new_capsule(struct ArrowArrayStream given)
{
    struct ArrowArrayStream *stream = malloc(sizeof *stream);
    PyObject *capsule = stream ? PyCapsule_New(stream, "arrow_array_stream", stream_gone) : PyErr_NoMemory();
    if (capsule)
        *stream = given;
    else
        free(stream);
    return capsule;
}
