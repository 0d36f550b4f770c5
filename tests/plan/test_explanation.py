"""What explain() returns, over plans written by hand."""

from __future__ import annotations

import json
import pickle
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

import lazyarr as la
from lazyarr.errors import UnsupportedError
from lazyarr.ir.view import View, broadcast, identity, index
from lazyarr.ops.row import Kind, Op
from lazyarr.plan.explanation import Explanation
from lazyarr.plan.model import (
    KEPT,
    LOOP,
    Decision,
    DeviceProfile,
    Estimate,
    Input,
    Instr,
    Output,
    Plan,
    Region,
    Stage,
    Value,
)
from lazyarr.plan.quantities import bytes_text, seconds_text
from lazyarr.plan.svg import plan_dot, plan_svg
from lazyarr.plan.trace import Trace
from tests.counting import calls

F64 = np.dtype(np.float64)
F32 = np.dtype(np.float32)
I64 = np.dtype(np.int64)
MULTIPLY = Op(name="multiply", kind=Kind.MAP, numpy=np.multiply, nin=2)
SUBTRACT = Op(name="subtract", kind=Kind.MAP, numpy=np.subtract, nin=2)
DIVIDE = Op(name="divide", kind=Kind.MAP, numpy=np.divide, nin=2)
EXP = Op(name="exp", kind=Kind.MAP, numpy=np.exp)
SUM = Op(name="sum", kind=Kind.REDUCE, numpy=np.sum)
MAX = Op(name="max", kind=Kind.REDUCE, numpy=np.max)
IOTA = Op(name="iota", kind=Kind.SOURCE, numpy=np.arange, nin=0)
MATMUL = Op(name="matmul", kind=Kind.LIBRARY, numpy=np.matmul, nin=2)


def here():
    """Return a place in a user's file; its line is 3."""
    code = compile("\n\nx = 1\n", "/home/ada/demo.py", "exec")
    starts = [start for start, _, line in code.co_lines() if line == 3]
    return (code, starts[0])


WHERE = here()
TENTH = View((10,), ())


def plan(stages, values, outputs, **more):
    facts = {
        "device": "cpu",
        "reason": "the largest stage touches 200 elements",
        "crossover": 10_000_000,
        "buffers": (),
        "buffer_of": {},
        "last_use": {},
        "peak_bytes": 1600,
        "decisions": (),
        "rules": {},
    }
    return Plan(tuple(stages), tuple(values), tuple(outputs), **(facts | more))


@pytest.fixture
def softmax():
    """A row-wise stage, then a library call on its buffer."""
    shape, rows = (10, 20), (10,)
    values = [
        Value(0, shape, F64, "input", 0, WHERE),
        Value(1, (), F64, "scalar", 1),
        Value(2, shape, F64, "temporary"),
        Value(3, (20, 5), F64, "input", 2),
        Value(4, (10, 5), F64, "output"),
        Value(5, rows, F64, "output"),
    ]
    body = (
        Instr(MULTIPLY, (0, 1), F64, LOOP, None, WHERE),
        Instr(MAX, (2,), F64, KEPT, (1,), WHERE),
        Instr(SUBTRACT, (2, 3), F64, LOOP, None, WHERE),
        Instr(EXP, (4,), F64, LOOP, None, WHERE),
        Instr(SUM, (5,), F64, KEPT, (1,), WHERE),
        Instr(DIVIDE, (5, 6), F64, LOOP, None, WHERE),
    )
    scalar = Input(1, View(shape, ()), LOOP)
    first = Stage(
        0,
        "rowwise",
        shape,
        (1,),
        (Input(0, identity(shape), LOOP), scalar),
        body,
        (Output(7, 2), Output(3, 5)),
        "matmul needs its operands whole",
        estimate=Estimate(1608, 1680, 4000, 2e-6),
    )
    second = Stage(
        1,
        "library",
        (10, 5),
        (),
        (Input(2, identity(shape), LOOP), Input(3, identity((20, 5)), LOOP)),
        (Instr(MATMUL, (0, 1), F64, LOOP, None, WHERE),),
        (Output(2, 4),),
        "asked for",
        estimate=Estimate(2400, 400, 2000, 1e-6),
    )
    return plan(
        (first, second),
        values,
        (4, 5),
        buffers=(1600,),
        buffer_of={2: 0},
        last_use={0: 0, 2: 1, 3: 1},
        rules={"multiply-unit": 2, "cast-cast": 1, "never": 0},
        decisions=(
            Decision("stage 0", "ends", "matmul needs its operands whole"),
            Decision("input 2", "evaluated", "numpy.sort has no lazy form"),
        ),
    )


@pytest.fixture
def update():
    """A fill, a ramp, and a region written through a view with a negative step."""
    values = [
        Value(0, (), F64, "scalar", 0),
        Value(1, (10,), F64, "temporary"),
        Value(2, (6,), F64, "input", 1, WHERE),
        Value(3, (10,), F64, "output", -1, WHERE),
    ]
    fill = Stage(0, "source", (10,), (), (Input(0, TENTH, LOOP),), (), (Output(0, 1),))
    region = index((10,), slice(-2, 0, -2))
    ramp = (
        Instr(IOTA, (), I64, LOOP, (5, (2,))),
        Instr(MULTIPLY, (0, 1), F64, LOOP, None, WHERE),
    )
    write = Stage(
        1,
        "map",
        (4,),
        (),
        (Input(2, index((6,), slice(1, -1)), LOOP),),
        ramp,
        (Output(2, 3),),
        "asked for",
        region=Region(1, (region,), donated=True),
    )
    return plan((fill, write), values, (3,), buffers=(80,), buffer_of={1: 0})


def long_plan(stages, ops):
    """Return a chain of stages with so many ops in each."""
    values = [Value(0, (8,), F32, "input", 0, WHERE)]
    chain = []
    body = tuple(Instr(EXP, (k,), F32, LOOP, None, WHERE) for k in range(ops))
    for k in range(stages):
        role = "output" if k == stages - 1 else "temporary"
        values.append(Value(k + 1, (8,), F32, role))
        read = (Input(k, identity((8,)), LOOP),)
        stored = (Output(ops, k + 1),)
        reason = f"it has {ops} ops, the most of one stage"
        chain.append(Stage(k, "map", (8,), (), read, body, stored, reason))
    return plan(chain, values, (stages,), buffers=(32, 32))


# --- text -------------------------------------------------------------------


def test_text_of_a_rowwise_stage_and_a_library_call(softmax, golden):
    golden("explain/rowwise_then_library.txt", str(Explanation(softmax)))


def test_text_of_an_update(update, golden):
    golden("explain/update_in_place.txt", str(Explanation(update)))


def test_text_after_a_run_puts_measured_beside_predicted(softmax, golden):
    trace = Trace({0: 4e-6, 1: 1e-6}, 9e-6, {"plan": 3e-6})
    profile = DeviceProfile("two cores", "cpu", 2 << 30, 1e10, 1e9, 0.0)
    explained = Explanation(softmax, trace, scalars={1: np.float64(0.5)})
    explained = Explanation(explained.plan, trace, explained.scalars, {}, profile)
    golden("explain/analyzed.txt", str(explained))


def test_known_scalars_are_shown_by_value(softmax):
    unknown = str(Explanation(softmax))
    known = str(Explanation(softmax, scalars={1: np.float32(0.1)}))
    assert "multiply %0 s0" in unknown
    assert "s0: f64[]" in unknown
    assert "multiply %0 0.1 " in known
    assert "s0" not in known


def test_every_operand_is_named_before_it_is_used(softmax, update):
    for made in (softmax, update, long_plan(3, 4)):
        seen = set()
        for line in Explanation(made).text().splitlines():
            defined = re.match(r"(?:in)?\s+(%\d+): ", line)
            body = line.split(" = ")[-1] if defined else line
            if defined:
                assert "=" not in line or set(re.findall(r"%\d+", body)) <= seen
                assert defined[1] not in seen
                seen.add(defined[1])
            elif line.startswith("out"):
                assert set(re.findall(r"%\d+", body)) <= seen


def test_numbers_have_no_holes():
    text = Explanation(long_plan(3, 4)).text()
    numbers = [int(n) for n in re.findall(r"%(\d+): ", text)]
    assert numbers == list(range(1 + 3 * 4))


def test_no_times_before_a_run(softmax):
    assert not re.search(r"\d (s|ms|µs|ns)\b", str(Explanation(softmax)))


def test_a_long_plan_stays_on_one_screen_and_is_whole_in_a_file(tmp_path):
    for stages, ops in ((1, 20_000), (100, 200), (20_000, 1), (30, 3)):
        explained = Explanation(long_plan(stages, ops))
        lines = str(explained).splitlines()
        assert len(lines) <= 60
        assert max(map(len, lines)) <= 100
        assert any("…" in line for line in lines)
        full = explained.save(tmp_path / "plan.txt").read_text(encoding="utf-8")
        assert full.count("= exp %") == stages * ops
        assert "…" not in full


def test_text_of_a_long_plan_takes_linear_time():
    def work(stages, ops):
        return calls(Explanation(long_plan(stages, ops)).text)

    assert work(80, 250) < 4.5 * work(20, 250)
    assert work(8000, 1) < 4.5 * work(2000, 1)


def test_a_line_with_very_many_operands_is_shortened_on_a_screen():
    concat = Op(name="concat", kind=Kind.LIBRARY, numpy=np.concatenate, nin=0)
    values = [Value(k, (3,), F64, "input", k) for k in range(300)]
    values.append(Value(300, (900,), F64, "output"))
    read = tuple(Input(k, identity((3,)), LOOP) for k in range(300))
    instr = Instr(concat, tuple(range(300)), F64, LOOP, (0,))
    stage = Stage(0, "library", (900,), (), read, (instr,), (Output(300, 300),))
    explained = Explanation(plan((stage,), values, (300,)))
    assert max(map(len, str(explained).splitlines())) <= 100
    assert "%299 0" in str(explained)
    assert len(str(explained).splitlines()) < 20
    assert "%150 %151" in explained.text()


def test_views_of_inputs_are_readable():
    values = [
        Value(0, (8, 9), F64, "input", 0),
        Value(1, (9,), F64, "input", 1),
        Value(2, (6, 9), F64, "output"),
    ]
    read = (
        Input(0, index((8, 9), (slice(1, -1),)), LOOP),
        Input(1, broadcast((9,), (6, 9)), LOOP),
    )
    body = (Instr(MULTIPLY, (0, 1), F64, LOOP),)
    stage = Stage(0, "map", (6, 9), (), read, body, (Output(2, 2),))
    text = str(Explanation(plan((stage,), values, (2,))))
    assert "%2: f64[6,9] = multiply %0[1:-1] %1.broadcast" in text


def test_kernels_follow_the_text(softmax):
    source = 'extern "C" __global__ void stage0() {}\n'
    explained = Explanation(softmax).with_kernels({0: source})
    assert str(explained).endswith(f"\n\nkernel of stage 0\n{source.rstrip()}")
    assert explained.to_dict()["kernels"] == {"0": source}
    assert "&quot;C&quot; __global__" in explained._repr_html_()


def test_a_plan_without_stages_is_explained(golden):
    made = plan((), [Value(0, (3,), F64, "input", 0)], (0,), peak_bytes=0)
    explained = Explanation(made)
    golden("explain/nothing_to_do.txt", str(explained))
    assert "<details" not in explained._repr_html_()
    assert boxes_of(explained_svg(explained)) != []


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (2**20 - 1, "1.0 MiB"),
        (139 * 2**30, "139.0 GiB"),
        (2**60, "1024.0 PiB"),
    ],
)
def test_bytes_are_in_binary_units(count, text):
    assert bytes_text(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0 ns"), (9.9996e-7, "1 µs"), (0.0099, "9.9 ms"), (75.2, "75.2 s")],
)
def test_seconds_have_three_digits(seconds, text):
    assert seconds_text(seconds) == text


def test_the_crossover_is_said_once(softmax):
    assert str(Explanation(softmax)).count("10,000,000") == 1
    reason = "fewer than the crossover of 10,000,000"
    said = plan(softmax.stages, softmax.values, softmax.outputs, reason=reason)
    assert str(Explanation(said)).count("10,000,000") == 1


def test_leaves_give_scalars_their_values(softmax):
    leaves = [np.zeros((10, 20)), np.float64(0.25), np.zeros((20, 5))]
    assert "multiply %0 0.25" in str(Explanation.of(softmax, leaves))


# --- data -------------------------------------------------------------------


def test_the_dictionary_has_the_promised_keys(softmax, golden):
    record = Explanation(softmax).to_dict()
    promised = "device reason crossover peak_bytes predicted_s measured_s launches"
    assert {*promised.split(), "rules", "stages"} <= record.keys()
    stage = (
        "id kind device ops inputs outputs shape dtype bytes_read bytes_written "
        "predicted_s measured_s reason"
    )
    assert all(set(stage.split()) <= entry.keys() for entry in record["stages"])
    golden("explain/rowwise_then_library.json", json.dumps(record, indent=1))


def test_the_dictionary_is_made_of_json_alone(softmax, update):
    for made in (softmax, update, long_plan(2, 2)):
        trace = Trace({0: 1e-6}, 2e-6)
        record = Explanation(made, trace).to_dict()
        assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_the_dictionary_of_windows_is_made_of_json_alone():
    x = la.asarray(np.ones((40_000, 10)))
    with la.config(memory_limit="4MiB", fusion=False):
        record = (la.exp(x * 2) - 1).sum(axis=0).explain().to_dict()
    assert record["passes"][0]["windows"] > 1
    assert json.loads(json.dumps(record)) == record


def test_measured_times_are_in_the_dictionary(softmax):
    record = Explanation(softmax, Trace({0: 4e-6, 1: 1e-6}, 9e-6)).to_dict()
    assert [stage["measured_s"] for stage in record["stages"]] == [4e-6, 1e-6]
    assert record["measured_s"] == pytest.approx(5e-6)
    assert record["wall_s"] == 9e-6
    assert Explanation(softmax).to_dict()["measured_s"] is None


def test_the_graph_joins_stages_through_values(softmax, update):
    graph = Explanation(softmax).graph
    assert nx.is_directed_acyclic_graph(graph)
    assert nx.shortest_path(graph, "value 0", "value 4") == [
        "value 0",
        "stage 0",
        "value 2",
        "stage 1",
        "value 4",
    ]
    assert graph.nodes["stage 1"]["kind"] == "library"
    assert graph.nodes["value 2"]["node"] == "value"
    changed = Explanation(update).graph
    assert changed.edges["value 2", "stage 1"]["view"] == "[1:-1]"
    assert changed.has_edge("value 1", "stage 1")


# --- the page that describes it ---------------------------------------------

PAGE = Path(__file__).parents[2] / "docs" / "explain.md"


def test_the_page_shows_what_is_printed(softmax, update):
    page = PAGE.read_text(encoding="utf-8")
    explained = Explanation(softmax, scalars={1: np.float64(0.5)})
    assert f"```text\n{explained}\n```" in page
    assert f"```text\n{Explanation(update)}\n```" in page


def test_the_page_lists_every_key(softmax):
    page = PAGE.read_text(encoding="utf-8")
    taught = softmax.stages[0]._replace(estimate=Estimate(runs=3))
    softmax = softmax._replace(stages=(taught, *softmax.stages[1:]))
    record = Explanation(softmax).to_dict()
    stage, value, decision = (record[k][0] for k in ("stages", "values", "decisions"))
    assert stage["corrected"] == [1.0, 3]
    line = stage["lines"][0]
    for key in {**record, **stage, **value, **decision, **line}:
        assert f"| `{key}` |" in page, key


# --- pictures ---------------------------------------------------------------


def explained_svg(explained):
    return plan_svg(explained.plan, explained._request)


def boxes_of(svg):
    space = "{http://www.w3.org/2000/svg}"
    found = []
    for rect in ElementTree.fromstring(svg).iter(f"{space}rect"):
        x, y, width, height = (
            float(rect.get(k)) for k in ("x", "y", "width", "height")
        )
        found.append((x, y, x + width, y + height))
    return found


def fan(count):
    """Return a plan of stages that all read one value, and one that reads them all."""
    values = [Value(0, (4,), F64, "input", 0)]
    values += [Value(k + 1, (4,), F64, "temporary") for k in range(count)]
    values.append(Value(count + 1, (4,), F64, "output"))
    whole = identity((4,))
    read = (Input(0, whole, LOOP),)
    body = (Instr(EXP, (0,), F64, LOOP),)
    stages = [
        Stage(k, "map", (4,), (), read, body, (Output(1, k + 1),)) for k in range(count)
    ]
    read = tuple(Input(k, whole, LOOP) for k in range(count + 1))
    body = tuple(Instr(MULTIPLY, (0, k), F64, LOOP) for k in range(1, count + 1))
    last = Output(2 * count, count + 1)
    stages.append(Stage(count, "map", (4,), (), read, body, (last,)))
    return plan(stages, values, (count + 1,))


def test_boxes_of_a_picture_do_not_overlap(softmax, update):
    for made in (softmax, update, fan(6), long_plan(90, 2)):
        boxes = boxes_of(explained_svg(Explanation(made)))
        assert len(boxes) >= 4
        for k, (x0, y0, x1, y1) in enumerate(boxes):
            assert x0 >= -0.1
            assert y0 >= -0.1
            for u0, v0, u1, v1 in boxes[:k]:
                assert x1 <= u0 or u1 <= x0 or y1 <= v0 or v1 <= y0


def test_a_picture_of_a_long_plan_has_its_middle_in_one_box():
    svg = explained_svg(Explanation(long_plan(5000, 20)))
    assert "… 4,960 stages …" in svg
    assert len(boxes_of(svg)) < 100


def test_dot_names_every_stage(softmax):
    dot = plan_dot(softmax, Explanation(softmax)._request)
    assert dot.startswith("digraph plan {")
    assert '"value 0" -> "stage 0"' in dot
    assert '"stage 0" -> "value 2"' in dot
    assert dot.count("{") == dot.count("}") == 1


class _Balanced(HTMLParser):
    VOID = ("meta", "rect", "path")

    def __init__(self):
        super().__init__()
        self.open, self.links = [], []

    def handle_starttag(self, tag, attrs):
        self.links += [v for k, v in attrs if k in ("href", "src", "xlink:href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.links += [v for k, v in attrs if k in ("href", "src", "xlink:href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_is_well_formed_and_loads_nothing(softmax, update):
    for made in (softmax, update, long_plan(200, 3), long_plan(1, 3000)):
        trace = Trace({0: 1e-3}, 2e-3)
        html = Explanation(made, trace)._repr_html_()
        parser = _Balanced()
        parser.feed(html)
        parser.close()
        assert parser.open == []
        assert parser.links == []
        assert "@import" not in html
        assert "url(" not in html
        assert len(html) < 200_000


def test_html_escapes_what_users_wrote(softmax):
    code = compile("x = 1\n", "<script>alert(1)</script>.py", "exec")
    values = [softmax.values[0]._replace(where=(code, 0)), *softmax.values[1:]]
    made = plan(softmax.stages, values, (4,), reason="a < b & c")
    html = Explanation(made)._repr_html_()
    assert "<script>" not in html
    assert "a &lt; b &amp; c" in html


# --- files ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("suffix", "start"),
    [
        ("txt", "plan   2 stages on cpu"),
        ("json", "{\n"),
        ("html", "<!doctype html>"),
        ("svg", "<svg "),
        ("dot", "digraph"),
        ("SVG", "<svg "),
    ],
)
def test_save_goes_by_the_suffix(softmax, tmp_path, suffix, start):
    path = Explanation(softmax).save(str(tmp_path / f"plan.{suffix}"))
    assert path.read_text(encoding="utf-8").startswith(start)


def test_save_refuses_other_suffixes_and_names_the_good_ones(softmax, tmp_path):
    with pytest.raises(UnsupportedError, match=r"'\.png'.*\.svg") as caught:
        Explanation(softmax).save(tmp_path / "plan.png")
    assert str(caught.value).startswith("[save]")
    with pytest.raises(UnsupportedError, match="without a suffix"):
        Explanation(softmax).save(tmp_path / "plan")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("how", [{}, {"analyze": True}, {"kernels": True}])
def test_an_explanation_is_pickled_with_its_lines_and_times(how):
    x = la.asarray(np.ones((300, 300)))
    if "kernels" in how:
        how |= {"profile": la.profiles.h200(), "device": "gpu"}
    told = (x * 2.5).sum(axis=0).explain(**how)
    again = pickle.loads(pickle.dumps(told))
    assert Path(__file__).name in str(told)
    assert again.text() == told.text()
    assert again.to_dict() == told.to_dict()
    assert again.profile == told.profile
    assert pickle.loads(pickle.dumps(again)).text() == told.text()


def test_a_plan_and_its_stages_are_pickled_on_their_own():
    plan = (la.asarray(np.ones((300, 300))) * 2.5).sum(axis=0).explain().plan
    assert Explanation(pickle.loads(pickle.dumps(plan))).text() == str(
        Explanation(plan)
    )
    (stage,) = pickle.loads(pickle.dumps(plan.stages))
    assert Path(__file__).name in stage.body[0].where


def test_an_edge_of_the_graph_has_every_view_that_a_stage_reads():
    x = la.asarray(np.ones((300, 300)))
    graph = ((x[1:] - x[:-1]) * x.sum()).explain().graph
    views = {edge["view"] for *_, edge in graph.in_edges(data=True) if "view" in edge}
    assert "[1:], [:-1]" in views
    y = x * 2
    y[1:] = y[:-1] + x[1:]
    graph = y.explain().graph
    views = {edge["view"] for *_, edge in graph.in_edges(data=True) if "view" in edge}
    assert "[:-1], [...]" in views
