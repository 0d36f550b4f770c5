/* How NumPy is called, and what becomes of what it gives. */

#include "methods.h"

/* Whether the pending error sends the call the general way; it is forgotten then. */
bool refused(void) {
    if (!PyErr_ExceptionMatches(state.refusals)) return false;
    PyErr_Clear();
    return true;
}

/* The same, where with no error there is more to say of an operand. */
bool is_general(void) { return !PyErr_Occurred() || refused(); }

/* Return the context to call a function in, a new reference: under the user's ``errstate`` where an
   error was met last, the one in which what it ignores raises nothing, too. */
static PyObject *scene_for(PyObject *context) {
    PyObject *value = NULL;
    if (state.chosen == NULL || context == state.noting) return Py_NewRef(context);
    if (PyContextVar_Get(state.asked, NULL, &value) < 0) PyErr_Clear();
    Py_XDECREF(value);
    if (value == state.chosen) return Py_NewRef(state.scene);
    choose(NULL, NULL); /* the block has been left */
    return Py_NewRef(context);
}

/* Keep what a user asked for, and its context. */
void choose(PyObject *asked, PyObject *scene) {
    PyObject *before = state.chosen, *other = state.scene;
    state.chosen = Py_XNewRef(asked);
    state.scene = Py_XNewRef(scene);
    Py_XDECREF(before);
    Py_XDECREF(other);
}

/* Call a function of a few arguments in a context, which holds NumPy's error state.

   The last of them go by name, if there are `names`. What errors were noted there is taken as
   `notes`, if that is asked for and there are some: while this thread is in the context no
   other one can be, and note its own. */
PyObject *run_named(PyObject *context, PyObject *function, PyObject *const *args, Py_ssize_t nargs, PyObject *names,
                    PyObject **notes) {
    PyObject *held[FEW + 1] = {NULL};
    Py_ssize_t all = nargs + (names == NULL ? 0 : PyTuple_GET_SIZE(names));
    PyObject *value = NULL;
    for (Py_ssize_t k = 0; k < all; k++) held[k + 1] = Py_NewRef(args[k]);
    context = scene_for(context); /* a scene that goes may have a user's object, and its finalizer */
    bool entered = PyContext_Enter(context) == 0; /* else another thread is in it */
    if (entered) value = PyObject_Vectorcall(function, held + 1, nargs | PY_VECTORCALL_ARGUMENTS_OFFSET, names);
    for (Py_ssize_t k = 0; k < all; k++) Py_DECREF(args[k]);
    if (!entered) {
        Py_DECREF(context);
        return NULL;
    }
    if (notes != NULL && PySet_GET_SIZE(state.found)) {
        if (value != NULL && (*notes = PySet_New(state.found)) == NULL) Py_CLEAR(value);
        PySet_Clear(state.found);
    }
    if (PyContext_Exit(context) < 0) Py_CLEAR(value);
    Py_DECREF(context);
    return value;
}

/* The same of arguments without names; of ufuncs, by their loops alone where that can be. */
PyObject *run(PyObject *context, PyObject *function, PyObject *const *args, Py_ssize_t nargs, PyObject **notes) {
    PyObject *value = NULL;
    if (notes != NULL)
        value = looped_into(function, args, nargs);
    else if (state.chosen == NULL)
        value = looped(function, args, nargs, context == state.lenient);
    if (value != NULL || PyErr_Occurred()) return value;
    return run_named(context, function, args, nargs, NULL, notes);
}

/* Let NumPy write into the last of some values, and tell of the errors that it met.

   1 if that is done, 0 if it must be done the general way, -1 for an error. */
int writes(PyObject *op, PyObject *function, PyObject *const *values, Py_ssize_t number) {
    PyObject *notes = NULL, *done = NULL, *value = run(state.noting, function, values, number, &notes);
    if (value == NULL) return refused() ? 0 : -1;
    Py_DECREF(value);
    if (notes != NULL) {
        PyObject *frame = caller();
        if (frame != NULL) done = PyObject_CallFunctionObjArgs(state.tell, notes, op, frame, NULL);
        Py_DECREF(notes);
        if (done == NULL) return -1;
        Py_DECREF(done);
    }
    return 1;
}

/* Return a new Small or Element that holds a value, of which the reference is taken. */
PyObject *holder(PyTypeObject *type, PyObject *value) {
    PyObject *made = new_handle(type);
    if (made == NULL)
        Py_DECREF(value);
    else
        VALUE(made) = value;
    return made;
}

/* Let a new array remember a call, of which the reference is taken. */
PyObject *with_story(PyObject *made, PyObject *how, long calls) {
    HOW(made) = how;
    CALLS(made) = PyLong_FromLong(calls);
    if (how == NULL || CALLS(made) == NULL) Py_CLEAR(made);
    if (made != NULL && how != Py_None && is_to_forget(made, calls)) take_turn(made);
    return made;
}

/* Return the frame of the caller, borrowed: a call of what is compiled has none. */
PyObject *caller(void) {
    PyObject *frame = (PyObject *)PyEval_GetFrame();
    if (frame == NULL) PyErr_SetString(PyExc_ValueError, "call stack is not deep enough"); /* as in Python */
    return frame;
}

static bool is_part(PyObject *value) { return PyArray_CheckExact(value) && PyArray_BASE(ARRAY(value)) != NULL; }

/* Return what to remember of a view of the user's memory, which would hold all of that: `Loose` of made.py. */
static PyObject *loose(PyObject *x) {
    PyObject *base = PyWeakref_NewRef(x, NULL), *made = base == NULL ? NULL : state.loose->tp_alloc(state.loose, 0);
    if (made == NULL) {
        Py_XDECREF(base);
        return NULL;
    }
    SLOT(made, state.loose_base_at) = base;
    SLOT(made, state.loose_key_at) = Py_NewRef(Py_None);
    SLOT(made, state.loose_chain_at) = PyTuple_New(0);
    return made;
}

/* Return what to remember of an operand, or of a sequence of these. */
static PyObject *remembered(PyObject *x) {
    if (is_part(x)) return loose(x);
    bool list = PyList_CheckExact(x), parts = false;
    Py_ssize_t number = list || PyTuple_CheckExact(x) ? PySequence_Fast_GET_SIZE(x) : 0;
    for (Py_ssize_t k = 0; k < number; k++) parts = parts || is_part(PySequence_Fast_GET_ITEM(x, k));
    if (!parts) return Py_NewRef(x);
    PyObject *made = list ? PyList_New(number) : PyTuple_New(number);
    if (made == NULL) return NULL;
    if (PySequence_Fast_GET_SIZE(x) != number) { /* by a finalizer */
        Py_DECREF(made);
        return Py_NewRef(x);
    }
    PyObject **items = PySequence_Fast_ITEMS(made);
    for (Py_ssize_t k = 0; k < number; k++) items[k] = Py_NewRef(PySequence_Fast_GET_ITEM(x, k));
    for (Py_ssize_t k = 0; k < number; k++) { /* of its own: the list may be changed from here on */
        PyObject *kept = is_part(items[k]) ? loose(items[k]) : Py_NewRef(items[k]);
        if (kept == NULL) {
            Py_DECREF(made);
            return NULL;
        }
        Py_SETREF(items[k], kept);
    }
    return made;
}

/* Return the tuple by which a result remembers an operation and the line that it stands in.

   If the line must be one `of_users`, and that is not known of this one, return NULL with
   no error: the general way finds the user's. */
PyObject *story(PyObject *op, PyObject *first, PyObject *second, bool of_users) {
    PyFrameObject *frame = (PyFrameObject *)caller();
    if (frame == NULL) return NULL;
    PyCodeObject *code = PyFrame_GetCode(frame);
    if (of_users && PySet_Contains(state.users, code->co_filename) != 1) {
        Py_DECREF(code);
        return NULL;
    }
    PyObject *items[] = {Py_NewRef(op), remembered(first), remembered(second), (PyObject *)code,
                         PyLong_FromLong(PyFrame_GetLasti(frame))};
    PyObject *how = items[1] == NULL || items[2] == NULL || items[4] == NULL ? NULL : PyTuple_New(5);
    for (Py_ssize_t k = 0; k < 5; k++) {
        if (how == NULL)
            Py_XDECREF(items[k]);
        else
            PyTuple_SET_ITEM(how, k, items[k]);
    }
    return how;
}

/* Let a story, which nobody has seen, be that of a call without what went into it. */
static void lose(PyObject *how) {
    for (Py_ssize_t k = 1; k < 3; k++) {
        PyObject *operand = PyTuple_GET_ITEM(how, k);
        PyTuple_SET_ITEM(how, k, Py_NewRef(state.lost));
        Py_DECREF(operand);
    }
}

/* Return of how many calls a value tells that remembers none: `untold` of bounds.py. */
long untold(PyObject *value) {
    if (!PyArray_CheckExact(value)) return 0;
    PyObject *held = is_part(value) ? PyArray_BASE(ARRAY(value)) : value;
    return PyArray_Check(held) && bytes_of(held) <= state.told ? 0 : state.made_by;
}

/* Return as how many calls the one counts that made a value: `weight` of bounds.py. */
static long weight(PyObject *value) {
    npy_intp nbytes = PyArray_CheckExact(value) ? bytes_of(value) : 0;
    long calls = 1 + (long)((nbytes + (1 << (state.kept - 1))) >> state.kept);
    return Py_MIN(calls, state.heaviest);
}

/* Return what NumPy gave, whose reference is taken, as an array that remembers the call; operands tell of `count`.

   NULL with no error if the general way has to find the line. */
PyObject *told(PyObject *value, PyObject *op, PyObject *first, PyObject *second, long count, bool of_users) {
    PyObject *how = story(op, first, second, of_users);
    if (how == NULL) {
        Py_DECREF(value);
        return NULL;
    }
    PyObject *made = holder(PyArray_CheckExact(value) ? state.small : state.element, value);
    if (made == NULL) {
        Py_DECREF(how);
        return NULL;
    }
    count += weight(VALUE(made));
    if (count > state.made_by) {
        lose(how);
        count = untold(VALUE(made));
    }
    return with_story(made, how, count);
}

/* Return arguments as a tuple, as they are remembered. */
PyObject *tuple_of(PyObject *const *args, Py_ssize_t nargs) {
    PyObject *made = PyTuple_New(nargs);
    for (Py_ssize_t k = 0; made != NULL && k < nargs; k++) {
        PyObject *one = remembered(args[k]);
        if (one == NULL) Py_CLEAR(made);
        else PyTuple_SET_ITEM(made, k, one);
    }
    return made;
}

/* As `told`, of a function of these arguments. */
PyObject *told_of(PyObject *value, PyObject *op, PyObject *const *args, Py_ssize_t nargs, long count, bool of_users) {
    PyObject *operands = tuple_of(args, nargs), *made = NULL;
    if (operands == NULL)
        Py_DECREF(value);
    else
        made = told(value, op, operands, state.no_options, count, of_users);
    Py_XDECREF(operands);
    return made;
}

/* Whether two arrays may broadcast to one that is no small one any more. */
bool may_broaden(PyObject *x, PyObject *y) {
    PyArrayObject *a = ARRAY(x), *b = ARRAY(y);
    if (PyArray_NDIM(a) < 2 && PyArray_NDIM(b) < 2) return false;
    if (PyArray_SAMESHAPE(a, b)) return false;
    return are_wide(x, y);
}

/* Return a new reference to the second operand as NumPy's, and add to the calls that are told of.

   Numbers may be given as arrays that are kept, `as_constants`. NULL with no error if there is
   more to say of the operand. */
PyObject *second(PyObject *held, PyObject *y, bool as_constants, long *count) {
    if (is_number(y)) return as_constants ? constant(held, y) : Py_NewRef(y);
    if (PyComplex_CheckExact(y)) return Py_NewRef(y);
    PyObject *other = operand(y, count);
    if (other != NULL && PyArray_CheckExact(other) && may_broaden(held, other)) Py_CLEAR(other);
    return other;
}

/* Return a new reference to what stands for a number of Python's beside an array. */
PyObject *constant(PyObject *held, PyObject *number) {
    PyObject *kept = NULL, *dtype = PyArray_CheckExact(held) ? DTYPE(held) : NULL;
    if (PyFloat_CheckExact(number)) {
        if (dtype == state.double_ && PyFloat_AS_DOUBLE(number) != 0) kept = state.floats;
    } else if (dtype == state.double_) {
        kept = state.whole;
    } else if (dtype == state.integer) {
        kept = state.integers;
    }
    if (kept == NULL) return Py_NewRef(number);
    PyObject *array = PyDict_GetItemWithError(kept, number);
    if (array != NULL) return Py_NewRef(array);
    return PyErr_Occurred() ? NULL : PyObject_GetItem(kept, number); /* which may keep it now */
}

/* ``current()`` where no block has options of its own; `other` has the variable of blocks, and the names of
   lazyarr.config. */
KIND(options_current) {
    Method *self = (Method *)self_;
    PyObject *block = NULL, *found = NULL;
    if (names != NULL || PyVectorcall_NARGS(nargsf) || !state.ready) return GENERALLY(self, args, nargsf, names);
    if (PyContextVar_Get(PyTuple_GET_ITEM(self->other, 0), NULL, &block) < 0) return NULL;
    if (block == Py_None) found = Py_XNewRef(PyDict_GetItemWithError(PyTuple_GET_ITEM(self->other, 1), state.names._base));
    Py_XDECREF(block);
    return found == NULL && !PyErr_Occurred() ? GENERALLY(self, args, nargsf, names) : found;
}
