"""Test the DMB tracker on VOT2018 (or the bundled mini set): `python run_vot_test.py --help`."""

import sys

from votTester.cli import main

if __name__ == "__main__":
    sys.exit(main())
