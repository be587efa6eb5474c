"""How many objects are followed at a time: one limit for every command, because each object has its own memories."""

from libs.utils.errors import SettingsError

MOST_OBJECTS = 20
"""Unless --max_objects, or the argument of that name, says otherwise."""


def check_count(objects: int, limit: int, where: str) -> None:
    """Make sure that a video has no more objects than may be followed.

    Args:
        objects: that are to be followed at a time.
        limit: how many may be.
        where: which objects they are, for the message.

    Raises:
        SettingsError: there are more.
    """
    if objects > limit:
        raise SettingsError(
            f"{where}: {objects} objects are given; the limit is {limit}: raise it by --max_objects {objects} (in a "
            "program max_objects)"
        )
