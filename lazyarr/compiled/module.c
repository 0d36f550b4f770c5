/* The type of compiled methods, and the module `lazyarr.compiled.methods`. */

#define LAZYARR_MODULE
#include "methods.h"

#ifndef SOURCES
#define SOURCES "" /* hatch_build.py tells their fingerprint */
#endif
#define INTERFACE 14 /* lazyarr/compiled/__init__.py names the one that it knows */

State state;

/* --- the type: what it does not have itself, it has of its `general` method ------------- */

static void method_dealloc(PyObject *self_) {
    Method *self = (Method *)self_;
    PyObject_GC_UnTrack(self_);
    if (self->weak != NULL) PyObject_ClearWeakRefs(self_);
    Py_XDECREF(self->general);
    Py_XDECREF(self->op);
    Py_XDECREF(self->function);
    Py_XDECREF(self->other);
    Py_XDECREF(self->usual);
    Py_XDECREF(self->last);
    Py_XDECREF(self->gives);
    Py_XDECREF(self->tag);
    Py_TYPE(self_)->tp_free(self_);
}

/* Functions refer to themselves: what is written in Python lets go of a circle. */
static int method_traverse(PyObject *self_, visitproc visit, void *arg) {
    Method *self = (Method *)self_;
    Py_VISIT(self->general);
    Py_VISIT(self->op);
    Py_VISIT(self->function);
    Py_VISIT(self->other);
    Py_VISIT(self->usual);
    Py_VISIT(self->tag);
    return 0;
}

static PyObject *method_bind(PyObject *self, PyObject *object, PyObject *type) {
    return object == NULL || object == Py_None ? Py_NewRef(self) : PyMethod_New(self, object);
}

/* Give an elementwise function what NumPy's ufunc has, which few are ever asked for. */
static bool equip(Method *self) {
    if (!state.ready || (self->call != function_of_one && self->call != function_of_two)) return true;
    PyObject *done = PyObject_CallFunctionObjArgs(state.equip, self->general, self->op, NULL);
    Py_XDECREF(done);
    return done != NULL;
}

static PyObject *method_get(PyObject *self_, PyObject *name) {
    Method *self = (Method *)self_;
    if (!PyUnicode_CompareWithASCIIString(name, "__reduce__") || !PyUnicode_CompareWithASCIIString(name, "__class__") ||
        !PyUnicode_CompareWithASCIIString(name, "__reduce_ex__"))
        return PyObject_GenericGetAttr(self_, name);
    PyObject *found = PyObject_GetAttr(self->general, name);
    if (found != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError)) return found;
    PyErr_Clear();
    return equip(self) ? PyObject_GetAttr(self->general, name) : NULL;
}

static int method_set(PyObject *self, PyObject *name, PyObject *value) {
    return PyObject_SetAttr(((Method *)self)->general, name, value);
}

static PyObject *method_repr(PyObject *self) { return PyObject_Repr(((Method *)self)->general); }

/* Functions are pickled, and copied, by their names. */
static PyObject *method_reduce(PyObject *self, PyObject *args) {
    return PyObject_GetAttrString(((Method *)self)->general, "__qualname__");
}

static PyObject *method_dir(PyObject *self, PyObject *unused) {
    return equip((Method *)self) ? PyObject_Dir(((Method *)self)->general) : NULL;
}

/* ``help`` looks for it past `method_get`. */
static PyObject *method_doc(PyObject *self, void *unused) {
    return PyObject_GetAttrString(((Method *)self)->general, "__doc__");
}

static PyGetSetDef method_attributes[] = {{"__doc__", method_doc, NULL, NULL, NULL}, {NULL}};

static PyMethodDef method_methods[] = {
    {"__dir__", method_dir, METH_NOARGS, "Return the names that this has."},
    {"__reduce__", method_reduce, METH_VARARGS, "Return the name that this is pickled by."},
    {"__reduce_ex__", method_reduce, METH_VARARGS, "Return the name that this is pickled by."},
    {NULL},
};

PyTypeObject MethodType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "lazyarr.compiled.methods.method",
    .tp_basicsize = sizeof(Method),
    .tp_dealloc = method_dealloc,
    .tp_vectorcall_offset = offsetof(Method, call),
    .tp_call = PyVectorcall_Call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR | Py_TPFLAGS_HAVE_GC,
    .tp_doc = "A method or function whose usual case is compiled.",
    .tp_traverse = method_traverse,
    .tp_weaklistoffset = offsetof(Method, weak),
    .tp_descr_get = method_bind,
    .tp_getattro = method_get,
    .tp_setattro = method_set,
    .tp_repr = method_repr,
    .tp_methods = method_methods,
    .tp_getset = method_attributes,
};

/* --- the module ------------------------------------------------------------------------ */

static const struct {
    const char *name;
    vectorcallfunc call;
} kinds[] = {
#define ROW(name) {#name, name}
    ROW(array_binary),    ROW(array_inplace),   ROW(array_unary),         ROW(array_power),
    ROW(element_binary),  ROW(element_comparison), ROW(element_number),   ROW(array_getitem),
    ROW(array_setitem),   ROW(array_attribute), ROW(array_view),          ROW(function_of_one),
    ROW(function_of_two), ROW(function_of_several), ROW(array_method),    ROW(array_fold),
    ROW(array_product), ROW(function_product), ROW(function_fresh), ROW(function_array), ROW(array_iter), ROW(part_getitem), ROW(part_setitem),
    ROW(node_binary), ROW(node_unary), ROW(node_power), ROW(node_where), ROW(node_getitem), ROW(graph_structure), ROW(graph_remarked), ROW(array_same),
    ROW(function_writing), ROW(array_length), ROW(array_copied), ROW(element_unary), ROW(element_integer),
    ROW(array_ufunc), ROW(node_astype), ROW(node_inplace), ROW(node_turned), ROW(node_far), ROW(plan_run),
    ROW(graph_persist), ROW(node_fact), ROW(function_like), ROW(options_current),
#undef ROW
};

static PyObject *new_method(PyObject *module, PyObject *args, PyObject *given) {
    static char *names[] = {"kind", "general", "op", "function", "other", "usual", "tag", "reflected", "flag", "real", NULL};
    const char *kind;
    PyObject *general, *op = Py_None, *function = Py_None, *other = Py_None, *usual = Py_None, *tag = Py_None;
    int reflected = 0, flag = 0, real = 0;
    if (!PyArg_ParseTupleAndKeywords(args, given, "sO|$OOOOOppp:method", names, &kind, &general, &op, &function, &other,
                                     &usual, &tag, &reflected, &flag, &real))
        return NULL;
    for (size_t k = 0; k < Py_ARRAY_LENGTH(kinds); k++) {
        if (strcmp(kinds[k].name, kind)) continue;
        Method *made = PyObject_GC_New(Method, &MethodType);
        if (made == NULL) return NULL;
        made->call = kinds[k].call;
        state.runs |= made->call == plan_run;
        made->weak = NULL;
        made->general = Py_NewRef(general);
        made->op = Py_NewRef(op);
        made->function = Py_NewRef(function);
        made->other = Py_NewRef(other);
        made->usual = Py_NewRef(usual);
        made->last = made->gives = NULL;
        made->tag = Py_NewRef(tag);
        made->reflected = reflected;
        made->flag = flag;
        made->real = real;
        PyObject_GC_Track(made);
        return (PyObject *)made;
    }
    return PyErr_Format(PyExc_ValueError, "there is no kind of method %s", kind);
}

/* Find the offset of one of the slots of a class. */
bool find(PyTypeObject *type, const char *name, Py_ssize_t *offset) {
    PyObject *slot = PyObject_GetAttrString((PyObject *)type, name);
    bool is_slot = slot != NULL && Py_IS_TYPE(slot, &PyMemberDescr_Type);
    if (is_slot)
        *offset = ((PyMemberDescrObject *)slot)->d_member->offset;
    else if (slot != NULL)
        PyErr_Format(PyExc_TypeError, "%s is no slot of %s", name, type->tp_name);
    Py_XDECREF(slot);
    return is_slot;
}

static const struct {
    const char *name;
    size_t offset;
} bounds[] = {
#define BOUND(name) {#name, offsetof(State, name)}
    BOUND(made_by), BOUND(told), BOUND(large), BOUND(usual), BOUND(wide), BOUND(kept), BOUND(heaviest),
    BOUND(a_turn), BOUND(turns), BOUND(long_), BOUND(few), BOUND(many), BOUND(several),
#undef BOUND
};

static bool keep_things(PyObject *given) {
    /* No `static` one: on Windows, the types of Python's library have no address before it is there. */
    const struct {
        const char *name;
        PyTypeObject *type; /* NULL: any */
        size_t offset;
    } things[] = {
#define THING(name, type) {#name, type, offsetof(State, name)}
        THING(small, &PyType_Type),       THING(borrowed, &PyType_Type),     THING(opened, &PyType_Type),
        THING(element, &PyType_Type), THING(handle, &PyType_Type), THING(lazy, &PyType_Type), THING(node, &PyType_Type),
        THING(weak_scalars, &PyDict_Type), THING(view, &PyType_Type), THING(sliced, &PyType_Type), THING(owned, &PyType_Type),
        THING(view_op, NULL), THING(update_op, NULL), THING(joint_of, NULL), THING(due, &PyDict_Type), THING(looped, &PyDict_Type),
        THING(strides, NULL), THING(wrote, NULL), THING(no_bytes, NULL), THING(axes, &PyFrozenSet_Type),
        THING(marks, &PyList_Type),       THING(raising, &PyContext_Type),   THING(noting, &PyContext_Type),
        THING(lenient, &PyContext_Type),  THING(found, &PySet_Type),         THING(asked, NULL),
        THING(nothing, NULL),             THING(refusals, &PyTuple_Type),    THING(scalars, &PyFrozenSet_Type),
        THING(numbers, &PyFrozenSet_Type), THING(plain, &PyFrozenSet_Type),  THING(wide_types, &PyFrozenSet_Type),
        THING(dtypes, &PyFrozenSet_Type), THING(floats, NULL),               THING(whole, NULL),
        THING(integers, NULL),            THING(double_, NULL),              THING(integer, NULL),
        THING(users, &PySet_Type),        THING(no_options, &PyDict_Type),   THING(lost, NULL),
        THING(made_at, NULL),             THING(remember, NULL),             THING(tell, NULL),
        THING(part, NULL),                THING(keepdims, &PyTuple_Type),
        THING(take, NULL), THING(equip, NULL), THING(loose, &PyType_Type),
#undef THING
    };
    for (size_t k = 0; k < Py_ARRAY_LENGTH(things); k++) {
        PyObject *value = PyDict_GetItemString(given, things[k].name);
        if (value == NULL || (things[k].type != NULL && !PyObject_TypeCheck(value, things[k].type))) {
            PyErr_Format(PyExc_TypeError, "%s is missing, or not of its type", things[k].name);
            return false;
        }
        SLOT(&state, things[k].offset) = Py_NewRef(value);
    }
    for (size_t k = 0; k < Py_ARRAY_LENGTH(bounds); k++) {
        PyObject *value = PyDict_GetItemString(given, bounds[k].name);
        long number = value == NULL ? -1 : PyLong_AsLong(value);
        if (number < 0) {
            PyErr_Format(PyExc_TypeError, "%s is missing, or no number", bounds[k].name);
            return false;
        }
        *(long *)((char *)&state + bounds[k].offset) = number;
    }
    return true;
}

/* Keep the names of attributes that are looked up. */
static bool keep_names(void) {
    const struct {
        const char *name;
        PyObject **kept;
    } names[] = {
#define NAME(name) {#name, &state.names.name}
        NAME(_current), NAME(tag), NAME(under), NAME(changes), NAME(_c_contiguous), NAME(data), NAME(ptr),
        NAME(device_id), NAME(bound), NAME(share), NAME(direct), NAME(straight), NAME(_base),
#undef NAME
    };
    for (size_t k = 0; k < Py_ARRAY_LENGTH(names); k++)
        if ((*names[k].kept = PyUnicode_InternFromString(names[k].name)) == NULL) return false;
    return true;
}

/* Keep what the methods need, by name: it is there for as long as the process is. */
static PyObject *use(PyObject *module, PyObject *args, PyObject *given) {
    if (given == NULL || PyTuple_GET_SIZE(args) || !keep_things(given)) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "use() takes what methods need, by name");
        return NULL;
    }
    const struct {
        PyTypeObject *type;
        const char *name;
        Py_ssize_t *offset;
    } slots[] = {
        {state.lazy, "_value", &state.value_at}, {state.lazy, "_story", &state.how_at},
        {state.lazy, "_turn", &state.turn_at},
        {state.lazy, "_calls", &state.calls_at}, {state.lazy, "_chain", &state.chain_at},
        {state.lazy, "_node", &state.node_at},   {state.lazy, "_base", &state.base_at},
        {state.lazy, "_seen", &state.seen_at},   {state.lazy, "_viewed", &state.viewed_at},
        {state.lazy, "_whole", &state.whole_at}, {state.loose, "base", &state.loose_base_at},
        {state.loose, "key", &state.loose_key_at}, {state.loose, "chain", &state.loose_chain_at},
#define IN_NODE(name) {state.node, #name, &state.in_node.name}
        IN_NODE(op),  IN_NODE(args), IN_NODE(params), IN_NODE(shape), IN_NODE(dtype),
        IN_NODE(tag), IN_NODE(where), IN_NODE(value), IN_NODE(steps),
#undef IN_NODE
    };
    for (size_t k = 0; k < Py_ARRAY_LENGTH(slots); k++)
        if (!find(slots[k].type, slots[k].name, slots[k].offset)) return NULL;
    PyTypeObject *kept[] = {state.small, state.borrowed, state.opened, state.element, state.sliced, state.lazy};
    if (PyErr_Occurred() || !keep_names() || !number_turns() ||
        !keep_handles(state.handle, kept, Py_ARRAY_LENGTH(kept)) || !keep_nodes())
        return NULL;
    state.ready = true;
    Py_RETURN_NONE;
}

static PyObject *choose_scene(PyObject *module, PyObject *args) {
    PyObject *asked, *scene;
    if (!PyArg_ParseTuple(args, "OO!:choose", &asked, &PyContext_Type, &scene)) return NULL;
    choose(asked, scene);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"method", (PyCFunction)(void (*)(void))new_method, METH_VARARGS | METH_KEYWORDS, "Return a method of a kind."},
    {"use", (PyCFunction)(void (*)(void))use, METH_VARARGS | METH_KEYWORDS, "Keep what the methods need."},
    {"choose", choose_scene, METH_VARARGS, "Compute in a context while a user asks for one thing."},
    {NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "lazyarr.compiled.methods", "Methods whose usual case is compiled.", -1, functions,
};

PyMODINIT_FUNC PyInit_methods(void) {
    import_array();
    if (find_ufuncs() < 0 || PyType_Ready(&MethodType) < 0 || PyType_Ready(&ElementsType) < 0 ||
        PyType_Ready(&StoryType) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && (PyModule_AddIntConstant(module, "INTERFACE", INTERFACE) < 0 ||
                           PyModule_AddObject(module, "story", StoryType.tp_alloc(&StoryType, 0)) < 0 ||
                           PyModule_AddStringConstant(module, "SOURCES", SOURCES) < 0))
        Py_CLEAR(module);
    return module;
}
