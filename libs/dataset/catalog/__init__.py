"""The datasets that DMB knows: every module here is imported by the registry, and every named `Dataset` in it is one.

These modules import no reader and no NumPy, so that a list of names costs nothing.
"""
