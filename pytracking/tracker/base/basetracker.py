"""The interface every tracker implements."""


class BaseTracker:
    """A tracker is built once from its parameters and initialised once per sequence.

    Boxes are (x, y, w, h), 0-based, in image pixels; polygons are (4, 2) corners; images are RGB uint8 (H, W, 3).
    """

    def __init__(self, params):
        self.params = params

    def initialize(self, image, info):
        """Start on a new sequence.

        Args:
            image: the first frame.
            info: dict with `init_bbox` (4 numbers x, y, w, h, or 8 numbers of a polygon) and/or `init_mask` (H, W).

        Returns:
            dict, as from `track`.

        Raises:
            DataError: the image, box or mask cannot be used.
        """
        raise NotImplementedError(f"{type(self).__name__}.initialize")

    def track(self, image, info=None):
        """Follow the target into the next frame.

        Returns:
            dict with `target_bbox` (4,), `polygon` (4, 2), `segmentation` (H, W) or None, `score`, `time` (seconds).
        """
        raise NotImplementedError(f"{type(self).__name__}.track")
