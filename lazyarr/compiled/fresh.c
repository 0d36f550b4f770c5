/* Functions that make arrays: small ones, which NumPy makes, and others of one value, as lazyarr/api/fresh.py and
   creation.py make them. */

#include "methods.h"

/* Return what a call is known by: its argument, or all of them with their names; else NULL. */
static PyObject *call_of(PyObject *const *args, Py_ssize_t nargs, PyObject *names) {
    Py_ssize_t named = names == NULL ? 0 : PyTuple_GET_SIZE(names), all = nargs + named;
    if (all < 1 || all > FEW) return NULL;
    for (Py_ssize_t k = 0; k < all; k++)
        if (!PyTuple_CheckExact(args[k]) && !is_of(args[k], state.plain)) return NULL;
    if (all == 1 && !named) return is_number(args[0]) || PyTuple_CheckExact(args[0]) ? Py_NewRef(args[0]) : NULL;
    PyObject *key = PyTuple_New(all + named);
    for (Py_ssize_t k = 0; key != NULL && k < nargs; k++) PyTuple_SET_ITEM(key, k, Py_NewRef(args[k]));
    for (Py_ssize_t k = 0; key != NULL && k < named; k++) {
        PyTuple_SET_ITEM(key, nargs + k, Py_NewRef(PyTuple_GET_ITEM(names, k)));
        PyTuple_SET_ITEM(key, all + k, Py_NewRef(args[nargs + k]));
    }
    return key;
}

/* The places of what `creation.FILLING` begins. */
enum { FILLS, LEAVES, VALUE_OF, DTYPE_OF, FILLING };

/* Return a shape as a tuple of integers, or NULL with no error if it is unusual. */
static PyObject *sides_of(PyObject *shape) {
    if (PyLong_CheckExact(shape)) return PyTuple_Pack(1, shape);
    for (Py_ssize_t k = 0; PyTuple_CheckExact(shape) && k < PyTuple_GET_SIZE(shape); k++)
        if (!PyLong_CheckExact(PyTuple_GET_ITEM(shape, k))) return NULL;
    return PyTuple_CheckExact(shape) ? Py_NewRef(shape) : NULL;
}

/* Return the array of a number in a view's shape; NULL with no error if the number was not met in the dtype. */
static PyObject *stretched(PyObject *leaves, PyObject *number, PyObject *view, PyObject *dtype) {
    PyObject *leaf = number_leaf(leaves, number, dtype), *args = leaf == NULL ? NULL : PyTuple_Pack(1, leaf);
    PyObject *tag = args == NULL ? NULL : PyObject_GetAttr(view, state.names.tag), *node = NULL;
    PyObject *where = tag == NULL ? NULL : line(true);
    if (where != NULL) node = new_node(state.view_op, args, view, PyTuple_GET_ITEM(view, 0), dtype, tag, where);
    Py_XDECREF(leaf);
    Py_XDECREF(args);
    Py_XDECREF(tag);
    Py_XDECREF(where);
    return node == NULL ? NULL : array_of(node);
}

/* Return an array of a number in a shape and a dtype; NULL with no error if such a one was not met. */
static PyObject *filled_again(PyObject *const *given, PyObject *number, PyObject *sides, PyObject *dtype) {
    PyObject *key = PyTuple_Pack(3, sides, dtype, (PyObject *)Py_TYPE(number)), *made = NULL;
    PyObject *found = key == NULL ? NULL : Py_XNewRef(PyDict_GetItemWithError(given[FILLS], key));
    if (found != NULL) made = stretched(given[LEAVES], number, PyTuple_GET_ITEM(found, 0), PyTuple_GET_ITEM(found, 1));
    Py_XDECREF(key);
    Py_XDECREF(found);
    return made;
}

/* Return an array of one value that is not small, as `creation._filled_again` does with the facts in `usual`;
   NULL with no error if it was not met, or more is asked for than a shape, a value and a dtype. */
static PyObject *filled(Method *self, PyObject *const *args, Py_ssize_t nargs, PyObject *names) {
    if (!PyTuple_Check(self->usual) || PyTuple_GET_SIZE(self->usual) != FILLING) return NULL;
    PyObject *const *given = &PyTuple_GET_ITEM(self->usual, 0);
    Py_ssize_t named = names == NULL ? 0 : PyTuple_GET_SIZE(names), all = nargs + named, first = 1 + (given[VALUE_OF] == Py_None);
    if (nargs < first || all > first + 1) return NULL;
    if (named && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "dtype")) return NULL;
    PyObject *number = first == 2 ? args[1] : given[VALUE_OF], *dtype = all > first ? args[first] : Py_None;
    if (!is_weak(number)) return NULL;
    if (dtype == Py_None) dtype = given[DTYPE_OF];
    PyObject *sides = sides_of(args[0]), *made = sides == NULL ? NULL : filled_again(given, number, sides, dtype);
    Py_XDECREF(sides);
    return made;
}

/* ``zeros(3)``: `other` says of how many calls a small array tells that such a call made; -1 of what is not small. */
KIND(function_fresh) {
    Method *self = (Method *)self_;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    PyObject *key = is_usual() ? call_of(args, nargs, names) : NULL;
    PyObject *known = key == NULL ? NULL : PyDict_GetItemWithError(self->other, key);
    long count = known == NULL ? -1 : PyLong_AsLong(known);
    Py_XDECREF(key);
    PyErr_Clear(); /* what is lazy has no hash without being computed */
    PyObject *large = known != NULL && count < 0 ? filled(self, args, nargs, names) : NULL;
    if (large != NULL || PyErr_Occurred()) return large;
    PyObject *value = count < 0 ? NULL : run_named(state.raising, self->function, args, nargs, names, NULL);
    if (value == NULL) return count < 0 || refused() ? GENERALLY(self, args, nargsf, names) : NULL;
    PyObject *operands = tuple_of(args, nargs), *options = options_of(args + nargs, names), *how = NULL;
    if (operands != NULL && options != NULL) how = story(self->op, operands, options, true);
    Py_XDECREF(operands);
    Py_XDECREF(options);
    if (how == NULL || !PyArray_CheckExact(value)) {
        Py_XDECREF(how);
        Py_DECREF(value);
        return PyErr_Occurred() ? NULL : GENERALLY(self, args, nargsf, names);
    }
    PyObject *array = holder(state.small, value);
    if (array == NULL) Py_DECREF(how);
    return array == NULL ? NULL : with_story(array, how, count);
}

/* Whether a node is not small, and lies in memory in C's order; false with or without an error if not. */
static bool is_large_in_order(PyObject *node) {
    PyObject *steps = SLOT(node, state.in_node.steps), *shape = SHAPE(node);
    steps = steps == NULL ? PyObject_CallOneArg(state.strides, node) : Py_NewRef(steps);
    bool usual = steps != NULL && PyTuple_CheckExact(steps) && PyTuple_GET_SIZE(steps) == PyTuple_GET_SIZE(shape);
    double count = 1;
    for (Py_ssize_t k = PyTuple_GET_SIZE(shape) - 1; usual && k >= 0; k--) {
        usual = PyLong_AsDouble(PyTuple_GET_ITEM(steps, k)) == count;
        count *= PyLong_AsDouble(PyTuple_GET_ITEM(shape, k));
    }
    Py_XDECREF(steps);
    return usual && count * sizeof(double) > state.usual;
}

/* ``full_like(x, 2.5)`` of what is not small, and lies in C's order; `usual` has what `creation.FILLING` begins. */
KIND(function_like) {
    Method *self = (Method *)self_;
    PyObject *const *given = &PyTuple_GET_ITEM(self->usual, 0);
    Py_ssize_t first = 1 + (given[VALUE_OF] == Py_None);
    if (names != NULL || PyVectorcall_NARGS(nargsf) != first || !is_usual() || !is_lazy(args[0]))
        return GENERALLY(self, args, nargsf, names);
    PyObject *number = first == 2 ? args[1] : given[VALUE_OF], *node = is_weak(number) ? shown(args[0]) : NULL, *made = NULL;
    if (node != NULL && is_large_in_order(node))
        made = filled_again(given, number, SHAPE(node), SLOT(node, state.in_node.dtype));
    Py_XDECREF(node);
    return or_generally(made, self, args, nargsf);
}
