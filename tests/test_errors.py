import builtins
import inspect
import pickle
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from lazyarr import errors
from lazyarr.runtime import floating

CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, errors.LazyarrError)
]
PARENTS = {
    "AxisError": (np.exceptions.AxisError, ValueError, IndexError),
    "ConfigError": (ValueError,),
    "DTypeError": (TypeError,),
    "DeviceError": (RuntimeError,),
    "ExecutionError": (RuntimeError,),
    "IndexingError": (IndexError,),
    "InternalError": (RuntimeError,),
    "KernelError": (ValueError,),
    "LazyarrError": (Exception,),
    "MemoryLimitError": (MemoryError,),
    "ShapeError": (ValueError,),
    "TransferError": (RuntimeError,),
    "UnsupportedError": (TypeError,),
}

each_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)


def test_every_class_is_public():
    assert {cls.__name__ for cls in CLASSES} == set(PARENTS)
    assert {*PARENTS, "message"} == set(errors.__all__)


@each_class
def test_parents_are_numpys_or_pythons(cls):
    for parent in PARENTS[cls.__name__]:
        assert issubclass(cls, parent)
    assert not hasattr(builtins, cls.__name__), "shadows a builtin"


@each_class
def test_text_and_pickle(cls):
    error = cls.at("add", "shapes (3,) and (4,) do not broadcast", "demo.py:12", "Fix.")
    text = "[add] shapes (3,) and (4,) do not broadcast (demo.py:12). Hint: Fix."
    assert type(error) is cls
    assert str(error) == text
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is cls
    assert str(again) == text


@pytest.mark.parametrize("parent", [np.linalg.LinAlgError, IndexError, TypeError])
def test_failures_of_operations_pickle(parent):
    place = SimpleNamespace(op=SimpleNamespace(name="inv"), where=None)
    error = floating.failure(parent("no such thing"), place)
    error.more = 1
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert isinstance(again, (parent, errors.ExecutionError))
    assert (str(again), again.more) == (str(error), 1)


@each_class
def test_tracebacks_that_are_pickled_leave_the_text(cls):
    support = pytest.importorskip("tblib.pickling_support")
    error = cls.at("add", "shapes (3,) and (4,) do not broadcast", "demo.py:12")
    error.more = 1
    function, args, *_ = support.pickle_exception(error)
    again = function(*args)
    assert type(again) is cls
    assert str(again) == str(error)
    assert again.args == error.args
    assert again.more == 1


@each_class
def test_a_traceback_shows_the_public_path(cls):
    assert f"{cls.__module__}.{cls.__qualname__}" == f"lazyarr.{cls.__name__}"


def test_parts_of_a_message_are_optional():
    assert errors.message("sum", "no") == "[sum] no"
    assert errors.message("sum", "no", hint="Yes.") == "[sum] no. Hint: Yes."


def test_every_class_has_a_section_in_the_documentation():
    text = Path(__file__).parents[1].joinpath("docs", "errors.md").read_text("utf-8")
    assert set(re.findall(r"^## (\w+)$", text, re.MULTILINE)) == set(PARENTS)
