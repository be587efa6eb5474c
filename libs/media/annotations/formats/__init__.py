"""One file per format; `libs.media.annotations.registry` finds the classes on its own."""
