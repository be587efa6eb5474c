"""Start the page: `python -m pytracking.web --help`."""

import sys

from pytracking.web.cli import main

if __name__ == "__main__":
    sys.exit(main())
