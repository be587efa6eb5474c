"""Frames to track, rendered before anything is timed."""

from libs.dataset.rendered.sequences import render_sequence

RENDERED = 76
"""Played back and forth, the video then repeats every 150 frames: frames 50, 500 and 2,000 show the same picture."""


class Video:
    """A rendered sequence, played forwards and backwards for as long as needed.

    Args:
        count: number of frames that will be requested.
        size: (width, height) in pixels.
        difficulty: one of `libs.dataset.rendered.sequences.DIFFICULTIES`.
        rendered: largest number of different frames; None for `RENDERED`.

    Attributes:
        box: (8,) numbers, the target's polygon in the first frame.
        size: (width, height) in pixels.
    """

    def __init__(self, count, size, difficulty="easy", rendered=None):
        rendered = rendered or RENDERED
        sequence = render_sequence(difficulty, rendered, size)
        self._frames = [sequence.frame(index) for index in range(min(max(count, 2), rendered))]
        self.box, self.size = sequence.regions[0], size

    def __getitem__(self, index):
        """Frame `index`, RGB uint8 (H, W, 3); any index >= 0."""
        last = len(self._frames) - 1
        return self._frames[last - abs(index % (2 * last) - last)]
