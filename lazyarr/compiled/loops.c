/* NumPy's loops over the elements of small arrays, without what its ufuncs do before they come to them.

   A ufunc finds the loop of its operands' dtypes, the order in which to go through their memory, and what
   is asked of errors: that takes longer than the loop itself. Where the operands have the dtypes of a loop
   already, and lie as said below, the same loop is called over the same memory here. Whatever it has to say
   of errors, NumPy is asked again. */

#include "methods.h"

#include <fenv.h>
#include <numpy/arrayscalars.h>
#include <numpy/ufuncobject.h>

#define MOST_OPERANDS 3    /* the result included */
#define MOST_LOOPED 4096   /* elements: for more, NumPy lets other threads run */
#define SPARE 8192         /* bytes of an array that are kept until one has been written into it */

typedef struct {
    char *data;
    int type;
    PyArrayObject *array; /* NULL for a single number */
    npy_intp itemsize;
    npy_intp steps[MOST_AXES];
    union {
        double real;
        npy_int64 whole;
    } number;
} Operand;

typedef struct {
    int ndim;
    npy_intp shape[MOST_AXES], size;
    bool once;    /* one call of a loop goes through all of it, */
    bool fortran; /* which lies in the order of Fortran */
} Extent;

/* Whether a ufunc's loops may be called here, of `nargs` operands. */
static bool is_plain_ufunc(PyObject *function, Py_ssize_t nargs) {
    PyUFuncObject *ufunc = (PyUFuncObject *)function;
    return Py_IS_TYPE(function, &PyUFunc_Type) && ufunc->nin == nargs && ufunc->nout == 1 && !ufunc->core_enabled;
}

/* Take an operand that says itself of which dtype it is; false if it is none of these. */
static bool take(PyObject *x, Operand *operand) {
    operand->array = NULL;
    operand->itemsize = sizeof operand->number;
    if (PyArray_CheckExact(x)) {
        operand->itemsize = PyArray_ITEMSIZE(ARRAY(x));
        operand->data = PyArray_DATA(ARRAY(x));
        operand->type = PyArray_TYPE(ARRAY(x));
        if (PyArray_NDIM(ARRAY(x))) operand->array = ARRAY(x);
        bool behaved = PyArray_ISALIGNED(ARRAY(x)) && PyArray_ISNOTSWAPPED(ARRAY(x));
        return behaved && operand->type <= NPY_CDOUBLE && PyArray_NDIM(ARRAY(x)) <= MOST_AXES;
    }
    operand->data = (char *)&operand->number;
    if (Py_IS_TYPE(x, &PyDoubleArrType_Type)) {
        operand->type = NPY_DOUBLE;
        operand->number.real = PyArrayScalar_VAL(x, Double);
        return true;
    }
    if (!Py_IS_TYPE(x, &PyInt64ArrType_Type)) return false;
    operand->type = NPY_INT64;
    operand->number.whole = PyArrayScalar_VAL(x, Int64);
    return true;
}

/* Take a number of Python's, which has the dtype of what is beside it: of doubles, or 64 bits. */
static bool take_weak(PyObject *x, int type, Operand *operand) {
    int overflow = 0;
    operand->array = NULL;
    operand->itemsize = sizeof operand->number;
    operand->data = (char *)&operand->number;
    operand->type = type;
    if (PyFloat_CheckExact(x)) {
        operand->number.real = PyFloat_AS_DOUBLE(x);
        return type == NPY_DOUBLE;
    }
    if (!PyLong_CheckExact(x) || (type != NPY_DOUBLE && type != NPY_INT64)) return false;
    long long whole = PyLong_AsLongLongAndOverflow(x, &overflow);
    if (type == NPY_INT64)
        operand->number.whole = whole;
    else
        operand->number.real = (double)whole;
    return !overflow;
}

static bool take_all(PyObject *const *args, Py_ssize_t nargs, Operand *operands) {
    for (Py_ssize_t k = 0; k < nargs; k++) {
        if (!is_number(args[k])) {
            if (!take(args[k], &operands[k])) return false;
        } else if (nargs != 2 || is_number(args[!k]) || !take(args[!k], &operands[!k]) ||
                   !take_weak(args[k], operands[!k].type, &operands[k])) {
            return false;
        }
    }
    return true;
}

/* Return the place of the loop of the operands' dtypes; -1 if there is none without a cast. */
static int loop_of(PyUFuncObject *ufunc, const Operand *operands) {
    const char *types = ufunc->types;
    for (int row = 0; row < ufunc->ntypes; row++, types += ufunc->nargs) {
        int k = 0;
        while (k < ufunc->nin && types[k] == operands[k].type) k++;
        if (k == ufunc->nin) return types[k] <= NPY_CDOUBLE ? row : -1;
    }
    return -1;
}

/* Return the type of what a loop gives. */
static int result_of(PyObject *function, int row) {
    PyUFuncObject *ufunc = (PyUFuncObject *)function;
    return ufunc->types[row * ufunc->nargs + ufunc->nin];
}

/* Whether all arrays are of one shape, and one order, or of one axis: NumPy calls a loop once then. */
static bool is_once(Operand *operands, Py_ssize_t nargs, Extent *extent) {
    PyArrayObject *first = NULL;
    int order = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS;
    for (Py_ssize_t k = 0; k < nargs; k++) {
        PyArrayObject *array = operands[k].array;
        operands[k].steps[0] = 0;
        if (array == NULL) continue;
        if (first == NULL) first = array;
        if (array != first && !PyArray_SAMESHAPE(array, first)) return false;
        if (PyArray_NDIM(array) == 1) {
            operands[k].steps[0] = PyArray_STRIDE(array, 0);
        } else {
            operands[k].steps[0] = PyArray_ITEMSIZE(array);
            order &= PyArray_FLAGS(array);
        }
    }
    if (first == NULL || !order) return false;
    extent->ndim = PyArray_NDIM(first);
    memcpy(extent->shape, PyArray_DIMS(first), extent->ndim * sizeof(npy_intp));
    extent->size = PyArray_SIZE(first);
    extent->fortran = order == NPY_ARRAY_F_CONTIGUOUS;
    return true;
}

/* Let a result lie in one piece, of which one call of a loop goes through all. */
static void line_up(Operand *result, npy_intp itemsize, Extent *extent) {
    result->steps[0] = itemsize;
    extent->ndim = 1;
    extent->shape[0] = extent->size;
}

/* Find the shape to which arrays broadcast, and the steps of each; whether NumPy goes through all of them
   in the order of their axes. */
static bool is_in_order(Operand *operands, Py_ssize_t nargs, Extent *extent) {
    int ndim = 0;
    for (Py_ssize_t k = 0; k < nargs; k++)
        if (operands[k].array != NULL) ndim = Py_MAX(ndim, PyArray_NDIM(operands[k].array));
    extent->ndim = ndim;
    extent->size = 1;
    extent->fortran = false;
    for (int axis = 0; axis < ndim; axis++) extent->shape[axis] = 1;
    for (Py_ssize_t k = 0; k < nargs; k++) {
        PyArrayObject *array = operands[k].array;
        int missing = array == NULL ? ndim : ndim - PyArray_NDIM(array);
        npy_intp before = NPY_MAX_INTP;
        for (int axis = 0; axis < ndim; axis++) {
            npy_intp side = axis < missing ? 1 : PyArray_DIM(array, axis - missing), step = 0;
            if (side != 1) {
                step = PyArray_STRIDE(array, axis - missing);
                if (step <= 0 || step > before || (extent->shape[axis] != 1 && extent->shape[axis] != side)) return false;
                extent->shape[axis] = side;
                before = step;
            }
            operands[k].steps[axis] = step;
        }
    }
    for (int axis = 0; axis < ndim; axis++) extent->size *= extent->shape[axis];
    return true;
}

/* Let axes be one, where a loop over the inner one of them goes on along the outer one in all operands. */
static void join_axes(Operand *operands, Py_ssize_t number, Extent *extent) {
    int last = 0; /* of those that are left */
    for (int axis = 1; axis < extent->ndim; axis++) {
        bool one = true;
        for (Py_ssize_t k = 0; k < number; k++)
            one = one && (extent->shape[last] == 1 || extent->shape[axis] == 1 ||
                          operands[k].steps[last] == operands[k].steps[axis] * extent->shape[axis]);
        bool inner = extent->shape[axis] != 1;
        if (!one) last++;
        extent->shape[last] = one ? extent->shape[last] * extent->shape[axis] : extent->shape[axis];
        for (Py_ssize_t k = 0; k < number; k++)
            if (!one || inner) operands[k].steps[last] = operands[k].steps[axis];
    }
    extent->ndim = last + 1;
}

/* Return through how many of the last axes one call of a loop goes, as NumPy's iterators find it: they copy what
   is not in even steps along these, where that saves more calls than it costs. `even` has along how many of them
   each operand is. */
static int axes_of_call(const Operand *operands, int number, const Extent *extent, int *even) {
    npy_intp size = extent->shape[extent->ndim - 1], best_size = size;
    int best = 1, best_cost = 1, cost = 1;
    for (int k = 0; k < number; k++) even[k] = 1;
    for (int axes = 1; axes < extent->ndim; axes++) {
        int inner = extent->ndim - axes, outer = inner - 1;
        for (int k = 0; k < number; k++) {
            if (even[k] < axes) continue;
            if (operands[k].steps[inner] * extent->shape[inner] == operands[k].steps[outer]) even[k]++;
            else cost++;
        }
        size *= extent->shape[outer];
        if (cost * best_size > best_cost * size) continue;
        best = axes + 1;
        best_cost = cost;
        best_size = size;
    }
    return best;
}

/* Go to the next place along some axes, the last one first; false behind the last place. */
static bool advance(npy_intp *at, const Extent *extent, int first, int end, const Operand *operands, int number, char **data) {
    for (int axis = end - 1; axis >= first; axis--) {
        bool within = ++at[axis] < extent->shape[axis];
        for (int k = 0; k < number; k++) data[k] += operands[k].steps[axis] * (within ? 1 : 1 - extent->shape[axis]);
        if (within) return true;
        at[axis] = 0;
    }
    return false;
}

#define COPY(nbytes) \
    for (npy_intp k = 0; k < count; k++) memcpy(to + k * (nbytes), from + k * step, nbytes)

/* Copy elements in even steps into one piece. */
static void copy_row(char *to, const char *from, npy_intp step, npy_intp count, npy_intp itemsize) {
    if (step == itemsize) memcpy(to, from, count * itemsize);
    else if (itemsize == 8) COPY(8);
    else if (itemsize == 4) COPY(4);
    else COPY(itemsize);
}

/* Copy what one call of a loop goes through into one piece. */
static void copy_all(char *to, char *from, const Operand *operand, const Extent *extent, int axes) {
    int last = extent->ndim - 1;
    npy_intp at[MOST_AXES] = {0}, count = extent->shape[last];
    do {
        copy_row(to, from, operand->steps[last], count, operand->itemsize);
        to += count * operand->itemsize;
    } while (advance(at, extent, last + 1 - axes, last, operand, 1, &from));
}

/* Call a loop along the last axes, for each place along the other ones; false if there is no memory for copies. */
static bool go_round(PyUFuncObject *ufunc, int row, const Operand *operands, const Extent *extent) {
    int number = ufunc->nargs, even[MOST_OPERANDS], axes = axes_of_call(operands, number, extent, even);
    char *data[MOST_OPERANDS], *copies[MOST_OPERANDS] = {NULL};
    npy_intp steps[MOST_OPERANDS], size = 1, at[MOST_AXES] = {0};
    bool is_done = true;
    for (int k = 1; k <= axes; k++) size *= extent->shape[extent->ndim - k];
    for (int k = 0; k < number; k++) {
        data[k] = operands[k].data;
        steps[k] = operands[k].steps[extent->ndim - 1];
        if (even[k] >= axes) continue;
        copies[k] = PyMem_Malloc(size * operands[k].itemsize);
        steps[k] = operands[k].itemsize;
        is_done = is_done && copies[k] != NULL;
    }
    if (is_done) do {
        char *there[MOST_OPERANDS]; /* a loop may change them, and the count */
        npy_intp count[] = {size};
        memcpy(there, data, sizeof there);
        for (int k = 0; k < number; k++) {
            if (copies[k] == NULL) continue;
            copy_all(copies[k], data[k], &operands[k], extent, axes);
            there[k] = copies[k];
        }
        ufunc->functions[row](there, count, steps, ufunc->data == NULL ? NULL : ufunc->data[row]);
    } while (advance(at, extent, 0, extent->ndim - axes, operands, number, data));
    for (int k = 0; k < number; k++) PyMem_Free(copies[k]);
    return is_done;
}

/* The same, of one axis mostly. */
static bool go(PyUFuncObject *ufunc, int row, const Operand *operands, const Extent *extent) {
    if (extent->ndim > 1) return go_round(ufunc, row, operands, extent);
    char *data[MOST_OPERANDS]; /* a loop may change them, and the count */
    npy_intp steps[MOST_OPERANDS], count[] = {extent->shape[0]};
    for (int k = 0; k < ufunc->nargs; k++) {
        data[k] = operands[k].data;
        steps[k] = operands[k].steps[0];
    }
    ufunc->functions[row](data, count, steps, ufunc->data == NULL ? NULL : ufunc->data[row]);
    return true;
}

/* Find the loop of these operands, and the extent of what it gives; the place of the loop, or -1. */
static int prepared(PyObject *function, PyObject *const *args, Py_ssize_t nargs, Operand *operands, Extent *extent) {
    if (nargs >= MOST_OPERANDS || !is_plain_ufunc(function, nargs) || !take_all(args, nargs, operands)) return -1;
    int row = loop_of((PyUFuncObject *)function, operands);
    if (row < 0) return -1;
    extent->once = is_once(operands, nargs, extent);
    if (!extent->once && !is_in_order(operands, nargs, extent)) return -1;
    return extent->ndim && extent->size && extent->size <= MOST_LOOPED ? row : -1;
}

/* Let a loop write into memory of a result's; whether there were no errors. Of results next to zero there are
   none if it is `lenient`. */
static bool is_written(PyObject *function, int row, Operand *operands, Extent *extent, bool lenient) {
    const int all = FE_DIVBYZERO | FE_OVERFLOW | FE_UNDERFLOW | FE_INVALID;
    if (fetestexcept(all)) feclearexcept(all);
    bool is_done = go((PyUFuncObject *)function, row, operands, extent);
    return is_done && !fetestexcept(lenient ? all & ~FE_UNDERFLOW : all) && !PyErr_Occurred();
}

/* Return what a ufunc gives of these operands; NULL with no error if NumPy must be asked, as where there were
   floating-point errors. */
PyObject *looped(PyObject *function, PyObject *const *args, Py_ssize_t nargs, bool lenient) {
    Operand operands[MOST_OPERANDS];
    Extent extent;
    int row = prepared(function, args, nargs, operands, &extent);
    if (row < 0) return NULL;
    PyArray_Descr *dtype = PyArray_DescrFromType(result_of(function, row));
    if (dtype == NULL) return NULL;
    PyObject *made = PyArray_NewFromDescr(&PyArray_Type, dtype, extent.ndim, extent.shape, NULL, NULL, extent.fortran, NULL);
    if (made == NULL) return NULL;
    operands[nargs].data = PyArray_DATA(ARRAY(made));
    if (extent.once) {
        line_up(&operands[nargs], PyArray_ITEMSIZE(ARRAY(made)), &extent);
    } else {
        memcpy(operands[nargs].steps, PyArray_STRIDES(ARRAY(made)), extent.ndim * sizeof(npy_intp));
        join_axes(operands, nargs + 1, &extent);
    }
    if (!is_written(function, row, operands, &extent, lenient)) Py_CLEAR(made);
    return made;
}

/* Whether an operand lies in other memory than a result, or in the very same places. */
static bool is_apart(const Operand *operand, const Operand *out, npy_intp itemsize, npy_intp count) {
    npy_intp last = operand->steps[0] * (count - 1);
    const char *low = operand->data + Py_MIN(last, 0), *high = operand->data + Py_MAX(last, 0) + operand->itemsize;
    if (operand->itemsize == itemsize && operand->data == out->data && operand->steps[0] == out->steps[0]) return true;
    return high <= out->data || low >= out->data + itemsize * count;
}

/* The same, written into an array of its shape and dtype which lies in one piece, and follows the operands:
   return that. Where NumPy must be asked, it is as it was. */
PyObject *looped_into(PyObject *function, PyObject *const *args, Py_ssize_t nargs) {
    Operand operands[MOST_OPERANDS], *out = &operands[nargs - 1];
    Extent extent;
    PyArrayObject *array = ARRAY(args[nargs - 1]);
    int row = nargs < 2 || !PyArray_CheckExact(array) ? -1 : prepared(function, args, nargs - 1, operands, &extent);
    if (row < 0 || !extent.once || PyArray_NBYTES(array) > SPARE || PyArray_TYPE(array) != result_of(function, row)) return NULL;
    if (PyArray_NDIM(array) != extent.ndim || !PyArray_CompareLists(PyArray_DIMS(array), extent.shape, extent.ndim)) return NULL;
    int order = extent.fortran ? NPY_ARRAY_F_CONTIGUOUS : NPY_ARRAY_C_CONTIGUOUS;
    if (!PyArray_CHKFLAGS(array, order | NPY_ARRAY_ALIGNED | NPY_ARRAY_WRITEABLE) || !PyArray_ISNOTSWAPPED(array))
        return NULL;
    out->data = PyArray_DATA(array);
    line_up(out, PyArray_ITEMSIZE(array), &extent);
    for (Py_ssize_t k = 0; k < nargs - 1; k++)
        if (!is_apart(&operands[k], out, out->steps[0], extent.size)) return NULL;
    char before[SPARE];
    memcpy(before, out->data, PyArray_NBYTES(array));
    if (is_written(function, row, operands, &extent, false)) return Py_NewRef(array);
    memcpy(out->data, before, PyArray_NBYTES(array));
    return NULL;
}

/* Find NumPy's type of ufuncs; -1 with an error. */
int find_ufuncs(void) { return _import_umath(); }
