/* Nodes of operations on arrays that are not small, as lazyarr/api/building.py makes them.

   Wherever something is allocated the garbage collector may run, and with it a finalizer
   that writes into an array, or that forgets numbers: what is used behind that is held. */

#include "methods.h"

/* Return the node that an array shows; NULL with no error if that is to be found out. */
static PyObject *shown(PyObject *x) {
    PyObject *base = SLOT(x, state.base_at), *node = SLOT(x, state.node_at);
    if (base == NULL || node == NULL || !Py_IS_TYPE(node, state.node)) return NULL;
    if (base == Py_None) return Py_NewRef(node);
    /* A view that was looked at, and its base not written since. */
    bool same = Py_IS_TYPE(base, state.lazy) && SLOT(x, state.seen_at) == SLOT(base, state.node_at);
    return same ? Py_NewRef(node) : NULL;
}

/* Return the line of the caller as nodes have it; NULL with no error if it may be none `of_users`. */
static PyObject *line(bool of_users) {
    PyFrameObject *frame = (PyFrameObject *)caller();
    if (frame == NULL) return NULL;
    PyCodeObject *code = PyFrame_GetCode(frame);
    bool known = !of_users || PySet_Contains(state.users, code->co_filename) == 1;
    PyObject *place = known ? PyLong_FromLong(PyFrame_GetLasti(frame)) : NULL;
    PyObject *where = place == NULL ? NULL : PyTuple_New(2);
    if (where == NULL) {
        Py_DECREF(code);
        Py_XDECREF(place);
        return NULL;
    }
    PyTuple_SET_ITEM(where, 0, (PyObject *)code);
    PyTuple_SET_ITEM(where, 1, place);
    return where;
}

/* Return an array of a node, whose reference is taken. */
static PyObject *array_of(PyObject *node) {
    PyObject *made = state.lazy->tp_alloc(state.lazy, 0);
    if (made == NULL) {
        Py_DECREF(node);
        return NULL;
    }
    SLOT(made, state.node_at) = node;
    SLOT(made, state.base_at) = Py_NewRef(Py_None);
    return made;
}

/* Return an array that shows ``op`` of one operand or two, whose references are taken.

   It has the shape of the operand that it is `like`. NULL with no error if the general way has
   to find the line. */
static PyObject *applied(PyObject *op, PyObject *tag, PyObject *dtype, PyObject *like, PyObject *a, PyObject *b,
                         bool of_users) {
    PyObject *node = NULL, *where = line(of_users), *args = where == NULL ? NULL : PyTuple_New(b == NULL ? 1 : 2);
    if (args != NULL) node = state.node->tp_alloc(state.node, 0);
    if (node == NULL) {
        Py_XDECREF(where);
        Py_XDECREF(args);
        Py_DECREF(a);
        Py_XDECREF(b);
        return NULL;
    }
    PyTuple_SET_ITEM(args, 0, a);
    if (b != NULL) PyTuple_SET_ITEM(args, 1, b);
    SLOT(node, state.in_node.op) = Py_NewRef(op);
    SLOT(node, state.in_node.args) = args;
    SLOT(node, state.in_node.params) = Py_NewRef(Py_None);
    SLOT(node, state.in_node.shape) = Py_NewRef(SHAPE(like));
    SLOT(node, state.in_node.dtype) = Py_NewRef(dtype);
    SLOT(node, state.in_node.tag) = Py_NewRef(tag);
    SLOT(node, state.in_node.where) = where;
    SLOT(node, state.in_node.value) = Py_NewRef(Py_None);
    return array_of(node);
}

/* Return the leaf of a number beside an array of a dtype; NULL with no error if none is held. */
static PyObject *number_leaf(PyObject *number, PyObject *dtype) {
    int truth = PyObject_IsTrue(number);
    PyObject *value = truth < 0 ? NULL : truth ? Py_NewRef(number) : PyObject_Repr(number);
    PyObject *key = value == NULL ? NULL : PyTuple_Pack(3, value, (PyObject *)Py_TYPE(number), dtype);
    PyObject *leaf = key == NULL ? NULL : Py_XNewRef(PyDict_GetItemWithError(state.weak_scalars, key));
    Py_XDECREF(value);
    Py_XDECREF(key);
    return leaf;
}

/* Whether an object is a number that takes the dtype of the array beside it. */
static bool is_weak(PyObject *x) { return is_number(x) || PyBool_Check(x) || PyComplex_CheckExact(x); }

/* Whether the second of two nodes is taken beside the first as it is. */
static bool are_alike(PyObject *x, PyObject *y) {
    if (SLOT(x, state.in_node.dtype) != SLOT(y, state.in_node.dtype)) return false;
    if (SHAPE(x) == SHAPE(y) || !PyTuple_GET_SIZE(SHAPE(y))) return true;
    return PyObject_RichCompareBool(SHAPE(x), SHAPE(y), Py_EQ) == 1;
}

/* Return an array that shows ``op x``; NULL with no error in other cases than the usual one. */
PyObject *node_of_one(Method *self, PyObject *x, bool of_users) {
    PyObject *node = is_lazy(x) ? shown(x) : NULL;
    PyObject *dtype = node == NULL ? NULL : PyDict_GetItemWithError(self->usual, SLOT(node, state.in_node.dtype));
    if (dtype != NULL) return applied(self->op, self->tag, dtype, node, node, NULL, of_users);
    Py_XDECREF(node);
    return NULL;
}

/* Return an array that shows ``x op y``; NULL with no error in other cases than the usual one. */
PyObject *node_of_two(Method *self, PyObject *x, PyObject *y, bool of_users) {
    bool first = is_lazy(x), both = first && is_lazy(y);
    PyObject *number = both ? NULL : first ? y : x;
    if (!both && (!is_weak(number) || !is_lazy(first ? x : y))) return NULL;
    PyObject *node = shown(first ? x : y), *other = both && node != NULL ? shown(y) : NULL, *dtype = NULL;
    if (node != NULL && (!both || (other != NULL && are_alike(node, other))))
        dtype = PyDict_GetItemWithError(self->usual, SLOT(node, state.in_node.dtype));
    if (dtype != NULL && !both) other = number_leaf(number, SLOT(node, state.in_node.dtype));
    if (dtype != NULL && other != NULL)
        return applied(self->op, self->tag, dtype, node, first ? node : other, first ? other : node, of_users);
    Py_XDECREF(node);
    Py_XDECREF(other);
    return NULL;
}

/* --- operators ---------------------------------------------------------------------------- */

static PyObject *or_generally(PyObject *made, Method *self, PyObject *const *args, size_t nargsf) {
    return made == NULL && !PyErr_Occurred() ? GENERALLY(self, args, nargsf, NULL) : made;
}

/* ``x + y``, and ``2 + x`` if it is `reflected`. */
KIND(node_binary) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 2 || !state.ready) return GENERALLY(self, args, nargsf, names);
    PyObject *x = args[self->reflected], *y = args[!self->reflected];
    return or_generally(node_of_two(self, x, y, false), self, args, nargsf);
}

KIND(node_unary) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 1 || !state.ready) return GENERALLY(self, args, nargsf, names);
    return or_generally(node_of_one(self, args[0], false), self, args, nargsf);
}

/* Return what shows a shortcut that was taken of such a power before, as `other` says by dtype
   and exponent; NULL with no error if there is none. */
static PyObject *shortcut(Method *self, PyObject *x, PyObject *y) {
    PyObject *node = shown(x), *found = NULL, *made = NULL;
    PyObject *key = node == NULL ? NULL : PyTuple_Pack(3, SLOT(node, state.in_node.dtype), (PyObject *)Py_TYPE(y), y);
    if (key != NULL) found = Py_XNewRef(PyDict_GetItemWithError(self->other, key));
    Py_XDECREF(key);
    if (found != NULL) {
        PyObject **row = &PyTuple_GET_ITEM(found, 0);
        made = applied(row[0], row[2], row[1], node, Py_NewRef(node), NULL, false);
        Py_DECREF(found);
    }
    Py_XDECREF(node);
    return made;
}

/* Whether a number is no exponent for which another op than the power may be run. */
static bool is_plain_exponent(PyObject *y) {
    double exponent = PyFloat_CheckExact(y) ? PyFloat_AS_DOUBLE(y) : PyLong_AsDouble(y);
    if (exponent == -1 && PyErr_Occurred()) PyErr_Clear(); /* it is too large */
    return exponent != 2 && exponent != 0.5 && exponent != -1;
}

/* Whether an array is one of real or complex numbers. */
static bool is_inexact(PyObject *x) {
    PyObject *node = shown(x);
    char kind = node == NULL ? 0 : ((PyArray_Descr *)SLOT(node, state.in_node.dtype))->kind;
    Py_XDECREF(node);
    return kind == 'f' || kind == 'c';
}

/* ``x ** 2``, and powers of real and complex numbers that have no shortcut. */
KIND(node_power) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 2 || !is_number(args[1]) || !state.ready || !is_lazy(args[0]))
        return GENERALLY(self, args, nargsf, names);
    PyObject *x = args[0], *y = args[1], *made = shortcut(self, x, y);
    if (made == NULL && !PyErr_Occurred() && is_plain_exponent(y) && is_inexact(x)) made = node_of_two(self, x, y, true);
    return or_generally(made, self, args, nargsf);
}
