"""Executors of plans, and the memory and threads they run with."""
