/* A page's tree as the parser has to see it, read from Lexbor's nodes in one traversal. object_tree.py is the same in
   Python, through selectolax's objects, where this is not compiled; both must give the same.

   selectolax owns the tree; a Tree holds its root, which holds the document. Nodes are read as the structures below
   say; bind() compares them, on a page made for it, with what Lexbor's own functions tell, and refuses to work if they
   differ. Nothing here decides what an element means: that is in the tables that bind() is given. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>

typedef struct node {
    void *events;
    uintptr_t name, prefix, space;
    void *document;
    struct node *next, *prev, *parent, *first_child, *last_child;
    void *user;
    int type;
} Node;

typedef struct {
    unsigned char *bytes;
    size_t size;
} String;

typedef struct {
    Node node;
    String data;
} TextNode;

typedef void Attribute;

/* What a name is for the tree; the numbers are those of tags.py's ROLES. */
enum { SEPARATES = 1, RAW = 2, UNSEEN = 4, LISTED = 8, TEXT = 16, ANCHOR = 32, IMG = 64, IN_SVG = 128, TITLE = 256 };
enum { CODES = 32, SVG_NAME = 32, OTHER_NAME = 64 };
enum { FEW_LEVELS = 6, HURRIED_NODES = 100, CONTEXT_NODES = 64, CONTEXT_LEVELS = 64, CONTEXT_CHARS = 80,
       CONTEXT_LOOK = 160, COMPOSED = 5, PLAIN_TAG = 300, SEGMENTS = CONTEXT_NODES * 3 + CONTEXT_LEVELS + 4 };

static unsigned char codes[256];
static unsigned short roles_of_code[CODES];
static uintptr_t html_space, svg_space;
static PyObject *empty, *nothing;

static Attribute *(*first_attribute)(Node *);
static Attribute *(*next_attribute)(Attribute *);
static const unsigned char *(*attribute_name)(Attribute *, size_t *);
static const unsigned char *(*attribute_value)(Attribute *, size_t *);
static const unsigned char *(*element_name)(Node *, size_t *);

static inline unsigned code_of(const Node *node) { return node->name < 256 ? codes[node->name] : 0; }

static inline int is_raw(const Node *node, unsigned roles)
{
    return roles & RAW && !(roles & TITLE && node->space == svg_space);
}

static inline int is_unseen(const Node *node, unsigned roles)
{
    return roles & UNSEEN && !(roles & TITLE && node->space == svg_space);
}

/* Names, each made once: they are few, and most lie in tables that live as long as Lexbor. */

typedef struct {
    const unsigned char *bytes;
    size_t size;
    PyObject *text;
    const char *own;
} Name;

static Name names[1024];

static PyObject *name_text(const unsigned char *bytes, size_t size)
{
    if (!bytes)
        return Py_NewRef(empty);
    Name *known = &names[((uintptr_t)bytes >> 3 ^ (uintptr_t)bytes >> 13) & 1023];
    if (known->bytes == bytes && known->size == size && !memcmp(known->own, bytes, size))
        return Py_NewRef(known->text);
    PyObject *text = PyUnicode_DecodeUTF8((const char *)bytes, (Py_ssize_t)size, "replace");
    if (!text || size > 40)
        return text;
    PyUnicode_InternInPlace(&text);
    Py_ssize_t own_size;
    const char *own = PyUnicode_AsUTF8AndSize(text, &own_size);
    if (own && (size_t)own_size == size) {
        Py_XDECREF(known->text);
        *known = (Name){bytes, size, Py_NewRef(text), own};
    }
    return text;
}

static PyObject *tag_name(Node *node)
{
    size_t size = 0;
    const unsigned char *bytes = element_name(node, &size);
    return name_text(bytes, size);
}

static int is_name(const unsigned char *bytes, size_t size, const char *name)
{
    return size == strlen(name) && !memcmp(bytes, name, size);
}

/* Attributes as selectolax gives them: an empty value is None. */
static PyObject *attributes_of(Node *node)
{
    PyObject *found = PyDict_New();
    for (Attribute *at = found ? first_attribute(node) : NULL; at; at = next_attribute(at)) {
        size_t name_size = 0, size = 0;
        const unsigned char *name_bytes = attribute_name(at, &name_size);
        const unsigned char *bytes = attribute_value(at, &size);
        PyObject *name = name_text(name_bytes, name_size);
        PyObject *value = bytes ? PyUnicode_DecodeUTF8((const char *)bytes, (Py_ssize_t)size, "replace")
                                : Py_NewRef(Py_None);
        int failed = !name || !value || PyDict_SetItem(found, name, value) < 0;
        Py_XDECREF(name);
        Py_XDECREF(value);
        if (failed)
            Py_CLEAR(found);
        if (!found)
            break;
    }
    return found;
}

/* Texts. White space is that of str.split. */

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

static int point_is_space(Py_UCS4 point) { return point < 128 ? is_space((unsigned char)point) : Py_UNICODE_ISSPACE(point); }

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

static size_t count_points(const unsigned char *bytes, size_t size)
{
    size_t count = 0;
    for (size_t at = 0; at < size; at++)
        count += (bytes[at] & 0xC0) != 0x80;
    return count;
}

/* The tree. */

typedef struct {
    Node *node;
    Py_ssize_t inside;
} Place;

typedef struct {
    Place *items;
    Py_ssize_t count, room;
} Places;

static int add_place(Places *places, Node *node, Py_ssize_t inside)
{
    if (places->count == places->room) {
        Py_ssize_t room = places->room * 2 + 64;
        Place *larger = PyMem_Realloc(places->items, (size_t)room * sizeof(Place));
        if (!larger) {
            PyErr_NoMemory();
            return -1;
        }
        places->items = larger;
        places->room = room;
    }
    places->items[places->count++] = (Place){node, inside};
    return 0;
}

typedef struct {
    PyObject_HEAD
    PyObject *root, *elements, *ancestors, *text;
    Py_ssize_t characters, words;
    unsigned long seen;
    Py_ssize_t budget;
    Places listed;  /* the elements, with the number of what they are in */
    Places blocks;  /* of each ancestor, the nearest element that separates words, itself included */
} Tree;

typedef struct {
    Buffer text;
    size_t characters, limit;
    int has_any;
} Visible;

static int see(Visible *visible, const String *text)
{
    if (visible->has_any && visible->characters++ < visible->limit && append(&visible->text, " ", 1) < 0)
        return -1;
    visible->has_any = 1;
    int is_wanted = visible->characters < visible->limit;
    visible->characters += count_points(text->bytes, text->size);
    return is_wanted ? append(&visible->text, text->bytes, text->size) : 0;
}

static PyObject *number(Py_ssize_t value) { return PyLong_FromSsize_t(value); }

static int add_tuple(PyObject *list, PyObject **parts, Py_ssize_t count)
{
    PyObject *tuple = PyTuple_New(count);
    int failed = !tuple;
    for (Py_ssize_t at = 0; at < count; at++) {
        failed |= !parts[at];
        if (tuple)
            PyTuple_SET_ITEM(tuple, at, parts[at]);
        else
            Py_XDECREF(parts[at]);
    }
    failed = failed || PyList_Append(list, tuple) < 0;
    Py_XDECREF(tuple);
    return failed ? -1 : 0;
}

static unsigned code_with_space(const Node *node)
{
    return code_of(node) | (node->space == html_space ? 0 : node->space == svg_space ? SVG_NAME : OTHER_NAME);
}

static Py_ssize_t add_ancestor(Tree *self, Node *node, Py_ssize_t inside)
{
    PyObject *classes = NULL;
    int declares = 0;
    for (Attribute *at = first_attribute(node); at; at = next_attribute(at)) {
        size_t size = 0, value_size = 0;
        const unsigned char *name = attribute_name(at, &size);
        if (!name)
            continue;
        if (is_name(name, size, "class")) {
            const unsigned char *value = attribute_value(at, &value_size);
            if (value && !classes && !(classes = PyUnicode_DecodeUTF8((const char *)value, (Py_ssize_t)value_size, "replace")))
                return -1;
        } else
            declares |= is_name(name, size, "role") || is_name(name, size, "style") || is_name(name, size, "hidden");
    }
    int separates = roles_of_code[code_of(node)] & SEPARATES;
    if (add_place(&self->blocks, separates ? node : self->blocks.items[inside].node, inside) < 0) {
        Py_XDECREF(classes);
        return -1;
    }
    PyObject *parts[] = {number(inside), number(code_with_space(node)), tag_name(node),
                         classes ? classes : Py_NewRef(Py_None),
                         declares ? attributes_of(node) : Py_NewRef(Py_None)};
    return add_tuple(self->ancestors, parts, 5) < 0 ? -1 : self->blocks.count - 1;
}

/* The number of the innermost of the open elements, which gets one, and those around it, if it has none yet. */
static Py_ssize_t inside_of(Tree *self, Places *open)
{
    Py_ssize_t known = open->count - 1;
    while (known >= 0 && open->items[known].inside < 0)
        known--;
    Py_ssize_t inside = known < 0 ? 0 : open->items[known].inside;
    for (Py_ssize_t at = known + 1; at < open->count && inside >= 0; at++)
        open->items[at].inside = inside = add_ancestor(self, open->items[at].node, inside);
    return inside;
}

/* The text of an anchor that holds nothing else, perhaps within inline elements; None where more must be looked at. */
static PyObject *only_text(const Node *anchor)
{
    const Node *child = anchor->first_child;
    if (!child)
        return Py_NewRef(empty);
    for (int level = 0; level <= FEW_LEVELS && child && !child->next; level++, child = child->first_child) {
        unsigned code = code_of(child);
        if (roles_of_code[code] & TEXT) {
            const String *data = &((const TextNode *)child)->data;
            return text_of(data->bytes, data->size);
        }
        if (code)
            break;
    }
    return Py_NewRef(Py_None);
}

static PyObject *title_text(const Node *title)
{
    Buffer buffer = {0};
    PyObject *text = NULL;
    int failed = 0;
    for (const Node *child = title->first_child; child && !failed; child = child->next)
        if (roles_of_code[code_of(child)] & TEXT)
            failed = append(&buffer, ((const TextNode *)child)->data.bytes, ((const TextNode *)child)->data.size) < 0;
    if (!failed)
        text = PyUnicode_DecodeUTF8((const char *)buffer.bytes, (Py_ssize_t)buffer.size, "replace");
    PyMem_Free(buffer.bytes);
    return text;
}

static PyObject *value_text(const String *value)
{
    if (!value->bytes)
        return Py_NewRef(value->size ? Py_None : empty);
    return PyUnicode_DecodeUTF8((const char *)value->bytes, (Py_ssize_t)value->size, "replace");
}

/* One that is not there has no bytes and a size; an empty one has neither. */
static const String absent = {NULL, 1};

static String value_of(Attribute *at)
{
    String value = {NULL, 0};
    value.bytes = (unsigned char *)attribute_value(at, &value.size);
    if (!value.bytes)
        value.size = 0;
    return value;
}

static int list_anchor(Tree *self, Node *node, Places *open)
{
    String href = absent, linked = absent, rel = absent, classes = absent;
    int has_more = 0;
    for (Attribute *at = first_attribute(node); at; at = next_attribute(at)) {
        size_t size = 0;
        const unsigned char *name = attribute_name(at, &size);
        if (!name)
            continue;
        if (is_name(name, size, "href"))
            href = value_of(at);
        else if (is_name(name, size, "rel"))
            rel = value_of(at);
        else if (is_name(name, size, "class"))
            classes = value_of(at);
        else if (is_name(name, size, "xlink:href"))
            linked = value_of(at);
        else
            has_more |= is_name(name, size, "title") || is_name(name, size, "aria-label") || is_name(name, size, "style")
                || is_name(name, size, "hidden");
    }
    if (node->space == svg_space && !href.bytes && href.size)
        href = linked;
    if (!href.bytes && href.size)
        return 0;
    Py_ssize_t inside = inside_of(self, open);
    if (inside < 0 || add_place(&self->listed, node, inside) < 0)
        return -1;
    int is_fragment = href.bytes && href.size && *href.bytes == '#';
    PyObject *parts[] = {number(code_with_space(node)), number(inside), tag_name(node),
                         has_more ? attributes_of(node) : Py_NewRef(nothing),
                         is_fragment ? Py_NewRef(empty) : only_text(node), value_text(&href), value_text(&rel),
                         value_text(&classes)};
    return add_tuple(self->elements, parts, 8);
}

static int list_element(Tree *self, Node *node, unsigned roles, Places *open)
{
    Py_ssize_t inside = inside_of(self, open);
    if (inside < 0 || add_place(&self->listed, node, inside) < 0)
        return -1;
    PyObject *parts[] = {number(code_with_space(node)), number(inside), tag_name(node), attributes_of(node),
                         roles & TITLE ? title_text(node) : Py_NewRef(Py_None), Py_NewRef(Py_None), Py_NewRef(Py_None),
                         Py_NewRef(Py_None)};
    return add_tuple(self->elements, parts, 8);
}

static int traverse(Tree *self, Node *root, Visible *visible, Places *open)
{
    Node *node = root;
    Py_ssize_t unseen = -1;  /* how many elements are open around what no text of the page is in */
    for (;;) {
        unsigned code = code_of(node), roles = roles_of_code[code];
        if (roles & TEXT) {
            if (unseen < 0 && see(visible, &((TextNode *)node)->data) < 0)
                return -1;
        } else {
            self->seen |= 1ul << code;
            if (roles & LISTED
                && (roles & ANCHOR ? list_anchor(self, node, open) : list_element(self, node, roles, open)) < 0)
                return -1;
        }
        if (node->first_child) {
            if (unseen < 0 && is_unseen(node, roles))
                unseen = open->count;
            if (add_place(open, node, -1) < 0)
                return -1;
            node = node->first_child;
            continue;
        }
        while (open->count && !node->next) {
            node = open->items[--open->count].node;
            if (unseen == open->count)
                unseen = -1;
        }
        if (!open->count)
            return 0;
        node = node->next;
    }
}

/* The start of the visible text, and how many words it has: they end at white space of ASCII. */
static PyObject *visible_text(Visible *visible, Py_ssize_t *words)
{
    const unsigned char *at = visible->text.bytes, *end = at + visible->text.size;
    if (!at)
        return Py_NewRef(empty);
    int was_space = 1;
    for (size_t count = 0; at < end; at++) {
        if ((*at & 0xC0) != 0x80 && count++ == visible->limit)
            break;
        int is_one = is_space(*at);
        *words += was_space & !is_one;
        was_space = is_one;
    }
    return PyUnicode_DecodeUTF8((const char *)visible->text.bytes, at - visible->text.bytes, "replace");
}

static void tree_dealloc(Tree *self)
{
    Py_XDECREF(self->root);
    Py_XDECREF(self->elements);
    Py_XDECREF(self->ancestors);
    Py_XDECREF(self->text);
    PyMem_Free(self->listed.items);
    PyMem_Free(self->blocks.items);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static Node *node_of(PyObject *root)
{
    PyObject *address = PyObject_GetAttrString(root, "mem_id");
    Node *node = address ? PyLong_AsVoidPtr(address) : NULL;
    Py_XDECREF(address);
    return node;
}

static PyObject *tree_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    PyObject *root;
    Py_ssize_t size, limit;
    if (!PyArg_ParseTuple(arguments, "Onn", &root, &size, &limit))
        return NULL;
    if (!first_attribute) {
        PyErr_SetString(PyExc_RuntimeError, "bind() comes first");
        return NULL;
    }
    Node *node = root == Py_None ? NULL : node_of(root);
    Tree *self = PyErr_Occurred() ? NULL : (Tree *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    Visible visible = {.limit = (size_t)limit};
    Places open = {0};
    self->root = Py_NewRef(root);
    self->budget = 2 * size + 1000;
    self->elements = PyList_New(0);
    self->ancestors = PyList_New(0);
    int failed = !self->elements || !self->ancestors || add_place(&self->blocks, NULL, 0) < 0;
    if (!failed) {
        PyObject *document[] = {number(0), number(0), PyUnicode_InternFromString("-document"), Py_NewRef(Py_None),
                                Py_NewRef(Py_None)};
        failed = add_tuple(self->ancestors, document, 5) < 0 || (node && traverse(self, node, &visible, &open) < 0);
    }
    if (!failed) {
        self->text = visible_text(&visible, &self->words);
        self->characters = (Py_ssize_t)visible.characters;
        failed = !self->text;
    }
    PyMem_Free(visible.text.bytes);
    PyMem_Free(open.items);
    if (failed)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static Place *listed(Tree *self, PyObject *which)
{
    Py_ssize_t at = PyLong_AsSsize_t(which);
    if (at >= 0 && at < self->listed.count)
        return &self->listed.items[at];
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_IndexError, "no such element");
    return NULL;
}

static const unsigned char *alt_of(Node *node, size_t *size)
{
    for (Attribute *at = first_attribute(node); at; at = next_attribute(at)) {
        size_t name_size = 0;
        const unsigned char *name = attribute_name(at, &name_size);
        if (name && is_name(name, name_size, "alt"))
            return attribute_value(at, size);
    }
    return NULL;
}

static int append_part(Buffer *buffer, Node *node, unsigned roles)
{
    size_t size = 0;
    const unsigned char *alt = roles & IMG ? alt_of(node, &size) : NULL;
    if (alt && size)
        return append(buffer, " ", 1) < 0 || append(buffer, alt, size) < 0 || append(buffer, " ", 1) < 0 ? -1 : 0;
    return roles & SEPARATES ? append(buffer, " ", 1) : 0;
}

static PyObject *tree_content(Tree *self, PyObject *which)
{
    Place *place = listed(self, which);
    if (!place)
        return NULL;
    Py_ssize_t limit = self->budget > HURRIED_NODES ? self->budget : HURRIED_NODES, left = limit;
    Buffer buffer = {0};
    unsigned long mask = 0;
    int has_text = 0, has_svg_text = 0, svgs = 0, failed = 0;
    for (Node *node = place->node->first_child; node && left-- > 0 && !failed;) {
        unsigned code = code_of(node), roles = roles_of_code[code];
        Node *child = NULL;
        mask |= 1ul << code;
        if (roles & TEXT) {
            const String *data = &((TextNode *)node)->data;
            if (!is_blank(data))
                *(svgs ? &has_svg_text : &has_text) = 1;
            failed = append(&buffer, data->bytes, data->size) < 0;
        } else {
            failed = append_part(&buffer, node, roles) < 0;
            child = is_raw(node, roles) ? NULL : node->first_child;
        }
        if (child) {
            svgs += !!(roles & IN_SVG);
            node = child;
            continue;
        }
        while (node && !node->next && !failed) {
            node = node->parent;
            if (node == place->node)
                node = NULL;
            else {
                roles = roles_of_code[code_of(node)];
                svgs -= !!(roles & IN_SVG);
                failed = roles & SEPARATES && append(&buffer, " ", 1) < 0;
            }
        }
        node = node ? node->next : NULL;
    }
    int is_cut = left < 0;
    self->budget -= limit - (is_cut ? 0 : left);
    PyObject *text = failed ? NULL : text_of(buffer.bytes, buffer.size);
    PyMem_Free(buffer.bytes);
    if (!text)
        return NULL;
    return Py_BuildValue("NkNNN", text, mask, PyBool_FromLong(has_text), PyBool_FromLong(has_svg_text),
                         PyBool_FromLong(is_cut));
}

static PyObject *tree_attributes(Tree *self, PyObject *which)
{
    Place *place = listed(self, which);
    return place ? attributes_of(place->node) : NULL;
}

static int is_plain(const unsigned char *bytes, size_t size)
{
    for (size_t at = 0; at < size; at++) {
        unsigned char byte = bytes[at];
        if (byte == '&' || byte == '"' || byte == '<' || byte == '>' || byte == '@')
            return 0;
        if (byte == 0xC2 && at + 1 < size && bytes[at + 1] == 0xA0)
            return 0;
    }
    return 1;
}

/* The start tag, if it is short and nothing in its values is escaped or looked at; else None. */
static PyObject *tree_plain_tag(Tree *self, PyObject *which)
{
    Place *place = listed(self, which);
    if (!place)
        return NULL;
    char tag[PLAIN_TAG];
    size_t size = 0, done = 0;
    const unsigned char *bytes = element_name(place->node, &size);
    if (!bytes || size > PLAIN_TAG - 2)
        Py_RETURN_NONE;
    tag[done++] = '<';
    memcpy(tag + done, bytes, size);
    done += size;
    for (Attribute *at = first_attribute(place->node); at; at = next_attribute(at)) {
        size_t name_size = 0;
        size = 0;
        const unsigned char *name = attribute_name(at, &name_size);
        bytes = attribute_value(at, &size);
        if (!name || done + name_size + size + 5 > PLAIN_TAG || (bytes && !is_plain(bytes, size)))
            Py_RETURN_NONE;
        tag[done++] = ' ';
        memcpy(tag + done, name, name_size);
        done += name_size;
        tag[done++] = '=';
        tag[done++] = '"';
        if (bytes)
            memcpy(tag + done, bytes, size);
        done += bytes ? size : 0;
        tag[done++] = '"';
    }
    tag[done++] = '>';
    return PyUnicode_DecodeUTF8(tag, (Py_ssize_t)done, "replace");
}

/* Pieces of a context, in the order they are met. */
typedef struct {
    String items[SEGMENTS];
    int count;
    size_t kept;
    int is_ascii;
} Segments;

static size_t kept_in(const unsigned char *bytes, size_t size)
{
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
        int is_plain = is_ascii(from, part) && found->is_ascii;
        size_t kept = kept_in(from, part);
        if (found->kept + kept >= (size_t)(is_plain ? CONTEXT_CHARS : CONTEXT_CHARS * COMPOSED)) {
            add_segment(found, from, part);
            return 1;
        }
    }
    add_segment(found, bytes, size);
    found->kept += kept_in(bytes, size);
    found->is_ascii = found->is_ascii && is_ascii(bytes, size);
    return found->kept >= (size_t)(found->is_ascii ? CONTEXT_CHARS : CONTEXT_CHARS * COMPOSED);
}

static void add_part(Segments *found, Node *node, unsigned roles, int *is_ascii_still)
{
    size_t size = 0;
    const unsigned char *alt = roles & IMG ? alt_of(node, &size) : NULL;
    if (alt && size) {
        add_segment(found, " ", 1);
        add_segment(found, alt, size);
        add_segment(found, " ", 1);
        *is_ascii_still = *is_ascii_still && is_ascii(alt, size);
    } else if (roles & SEPARATES)
        add_segment(found, " ", 1);
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
                add_part(found, (Node *)at, roles, &found->is_ascii);
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
            add_part(found, (Node *)at, roles, &found->is_ascii);
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
    if (!failed)
        text = text_of(buffer.bytes, buffer.size);
    PyMem_Free(buffer.bytes);
    Py_ssize_t length = text ? PyUnicode_GET_LENGTH(text) : 0;
    if (length <= CONTEXT_CHARS || !PyUnicode_IS_ASCII(text))
        return text;
    Py_ssize_t from = is_backwards ? length - CONTEXT_CHARS : 0, to = is_backwards ? length : CONTEXT_CHARS;
    const Py_UCS1 *characters = PyUnicode_1BYTE_DATA(text);
    from += characters[from] == ' ';
    to -= characters[to - 1] == ' ';
    PyObject *part = PyUnicode_Substring(text, from, to);
    Py_DECREF(text);
    return part;
}

static PyObject *tree_context(Tree *self, PyObject *which)
{
    Place *place = listed(self, which);
    if (!place)
        return NULL;
    const Node *block = self->blocks.items[place->inside].node;
    Segments before = {.is_ascii = 1}, after = {.is_ascii = 1};
    look_before(place->node, block, &before);
    look_after(place->node, block, &after);
    return Py_BuildValue("NN", joined(&before, 1), joined(&after, 0));
}

static PyObject *tree_get(Tree *self, void *which)
{
    PyObject *parts[] = {self->elements, self->ancestors, self->text};
    return Py_NewRef(parts[(uintptr_t)which]);
}

static PyObject *tree_seen(Tree *self, void *unused) { return PyLong_FromUnsignedLong(self->seen); }

static PyObject *tree_characters(Tree *self, void *unused) { return PyLong_FromSsize_t(self->characters); }

static PyObject *tree_words(Tree *self, void *unused) { return PyLong_FromSsize_t(self->words); }

static PyGetSetDef tree_values[] = {
    {"elements", (getter)tree_get, NULL, NULL, (void *)0},
    {"ancestors", (getter)tree_get, NULL, NULL, (void *)1},
    {"text", (getter)tree_get, NULL, NULL, (void *)2},
    {"seen", (getter)tree_seen, NULL, NULL, NULL},
    {"characters", (getter)tree_characters, NULL, NULL, NULL},
    {"words", (getter)tree_words, NULL, NULL, NULL},
    {NULL},
};

static PyMethodDef tree_methods[] = {
    {"content", (PyCFunction)tree_content, METH_O, NULL},
    {"context", (PyCFunction)tree_context, METH_O, NULL},
    {"plain_tag", (PyCFunction)tree_plain_tag, METH_O, NULL},
    {"attributes", (PyCFunction)tree_attributes, METH_O, NULL},
    {NULL},
};

static PyTypeObject tree_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "wholinks.crawler.page._tree.Tree",
    .tp_basicsize = sizeof(Tree),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = tree_new,
    .tp_dealloc = (destructor)tree_dealloc,
    .tp_methods = tree_methods,
    .tp_getset = tree_values,
};

/* Whether nodes are what the structures above say, by Lexbor's own functions; finds SVG's name space on the way. */
static int is_as_expected(void *library, Node *root)
{
    static const char *const functions[] = {"lxb_dom_node_next_noi", "lxb_dom_node_prev_noi", "lxb_dom_node_parent_noi",
                                            "lxb_dom_node_first_child_noi", "lxb_dom_node_last_child_noi"};
    Node *(*links[5])(Node *);
    uintptr_t (*name)(Node *) = dlsym(library, "lxb_dom_node_tag_id_noi");
    int (*type)(Node *) = dlsym(library, "lxb_dom_node_type_noi");
    for (int at = 0; at < 5; at++)
        if (!(links[at] = dlsym(library, functions[at])))
            return 0;
    if (!name || !type)
        return 0;
    uintptr_t its_svg_space = 0;
    int texts = 0;
    for (Node *node = root; node;) {
        Node *ours[] = {node->next, node->prev, node->parent, node->first_child, node->last_child};
        for (int at = 0; at < 5; at++)
            if (links[at](node) != ours[at])
                return 0;
        if (name(node) != node->name || type(node) != node->type || (!node->parent && node != root))
            return 0;
        unsigned roles = roles_of_code[code_of(node)];
        if (roles & TEXT) {
            static const char expected[] = "text";
            const String *data = &((TextNode *)node)->data;
            if (data->size != 4 || memcmp(data->bytes, expected, 4))
                return 0;
            texts++;
        } else if (roles & IN_SVG)
            its_svg_space = node->space;
        if (links[3](node)) {
            node = links[3](node);
            continue;
        }
        while (node != root && !links[0](node))
            node = links[2](node);
        node = node == root ? NULL : links[0](node);
    }
    if (texts < 2 || !its_svg_space || its_svg_space == root->space)
        return 0;
    html_space = root->space;
    svg_space = its_svg_space;
    return 1;
}

static PyObject *bind(PyObject *module, PyObject *arguments)
{
    const char *path;
    Py_buffer table;
    PyObject *roles, *root;
    if (!PyArg_ParseTuple(arguments, "sy*O!O", &path, &table, &PyTuple_Type, &roles, &root))
        return NULL;
    int fits = table.len == 256 && PyTuple_GET_SIZE(roles) == CODES;
    if (fits)
        memcpy(codes, table.buf, 256);
    PyBuffer_Release(&table);
    for (int at = 0; fits && at < CODES; at++)
        roles_of_code[at] = (unsigned short)PyLong_AsLong(PyTuple_GET_ITEM(roles, at));
    for (int at = 0; at < 256; at++)
        fits = fits && codes[at] < CODES;
    if (!fits || PyErr_Occurred()) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "256 codes and 32 roles are needed");
        return NULL;
    }
    Node *node = node_of(root);
    if (!node)
        return NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
    void *first = NULL, *next = NULL, *name = NULL, *value = NULL, *tag = NULL;
    if (library) {
        first = dlsym(library, "lxb_dom_element_first_attribute_noi");
        next = dlsym(library, "lxb_dom_element_next_attribute_noi");
        name = dlsym(library, "lxb_dom_attr_qualified_name");
        value = dlsym(library, "lxb_dom_attr_value_noi");
        tag = dlsym(library, "lxb_dom_element_qualified_name");
    }
    if (!first || !next || !name || !value || !tag || !is_as_expected(library, node)) {
        PyErr_SetString(PyExc_ImportError, "this selectolax has another Lexbor inside than this was written for");
        return NULL;
    }
    first_attribute = first;
    next_attribute = next;
    attribute_name = name;
    attribute_value = value;
    element_name = tag;
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {{"bind", bind, METH_VARARGS, NULL}, {NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_tree", NULL, -1, functions};

PyMODINIT_FUNC PyInit__tree(void)
{
    empty = PyUnicode_FromString("");
    nothing = PyDict_New();
    if (!empty || !nothing || PyType_Ready(&tree_type) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    if (!module || PyModule_AddObjectRef(module, "Tree", (PyObject *)&tree_type) < 0)
        Py_CLEAR(module);
    return module;
}
