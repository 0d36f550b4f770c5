/* Functions and methods of small arrays that are NumPy's, called at once. */

#include "methods.h"

/* --- functions and methods of an array and what is beside it ------------------------------ */

/* Return a call's arguments that go by name as a dict; the one that is always empty if none do. */
PyObject *options_of(PyObject *const *values, PyObject *names) {
    if (names == NULL || !PyTuple_GET_SIZE(names)) return Py_NewRef(state.no_options);
    PyObject *options = PyDict_New();
    for (Py_ssize_t k = 0; options != NULL && k < PyTuple_GET_SIZE(names); k++)
        if (PyDict_SetItem(options, PyTuple_GET_ITEM(names, k), values[k]) < 0) Py_CLEAR(options);
    return options;
}

/* Return an array or a scalar of NumPy's as what a call made; NULL with no error if it is not little. */
static PyObject *little(PyObject *value, PyObject *op, PyObject *operands, PyObject *options, long count) {
    return is_little(value) ? told(Py_NewRef(value), op, operands, options, count, true) : NULL;
}

/* Return several results of a call, each a part of it; NULL with no error if one is not little. */
static PyObject *each(PyObject *values, PyObject *op, PyObject *operands, PyObject *options, long count) {
    Py_ssize_t number = PyTuple_GET_SIZE(values), given = PyTuple_GET_SIZE(operands);
    PyObject *made = PyTuple_New(number);
    for (Py_ssize_t k = 0; made != NULL && k < number; k++) {
        PyObject *call = PyTuple_New(given + 2), *place = PyLong_FromSsize_t(k), *one = NULL;
        if (call != NULL && place != NULL) {
            PyTuple_SET_ITEM(call, 0, Py_NewRef(op));
            PyTuple_SET_ITEM(call, 1, Py_NewRef(place));
            for (Py_ssize_t j = 0; j < given; j++)
                PyTuple_SET_ITEM(call, j + 2, Py_NewRef(PyTuple_GET_ITEM(operands, j)));
            one = little(PyTuple_GET_ITEM(values, k), state.part, call, options, count);
        }
        Py_XDECREF(call);
        Py_XDECREF(place);
        if (one == NULL)
            Py_CLEAR(made);
        else
            PyTuple_SET_ITEM(made, k, one);
    }
    return made;
}

/* Return what NumPy gave, of which the reference is taken, as made.py's `made_at` does. */
static PyObject *made(Method *self, PyObject *const *args, Py_ssize_t nargs, PyObject *names, PyObject *value, long count) {
    PyObject *operands = tuple_of(args, nargs), *options = options_of(args + nargs, names), *all = NULL;
    if (operands == NULL || options == NULL) goto done;
    all = PyTuple_CheckExact(value) ? each(value, self->op, operands, options, count)
                                    : little(value, self->op, operands, options, count);
    if (all != NULL || PyErr_Occurred()) goto done;
    PyObject *number = PyLong_FromLong(count), *frame = number == NULL ? NULL : caller();
    if (frame != NULL)
        all = PyObject_CallFunctionObjArgs(state.made_at, value, self->op, operands, options, number, frame, NULL);
    Py_XDECREF(number);
done:
    Py_XDECREF(operands);
    Py_XDECREF(options);
    Py_DECREF(value);
    if (all != Py_None) return all;
    Py_DECREF(all); /* NumPy gave what there are no arrays of */
    return GENERALLY(self, args, nargs, names);
}

/* Whether an argument is a list or a tuple of Python's numbers. */
static bool are_numbers(PyObject *x) {
    bool numbers = PyList_CheckExact(x) || PyTuple_CheckExact(x);
    for (Py_ssize_t k = 0; numbers && k < PySequence_Fast_GET_SIZE(x); k++)
        numbers = is_number(PySequence_Fast_GET_ITEM(x, k));
    return numbers;
}

/* Return a list or tuple with NumPy's arrays for those in it, and add to the calls that are told of.

   NULL with no error if there is more to say of one. */
PyObject *values_in(PyObject *sequence, long *count, bool *own) {
    Py_ssize_t number = PySequence_Fast_GET_SIZE(sequence);
    bool list = PyList_CheckExact(sequence);
    PyObject *values = list ? PyList_New(number) : PyTuple_New(number);
    if (values != NULL && PySequence_Fast_GET_SIZE(sequence) != number) Py_CLEAR(values); /* by a finalizer */
    for (Py_ssize_t k = 0; values != NULL && k < number; k++) {
        PyObject *one = PySequence_Fast_GET_ITEM(sequence, k), *value = one;
        if (is_array(one) || is_element(one)) {
            value = VALUE(one);
            *count += calls_of(one);
            *own = *own && !Py_IS_TYPE(one, state.borrowed);
        } else if (PyArray_CheckExact(one) && is_little(one)) {
            *own = false;
        } else if (!is_of(one, state.plain) && !are_numbers(one)) {
            Py_CLEAR(values);
            break;
        }
        if (list)
            PyList_SET_ITEM(values, k, Py_NewRef(value));
        else
            PyTuple_SET_ITEM(values, k, Py_NewRef(value));
    }
    return values;
}

/* Whether NumPy is given an argument as it is: a number, a name, a tuple of such ones, or a list of
   numbers. */
static bool is_plain(PyObject *x) {
    if (PyList_CheckExact(x)) return are_numbers(x);
    bool plain = PyTuple_CheckExact(x) || is_of(x, state.plain);
    for (Py_ssize_t k = 0; plain && PyTuple_CheckExact(x) && k < PyTuple_GET_SIZE(x); k++)
        plain = is_of(PyTuple_GET_ITEM(x, k), state.plain);
    return plain;
}

/* Whether arguments that go by name may do so: none is a dtype, nor what is written into. */
static bool are_usual(PyObject *names) {
    for (Py_ssize_t k = 0; names != NULL && k < PyTuple_GET_SIZE(names); k++) {
        PyObject *name = PyTuple_GET_ITEM(names, k);
        if (!PyUnicode_CompareWithASCIIString(name, "dtype") || !PyUnicode_CompareWithASCIIString(name, "out"))
            return false;
    }
    return true;
}

/* Take the arguments as NumPy's, those that go by name last; return of how many calls they tell, or -1.

   The first argument may be a sequence of arrays; the caller lets go of what is `held` for it.
   `own` tells that no array is the user's, or a wrapped one of them. */
static long values_of(PyObject *const *args, Py_ssize_t all, PyObject **values, PyObject **held, bool *own) {
    long count = 0;
    for (Py_ssize_t k = 0; k < all; k++) {
        if (!k && (PyList_CheckExact(args[0]) || PyTuple_CheckExact(args[0]))) {
            values[0] = *held = values_in(args[0], &count, own);
            if (*held == NULL) return -1;
        } else if (is_array(args[k])) {
            values[k] = VALUE(args[k]);
            count += calls_of(args[k]);
            *own = *own && !Py_IS_TYPE(args[k], state.borrowed);
        } else if (is_element(args[k])) {
            values[k] = VALUE(args[k]);
            count += calls_of(args[k]);
        } else if (PyArray_CheckExact(args[k]) && is_little(args[k])) {
            values[k] = args[k];
            *own = false;
        } else if (k ? is_plain(args[k]) : is_number(args[0]) || PyUnicode_CheckExact(args[0])) {
            values[k] = args[k];
        } else {
            return -1;
        }
    }
    return count;
}

/* Whether what NumPy gave is the array that an argument holds. */
static bool is_of_argument(PyObject *value, PyObject *x) { return PyArray_CheckExact(value) && value == held_array(x); }

/* Whether what NumPy gave, for arrays that may be wrapped ones, is certain to be new memory. */
static bool is_new(PyObject *value, PyObject *const *args, Py_ssize_t nargs) {
    if (!PyArray_CheckExact(value)) return is_of(value, state.scalars);
    for (Py_ssize_t k = 0; k < nargs; k++)
        if (is_of_argument(value, args[k])) return false;
    bool sequence = PyList_CheckExact(args[0]) || PyTuple_CheckExact(args[0]);
    for (Py_ssize_t k = 0; sequence && k < PySequence_Fast_GET_SIZE(args[0]); k++)
        if (is_of_argument(value, PySequence_Fast_GET_ITEM(args[0], k))) return false;
    return PyArray_BASE(ARRAY(value)) == NULL;
}

/* Return what a function gives of copies of the user's arrays, which are ours: a result is to be a view of
   them. NULL with no error if there is none of these. */
static PyObject *of_copies(Method *self, PyObject *const *args, Py_ssize_t nargs, PyObject *names) {
    PyObject *held[FEW] = {NULL}, *made = NULL;
    Py_ssize_t all = nargs + (names == NULL ? 0 : PyTuple_GET_SIZE(names));
    bool any = false, is_done = true;
    for (Py_ssize_t k = 0; is_done && k < all; k++) {
        bool theirs = PyArray_CheckExact(args[k]);
        PyObject *copy = theirs ? PyArray_NewCopy(ARRAY(args[k]), NPY_KEEPORDER) : NULL;
        held[k] = !theirs ? Py_NewRef(args[k]) : copy == NULL ? NULL : holder(state.small, copy);
        if (theirs && held[k] != NULL) held[k] = with_story(held[k], Py_NewRef(Py_None), 0);
        is_done = held[k] != NULL;
        any = any || theirs;
    }
    if (any && is_done) made = function_of_several((PyObject *)self, held, nargs, names);
    for (Py_ssize_t k = 0; k < all; k++) Py_XDECREF(held[k]);
    return made;
}

/* Whether two arguments are arrays of which the product of all elements may not be small. */
static bool are_many(PyObject *const *args, Py_ssize_t nargs) {
    PyObject *x = nargs < 2 ? NULL : held_array(args[0]), *y = nargs < 2 ? NULL : held_array(args[1]);
    return x == NULL || y == NULL || are_wide(x, y);
}

/* ``roll(x, 1)``: a function whose parameters by place are `other`, as far as they may be, or any.

   It is `flag`-ged if it makes something of each element of one array with each of another. */
KIND(function_of_several) {
    Method *self = (Method *)self_;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf), most = self->other == Py_None ? FEW : PyTuple_GET_SIZE(self->other);
    Py_ssize_t named = names == NULL ? 0 : PyTuple_GET_SIZE(names), all = nargs + named;
    PyObject *values[FEW], *held = NULL, *value = NULL;
    if (nargs && state.ready && self->usual != Py_None && is_lazy(args[0])) {
        value = node_again(self, args, nargs, names);
        return value == NULL && !PyErr_Occurred() ? GENERALLY(self, args, nargsf, names) : value;
    }
    bool own = true, usual = is_usual() && nargs && nargs <= most && all <= FEW && are_usual(names);
    if (usual && self->flag) usual = !are_many(args, nargs);
    long count = usual ? values_of(args, all, values, &held, &own) : -1;
    /* One name that is that of the next place: both are interned, and NumPy takes that sooner. */
    bool next = named == 1 && nargs < most && self->other != Py_None;
    next = next && PyTuple_GET_ITEM(names, 0) == PyTuple_GET_ITEM(self->other, nargs);
    if (count >= 0)
        value = run_named(state.raising, self->function, values, next ? all : nargs, next ? NULL : names, NULL);
    Py_XDECREF(held);
    if (value == NULL) {
        return is_general() ? GENERALLY(self, args, nargsf, names) : NULL;
    }
    if (!own && !is_new(value, args, all)) {
        bool view = PyArray_CheckExact(value) && PyArray_BASE(ARRAY(value)) != NULL;
        Py_DECREF(value);
        value = view ? of_copies(self, args, nargs, names) : NULL;
        return value == NULL && !PyErr_Occurred() ? GENERALLY(self, args, nargsf, names) : value;
    }
    if (!is_of_argument(value, args[0])) return made(self, args, nargs, names, value, count);
    Py_DECREF(value);
    return Py_NewRef(args[0]);
}

/* Whether two arrays may have a product that is not small: each element of one may meet each of
   the other, but in a sum that makes one number of many. */
static bool is_heavy(PyObject *x, PyObject *y) {
    if (!are_wide(x, y)) return false;
    PyArrayObject *a = ARRAY(x), *b = ARRAY(y);
    int rank = PyArray_NDIM(a);
    bool small = PyArray_NBYTES(a) <= state.usual && PyArray_NBYTES(b) <= state.usual;
    if (!small || rank < 1 || rank > 2 || PyArray_NDIM(b) < 1 || PyArray_NDIM(b) > 2) return true;
    double inner = (double)PyArray_DIM(a, rank - 1); /* not 0: they have many elements */
    return (double)PyArray_SIZE(a) * (double)PyArray_SIZE(b) > state.wide * inner * inner;
}

/* ``dot(x, y)``: a product of matrices or vectors. */
KIND(function_product) {
    bool two = PyVectorcall_NARGS(nargsf) > 1 && is_usual();
    PyObject *x = two ? held_array(args[0]) : NULL, *y = two ? held_array(args[1]) : NULL;
    if (x != NULL && y != NULL && !is_heavy(x, y)) return function_of_several(self_, args, nargsf, names);
    return GENERALLY((Method *)self_, args, nargsf, names);
}

/* ``x.cumsum()``: a method whose arguments are of the types in `other`.

   It is `flag`-ged if NumPy may warn of what it does with complex numbers. */
KIND(array_method) {
    Method *self = (Method *)self_;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf), all = nargs + (names == NULL ? 0 : PyTuple_GET_SIZE(names));
    bool usual = nargs && all <= FEW && is_usual() && is_small(args[0]);
    for (Py_ssize_t k = 1; usual && k < all; k++) usual = is_of(args[k], self->other);
    if (!usual) return GENERALLY(self, args, nargsf, names);
    PyObject *values[FEW] = {VALUE(args[0])};
    if (self->flag && PyArray_ISCOMPLEX(ARRAY(values[0]))) return GENERALLY(self, args, nargsf, names);
    for (Py_ssize_t k = 1; k < all; k++) values[k] = args[k];
    PyObject *value = run_named(state.raising, self->function, values, nargs, names, NULL);
    if (value == NULL) return refused() ? GENERALLY(self, args, nargsf, names) : NULL;
    if (!is_of_argument(value, args[0]))
        return made(self, args, nargs, names, value, calls_of(args[0]));
    Py_DECREF(value);
    return Py_NewRef(args[0]);
}

/* Whether BLAS takes an array as it lies. */
static bool is_even(PyObject *held) {
    PyArrayObject *x = ARRAY(held);
    int axes = PyArray_NDIM(x), whole = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS;
    if (DTYPE(held) != state.double_ || axes < 1 || axes > 2) return false;
    return (PyArray_FLAGS(x) & whole) || (axes == 1 && PyArray_STRIDE(x, 0) > 0);
}

/* ``x @ y`` of little: `function` is the method `dot`, which tells of errors if `flag`-ged so,
   and `other` NumPy's `matmul`. */
KIND(array_product) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 2 || !is_usual() || !is_array(args[0]))
        return GENERALLY(self, args, nargsf, names);
    PyObject *x = held_array(args[self->reflected]), *y = held_array(args[!self->reflected]), *operands[] = {x, y};
    if (x == NULL || y == NULL || is_heavy(x, y)) return GENERALLY(self, args, nargsf, names);
    bool vectors = PyArray_NDIM(ARRAY(x)) == 1 && PyArray_NDIM(ARRAY(y)) == 1;
    bool even = self->flag && is_even(x) && is_even(y);
    if (even && vectors) even = PyArray_STRIDE(ARRAY(x), 0) > 0 && PyArray_STRIDE(ARRAY(y), 0) > 0;
    PyObject *value = run(state.raising, even ? self->function : self->other, operands, 2, NULL);
    if (value == NULL) return refused() ? GENERALLY(self, args, nargsf, names) : NULL;
    return made(self, args, 2, NULL, value, calls_of(args[0]) + (is_array(args[1]) ? calls_of(args[1]) : 0));
}

/* Whether an argument is no axis, one, or several of them. */
static bool are_axes(PyObject *x) {
    bool axes = x == Py_None || PyLong_CheckExact(x) || PyTuple_CheckExact(x);
    for (Py_ssize_t k = 0; axes && PyTuple_CheckExact(x) && k < PyTuple_GET_SIZE(x); k++)
        axes = PyLong_CheckExact(PyTuple_GET_ITEM(x, k));
    return axes;
}

/* Whether a fold of an array is looked at for a better algorithm: it is long, and has a short axis. */
static bool is_long(PyObject *held) {
    bool is_short = false;
    for (int k = 0; k < PyArray_NDIM(ARRAY(held)); k++) is_short |= PyArray_DIM(ARRAY(held), k) <= state.few;
    return is_short && PyArray_SIZE(ARRAY(held)) >= state.long_;
}

/* ``x.sum(0, keepdims=True)``: a fold along an axis, several or none, by its place or its name;
   `other` is the dtype that it folds in. */
KIND(array_fold) {
    Method *self = (Method *)self_;
    Py_ssize_t nargs = PyVectorcall_NARGS(nargsf), named = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    PyObject *axis = nargs == 2 ? args[1] : Py_None, *kept = NULL, *held;
    bool usual = (nargs == 1 || nargs == 2) && is_usual() && is_array(args[0]);
    for (Py_ssize_t k = 0; usual && k < named; k++) {
        PyObject *name = PyTuple_GET_ITEM(names, k), *given = args[nargs + k];
        if (nargs == 1 && PyUnicode_CompareWithASCIIString(name, "axis") == 0)
            axis = given;
        else if (PyUnicode_CompareWithASCIIString(name, "keepdims") == 0 && PyBool_Check(given))
            kept = given;
        else
            usual = false;
    }
    if (!usual || !are_axes(axis) || is_long(held = VALUE(args[0]))) return GENERALLY(self, args, nargsf, names);
    PyObject *values[] = {held, axis, self->other, Py_None, kept == NULL ? Py_False : kept};
    PyObject *value = run(state.raising, self->function, values, 5, NULL);
    if (value == NULL) return refused() ? GENERALLY(self, args, nargsf, names) : NULL;
    PyObject *told_of[] = {args[0], axis, kept};
    return made(self, told_of, 2, kept == Py_True ? state.keepdims : NULL, value, calls_of(args[0]));
}

/* Return a list with NumPy's arrays and scalars for those in it; nested, of numbers alone.

   NULL with no error if there is more to say of one. */
static PyObject *contents(PyObject *list, long *count) {
    PyObject *values = PyList_New(PyList_GET_SIZE(list));
    if (values == NULL) return NULL;
    /* A finalizer may have changed the list; from here on, nothing runs that could. */
    bool plain = PyList_GET_SIZE(list) == PyList_GET_SIZE(values);
    for (Py_ssize_t k = 0; plain && k < PyList_GET_SIZE(list); k++) {
        PyObject *one = PyList_GET_ITEM(list, k);
        bool nested = PyList_CheckExact(one) || PyTuple_CheckExact(one);
        bool known = is_array(one) || is_element(one);
        plain = nested || known || is_number(one);
        for (Py_ssize_t j = 0; plain && nested && j < PySequence_Fast_GET_SIZE(one); j++)
            plain = is_number(PySequence_Fast_GET_ITEM(one, j));
        if (known) *count += calls_of(one);
        PyList_SET_ITEM(values, k, Py_NewRef(known ? VALUE(one) : one));
    }
    if (!plain) Py_CLEAR(values);
    return values;
}

/* ``array([1.0, x[0]])``: `function` is NumPy's, `op` names it in plans; and, if `flag`-ged
   so, ``asarray(x)``, which is the small array that is given, or holds NumPy's own. */
KIND(function_array) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 1 || !is_usual()) return GENERALLY(self, args, nargsf, names);
    PyObject *x = args[0];
    if (self->flag && is_array(x) && PyArray_ISNOTSWAPPED(ARRAY(VALUE(x)))) return Py_NewRef(x);
    if (self->flag && PyArray_CheckExact(x) && PyArray_BASE(ARRAY(x)) == NULL && is_little(x)) {
        PyObject *made = holder(state.borrowed, Py_NewRef(x));
        return made == NULL ? NULL : with_story(made, Py_NewRef(Py_None), untold(x));
    }
    long count = 0;
    PyObject *values = PyList_CheckExact(x) ? contents(x, &count) : NULL;
    if (values == NULL) return PyErr_Occurred() ? NULL : GENERALLY(self, args, nargsf, names);
    PyObject *value = run(state.raising, self->function, &values, 1, NULL), *operands[] = {x, Py_None};
    Py_DECREF(values);
    if (value == NULL) return refused() ? GENERALLY(self, args, nargsf, names) : NULL;
    return made(self, operands, 2, NULL, value, count);
}
