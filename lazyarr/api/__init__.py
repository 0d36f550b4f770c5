"""What users call: the array handle, and the standard's functions by chapter."""
