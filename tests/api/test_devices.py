"""What can be used, why the rest cannot, and what to install."""

from __future__ import annotations

import subprocess
import sys
import types

import numpy as np
import pytest

import lazyarr as la
from lazyarr import evaluate
from lazyarr.cli import info
from lazyarr.runtime import cuda_device, cupy_backend


@pytest.fixture
def machine(monkeypatch):
    """Return a function that pretends: which CuPy, driver, devices and NVRTC."""

    def pretend(*, cupy="14.2.0", driver=12080, count=1, nvrtc=True, capability="90"):
        class CUDARuntimeError(RuntimeError):
            pass

        def devices():
            if count is None:
                msg = "cudaErrorInsufficientDriver"
                raise CUDARuntimeError(msg)
            return count

        def version():
            if not nvrtc:
                msg = "Failure finding libnvrtc.so"
                raise RuntimeError(msg)
            return (12, 8)

        runtime = types.SimpleNamespace(
            CUDARuntimeError=CUDARuntimeError,
            driverGetVersion=lambda: driver,
            getDeviceCount=devices,
            getDeviceProperties=lambda number: {
                "name": b"NVIDIA Test",
                "totalGlobalMem": 8 << 30,
            },
        )
        compiler = types.SimpleNamespace(
            getVersion=version, getSupportedArchs=lambda: [75, 80, 90, 120]
        )
        device = types.SimpleNamespace(compute_capability=capability)
        module = types.SimpleNamespace(
            __version__=cupy,
            cuda=types.SimpleNamespace(
                runtime=runtime, nvrtc=compiler, Device=lambda number: device
            ),
        )

        def load():
            if cupy is None:
                raise ImportError("No module named 'cupy'")
            return module

        missing = cuda_device.missing.__wrapped__
        monkeypatch.setattr(cuda_device, "cupy", load)
        monkeypatch.setattr(cuda_device, "driver", lambda: driver)
        monkeypatch.setattr(cuda_device, "missing", missing)
        monkeypatch.setattr(cupy_backend, "missing", missing)
        monkeypatch.setattr(cupy_backend, "driver", lambda: driver)
        evaluate.clear_cache()

    return pretend


CASES = [
    ({"cupy": None, "driver": 0}, "install NVIDIA's driver, then pip install"),
    ({"cupy": None, "driver": 12080}, r"install it: pip install 'lazyarr\[gpu\]'"),
    ({"cupy": None, "driver": 13000}, r"pip install 'lazyarr\[gpu-cuda13\]'"),
    ({"cupy": None, "driver": 11080}, r"upgrade NVIDIA's driver \(CUDA 11.8\)"),
    ({"cupy": "12.3.0"}, "CuPy 12.3.0 is older than 13.0; install it"),
    ({"driver": 0}, "there is no CUDA driver; install NVIDIA's driver"),
    ({"driver": 11040}, "the driver supports CUDA 11.4; 12.0 or newer"),
    ({"count": None}, "no usable CUDA driver .* upgrade NVIDIA's driver"),
    ({"count": 0}, "no CUDA device"),
    ({"nvrtc": False}, r"NVRTC .*pip install 'cupy-cuda12x\[ctk\]'"),
    ({"capability": "61"}, r"capability is 6\.1, .* for 7\.5 or newer; install"),
]


@pytest.mark.parametrize(("facts", "said"), CASES, ids=map(str, range(len(CASES))))
def test_what_is_missing_is_named_with_its_remedy(machine, facts, said):
    machine(**facts)
    found = la.devices()
    assert found == ("cpu",)
    np.testing.assert_equal(bool(found.missing), True)
    with pytest.raises(la.DeviceError, match=said):
        la.ones(3).compute(device="gpu")
    assert f"no GPU  {found.missing}" in str(found)
    assert found.missing in dict(info.rows())["GPU"]


@pytest.mark.parametrize(("facts", "said"), CASES, ids=map(str, range(len(CASES))))
def test_auto_works_on_the_cpu(machine, facts, said):
    machine(**facts)
    with la.config(crossover=10):
        x = la.arange(100.0) * 2
        assert x.compute().sum() == 9900
        why = x.explain().to_dict()["reason"]
    assert la.devices().missing in why


def test_devices_that_can_be_used(machine):
    machine(count=2)
    found = la.devices()
    assert found == ("cpu", "gpu:0", "gpu:1")
    assert found.missing == ""
    assert "gpu:1   NVIDIA Test 8 GiB" in str(found)
    assert "gpu:1   NVIDIA Test" in dict(info.rows())["GPU"]
    assert dict(info.rows())["CUDA driver"] == "supports CUDA 12.8"


def test_the_driver_is_asked_without_cupy():
    assert cuda_device.driver() in range(100_000)


FOLDER = """
import lazyarr as la
print(la.devices().missing)
print(la.arange(3).compute())
try:
    la.ones(3).compute(device="gpu")
except la.DeviceError as error:
    print("refused", error)
"""


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((), "CuPy is not in {folder}/cupy, which has its name; "),
        (("__init__.py",), "CuPy is not in {folder}/cupy, which has its name; "),
        (("__init__.py", "broken"), "CuPy cannot be imported (of another NumPy); "),
    ],
)
def test_a_folder_named_cupy_is_no_cupy(tmp_path, files, said):
    package = tmp_path / "cupy"
    package.mkdir()
    if files:
        text = "raise ValueError('of another NumPy')" if "broken" in files else ""
        (package / "__init__.py").write_text(text)
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}){FOLDER}"
    made = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    missing, numbers, refused = made.stdout.splitlines()
    assert missing.startswith(said.format(folder=tmp_path))
    assert "install" in missing
    assert numbers == "[0 1 2]"
    assert refused.startswith("refused [compute] ")
    assert missing in refused
