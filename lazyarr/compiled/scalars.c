/* Operators of NumPy's doubles and integers of 64 bits, as C has them: in a loop over elements the call of
   NumPy's own, in a context where errors are raised, takes most of the time.

   Where an error may be met, NumPy is called, which tells of it. */

#include "methods.h"

#include <float.h>
#include <math.h>
#include <numpy/arrayscalars.h>

#define EXACT (1LL << 53) /* up to which all integers are doubles */

typedef struct {
    bool whole;
    long long integer;
    double real;
} Number;

/* Read a number of Python's or NumPy's as one of 64 bits; whether it is one. */
static bool take_number(PyObject *x, Number *number) {
    int overflow = 0;
    number->whole = false;
    number->integer = 0;
    if (Py_IS_TYPE(x, &PyDoubleArrType_Type)) {
        number->real = PyArrayScalar_VAL(x, Double);
    } else if (PyFloat_CheckExact(x)) {
        number->real = PyFloat_AS_DOUBLE(x);
    } else if (Py_IS_TYPE(x, &PyInt64ArrType_Type)) {
        number->whole = true;
        number->integer = PyArrayScalar_VAL(x, Int64);
    } else if (PyLong_CheckExact(x)) {
        number->whole = true;
        number->integer = PyLong_AsLongLongAndOverflow(x, &overflow);
    } else {
        return false;
    }
    if (number->whole) number->real = (double)number->integer;
    return !overflow;
}

static PyObject *new_double(double value) {
    PyObject *made = PyArrayScalar_New(Double);
    if (made != NULL) PyArrayScalar_ASSIGN(made, Double, value);
    return made;
}

static PyObject *new_integer(long long value) {
    PyObject *made = PyArrayScalar_New(Int64);
    if (made != NULL) PyArrayScalar_ASSIGN(made, Int64, value);
    return made;
}

static PyObject *of_integers(Py_UCS4 sign, long long x, long long y) {
    long long value;
    bool over = true;
#ifdef __GNUC__ /* others ask NumPy */
    if (sign == '+') over = __builtin_add_overflow(x, y, &value);
    else if (sign == '-') over = __builtin_sub_overflow(x, y, &value);
    else if (sign == '*') over = __builtin_mul_overflow(x, y, &value);
#endif
    return over ? NULL : new_integer(value);
}

static PyObject *of_doubles(Py_UCS4 sign, double x, double y) {
    double value;
    bool inexact = false; /* where the result is next to zero: the least of the usual ones may be a rounded one */
    if (sign == '+') value = x + y;
    else if (sign == '-') value = x - y;
    else if (sign == '*') value = x * y, inexact = x != 0 && y != 0;
    else if (sign == '/' && y != 0) value = x / y, inexact = x != 0;
    else return NULL;
    return isfinite(value) && (!inexact || fabs(value) > DBL_MIN) ? new_double(value) : NULL;
}

static PyObject *truth(bool value) { return Py_NewRef(PyArrayScalar_FromLong(value)); }

static PyObject *compared(Py_UCS4 sign, Number x, Number y) {
    bool less = x.real < y.real, equal = x.real == y.real, more = x.real > y.real; /* none, of a NaN */
    if (x.whole && y.whole) {
        less = x.integer < y.integer;
        equal = x.integer == y.integer;
        more = x.integer > y.integer;
    }
    switch (sign) {
    case '<': return truth(less);
    case '>': return truth(more);
    case '=': return truth(equal);
    case 0x2260: return truth(!equal);       /* the sign of "not equal", */
    case 0x2264: return truth(less || equal); /* "at most" */
    case 0x2265: return truth(more || equal); /* and "at least" */
    default: return NULL;
    }
}

static bool is_exact(Number x) { return !x.whole || (-EXACT <= x.integer && x.integer <= EXACT); }

/* Return what the operator of a sign gives of two numbers, one of them NumPy's; NULL with no error if they
   are others than said above, or NumPy may have something to say. */
PyObject *of_numbers(PyObject *sign, PyObject *x, PyObject *y) {
    Number first, second;
    if (!PyUnicode_Check(sign) || !take_number(x, &first) || !take_number(y, &second)) return NULL;
    Py_UCS4 one = PyUnicode_READ_CHAR(sign, 0);
    bool whole = first.whole && second.whole;
    if (!whole && !(is_exact(first) && is_exact(second))) return NULL;
    switch (one) {
    case '+':
    case '-':
    case '*': return whole ? of_integers(one, first.integer, second.integer) : of_doubles(one, first.real, second.real);
    case '/': return of_doubles(one, first.real, second.real);
    default: return compared(one, first, second);
    }
}
