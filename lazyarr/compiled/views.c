/* Views of arrays that are not small, as lazyarr/api/indexing.py takes them, and what they show. */

#include "methods.h"

#define MOST_PARTS 8      /* of a key that is remembered */
#define MOST_VIEWS 4096   /* that are remembered */

/* Return the node of a view of what its base shows; NULL with no error if it is an unusual one. Views of
   what is written are. */
static PyObject *shown_of(PyObject *x, PyObject *node) {
    PyObject *chain = SLOT(x, state.chain_at);
    if (chain == NULL || !PyTuple_CheckExact(chain) || PyTuple_GET_SIZE(chain) != 1) return NULL;
    PyObject *view = PyTuple_GET_ITEM(chain, 0);
    if (!Py_IS_TYPE(view, state.view) || SLOT(node, state.in_node.op) == state.update_op) return NULL;
    if (Py_IS_TYPE(SLOT(node, state.in_node.params), state.owned)) return NULL;
    Py_INCREF(view); /* which a finalizer may let the array forget */
    PyObject *made = seen_through(node, view, SLOT(node, state.in_node.where));
    Py_DECREF(view);
    return made;
}

/* Return the node that an array shows; NULL with no error if it has none. */
PyObject *shown(PyObject *x) {
    PyObject *base = SLOT(x, state.base_at), *node = SLOT(x, state.node_at), *of_base;
    if (base == NULL || node == NULL) return NULL;
    if (base == Py_None) return is_node(node) ? Py_NewRef(node) : NULL;
    if (Py_IS_TYPE(base, state.lazy) && (of_base = SLOT(base, state.node_at)) != NULL) {
        if (SLOT(x, state.seen_at) == of_base && is_node(node)) return Py_NewRef(node);
        if (is_node(of_base)) {
            Py_INCREF(of_base);
            PyObject *made = shown_of(x, of_base);
            if (made != NULL) {
                if (SLOT(x, state.base_at) == base) { /* a finalizer has not written it */
                    Py_XSETREF(SLOT(x, state.node_at), Py_NewRef(made));
                    Py_XSETREF(SLOT(x, state.seen_at), Py_NewRef(of_base)); /* when it is true */
                }
                Py_DECREF(of_base);
                return made;
            }
            Py_DECREF(of_base);
            if (PyErr_Occurred()) return NULL;
        }
    }
    node = PyObject_CallMethodNoArgs(x, state.names._current);
    if (node != NULL && !is_node(node)) Py_CLEAR(node);
    return node;
}

/* Return what the view that a key shows depends on; NULL with no error if that is unusual. */
static PyObject *key_facts(PyObject *shape, PyObject *key) {
    bool several = PyTuple_CheckExact(key);
    Py_ssize_t number = several ? PyTuple_GET_SIZE(key) : 1, count = 0;
    PyObject *facts[4 * MOST_PARTS + 1] = {shape};
    if (number > MOST_PARTS) return NULL;
    for (Py_ssize_t k = 0; k < number; k++) {
        PyObject *part = several ? PyTuple_GET_ITEM(key, k) : key;
        if (PySlice_Check(part)) {
            PySliceObject *slice = (PySliceObject *)part;
            if (!is_bound(slice->start) || !is_bound(slice->stop) || !is_bound(slice->step)) return NULL;
            facts[++count] = (PyObject *)&PySlice_Type; /* no part is a type itself */
            facts[++count] = slice->start;
            facts[++count] = slice->stop;
            part = slice->step;
        } else if (!is_bound(part) && part != Py_Ellipsis) {
            return NULL;
        }
        facts[++count] = part;
    }
    return tuple_of(facts, count + 1);
}

/* Return a view of an array along a chain, which remembers its key as `known.keyed` says, if there is one. */
static PyObject *view_of(PyObject *x, PyObject *chain, PyObject *key) {
    PyObject *picked = key == NULL ? Py_NewRef(Py_None) : PyTuple_Pack(2, PyTuple_GET_ITEM(chain, 0), key);
    PyObject *made = picked == NULL ? NULL : new_handle(state.lazy);
    if (made == NULL) {
        Py_XDECREF(picked);
        return NULL;
    }
    SLOT(made, state.node_at) = Py_NewRef(Py_None);
    SLOT(made, state.base_at) = Py_NewRef(x);
    SLOT(made, state.chain_at) = Py_NewRef(chain);
    SLOT(made, state.seen_at) = Py_NewRef(Py_None);
    SLOT(made, state.value_at) = picked;
    Py_XSETREF(SLOT(x, state.viewed_at), Py_NewRef(Py_True));
    return made;
}

/* Remember the chain of a view by what it depends on, if it is of one step and has its key, if it was given one. */
static bool remember(PyObject *views, PyObject *facts, PyObject *x, PyObject *key, PyObject *made) {
    if (!is_lazy(made) || SLOT(made, state.base_at) != x) return true;
    PyObject *chain = SLOT(made, state.chain_at);
    PyObject *picked = SLOT(made, state.value_at);
    if (chain == NULL || !PyTuple_CheckExact(chain) || PyTuple_GET_SIZE(chain) != 1) return true;
    if (key != NULL && (picked == NULL || picked == Py_None)) return true;
    if (PyDict_GET_SIZE(views) >= MOST_VIEWS) PyDict_Clear(views);
    return PyDict_SetItem(views, facts, chain) == 0;
}

/* Whether an array holds no view, but an expression, or what a device holds. */
static bool is_whole(PyObject *x) {
    PyObject *node = SLOT(x, state.node_at);
    return SLOT(x, state.base_at) == Py_None && node != NULL && is_node(node) &&
           !PyArray_CheckExact(SLOT(node, state.in_node.value));
}

/* ``x.shape``, and ``x.dtype`` if it is `flag`-ged. */
KIND(node_fact) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 1 || !state.ready || !is_lazy(args[0]) ||
        SLOT(args[0], state.base_at) != Py_None)
        return GENERALLY(self, args, nargsf, names);
    PyObject *node = SLOT(args[0], state.node_at);
    if (node == NULL || !is_node(node)) return GENERALLY(self, args, nargsf, names);
    return Py_NewRef(self->flag ? SLOT(node, state.in_node.dtype) : SHAPE(node));
}

/* Return the view of `args[0]` that depends on these facts, whose reference is taken: `usual` has the chains
   of such views. Without facts the general way returns it. */
static PyObject *view_by(Method *self, PyObject *const *args, size_t nargsf, PyObject *facts, PyObject *key) {
    PyObject *chain = facts == NULL ? NULL : Py_XNewRef(PyDict_GetItemWithError(self->usual, facts)), *made = NULL;
    if (chain != NULL) {
        made = view_of(args[0], chain, key);
    } else if (!PyErr_Occurred()) {
        made = GENERALLY(self, args, nargsf, NULL);
        if (made != NULL && facts != NULL && !remember(self->usual, facts, args[0], key, made)) Py_CLEAR(made);
    }
    Py_XDECREF(facts);
    Py_XDECREF(chain);
    return made;
}

/* ``x[1:, :-1]`` */
KIND(node_getitem) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 2 || !state.ready || !is_lazy(args[0]) ||
        PyDict_GET_SIZE(state.due))
        return GENERALLY(self, args, nargsf, names);
    PyObject *facts = is_whole(args[0]) ? key_facts(SHAPE(SLOT(args[0], state.node_at)), args[1]) : NULL;
    return view_by(self, args, nargsf, facts, args[1]);
}

/* ``x.T`` */
KIND(node_turned) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 1 || !state.ready || !is_lazy(args[0]) || !is_whole(args[0]))
        return GENERALLY(self, args, nargsf, names);
    PyObject *shape = SHAPE(SLOT(args[0], state.node_at));
    return view_by(self, args, nargsf, PyTuple_GET_SIZE(shape) ? Py_NewRef(shape) : NULL, NULL);
}
