"""The error for input that cannot be used."""


class InputError(ValueError):
    """A folder, image, box, mask or video cannot be used; the message says what to do about it."""
