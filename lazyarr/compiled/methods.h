/* What programs do most, with no frame of Python's in between: with small known arrays, and
   where nodes of other ones are made and looked up.

   Each object of type `method` stands in the place of a method or function written in
   Python, which is its `general` one. It does what that does in the usual case: operands
   are known, no option bears on it, NumPy has nothing to say. In every other case, errors
   included, it calls `general`, which looks at the operands again. So everything is said
   in Python, and the usual case is made short here; lazyarr works without these files.

   NumPy is called in the same contexts as from Python (api/known.py), and results
   remember the calls that made them in the same way (api/made.py). */

#ifndef LAZYARR_METHODS_H
#define LAZYARR_METHODS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <structmember.h>

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL lazyarr_numpy
#ifndef LAZYARR_MODULE
#define NO_IMPORT_ARRAY
#endif
#include <numpy/arrayobject.h>

#ifdef Py_GIL_DISABLED
#error "slots are read and written under the lock of the interpreter"
#endif

#define MOST_AXES 8  /* of an array whose views are taken here */
#define FEW 5        /* arguments that are looked at, at most */
#define MOST_TURNS 512
#define LONG_STORY 8 /* calls of which some will be forgotten */
#define OF_PART 2    /* what a part of an array remembers: the array and a key, as in api/history.py */

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    PyObject *weak;     /* references to this that are weak */
    PyObject *general;  /* what is called in Python in all but the usual case */
    PyObject *op;       /* the row or function that plans name */
    PyObject *function; /* NumPy's, or Python's for elements */
    PyObject *other;    /* a second such function, or facts of a kind of method */
    PyObject *usual;    /* of what makes nodes of `op`: its results' dtypes by the operands', */
    PyObject *last, *gives; /* such a dtype of operands, and the result's, */
    PyObject *tag;      /* and what tells such a node from others of its operands; of elements: the sign */
    bool reflected;     /* of an operator: the second operand is `self` */
    bool flag;          /* a fact of a kind of method */
    bool real;          /* of a function: complex operands go the general way */
} Method;

/* Offsets of the slots of nodes. */
typedef struct {
    Py_ssize_t op, args, params, shape, dtype, tag, where, value, steps;
} NodeSlots;

/* Names of attributes and methods. */
typedef struct {
    PyObject *_current, *tag, *under, *changes;               /* of arrays and views */
    PyObject *direct, *straight;                              /* of plans */
    PyObject *_base;                                          /* of options */
    PyObject *_c_contiguous, *data, *ptr, *device_id;         /* of CuPy's arrays and memory */
    PyObject *bound, *share;                                  /* of threads and runs: runtime/straight.py */
} Names;

/* What lazyarr/api/usual.py gives, for as long as the process runs. */
typedef struct {
    PyTypeObject *small, *borrowed, *opened, *element;
    PyTypeObject *handle;       /* that all arrays are derived from, */
    PyTypeObject *loose;        /* operands that are not held */
    PyTypeObject *lazy, *node;  /* arrays that are not small, and what they show */
    PyObject *weak_scalars;     /* leaves of numbers, as ir/leaves.py has them */
    PyTypeObject *sliced;       /* parts by their keys of what is there */
    PyTypeObject *view, *owned; /* what views are, and the remark on what is written in place */
    PyObject *view_op, *update_op; /* rows of the op table */
    PyObject *joint_of;         /* how shapes meet */
    PyObject *due;              /* a dict: arrays to be evaluated when they are indexed */
    PyObject *looped;           /* a dict: arrays into which loops write */
    PyObject *strides, *wrote;  /* functions: of a node, and what follows a write */
    PyObject *no_bytes;         /* a zero */
    PyObject *axes;             /* types of what names an axis or a dtype */
    PyObject *marks;            /* a list: empty unless options bear on this */
    PyObject *raising, *noting; /* contexts: errors are raised; or noted, */
    PyObject *found;            /* in this set */
    PyObject *lenient;          /* a context: what is next to zero raises nothing */
    PyObject *asked, *nothing;  /* NumPy's variable of what a user asked for, and its default */
    PyObject *chosen, *scene;   /* NULL, or what a user asked for and the context where that is in force */
    PyObject *refusals;         /* errors that send a call the general way */
    PyObject *scalars;          /* types of NumPy's scalars, */
    PyObject *numbers;          /* and Python's numbers, */
    PyObject *plain;            /* and what else NumPy is given as it is */
    PyObject *wide_types;       /* scalars that no number of Python's is too large for */
    PyObject *dtypes;           /* that arrays may have */
    PyObject *floats, *whole, *integers; /* constants beside doubles and int64, */
    PyObject *double_, *integer;         /* whose dtypes these are */
    PyObject *users;            /* files that are known to be a user's */
    PyObject *no_options;       /* an empty dict */
    PyObject *lost;              /* what stands for operands of which nothing is told */
    PyObject *made_at, *part, *remember, *tell, *take, *equip; /* functions of lazyarr.api */
    PyObject *keepdims;         /* a tuple of its name */
    long made_by, told, large, usual, wide, kept, heaviest, a_turn, turns; /* numbers of bounds.py, */
    long long_, few, many, several;               /* of theirs.py, ops/short.py and ops/scattered.py */
    Py_ssize_t value_at, how_at, turn_at, calls_at, chain_at, node_at, base_at, seen_at, viewed_at, whole_at; /* offsets of slots */
    Py_ssize_t loose_base_at, loose_key_at, loose_chain_at;
    NodeSlots in_node;
    Names names;
    bool ready;
    bool runs; /* whether there ever was a `plan_run` */
} State;

extern State state;

#define SLOT(object, offset) (*(PyObject **)((char *)(object) + (offset)))
#define VALUE(object) SLOT(object, state.value_at)
#define HOW(object) SLOT(object, state.how_at)
#define CALLS(object) SLOT(object, state.calls_at)
#define ARRAY(object) ((PyArrayObject *)(object))
#define SHAPE(node) SLOT(node, state.in_node.shape)
#define DTYPE(object) ((PyObject *)PyArray_DESCR(ARRAY(object)))
#define GENERALLY(self, args, nargsf, names) PyObject_Vectorcall((self)->general, args, nargsf, names)

/* Return how many bytes the elements of an array are: sooner than PyArray_NBYTES, which calls for that. */
static inline npy_intp bytes_of(PyObject *x) {
    npy_intp bytes = PyArray_ITEMSIZE(ARRAY(x));
    for (int k = 0; k < PyArray_NDIM(ARRAY(x)); k++) bytes *= PyArray_DIM(ARRAY(x), k);
    return bytes;
}

/* Whether an object holds a value; one that became an expression does not. */
static inline bool holds(PyObject *x) { return VALUE(x) != NULL && CALLS(x) != NULL; }

static inline bool is_small(PyObject *x) { return Py_IS_TYPE(x, state.small) && holds(x); }

static inline bool is_array(PyObject *x) { return is_small(x) || (Py_IS_TYPE(x, state.borrowed) && holds(x)); }

/* Whether it is an array that is known, or a part of one that is there. */
static inline bool is_known(PyObject *x) { return is_array(x) || Py_IS_TYPE(x, state.sliced); }

/* Whether parts are taken of it and written as those of small arrays are. */
static inline bool has_parts(PyObject *x) { return is_small(x) || (Py_IS_TYPE(x, state.opened) && holds(x)); }

static inline bool is_element(PyObject *x) { return Py_IS_TYPE(x, state.element) && holds(x); }

/* Whether it is an array that is not small: no known one, and nothing written in place. */
static inline bool is_lazy(PyObject *x) { return Py_IS_TYPE(x, state.lazy); }

/* Whether it is a node of which all is told: a blank one is not. */
static inline bool is_node(PyObject *x) {
    return Py_IS_TYPE(x, state.node) && SLOT(x, state.in_node.op) != NULL && SLOT(x, state.in_node.params) != NULL &&
           SHAPE(x) != NULL && SLOT(x, state.in_node.dtype) != NULL && SLOT(x, state.in_node.value) != NULL;
}

/* Whether it is what a slice may consist of, and runs no code of Python's. */
static inline bool is_bound(PyObject *x) { return x == Py_None || PyLong_CheckExact(x); }

static inline bool is_number(PyObject *x) { return PyFloat_CheckExact(x) || PyLong_CheckExact(x); }

/* Whether an object is a number that takes the dtype of the array beside it. */
static inline bool is_weak(PyObject *x) { return is_number(x) || PyBool_Check(x) || PyComplex_CheckExact(x); }

/* Of how many calls it tells: of none more, if Python code has made it an expression meanwhile. */
static inline long calls_of(PyObject *x) { return CALLS(x) == NULL ? state.made_by : PyLong_AsLong(CALLS(x)); }

/* Whether the type of an object is in a set of types. A class of classes may have a hash of
   its own, or none: it is the general way that asks for that. */
static inline bool is_of(PyObject *x, PyObject *types) {
    PyTypeObject *type = Py_TYPE(x);
    return Py_TYPE(type)->tp_hash == PyType_Type.tp_hash && PySet_Contains(types, (PyObject *)type) == 1;
}

/* Whether two arrays may broadcast to what is not small any more, unless of the same shape. */
static inline bool are_wide(PyObject *x, PyObject *y) {
    return (double)PyArray_SIZE(ARRAY(x)) * (double)PyArray_SIZE(ARRAY(y)) > state.wide;
}

/* Whether no option bears on small arrays, and all is there. */
static inline bool is_usual(void) { return state.ready && !PyList_GET_SIZE(state.marks); }

/* Return what the usual case made, or if it is none and there is no error, what the general way does. */
static inline PyObject *or_generally(PyObject *made, Method *self, PyObject *const *args, size_t nargsf) {
    return made == NULL && !PyErr_Occurred() ? GENERALLY(self, args, nargsf, NULL) : made;
}

/* handles.c */
PyObject *new_handle(PyTypeObject *type);
PyObject *blank_node(void);
bool is_handle(PyObject *x);
bool keep_handles(PyTypeObject *handle, PyTypeObject *const *types, Py_ssize_t number);
bool keep_nodes(void);

/* recent.c */
extern PyTypeObject StoryType;
bool is_to_forget(PyObject *made, long calls);
void take_turn(PyObject *made);
void give_back(PyObject *x);
bool number_turns(void);

/* results.c */
PyObject *caller(void);
bool refused(void);
bool is_general(void);
void choose(PyObject *asked, PyObject *scene);
PyObject *run(PyObject *context, PyObject *function, PyObject *const *args, Py_ssize_t nargs, PyObject **notes);
PyObject *run_named(PyObject *context, PyObject *function, PyObject *const *args, Py_ssize_t nargs, PyObject *names,
                    PyObject **notes);
int writes(PyObject *op, PyObject *function, PyObject *const *values, Py_ssize_t number);
PyObject *holder(PyTypeObject *type, PyObject *value);
PyObject *with_story(PyObject *made, PyObject *how, long calls);
long untold(PyObject *value);
PyObject *story(PyObject *op, PyObject *first, PyObject *second, bool of_users);
PyObject *told(PyObject *value, PyObject *op, PyObject *first, PyObject *second, long count, bool of_users);
PyObject *tuple_of(PyObject *const *args, Py_ssize_t nargs);
PyObject *told_of(PyObject *value, PyObject *op, PyObject *const *args, Py_ssize_t nargs, long count, bool of_users);
PyObject *second(PyObject *held, PyObject *y, bool as_constants, long *count);
bool may_broaden(PyObject *x, PyObject *y);
PyObject *constant(PyObject *held, PyObject *number);

/* loops.c */
PyObject *looped(PyObject *function, PyObject *const *args, Py_ssize_t nargs, bool lenient);
PyObject *looped_into(PyObject *function, PyObject *const *args, Py_ssize_t nargs);
int find_ufuncs(void);

/* scalars.c */
PyObject *of_numbers(PyObject *sign, PyObject *x, PyObject *y);

/* keys.c */
PyObject *new_element(PyObject *value);
PyObject *written(PyObject *held, PyObject *value);

/* parts.c */
PyObject *elements(PyObject *x);

/* numpys.c */
bool is_little(PyObject *value);
PyObject *held_array(PyObject *x);
PyObject *operand(PyObject *x, long *count);

/* functions.c */
PyObject *values_in(PyObject *sequence, long *count, bool *own);
PyObject *options_of(PyObject *const *values, PyObject *names);

/* views.c */
PyObject *shown(PyObject *x);

/* nodes.c */
PyObject *new_node(PyObject *op, PyObject *args, PyObject *params, PyObject *shape, PyObject *dtype, PyObject *tag,
                   PyObject *where);
PyObject *line(bool of_users);
PyObject *number_leaf(PyObject *leaves, PyObject *number, PyObject *dtype);
PyObject *array_of(PyObject *node);
PyObject *node_again(Method *self, PyObject *const *args, Py_ssize_t nargs, PyObject *names);
PyObject *node_of_one(Method *self, PyObject *x, bool of_users);
PyObject *node_of_two(Method *self, PyObject *x, PyObject *y, bool of_users);
PyObject *seen_through(PyObject *node, PyObject *view, PyObject *where);

/* launches.c */
PyObject *run_of(Method *self, PyObject *nodes, PyObject *plan);

/* module.c */
bool find(PyTypeObject *type, const char *name, Py_ssize_t *offset);

/* What stands for methods: operators.c, keys.c, elementwise.c, functions.c, fresh.c, iterators.c, nodes.c, views.c,
   graphs.c, launches.c. */
#define KIND(name) PyObject *name(PyObject *self_, PyObject *const *args, size_t nargsf, PyObject *names)
KIND(array_binary);
KIND(array_inplace);
KIND(array_unary);
KIND(array_ufunc);
KIND(array_power);
KIND(element_binary);
KIND(element_comparison);
KIND(element_number);
KIND(array_getitem);
KIND(array_setitem);
KIND(array_attribute);
KIND(array_copied);
KIND(array_view);
KIND(function_of_one);
KIND(function_of_two);
KIND(function_of_several);
KIND(function_product);
KIND(array_method);
KIND(array_fold);
KIND(array_product);
KIND(function_fresh);
KIND(function_array);
KIND(function_like);
KIND(array_iter);
KIND(part_getitem);
KIND(part_setitem);
KIND(node_binary);
KIND(node_unary);
KIND(node_power);
KIND(node_inplace);
KIND(node_where);
KIND(node_astype);
KIND(node_getitem);
KIND(node_turned);
KIND(node_far);
KIND(node_fact);
KIND(graph_structure);
KIND(graph_remarked);
KIND(array_same);
KIND(graph_persist);
KIND(options_current);
KIND(plan_run);
KIND(function_writing);
KIND(array_length);
KIND(element_unary);
KIND(element_integer);
extern PyTypeObject ElementsType, MethodType;

#endif
