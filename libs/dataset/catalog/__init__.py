"""The datasets that DMB knows: the registry imports every module here and takes every named `Dataset` in it.

These modules import no reader and no NumPy, so that listing the names is quick.
"""
