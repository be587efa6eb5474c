"""The number of objects followed at a time: one limit for every command, because each object has its own memories."""

from libs.utils.errors import SettingsError

MOST_OBJECTS = 20
"""Default of --max_objects and of the argument with that name."""


def check_count(objects: int, limit: int, where: str) -> None:
    """Check that a video has no more objects than the limit.

    Args:
        objects: how many would be followed at a time.
        limit: how many are allowed.
        where: what they are, for the message.

    Raises:
        SettingsError: there are too many.
    """
    if objects > limit:
        raise SettingsError(
            f"{where}: {objects} objects are given; the limit is {limit}: raise it by --max_objects {objects} (in a "
            "program max_objects)"
        )
