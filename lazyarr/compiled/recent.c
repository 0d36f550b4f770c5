/* Of which calls results tell: of the last ones, as lazyarr/api/recent.py says.

   An array that remembers a call takes a turn, or more if much goes into the call, and whoever had
   these turns before tells no longer what went into his. That of a short story which keeps little
   needs none, where it is made here. The ring does not hold arrays: what is
   freed gives its turn back, so that only arrays of which that is certain take one. */

#include "methods.h"

#define LITTLE 256 /* bytes */

static PyObject *ring[MOST_TURNS];    /* borrowed */
static PyObject *numbers[MOST_TURNS]; /* of turns, for slots */
static long last_turn;

/* Let an array have no turn any more. */
void give_back(PyObject *x) {
    PyObject *turn = state.turn_at ? SLOT(x, state.turn_at) : NULL;
    if (turn == NULL) return;
    long k = PyLong_AsLong(turn);
    if (ring[k] != x) return;
    ring[k] = NULL;
    if (k == last_turn) last_turn = (k ? k : state.turns) - 1; /* what is freed at once takes none */
}

/* Make the numbers of turns; false with an error. */
bool number_turns(void) {
    if (state.turns < 2 || state.turns > MOST_TURNS) {
        PyErr_SetString(PyExc_ValueError, "there are too few turns, or too many");
        return false;
    }
    for (long k = 0; k < state.turns; k++)
        if (numbers[k] == NULL && (numbers[k] = PyLong_FromLong(k)) == NULL) return false;
    return true;
}

/* Return what is left of a story, a new reference: the function and the line, of an array. */
static PyObject *rest_of(PyObject *x, PyObject *how) {
    if (Py_IS_TYPE(x, state.element) || PyTuple_GET_SIZE(how) <= OF_PART) return Py_NewRef(Py_None);
    PyObject *rest = PyTuple_New(PyTuple_GET_SIZE(how));
    for (Py_ssize_t k = 0; rest != NULL && k < PyTuple_GET_SIZE(how); k++)
        PyTuple_SET_ITEM(rest, k, Py_NewRef(k == 1 || k == 2 ? state.lost : PyTuple_GET_ITEM(how, k)));
    return rest;
}

/* Let an array, if there is one, tell no longer what went into its call. A collector may run for the memory of
   what is left of that, and any code with it: both are held. The array may be gone behind this. */
static void forget(PyObject *x) {
    if (x == NULL || HOW(x) == NULL || !PyTuple_CheckExact(HOW(x))) return;
    PyObject *how = Py_NewRef(HOW(x)), *rest = rest_of(Py_NewRef(x), how), *seen = NULL;
    if (rest != NULL && HOW(x) == how) {
        PyObject *calls = holds(x) ? PyLong_FromLong(is_element(x) ? 0 : untold(VALUE(x))) : NULL;
        if (calls != NULL) Py_SETREF(CALLS(x), calls);
        if (is_small(x) || is_element(x)) {
            seen = SLOT(x, state.seen_at); /* a leaf, which tells of the call too */
            SLOT(x, state.seen_at) = NULL;
        }
        Py_SETREF(HOW(x), Py_NewRef(rest)); /* no last reference: that is below */
    }
    PyErr_Clear();
    Py_XDECREF(rest);
    Py_XDECREF(seen);
    Py_DECREF(how); /* what is freed with these may run any code */
    Py_DECREF(x);
}

/* Return how many bytes an operand keeps, or several do. */
static size_t kept_by(PyObject *x) {
    if (is_handle(x)) x = VALUE(x);
    if (x == NULL) return 0;
    if (PyArray_CheckExact(x)) {
        PyObject *base = PyArray_BASE(ARRAY(x));
        return (size_t)bytes_of(base != NULL && PyArray_CheckExact(base) ? base : x);
    }
    size_t bytes = 0;
    if (PyTuple_CheckExact(x) || PyList_CheckExact(x))
        for (Py_ssize_t k = 0; k < PySequence_Fast_GET_SIZE(x); k++) bytes += kept_by(PySequence_Fast_GET_ITEM(x, k));
    return bytes;
}

static bool is_more(PyObject *x, size_t bytes) {
    if (is_number(x)) return false;
    PyObject *value = Py_IS_TYPE(x, state.small) ? VALUE(x) : NULL;
    if (value == NULL || PyArray_BASE(ARRAY(value)) != NULL) return kept_by(x) > bytes;
    return (size_t)bytes_of(value) > bytes;
}

/* Whether what an array remembers is of many calls, or keeps much more memory than the array. */
bool is_to_forget(PyObject *made, long calls) {
    PyObject *value = VALUE(made), *const *how = &PyTuple_GET_ITEM(HOW(made), 0);
    bool array = PyArray_CheckExact(value), of_part = PyTuple_GET_SIZE(HOW(made)) == OF_PART;
    if (array && PyArray_BASE(ARRAY(value)) != NULL) return false; /* a view keeps it in any case */
    if (calls >= LONG_STORY) return true;
    size_t bytes = LITTLE + (array ? 4 * (size_t)bytes_of(value) : 0);
    return of_part ? is_more(how[0], bytes) : is_more(how[1], bytes) || is_more(how[2], bytes);
}

/* Give the next turn to an array, or nobody, and return who had it. */
static PyObject *turned(PyObject *x) {
    if (++last_turn == state.turns) last_turn = 0;
    PyObject *before = ring[last_turn];
    ring[last_turn] = x;
    return before;
}

/* Let an array that remembers a call take its turn. */
void take_turn(PyObject *made) {
    PyObject *how = HOW(made);
    if (!is_handle(made) || how == NULL || !PyTuple_CheckExact(how) || PyTuple_GET_SIZE(how) < OF_PART) return;
    if (PyTuple_GET_ITEM(how, 1) == state.lost) return;
    bool of_part = PyTuple_GET_SIZE(how) == OF_PART; /* else there is a function before what went into it */
    size_t bytes = kept_by(PyTuple_GET_ITEM(how, of_part ? 0 : 1)) + kept_by(PyTuple_GET_ITEM(how, of_part ? 1 : 2));
    give_back(made);
    for (size_t more = Py_MIN(bytes >> state.a_turn, (size_t)state.turns / 2); more; more--) forget(turned(NULL));
    give_back(made); /* which may have taken another one meanwhile */
    PyObject *before = turned(made);
    Py_XSETREF(SLOT(made, state.turn_at), Py_NewRef(numbers[last_turn]));
    if (before != NULL) forget(before);
}

/* --- `Handle._how` ---------------------------------------------------------------------- */

/* Whether this is an attribute of it; false with an error. */
static bool is_ours(PyObject *x) {
    if (state.ready && PyObject_TypeCheck(x, state.handle)) return true;
    PyErr_Format(PyExc_TypeError, "%s remembers no call", Py_TYPE(x)->tp_name);
    return false;
}

static PyObject *story_get(PyObject *self, PyObject *x, PyObject *type) {
    if (x == NULL || x == Py_None) return Py_NewRef(self);
    if (is_ours(x) && HOW(x) != NULL) return Py_NewRef(HOW(x));
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_AttributeError, "_how");
    return NULL;
}

static int story_set(PyObject *self, PyObject *x, PyObject *how) {
    if (!is_ours(x)) return -1;
    Py_XSETREF(HOW(x), Py_XNewRef(how));
    take_turn(x);
    return 0;
}

PyTypeObject StoryType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "lazyarr.compiled.methods.story",
    .tp_basicsize = sizeof(PyObject),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_doc = "The call that made an array, which it remembers for a while.",
    .tp_descr_get = story_get,
    .tp_descr_set = story_set,
};
