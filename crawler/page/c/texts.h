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

/* ASCII comes with its white space collapsed and trimmed; other text as it is. */
static PyObject *text_of(const unsigned char *bytes, size_t size)
{
    if (!size)
        return Py_NewRef(empty);
    if (!is_ascii(bytes, size))
        return PyUnicode_DecodeUTF8((const char *)bytes, (Py_ssize_t)size, "replace");
    size_t length = 0;
    for (size_t at = 0; at < size; at++)
        length += !is_space(bytes[at]) || (at && !is_space(bytes[at - 1]));
    if (length && is_space(bytes[size - 1])) {
        size_t last = size - 1;
        while (last && is_space(bytes[last]))
            last--;
        if (!is_space(bytes[last]))
            length--;
    }
    PyObject *text = PyUnicode_New((Py_ssize_t)length, 127);
    if (!text)
        return NULL;
    Py_UCS1 *to = PyUnicode_1BYTE_DATA(text);
    size_t done = 0;
    for (size_t at = 0; at < size && done < length; at++) {
        if (!is_space(bytes[at]))
            to[done++] = bytes[at];
        else if (at && !is_space(bytes[at - 1]))
            to[done++] = ' ';
    }
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
