"""What users call: the array handle, and the standard's functions by chapter."""

import importlib

from lazyarr.collector import loading

with loading():
    importlib.import_module("lazyarr.api.usual")  # and with it most of the others
