/* Elements and parts of small arrays, taken and written. */

#include "methods.h"

#include <math.h>

#define HALVES 2048 /* whole numbers that are exact in half precision */
#define MIDDLING 1e30 /* far from what is too large for single precision, and its inverse from what is too small */

static bool is_place(PyObject *key) { return PyLong_CheckExact(key) || PySlice_Check(key); }

/* Whether a key is made of integers and slices, and of new axes and ``...`` if these may be. */
static bool is_of_places(PyObject *key, bool axes) {
    if (is_place(key) || (axes && (key == Py_None || key == Py_Ellipsis))) return true;
    if (!PyTuple_CheckExact(key)) return false;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(key); k++) {
        PyObject *part = PyTuple_GET_ITEM(key, k);
        if (!is_place(part) && !(axes && (part == Py_None || part == Py_Ellipsis))) return false;
    }
    return true;
}

PyObject *new_element(PyObject *value) {
    PyObject *made = holder(state.element, value);
    return made == NULL ? NULL : with_story(made, Py_NewRef(Py_None), 0);
}

/* Return a part of an array, of which the reference is taken, that remembers its key. */
static PyObject *part(PyObject *x, PyObject *held, PyObject *key, PyObject *value) {
    long count = calls_of(x);
    bool much = bytes_of(held) > state.told;
    PyObject *made = holder(state.small, value);
    if (made == NULL) return NULL;
    SLOT(made, state.chain_at) = Py_NewRef(held);
    if (count > state.made_by && !much) return with_story(made, Py_NewRef(Py_None), state.made_by + 1);
    return with_story(made, PyTuple_Pack(2, x, key), much ? state.made_by + 1 : count + 1);
}

/* Return what an index array or a mask took, of which the reference is taken. */
static PyObject *taken(PyObject *x, PyObject *held, PyObject *key, PyObject *value) {
    long count = bytes_of(held) > state.told ? state.made_by : calls_of(x);
    PyObject *made = holder(state.small, value);
    if (made == NULL) return NULL;
    SLOT(made, state.chain_at) = Py_NewRef(Py_None);
    if (PyArray_BASE(ARRAY(value)) != NULL && count <= state.made_by) /* its axes have been put in order */
        return with_story(made, PyTuple_Pack(2, x, key), count + 1);
    if (count >= state.made_by) return with_story(made, Py_NewRef(Py_None), count);
    PyObject *operands = PyTuple_Pack(2, x, key);
    if (operands == NULL) {
        Py_DECREF(made);
        return NULL;
    }
    made = with_story(made, story(state.take, operands, state.no_options, false), count + 1);
    Py_DECREF(operands);
    return made;
}

/* Whether part of a key is a list of Python's integers, or of truths. */
static bool is_list(PyObject *part) {
    bool whole = PyList_CheckExact(part);
    for (Py_ssize_t k = 0; whole && k < PyList_GET_SIZE(part); k++)
        whole = PyLong_CheckExact(PyList_GET_ITEM(part, k)) || PyBool_Check(PyList_GET_ITEM(part, k));
    return whole;
}

/* Return a key with NumPy's arrays and scalars for the known ones in it: a new reference, of another
   object than the key.

   NULL with no error if it is not such a key. */
static PyObject *places_of(PyObject *key) {
    if (is_small(key) || is_element(key)) return Py_NewRef(VALUE(key));
    if (is_list(key)) return PyList_GetSlice(key, 0, PyList_GET_SIZE(key));
    if (!PyTuple_CheckExact(key)) return NULL;
    PyObject *places = PyTuple_New(PyTuple_GET_SIZE(key));
    for (Py_ssize_t k = 0; places != NULL && k < PyTuple_GET_SIZE(key); k++) {
        PyObject *part = PyTuple_GET_ITEM(key, k);
        bool known = is_small(part) || is_element(part);
        if (known || is_place(part) || part == Py_None || part == Py_Ellipsis || is_list(part))
            PyTuple_SET_ITEM(places, k, Py_NewRef(known ? VALUE(part) : part));
        else
            Py_CLEAR(places);
    }
    return places;
}

/* Whether what was taken of an array, which is the user's unless it is our `own`, is certain to be
   in other memory. */
static bool is_copy(PyObject *held, PyObject *value, bool own) {
    PyObject *base = PyArray_BASE(ARRAY(value)), *memory = PyArray_BASE(ARRAY(held));
    return base == NULL || (own && base != held && base != memory);
}

KIND(array_getitem) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 2 || !is_usual() ||
        !(is_array(args[0]) || has_parts(args[0])))
        return GENERALLY(self, args, nargsf, names);
    PyObject *x = args[0], *key = args[1], *held = VALUE(x), *places = NULL;
    bool own = !Py_IS_TYPE(x, state.borrowed);
    Py_INCREF(held); /* which Python code may replace: `__index__`, a finalizer, a thread */
    if (own ? is_of_places(key, true) : PyLong_CheckExact(key))
        places = Py_NewRef(key);
    else if (!Py_IS_TYPE(x, state.opened) && (own || !PyTuple_CheckExact(key)))
        places = places_of(key);
    if (places == NULL || !holds(x)) {
        Py_XDECREF(places);
        Py_DECREF(held);
        if (PyErr_Occurred()) return NULL;
        return holds(x) ? GENERALLY(self, args, nargsf, names) : PyObject_GetItem(x, key);
    }
    PyObject *made = NULL, *value = PyObject_GetItem(held, places);
    bool generally = value == NULL && refused();
    if (value != NULL && !PyArray_CheckExact(value)) {
        made = new_element(value);
    } else if (value != NULL && places != key && is_copy(held, value, own)) {
        made = taken(x, held, key, value);
    } else if (value != NULL) {
        PyObject *base = PyArray_BASE(ARRAY(value)), *memory = PyArray_BASE(ARRAY(held));
        bool much = calls_of(x) > state.made_by || bytes_of(held) > state.told;
        bool view = places == key || base == (memory == NULL ? held : memory);
        generally = !own || !view || (much && bytes_of(value) > state.large);
        if (generally)
            Py_DECREF(value);
        else
            made = part(x, held, key, value);
    }
    Py_DECREF(places);
    Py_DECREF(held); /* who else needs the memory is counted */
    return generally ? GENERALLY(self, args, nargsf, names) : made;
}

/* Whether the dtype of an array or a scalar of NumPy's is that of an array. */
static bool is_of_dtype(PyObject *value, PyObject *held) {
    if (PyArray_CheckExact(value)) return DTYPE(value) == DTYPE(held);
    PyObject *dtype = (PyObject *)PyArray_DescrFromScalar(value);
    if (dtype == NULL) PyErr_Clear();
    Py_XDECREF(dtype); /* those of scalars are NumPy's own, which stay */
    return dtype == DTYPE(held);
}

/* Whether a number is written into an array of another dtype without a word of NumPy's: whole
   ones that no dtype is too narrow for, or that NumPy refuses. */
static bool is_tame(PyObject *number, PyArrayObject *held) {
    int overflow = 0;
    long value = PyLong_AsLongAndOverflow(number, &overflow);
    if (PyArray_ISINTEGER(held) || PyArray_ISBOOL(held)) return !overflow;
    return !overflow && -HALVES <= value && value <= HALVES;
}

/* The same of a number that is real: single precision has it next to its own ones, and integers what is whole of it. */
static bool is_tame_real(double number, PyArrayObject *held) {
    double size = fabs(number);
    if (PyArray_TYPE(held) == NPY_CDOUBLE) return true;
    if (PyArray_TYPE(held) == NPY_FLOAT || PyArray_TYPE(held) == NPY_CFLOAT)
        return !size || (1 / MIDDLING <= size && size <= MIDDLING);
    return PyArray_ISINTEGER(held) && size <= NPY_MAX_BYTE && (PyArray_ISSIGNED(held) || number >= 0);
}

/* Return a new reference to what is written for a value; NULL with no error if there is more to say of it. */
PyObject *written(PyObject *held, PyObject *value) {
    PyObject *dtype = DTYPE(held);
    if (PyBool_Check(value)) return Py_NewRef(value);
    if (PyLong_CheckExact(value))
        return dtype == state.double_ || dtype == state.integer || is_tame(value, ARRAY(held)) ? Py_NewRef(value) : NULL;
    if (PyFloat_CheckExact(value))
        return dtype == state.double_ || is_tame_real(PyFloat_AS_DOUBLE(value), ARRAY(held)) ? Py_NewRef(value) : NULL;
    PyObject *found = NULL;
    if (is_array(value) || is_element(value)) found = Py_NewRef(VALUE(value));
    else if (Py_IS_TYPE(value, state.sliced)) found = elements(value);
    else if (PyArray_CheckExact(value) || is_of(value, state.scalars)) found = Py_NewRef(value);
    if (found != NULL && !is_of_dtype(found, held)) Py_CLEAR(found);
    return found;
}

KIND(array_setitem) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 3 || !is_usual() || !has_parts(args[0]))
        return GENERALLY(self, args, nargsf, names);
    PyObject *x = args[0], *key = args[1], *places = is_of_places(key, true) ? Py_NewRef(key) : places_of(key);
    /* A finalizer that ran meanwhile may have written into the array, which then is no small one. */
    PyObject *held = Py_XNewRef(VALUE(x)), *value = places != NULL && has_parts(x) ? written(held, args[2]) : NULL;
    if (value == NULL) {
        Py_XDECREF(places);
        Py_XDECREF(held);
        if (PyErr_Occurred()) return NULL;
        if (has_parts(x)) return GENERALLY(self, args, nargsf, names);
        return PyObject_SetItem(x, key, args[2]) ? NULL : Py_NewRef(Py_None);
    }
    int failed = PyObject_SetItem(held, places, value);
    Py_DECREF(held);
    Py_DECREF(value);
    Py_DECREF(places);
    if (failed) return refused() ? GENERALLY(self, args, nargsf, names) : NULL;
    Py_XSETREF(HOW(x), Py_NewRef(Py_None));
    Py_RETURN_NONE;
}

static PyObject *attribute(PyObject *x, PyObject *name) {
    PyObject *held = Py_NewRef(VALUE(x)), *value = PyObject_GetAttr(held, name);
    Py_DECREF(held);
    return value;
}

/* ``x.compute()``, and ``x.__array__(dtype, copy=None)``, with which NumPy asks for the elements: not in code
   `other`, which looks at the strides. */
KIND(array_copied) {
    Method *self = (Method *)self_;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf), named = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    bool usual = (nargs == 1 || (nargs == 2 && self->other != Py_None)) && named <= 1 && state.ready && is_array(args[0]);
    usual = usual && PyArray_NDIM(ARRAY(VALUE(args[0])));
    if (usual && nargs == 2) usual = args[1] == Py_None || args[1] == DTYPE(VALUE(args[0]));
    if (usual && named)
        usual = args[nargs] == Py_None && self->other != Py_None &&
                !PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "copy");
    if (!usual) return GENERALLY(self, args, nargsf, names);
    PyFrameObject *frame = PyEval_GetFrame();
    PyObject *code = frame == NULL ? NULL : (PyObject *)PyFrame_GetCode(frame);
    Py_XDECREF(code); /* its frame has it */
    return code == self->other ? GENERALLY(self, args, nargsf, names) : PyArray_NewCopy(ARRAY(VALUE(args[0])), NPY_KEEPORDER);
}

/* What NumPy's array has by the name `other`. */
KIND(array_attribute) {
    Method *self = (Method *)self_;
    if (names == NULL && PyVectorcall_NARGS(nargsf) == 1 && state.ready && is_array(args[0]))
        return attribute(args[0], self->other);
    return GENERALLY(self, args, nargsf, names);
}

/* ``len(x)`` of what has axes. */
KIND(array_length) {
    Method *self = (Method *)self_;
    if (names == NULL && PyVectorcall_NARGS(nargsf) == 1 && state.ready && is_array(args[0])) {
        PyArrayObject *held = ARRAY(VALUE(args[0]));
        if (PyArray_NDIM(held)) return PyLong_FromSsize_t(PyArray_DIM(held, 0));
    }
    return GENERALLY(self, args, nargsf, names);
}

/* A view of all of an array by the name `other`: its transpose, its parts. */
KIND(array_view) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 1 || !is_usual() || !is_small(args[0]))
        return GENERALLY(self, args, nargsf, names);
    PyObject *value = attribute(args[0], self->other);
    if (value == NULL) return NULL;
    if (PyArray_CheckExact(value) && value != VALUE(args[0]))
        return told_of(value, self->op, args, 1, calls_of(args[0]), false);
    Py_DECREF(value);
    return GENERALLY(self, args, nargsf, names);
}
