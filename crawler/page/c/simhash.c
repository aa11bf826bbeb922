/* simhash.py's fingerprint, compiled; there it says what it is. The hash is XXH3 with 64 bits (Yann Collet's
   specification, "XXH3 for small inputs") of at most ten bytes. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>

static const unsigned char secret[72] = {
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c, 0xde, 0xd4,
    0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f, 0xcb, 0x79, 0xe6, 0x4e,
    0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21, 0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43,
    0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c, 0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb};

static inline uint64_t little(const unsigned char *bytes, int count)
{
    uint64_t value = 0;
    memcpy(&value, bytes, (size_t)count);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = __builtin_bswap64(value);
#endif
    return value;
}

static inline uint64_t rotated(uint64_t value, int bits) { return value << bits | value >> (64 - bits); }

static uint64_t mixed(uint64_t value)
{
    value = (value ^ value >> 33) * 0xC2B2AE3D27D4EB4Fu;
    value = (value ^ value >> 29) * 0x165667B19E3779F9u;
    return value ^ value >> 32;
}

static uint64_t hashed(const unsigned char *bytes, size_t size)
{
    if (!size)
        return mixed(little(secret + 56, 8) ^ little(secret + 64, 8));
    if (size <= 3) {
        uint64_t all = (uint64_t)bytes[0] << 16 | (uint64_t)bytes[size >> 1] << 24 | bytes[size - 1] | size << 8;
        return mixed(all ^ little(secret, 4) ^ little(secret + 4, 4));
    }
    if (size <= 8) {
        uint64_t value = little(bytes + size - 4, 4) + (little(bytes, 4) << 32);
        value ^= little(secret + 8, 8) ^ little(secret + 16, 8);
        value ^= rotated(value, 49) ^ rotated(value, 24);
        value *= 0x9FB21C651E98DF25u;
        value = (value ^ ((value >> 35) + size)) * 0x9FB21C651E98DF25u;
        return value ^ value >> 28;
    }
    uint64_t low = little(bytes, 8) ^ little(secret + 24, 8) ^ little(secret + 32, 8);
    uint64_t high = little(bytes + size - 8, 8) ^ little(secret + 40, 8) ^ little(secret + 48, 8);
    unsigned __int128 product = (unsigned __int128)low * high;
    uint64_t value = size + __builtin_bswap64(low) + high + ((uint64_t)product ^ (uint64_t)(product >> 64));
    value = (value ^ value >> 37) * 0x165667919E3779F9u;
    return value ^ value >> 32;
}

#define SLOTS 512 /* more than twice the most samples */

typedef struct {
    uint64_t lanes[8]; /* byte n of lane m counts bit 8 n + m */
    int pieces, count; /* all, and the different ones */
    uint64_t slots[SLOTS]; /* their hashes; 0 is an empty one */
} Counts;

static void count(Counts *counts, const unsigned char *bytes, size_t size)
{
    uint64_t value = hashed(bytes, size), known = value ? value : 1;
    size_t slot = known % SLOTS;
    counts->pieces++;
    for (; counts->slots[slot]; slot = (slot + 1) % SLOTS)
        if (counts->slots[slot] == known)
            return;
    counts->slots[slot] = known;
    for (int lane = 0; lane < 8; lane++)
        counts->lanes[lane] += value >> lane & 0x0101010101010101u;
    counts->count++;
}

static uint64_t majority(const Counts *counts)
{
    uint64_t value = 0;
    for (int bit = 0; bit < 64; bit++)
        if ((counts->lanes[bit & 7] >> (bit & ~7) & 255) > (uint64_t)counts->count / 2)
            value |= (uint64_t)1 << bit;
    return value;
}

/* Letters, digits and what is not ASCII, as the table has them; nothing else. */
static size_t translated(const unsigned char *from, size_t size, const unsigned char *table, unsigned char *to)
{
    unsigned char kept[256] = {0};
    for (int byte = 0; byte < 256; byte++)
        if (byte >= 128 || (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z'))
            kept[byte] = table[byte];
    size_t done = 0;
#pragma GCC unroll 4
    for (size_t at = 0; at < size; at++) {
        to[done] = kept[from[at]];
        done += !!to[done];
    }
    return done;
}

static PyObject *fingerprint(PyObject *module, PyObject *arguments)
{
    Py_buffer text, cutting, more_cutting;
    Py_ssize_t most, sample;
    double least;
    if (!PyArg_ParseTuple(arguments, "y*y*y*nnd", &text, &cutting, &more_cutting, &most, &sample, &least))
        return NULL;
    Counts counts = {0};
    size_t length = 0;
    unsigned char *letters = NULL;
    int fits = cutting.len == 256 && more_cutting.len == 256 && most > 0 && most < 255 && sample > 0 && sample <= 10;
    if (!fits)
        PyErr_SetString(PyExc_ValueError, "two tables of 256 bytes, 1 to 254 samples of 1 to 10 bytes are needed");
    else if (!(letters = PyMem_Malloc((size_t)text.len + 1)))
        PyErr_NoMemory();
    else if ((length = translated(text.buf, (size_t)text.len, cutting.buf, letters))) {
        for (size_t from = 0; from <= length && counts.count < most;) {
            const unsigned char *end = memchr(letters + from, ' ', length - from);
            size_t size = end ? (size_t)(end - letters) - from : length - from;
            count(&counts, letters + from, size < (size_t)sample ? size : (size_t)sample);
            from += size + 1;
        }
        if (counts.pieces < (double)length * least) {
            counts = (Counts){0};
            length = translated(text.buf, (size_t)text.len, more_cutting.buf, letters);
            for (size_t from = 0; from < length && counts.count < most; from++)
                if (!from || letters[from - 1] == ' ') {
                    size_t size = length - from;
                    count(&counts, letters + from, size < (size_t)sample ? size : (size_t)sample);
                }
        }
    }
    PyMem_Free(letters);
    PyBuffer_Release(&text);
    PyBuffer_Release(&cutting);
    PyBuffer_Release(&more_cutting);
    return PyErr_Occurred() ? NULL : PyLong_FromLongLong((long long)majority(&counts));
}

static PyMethodDef functions[] = {{"fingerprint", fingerprint, METH_VARARGS, NULL}, {NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_simhash", NULL, -1, functions};

PyMODINIT_FUNC PyInit__simhash(void) { return PyModule_Create(&definition); }
