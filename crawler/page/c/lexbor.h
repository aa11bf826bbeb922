/* Lexbor's nodes, as far as they are looked at, and its functions, found in the library that selectolax brings.

   Nodes are read as the structures here say; is_as_expected() compares them, on a page made for it, with what Lexbor's
   own functions tell. Nothing decides what an element means: that is in the tables that bind() is given. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>

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
enum { CODES = 32, SVG_NAME = 32, OTHER_NAME = 64, ROUGH = 128 };

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
