"""How Sphinx builds the documentation: Markdown by MyST, every reference checked."""

from importlib.metadata import version as installed

project = "lazyarr"
author = "The lazyarr developers"
copyright = "2026, The lazyarr developers"
version = release = installed("lazyarr")

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
nitpicky = True

myst_heading_anchors = 3
myst_enable_extensions = ["colon_fence"]

html_theme = "furo"
html_title = f"lazyarr {release}"
