/* The structure of a graph, as lazyarr/ir/node.py says it. */

#include "methods.h"

#include <stdint.h>

#define SLOTS_AT_FIRST 128 /* of a table on the stack; a power of two, as all are */

/* Objects in a row, which holds a reference to each. */
typedef struct {
    PyObject **items;
    Py_ssize_t count, room;
} Row;

/* Nodes in the order in which they were met, and where each is among them: at a slot of
   `places` that its address leads to, as one more than its number; 0 is a slot that is free. */
typedef struct {
    Row nodes;
    uint32_t *places, at_first[SLOTS_AT_FIRST];
    size_t slots;
} Order;

/* Put an object behind the others, of which the reference is taken; NULL stands for an error. */
static bool put(Row *row, PyObject *item) {
    if (item == NULL) return false;
    if (row->count == row->room) {
        Py_ssize_t room = row->room ? 2 * row->room : 64;
        PyObject **items = PyMem_Realloc(row->items, room * sizeof(PyObject *));
        if (items == NULL) {
            Py_DECREF(item);
            return false;
        }
        row->items = items;
        row->room = room;
    }
    row->items[row->count++] = item;
    return true;
}

static void drop(Row *row) {
    for (Py_ssize_t k = 0; k < row->count; k++) Py_DECREF(row->items[k]);
    PyMem_Free(row->items);
}

static size_t slot_of(const Order *order, PyObject *node) {
    size_t slot = ((uintptr_t)node >> 4) * 0x9E3779B97F4A7C15u >> 20;
    for (slot &= order->slots - 1; order->places[slot]; slot = (slot + 1) & (order->slots - 1))
        if (order->nodes.items[order->places[slot] - 1] == node) break;
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
    for (Py_ssize_t k = 0; k < order->nodes.count; k++)
        order->places[slot_of(order, order->nodes.items[k])] = (uint32_t)k + 1;
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
    if (!put(&order->nodes, Py_NewRef(node))) return -1;
    order->places[slot] = (uint32_t)order->nodes.count;
    return order->nodes.count - 1;
}

/* Put the tag of a node and the numbers of its operands into the key, if there is one; 0 if it is no usual one. */
static int walk(Order *order, Row *key, PyObject *node) {
    PyObject *tag = SLOT(node, state.in_node.tag), *args = SLOT(node, state.in_node.args);
    if (tag == NULL || args == NULL || !PyTuple_CheckExact(args)) return 0;
    if (key != NULL && !put(key, Py_NewRef(tag))) return -1;
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(args); k++) {
        PyObject *arg = PyTuple_GET_ITEM(args, k);
        if (!is_node(arg)) return 0;
        Py_ssize_t number = number_of(order, arg);
        if (number < 0 || (key != NULL && !put(key, PyLong_FromSsize_t(number)))) return -1;
    }
    return 1;
}

/* Put roots ahead of all other nodes; 0 if one is no node. */
static int put_roots(Order *order, PyObject *roots) {
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(roots); k++) {
        if (!is_node(PyTuple_GET_ITEM(roots, k))) return 0;
        if (number_of(order, PyTuple_GET_ITEM(roots, k)) < 0) return -1;
    }
    return 1;
}

/* Let go of the nodes, and of the table. */
static void end(Order *order) {
    drop(&order->nodes);
    if (order->places != order->at_first) PyMem_Free(order->places);
}

/* Return the tuple of a graph's key and its list of nodes, and leave the rows without them. */
static PyObject *pair(Order *order, Row *key) {
    PyObject *facts = PyTuple_New(key->count), *nodes = PyList_New(order->nodes.count);
    PyObject *both = facts == NULL || nodes == NULL ? NULL : PyTuple_New(2);
    if (both == NULL) {
        Py_XDECREF(facts);
        Py_XDECREF(nodes);
        return NULL;
    }
    for (Py_ssize_t k = 0; k < key->count; k++) PyTuple_SET_ITEM(facts, k, key->items[k]);
    for (Py_ssize_t k = 0; k < order->nodes.count; k++) PyList_SET_ITEM(nodes, k, order->nodes.items[k]);
    key->count = order->nodes.count = 0;
    PyTuple_SET_ITEM(both, 0, facts);
    PyTuple_SET_ITEM(both, 1, nodes);
    return both;
}

/* Walk through the graph under roots; 0 if it is no usual one. Nothing is run or collected meanwhile. */
static int walk_all(Order *order, Row *key, PyObject *roots) {
    Py_ssize_t number = PyTuple_GET_SIZE(roots);
    int done = put_roots(order, roots);
    Py_ssize_t first = order->nodes.count;
    if (done == 1 && !put(key, PyLong_FromSsize_t(first))) done = -1;
    for (Py_ssize_t k = 0; done == 1 && k < order->nodes.count; k++) done = walk(order, key, order->nodes.items[k]);
    if (done != 1 || first == number) return done;
    PyObject *places = PyTuple_New(number); /* a root is asked for twice */
    for (Py_ssize_t k = 0; places != NULL && k < number; k++) {
        PyObject *place = PyLong_FromSsize_t(number_of(order, PyTuple_GET_ITEM(roots, k)));
        if (place == NULL) Py_CLEAR(places);
        else PyTuple_SET_ITEM(places, k, place);
    }
    return put(key, places) ? 1 : -1;
}

/* ``structure(roots)`` */
KIND(graph_structure) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 1 || !state.ready || !PyTuple_CheckExact(args[0]))
        return GENERALLY(self, args, nargsf, names);
    Order order = {.slots = SLOTS_AT_FIRST};
    Row key = {NULL};
    order.places = order.at_first;
    int done = walk_all(&order, &key, args[0]);
    PyObject *both = done == 1 ? pair(&order, &key) : NULL;
    end(&order);
    drop(&key);
    if (done < 0 && !PyErr_Occurred()) PyErr_NoMemory();
    return done ? both : GENERALLY(self, args, nargsf, names);
}

/* ``remarked(roots)``: whether a leaf under roots has a remark of the type `other`. */
KIND(graph_remarked) {
    Method *self = (Method *)self_;
    if (names != NULL || PyVectorcall_NARGS(nargsf) != 1 || !state.ready || !PyTuple_CheckExact(args[0]))
        return GENERALLY(self, args, nargsf, names);
    Order order = {.slots = SLOTS_AT_FIRST};
    order.places = order.at_first;
    bool found = false;
    int done = put_roots(&order, args[0]);
    for (Py_ssize_t k = 0; done == 1 && !found && k < order.nodes.count; k++) {
        found = (PyObject *)Py_TYPE(SLOT(order.nodes.items[k], state.in_node.params)) == self->other;
        done = walk(&order, NULL, order.nodes.items[k]);
    }
    end(&order);
    if (done < 0 && !PyErr_Occurred()) PyErr_NoMemory();
    return done < 0 ? NULL : done ? PyBool_FromLong(found) : GENERALLY(self, args, nargsf, names);
}
