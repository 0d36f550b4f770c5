import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import lazyarr as la
from lazyarr.cli import article, chart, contenders, demo, hillshade, main

image = pytest.importorskip("matplotlib.image")


def assert_is_a_picture(path):
    assert path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    pixels = image.imread(path)
    assert min(pixels.shape[:2]) > 300
    assert pixels[..., :3].std() > 0.05


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Make the demo run in a moment, in a directory of its own."""
    monkeypatch.setattr(article, "QUICK_SIZES", (10, 1000))
    monkeypatch.setattr(demo, "QUICK_SIDES", (8, 32))
    monkeypatch.setattr(demo, "QUICK_BUDGET", 0.001)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_quick_demo_in_a_log(tmp_path):
    result = subprocess.run(
        [sys.executable, "-m", "lazyarr", "demo", "--quick"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(Path(la.__file__).parents[1]), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert "\x1b" not in result.stdout
    assert "\r" not in result.stdout
    for words in (
        "10,000,000",
        "map-of-fill 2, multiply-unit 1",
        "137,142 values, bit for bit",
    ):
        assert words in result.stdout
    for name in ("hillshade.png", "times.png"):
        path = Path("lazyarr-demo") / name
        assert f"  {path}\n" in result.stdout
        assert_is_a_picture(tmp_path / path)


@pytest.mark.parametrize("dtype", ["int16", "float16", "float32", "bool"])
def test_a_users_array_is_shaded(small, capsys, dtype):
    heights = np.random.default_rng(1).random((40, 30)) * 9
    np.save("mine.npy", heights.astype(dtype))
    arguments = ["demo", "--quick", "--input", "mine.npy", "--output", "there/it/is"]
    assert main.main(arguments) == 0
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "Hillshade: mine.npy" in shown.out
    assert "40 x 30 cells" in shown.out
    assert_is_a_picture(small / "there/it/is/hillshade.png")
    assert_is_a_picture(small / "there/it/is/times.png")


def test_nan_and_infinity_in_a_users_array_are_no_problem(small, capsys):
    heights = np.linspace(0, 9, 400).reshape(20, 20)
    heights[3, 4], heights[8, 8], heights[12] = np.nan, np.inf, -np.inf
    np.save("mine.npy", heights)
    assert main.main(["demo", "--quick", "--input", "mine.npy"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "does not exist"),
        (b"", "not an array that numpy.save wrote"),
        (b"x,y\n1,2\n", "not an array that numpy.save wrote"),
        (b"\x93NUMPY\x01\x00\x06\x00{'a': ", "not an array that numpy.save wrote"),
        (b"\x93NUMPY\x01\x00\x06\x00{(((\n\n", "not an array that numpy.save wrote"),
        (b"PK\x03\x04 no archive", "not an array that numpy.save wrote"),
        (np.array([[{}, 1], [2, 3]], dtype=object), "without Python objects"),
        (np.zeros((0, 4)), "has shape (0, 4), not two axes"),
        (np.float64(3), "has shape (), not two axes"),
        (np.zeros(9), "has shape (9,), not two axes of 3 cells or more"),
        (np.zeros((3, 3, 3)), "has shape (3, 3, 3), not two axes"),
        (np.zeros((2, 500)), "has shape (2, 500), not two axes"),
        (np.zeros((5, 5), dtype=complex), "holds complex128, not real numbers"),
        (np.full((5, 5), "high"), "holds <U4, not real numbers"),
        (np.zeros((5, 5), dtype="M8[s]"), "holds datetime64[s], not real numbers"),
    ],
)
def test_an_unusable_input_is_one_line_and_code_2(tmp_path, capsys, content, words):
    path = tmp_path / "mine.npy"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.save(path, content)
    output = tmp_path / "output"
    assert main.main(["demo", "--input", str(path), "--output", str(output)]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"lazyarr demo: {path} ")
    assert words in shown.err
    assert shown.err.count("\n") == 1
    assert not output.exists()


def test_a_truncated_array_a_folder_and_an_archive_are_refused(tmp_path, capsys):
    whole = io.BytesIO()
    np.save(whole, np.zeros((50, 50)))
    cut = tmp_path / "cut.npy"
    cut.write_bytes(whole.getvalue()[:1000])
    archive = tmp_path / "many.npz"
    np.savez(archive, a=np.zeros((5, 5)))
    for path in (cut, archive, tmp_path):
        assert main.main(["demo", "--input", str(path)]) == 2
        error = capsys.readouterr().err
        assert error.startswith(f"lazyarr demo: {path} ")
        assert "Traceback" not in error
        assert error.count("\n") == 1


def test_an_output_that_is_a_file_is_one_line_and_code_2(small, capsys):
    Path("taken").write_text("mine")
    assert main.main(["demo", "--quick", "--output", "taken"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("lazyarr demo: taken: ")
    assert error.count("\n") == 1
    assert Path("taken").read_text() == "mine"


def test_without_matplotlib_the_extra_is_named(small, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main.main(["demo", "--quick"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "pip install 'lazyarr[plot]'" in shown.err
    assert shown.err.count("\n") == 1


def test_importing_lazyarr_loads_neither_rich_nor_matplotlib():
    code = (
        "import sys, lazyarr; "
        "sys.exit(bool({'rich', 'matplotlib', 'cupy'} & set(sys.modules)))"
    )
    root = str(Path(la.__file__).parents[1])
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def test_wrong_numbers_end_the_demo_before_any_time_is_shown(
    small, monkeypatch, capsys
):
    one, _ = contenders.cpu_contenders()
    liar = contenders.Contender("liar", np, one.take, np.negative, one.wait, one.bring)
    monkeypatch.setattr(contenders, "cpu_contenders", lambda: [one, liar])
    assert main.main(["demo", "--quick"]) == 1
    shown = capsys.readouterr()
    assert "liar and NumPy disagree on 'x = ones(n)' at 10 elements" in shown.err
    assert "Median" not in shown.out


@pytest.mark.parametrize(
    ("east", "north", "brightness"),
    [(0.0, 0.0, 0.5**0.5), (1.0, -1.0, 1.0), (-1.0, 1.0, 0.0)],
)
def test_planes_are_as_bright_as_they_face_the_light(east, north, brightness):
    """The sun is in the north-west at 45 degrees: a 45 degree slope may face it."""
    rows, columns = np.mgrid[:6, :7].astype(float)
    scale = 0.5**0.5
    heights = scale * (east * columns * 2.0 - north * rows * 3.0)
    shade = hillshade.hillshade(np, heights, 2.0, 3.0)
    assert shade.shape == (4, 5)
    assert shade == pytest.approx(np.full((4, 5), brightness), abs=1e-12)


def test_hillshade_of_the_sample_is_one_stage_and_numpys_bits():
    terrain = hillshade.sample_terrain()
    lazy = hillshade.shade_of(la, terrain)
    assert [stage["kind"] for stage in lazy.explain().to_dict()["stages"]] == ["map"]
    assert contenders.same_bits(hillshade.shade_of(np, terrain), lazy.compute())


def test_ones_fold_to_one_fill():
    plan = article.plan_of_ones(10**12).to_dict()
    arithmetic, fill = plan["stages"]
    assert (arithmetic["kind"], arithmetic["ops"]) == (
        "scalar",
        ["multiply", "add"],  # 1 * 5 is known beforehand
    )
    assert fill["kind"] in ("source", "map")
    assert fill["bytes_read"] <= 8
    assert fill["bytes_written"] == 8 * 10**12


@pytest.mark.parametrize(
    ("fast", "expected"),
    [
        ([0.5, 1.0, 50.0], 10),  # never slower
        ([2.0, 8.0, 200.0], None),  # always slower
        ([2.0, 2.0, 50.0], 10**1.5),  # half as fast at 10, twice as fast at 100
        ([0.5, 16.0, 50.0], 10 ** (2 + 2 / 3)),  # ahead, a quarter, ahead twice
    ],
)
def test_crossover_is_where_the_lines_meet_last(fast, expected):
    found = chart.crossover([10, 100, 1000], [1.0, 4.0, 100.0], fast)
    assert found == (expected and pytest.approx(expected))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (5e-10, "0 ns"),
        (2.4e-7, "240 ns"),
        (1e-6, "1.00 µs"),
        (9.996e-4, "1.00 ms"),
        (0.01234, "12.3 ms"),
        (0.5, "500 ms"),
        (61.5, "61.5 s"),
        (1234.0, "1234 s"),
    ],
)
def test_times_have_three_digits(seconds, text):
    assert contenders.shown_time(seconds) == text


def test_same_bits_tells_zeros_and_takes_nan():
    assert contenders.same_bits(np.array([np.nan, 1.0]), np.array([np.nan, 1.0]))
    assert not contenders.same_bits(np.array([0.0]), np.array([-0.0]))
    assert not contenders.same_bits(np.array([0.0]), np.array([0]))
    assert not contenders.same_bits(np.zeros(2), np.zeros((2, 1)))


def test_sizes_fit_the_memory():
    assert article.sizes(quick=False, memory=1 << 40)[-1] == 10**8
    assert article.sizes(quick=True, memory=1 << 40)[-1] == 10**7
    assert article.sizes(quick=False, memory=4 * 8 * 10**6) == (
        10**3,
        10**4,
        10**5,
        10**6,
    )
    assert article.sizes(quick=False, memory=0) == (10**3,)


def test_a_large_array_is_thinned_out(tmp_path):
    path = tmp_path / "large.npy"
    np.save(path, np.arange(400.0 * 300).reshape(400, 300))
    memory = hillshade.BYTES_PER_CELL * 100 * 100
    terrain = hillshade.read_terrain(path, memory)
    assert terrain.heights.shape == (100, 100)
    assert terrain.name == "large.npy[::4, ::3]"
    assert hillshade.read_terrain(path, 1 << 40).heights.shape == (400, 300)


def test_a_tiled_terrain_is_mirrored():
    heights = np.arange(12.0).reshape(3, 4)
    terrain = hillshade.Terrain("t", heights, 1.0, 1.0, in_metres=False)
    found = hillshade.tiled(terrain, 5)
    assert np.array_equal(found, np.pad(heights, ((0, 2), (0, 1)), mode="symmetric"))


def test_arrays_are_moved_to_a_device_and_sizes_are_not():
    for contender in contenders.cpu_contenders():
        assert type(contender.take(7)) is int
    take = contenders.moving(lambda array: array + 1)
    assert take(7) == 7
    assert take(np.zeros(2)).tolist() == [1, 1]
