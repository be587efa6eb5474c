"""The errors that this project raises on bad input; any other error that escapes is a bug."""


class DMBError(ValueError):
    """Base of all documented errors. The message names the file, line or field and what to do about it."""


class DataError(DMBError):
    """An image, annotation, region or sequence is not usable as given."""


class FullDiskError(DataError):
    """The disk is full; what is written is kept, so the run should end and can resume later."""


class CheckpointError(DMBError):
    """A checkpoint is unreadable, of an unknown format, or of another architecture."""


class SettingsError(DMBError):
    """A parameter, setting or path is unknown, missing or out of its range."""
