/* Nodes of operations on arrays that are not small, as lazyarr/api/building.py makes them.

   Wherever something is allocated the garbage collector may run, and with it a finalizer
   that writes into an array, or that forgets numbers: what is used behind that is held. */

#include "methods.h"

#define MOST_CASTS 1024 /* that are remembered */

/* Return a new node over operands, which has no value. No reference is taken. */
PyObject *new_node(PyObject *op, PyObject *args, PyObject *params, PyObject *shape, PyObject *dtype, PyObject *tag,
                   PyObject *where) {
    PyObject *node = blank_node();
    if (node == NULL) return NULL;
    SLOT(node, state.in_node.op) = Py_NewRef(op);
    SLOT(node, state.in_node.args) = Py_NewRef(args);
    SLOT(node, state.in_node.params) = Py_NewRef(params);
    SLOT(node, state.in_node.shape) = Py_NewRef(shape);
    SLOT(node, state.in_node.dtype) = Py_NewRef(dtype);
    SLOT(node, state.in_node.tag) = Py_NewRef(tag);
    SLOT(node, state.in_node.where) = Py_NewRef(where);
    SLOT(node, state.in_node.value) = Py_NewRef(Py_None);
    return node;
}

/* Return the line of the caller as nodes have it; NULL with no error if it may be none `of_users`. */
PyObject *line(bool of_users) {
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

/* Return what a view has of an attribute that is there once it was asked for; NULL with no error if it is not. */
static PyObject *remembered(PyObject *view, PyObject *name) {
    PyObject *found = PyObject_GetAttr(view, name);
    if (found == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) PyErr_Clear();
    return found;
}

/* Return an array of a node, whose reference is taken. */
PyObject *array_of(PyObject *node) {
    PyObject *made = new_handle(state.lazy);
    if (made == NULL) {
        Py_DECREF(node);
        return NULL;
    }
    SLOT(made, state.node_at) = node;
    SLOT(made, state.base_at) = Py_NewRef(Py_None);
    return made;
}

/* Return the tuple of a few nodes. */
static PyObject *operands_of(PyObject *const *operands, Py_ssize_t number) {
    PyObject *args = PyTuple_New(number);
    for (Py_ssize_t k = 0; args != NULL && k < number; k++) PyTuple_SET_ITEM(args, k, Py_NewRef(operands[k]));
    return args;
}

/* Return an array that shows ``op`` of a few operands, made at a line. */
static PyObject *applied(PyObject *op, PyObject *tag, PyObject *dtype, PyObject *shape, PyObject *const *operands,
                         Py_ssize_t number, PyObject *where) {
    PyObject *args = operands_of(operands, number), *node = NULL;
    if (args != NULL) node = new_node(op, args, Py_None, shape, dtype, tag, where);
    Py_XDECREF(args);
    return node == NULL ? NULL : array_of(node);
}

/* The same, at the line of the caller; NULL with no error if the general way has to find the line. */
static PyObject *applied_here(PyObject *op, PyObject *tag, PyObject *dtype, PyObject *shape, PyObject *const *operands,
                              Py_ssize_t number, bool of_users) {
    PyObject *where = line(of_users), *made = NULL;
    if (where != NULL) made = applied(op, tag, dtype, shape, operands, number, where);
    Py_XDECREF(where);
    return made;
}

/* Return the leaf of a number in a dtype; NULL with no error if none is held, or the number is one of which
   64 bits are too few: not every function takes it. */
PyObject *number_leaf(PyObject *leaves, PyObject *number, PyObject *dtype) {
    int beyond = 0;
    if (PyLong_CheckExact(number)) PyLong_AsLongLongAndOverflow(number, &beyond);
    if (beyond) return NULL;
    int truth = PyObject_IsTrue(number);
    PyObject *value = truth < 0 ? NULL : truth ? Py_NewRef(number) : PyObject_Repr(number);
    PyObject *key = value == NULL ? NULL : PyTuple_Pack(3, value, (PyObject *)Py_TYPE(number), dtype);
    PyObject *leaf = key == NULL ? NULL : Py_XNewRef(PyDict_GetItemWithError(leaves, key));
    Py_XDECREF(value);
    Py_XDECREF(key);
    return leaf;
}

/* Whether a node is taken beside one of the result's shape as it is. */
static bool has_shape(PyObject *node, PyObject *shape) {
    if (SHAPE(node) == shape || !PyTuple_GET_SIZE(SHAPE(node))) return true;
    return PyObject_RichCompareBool(SHAPE(node), shape, Py_EQ) == 1;
}

/* Return the result's dtype where all operands are of one; NULL with no error if not known. */
static PyObject *usual_of(Method *self, PyObject *node) {
    PyObject *dtype = SLOT(node, state.in_node.dtype), *found = self->gives;
    if (dtype == self->last) return found; /* a loop of an operation is of one dtype for good */
    if ((found = PyDict_GetItemWithError(self->usual, dtype)) == NULL) return NULL;
    Py_XSETREF(self->last, Py_NewRef(dtype));
    Py_XSETREF(self->gives, Py_NewRef(found));
    return found;
}

/* Return an array that shows ``op x``; NULL with no error in other cases than the usual one. */
PyObject *node_of_one(Method *self, PyObject *x, bool of_users) {
    PyObject *node = is_lazy(x) ? shown(x) : NULL, *dtype = node == NULL ? NULL : usual_of(self, node), *made = NULL;
    if (dtype != NULL) made = applied_here(self->op, self->tag, dtype, SHAPE(node), &node, 1, of_users);
    Py_XDECREF(node);
    return made;
}

/* Return the node of an operand beside one that shows a node: of a number, its leaf; NULL with no
   error if it is not of the same dtype, or unusual. */
static PyObject *beside(PyObject *node, PyObject *x) {
    if (!is_lazy(x)) return is_weak(x) ? number_leaf(state.weak_scalars, x, SLOT(node, state.in_node.dtype)) : NULL;
    PyObject *other = shown(x);
    if (other != NULL && SLOT(other, state.in_node.dtype) != SLOT(node, state.in_node.dtype)) Py_CLEAR(other);
    return other;
}

/* Return the one view that a view is of an inner one, as the inner one remembers it; NULL with no error
   if it does not, or is a fill. No reference is taken of the tag. */
static PyObject *under(PyObject *inner, PyObject *tag) {
    if (!Py_IS_TYPE(inner, state.view) || !PyTuple_GET_SIZE(PyTuple_GET_ITEM(inner, 1))) return NULL;
    PyObject *known = remembered(inner, state.names.under), *found = NULL;
    if (known != NULL && PyDict_CheckExact(known)) found = Py_XNewRef(PyDict_GetItemWithError(known, tag));
    Py_XDECREF(known);
    return found;
}

/* Whether a view is known to show a node otherwise than it is. */
static bool is_change(PyObject *view, PyObject *node) {
    if (!PyObject_RichCompareBool(PyTuple_GET_ITEM(view, 0), SHAPE(node), Py_EQ)) return true;
    PyObject *changes = remembered(view, state.names.changes);
    Py_XDECREF(changes);
    return changes == Py_True;
}

/* Return a node seen through a view, as `infer.view_node` makes it: views in a row are one. NULL with no
   error if that is unusual, or not remembered yet. */
PyObject *seen_through(PyObject *node, PyObject *view, PyObject *where) {
    PyObject *tag = is_change(view, node) ? remembered(view, state.names.tag) : NULL, *args = NULL, *made = NULL;
    if (tag == NULL) return NULL;
    if (SLOT(node, state.in_node.op) == state.view_op) {
        args = Py_NewRef(SLOT(node, state.in_node.args));
        view = under(SLOT(node, state.in_node.params), tag);
        node = PyTuple_GET_ITEM(args, 0);
        Py_SETREF(tag, view == NULL ? NULL : remembered(view, state.names.tag));
        if (tag == NULL || !is_node(node) || SLOT(node, state.in_node.op) == state.view_op || !is_change(view, node))
            Py_CLEAR(args);
    } else {
        args = PyTuple_Pack(1, node);
        Py_INCREF(view);
    }
    if (args != NULL)
        made = new_node(state.view_op, args, view, PyTuple_GET_ITEM(view, 0), SLOT(node, state.in_node.dtype), tag, where);
    Py_XDECREF(args);
    Py_XDECREF(tag);
    Py_XDECREF(view);
    return made;
}

/* The same, stretched to a larger shape; `stretch` is None where it has the shape, or no axes. */
static PyObject *stretched(PyObject *node, PyObject *stretch, PyObject *where) {
    return stretch == Py_None ? Py_NewRef(node) : seen_through(node, PyTuple_GET_ITEM(stretch, 0), where);
}

/* Return an array that shows ``op`` of nodes of two shapes, as `infer.joint_of` says how they meet; NULL
   with no error where they do not. */
static PyObject *broadcast(Method *self, PyObject *x, PyObject *y, PyObject *dtype, bool of_users) {
    PyObject *shapes = PyTuple_Pack(2, SHAPE(x), SHAPE(y)), *made = NULL;
    PyObject *joint = shapes == NULL ? NULL : PyObject_CallOneArg(state.joint_of, shapes);
    PyObject *where = joint == NULL || joint == Py_None ? NULL : line(of_users);
    if (where != NULL) {
        PyObject *shape = PyTuple_GET_ITEM(joint, 0), **of = &PyTuple_GET_ITEM(PyTuple_GET_ITEM(joint, 1), 0);
        PyObject *operands[] = {stretched(x, of[0], where), NULL};
        if (operands[0] != NULL) operands[1] = stretched(y, of[1], where);
        if (operands[1] != NULL) made = applied(self->op, self->tag, dtype, shape, operands, 2, where);
        Py_XDECREF(operands[0]);
        Py_XDECREF(operands[1]);
    }
    Py_XDECREF(shapes);
    Py_XDECREF(joint);
    Py_XDECREF(where);
    return made;
}

/* Return an array that shows ``x op y``; NULL with no error in other cases than the usual one. */
PyObject *node_of_two(Method *self, PyObject *x, PyObject *y, bool of_users) {
    bool first = is_lazy(x); /* else a number is, or what is unusual */
    if (!first && !(is_weak(x) && is_lazy(y))) return NULL;
    PyObject *node = shown(first ? x : y), *other = NULL, *made = NULL;
    PyObject *dtype = node == NULL ? NULL : usual_of(self, node);
    if (dtype != NULL) other = beside(node, first ? y : x);
    if (other != NULL) {
        PyObject *operands[] = {first ? node : other, first ? other : node};
        made = has_shape(other, SHAPE(node))
                   ? applied_here(self->op, self->tag, dtype, SHAPE(node), operands, 2, of_users)
                   : broadcast(self, node, other, dtype, of_users);
    }
    Py_XDECREF(node);
    Py_XDECREF(other);
    return made;
}

/* ``where(mask, x, y)`` of a mask that has axes, and one array at least beside it, of whose
   dtype the result is; `other` is that of masks. */
KIND(node_where) {
    Method *self = (Method *)self_;
    bool usual = names == NULL && PyVectorcall_NARGS(nargsf) == 3 && state.ready && is_lazy(args[0]);
    bool first = usual && is_lazy(args[1]);
    if (!usual || !(first || is_lazy(args[2]))) return GENERALLY(self, args, nargsf, names);
    PyObject *mask = shown(args[0]), *node = mask == NULL ? NULL : shown(args[first ? 1 : 2]);
    PyObject *other = NULL, *made = NULL;
    if (node != NULL && PyTuple_GET_SIZE(SHAPE(mask)) && SLOT(mask, state.in_node.dtype) == self->other)
        other = beside(node, args[first ? 2 : 1]);
    if (other != NULL && has_shape(node, SHAPE(mask)) && has_shape(other, SHAPE(mask))) {
        PyObject *operands[] = {mask, first ? node : other, first ? other : node};
        made = applied_here(self->op, self->tag, SLOT(node, state.in_node.dtype), SHAPE(mask), operands, 3, true);
    }
    Py_XDECREF(mask);
    Py_XDECREF(node);
    Py_XDECREF(other);
    return or_generally(made, self, args, nargsf);
}

/* --- operators ---------------------------------------------------------------------------- */

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

/* Give a node that replaces one the strides that it had, which no write changes; they need not be kept of
   one axis. */
static bool keep_steps(PyObject *node, PyObject *before) {
    PyObject *value = SLOT(before, state.in_node.value), *steps = SLOT(before, state.in_node.steps);
    if (PyTuple_GET_SIZE(SHAPE(before)) < 2 && value == Py_None) return true;
    steps = steps == NULL ? PyObject_CallOneArg(state.strides, before) : Py_NewRef(steps);
    SLOT(node, state.in_node.steps) = steps;
    return steps != NULL;
}

/* ``x += y`` of an array that is no view, whose dtype and shape the result has. */
KIND(node_inplace) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 2 || !state.ready || !is_lazy(args[0]) ||
        SLOT(args[0], state.base_at) != Py_None || PyDict_GET_SIZE(state.looped))
        return GENERALLY(self, args, nargsf, names);
    PyObject *x = args[0], *node = shown(x), *other = NULL, *made = NULL, *done = NULL;
    PyObject *dtype = node == NULL ? NULL : usual_of(self, node);
    if (dtype != NULL && dtype == SLOT(node, state.in_node.dtype) && PyTuple_GET_SIZE(SHAPE(node)))
        other = beside(node, args[1]);
    if (other != NULL && has_shape(other, SHAPE(node))) {
        PyObject *operands[] = {node, other}, *where = line(false), *both = where == NULL ? NULL : operands_of(operands, 2);
        if (both != NULL)
            made = new_node(self->op, both, Py_None, SHAPE(node), dtype, self->tag, where);
        Py_XDECREF(where);
        Py_XDECREF(both);
    }
    if (made != NULL && keep_steps(made, node)) {
        Py_XSETREF(SLOT(x, state.node_at), Py_NewRef(made));
        done = PyObject_CallFunctionObjArgs(state.wrote, x, state.no_bytes, NULL);
    }
    Py_XDECREF(node);
    Py_XDECREF(other);
    Py_XDECREF(made);
    if (done == NULL) return or_generally(NULL, self, args, nargsf);
    Py_DECREF(done);
    return Py_NewRef(x);
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
        made = applied_here(row[0], row[2], row[1], SHAPE(node), &node, 1, false);
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

/* Whether an array is of an operation whose result leaves no gaps in memory: one of those in `other`. */
static bool is_packed(Method *self, PyObject *node) {
    return PyTuple_GET_SIZE(SHAPE(node)) && PySet_Contains(self->other, SLOT(node, state.in_node.op)) == 1;
}

/* Remember to what a dtype casts by what this depends on, if `made` is no more than that of the node. */
static bool remember(Method *self, PyObject *facts, PyObject *node, PyObject *made) {
    if (!is_lazy(made) || SLOT(made, state.base_at) != Py_None) return true;
    PyObject *cast = SLOT(made, state.node_at), *args = SLOT(cast, state.in_node.args);
    bool no_more = SLOT(cast, state.in_node.op) == self->op && PyTuple_GET_SIZE(args) == 1;
    if (!no_more || PyTuple_GET_ITEM(args, 0) != node) return true;
    PyObject *row = PyTuple_Pack(2, SLOT(cast, state.in_node.dtype), SLOT(cast, state.in_node.tag));
    if (PyDict_GET_SIZE(self->usual) >= MOST_CASTS) PyDict_Clear(self->usual);
    bool done = row != NULL && PyDict_SetItem(self->usual, facts, row) == 0;
    Py_XDECREF(row);
    return done;
}

/* ``x.astype(dtype)`` of what lies in memory without gaps; `usual` has dtypes and tags by what they depend on. */
KIND(node_astype) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 2 || !state.ready || !is_lazy(args[0]) ||
        !is_of(args[1], state.axes))
        return GENERALLY(self, args, nargsf, names);
    PyObject *node = shown(args[0]), *facts = NULL, *row = NULL, *made = NULL;
    if (node != NULL && is_packed(self, node)) facts = PyTuple_Pack(2, SLOT(node, state.in_node.dtype), args[1]);
    if (facts != NULL) row = Py_XNewRef(PyDict_GetItemWithError(self->usual, facts));
    if (row != NULL)
        made = applied_here(self->op, PyTuple_GET_ITEM(row, 1), PyTuple_GET_ITEM(row, 0), SHAPE(node), &node, 1, true);
    made = or_generally(made, self, args, nargsf);
    if (made != NULL && row == NULL && facts != NULL && !remember(self, facts, node, made)) Py_CLEAR(made);
    Py_XDECREF(row);
    Py_XDECREF(facts);
    Py_XDECREF(node);
    return made;
}

/* --- functions of one array, as lazyarr/api/recipes.py remembers what they make --------------- */

/* Whether an argument is of what names an axis or a dtype. */
static bool is_of_axes(PyObject *x) {
    if (!PyTuple_CheckExact(x)) return is_of(x, state.axes);
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(x); k++)
        if (!PyLong_CheckExact(PyTuple_GET_ITEM(x, k))) return false;
    return true;
}

/* Return what a chain of nodes depends on that a call makes, as `recipes.key` does; NULL with no
   error if that is unusual. */
static PyObject *call_facts(PyObject *node, PyObject *const *args, Py_ssize_t nargs, PyObject *names) {
    Py_ssize_t named = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    PyObject *shape = SHAPE(node), *dtype = SLOT(node, state.in_node.dtype);
    if (nargs == 1 && !named) return PyTuple_Pack(2, shape, dtype);
    if (nargs + named > FEW) return NULL;
    for (Py_ssize_t k = 1; k < nargs + named; k++) {
        bool said = k >= nargs && PyBool_Check(args[k]) &&
                    PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, k - nargs), "axis");
        if (!said && !is_of_axes(args[k])) return NULL;
    }
    PyObject *rest = tuple_of(args + 1, nargs - 1), *key = rest == NULL ? NULL : PyTuple_New(3 + 2 * named);
    if (key == NULL) {
        Py_XDECREF(rest);
        return NULL;
    }
    PyTuple_SET_ITEM(key, 0, Py_NewRef(shape));
    PyTuple_SET_ITEM(key, 1, Py_NewRef(dtype));
    PyTuple_SET_ITEM(key, 2, rest);
    for (Py_ssize_t k = 0; k < named; k++) {
        PyTuple_SET_ITEM(key, 3 + k, Py_NewRef(PyTuple_GET_ITEM(names, k)));
        PyTuple_SET_ITEM(key, 3 + named + k, Py_NewRef(args[nargs + k]));
    }
    return key;
}

/* Return the last node of a chain from a node on, of which the reference is taken. */
static PyObject *chained(PyObject *node, PyObject *steps, PyObject *where) {
    for (Py_ssize_t k = 0; node != NULL && k < PyTuple_GET_SIZE(steps); k++) {
        PyObject **step = &PyTuple_GET_ITEM(PyTuple_GET_ITEM(steps, k), 0), *operands[] = {node, step[1]};
        PyObject *args = operands_of(operands, step[1] == Py_None ? 1 : 2);
        Py_DECREF(node);
        node = args == NULL ? NULL : new_node(step[0], args, step[2], step[3], step[4], step[5], where);
        Py_XDECREF(args);
    }
    return node;
}

/* Return what a function makes of an array, as its recipe in `usual` says; NULL with no error if there is none. */
PyObject *node_again(Method *self, PyObject *const *args, Py_ssize_t nargs, PyObject *names) {
    PyObject *node = shown(args[0]), *key = node == NULL ? NULL : call_facts(node, args, nargs, names), *made = NULL;
    PyObject *steps = key == NULL ? NULL : Py_XNewRef(PyDict_GetItemWithError(self->usual, key));
    PyObject *where = steps == NULL ? NULL : line(true);
    if (where != NULL) made = chained(Py_NewRef(node), steps, where);
    Py_XDECREF(node);
    Py_XDECREF(key);
    Py_XDECREF(steps);
    Py_XDECREF(where);
    return made == NULL ? NULL : array_of(made);
}
