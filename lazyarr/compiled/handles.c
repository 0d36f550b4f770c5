/* Arrays as objects: each operation makes one, and most are let go of soon after.

   Their classes are written in Python, which frees what is of such a class by looking for slots in each
   class that it is derived from. All of these arrays have the slots of one class, `Handle`: they are freed
   in one go here, and their memory is kept for the next ones. Where Python would look for a method each
   time, what is compiled stands in the slots of the types. */

#include "methods.h"

#ifdef __SANITIZE_ADDRESS__
#define MOST_SPARE 0 /* so that memory that is used after it was freed is found */
#else
#define MOST_SPARE 64
#endif

static Py_ssize_t spares;
static PyObject *spare[MOST_SPARE + 1];

#define SLOTS(object) ((PyObject **)((object) + 1)) /* and what refers to it weakly, which may be among them */

/* Free an array, or what a class that was derived from one has left of it. */
static void handle_dealloc(PyObject *self) {
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, handle_dealloc)
    Py_ssize_t weak = type->tp_weaklistoffset;
    if (weak < 0 || SLOT(self, weak) != NULL) PyObject_ClearWeakRefs(self);
    PyObject **end = (PyObject **)((char *)self + state.handle->tp_basicsize);
    for (PyObject **slot = SLOTS(self); slot < end; slot++)
        if (*slot != NULL) Py_CLEAR(*slot);
    if (spares < MOST_SPARE && type->tp_dealloc == handle_dealloc)
        spare[spares++] = self;
    else
        type->tp_free(self);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

/* Return a new array of a class, which has nothing in its slots. */
PyObject *new_handle(PyTypeObject *type) {
    if (!spares || type->tp_dealloc != handle_dealloc) return type->tp_alloc(type, 0);
    PyObject *made = PyObject_Init(spare[--spares], type);
    PyObject_GC_Track(made);
    return made;
}

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
static int is_of_slots(PyTypeObject *handle) {
    PyObject *names = PyObject_GetAttrString((PyObject *)handle, "__slots__");
    Py_ssize_t number = names == NULL ? -1 : PyObject_Length(names); /* one is for what refers to it weakly, */
    Py_XDECREF(names);
    if (number < 0) return -1;
    if (!handle->tp_weaklistoffset || handle->tp_dictoffset) return 0;
    if (handle->tp_weaklistoffset < 0) number--; /* which Python has before the object, then */
    return handle->tp_basicsize == (Py_ssize_t)(sizeof(PyObject) + number * sizeof(PyObject *));
}

/* Do with classes as said above, and free what has the slots of `handle` alone; false with an error. */
bool keep_handles(PyTypeObject *handle, PyTypeObject *const *types, Py_ssize_t number) {
    int usual = is_of_slots(handle);
    for (Py_ssize_t k = 0; usual >= 0 && k < number; k++) {
        if (!keep_subscripts(types[k])) return false;
        if (usual && types[k]->tp_basicsize == handle->tp_basicsize && types[k]->tp_dealloc == handle->tp_dealloc &&
            types[k]->tp_finalize == NULL && types[k]->tp_del == NULL)
            types[k]->tp_dealloc = handle_dealloc;
    }
    return usual >= 0;
}
