"""One file a format; `libs.media.annotations.registry` finds the classes by themselves."""
