"""The ``lazyarr`` command: one module for each subcommand."""
