/* Python's operators on small arrays and on their elements. */

#include "methods.h"

/* Whether a number of Python's, or the elements of an array or scalar of NumPy's, are whole. */
static bool is_whole(PyObject *x) {
    return PyArray_CheckExact(x) ? PyArray_ISINTEGER(ARRAY(x)) : PyLong_CheckExact(x) || PyArray_IsScalar(x, Integer);
}

/* ``x + y``: `other` is what NumPy has of whole numbers, if `function` is more than that. */
KIND(array_binary) {
    Method *self = (Method *)self_;
    bool two = names == NULL && PyVectorcall_NARGS(nargsf) == 2 && is_usual();
    PyObject *held = two ? elements(args[0]) : NULL; /* which Python code may replace */
    if (held == NULL) return GENERALLY(self, args, nargsf, names);
    PyObject *x = args[0], *y = args[1];
    long count = calls_of(x);
    bool turned = self->reflected, number = is_number(y) || PyComplex_CheckExact(y);
    PyObject *other = turned && !number ? NULL : second(held, y, self->flag, &count);
    PyObject *operands[] = {turned ? other : held, turned ? held : other}, *function = self->function, *value = NULL;
    if (self->other != Py_None && other != NULL && is_whole(held) && is_whole(other)) function = self->other;
    if (other != NULL) value = run(state.raising, function, operands, 2, NULL);
    Py_XDECREF(other);
    Py_DECREF(held);
    if (value == NULL) return is_general() ? GENERALLY(self, args, nargsf, names) : NULL;
    return told(value, self->op, turned ? y : x, turned ? x : y, count, false);
}

/* Return a function of the first argument; the other ones are for the general way. */
static PyObject *of_first(Method *self, PyObject *const *args, size_t nargsf, PyObject *op, PyObject *function) {
    PyObject *held = is_usual() ? elements(args[0]) : NULL;
    if (held == NULL) return GENERALLY(self, args, nargsf, NULL);
    PyObject *value = run(state.raising, function, &held, 1, NULL);
    Py_DECREF(held);
    if (value == NULL) return refused() ? GENERALLY(self, args, nargsf, NULL) : NULL;
    return told_of(value, op, args, 1, calls_of(args[0]), false);
}

KIND(array_unary) {
    Method *self = (Method *)self_;
    bool usual = names == NULL && PyVectorcall_NARGS(nargsf) == 1;
    return usual ? of_first(self, args, nargsf, self->op, self->function) : GENERALLY(self, args, nargsf, names);
}

/* ``x ** 2``, and numbers to which floats are raised: `other` has the rows of the square
   root and of any power, each with its function. */
KIND(array_power) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 2 || !is_number(args[1]) || !is_usual() || !is_array(args[0]))
        return GENERALLY(self, args, nargsf, names);
    double power = PyFloat_CheckExact(args[1]) ? PyFloat_AS_DOUBLE(args[1]) : PyLong_AsDouble(args[1]);
    if (power == -1 && PyErr_Occurred()) PyErr_Clear(); /* it is too large */
    if (power == 2 && PyLong_CheckExact(args[1])) return of_first(self, args, nargsf, self->op, self->function);
    PyObject *x = args[0], *held = VALUE(x), **rows = &PyTuple_GET_ITEM(self->other, 0);
    if (power == 2 || power == -1 || !(PyArray_ISFLOAT(ARRAY(held)) || PyArray_ISCOMPLEX(ARRAY(held))))
        return GENERALLY(self, args, nargsf, names);
    if (power == 0.5) return of_first(self, args, nargsf, rows[0], rows[1]);
    PyObject *operands[] = {held, args[1]};
    PyObject *value = run(state.raising, rows[3], operands, 2, NULL);
    if (value == NULL) return refused() ? GENERALLY(self, args, nargsf, names) : NULL;
    return told(value, rows[2], x, args[1], calls_of(x), false);
}

/* Do what follows a write of an operator into the memory of its first operand. */
static bool has_written(Method *self, PyObject *x, PyObject *y, PyObject *notes) {
    PyObject *frame, *done;
    if (notes != NULL) {
        if ((frame = caller()) == NULL) return false;
        done = PyObject_CallFunctionObjArgs(state.tell, notes, self->op, frame, NULL);
        if (done == NULL) return false;
        Py_DECREF(done);
    }
    PyObject *how = HOW(x), *held = VALUE(x); /* none any more, if a user's function was told */
    if (held == NULL || how == NULL || !PyTuple_CheckExact(how) || PyTuple_GET_SIZE(how) <= OF_PART) return true;
    if (x != y && !is_number(y) && PyArray_BASE(ARRAY(held)) == NULL &&
        bytes_of(held) <= state.told) { /* not much, and nothing to tell of it any more */
        Py_XSETREF(CALLS(x), PyLong_FromLong(0));
        Py_XSETREF(HOW(x), Py_NewRef(Py_None));
        return true;
    }
    if ((frame = caller()) == NULL) return false;
    done = PyObject_CallFunctionObjArgs(state.remember, x, self->op, y, frame, NULL);
    Py_XDECREF(done);
    return done != NULL;
}

KIND(array_inplace) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 2 || !is_usual() || !is_small(args[0]))
        return GENERALLY(self, args, nargsf, names);
    PyObject *x = args[0], *y = args[1], *other, *held;
    bool scalar = !is_number(y) && is_of(y, state.scalars);
    if (!is_number(y) && !scalar && !is_small(y) && !is_element(y)) return GENERALLY(self, args, nargsf, names);
    held = Py_NewRef(VALUE(x)); /* which Python code may replace */
    other = is_number(y) ? constant(held, y) : Py_NewRef(scalar ? y : VALUE(y));
    PyObject *operands[] = {held, other, held}, *notes = NULL;
    PyObject *value = other == NULL ? NULL : run(state.noting, self->function, operands, 3, &notes);
    Py_XDECREF(other);
    Py_DECREF(held); /* who else needs the memory is counted */
    if (value == NULL) return refused() ? GENERALLY(self, args, nargsf, names) : NULL;
    Py_DECREF(value);
    bool is_done = has_written(self, x, y, notes);
    Py_XDECREF(notes);
    return is_done ? Py_NewRef(x) : NULL;
}

/* --- elements --------------------------------------------------------------------------- */

static bool has_story(PyObject *x) { return HOW(x) != NULL && HOW(x) != Py_None; }

/* Return what an operator of elements gave, whose reference is taken. */
static PyObject *element(Method *self, PyObject *value, PyObject *x, PyObject *y) {
    PyObject *made = holder(state.element, value);
    if (made == NULL) return NULL;
    bool other = is_element(y);
    if (!has_story(x) && !(other && has_story(y))) return with_story(made, Py_NewRef(Py_None), 0);
    long count = calls_of(x) + 1 + (other ? calls_of(y) : 0);
    if (count > state.made_by) return with_story(made, Py_NewRef(Py_None), 0);
    PyObject *first = self->reflected ? y : x, *second = self->reflected ? x : y;
    return with_story(made, story(self->op, first, second, false), count);
}

/* Whether the other operand of an element is an array, which the ufunc `other` takes. */
static bool is_beside_array(Method *self, PyObject *y) {
    return is_usual() && (is_known(y) || PyArray_CheckExact(y)) && self->other != Py_None;
}

/* Return what an operator gives of the first argument, an element, and of an array. */
static PyObject *beside_array(Method *self, PyObject *const *args, size_t nargsf) {
    bool turned = self->reflected;
    long count = calls_of(args[0]);
    PyObject *held = operand(args[1], &count);
    if (held == NULL) return GENERALLY(self, args, nargsf, NULL); /* a part that is not little */
    PyObject *operands[] = {turned ? held : VALUE(args[0]), turned ? VALUE(args[0]) : held};
    PyObject *value = run(state.raising, self->other, operands, 2, NULL);
    Py_DECREF(held);
    if (value == NULL) return refused() ? GENERALLY(self, args, nargsf, NULL) : NULL;
    return told(value, self->op, args[turned], args[!turned], count, false);
}

KIND(element_binary) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 2 || !state.ready || !is_element(args[0]))
        return GENERALLY(self, args, nargsf, names);
    PyObject *x = args[0], *y = args[1], *other = y;
    if (is_element(y))
        other = VALUE(y);
    else if (is_beside_array(self, y))
        return beside_array(self, args, nargsf);
    else if (!is_number(y) && !is_of(y, state.numbers))
        return GENERALLY(self, args, nargsf, names);
    bool turned = self->reflected;
    PyObject *operands[] = {turned ? other : VALUE(x), turned ? VALUE(x) : other};
    PyObject *value = of_numbers(self->tag, operands[0], operands[1]);
    if (value == NULL && !PyErr_Occurred()) value = run(state.raising, self->function, operands, 2, NULL);
    if (value == NULL) return refused() ? GENERALLY(self, args, nargsf, names) : NULL;
    if (turned && PyComplex_CheckExact(value)) return value; /* for a float64 is one of Python's */
    return element(self, value, x, y);
}

/* ``-x``: `function` is Python's operator. */
KIND(element_unary) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 1 || !state.ready || !is_element(args[0]))
        return GENERALLY(self, args, nargsf, names);
    PyObject *x = args[0], *held = VALUE(x);
    PyObject *value = run(state.raising, self->function, &held, 1, NULL);
    if (value == NULL) return refused() ? GENERALLY(self, args, nargsf, names) : NULL;
    if (!has_story(x) || calls_of(x) >= state.made_by) {
        PyObject *made = holder(state.element, value);
        return made == NULL ? NULL : with_story(made, Py_NewRef(Py_None), 0);
    }
    return told_of(value, self->op, args, 1, calls_of(x), false);
}

KIND(element_comparison) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 2 || !state.ready || !is_element(args[0]))
        return GENERALLY(self, args, nargsf, names);
    PyObject *x = args[0], *y = args[1], *other = y;
    if (is_element(y))
        other = VALUE(y); /* NumPy warns of numbers that a dtype is too narrow for */
    else if (is_beside_array(self, y))
        return beside_array(self, args, nargsf);
    else if (!is_of(y, is_of(VALUE(x), state.wide_types) ? state.numbers : state.scalars))
        return GENERALLY(self, args, nargsf, names);
    PyObject *value = of_numbers(self->tag, VALUE(x), other);
    if (value == NULL && !PyErr_Occurred()) value = PyObject_CallFunctionObjArgs(self->function, VALUE(x), other, NULL);
    if (value == NULL) return refused() ? GENERALLY(self, args, nargsf, names) : NULL;
    return element(self, value, x, y);
}

/* ``float(x)`` of doubles and whole numbers, or ``bool(x)`` if this is `flag`-ged so. */
KIND(element_number) {
    Method *self = (Method *)self_;
    if (names == NULL && PyVectorcall_NARGS(nargsf) == 1 && state.ready && is_element(args[0])) {
        PyObject *value = VALUE(args[0]);
        if (self->flag) {
            int truth = PyObject_IsTrue(value);
            return truth < 0 ? NULL : PyBool_FromLong(truth);
        }
        if (PyFloat_Check(value)) return PyFloat_FromDouble(PyFloat_AS_DOUBLE(value));
        if (PyArray_IsScalar(value, Integer)) return PyNumber_Float(value);
    }
    return GENERALLY(self, args, nargsf, names);
}

/* ``int(x)``, or ``x.__index__()`` if this is `flag`-ged so: of whole numbers. */
KIND(element_integer) {
    Method *self = (Method *)self_;
    if (names == NULL && PyVectorcall_NARGS(nargsf) == 1 && state.ready && is_element(args[0])) {
        PyObject *value = VALUE(args[0]);
        if (PyArray_IsScalar(value, Integer)) return PyNumber_Index(value);
        if (!self->flag && PyFloat_Check(value)) return PyNumber_Long(value);
    }
    return GENERALLY(self, args, nargsf, names);
}
