/* What stands before and after a link in its block. */

enum { CONTEXT_NODES = 64, CONTEXT_LEVELS = 64, CONTEXT_CHARS = 80, CONTEXT_LOOK = 160, COMPOSED = 5,
       SEGMENTS = CONTEXT_NODES * 3 + CONTEXT_LEVELS + 4 };

/* Pieces of a context, in the order they are met. */
typedef struct {
    String items[SEGMENTS];
    int count;
    size_t kept;
    int is_ascii;
} Segments;

static size_t kept_in(const unsigned char *bytes, size_t size, int is_plain)
{
    if (is_plain)
        return size - count_spaces(bytes, size);
    const unsigned char *at = bytes, *end = bytes + size;
    size_t kept = 0;
    while (at < end) {
        Py_UCS4 point;
        if (*at < 0x80)
            kept += !is_space(*at++);
        else {
            at = next_point(at, end, &point);
            kept += !point_is_space(point);
        }
    }
    return kept;
}

static void add_segment(Segments *found, const void *bytes, size_t size)
{
    if (found->count < SEGMENTS && size)
        found->items[found->count++] = (String){(unsigned char *)bytes, size};
}

/* Whether so many characters will do; those that are not ASCII may be put together. */
static int is_enough(size_t kept, int is_plain)
{
    return kept >= (size_t)(is_plain ? CONTEXT_CHARS : CONTEXT_CHARS * COMPOSED);
}

/* Adds a text, of a long one its end or its start if that will do; whether there is enough now. */
static int add_text(Segments *found, const String *text, int is_end)
{
    const unsigned char *bytes = text->bytes;
    size_t size = text->size;
    for (size_t look = CONTEXT_LOOK; look < size; look *= 16) {
        size_t part = look;
        if (is_end)
            while (part < size && (bytes[size - part] & 0xC0) == 0x80)
                part++;
        else
            while (part < size && (bytes[part] & 0xC0) == 0x80)
                part++;
        const unsigned char *from = is_end ? bytes + size - part : bytes;
        int is_plain = is_ascii(from, part);
        if (is_enough(found->kept + kept_in(from, part, is_plain), found->is_ascii && is_plain)) {
            add_segment(found, from, part);
            return 1;
        }
    }
    add_segment(found, bytes, size);
    int is_plain = is_ascii(bytes, size);
    found->kept += kept_in(bytes, size, is_plain);
    found->is_ascii = found->is_ascii && is_plain;
    return is_enough(found->kept, found->is_ascii);
}

static void add_parts(Segments *found, Node *node, unsigned roles)
{
    String parts[3];
    for (int at = 0, count = parts_of(node, roles, parts); at < count; at++) {
        add_segment(found, parts[at].bytes, parts[at].size);
        found->is_ascii = found->is_ascii && is_ascii(parts[at].bytes, parts[at].size);
    }
}

static void look_before(const Node *from, const Node *block, Segments *found)
{
    const Node *at = from;
    int levels = CONTEXT_LEVELS;
    for (int count = 0; count < CONTEXT_NODES; count++) {
        if (!at->prev) {
            at = at->parent;
            if (!at || at == block)
                return;
            if (roles_of_code[code_of(at)] & SEPARATES)
                add_segment(found, " ", 1);
            continue;
        }
        at = at->prev;
        for (;;) {
            unsigned roles = roles_of_code[code_of(at)];
            if (roles & TEXT) {
                if (add_text(found, &((const TextNode *)at)->data, 1))
                    return;
                break;
            }
            Node *child = is_raw(at, roles) ? NULL : at->last_child;
            if (!child) {
                add_parts(found, (Node *)at, roles);
                break;
            }
            if (--levels < 0)
                return;
            if (roles & SEPARATES)
                add_segment(found, " ", 1);
            at = child;
        }
    }
}

static void look_after(const Node *from, const Node *block, Segments *found)
{
    const Node *at = from, *following = from->next;
    int levels = CONTEXT_LEVELS;
    for (int count = 0; count < CONTEXT_NODES; count++) {
        while (!following) {
            at = at->parent;
            if (--levels < 0 || !at || at == block)
                return;
            if (roles_of_code[code_of(at)] & SEPARATES)
                add_segment(found, " ", 1);
            following = at->next;
        }
        at = following;
        unsigned roles = roles_of_code[code_of(at)];
        if (roles & TEXT) {
            if (add_text(found, &((const TextNode *)at)->data, 0))
                return;
        } else {
            add_parts(found, (Node *)at, roles);
            following = is_raw(at, roles) ? NULL : at->first_child;
            if (following)
                continue;
        }
        following = at->next;
    }
}

static PyObject *joined(const Segments *found, int is_backwards)
{
    Buffer buffer = {0};
    PyObject *text = NULL;
    int failed = 0;
    for (int at = 0; at < found->count && !failed; at++) {
        const String *part = &found->items[is_backwards ? found->count - 1 - at : at];
        failed = append(&buffer, part->bytes, part->size) < 0;
    }
    if (!failed && is_ascii(buffer.bytes, buffer.size)) {
        size_t size = collapse(buffer.bytes, buffer.size, buffer.bytes), from = 0;
        if (size > CONTEXT_CHARS && is_backwards) {
            from = size - CONTEXT_CHARS;
            from += buffer.bytes[from] == ' ';
        } else if (size > CONTEXT_CHARS) {
            size = CONTEXT_CHARS;
            size -= buffer.bytes[size - 1] == ' ';
        }
        text = ascii_text(buffer.bytes + from, size - from);
    } else if (!failed)
        text = PyUnicode_DecodeUTF8((const char *)buffer.bytes, (Py_ssize_t)buffer.size, "replace");
    PyMem_Free(buffer.bytes);
    return text;
}

static PyObject *tree_context(Tree *self, PyObject *which)
{
    Place *place = listed(self, which);
    if (!place)
        return NULL;
    const Node *block = place->block;
    Segments found;
    PyObject *sides[2], *both = NULL;
    for (int side = 0; side < 2; side++) {
        found.count = 0;
        found.kept = 0;
        found.is_ascii = 1;
        (side ? look_after : look_before)(place->node, block, &found);
        sides[side] = joined(&found, !side);
    }
    if (sides[0] && sides[1])
        both = PyTuple_Pack(2, sides[0], sides[1]);
    Py_XDECREF(sides[0]);
    Py_XDECREF(sides[1]);
    return both;
}
