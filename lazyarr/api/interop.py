"""The protocols by which other libraries, and NumPy itself, meet lazy arrays."""

from __future__ import annotations

import functools
import importlib
import inspect
import operator
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from lazyarr import evaluate
from lazyarr.api import handle, history, namespace, pending, resident
from lazyarr.api.calls import call
from lazyarr.api.chains import SEALED
from lazyarr.api.devices import check_device
from lazyarr.api.foreign import is_for_numpy, is_foreign
from lazyarr.api.handle import ELEMENT, SMALL, Handle, array_of, copy_in_order, new
from lazyarr.api.made import like
from lazyarr.api.resident import evaluated as evaluated
from lazyarr.api.resident import is_on_device
from lazyarr.api.subclasses import into, is_subclass
from lazyarr.errors import called_there
from lazyarr.ir import copies, flat, layout
from lazyarr.ir.node import Node, structure
from lazyarr.ops.row import BY_FUNCTION, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

# NumPy's functions that write into their first argument.
_WRITERS = ("copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask")
_CPU = 1  # DLPack's device type
_FUNCTIONS = 1024  # of NumPy's, whose like is known
_PLAIN = frozenset(("out", "where", "dtype", "casting", "order", "subok"))
_WRITABLE = ("r+", "w+")  # modes of mapped files
_READERS = (np.frombuffer, np.fromfile, np.fromstring)  # in the order asked for
# It takes an array as NumPy's, and follows the strides of the lazy one there, unchecked:
# docs/decisions/0018-as-strided-is-known-by-its-code.md.
AS_STRIDED = getattr(np.lib.stride_tricks.as_strided, "__code__", None)


def folding() -> ModuleType:
    """Return the module of the ufuncs' methods, which loads when it is needed."""
    return importlib.import_module("lazyarr.api.folding")


class Interop:
    """NumPy's protocols, DLPack, the standard's namespace, pickling and copying."""

    __slots__ = ()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        if copy is False:
            msg = "a lazy array has no memory to share; copy=False cannot be honoured"
            raise ValueError(msg)
        caller = sys._getframe(1)
        if caller.f_code is AS_STRIDED:
            asked = caller.f_locals
            strided = importlib.import_module("lazyarr.api.strided")
            return strided.memory(self, asked["shape"], asked["strides"])
        result = np.asarray(self._read())  # type: ignore[attr-defined]
        wanted = result.dtype if dtype is None else np.dtype(dtype)
        if result.dtype.kind == "c" and wanted.kind in "biuf":
            return result  # NumPy casts it, with its warning, or refuses to
        return result if wanted == result.dtype else result.astype(wanted)

    def __bytes__(self) -> bytes:
        if not self.shape and self.dtype.kind in "iu":  # type: ignore[attr-defined]
            return bytes(operator.index(self))  # type: ignore[arg-type]
        return self.tobytes()  # type: ignore[attr-defined, no-any-return]

    if sys.version_info >= (3, 12):

        def __buffer__(self, flags: int) -> memoryview:
            """Return the elements for what reads bytes, as files and hashes do.

            `memoryview`, and NumPy itself, ask for more and get a BufferError:
            NumPy goes on to ``__array__``.
            """
            if flags & ~inspect.BufferFlags.ND:
                msg = "a lazy array has no memory to look at: take np.asarray(x)"
                raise BufferError(msg)
            return memoryview(np.ascontiguousarray(self).view(np.uint8).ravel())

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any
    ) -> Any:
        out = options.get("out")
        targets = out if isinstance(out, tuple) else ()
        if any(not isinstance(t, Handle) for t in targets if t is not None):
            return into(getattr(ufunc, method), inputs, options)
        if any(map(is_subclass, inputs)):  # what they mean is theirs to say
            if method == "at":
                return written(ufunc.at, inputs, options)
            if out is not None:
                return into(getattr(ufunc, method), inputs, options)
            return getattr(ufunc, method)(*evaluated(inputs), **evaluated(options))
        row = BY_FUNCTION.get(ufunc)
        plain = options.keys() <= _PLAIN
        if method == "__call__" and row is not None and plain and row.kind is Kind.MAP:
            target = targets[0] if targets else None
            where, dtype = options.get("where", True), options.get("dtype")
            casting = options.get("casting", "same_kind")
            order = options.get("order", "K")
            return call(row, inputs, target, where, dtype, casting, order)
        if method == "__call__" and not options.keys() - {"out"}:
            ours = namespace.function(ufunc.__name__)
            if ours is not None:
                return ours(*inputs, **options)
        if row is not None and row.kind is Kind.MAP and method != "__call__":
            return getattr(folding(), method)(row, *inputs, **options)
        if method == "at":
            return written(ufunc.at, inputs, options)
        return through_numpy(getattr(ufunc, method), inputs, options, ufunc.__name__)

    def __array_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
    ) -> Any:
        ours = _ours(func)
        if ours is not None:
            try:
                return ours(*args, **kwargs)
            except TypeError as error:
                if not is_for_numpy(ours, error, args, kwargs):
                    raise
        if func.__name__ in _WRITERS and args and isinstance(args[0], Handle):
            return written(func, args, dict(kwargs))
        if func.__name__ == "sliding_window_view":
            strided = importlib.import_module("lazyarr.api.strided")
            return strided.windows(func, args, dict(kwargs))
        return through_numpy(func, args, dict(kwargs), _name(func))

    def __array_namespace__(self, *, api_version: str | None = None) -> ModuleType:
        if api_version not in (
            None,
            "2021.12",
            "2022.12",
            "2023.12",
            "2024.12",
            "2025.12",
        ):
            msg = f"array API version {api_version!r} is not known"
            raise ValueError(msg)
        return importlib.import_module("lazyarr")

    def __dlpack__(
        self,
        *,
        stream: Any = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[Any, int] | None = None,
        copy: bool | None = None,
    ) -> Any:
        held = on_device(self)
        if held is not None and dl_device in (None, held.__dlpack_device__()):
            return held.__dlpack__(
                stream=stream, max_version=max_version, dl_device=dl_device, copy=copy
            )
        array = np.array(self._read())  # type: ignore[attr-defined]
        return array.__dlpack__(
            stream=stream, max_version=max_version, dl_device=dl_device, copy=copy
        )

    def __dlpack_device__(self) -> tuple[int, int]:
        held = on_device(self)
        if held is None:
            return (_CPU, 0)
        kind, number = held.__dlpack_device__()
        return (int(kind), int(number))

    @property
    def device(self) -> str:
        """Where the elements are, or the inputs of those not yet computed."""
        node = self._current()  # type: ignore[attr-defined]
        if type(node.value) is np.ndarray:
            return "cpu"
        for one in structure((node,))[1]:
            if is_on_device(one.value):
                return f"gpu:{one.value.device.id}"
        return "cpu"

    def to_device(self, device: Any, /, *, stream: Any = None) -> Any:
        """Return the array held on a device.

        Raises
        ------
        DeviceError
            There is no such device, or it cannot be used.
        """
        check_device(device, "to_device")
        if device is None or device == self.device:
            return self
        return self.persist(device)  # type: ignore[attr-defined]

    def __jax_array__(self) -> Any:
        """Return the elements as an array of JAX's, for its operators."""
        return importlib.import_module("jax.numpy").asarray(np.asarray(self))

    @property
    def __cuda_array_interface__(self) -> Any:
        held = on_device(self)
        if held is None:
            msg = "this array is not on a GPU"
            raise AttributeError(msg)
        return held.__cuda_array_interface__

    def __copy__(self) -> Any:
        if type(self) is handle.SMALL[0]:
            return self.copy("K")  # type: ignore[attr-defined]
        node = self._current()  # type: ignore[attr-defined]
        return new(node) if _alike(self) is new else copy_in_order(node)

    def __deepcopy__(self, memo: object) -> Any:
        if type(self) in handle.SMALLS:
            return self.copy("K")  # type: ignore[attr-defined]
        return _alike(self)(flat.snapshot(self._current()))  # type: ignore[attr-defined]

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        scalar = _alike(self) is new
        node = self._current()  # type: ignore[attr-defined]
        return revived, (flat.flatten(node), scalar, layout.is_fortran(node))


def _name(function: Any) -> str:
    return f"{getattr(function, '__module__', '')}.{function.__name__}"


@functools.lru_cache(_FUNCTIONS)
def _ours(function: Any) -> Any:
    """Return our function for one of NumPy's; None if there is none."""
    return namespace.function(_name(function).removeprefix("numpy."))


def on_device(array: Any) -> Any:
    """Return the device array of a lazy array that is on a GPU, else None.

    An expression of arrays on a GPU is evaluated there, and stays evaluated.
    """
    node = array._current()
    _, nodes = structure((node,))
    if not any(is_on_device(one.value) for one in nodes):
        return None
    if node.args:
        (held,) = evaluate.persist((node,))
        if array._base is None:
            array._hold(handle.node_of(held))
    else:
        held = node.value
    return held if is_on_device(held) else None


def _alike(x: Any) -> Callable[[Node], Any]:
    """Return what makes an array of a node: a scalar of a scalar's."""
    return new if x._is_scalar() else array_of


def revived(record: Any, scalar: bool = True, fortran: bool = False) -> Any:
    """Return the array of a pickled graph; without axes, as a scalar or an array."""
    node = copies.copied(flat.unflatten(record), "F" if fortran else "C")
    return (new if scalar else array_of)(node)


def regained(value: Any) -> Any:
    """Return the known array, or the element, of a pickled value."""
    kind = ELEMENT if issubclass(type(value), np.generic) else SMALL
    return kind[0]._of(value)


def _expressions(value: Any) -> Iterator[Node]:
    """Yield the nodes of lazy arrays in a value that are yet to be computed."""
    if type(value) is handle.FINAL[0]:
        node = value._node
        if value._base is None and node.shape and node.args:
            yield node
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _expressions(item)


def _computed(args: Any, options: dict[str, Any], note: str) -> dict[Node, Any]:
    """Return the elements of expressions among arguments, all computed in one plan.

    The expressions keep them, since NumPy needs them in memory anyway; but not where
    a function of the user's, or NumPy's itself, may write into them.
    """
    values = (*args, *options.values())
    if pending.written or "overwrite_input" in options or any(map(callable, values)):
        return {}
    nodes = tuple(dict.fromkeys(_expressions(values)))
    if not nodes:
        return {}
    return dict(zip(nodes, evaluate.read(nodes, note), strict=True))


def through_numpy(
    function: Callable[..., Any],
    args: tuple[Any, ...],
    options: dict[str, Any],
    name: str,
) -> Any:
    """Return what NumPy computes from evaluated inputs, as lazy arrays.

    CuPy does of inputs on a GPU, if its function is NumPy's: `lazyarr.ops.evaluated`.
    The plan of anything built on the result says that it was computed this way.
    """
    if type(function) is np.ufunc and function.nin < len(args) <= function.nargs:
        args, options = _with_named_out(function, args, options)
    targets = options.pop("out", None)
    note = f"{name} has no lazy form: NumPy computed it when it was called"
    device = resident.device_of((args, options))
    if device:
        note += f", on copies from {device}"
    if targets is None:
        try:
            if device:
                return resident.called(function, args, options, name, device)
        except NotImplementedError as error:
            note += f": {error}"
        known = _computed(args, options, f"read by {name}, which is NumPy's")
        given, named = evaluated(args, known), evaluated(options, known)
        result = called_there(function, given, named)
        if function in _READERS and not result.dtype.isnative:
            return result  # as where such bytes are asked for
        if function is np.load and getattr(result, "mode", None) in _WRITABLE:
            return result  # NumPy's, so that what is written reaches the file
        made = _wrapped(result, note, (*given, *named.values()))
        locked = function is np.frombuffer and not result.flags.writeable
        return _locked(made) if locked else made
    # NumPy checks what it writes into, and leaves there what where= leaves out.
    places = targets if isinstance(targets, tuple) else (targets,)
    held = tuple(np.array(x._read()) if isinstance(x, Handle) else x for x in places)
    out = held if isinstance(targets, tuple) else held[0]
    result = called_there(function, evaluated(args), {**evaluated(options), "out": out})
    made = result if isinstance(result, tuple) else (result,)
    filled = tuple(
        _written_back(x, target, note) for x, target in zip(made, places, strict=True)
    )
    return filled if isinstance(result, tuple) else filled[0]


def _locked(made: Any) -> Any:
    """Return an array that is locked for good, as the bytes are that it is made of."""
    made.setflags(write=False)
    if type(made) is SMALL[0]:
        made._value = np.frombuffer(made.tobytes(), made.dtype)
    return made._view(*SEALED) if type(made) is handle.FINAL[0] else made


def _with_named_out(
    ufunc: np.ufunc, args: tuple[Any, ...], options: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a ufunc with what it is to write into as its ``out=``."""
    if options.get("out") is not None:
        msg = "cannot specify 'out' as both a positional and keyword argument"
        raise TypeError(msg)
    out = (*args[ufunc.nin :], *(None,) * (ufunc.nargs - len(args)))
    return args[: ufunc.nin], {**options, "out": out}


def _written_back(result: Any, target: Any, note: str) -> Any:
    """Return where a result is: in the array that was to take it, if there is one."""
    if target is None or target is Ellipsis:
        return _wrapped(result, note)
    if isinstance(target, Handle):
        target[...] = result  # type: ignore[index]
    return target


def _wrapped(result: Any, note: str, given: tuple[Any, ...] = ()) -> Any:
    """Return what NumPy made, or returned of what it was given, as lazy arrays."""
    swapped = isinstance(result, np.ndarray) and not result.dtype.isnative
    if swapped and not is_foreign(result.dtype):
        result = result.astype(result.dtype.newbyteorder("="))
    made = None if any(result is x for x in given) else history.found(result, note)
    if made is not None:
        return made
    numbers = issubclass(type(result), (np.ndarray, np.generic))
    if numbers and not is_foreign(result.dtype) and not is_subclass(result):
        node = handle.node_of(result)
        if node.op.name == "data":
            node = flat.noted(node, note)
        return new(node)
    if type(result) in (tuple, list) or hasattr(result, "_make"):
        return like(result, [_wrapped(item, note, given) for item in result])
    return result


def written(
    function: Callable[..., Any], args: tuple[Any, ...], options: dict[str, Any]
) -> None:
    """Let NumPy write into the elements of its first argument, a lazy array."""
    target: Any = args[0]
    if not isinstance(target, Handle):
        function(target, *evaluated(args[1:]), **evaluated(options))
        return
    held = np.array(target._read())
    function(held, *evaluated(args[1:]), **evaluated(options))
    target[...] = held  # type: ignore[index]
