/* What is inside an anchor, and its start tag. */

enum { HURRIED_NODES = 100, PLAIN_TAG = 300 };

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

/* What an element that is no text adds to the text around it: an alternative text between spaces, a space, or nothing;
   in how many pieces. */
static int parts_of(Node *node, unsigned roles, String parts[3])
{
    static unsigned char space[] = " ";
    String alt = {NULL, 0};
    if (roles & IMG)
        alt.bytes = (unsigned char *)alt_of(node, &alt.size);
    parts[0] = parts[2] = (String){space, 1};
    parts[1] = alt;
    return alt.bytes && alt.size ? 3 : roles & SEPARATES ? 1 : 0;
}

static int append_parts(Buffer *buffer, Node *node, unsigned roles)
{
    String parts[3];
    int failed = 0;
    for (int at = 0, count = parts_of(node, roles, parts); at < count && !failed; at++)
        failed = append(buffer, parts[at].bytes, parts[at].size) < 0;
    return failed ? -1 : 0;
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
            failed = append_parts(&buffer, node, roles) < 0;
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
