"""How much of the machine the page's users may take, each limit with the sentence that says so."""

import dataclasses

from libs.utils.errors import SettingsError

MEGABYTE = 1 << 20


@dataclasses.dataclass(frozen=True)
class Limits:
    """Settings of the command.

    Attributes:
        upload: megabytes of all that one session uploads.
        frames: of a video.
        side: pixels of the longer side of its frames.
        sessions: at a time.
        runs: that take turns; further ones wait.
        objects: of a session.
        idle: minutes after which a session ends in which nothing was done.
        grace: seconds for which a run continues, and a session whose page was left stays, without a page to show it.
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
        """Raise SettingsError where the bytes of a session's uploads are too many."""
        if size > self.upload * MEGABYTE:
            raise SettingsError(
                f"uploads of {size / MEGABYTE:,.0f} MB are too large: a session may upload {self.upload:,} MB; cut the "
                "video, make it smaller, or ask for a higher --max-upload"
            )

    def check_size(self, width: int, height: int) -> None:
        """Raise SettingsError where the frames of a video are too large."""
        if max(width, height) > self.side:
            raise SettingsError(
                f"frames of {width} x {height} pixels are too large: the longer side may have {self.side}; make the "
                "video smaller, or ask for a higher --max-side"
            )

    def check_length(self, frames: int) -> None:
        """Raise SettingsError where a video is too long."""
        if frames > self.frames:
            raise SettingsError(
                f"{frames:,} frames are too many: a video may have {self.frames:,}; cut it, or ask for a higher "
                "--max-frames"
            )

    def check_sessions(self, count: int) -> None:
        """Raise SettingsError where there is no room for one session more than `count`."""
        if count >= self.sessions:
            raise SettingsError(
                f"{count} people are at work here, as many as may be; try again in some minutes, or ask for a higher "
                "--max-sessions"
            )
