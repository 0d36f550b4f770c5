/* Runs of plans of kernels alone, as lazyarr/runtime/straight.py says them.

   What a run uses is held by `other`, a tuple of it; whatever of CuPy's is called may run any
   code, so that what is used behind a call is held here, too. */

#include "methods.h"

/* The places of what `straight.Facts` has. */
enum {
    DEVICE, CURRENT, PER_THREAD, THREAD, IDLE, ARRAY, STREAM_OF, ALLOC, NO_ROOM, AGAIN, START, TOLD, MADE, SHOWN,
    BLOCKS, AHEAD, BENEATH, FACTS
};
enum { SOURCE, WORDS, SLOT_AT, OFFSET };  /* of what is read of a leaf */
enum { OF_LEAF, PLACE, LAST };            /* of a scalar */
enum { NUMBER, NBYTES, WRITES };          /* of a block that a stage takes */

#define OF(tuple, place) PyTuple_GET_ITEM(tuple, place)
#define LAUNCH_ARGUMENTS 11

/* One run: what its plan says, and the memory of its arguments; and where no frame of Python's has them, the
   plan and the nodes of the graph, of whose lines errors tell. */
typedef struct {
    PyObject *facts, *ready, *plan, *nodes;
} Run;

/* Offsets of the slots of `straight._Ready`. */
static struct {
    PyTypeObject *type;
    Py_ssize_t reads, scalars, stream, spare, steps;
} of_ready;

#define HELD(run, name) SLOT((run)->ready, of_ready.name)

/* Find the slots of what holds the memory of arguments; false with an error. */
static bool know(PyTypeObject *type) {
    if (type == of_ready.type) return true;
    if (!find(type, "reads", &of_ready.reads) || !find(type, "scalars", &of_ready.scalars) ||
        !find(type, "stream", &of_ready.stream) || !find(type, "spare", &of_ready.spare) ||
        !find(type, "steps", &of_ready.steps))
        return false;
    Py_XSETREF(of_ready.type, (PyTypeObject *)Py_NewRef(type));
    return true;
}

/* Call a function that may tell of an error, beneath a frame that has the plan and the nodes. */
static PyObject *ask(const Run *run, PyObject *function, PyObject *argument) {
    if (run->plan == NULL) return PyObject_CallOneArg(function, argument);
    return PyObject_CallFunctionObjArgs(OF(run->facts, BENEATH), run->plan, run->nodes, function, argument, NULL);
}

/* Write an address where a launch reads it. */
static bool write_word(PyObject *words, PyObject *slot, unsigned long long address) {
    Py_ssize_t at = PyLong_AsSsize_t(slot);
    Py_buffer *buffer = PyMemoryView_Check(words) ? PyMemoryView_GET_BUFFER(words) : NULL;
    if (buffer == NULL || at < 0 || (at + 1) * (Py_ssize_t)sizeof address > buffer->len) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_IndexError, "there is no such word of a launch");
        return false;
    }
    memcpy((char *)buffer->buf + at * sizeof address, &address, sizeof address);
    return true;
}

/* Find the address of memory; false with an error. */
static bool address_of(PyObject *memory, unsigned long long *address) {
    PyObject *number = PyObject_GetAttr(memory, state.names.ptr);
    *address = number == NULL ? 0 : PyLong_AsUnsignedLongLong(number);
    Py_XDECREF(number);
    return !PyErr_Occurred();
}

/* Return the value of a leaf among nodes, borrowed; NULL with an error if it is no such node. */
static PyObject *value_of(PyObject *nodes, PyObject *source) {
    Py_ssize_t k = PyLong_AsSsize_t(source);
    if (k >= 0 && k < PyList_GET_SIZE(nodes) && is_node(PyList_GET_ITEM(nodes, k)))
        return SLOT(PyList_GET_ITEM(nodes, k), state.in_node.value);
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_IndexError, "there is no such leaf of a plan");
    return NULL;
}

/* Whether memory is of a device: 1, 0, or -1 with an error. */
static int is_on(PyObject *memory, PyObject *device) {
    PyObject *found = PyObject_GetAttr(memory, state.names.device_id);
    int same = found == NULL ? -1 : PyObject_RichCompareBool(found, device, Py_EQ);
    Py_XDECREF(found);
    return same;
}

/* Write the address of a leaf that is an array of the device and lies as most do: 1; else 0, or -1 with an error. */
static int bind_leaf(PyObject *facts, PyObject *leaf, PyObject *read) {
    if ((PyObject *)Py_TYPE(leaf) != OF(facts, ARRAY)) return 0;
    PyObject *flag = PyObject_GetAttr(leaf, state.names._c_contiguous), *memory = NULL;
    int usual = flag == NULL ? -1 : PyObject_IsTrue(flag);
    unsigned long long address = 0;
    long long offset = PyLong_AsLongLong(OF(read, OFFSET));
    if (usual == 1 && (memory = PyObject_GetAttr(leaf, state.names.data)) == NULL) usual = -1;
    if (usual == 1 && !address_of(memory, &address)) usual = -1;
    if (usual == 1 && OF(facts, CURRENT) != Py_None) usual = is_on(memory, OF(facts, DEVICE));
    if (usual == 1) usual = address & 15 ? 0 : write_word(OF(read, WORDS), OF(read, SLOT_AT), address + offset) ? 1 : -1;
    Py_XDECREF(flag);
    Py_XDECREF(memory);
    return usual;
}

/* Write the addresses of leaves: 1; 0 if one lies otherwise, or -1 with an error. */
static int bind_leaves(PyObject *facts, PyObject *reads, PyObject *nodes) {
    int usual = 1;
    for (Py_ssize_t k = 0; usual == 1 && k < PyList_GET_SIZE(reads); k++) {
        PyObject *read = PyList_GET_ITEM(reads, k), *leaf = Py_XNewRef(value_of(nodes, OF(read, SOURCE)));
        usual = leaf == NULL ? -1 : bind_leaf(facts, leaf, read);
        Py_XDECREF(leaf);
    }
    return usual;
}

/* Write scalars that are others than those of the run before. */
static bool bind_scalars(PyObject *scalars, PyObject *nodes) {
    bool done = true;
    for (Py_ssize_t k = 0; done && k < PyList_GET_SIZE(scalars); k++) {
        PyObject *entry = PyList_GET_ITEM(scalars, k), *scalar = value_of(nodes, PyList_GET_ITEM(entry, OF_LEAF));
        if (scalar == NULL) return false;
        if (scalar == PyList_GET_ITEM(entry, LAST)) continue; /* no scalar that is held changes */
        Py_INCREF(scalar);
        done = PySequence_SetItem(PyList_GET_ITEM(entry, PLACE), 0, scalar) == 0;
        if (done) done = PyList_SetItem(entry, LAST, Py_NewRef(scalar)) == 0;
        Py_DECREF(scalar);
    }
    return done;
}

/* Return the stream of a run, whose scratch its launches use. */
static PyObject *stream_for(const Run *run) {
    PyObject *current = PyObject_CallNoArgs(OF(run->facts, STREAM_OF)), *done = NULL;
    PyObject *stream = current == NULL ? NULL : PyObject_GetAttr(current, state.names.ptr);
    int same = stream == NULL ? -1 : PyObject_RichCompareBool(stream, HELD(run, stream), Py_EQ);
    int own = same < 0 ? -1 : PyObject_RichCompareBool(stream, OF(run->facts, PER_THREAD), Py_EQ);
    if (own >= 0 && (own || !same)) /* each thread has its own */
        done = PyObject_CallMethodObjArgs(run->ready, state.names.share, OF(run->facts, DEVICE), stream, NULL);
    else if (own == 0)
        done = Py_NewRef(Py_None);
    Py_XDECREF(current);
    Py_XDECREF(done);
    if (done == NULL) Py_CLEAR(stream);
    return stream;
}

/* Return memory of so many bytes: what was taken ahead, or the pool's, which is emptied if it has none. */
static PyObject *memory_of(const Run *run, PyObject *nbytes) {
    PyObject *spare = HELD(run, spare);
    if (spare != Py_None) {
        HELD(run, spare) = Py_NewRef(Py_None);
        return spare;
    }
    PyObject *memory = PyObject_CallOneArg(OF(run->facts, ALLOC), nbytes);
    if (memory != NULL || !PyErr_ExceptionMatches(OF(run->facts, NO_ROOM))) return memory;
    PyErr_Clear();
    return ask(run, OF(run->facts, AGAIN), nbytes);
}

/* Give a block memory, and write the addresses in it. */
static bool take(const Run *run, PyObject *block, PyObject *blocks) {
    PyObject *memory = memory_of(run, OF(block, NBYTES)), *writes = OF(block, WRITES);
    unsigned long long address = 0;
    bool done = memory != NULL && address_of(memory, &address);
    for (Py_ssize_t k = 0; done && k < PyList_GET_SIZE(writes); k++) {
        PyObject *one = PyList_GET_ITEM(writes, k); /* words, the slot, and where it is in the block */
        done = write_word(OF(one, 0), OF(one, 1), address + PyLong_AsLongLong(OF(one, 2)));
    }
    if (done) return PyList_SetItem(blocks, PyLong_AsSsize_t(OF(block, NUMBER)), memory) == 0;
    Py_XDECREF(memory);
    return false;
}

/* Raise what is told of the pending error of a launch, with the user's line. */
static void tell(const Run *run) {
    if (!PyErr_ExceptionMatches(PyExc_Exception)) return;
#if PY_VERSION_HEX >= 0x030C0000
    PyObject *error = PyErr_GetRaisedException();
#else
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    if (trace != NULL) PyException_SetTraceback(error, trace);
    Py_XDECREF(type);
    Py_XDECREF(trace);
#endif
    PyObject *raised = ask(run, OF(run->facts, TOLD), error);
    if (raised == NULL) {
        Py_DECREF(error);
        return;
    }
    PyErr_SetObject((PyObject *)Py_TYPE(raised), raised);
    PyException_SetCause(raised, error); /* which takes the reference */
    Py_DECREF(raised);
}

/* Launch a kernel, of its geometry and the address of its arguments. */
static bool launch(const Run *run, PyObject *one, PyObject *stream) {
    PyObject *geometry = OF(one, 0), *given[LAUNCH_ARGUMENTS + 1] = {NULL}; /* one place for who is called */
    Py_ssize_t number = PyTuple_GET_SIZE(geometry);
    if (number + 3 != LAUNCH_ARGUMENTS) {
        PyErr_SetString(PyExc_TypeError, "a launch has another number of arguments");
        return false;
    }
    for (Py_ssize_t k = 0; k < number; k++) given[k + 1] = OF(geometry, k);
    given[number + 1] = stream;
    given[number + 2] = OF(one, 1);
    given[number + 3] = state.no_bytes;
    PyObject *done = PyObject_Vectorcall(OF(run->facts, START), given + 1, LAUNCH_ARGUMENTS | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    if (done == NULL) tell(run);
    Py_XDECREF(done);
    return done != NULL;
}

/* Do what a stage does: take memory, launch, let go of what nobody reads any more. */
static bool step(const Run *run, PyObject *of_stage, PyObject *stream, PyObject *blocks) {
    PyObject *takes = OF(of_stage, 0), *launches = OF(of_stage, 1), *drops = OF(of_stage, 2);
    bool done = true;
    for (Py_ssize_t k = 0; done && k < PyList_GET_SIZE(takes); k++)
        done = take(run, PyList_GET_ITEM(takes, k), blocks);
    for (Py_ssize_t k = 0; done && k < PyList_GET_SIZE(launches); k++)
        done = launch(run, PyList_GET_ITEM(launches, k), stream);
    for (Py_ssize_t k = 0; done && k < PyList_GET_SIZE(drops); k++)
        done = PyList_SetItem(blocks, PyLong_AsSsize_t(PyList_GET_ITEM(drops, k)), Py_NewRef(Py_None)) == 0;
    return done;
}

/* Return the array of a result: its shape and dtype, and where it lies in which block. */
static PyObject *result_of(PyObject *facts, PyObject *shown, PyObject *blocks) {
    PyObject *offset = OF(shown, 3), *block = PyList_GetItem(blocks, PyLong_AsSsize_t(OF(shown, 2)));
    if (block == NULL) return NULL;
    int inside = PyObject_IsTrue(offset);
    PyObject *memory = inside < 0 ? NULL : inside ? PyNumber_Add(block, offset) : Py_NewRef(block);
    PyObject *given[] = {NULL, OF(shown, 0), OF(shown, 1), memory}, *made = NULL;
    if (memory != NULL)
        made = PyObject_Vectorcall(OF(facts, MADE), given + 1, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_XDECREF(memory);
    return made;
}

static PyObject *results_of(PyObject *facts, PyObject *blocks) {
    PyObject *shown = OF(facts, SHOWN), *made = PyList_New(PyList_GET_SIZE(shown));
    for (Py_ssize_t k = 0; made != NULL && k < PyList_GET_SIZE(shown); k++) {
        PyObject *one = result_of(facts, PyList_GET_ITEM(shown, k), blocks);
        if (one == NULL) Py_CLEAR(made);
        else PyList_SET_ITEM(made, k, one);
    }
    return made;
}

/* Take the memory of the next run's results while the GPU computes. */
static bool reserve(const Run *run, PyObject *stream) {
    PyObject *facts = run->facts;
    int own = PyObject_RichCompareBool(stream, OF(facts, PER_THREAD), Py_EQ); /* another thread's is another one */
    if (own || OF(facts, AHEAD) == Py_None) return own >= 0;
    PyObject *memory = PyObject_CallOneArg(OF(facts, ALLOC), OF(facts, AHEAD));
    if (memory == NULL && PyErr_ExceptionMatches(OF(facts, NO_ROOM))) { /* the next run is told of it */
        PyErr_Clear();
        return true;
    }
    if (memory != NULL) Py_XSETREF(HELD(run, spare), memory);
    return memory != NULL;
}

/* Launch what is bound, and let the arguments be another run's; return the memory of the blocks. */
static PyObject *launched(const Run *run, PyObject *stream) {
    PyObject *steps = HELD(run, steps), *facts = run->facts;
    PyObject *blocks = PyList_GetSlice(OF(facts, BLOCKS), 0, PyList_GET_SIZE(OF(facts, BLOCKS)));
    bool done = blocks != NULL;
    for (Py_ssize_t k = 0; done && k < PyList_GET_SIZE(steps); k++)
        done = step(run, PyList_GET_ITEM(steps, k), stream, blocks);
    if (!done || !reserve(run, stream) || PyList_Append(OF(facts, IDLE), run->ready) < 0) Py_CLEAR(blocks);
    return blocks;
}

/* Return the roots' values, or None if a leaf lies otherwise. */
static PyObject *run_with(const Run *run) {
    PyObject *stream = NULL, *blocks = NULL;
    int usual = know(Py_TYPE(run->ready)) ? bind_leaves(run->facts, HELD(run, reads), run->nodes) : -1;
    if (usual < 0 || (!usual && PyList_Append(OF(run->facts, IDLE), run->ready) < 0)) return NULL;
    if (!usual) Py_RETURN_NONE;
    if (bind_scalars(HELD(run, scalars), run->nodes)) stream = stream_for(run);
    if (stream != NULL) blocks = launched(run, stream);
    PyObject *made = blocks == NULL ? NULL : results_of(run->facts, blocks);
    Py_XDECREF(stream);
    Py_XDECREF(blocks);
    return made;
}

/* Whether a thread has a context, as `bound` says, which stays so. */
static bool has_context(PyObject *thread) {
    static PyObject *asked;
    static uint64_t number;
    uint64_t own = PyThreadState_GetID(PyThreadState_Get());
    if (thread == asked && own == number) return true;
    if (!PyObject_HasAttr(thread, state.names.bound)) return false;
    Py_XSETREF(asked, Py_NewRef(thread));
    number = own;
    return true;
}

/* Whether the thread has a context, and the plan's device is the current one: 1, 0, or -1 with an error. */
static int is_here(PyObject *facts) {
    if (!has_context(OF(facts, THREAD))) return 0;
    if (OF(facts, CURRENT) == Py_None) return 1;
    PyObject *current = PyObject_CallNoArgs(OF(facts, CURRENT));
    int same = current == NULL ? -1 : PyObject_RichCompareBool(current, OF(facts, DEVICE), Py_EQ);
    Py_XDECREF(current);
    return same;
}

/* Return the roots' values, or None; the first of runs at the same time makes what they need. `plan` is
   NULL where Python calls. */
PyObject *run_of(Method *self, PyObject *nodes, PyObject *plan) {
    PyObject *facts = self->other;
    int here = is_here(facts);
    if (here < 0) return NULL;
    if (!here) Py_RETURN_NONE;
    PyObject *idle = OF(facts, IDLE);
    Py_ssize_t last = PyList_GET_SIZE(idle) - 1;
    Run run = {facts, NULL, plan, nodes};
    if (last < 0) return ask(&run, self->general, nodes);
    run.ready = Py_NewRef(PyList_GET_ITEM(idle, last)); /* one is one run's at a time */
    PyObject *made = PyList_SetSlice(idle, last, last + 1, NULL) == 0 ? run_with(&run) : NULL;
    Py_DECREF(run.ready);
    return made;
}

/* ``run(nodes)`` of a plan; `other` has its facts. */
KIND(plan_run) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 1 || !state.ready || !PyList_CheckExact(args[0]) ||
        !PyTuple_Check(self->other) || PyTuple_GET_SIZE(self->other) != FACTS)
        return GENERALLY(self, args, nargsf, names);
    return run_of(self, args[0], NULL);
}

/* ``far_leaf(array, node, where)`` of an array that a device has computed; `usual` has the tags of leaves, by
   `other` and what they depend on. */
KIND(node_far) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 3 || !state.ready || !is_node(args[1]))
        return GENERALLY(self, args, nargsf, names);
    PyObject *shape = SHAPE(args[1]), *dtype = SLOT(args[1], state.in_node.dtype), *made = NULL, *tag = NULL;
    PyObject *data = PyObject_GetAttr(args[0], state.names.data), *empty = PyTuple_New(0);
    PyObject *device = data == NULL ? NULL : PyObject_GetAttr(data, state.names.device_id);
    PyObject *facts = device == NULL ? NULL : PyTuple_Pack(4, self->other, shape, dtype, device);
    if (facts != NULL) tag = Py_XNewRef(PyDict_GetItemWithError(self->usual, facts));
    if (tag != NULL && empty != NULL) made = new_node(self->op, empty, Py_None, shape, dtype, tag, args[2]);
    if (made != NULL) Py_SETREF(SLOT(made, state.in_node.value), Py_NewRef(args[0]));
    Py_XDECREF(data);
    Py_XDECREF(device);
    Py_XDECREF(facts);
    Py_XDECREF(tag);
    Py_XDECREF(empty);
    return or_generally(made, self, args, nargsf);
}
