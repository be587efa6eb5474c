"""DMB: segmentation tracking with two memories. All commands under one name: `dmb --help`."""

import importlib.metadata

from libs.utils.command_line import PACKAGE

__version__ = importlib.metadata.version(PACKAGE)
