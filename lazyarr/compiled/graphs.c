/* The structure of a graph, as lazyarr/ir/node.py says it, and runs that are found by it. */

#include "methods.h"

#include <stdint.h>

#define SLOTS_AT_FIRST 128 /* of a table on the stack; a power of two, as all are */
#define WORDS_AT_FIRST 160 /* of a row on the stack */
#define MOST_RUNS 256      /* that are remembered */

/* Words in a row. */
typedef struct {
    uintptr_t *items, at_first[WORDS_AT_FIRST];
    Py_ssize_t count, room;
} Words;

/* Nodes in the order in which they were met, and where each is among them: at a slot of
   `places` that its address leads to, as one more than its number; 0 is a slot that is free.
   Each is held. */
typedef struct {
    Words nodes;
    uint32_t *places, at_first[SLOTS_AT_FIRST];
    size_t slots;
} Order;

/* What tells a graph from others: for each node the address of its tag, and behind it a number
   for each operand. No address is odd. */
#define MARK(number) ((uintptr_t)(number) << 1 | 1)
#define IS_NUMBER(mark) ((mark)&1)

#define NODE(order, k) ((PyObject *)(order)->nodes.items[k])

static void begin(Words *row) {
    row->items = row->at_first;
    row->count = 0;
    row->room = WORDS_AT_FIRST;
}

static bool widen(Words *row) {
    bool first = row->items == row->at_first;
    uintptr_t *items = PyMem_Realloc(first ? NULL : row->items, 2 * row->room * sizeof *items);
    if (items == NULL) return false;
    if (first) memcpy(items, row->at_first, sizeof row->at_first);
    row->items = items;
    row->room *= 2;
    return true;
}

static inline bool put(Words *row, uintptr_t word) {
    if (row->count == row->room && !widen(row)) return false;
    row->items[row->count++] = word;
    return true;
}

static void end(Words *row) {
    if (row->items != row->at_first) PyMem_Free(row->items);
}

static void begin_order(Order *order) {
    begin(&order->nodes);
    order->slots = SLOTS_AT_FIRST;
    order->places = order->at_first;
    memset(order->at_first, 0, sizeof order->at_first);
}

/* Let go of the nodes, and of the table. */
static void end_order(Order *order) {
    for (Py_ssize_t k = 0; k < order->nodes.count; k++) Py_DECREF(NODE(order, k));
    end(&order->nodes);
    if (order->places != order->at_first) PyMem_Free(order->places);
}

static size_t slot_of(const Order *order, PyObject *node) {
    size_t slot = ((uintptr_t)node >> 4) * 0x9E3779B97F4A7C15u >> 20;
    for (slot &= order->slots - 1; order->places[slot]; slot = (slot + 1) & (order->slots - 1))
        if (NODE(order, order->places[slot] - 1) == node) break;
    return slot;
}

/* Let the table have four times as many slots. */
static bool grow(Order *order) {
    uint32_t *before = order->places;
    size_t slots = 4 * order->slots;
    uint32_t *places = PyMem_Calloc(slots, sizeof(uint32_t));
    if (places == NULL || order->nodes.count >= (Py_ssize_t)(UINT32_MAX / 2)) {
        PyMem_Free(places);
        return false;
    }
    order->places = places;
    order->slots = slots;
    for (Py_ssize_t k = 0; k < order->nodes.count; k++) order->places[slot_of(order, NODE(order, k))] = (uint32_t)k + 1;
    if (before != order->at_first) PyMem_Free(before);
    return true;
}

/* Return the number of a node, which is the next one if it was not met before; -1 where there is no memory. */
static Py_ssize_t number_of(Order *order, PyObject *node) {
    size_t slot = slot_of(order, node);
    if (order->places[slot]) return (Py_ssize_t)order->places[slot] - 1;
    if (2 * (size_t)order->nodes.count >= order->slots) {
        if (!grow(order)) return -1;
        slot = slot_of(order, node);
    }
    if (!put(&order->nodes, (uintptr_t)node)) return -1;
    Py_INCREF(node);
    order->places[slot] = (uint32_t)order->nodes.count;
    return order->nodes.count - 1;
}

/* Put the marks of a node behind the others; 0 if it is no usual one. Without marks only its operands are met. */
static int walk(Order *order, Words *marks, PyObject *node) {
    PyObject *tag = SLOT(node, state.in_node.tag), *args = SLOT(node, state.in_node.args);
    if (tag == NULL || args == NULL || !PyTuple_CheckExact(args)) return 0;
    if (marks != NULL && !put(marks, (uintptr_t)tag)) return -1;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(args); k++) {
        PyObject *arg = PyTuple_GET_ITEM(args, k);
        if (!is_node(arg)) return 0;
        Py_ssize_t number = number_of(order, arg);
        if (number < 0 || (marks != NULL && !put(marks, MARK(number)))) return -1;
    }
    return 1;
}

/* Put roots ahead of all other nodes; 0 if one is no node. */
static int put_roots(Order *order, PyObject *const *roots, Py_ssize_t number) {
    for (Py_ssize_t k = 0; k < number; k++) {
        if (!is_node(roots[k])) return 0;
        if (number_of(order, roots[k]) < 0) return -1;
    }
    return 1;
}

/* Walk through the graph under roots; 0 if it is no usual one. Nothing is run or collected meanwhile. */
static int walk_all(Order *order, Words *marks, PyObject *const *roots, Py_ssize_t number) {
    int done = put_roots(order, roots, number);
    if (done == 1 && !put(marks, MARK(order->nodes.count))) return -1;
    for (Py_ssize_t k = 0; done == 1 && k < order->nodes.count; k++) done = walk(order, marks, NODE(order, k));
    return done;
}

/* Return the places of roots, of which one is asked for twice. */
static PyObject *places_of(Order *order, PyObject *const *roots, Py_ssize_t number) {
    PyObject *places = PyTuple_New(number);
    for (Py_ssize_t k = 0; places != NULL && k < number; k++) {
        PyObject *place = PyLong_FromSsize_t(number_of(order, roots[k]));
        if (place == NULL) Py_CLEAR(places);
        else PyTuple_SET_ITEM(places, k, place);
    }
    return places;
}

/* Return the tuple that marks stand for, and behind them `last`, if there is one. */
static PyObject *key_of(const Words *marks, PyObject *last) {
    for (Py_ssize_t k = 0; k < marks->count; k++) /* a tag is its node's alone: what is run by a collector may change that */
        if (!IS_NUMBER(marks->items[k])) Py_INCREF((PyObject *)marks->items[k]);
    PyObject *key = PyTuple_New(marks->count + (last != NULL));
    for (Py_ssize_t k = 0; k < marks->count; k++) {
        uintptr_t mark = marks->items[k];
        PyObject *item = !IS_NUMBER(mark) ? (PyObject *)mark : key == NULL ? NULL : PyLong_FromSsize_t((Py_ssize_t)(mark >> 1));
        if (key != NULL && item != NULL) PyTuple_SET_ITEM(key, k, item);
        else Py_XDECREF(item);
        if (item == NULL) Py_CLEAR(key);
    }
    if (key != NULL && last != NULL) PyTuple_SET_ITEM(key, marks->count, Py_NewRef(last));
    return key;
}

/* Return the list of the nodes, and leave the order without them. */
static PyObject *list_of(Order *order) {
    PyObject *nodes = PyList_New(order->nodes.count);
    if (nodes == NULL) return NULL;
    for (Py_ssize_t k = 0; k < order->nodes.count; k++) PyList_SET_ITEM(nodes, k, NODE(order, k));
    order->nodes.count = 0;
    return nodes;
}

/* Return the key of a graph and the list of its nodes. */
static PyObject *pair(Order *order, Words *marks, PyObject *const *roots, Py_ssize_t number) {
    bool twice = (Py_ssize_t)(marks->items[0] >> 1) != number;
    PyObject *places = twice ? places_of(order, roots, number) : NULL;
    PyObject *key = twice && places == NULL ? NULL : key_of(marks, places), *nodes = key == NULL ? NULL : list_of(order);
    PyObject *both = nodes == NULL ? NULL : PyTuple_New(2);
    Py_XDECREF(places);
    if (both == NULL) {
        Py_XDECREF(key);
        Py_XDECREF(nodes);
        return NULL;
    }
    PyTuple_SET_ITEM(both, 0, key);
    PyTuple_SET_ITEM(both, 1, nodes);
    return both;
}

/* ``structure(roots)`` */
KIND(graph_structure) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 1 || !state.ready || !PyTuple_CheckExact(args[0]))
        return GENERALLY(self, args, nargsf, names);
    PyObject *const *roots = &PyTuple_GET_ITEM(args[0], 0);
    Py_ssize_t number = PyTuple_GET_SIZE(args[0]);
    Order order;
    Words marks;
    begin_order(&order);
    begin(&marks);
    int done = walk_all(&order, &marks, roots, number);
    PyObject *both = done == 1 ? pair(&order, &marks, roots, number) : NULL;
    end_order(&order);
    end(&marks);
    if (both == NULL && done && !PyErr_Occurred()) PyErr_NoMemory();
    return done ? both : GENERALLY(self, args, nargsf, names);
}

/* ``remarked(roots)``: whether a leaf under roots has a remark of the type `other`. */
KIND(graph_remarked) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 1 || !state.ready || !PyTuple_CheckExact(args[0]))
        return GENERALLY(self, args, nargsf, names);
    Order order;
    begin_order(&order);
    bool found = false;
    int done = put_roots(&order, &PyTuple_GET_ITEM(args[0], 0), PyTuple_GET_SIZE(args[0]));
    for (Py_ssize_t k = 0; done == 1 && !found && k < order.nodes.count; k++) {
        found = (PyObject *)Py_TYPE(SLOT(NODE(&order, k), state.in_node.params)) == self->other;
        done = walk(&order, NULL, NODE(&order, k));
    }
    end_order(&order);
    if (done < 0 && !PyErr_Occurred()) PyErr_NoMemory();
    return done < 0 ? NULL : done ? PyBool_FromLong(found) : GENERALLY(self, args, nargsf, names);
}

/* Whether two arrays of as many bytes, each in one piece and in C order, are the same, bit for bit. */
KIND(array_same) {
    Method *self = (Method *)self_;
    bool two = names == NULL && PyVectorcall_NARGS(nargsf) == 2 && PyArray_CheckExact(args[0]) && PyArray_CheckExact(args[1]);
    PyArrayObject *a = two ? ARRAY(args[0]) : NULL, *b = two ? ARRAY(args[1]) : NULL;
    if (!two || !PyArray_IS_C_CONTIGUOUS(a) || !PyArray_IS_C_CONTIGUOUS(b) || PyArray_NBYTES(a) != PyArray_NBYTES(b))
        return GENERALLY(self, args, nargsf, names);
    return PyBool_FromLong(memcmp(PyArray_DATA(a), PyArray_DATA(b), (size_t)PyArray_NBYTES(a)) == 0);
}

/* --- runs that are known ----------------------------------------------------------------------- */

/* The places of what `evaluate.Persisting` has. */
enum { RUNS, PLANS, KEPT, CURRENT, LEAF, HERE, FACTS };
enum { OF_MARKS, OF_OPTIONS, RUN, PLAN, KEY, ENTRY }; /* of what `RUNS` has by a number */

/* Return a number for marks and options, which few others have. */
static PyObject *digest(const Words *marks, PyObject *options) {
    uint64_t even = (uintptr_t)options, odd = (uint64_t)marks->count;
    for (Py_ssize_t k = 0; k + 1 < marks->count; k += 2) { /* two products at a time */
        even = (even ^ marks->items[k]) * 0x9E3779B97F4A7C15u;
        odd = (odd ^ marks->items[k + 1]) * 0xC2B2AE3D27D4EB4Fu;
        even ^= even >> 29;
        odd ^= odd >> 31;
    }
    return PyLong_FromLongLong((long long)((even + 31 * (odd ^ marks->items[marks->count - 1])) >> 4));
}

/* Return what was remembered of a graph; NULL with no error if nothing was. */
static PyObject *remembered(PyObject *runs, PyObject *number, const Words *marks, PyObject *options) {
    PyObject *entry = PyDict_GetItemWithError(runs, number);
    if (entry == NULL || PyTuple_GET_ITEM(entry, OF_OPTIONS) != options) return NULL;
    PyObject *known = PyTuple_GET_ITEM(entry, OF_MARKS);
    size_t nbytes = marks->count * sizeof marks->items[0];
    bool same = PyBytes_GET_SIZE(known) == (Py_ssize_t)nbytes && !memcmp(PyBytes_AS_STRING(known), marks->items, nbytes);
    return same ? Py_NewRef(entry) : NULL;
}

/* Return what runs a plan of kernels alone; NULL with no error if it is no such plan, or not compiled. */
static PyObject *straight_of(PyObject *plan) {
    PyObject *direct = PyObject_GetAttr(plan, state.names.direct), *run = NULL;
    if (direct != NULL && direct != Py_None) run = PyObject_GetAttr(direct, state.names.straight);
    Py_XDECREF(direct);
    if (run != NULL && !(Py_IS_TYPE(run, &MethodType) && ((Method *)run)->call == plan_run)) Py_CLEAR(run);
    return run;
}

/* Find the run of a graph among the plans, and remember it; NULL with no error if there is none. The key
   holds the tags by whose addresses it is found. */
static PyObject *found(PyObject *facts, PyObject *number, const Words *marks, PyObject *options) {
    PyObject *key = key_of(marks, NULL), *run = NULL, *entry = NULL, *runs = PyTuple_GET_ITEM(facts, RUNS);
    PyObject *whole = key == NULL ? NULL : PyTuple_Pack(4, key, options, Py_None, PyTuple_GET_ITEM(facts, KEPT));
    PyObject *known = PyBytes_FromStringAndSize((const char *)marks->items, marks->count * sizeof marks->items[0]);
    PyObject *plan = NULL;
    if (whole != NULL && known != NULL) plan = Py_XNewRef(PyDict_GetItemWithError(PyTuple_GET_ITEM(facts, PLANS), whole));
    if (plan != NULL) run = straight_of(plan);
    if (run != NULL) entry = PyTuple_Pack(ENTRY, known, options, run, plan, key);
    if (entry != NULL && PyDict_GET_SIZE(runs) >= MOST_RUNS) PyDict_Clear(runs);
    if (entry != NULL && PyDict_SetItem(runs, number, entry) < 0) Py_CLEAR(entry);
    Py_XDECREF(run);
    Py_XDECREF(plan);
    Py_XDECREF(known);
    Py_XDECREF(whole);
    Py_XDECREF(key);
    return entry;
}

/* Return the values of roots, as the run of their plan gives them, and their nodes; NULL with no error if that
   is not known, or a leaf lies otherwise. */
static PyObject *results_of(PyObject *facts, PyObject *options, PyObject *const *roots, Py_ssize_t count, PyObject **nodes) {
    PyObject *number = NULL, *entry = NULL, *results = NULL;
    Order order;
    Words marks;
    begin_order(&order);
    begin(&marks);
    int done = walk_all(&order, &marks, roots, count);
    if (done < 0) PyErr_NoMemory();
    if (done == 1 && marks.items[0] == MARK(count)) number = digest(&marks, options);
    if (number != NULL) entry = remembered(PyTuple_GET_ITEM(facts, RUNS), number, &marks, options);
    if (number != NULL && entry == NULL && !PyErr_Occurred()) entry = found(facts, number, &marks, options);
    if (entry != NULL && (*nodes = list_of(&order)) != NULL)
        results = run_of((Method *)PyTuple_GET_ITEM(entry, RUN), *nodes, PyTuple_GET_ITEM(entry, PLAN));
    Py_XDECREF(number);
    Py_XDECREF(entry);
    end_order(&order);
    end(&marks);
    if (results != NULL && (!PyList_CheckExact(results) || PyList_GET_SIZE(results) != count)) Py_CLEAR(results);
    return results;
}

/* Return the array of a result: a leaf, as `handle.kept` makes it. */
static PyObject *array_of_result(PyObject *facts, PyObject *result, PyObject *node, PyObject *where) {
    PyObject *given[] = {NULL, result, node, where};
    PyObject *leaf = PyObject_Vectorcall(PyTuple_GET_ITEM(facts, LEAF), given + 1, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    return leaf == NULL ? NULL : array_of(leaf);
}

/* Return the place in the user's code that the caller is called from. */
static PyObject *line_of(PyObject *facts) {
    PyObject *where = line(true);
    return where == NULL && !PyErr_Occurred() ? PyObject_CallNoArgs(PyTuple_GET_ITEM(facts, HERE)) : where;
}

/* Return a tuple of the arrays of results; a method's only one, with the line of its node. */
static PyObject *arrays_of(Method *self, PyObject *results, PyObject *nodes) {
    PyObject *own = self->flag ? SLOT(PyList_GET_ITEM(nodes, 0), state.in_node.where) : Py_None;
    PyObject *where = own != NULL && own != Py_None ? Py_NewRef(own) : line_of(self->other), *made = NULL;
    if (where != NULL && self->flag)
        made = array_of_result(self->other, PyList_GET_ITEM(results, 0), PyList_GET_ITEM(nodes, 0), where);
    else if (where != NULL)
        made = PyTuple_New(PyList_GET_SIZE(results));
    for (Py_ssize_t k = 0; !self->flag && made != NULL && k < PyList_GET_SIZE(results); k++) {
        PyObject *one = array_of_result(self->other, PyList_GET_ITEM(results, k), PyList_GET_ITEM(nodes, k), where);
        if (one == NULL) Py_CLEAR(made);
        else PyTuple_SET_ITEM(made, k, one);
    }
    Py_XDECREF(where);
    return made;
}

/* ``persist(x, y)``, and if `flag`-ged so the method ``x.persist()``, of expressions of whose plan kernels alone
   are run; `other` has what `evaluate.Persisting` says. */
KIND(graph_persist) {
    Method *self = (Method *)self_;
    Py_ssize_t count = PyVectorcall_NARGS(nargsf);
    PyObject *roots[FEW], *nodes = NULL, *made = NULL;
    bool usual = names == NULL && count > 0 && count <= (self->flag ? 1 : FEW) && state.ready && state.runs;
    PyObject *options = usual ? PyObject_CallNoArgs(PyTuple_GET_ITEM(self->other, CURRENT)) : NULL;
    if (usual && options == NULL) return NULL;
    for (Py_ssize_t k = 0; usual && k < count; k++) {
        usual = is_lazy(args[k]) && SLOT(args[k], state.base_at) == Py_None && (roots[k] = SLOT(args[k], state.node_at));
        PyObject *operands = usual && is_node(roots[k]) ? SLOT(roots[k], state.in_node.args) : NULL;
        usual = operands != NULL && PyTuple_CheckExact(operands) && PyTuple_GET_SIZE(operands);
    }
    PyObject *results = usual ? results_of(self->other, options, roots, count, &nodes) : NULL;
    if (results != NULL) made = arrays_of(self, results, nodes);
    Py_XDECREF(options);
    Py_XDECREF(results);
    Py_XDECREF(nodes);
    return made == NULL && !PyErr_Occurred() ? GENERALLY(self, args, nargsf, names) : made;
}
