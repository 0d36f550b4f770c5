"""Compiled kernels on disk: made once, read again, made anew when damaged."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from lazyarr.runtime import compile as compiling


class NVRTCError(RuntimeError):
    pass


@pytest.fixture
def cupy(monkeypatch, tmp_path):
    """A CuPy whose compiler counts what it makes, for a device of each capability."""
    made = []

    def create(source, name, headers, includes):
        made.append([source])
        return made[-1]

    def run(program, options):
        program.append(options)
        if "error" in program[0]:
            raise NVRTCError

    module = SimpleNamespace(made=made, loaded=[], capability="90")

    class Module:
        def load(self, code):
            module.loaded.append(code)

        def get_function(self, name):
            return SimpleNamespace(ptr=len(module.loaded), name=name)

    nvrtc = SimpleNamespace(
        NVRTCError=NVRTCError,
        createProgram=create,
        compileProgram=run,
        destroyProgram=lambda program: None,
        getCUBIN=lambda program: b"binary of " + program[0].encode(),
        getPTX=lambda program: "ptx of " + program[0],
        getProgramLog=lambda program: "kernel.cu(1): error: no",
        getSupportedArchs=lambda: [70, 75, 80, 90],
        getVersion=lambda: (12, 9),
    )
    module.cuda = SimpleNamespace(
        nvrtc=nvrtc,
        function=SimpleNamespace(Module=Module),
        Device=lambda: SimpleNamespace(compute_capability=module.capability),
    )
    monkeypatch.setattr(compiling, "cupy", lambda: module)
    monkeypatch.setenv("CUPY_CACHE_DIR", str(tmp_path / "cache"))
    compiling._target.cache_clear()
    yield module
    compiling._target.cache_clear()


def test_a_text_is_compiled_once(cupy):
    for _ in range(2):
        handle, keep = compiling.load("text", "f")
        assert handle
        assert keep
    compiling.load("other", "f")
    assert [program[0] for program in cupy.made] == ["text", "other"]
    assert cupy.loaded == [b"binary of text", b"binary of text", b"binary of other"]
    assert "--gpu-architecture=sm_90" in cupy.made[0][1]


def test_values_are_numpys(cupy):
    compiling.load("text", "f")
    options = cupy.made[0][1]
    assert "--fmad=false" in options
    assert not any("ftz" in option or "fast" in option for option in options)


def test_other_arithmetic_is_another_kernel(cupy):
    for arithmetic in ("contracted", "fast"):
        assert not compiling.is_stored("text", arithmetic)
        for _ in range(2):
            compiling.load("text", "f", arithmetic)
        assert compiling.is_stored("text", arithmetic)
    assert not compiling.is_stored("text")
    (_, contracted), (_, fast) = cupy.made
    assert "--fmad=true" in contracted
    assert "--use_fast_math" in fast
    assert "--use_fast_math" not in contracted


def test_a_compiler_that_does_not_know_a_word_is_asked_without_it(cupy, monkeypatch):
    run = cupy.cuda.nvrtc.compileProgram

    def older(program, options):
        run(program, options)
        if "--minimal" in options:
            raise NVRTCError

    compiling.load("new", "f")
    monkeypatch.setattr(cupy.cuda.nvrtc, "compileProgram", older)
    compiling.load("text", "f")
    assert ["--minimal" in program[1] for program in cupy.made] == [True, True, False]
    assert cupy.loaded == [b"binary of new", b"binary of text"]


def test_a_newer_device_gets_ptx(cupy):
    cupy.capability = "120"
    compiling.load("text", "f")
    assert "--gpu-architecture=compute_90" in cupy.made[0][1]
    assert cupy.loaded == [b"ptx of text"]


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: b"", None])
def test_damaged_files_are_made_anew(cupy, tmp_path, damage):
    compiling.load("text", "f")
    (file,) = (tmp_path / "cache").iterdir()
    if damage is None:
        file.unlink()
    else:
        file.write_bytes(damage(file.read_bytes()))
    compiling.load("text", "f")
    assert len(cupy.made) == 2
    assert cupy.loaded[1] == b"binary of text"
    compiling.load("text", "f")
    assert len(cupy.made) == 2


def test_a_folder_that_cannot_be_written_is_done_without(cupy, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CUPY_CACHE_DIR", str(tmp_path / "file"))
    compiling.load("text", "f")
    assert cupy.loaded == [b"binary of text"]


def test_what_the_compiler_says_is_kept(cupy):
    with pytest.raises(compiling.CompileError, match="error: no"):
        compiling.load("error", "f")
    assert compiling.complaints("error") == "kernel.cu(1): error: no"
    assert compiling.complaints("text") == ""
