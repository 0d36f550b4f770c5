"""What can compute here, and what is missing for the rest."""

from __future__ import annotations

import os

from lazyarr import evaluate
from lazyarr.config import thread_count


class Devices(tuple[str, ...]):
    """Names of devices that can be used now, with a line on each; see `devices`.

    Attributes
    ----------
    lines : tuple of str
        What each device is; the last one may say why there is no GPU.
    missing : str
        Why no GPU can be used, and what to install; empty if one can.
    """

    lines: tuple[str, ...]
    missing: str

    def __repr__(self) -> str:
        return "\n".join(self.lines)


def devices() -> Devices:
    """Return the devices that can be used now; loads CuPy to look for GPUs.

    Returns
    -------
    Devices
        A tuple of names, each good for ``device=``. Its text says what each of them
        is or, if there is no GPU, why not and what to install.

    Examples
    --------
    >>> import lazyarr as la
    >>> la.devices()[0]
    'cpu'
    >>> print(la.devices())  # doctest: +SKIP
    cpu     2 threads of 2 cores
    no GPU  CuPy cannot be imported (No module named 'cupy'); install it: pip install 'lazyarr[gpu]'
    """
    missing = evaluate.gpu_missing()
    found = () if missing else evaluate.gpu_backend().available()
    result = Devices(["cpu", *(line.split(" ", 1)[0] for line in found)])
    lines = [f"cpu     {thread_count()} threads of {os.cpu_count()} cores"]
    lines += [f"{name:7} {what}" for name, what in (x.split(" ", 1) for x in found)]
    if missing:
        lines.append(f"no GPU  {missing}")
    result.lines = tuple(lines)
    result.missing = missing
    return result
