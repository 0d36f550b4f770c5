"""What users call: the array handle, and the standard's functions by chapter."""

import gc
import importlib

# Loading makes many objects and next to no garbage: looking through all of them again and
# again, for that, would be a tenth of the time of the import.
_collects = gc.isenabled()
gc.disable()
try:
    importlib.import_module("lazyarr.api.usual")  # and with it most of the others
    if not gc.get_freeze_count():
        # What stays as long as the process is put beside what outlived collections: else
        # the next object that is made would have all of it looked through.
        gc.freeze()
        gc.unfreeze()
finally:
    if _collects:
        gc.enable()
