"""How sure a tracker is of its target."""

import enum


class State(str, enum.Enum):
    """Of a target in a frame."""

    TRACKED = "tracked"
    DOUBTFUL = "doubtful"
    """It is followed, but more likely than not the region overlaps it by half or less."""
    LOST = "lost"
    """Neither memory finds it."""
