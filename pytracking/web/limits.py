"""How much of the machine the page's users may take: each limit with its error."""

import dataclasses

from libs.utils.errors import SettingsError

MEGABYTE = 1 << 20


@dataclasses.dataclass(frozen=True)
class Limits:
    """The limits that the command sets.

    Attributes:
        upload: megabytes that one session may upload in total.
        frames: of a video.
        side: pixels of the longer side of its frames.
        sessions: at a time.
        runs: how many take turns; more wait.
        objects: of a session.
        idle: minutes without activity after which a session ends.
        grace: seconds for which a run, or a session, outlives its closed page.
    """

    upload: int = 2000
    frames: int = 20000
    side: int = 4096
    sessions: int = 16
    runs: int = 4
    objects: int = 10
    idle: float = 30.0
    grace: float = 20.0

    def check_upload(self, size: int) -> None:
        """Raise SettingsError if a session's uploads are too large."""
        if size > self.upload * MEGABYTE:
            raise SettingsError(
                f"uploads of {size / MEGABYTE:,.0f} MB are too large: a session may upload {self.upload:,} MB; cut the "
                "video, make it smaller, or ask for a higher --max-upload"
            )

    def check_size(self, width: int, height: int) -> None:
        """Raise SettingsError if the frames of a video are too large."""
        if max(width, height) > self.side:
            raise SettingsError(
                f"frames of {width} x {height} pixels are too large: the longer side may have {self.side}; make the "
                "video smaller, or ask for a higher --max-side"
            )

    def check_length(self, frames: int) -> None:
        """Raise SettingsError if a video is too long."""
        if frames > self.frames:
            raise SettingsError(
                f"{frames:,} frames are too many: a video may have {self.frames:,}; cut it, or ask for a higher "
                "--max-frames"
            )

    def check_sessions(self, count: int) -> None:
        """Raise SettingsError if there is no room for another session besides `count`."""
        if count >= self.sessions:
            raise SettingsError(
                f"{count} people are at work here, as many as may be; try again in some minutes, or ask for a higher "
                "--max-sessions"
            )
