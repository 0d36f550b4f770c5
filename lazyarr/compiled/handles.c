/* Arrays as objects: each operation makes one, and most are let go of soon after.

   Their classes are written in Python, which frees what is of such a class by looking for slots in each
   class that it is derived from. All of these arrays have the slots of one class, `Handle`: they are freed
   in one go here, and their memory is kept for the next ones. Where Python would look for a method each
   time, what is compiled stands in the slots of the types. */

#include "methods.h"

#ifdef __SANITIZE_ADDRESS__
#define MOST_SPARE 0 /* so that memory that is used after it was freed is found */
#else
#define MOST_SPARE 256
#endif

/* Memory of objects of a size, which have nothing in their slots. */
typedef struct {
    Py_ssize_t count;
    PyObject *items[MOST_SPARE + 1];
} Spares;

static Spares handles, nodes;

#define MOST_SLOTS 32
#define SLOTS(object) ((PyObject **)((object) + 1)) /* and what refers to it weakly, which may be among them */

/* Free an object, which nothing is in any more. */
static void let_go(Spares *spares, PyObject *self, destructor usual) {
    PyTypeObject *type = Py_TYPE(self);
    if (spares->count < MOST_SPARE && type->tp_dealloc == usual)
        spares->items[spares->count++] = self;
    else
        type->tp_free(self);
    Py_DECREF(type);
}

/* Return a new object of a class, which has nothing in its slots. */
static inline PyObject *taken(Spares *spares, PyTypeObject *type, destructor usual) {
    if (!spares->count || type->tp_dealloc != usual) return type->tp_alloc(type, 0);
    PyObject *made = PyObject_Init(spares->items[--spares->count], type);
    PyObject_GC_Track(made);
    return made;
}

/* Clear the slots of an object of so many bytes. */
static void clear_slots(PyObject *self, Py_ssize_t nbytes) {
    PyObject **end = (PyObject **)((char *)self + nbytes);
    for (PyObject **slot = SLOTS(self); slot < end; slot++)
        if (*slot != NULL) Py_CLEAR(*slot);
}

/* Whether there is nothing in the slots of an array. */
static bool is_alone(PyObject *self) {
    static const PyObject *none[MOST_SLOTS];
    return !memcmp(SLOTS(self), none, state.handle->tp_basicsize - sizeof(PyObject));
}

/* Free an array, or what a class that was derived from one has left of it. */
static void handle_dealloc(PyObject *self) {
    Py_ssize_t weak = Py_TYPE(self)->tp_weaklistoffset;
    PyObject *node = SLOT(self, state.node_at), *base = SLOT(self, state.base_at);
    give_back(self);
    PyObject_GC_UnTrack(self);
    if (base == Py_None && weak >= 0) { /* of a node alone nothing is nested but what the node has */
        SLOT(self, state.node_at) = SLOT(self, state.base_at) = NULL;
        if (is_alone(self)) {
            Py_DECREF(base);
            Py_XDECREF(node);
            let_go(&handles, self, handle_dealloc);
            return;
        }
        SLOT(self, state.node_at) = node;
        SLOT(self, state.base_at) = base;
    }
    Py_TRASHCAN_BEGIN(self, handle_dealloc)
    if (weak < 0 || SLOT(self, weak) != NULL) PyObject_ClearWeakRefs(self);
    clear_slots(self, state.handle->tp_basicsize);
    let_go(&handles, self, handle_dealloc);
    Py_TRASHCAN_END
}

/* Empty the slots of an array that is part of a circle; by its turn, which is none of that, it gives this back. */
static int handle_clear(PyObject *self) {
    Py_ssize_t weak = Py_TYPE(self)->tp_weaklistoffset;
    PyObject **end = (PyObject **)((char *)self + state.handle->tp_basicsize);
    for (PyObject **slot = SLOTS(self); slot < end; slot++)
        if ((char *)slot != (char *)self + weak && slot != &SLOT(self, state.turn_at)) Py_CLEAR(*slot);
    return 0;
}

/* Whether it is an array that is freed here, and of no class that was derived from ours. */
bool is_handle(PyObject *x) { return Py_TYPE(x)->tp_dealloc == handle_dealloc; }

PyObject *new_handle(PyTypeObject *type) { return taken(&handles, type, handle_dealloc); }

/* Free a node, under which there may be very many. */
static void node_dealloc(PyObject *self) {
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, node_dealloc)
    clear_slots(self, Py_TYPE(self)->tp_basicsize);
    let_go(&nodes, self, node_dealloc);
    Py_TRASHCAN_END
}

PyObject *blank_node(void) { return taken(&nodes, state.node, node_dealloc); }

/* --- x[key], for which Python would look for a method each time ---------------------------- */

#define MOST_CLASSES 8

static struct {
    PyTypeObject *type;
    PyObject *getitem, *setitem; /* that are compiled */
} classes[MOST_CLASSES];
static Py_ssize_t number_of_classes;
static objobjargproc set_or_delete; /* Python's own, which looks for the method */

static Py_ssize_t place_of(PyObject *x) {
    Py_ssize_t k = 0;
    while (k < number_of_classes - 1 && !Py_IS_TYPE(x, classes[k].type)) k++;
    return k; /* only these classes have the functions below */
}

static PyObject *called(PyObject *method, PyObject *const *args, size_t number) {
    return ((Method *)method)->call(method, args, number, NULL);
}

static PyObject *handle_subscript(PyObject *x, PyObject *key) {
    PyObject *args[] = {x, key};
    return called(classes[place_of(x)].getitem, args, 2);
}

static int handle_set_subscript(PyObject *x, PyObject *key, PyObject *value) {
    if (value == NULL) return set_or_delete(x, key, value);
    PyObject *args[] = {x, key, value}, *done = called(classes[place_of(x)].setitem, args, 3);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* Let a class have its compiled methods in the slots; false with an error. */
static bool keep_subscripts(PyTypeObject *type) {
    PyObject *getitem = PyObject_GetAttrString((PyObject *)type, "__getitem__");
    PyObject *setitem = PyObject_GetAttrString((PyObject *)type, "__setitem__");
    bool found = getitem != NULL && setitem != NULL, usual = found && number_of_classes < MOST_CLASSES;
    if (usual && Py_IS_TYPE(getitem, &MethodType) && Py_IS_TYPE(setitem, &MethodType)) {
        classes[number_of_classes].type = type;
        classes[number_of_classes].getitem = Py_NewRef(getitem); /* for as long as the process is */
        classes[number_of_classes++].setitem = Py_NewRef(setitem);
        set_or_delete = type->tp_as_mapping->mp_ass_subscript;
        type->tp_as_mapping->mp_subscript = handle_subscript;
        type->tp_as_mapping->mp_ass_subscript = handle_set_subscript;
    }
    Py_XDECREF(getitem);
    Py_XDECREF(setitem);
    return found;
}

/* Whether what is of a class has its slots, and nothing else: 1, 0, or -1 with an error. */
static int is_of_slots(PyTypeObject *type) {
    PyObject *names = PyObject_GetAttrString((PyObject *)type, "__slots__");
    Py_ssize_t number = names == NULL ? -1 : PyObject_Length(names); /* one may be for what refers to it weakly, */
    Py_XDECREF(names);
    if (number < 0) return -1;
    if (type->tp_dictoffset || type->tp_finalize != NULL || type->tp_del != NULL) return 0;
    if (type->tp_weaklistoffset < 0) number--; /* which Python has before the object, then */
    return type->tp_basicsize == (Py_ssize_t)(sizeof(PyObject) + number * sizeof(PyObject *));
}

/* Do with classes as said above, and free what has the slots of `handle` alone; false with an error. */
bool keep_handles(PyTypeObject *handle, PyTypeObject *const *types, Py_ssize_t number) {
    int usual = is_of_slots(handle);
    if (!handle->tp_weaklistoffset || handle->tp_basicsize > (Py_ssize_t)(MOST_SLOTS * sizeof(PyObject *)))
        usual = Py_MIN(usual, 0);
    for (Py_ssize_t k = 0; usual >= 0 && k < number; k++) {
        if (!keep_subscripts(types[k])) return false;
        if (usual && types[k]->tp_basicsize == handle->tp_basicsize && types[k]->tp_dealloc == handle->tp_dealloc &&
            types[k]->tp_finalize == NULL && types[k]->tp_del == NULL) {
            types[k]->tp_dealloc = handle_dealloc;
            types[k]->tp_clear = handle_clear;
        }
    }
    return usual >= 0;
}

/* Free nodes here, too; false with an error. */
bool keep_nodes(void) {
    int usual = is_of_slots(state.node);
    if (usual == 1 && !state.node->tp_weaklistoffset) state.node->tp_dealloc = node_dealloc;
    return usual >= 0;
}
