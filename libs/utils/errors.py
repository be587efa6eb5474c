"""The errors this project raises on bad input; everything else that escapes is a bug."""


class DMBError(ValueError):
    """Base of all documented errors. The message names the file, line or field and what to do about it."""


class DataError(DMBError):
    """An image, annotation, region or sequence cannot be used as given."""


class FullDiskError(DataError):
    """The disk takes no more. What was written before is kept, so that the run should end, and can continue later."""


class CheckpointError(DMBError):
    """A checkpoint is unreadable, of an unknown format, or of another architecture."""


class SettingsError(DMBError):
    """A parameter, setting or path is unknown, missing or out of its range."""
