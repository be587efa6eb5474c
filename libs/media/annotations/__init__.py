"""Annotations of objects in videos, read from and written to the formats of other tools.

`record` holds what all formats share, `format` the shape of a format, `registry` finds one by name or by content;
each file in `formats` is one format; to add a format, add a file there.
"""
