/* Arrays and scalars of NumPy's own beside those of ours. */

#include "methods.h"

/* Whether it is an array of NumPy's of little, or a scalar, of a dtype that there is. */
bool is_little(PyObject *value) {
    if (!PyArray_CheckExact(value)) return is_of(value, state.scalars);
    if (bytes_of(value) > state.usual) return false;
    return DTYPE(value) == state.double_ || PySet_Contains(state.dtypes, DTYPE(value)) == 1;
}

/* Return the array of NumPy's that an argument is or holds, borrowed; NULL with no error if it is neither
   known nor little. */
PyObject *held_array(PyObject *x) {
    if (is_array(x)) return VALUE(x);
    return PyArray_CheckExact(x) && is_little(x) ? x : NULL;
}

/* Whether NumPy computes with a number of Python's in a dtype that there is. */
static bool is_computed(PyObject *x) {
    int overflow = 0;
    if (PyFloat_CheckExact(x) || PyComplex_CheckExact(x)) return true;
    if (!PyLong_CheckExact(x)) return false;
    PyLong_AsLongLongAndOverflow(x, &overflow);
    return !overflow;
}

/* Return a new reference to an operand as NumPy is given it, and add to the calls that are told of.

   It may be a number. NULL with no error if there is more to say of it. */
PyObject *operand(PyObject *x, long *count) {
    if (is_computed(x) || is_little(x)) return Py_NewRef(x);
    PyObject *held = is_element(x) ? Py_NewRef(VALUE(x)) : elements(x);
    if (held != NULL) *count += calls_of(x);
    return held;
}

/* Whether an operand remembers nothing of how it was made: a scalar, or such an element. */
static bool is_bare(PyObject *x) {
    return is_element(x) ? HOW(x) == Py_None : !is_known(x);
}

/* Return the array of NumPy's own that a call is to write into, borrowed, if that is all that goes by name. */
static PyObject *out_of(PyObject *const *args, Py_ssize_t nargs, PyObject *names) {
    if (names == NULL || PyTuple_GET_SIZE(names) != 1) return NULL;
    if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), "out")) return NULL;
    PyObject *out = PyTuple_CheckExact(args[nargs]) && PyTuple_GET_SIZE(args[nargs]) == 1 ? PyTuple_GET_ITEM(args[nargs], 0) : NULL;
    return out != NULL && PyArray_CheckExact(out) && is_little(out) ? out : NULL;
}

/* ``x.__array_ufunc__(add, "__call__", y, x)``, as NumPy asks for ``y + x`` of what is its own and of x.

   `other` has the rows of ufuncs, and `function` what Python's operators give of scalars. */
KIND(array_ufunc) {
    Method *self = (Method *)self_;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf), number = nargs - 3;
    PyObject *out = out_of(args, nargs, names);
    bool usual = (out != NULL || names == NULL || !PyTuple_GET_SIZE(names)) && (number == 1 || number == 2) && is_usual();
    usual = usual && PyUnicode_Check(args[2]) && !PyUnicode_CompareWithASCIIString(args[2], "__call__");
    PyObject *op = usual ? PyDict_GetItemWithError(self->other, args[1]) : NULL, *values[3] = {NULL, NULL, NULL};
    if (op == NULL) return PyErr_Occurred() ? NULL : GENERALLY(self, args, nargsf, names);
    PyObject *const *operands = args + 3, *made = NULL;
    long count = 0;
    bool arrays = false, bare = true, numpys = true; /* what Python's operators give of a complex number is Python's */
    for (Py_ssize_t k = 0; usual && k < number; k++) {
        values[k] = operand(operands[k], &count);
        usual = values[k] != NULL;
        arrays = arrays || (usual && PyArray_CheckExact(values[k]));
        bare = bare && is_bare(operands[k]);
        numpys = numpys && !(usual && PyComplex_CheckExact(values[k]));
    }
    if (usual && number == 2 && PyArray_CheckExact(values[0]) && PyArray_CheckExact(values[1]))
        usual = out != NULL || !may_broaden(values[0], values[1]);
    PyObject *scalar = usual && !arrays && numpys ? PyDict_GetItemWithError(self->function, args[1]) : NULL;
    int written = 0;
    if (out != NULL) {
        values[number] = out;
        if (usual) written = writes(op, args[1], values, number + 1);
    } else if (usual) {
        made = run(state.raising, scalar == NULL ? args[1] : scalar, values, number, NULL);
    }
    for (Py_ssize_t k = 0; k < number; k++) Py_XDECREF(values[k]);
    if (written) return written > 0 ? Py_NewRef(out) : NULL;
    if (made == NULL) return is_general() ? GENERALLY(self, args, nargsf, names) : NULL;
    if (!arrays && bare) return new_element(made);
    made = told_of(made, op, operands, number, count, true);
    return made == NULL && !PyErr_Occurred() ? GENERALLY(self, args, nargsf, names) : made;
}
