import os
import pickle
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path

import numpy as np
import pytest

import lazyarr
from lazyarr.config import config, current, thread_count
from lazyarr.errors import ConfigError
from lazyarr.options import DEFAULTS, MEANINGS, NAMES, from_environment


@pytest.fixture(autouse=True)
def restored():
    """Leave every option as it was, whatever a test sets for good."""
    before = {name: getattr(current(), name) for name in NAMES}
    yield
    config(**before)


def in_thread(function):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result()


def test_every_option_has_a_meaning():
    assert set(MEANINGS) == set(NAMES)


def test_the_documentation_lists_every_option():
    text = Path(__file__).parents[1].joinpath("docs", "options.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(.+?)` \| (.+) \|$", text, re.MULTILINE)
    shown = {
        name: (default.replace("_", "").replace('"', "'"), meaning.replace("`", ""))
        for name, default, meaning in rows
    }
    assert shown == {
        name: (repr(getattr(DEFAULTS, name)), meaning)
        for name, meaning in MEANINGS.items()
    }


def test_a_call_sets_for_good_and_for_other_threads():
    config(threads=3)
    assert current().threads == config.threads == 3
    assert in_thread(lambda: current().threads) == 3


def test_a_kept_call_sets_for_good_too():
    kept = config(crossover=5)
    assert current().crossover == 5
    config(crossover=6)
    assert current().crossover == 6
    del kept
    assert current().crossover == 6


def test_with_sets_for_the_block_alone():
    config(threads=3)
    with config(threads=1) as options:
        assert options is current()
        assert current().threads == 1
        assert in_thread(lambda: current().threads) == 3
    assert current().threads == 3


def test_with_restores_after_an_error():
    before = current()
    with pytest.raises(ZeroDivisionError), config(fusion=False):
        1 / 0  # noqa: B018
    assert current() is before


def test_blocks_nest_and_keep_each_other():
    with config(threads=1):
        with config(crossover=7, threads=2):
            assert (current().threads, current().crossover) == (2, 7)
        assert current().threads == 1
        assert current().crossover == DEFAULTS.crossover


def test_a_block_sees_what_is_set_for_good_elsewhere():
    with config(threads=1):
        in_thread(lambda: config(crossover=9) and None)
        assert current().threads == 1
        assert current().crossover == 9


def test_one_change_can_be_entered_twice():
    before = current().threads
    change = config(threads=1)
    for _ in range(2):
        with change, change:
            assert current().threads == 1
    assert current().threads == before


def test_no_other_thread_sees_the_value_of_a_block():
    change = config(crossover=11)
    assert in_thread(lambda: current().crossover) == DEFAULTS.crossover
    with change:
        assert current().crossover == 11
        assert in_thread(lambda: current().crossover) == DEFAULTS.crossover
    assert current().crossover == DEFAULTS.crossover


def test_a_kept_call_sets_for_other_threads_once_its_own_reads_or_drops_it():
    change = config(crossover=11)
    assert current().crossover == 11
    assert in_thread(lambda: current().crossover) == 11
    with change:
        assert in_thread(lambda: current().crossover) == DEFAULTS.crossover
    change = config(crossover=12)
    del change
    assert in_thread(lambda: current().crossover) == 12


def test_a_call_in_a_block_sets_for_good():
    with config(threads=1):
        change = config(crossover=11)
    assert in_thread(lambda: current().crossover) == 11
    assert change is not None


def test_a_change_may_be_entered_in_another_thread():
    change = config(crossover=11)

    def entered():
        with change:
            return current().crossover

    assert in_thread(entered) == 11
    assert current().crossover == DEFAULTS.crossover


def test_calls_in_a_row_all_set():
    first, second = config(crossover=11), config(threads=3)
    assert in_thread(lambda: (current().crossover, current().threads))[0] == 11
    assert (current().crossover, current().threads) == (11, 3)
    assert "config call" in repr(config)
    assert first is not second


def test_many_threads_leave_no_trace():
    before = current()
    started = threading.Barrier(8)

    def work(threads):
        started.wait()
        for _ in range(200):
            with config(threads=threads):
                assert current().threads == threads

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(1, 9)))
    assert current() is before


def test_equal_options_are_one_object():
    with config(threads=5):
        first = current()
    with config(threads=5):
        assert current() is first


@pytest.mark.parametrize(
    ("name", "value", "held"),
    [
        ("device", "gpu:1", "gpu:1"),
        ("threads", None, None),
        ("threads", np.int64(4), 4),
        ("memory_limit", "2GiB", 2 << 30),
        ("memory_limit", "1_500 kB", 1_500_000),
        ("result_pool_bytes", 0, 0),
    ],
)
def test_accepted(name, value, held):
    with config(**{name: value}):
        assert getattr(current(), name) == held
        assert type(getattr(current(), name)) is type(held)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("device", "tpu"),
        ("device", "gpu:x"),
        ("device", None),
        ("crossover", -1),
        ("crossover", 1.5),
        ("crossover", "10"),
        ("crossover", None),
        ("threads", 0),
        ("threads", True),
        ("fusion", 1),
        ("memory_limit", "lots"),
        ("memory_limit", "2 parsecs"),
        ("memory_limit", 0),
        ("plan_cache_size", np.array([1, 2])),
    ],
)
def test_refused(name, value):
    before = current()
    with pytest.raises(ConfigError) as caught:
        config(**{name: value})
    assert str(caught.value).startswith(f"[config] {name}={value!r} is not a value")
    assert "Hint: it takes " in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert current() is before


def test_one_bad_option_sets_none_of_them():
    before = current()
    with pytest.raises(ConfigError):
        config(threads=7, crossover=-1)
    assert current() is before


def test_an_unknown_option_suggests_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'crossover'"):
        config(crosover=1)
    with pytest.raises(ConfigError, match="the options are device, "):
        config(zzz=1)


def test_attributes_are_read_only():
    with pytest.raises(AttributeError, match=r"lazyarr\.config\(threads=2\)"):
        config.threads = 2
    with pytest.raises(AttributeError, match="did you mean 'threads'"):
        _ = config.thread
    assert "threads" in dir(config)
    assert not hasattr(config, "__array__")


def test_repr_says_where_a_value_came_from():
    config(crossover=8)
    with config(threads=2):
        lines = {line.split()[0]: line for line in repr(config).splitlines()}
    assert set(lines) == set(NAMES)
    assert "config call" in lines["crossover"]
    assert "with block" in lines["threads"]
    assert lines["threads"].endswith(MEANINGS["threads"])


def test_environment_values():
    environ = {
        "LAZYARR_THREADS": "none",
        "LAZYARR_CROSSOVER": "1_000",
        "LAZYARR_FUSION": "Off",
        "LAZYARR_MEMORY_LIMIT": "1GiB",
        "LAZYARR_DEVICE": "CPU",
        "HOME": "/",
    }
    assert from_environment(environ) == {
        "threads": None,
        "crossover": 1000,
        "fusion": False,
        "memory_limit": 1 << 30,
        "device": "cpu",
    }


def test_a_bad_environment_value_names_the_variable():
    with pytest.raises(ConfigError, match=r"\[config\] LAZYARR_THREADS='many'"):
        from_environment({"LAZYARR_THREADS": "many"})


def test_an_unknown_environment_name_warns():
    with pytest.warns(UserWarning, match="LAZYARR_THREAD is ignored"):
        assert from_environment({"LAZYARR_THREAD": "2"}) == {}


def test_environment_is_read_at_import_and_yields_to_a_call():
    code = (
        "from lazyarr.config import config; print(config.threads, 'LAZYARR_THREADS' "
        "in repr(config)); config(threads=2); print(config.threads)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "LAZYARR_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.split() == ["1", "True", "2"]


def test_thread_count():
    assert thread_count() >= 1
    with config(threads=37):
        assert thread_count() == 37


def test_a_block_whose_object_nobody_holds_bears_on_small_arrays():
    def task():
        config(small_bytes=0).__enter__()
        return type(lazyarr.asarray([1, 2]) + 1)

    known = type(lazyarr.asarray([1, 2]) + 1)
    assert copy_context().run(task) is lazyarr.Array is not known
    assert type(lazyarr.asarray([1, 2]) + 1) is known


def test_a_config_error_survives_pickle():
    error = ConfigError.at("config", "no option 'x'", "a.py:1", "drop it.")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_what_calls_allocate_is_as_the_block_says():
    made = lazyarr.zeros((400, 400))  # in memory that is filled, and used again
    with config(small_path=False):
        assert made.compute().base is not None
    with config(small_path=False, result_pool_bytes=0):
        assert made.compute().base is None
