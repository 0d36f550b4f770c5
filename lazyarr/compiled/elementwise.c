/* Elementwise functions, and those that write into a small array. */

#include "methods.h"

/* Whether errors are told as they are unless a user asks. */
static bool is_unasked(void) {
    PyObject *value = NULL;
    if (state.asked == Py_None || PyContextVar_Get(state.asked, NULL, &value) < 0) {
        PyErr_Clear();
        return false;
    }
    Py_XDECREF(value);
    return value == state.nothing;
}

/* Return what an elementwise function gave; the general way finds the line if none is known. */
static PyObject *elementwise(Method *self, PyObject *const *args, Py_ssize_t nargs, PyObject *value, long count) {
    if (value == NULL) return is_general() ? GENERALLY(self, args, nargs, NULL) : NULL;
    PyObject *made = told_of(value, self->op, args, nargs, count, true);
    return made == NULL && !PyErr_Occurred() ? GENERALLY(self, args, nargs, NULL) : made;
}

/* Whether `out` is given to a function of some operands, by its place or by its name. */
static bool has_out(Py_ssize_t operands, Py_ssize_t nargs, PyObject *names) {
    if (names == NULL) return nargs == operands + 1;
    return nargs == operands && PyTuple_GET_SIZE(names) == 1 &&
           PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "out") == 0;
}

/* Let a small array that has been written forget by what it was made. */
static void forget(PyObject *out) {
    if (holds(out)) Py_XSETREF(HOW(out), Py_NewRef(Py_None)); /* a user's function may have been told of errors */
}

/* ``sqrt(x, out=y)``: `other` writes into the small array that follows the operands. */
static PyObject *into(Method *self, PyObject *const *args, Py_ssize_t operands, size_t nargsf, PyObject *names) {
    PyObject *out = args[operands], *values[3];
    bool usual = self->other != Py_None && is_usual() && is_small(out);
    for (Py_ssize_t k = 0; usual && k < operands; k++) {
        if (is_element(args[k]))
            values[k] = VALUE(args[k]);
        else if (is_array(args[k]) && bytes_of(VALUE(args[k])) <= bytes_of(VALUE(out)))
            values[k] = VALUE(args[k]);
        else if (is_number(args[k]))
            values[k] = args[k];
        else
            usual = false;
    }
    if (!usual) return GENERALLY(self, args, nargsf, names);
    values[operands] = VALUE(out);
    int written = writes(self->op, self->other, values, operands + 1);
    if (written < 0) return NULL;
    if (written) forget(out);
    return written ? Py_NewRef(out) : GENERALLY(self, args, nargsf, names);
}

/* Whether a number is complex, or the elements of an array are. */
static bool is_complex(PyObject *value) {
    if (PyArray_CheckExact(value)) return PyArray_ISCOMPLEX(ARRAY(value));
    return PyComplex_Check(value) || PyArray_IsScalar(value, ComplexFloating);
}

/* ``sqrt(x)``; `flag`-ged if results are often next to zero, `reflected` if of numbers, too. */
KIND(function_of_one) {
    Method *self = (Method *)self_;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (names == NULL && nargs == 1 && state.ready && is_lazy(args[0]))
        return or_generally(node_of_one(self, args[0], true), self, args, nargsf);
    if (has_out(1, nargs, names)) return into(self, args, 1, nargsf, names);
    long count = 0;
    PyObject *held = NULL;
    if (names == NULL && nargs == 1 && is_usual() && (self->reflected || is_known(args[0]) || PyArray_CheckExact(args[0])))
        held = operand(args[0], &count);
    if (held != NULL && self->real && is_complex(held)) Py_CLEAR(held);
    if (held == NULL) return GENERALLY(self, args, nargsf, names);
    PyObject *context = self->flag && is_unasked() ? state.lenient : state.raising;
    PyObject *value = run(context, self->function, &held, 1, NULL);
    Py_DECREF(held);
    return elementwise(self, args, nargs, value, count);
}

/* ``maximum(x, y)``; `flag`-ged if numbers are given as arrays that are kept, and `reflected` if
   the first operand may be a number, too. */
KIND(function_of_two) {
    Method *self = (Method *)self_;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    if (names == NULL && nargs == 2 && state.ready && self->usual != Py_None && (is_lazy(args[0]) || is_lazy(args[1])))
        return or_generally(node_of_two(self, args[0], args[1], true), self, args, nargsf);
    if (has_out(2, nargs, names)) return into(self, args, 2, nargsf, names);
    long count = 0;
    PyObject *held = NULL, *other = NULL; /* whose holders Python code may replace */
    bool array = is_known(args[0]) || PyArray_CheckExact(args[0]);
    if (names == NULL && nargs == 2 && is_usual() && (array || self->reflected)) held = operand(args[0], &count);
    if (held == NULL) return GENERALLY(self, args, nargsf, names);
    other = array ? second(held, args[1], self->flag, &count) : operand(args[1], &count);
    PyObject *operands[] = {held, other};
    PyObject *value = other == NULL ? NULL : run(state.raising, self->function, operands, 2, NULL);
    Py_XDECREF(other);
    Py_DECREF(held);
    return elementwise(self, args, nargs, value, count);
}

/* Return how long the longest array is that a key is, or holds. */
static npy_intp length_of(PyObject *key) {
    npy_intp most = PyArray_CheckExact(key) ? PyArray_SIZE(ARRAY(key)) : 0;
    for (Py_ssize_t k = 0; PyTuple_CheckExact(key) && k < PyTuple_GET_SIZE(key); k++)
        most = Py_MAX(most, length_of(PyTuple_GET_ITEM(key, k)));
    return most;
}

/* Whether ops/scattered.py has a better way than NumPy's to write at many places. That takes one index array
   and the dtype of what is written for no longer than it does. */
static bool is_scattered(PyObject *const *values, Py_ssize_t nargs) {
    if (nargs < 2 || length_of(values[1]) < state.many) return false;
    if (PyTuple_CheckExact(values[1])) return length_of(values[1]) >= state.several;
    PyObject *dtype = DTYPE(values[0]), *value = nargs == 3 ? values[2] : NULL;
    if (value == NULL) return false;
    if (PyFloat_CheckExact(value)) return dtype != state.double_;
    if (PyLong_CheckExact(value)) return dtype != state.integer;
    return !PyArray_CheckExact(value) || DTYPE(value) != dtype;
}

/* ``add.at(x, i, 1)``: a function that writes into its first argument, which is a small array. */
KIND(function_writing) {
    Method *self = (Method *)self_;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf);
    PyObject *values[FEW], *held[FEW] = {NULL};
    bool usual = names == NULL && nargs && nargs <= FEW && is_usual() && is_small(args[0]);
    if (usual) values[0] = held[0] = Py_NewRef(VALUE(args[0])); /* which a finalizer may replace */
    for (Py_ssize_t k = 1; usual && k < nargs; k++) {
        long count = 0;
        bool own = true;
        held[k] = PyTuple_CheckExact(args[k]) ? values_in(args[k], &count, &own) : operand(args[k], &count);
        values[k] = held[k];
        usual = held[k] != NULL;
        usual = usual && (is_complex(values[0]) || !is_complex(held[k])); /* it would warn */
    }
    usual = usual && VALUE(args[0]) == values[0] && !is_scattered(values, nargs);
    int written = usual ? writes(self->op, self->function, values, nargs) : PyErr_Occurred() ? -1 : 0;
    for (Py_ssize_t k = 0; k < FEW; k++) Py_XDECREF(held[k]);
    if (written < 0) return NULL;
    if (written) forget(args[0]);
    return written ? Py_NewRef(Py_None) : GENERALLY(self, args, nargsf, names);
}
