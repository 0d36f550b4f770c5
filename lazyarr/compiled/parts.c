/* Parts of large arrays whose elements are there, by their keys: lazyarr/api/parts.py and inside.py. */

#include "methods.h"

#define FIXED (-1) /* the axis of a view that none of its base goes along, as in ir/view.py */

/* Return the elements of an array that are there, borrowed; NULL with no error if they are not. */
static PyObject *elements_of(PyObject *base) {
    if (base == NULL) return NULL;
    if (is_array(base) || has_parts(base)) return VALUE(base);
    PyObject *node = is_lazy(base) ? SLOT(base, state.node_at) : NULL;
    PyObject *held = node != NULL && is_node(node) ? SLOT(node, state.in_node.value) : NULL;
    return held != NULL && PyArray_CheckExact(held) ? held : NULL;
}

static bool is_plain_part(PyObject *part) {
    if (!PySlice_Check(part)) return PyLong_CheckExact(part);
    PySliceObject *slice = (PySliceObject *)part;
    return is_bound(slice->start) && is_bound(slice->stop) && is_bound(slice->step);
}

/* Whether a key consists of integers and slices of such: no code of Python's runs where it is used. */
static bool is_plain(PyObject *key) {
    if (!PyTuple_CheckExact(key)) return is_plain_part(key);
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(key); k++)
        if (!is_plain_part(PyTuple_GET_ITEM(key, k))) return false;
    return true;
}

/* Return what a part by its key shows of memory, if it is little; NULL with no error if there is more
   to say: `looped.shown`. */
static PyObject *shown_part(PyObject *x) {
    PyObject *held = elements_of(SLOT(x, state.base_at)), *key = SLOT(x, state.whole_at);
    if (held == NULL || key == NULL) return NULL;
    if (!is_plain(key)) return NULL; /* or several steps lead to it */
    Py_INCREF(held); /* which a finalizer may replace */
    Py_INCREF(key);
    PyObject *part = PyObject_GetItem(held, key);
    Py_DECREF(key);
    Py_DECREF(held);
    if (part != NULL && PyArray_CheckExact(part) && bytes_of(part) <= state.usual) return part;
    Py_XDECREF(part);
    PyErr_Clear();
    return NULL;
}

/* Return a new reference to the elements of a known array, or of a part of one that is there; NULL with
   no error if it is neither. */
PyObject *elements(PyObject *x) {
    if (is_array(x)) return Py_NewRef(VALUE(x));
    return Py_IS_TYPE(x, state.sliced) ? shown_part(x) : NULL;
}

/* Whether an integer names a place of an axis. */
static bool is_within(PyObject *part, Py_ssize_t size) {
    Py_ssize_t place = PyLong_AsSsize_t(part);
    if (place != -1 || !PyErr_Occurred()) return -size <= place && place < size;
    PyErr_Clear(); /* it is too large for any */
    return false;
}

/* Return the shape of what a key of integers and slices shows of an array: NumPy's own view of it would take
   five times as long. NULL with no error if that is an element, or there is more to say of the key. */
static PyObject *shape_at(PyArrayObject *held, PyObject *key) {
    bool several = PyTuple_CheckExact(key);
    Py_ssize_t number = several ? PyTuple_GET_SIZE(key) : 1, left = 0, extents[MOST_AXES];
    if (number > PyArray_NDIM(held) || PyArray_NDIM(held) > MOST_AXES) return NULL;
    for (int k = 0; k < PyArray_NDIM(held); k++) {
        PyObject *part = k >= number ? NULL : several ? PyTuple_GET_ITEM(key, k) : key;
        Py_ssize_t size = PyArray_DIM(held, k), first = 0, stop = size, step = 1;
        if (part != NULL && PyLong_CheckExact(part)) {
            if (!is_within(part, size)) return NULL;
            continue;
        }
        if (part != NULL && PySlice_Unpack(part, &first, &stop, &step) < 0) {
            PyErr_Clear();
            return NULL;
        }
        extents[left++] = PySlice_AdjustIndices(size, &first, &stop, step);
    }
    PyObject *shape = left ? PyTuple_New(left) : NULL;
    for (Py_ssize_t k = 0; shape != NULL && k < left; k++) {
        PyObject *extent = PyLong_FromSsize_t(extents[k]);
        if (extent == NULL) Py_CLEAR(shape);
        else PyTuple_SET_ITEM(shape, k, extent);
    }
    return shape;
}

/* Return the element that a key names; NULL with no error if there is more to say of it. */
static PyObject *element_at(PyObject *held, PyObject *key) {
    PyObject *value = PyObject_GetItem(held, key);
    if (value == NULL && PyErr_ExceptionMatches(PyExc_IndexError)) PyErr_Clear(); /* told where every key is looked at */
    if (value == NULL || !PyArray_CheckExact(value)) return value == NULL ? NULL : new_element(value);
    Py_DECREF(value);
    return NULL;
}

/* Return the part of a base that a key of integers and slices shows of what it holds; NULL with no
   error if there is more to say. */
static PyObject *sliced(PyObject *base, PyObject *held, PyObject *key) {
    PyObject *shape = shape_at(ARRAY(held), key);
    if (shape == NULL) return PyErr_Occurred() ? NULL : element_at(held, key);
    PyObject *made = new_handle(state.sliced);
    if (made == NULL) {
        Py_DECREF(shape);
        return NULL;
    }
    SLOT(made, state.node_at) = Py_NewRef(Py_None);
    SLOT(made, state.base_at) = Py_NewRef(base);
    SLOT(made, state.seen_at) = Py_NewRef(Py_None);
    SLOT(made, state.value_at) = shape;
    SLOT(made, state.whole_at) = Py_NewRef(key);
    Py_XSETREF(SLOT(base, state.viewed_at), Py_NewRef(Py_True));
    return made;
}

/* Return the only step of a view's chain, borrowed; NULL if it is unusual. */
static PyObject *only_view(PyObject *x) {
    PyObject *chain = SLOT(x, state.chain_at);
    if (chain == NULL || !PyTuple_CheckExact(chain) || PyTuple_GET_SIZE(chain) != 1) return NULL;
    PyObject *view = PyTuple_GET_ITEM(chain, 0);
    return Py_IS_TYPE(view, state.view) ? view : NULL;
}

/* Read where the elements of a view lie along an axis of its base; whether that is usual. */
static bool read_axis(PyObject *view, Py_ssize_t k, Py_ssize_t *start, Py_ssize_t *step, Py_ssize_t *axis) {
    PyObject *one = PyTuple_GET_ITEM(PyTuple_GET_ITEM(view, 1), k);
    *start = PyLong_AsSsize_t(PyTuple_GET_ITEM(one, 0));
    *step = PyLong_AsSsize_t(PyTuple_GET_ITEM(one, 1));
    *axis = PyLong_AsSsize_t(PyTuple_GET_ITEM(one, 2));
    if (PyErr_Occurred()) PyErr_Clear();
    else return *axis == FIXED || (*axis >= 0 && *step);
    return false;
}

/* Return the view of an array, without a copy: `views.apply`. NULL with no error if it is an unusual one,
   in which elements are there several times, or of which there are none. */
static PyObject *applied(PyObject *held, PyObject *view) {
    PyObject *shape = PyTuple_GET_ITEM(view, 0), *axes = PyTuple_GET_ITEM(view, 1);
    Py_ssize_t ndim = PyTuple_GET_SIZE(shape), start, step, axis;
    npy_intp dims[MOST_AXES], strides[MOST_AXES] = {0};
    char *data = PyArray_BYTES(ARRAY(held));
    if (ndim > MOST_AXES || PyTuple_GET_SIZE(axes) != PyArray_NDIM(ARRAY(held))) return NULL;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(axes); k++) {
        npy_intp stride = PyArray_STRIDE(ARRAY(held), (int)k);
        if (!read_axis(view, k, &start, &step, &axis) || axis >= ndim) return NULL;
        data += start * stride;
        if (axis == FIXED) continue;
        if (strides[axis]) return NULL; /* a diagonal */
        strides[axis] = step * stride;
    }
    for (Py_ssize_t k = 0; k < ndim; k++) {
        dims[k] = PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, k));
        if (dims[k] <= 0 || !strides[k]) return NULL;
    }
    PyArray_Descr *dtype = PyArray_DESCR(ARRAY(held));
    Py_INCREF(dtype);
    int flags = PyArray_FLAGS(ARRAY(held)) & (NPY_ARRAY_WRITEABLE | NPY_ARRAY_ALIGNED);
    PyObject *made = PyArray_NewFromDescr(&PyArray_Type, dtype, (int)ndim, dims, strides, data, flags, NULL);
    if (made != NULL && PyArray_SetBaseObject(ARRAY(made), Py_NewRef(held)) < 0) Py_CLEAR(made);
    return made;
}

/* Return the slice of a base's axis that a slice of a view's axis shows; NULL with no error if unusual. */
static PyObject *slice_within(PyObject *part, Py_ssize_t size, Py_ssize_t start, Py_ssize_t step) {
    Py_ssize_t first = 0, stop = size, stride = 1;
    if (part != NULL && PySlice_Unpack(part, &first, &stop, &stride) < 0) {
        PyErr_Clear();
        return NULL;
    }
    Py_ssize_t length = PySlice_AdjustIndices(size, &first, &stop, stride);
    if (!length) return NULL;
    first = start + step * first;
    stride *= step;
    stop = first + stride * length;
    PyObject *bounds[] = {PyLong_FromSsize_t(first), stop < 0 ? Py_NewRef(Py_None) : PyLong_FromSsize_t(stop),
                          PyLong_FromSsize_t(stride)};
    bool whole = bounds[0] != NULL && bounds[1] != NULL && bounds[2] != NULL;
    PyObject *made = whole ? PySlice_New(bounds[0], bounds[1], bounds[2]) : NULL;
    for (int k = 0; k < 3; k++) Py_XDECREF(bounds[k]);
    return made;
}

/* Return the key of a base that shows what integers and slices show of a view of it: `views.key_within`.
   NULL with no error if there is no such key, or no usual one. */
static PyObject *key_within(PyObject *view, PyObject *key) {
    PyObject *shape = PyTuple_GET_ITEM(view, 0), *axes = PyTuple_GET_ITEM(view, 1);
    bool several = PyTuple_CheckExact(key);
    Py_ssize_t number = several ? PyTuple_GET_SIZE(key) : 1, left = PyTuple_GET_SIZE(shape), last = -1;
    Py_ssize_t start, step, axis;
    if (number > left) return NULL;
    for (Py_ssize_t k = 0; k < number; k++) {
        PyObject *part = several ? PyTuple_GET_ITEM(key, k) : key;
        if (!PyLong_CheckExact(part)) continue;
        if (!is_within(part, PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, k)))) return NULL; /* of new axes, too */
        left--;
    }
    PyObject *found = PyTuple_New(PyTuple_GET_SIZE(axes));
    for (Py_ssize_t k = 0; found != NULL && k < PyTuple_GET_SIZE(axes); k++) {
        PyObject *part = NULL, *own = NULL;
        bool usual = read_axis(view, k, &start, &step, &axis) && axis < PyTuple_GET_SIZE(shape);
        if (usual && axis != FIXED && axis < number) part = several ? PyTuple_GET_ITEM(key, axis) : key;
        if (usual && axis == FIXED) {
            own = PyLong_FromSsize_t(start);
        } else if (usual) {
            Py_ssize_t size = PyLong_AsSsize_t(PyTuple_GET_ITEM(shape, axis));
            if (part != NULL && PyLong_CheckExact(part)) {
                Py_ssize_t place = PyLong_AsSsize_t(part);
                own = PyLong_FromSsize_t(start + step * (place < 0 ? place + size : place));
            } else if (axis > last) { /* else the base has its axes in another order */
                last = axis;
                left--;
                own = slice_within(part, size, start, step);
            }
        }
        if (own == NULL) Py_CLEAR(found);
        else PyTuple_SET_ITEM(found, k, own);
    }
    if (left) Py_CLEAR(found);
    return found;
}

/* Return what a key shows of a view of what a loop writes into, if that is not much. */
static PyObject *part_inside(PyObject *base, PyObject *view, PyObject *key) {
    PyObject *held = applied(VALUE(base), view), *value = held == NULL ? NULL : PyObject_GetItem(held, key);
    Py_XDECREF(held);
    if (value == NULL) {
        if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_IndexError)) PyErr_Clear();
        return NULL;
    }
    if (!PyArray_CheckExact(value)) return new_element(value);
    if (bytes_of(value) > state.large) {
        Py_DECREF(value);
        return NULL;
    }
    PyObject *made = holder(state.small, value);
    return made == NULL ? NULL : with_story(made, Py_NewRef(Py_None), state.made_by + 1);
}

/* Return what ``x[key]`` is of an array that is there, or of a view of one; NULL with no error if there
   is more to say. */
static PyObject *part_there(PyObject *x, PyObject *key) {
    PyObject *base = SLOT(x, state.base_at), *held = NULL, *view = NULL, *made = NULL, *own = NULL;
    if (base == NULL || PyList_GET_SIZE(state.marks) || !is_plain(key)) return NULL;
    if (base == Py_None) {
        if ((held = elements_of(x)) == NULL) return NULL;
        Py_INCREF(held);
        made = sliced(x, held, key);
        Py_DECREF(held);
        return made;
    }
    if ((view = only_view(x)) == NULL || (held = elements_of(base)) == NULL) return NULL;
    Py_INCREF(base); /* a finalizer may let the view forget them */
    Py_INCREF(view);
    Py_INCREF(held);
    if (Py_IS_TYPE(base, state.opened))
        made = part_inside(base, view, key);
    else if (is_lazy(base) && (own = key_within(view, key)) != NULL)
        made = sliced(base, held, own);
    Py_XDECREF(own);
    Py_DECREF(held);
    Py_DECREF(view);
    Py_DECREF(base);
    return made;
}

/* ``x[key]`` of what is there, or of a view of it. For an expression `general` is compiled, too. */
KIND(part_getitem) {
    Method *self = (Method *)self_;
    bool lazy = names == NULL && PyVectorcall_NARGS(nargsf) == 2 && state.ready && is_lazy(args[0]);
    PyObject *made = lazy && !PyDict_GET_SIZE(state.due) ? part_there(args[0], args[1]) : NULL;
    if (made != NULL || PyErr_Occurred()) return made;
    return GENERALLY(self, args, nargsf, names);
}

/* ``x[key] = value`` of a view of what a loop writes into. */
KIND(part_setitem) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 3 || !is_usual() || !is_lazy(args[0]) ||
        PyDict_GET_SIZE(state.due))
        return GENERALLY(self, args, nargsf, names);
    PyObject *x = args[0], *base = SLOT(x, state.base_at), *view = NULL, *held = NULL, *value = NULL;
    bool usual = base != NULL && Py_IS_TYPE(base, state.opened) && has_parts(base) && is_plain(args[1]);
    if (usual && (view = only_view(x)) != NULL) held = applied(VALUE(base), view);
    if (held != NULL) value = written(held, args[2]);
    if (value == NULL) {
        Py_XDECREF(held);
        return PyErr_Occurred() ? NULL : GENERALLY(self, args, nargsf, names);
    }
    int failed = PyObject_SetItem(held, args[1], value);
    Py_DECREF(held);
    Py_DECREF(value);
    if (failed) return refused() ? GENERALLY(self, args, nargsf, names) : NULL;
    Py_RETURN_NONE;
}
