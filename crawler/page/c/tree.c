/* A page's tree as the parser has to see it, read from Lexbor's nodes in one traversal. object_tree.py is the same in
   Python, through selectolax's objects, where this is not compiled; both must give the same.

   selectolax owns the tree; a Tree holds its root, which holds the document. */

#include "lexbor.h"
#include "texts.h"

enum { FEW_LEVELS = 6, SMOOTH_CHARS = 300 };

/* Another one whenever what a Tree gives changes: a module that was compiled before is not taken then. */
enum { VERSION = 3 };

/* An element. `block` is the nearest one that separates words, itself included; `inside` the number of the ancestor it
   is in; of an open one its own, or -1; of an ancestor that of the last one in it, or 0. */
typedef struct {
    Node *node, *block;
    Py_ssize_t inside;
    String classes;
} Place;

typedef struct {
    Place *items;
    Py_ssize_t count, room;
} Places;

static int add_place(Places *places, Place place)
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
    places->items[places->count++] = place;
    return 0;
}

typedef struct {
    PyObject_HEAD
    PyObject *root, *elements, *ancestors, *text;
    Py_ssize_t characters, words;
    unsigned long seen;
    Py_ssize_t budget;
    Places listed;
    Places around;
    String last_classes;
    PyObject *last_classes_text;
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

/* One that is not there has no bytes and a size; an empty one has neither. */
static const String absent = {NULL, 1};

static int is_absent(const String *value) { return !value->bytes && value->size; }

static PyObject *value_text(const String *value)
{
    if (!value->bytes)
        return Py_NewRef(is_absent(value) ? Py_None : empty);
    return PyUnicode_DecodeUTF8((const char *)value->bytes, (Py_ssize_t)value->size, "replace");
}

static String value_of(Attribute *at)
{
    String value = {NULL, 0};
    value.bytes = (unsigned char *)attribute_value(at, &value.size);
    if (!value.bytes)
        value.size = 0;
    return value;
}

static int is_same(const String *one, const String *other)
{
    return one->size == other->size && !one->bytes == !other->bytes
        && (!one->bytes || !memcmp(one->bytes, other->bytes, one->size));
}

/* Most links have the classes of the one before. */
static PyObject *classes_text(Tree *self, const String *classes)
{
    if (!classes->bytes)
        return value_text(classes);
    if (!self->last_classes_text || !is_same(&self->last_classes, classes)) {
        PyObject *text = value_text(classes);
        if (!text)
            return NULL;
        Py_XSETREF(self->last_classes_text, text);
        self->last_classes = *classes;
    }
    return Py_NewRef(self->last_classes_text);
}

/* The number of an element in the ancestor `inside`: that of the last one there, if nothing tells them apart. */
static Py_ssize_t add_ancestor(Tree *self, Node *node, Py_ssize_t inside)
{
    String classes = absent;
    int declares = 0;
    for (Attribute *at = first_attribute(node); at; at = next_attribute(at)) {
        size_t size = 0;
        const unsigned char *name = attribute_name(at, &size);
        if (!name)
            continue;
        if (is_name(name, size, "class"))
            classes = value_of(at);
        else
            declares |= is_name(name, size, "role") || is_name(name, size, "style") || is_name(name, size, "hidden");
    }
    Place *known = self->around.items, *last = &known[known[inside].inside];
    if (known[inside].inside && last->node && !declares && last->node->name == node->name
        && last->node->space == node->space && is_same(&last->classes, &classes))
        return last - known;
    known[inside].inside = self->around.count;
    if (add_place(&self->around, (Place){declares ? NULL : node, NULL, 0, classes}) < 0)
        return -1;
    PyObject *parts[] = {number(inside), number(code_with_space(node)), tag_name(node),
                         classes.bytes ? value_text(&classes) : Py_NewRef(Py_None),
                         declares ? attributes_of(node) : Py_NewRef(Py_None)};
    return add_tuple(self->ancestors, parts, 5) < 0 ? -1 : self->around.count - 1;
}

static Node *block_of(const Places *open) { return open->count ? open->items[open->count - 1].block : NULL; }

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

/* Whether it is a text of an anchor that need not be looked at. */
static int is_smooth(PyObject *text)
{
    return text && text != Py_None && PyUnicode_IS_ASCII(text) && PyUnicode_GET_LENGTH(text)
        && PyUnicode_GET_LENGTH(text) <= SMOOTH_CHARS;
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

/* An element that says something; an anchor without an href says nothing. */
static int list_element(Tree *self, Node *node, unsigned roles, Places *open)
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
            has_more |= is_name(name, size, "title") || is_name(name, size, "aria-label")
                || is_name(name, size, "style") || is_name(name, size, "hidden");
    }
    int is_anchor = !!(roles & ANCHOR);
    if (node->space == svg_space && is_absent(&href))
        href = linked;
    if (is_anchor && is_absent(&href))
        return 0;
    Py_ssize_t inside = inside_of(self, open);
    if (inside < 0 || add_place(&self->listed, (Place){node, block_of(open), inside, absent}) < 0)
        return -1;
    int is_fragment = href.bytes && href.size && *href.bytes == '#';
    PyObject *text = is_anchor ? is_fragment ? Py_NewRef(empty) : only_text(node)
        : roles & TITLE ? title_text(node) : Py_NewRef(Py_None);
    unsigned code = code_with_space(node);
    if (is_anchor && (has_more || !is_smooth(text)))
        code |= ROUGH;
    if (!is_anchor || code & OTHER_NAME)
        href = absent;
    PyObject *parts[] = {number(code), number(inside), tag_name(node),
                         is_anchor && !has_more ? Py_NewRef(nothing) : attributes_of(node), text, value_text(&href),
                         value_text(&rel), classes_text(self, &classes)};
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
            if (roles & LISTED && list_element(self, node, roles, open) < 0)
                return -1;
        }
        if (node->first_child) {
            if (unseen < 0 && is_unseen(node, roles))
                unseen = open->count;
            Node *block = roles & SEPARATES ? node : block_of(open);
            if (add_place(open, (Place){node, block, -1, absent}) < 0)
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
    const unsigned char *bytes = visible->text.bytes;
    size_t size = visible->text.size;
    if (!bytes)
        return Py_NewRef(empty);
    for (size_t more = count_points(bytes, size); more > visible->limit; more--)
        while ((bytes[--size] & 0xC0) == 0x80)
            ;
    *words = (Py_ssize_t)count_words(bytes, size);
    return PyUnicode_DecodeUTF8((const char *)bytes, (Py_ssize_t)size, "replace");
}

static void tree_dealloc(Tree *self)
{
    Py_XDECREF(self->root);
    Py_XDECREF(self->elements);
    Py_XDECREF(self->ancestors);
    Py_XDECREF(self->text);
    Py_XDECREF(self->last_classes_text);
    PyMem_Free(self->listed.items);
    PyMem_Free(self->around.items);
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
    int failed = !self->elements || !self->ancestors || add_place(&self->around, (Place){NULL, NULL, 0, absent}) < 0;
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

#include "content.h"
#include "context.h"

static PyMemberDef tree_values[] = {
    {"elements", T_OBJECT_EX, offsetof(Tree, elements), READONLY, NULL},
    {"ancestors", T_OBJECT_EX, offsetof(Tree, ancestors), READONLY, NULL},
    {"text", T_OBJECT_EX, offsetof(Tree, text), READONLY, NULL},
    {"seen", T_ULONG, offsetof(Tree, seen), READONLY, NULL},
    {"characters", T_PYSSIZET, offsetof(Tree, characters), READONLY, NULL},
    {"words", T_PYSSIZET, offsetof(Tree, words), READONLY, NULL},
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
    .tp_members = tree_values,
};
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
    if (!module || PyModule_AddObjectRef(module, "Tree", (PyObject *)&tree_type) < 0
        || PyModule_AddIntConstant(module, "VERSION", VERSION) < 0)
        Py_CLEAR(module);
    return module;
}
