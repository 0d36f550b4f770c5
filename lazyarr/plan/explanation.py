"""What ``explain()`` returns: a plan to read, to draw, to save and to compute with."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lazyarr.errors import UnsupportedError
from lazyarr.plan.html import plan_html, plan_page
from lazyarr.plan.record import plan_record
from lazyarr.plan.svg import plan_dot, plan_svg
from lazyarr.plan.text import Request, plan_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike

    import networkx as nx

    from lazyarr.plan.model import DeviceProfile, Plan
    from lazyarr.plan.profile import HostProfile
    from lazyarr.plan.trace import Trace

__all__ = ["Explanation"]

SUFFIXES = (".txt", ".json", ".html", ".svg", ".dot")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Explanation:
    """A plan and its reasons, made by ``explain()``; it ran nothing to get them.

    ``print`` shows one screen of text, a notebook shows a page. ``docs/explain.md``
    says how to read both.

    Attributes
    ----------
    plan : Plan
        The frozen plan.
    trace : Trace or None
        What a run of it took, after ``explain(analyze=True)``.
    scalars : mapping of int to object
        Scalars known when the plan was explained, by value id.
    kernels : mapping of int to str
        Source code by stage id, after ``explain(kernels=True)``.
    profile : DeviceProfile, HostProfile or None
        The machine that was planned for.
    """

    plan: Plan
    trace: Trace | None = None
    scalars: Mapping[int, Any] = field(default_factory=dict)
    kernels: Mapping[int, str] = field(default_factory=dict)
    profile: DeviceProfile | HostProfile | None = None

    @classmethod
    def of(
        cls,
        plan: Plan,
        leaves: Sequence[Any],
        trace: Trace | None = None,
        profile: DeviceProfile | HostProfile | None = None,
    ) -> Explanation:
        """Return the explanation of a plan that would be run with these leaves.

        `leaves` holds the values of the graph's nodes in canonical order; the scalars
        among them are shown by value.
        """
        known = [*leaves, *plan.constants]
        scalars = {
            value.id: known[value.source]
            for value in plan.values
            if value.role == "scalar" and value.source >= 0
        }
        return cls(plan, trace, scalars, {}, profile)

    def __str__(self) -> str:
        return plan_text(self.plan, self._request)

    def __repr__(self) -> str:
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        given = (dict(self.scalars), dict(self.kernels), self.profile)
        return Explanation, (self.plan, self.trace, *given)

    def _repr_html_(self) -> str:
        return plan_html(self.plan, self._request)

    def text(self) -> str:
        """Return the text with nothing left out, however long the plan is."""
        return plan_text(self.plan, self._request, full=True)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as plain dictionaries, lists, strings and numbers.

        The keys are listed in ``docs/explain.md`` and stay as they are.
        """
        return plan_record(self.plan, self._request)

    @property
    def graph(self) -> nx.DiGraph[str]:
        """Stages and values as a `networkx.DiGraph`.

        Nodes are named ``stage 0`` and ``value 3``. Each has the attribute ``node``
        (``"stage"`` or ``"value"``) and those of its entry in :meth:`to_dict`; an
        edge into a stage has the ``view`` under which it reads the value; several are
        joined by commas, and ``[...]`` is then the whole.
        """
        networkx = importlib.import_module("networkx")
        record = self.to_dict()
        graph: nx.DiGraph[str] = networkx.DiGraph()
        for value in record["values"]:
            graph.add_node(f"value {value['id']}", node="value", **value)
        for stage in record["stages"]:
            name = f"stage {stage['id']}"
            graph.add_node(name, node="stage", **stage)
            views: dict[int, dict[str, None]] = {}
            for source, view in zip(stage["inputs"], stage["views"], strict=True):
                views.setdefault(source, {})[view] = None
            # An update reads the base that it writes into.
            if stage["updates"] is not None:
                views.setdefault(stage["updates"], {})[""] = None
            for source, seen in views.items():
                several = (view or "[...]" for view in seen)
                view = ", ".join(several) if len(seen) > 1 else "".join(seen)
                graph.add_edge(f"value {source}", name, view=view)
            for value in stage["outputs"]:
                graph.add_edge(name, f"value {value}")
        return graph

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the plan to a file, in the form that its suffix names.

        Parameters
        ----------
        path : str or path
            ``.txt`` (the full text), ``.json`` (:meth:`to_dict`), ``.html`` (a page
            that needs nothing else), ``.svg`` (a picture) or ``.dot`` (for Graphviz).

        Returns
        -------
        pathlib.Path
            The file that was written.

        Raises
        ------
        UnsupportedError
            Another suffix.
        """
        target = Path(path)
        match target.suffix.lower():
            case ".txt":
                content = self.text() + "\n"
            case ".json":
                record = self.to_dict()
                content = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
            case ".html":
                content = plan_page(self.plan, self._request)
            case ".svg":
                content = plan_svg(self.plan, self._request)
            case ".dot":
                content = plan_dot(self.plan, self._request)
            case suffix:
                what = f"cannot save a plan as {suffix or 'a file without a suffix'!r}"
                hint = f"the name ends in one of {', '.join(SUFFIXES)}."
                raise UnsupportedError.at("save", what, None, hint)
        target.write_text(content, encoding="utf-8", newline="\n")
        return target

    def with_kernels(self, kernels: Mapping[int, str]) -> Explanation:
        """Return the same with source code, by stage id, put beside the plan."""
        return replace(self, kernels=dict(kernels))

    @property
    def _request(self) -> Request:
        return Request(self.trace, self.scalars, self.kernels, self.profile)
