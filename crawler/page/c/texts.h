/* Texts, of bytes in UTF-8. White space is that of str.split. */

static const unsigned char spaces[256] = {[9] = 1, 1, 1, 1, 1, [28] = 1, 1, 1, 1, 1};

static inline int is_space(unsigned char byte) { return spaces[byte]; }

static const unsigned char *next_point(const unsigned char *at, const unsigned char *end, Py_UCS4 *point)
{
    unsigned char lead = *at++;
    if (lead < 0x80) {
        *point = lead;
        return at;
    }
    Py_UCS4 value = lead >= 0xF0 ? lead & 7 : lead >= 0xE0 ? lead & 15 : lead & 31;
    while (at < end && (*at & 0xC0) == 0x80)
        value = value << 6 | (*at++ & 63);
    *point = value;
    return at;
}

static int point_is_space(Py_UCS4 point)
{
    return point < 128 ? is_space((unsigned char)point) : Py_UNICODE_ISSPACE(point);
}

static int is_blank(const String *text)
{
    const unsigned char *at = text->bytes, *end = at + text->size;
    while (at < end) {
        Py_UCS4 point;
        at = next_point(at, end, &point);
        if (!point_is_space(point))
            return 0;
    }
    return 1;
}

static int is_ascii(const unsigned char *bytes, size_t size)
{
    size_t at = 0;
    for (; at + 8 <= size; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, 8);
        if (word & 0x8080808080808080u)
            return 0;
    }
    for (; at < size; at++)
        if (bytes[at] & 0x80)
            return 0;
    return 1;
}

/* The same without a table, so that many bytes are looked at in one step where it stands in a loop. */
static inline unsigned char space_bit(unsigned char byte)
{
    return (unsigned char)(((unsigned char)(byte - 9) < 5) | ((unsigned char)(byte - 28) < 5));
}

enum { IN_A_BYTE = 240 };  /* so many bits can be added up in one */

/* How many bytes follow white space, or are the first, and are none themselves: words of ASCII, if nothing else is. */
static size_t count_words(const unsigned char *bytes, size_t size)
{
    size_t words = size && !is_space(*bytes);
    for (size_t at = 1; at < size;) {
        size_t end = size - at < IN_A_BYTE ? size : at + IN_A_BYTE;
        unsigned char found = 0;
        for (; at < end; at++)
            found += space_bit(bytes[at - 1]) & (space_bit(bytes[at]) ^ 1);
        words += found;
    }
    return words;
}

static size_t count_spaces(const unsigned char *bytes, size_t size)
{
    size_t spaces_there = 0;
    for (size_t at = 0; at < size;) {
        size_t end = size - at < IN_A_BYTE ? size : at + IN_A_BYTE;
        unsigned char found = 0;
        for (; at < end; at++)
            found += space_bit(bytes[at]);
        spaces_there += found;
    }
    return spaces_there;
}

/* Whether ASCII has no white space but single spaces between words. */
static int is_collapsed(const unsigned char *bytes, size_t size)
{
    if (!size || is_space(*bytes) || is_space(bytes[size - 1]))
        return !size;
    unsigned char wrong = 0;
    for (size_t at = 1; at < size; at++)
        wrong |= space_bit(bytes[at]) & ((bytes[at] != ' ') | space_bit(bytes[at - 1]));
    return !wrong;
}

/* ASCII with its white space collapsed and trimmed, at `to`, which may be where it is; its new size. */
static size_t collapse(const unsigned char *bytes, size_t size, unsigned char *to)
{
    while (size && is_space(bytes[size - 1]))
        size--;
    for (; size && is_space(*bytes); bytes++)
        size--;
    if (is_collapsed(bytes, size)) {
        if (size)
            memmove(to, bytes, size);
        return size;
    }
    size_t done = 0;
    for (size_t at = 0; at < size; at++) {
        if (!is_space(bytes[at]))
            to[done++] = bytes[at];
        else if (to[done - 1] != ' ')
            to[done++] = ' ';
    }
    return done;
}

static PyObject *ascii_text(const unsigned char *bytes, size_t size)
{
    PyObject *text = size ? PyUnicode_New((Py_ssize_t)size, 127) : Py_NewRef(empty);
    if (text && size)
        memcpy(PyUnicode_1BYTE_DATA(text), bytes, size);
    return text;
}

/* ASCII comes with its white space collapsed and trimmed; other text as it is. */
static PyObject *text_of(const unsigned char *bytes, size_t size)
{
    if (!size)
        return Py_NewRef(empty);
    if (!is_ascii(bytes, size))
        return PyUnicode_DecodeUTF8((const char *)bytes, (Py_ssize_t)size, "replace");
    if (is_collapsed(bytes, size))
        return ascii_text(bytes, size);
    unsigned char few[256], *to = size <= sizeof few ? few : PyMem_Malloc(size);
    if (!to)
        return PyErr_NoMemory();
    PyObject *text = ascii_text(to, collapse(bytes, size, to));
    if (to != few)
        PyMem_Free(to);
    return text;
}

typedef struct {
    unsigned char *bytes;
    size_t size, room;
} Buffer;

static int append(Buffer *buffer, const void *bytes, size_t size)
{
    if (buffer->size + size > buffer->room) {
        size_t room = (buffer->size + size) * 2 + 256;
        unsigned char *larger = PyMem_Realloc(buffer->bytes, room);
        if (!larger) {
            PyErr_NoMemory();
            return -1;
        }
        buffer->bytes = larger;
        buffer->room = room;
    }
    if (size)
        memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
    return 0;
}

/* Eight bytes at once: what continues a character has its highest bit set and the next one not. */
static size_t count_points(const unsigned char *bytes, size_t size)
{
    size_t count = size, at = 0;
    for (; at + 8 <= size; at += 8) {
        uint64_t word;
        memcpy(&word, bytes + at, 8);
        if (word & 0x8080808080808080u)
            count -= (size_t)__builtin_popcountll(word & ~(word << 1) & 0x8080808080808080u);
    }
    for (; at < size; at++)
        count -= (bytes[at] & 0xC0) == 0x80;
    return count;
}
