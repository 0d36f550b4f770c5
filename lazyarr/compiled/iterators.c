/* Going through the elements of small arrays. */

#include "methods.h"

typedef struct {
    PyObject_HEAD
    PyObject *array, *held; /* ours, and NumPy's as it was at first; NULL at the end */
    Py_ssize_t next;
} Elements;

static void elements_dealloc(PyObject *self_) {
    Elements *self = (Elements *)self_;
    Py_XDECREF(self->array);
    Py_XDECREF(self->held);
    PyObject_Free(self_);
}

static PyObject *element(PyArrayObject *held, Py_ssize_t place) {
    PyObject *value = PyArray_Scalar(PyArray_GETPTR1(held, place), PyArray_DESCR(held), (PyObject *)held);
    PyObject *made = value == NULL ? NULL : holder(state.element, value);
    return made == NULL ? NULL : with_story(made, Py_NewRef(Py_None), 0);
}

/* Return an element as it is now: a loop may have written it, or given the array other memory. */
static PyObject *elements_next(PyObject *self_) {
    Elements *self = (Elements *)self_;
    if (self->array == NULL) return NULL;
    PyObject *x = Py_NewRef(self->array), *made = NULL; /* another thread may come to the end */
    PyArrayObject *held = ARRAY(self->held);
    bool same = is_array(x) && ARRAY(VALUE(x)) == held && PyArray_NDIM(held) == 1;
    Py_ssize_t place = self->next++, number = same ? PyArray_DIM(held, 0) : PyObject_Length(x);
    if (place < number) {
        made = same ? element(held, place) : PySequence_GetItem(x, place);
    } else {
        Py_CLEAR(self->array);
        Py_CLEAR(self->held);
    }
    Py_DECREF(x);
    return made;
}

PyTypeObject ElementsType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "lazyarr.compiled.methods.elements",
    .tp_basicsize = sizeof(Elements),
    .tp_dealloc = elements_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = elements_next,
};

/* ``iter(x)`` of one axis. */
KIND(array_iter) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 1 || !is_usual() || !is_array(args[0]) ||
        PyArray_NDIM(ARRAY(VALUE(args[0]))) != 1)
        return GENERALLY(self, args, nargsf, names);
    Elements *made = PyObject_New(Elements, &ElementsType);
    if (made == NULL) return NULL;
    made->array = Py_NewRef(args[0]);
    made->held = Py_NewRef(VALUE(args[0]));
    made->next = 0;
    return (PyObject *)made;
}
