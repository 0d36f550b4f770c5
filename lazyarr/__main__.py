"""``python -m lazyarr`` is the ``lazyarr`` command."""

import sys

from lazyarr.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
