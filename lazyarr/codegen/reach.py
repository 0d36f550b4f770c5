"""What kernels compute of a stage: all of it, unless it writes where no stride reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lazyarr.codegen.indexing import region_walk
from lazyarr.named import NamedTuple
from lazyarr.plan.model import Output, Stage, Value

if TYPE_CHECKING:
    from lazyarr.plan.model import Region


class Computed(NamedTuple):
    """A stage as kernels compute it, and the values it is about."""

    stage: Stage
    values: tuple[Value, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of all outputs together: nothing is launched for none."""
        return sum(self.values[o.value].nbytes for o in self.stage.outputs)


def computed(stage: Stage, values: tuple[Value, ...]) -> Computed:
    """Return a stage as kernels compute it.

    What is written into a region that no stride reaches becomes a further value, which
    is copied there afterwards.
    """
    if stage.region is None or _is_walkable(stage.region, values):
        return Computed(stage, values)
    (output,) = stage.outputs
    dtype = values[output.value].dtype
    number = len(values)
    apart = (Output(output.register, number),)
    inner = stage._replace(region=None, outputs=apart)
    return Computed(inner, (*values, Value(number, inner.loop, dtype, "temporary")))


def _is_walkable(region: Region, values: tuple[Value, ...]) -> bool:
    try:
        region_walk(region, values[region.base].shape)
    except ValueError:
        return False
    return True
