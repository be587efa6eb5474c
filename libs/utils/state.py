"""How sure a tracker is of its target."""

import enum


class State(str, enum.Enum):
    """How sure a tracker is of a target in a frame."""

    TRACKED = "tracked"
    DOUBTFUL = "doubtful"
    """It is followed, but the region probably overlaps it by half or less."""
    LOST = "lost"
    """Neither memory finds it."""
