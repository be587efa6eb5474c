"""What a user does in a window, without the window: turns keys and mouse events into states and actions."""

import dataclasses
import enum
import math

import cv2
import numpy as np

from libs.utils.drawing import draw_mask, draw_polygon, draw_text, line_width, text_height
from libs.utils.polygons import polygon_to_box, polygon_to_mask
from pytracking.prompts import Prompt
from pytracking.tracker.base.result import Results

KEYS = (
    ("space", "pause, continue"),
    ("right, left", "one frame further, back"),
    ("b", "back to a frame, by its number"),
    ("a", "add an object"),
    ("c", "correct an object"),
    ("d", "remove an object"),
    ("t", "draw a box, a polygon or with a brush"),
    ("enter", "take what is drawn"),
    ("esc", "do not take what is drawn"),
    ("s", "save the session"),
    ("r, q", "select all again, quit"),
    ("?", "show or hide this"),
)
"""(key, what it does), for the window and the page."""
HELP = "\n".join(f"{key}  {what}" for key, what in KEYS)
SKETCH_COLOUR = (255, 225, 90)
LEAST_SIDE = 2
"""Pixels; a shorter drag is a click with a shaky hand."""
ENTER, ESCAPE, BACKSPACE = ("\r", "\n"), "\x1b", ("\x08", "\x7f")
Point = tuple[float, float]


class Tool(enum.Enum):
    """The tool that the mouse draws with."""

    BOX = "box"
    POLYGON = "polygon"
    BRUSH = "brush"

    @property
    def next(self) -> "Tool":
        """The tool that follows."""
        tools = list(Tool)
        return tools[(tools.index(self) + 1) % len(tools)]


class Deed(enum.Enum):
    """Kinds of actions."""

    ADD = "add"
    CORRECT = "correct"
    REMOVE = "remove"
    SAVE = "save"


@dataclasses.dataclass(frozen=True)
class Action:
    """An action that the user wants.

    Attributes:
        deed: its kind.
        number: the object's, if it is one that is followed.
        prompt: what was drawn of the object.
    """

    deed: Deed
    number: int | None = None
    prompt: Prompt | None = None


class Sketch:
    """A box, a polygon or brush strokes in an image of shape (H, W, ...), in image pixels."""

    def __init__(self, tool: Tool, image_shape: tuple[int, ...]) -> None:
        self.tool = tool
        self._shape = image_shape[:2]
        self._points: list[Point] = []
        self._painted = np.zeros(self._shape, np.uint8)
        self._radius = max(2, round(math.hypot(*self._shape) / 120))

    def press(self, x: float, y: float) -> None:
        """The button goes down."""
        if self.tool is Tool.BOX:
            self._points = [(x, y), (x, y)]
        else:
            self._points.append((x, y))
            self._paint((x, y), (x, y))

    def drag(self, x: float, y: float) -> None:
        """The mouse moves with the button down."""
        if not self._points:
            return
        if self.tool is Tool.BOX:
            self._points[1] = (x, y)
        elif self.tool is Tool.BRUSH:
            self._paint(self._points[-1], (x, y))
            self._points[-1] = (x, y)

    def prompt(self) -> Prompt | None:
        """The region that was drawn; None if it is empty, as after a click."""
        if self.tool is Tool.BRUSH:
            return {"init_mask": self._painted > 0} if self._painted.any() else None
        corners = self._corners()
        if corners is None:
            return None
        if self.tool is Tool.BOX:
            return {"init_bbox": polygon_to_box(corners)}
        mask = polygon_to_mask(corners, self._shape)
        return {"init_mask": mask} if mask.any() else None

    def draw(self, image: np.ndarray) -> np.ndarray:
        """The image with what is drawn."""
        if self.tool is Tool.BRUSH:
            return draw_mask(image, self._painted, SKETCH_COLOUR)
        if len(self._points) < 2:
            return image
        corners = self._corners()
        shown = np.array(self._points) if corners is None else corners
        return draw_polygon(image, shown, SKETCH_COLOUR, line_width(image.shape))

    def _corners(self) -> np.ndarray | None:
        """(N, 2) corners of a box or polygon inside the image that is neither a click nor a line."""
        points = np.clip(np.array(self._points, dtype=float).reshape(-1, 2), 0, self._shape[::-1])
        if self.tool is Tool.BOX and len(points) == 2:
            (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
            points = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
        if len(points) < 3 or polygon_to_box(points)[2:].min() < LEAST_SIDE:
            return None
        return points

    def _paint(self, start: Point, end: Point) -> None:
        if self.tool is Tool.BRUSH:
            ends = [(round(x), round(y)) for x, y in (start, end)]
            cv2.line(self._painted, ends[0], ends[1], 1, 2 * self._radius + 1)


class Editor:
    """Turns keys and mouse events in a window into actions.

    Args:
        first: index of the first frame.

    Attributes:
        place: index of the frame to show, among those that were followed.
        paused: whether the video is paused.
        message: a line for the user, such as why something cannot be done.
    """

    def __init__(self, first: int = 0) -> None:
        self.place = self._first = self._last = first
        self.paused, self.message = False, ""
        self._typed: str | None = None
        self._help, self._step = False, False
        self._deed: Deed | None = None
        self._number: int | None = None
        self._tool = Tool.BOX
        self._sketch: Sketch | None = None
        self._results: Results = {}
        self._shape: tuple[int, ...] = (0, 0)
        self._action: Action | None = None

    @property
    def holds(self) -> bool:
        """Whether the next frame has to wait."""
        return not self._step and (self.paused or self._deed is not None)

    @property
    def looks_back(self) -> bool:
        """Whether the frame to show is earlier than the last one that was followed."""
        return self.place < self._last

    @property
    def waits(self) -> bool:
        """Whether an action is waiting."""
        return self._action is not None

    def follow(self, index: int) -> None:
        """Say which frame was followed last, and show it."""
        self.place = self._last = index

    def show(self, image_shape: tuple[int, ...], results: Results) -> None:
        """Say what the window shows: a frame (H, W, ...) and the results in it."""
        self._shape, self._results, self._step = image_shape, results, False

    def take(self) -> Action | None:
        """The waiting action, which is returned once."""
        action, self._action = self._action, None
        return action

    def key(self, key: str) -> None:
        """Handle a key: a letter, a space, 'left' or 'right', or what ENTER and ESC send."""
        if self._typed is not None:
            self._type(key)
        elif key in ENTER and self._sketch is not None:
            self._finish()
        elif key == ESCAPE:
            self._begin(None)
        elif key == " ":
            self.paused = not self.paused
            self._go_to(self._last)
        elif key in ("left", "right"):
            self._step = key == "right" and not self.looks_back
            self.paused = True
            self._go_to(self.place + (1 if key == "right" else -1))
        elif key == "b":
            self.paused, self._typed = True, ""
        elif key == "?":
            self._help = not self._help
        elif key == "t":
            self._tool = self._tool.next
            self._restart()
        elif key in ("a", "c", "d"):
            self._begin({"a": Deed.ADD, "c": Deed.CORRECT, "d": Deed.REMOVE}[key])
        elif key == "s":
            self._action = Action(Deed.SAVE)

    def press(self, x: float, y: float) -> None:
        """Handle a press of the mouse button at a pixel of the image."""
        if self._deed in (Deed.CORRECT, Deed.REMOVE) and self._number is None:
            self._choose(self._object_at(x, y))
        elif self._sketch is not None:
            self._sketch.press(x, y)

    def drag(self, x: float, y: float) -> None:
        """The mouse moves with the button down."""
        if self._sketch is not None:
            self._sketch.drag(x, y)

    def draw(self, picture: np.ndarray) -> np.ndarray:
        """The picture of a frame with the current drawing and a line that says what can be done."""
        if self._sketch is not None:
            picture = self._sketch.draw(picture)
        if self._help:
            picture = draw_text(picture, HELP, (8, 8 + 2 * text_height(picture.shape)))
        corner = (8, picture.shape[0] - 2 * text_height(picture.shape))
        return draw_text(picture, self._hint(), corner, SKETCH_COLOUR)

    def _hint(self) -> str:
        if self._typed is not None:
            return f"back to frame {self._typed}_ (0 to 9, then enter; esc: stay here)"
        if self.message:
            return self.message
        if self._deed is None:
            back = ", c corrects from here on" if self.looks_back else ""
            return f"paused: space continues, ? helps{back}" if self.paused else ""
        if self._deed is not Deed.ADD and self._number is None:
            return f"{self._deed.value}: click the object (esc: none)"
        what = self._deed.value if self._number is None else f"{self._deed.value} {self._number}"
        return f"{what}: draw with the {self._tool.value} (t: another), then enter"

    def _type(self, key: str) -> None:
        """Handle a key while the number of a frame is being typed."""
        assert self._typed is not None
        if key.isdecimal():
            self._typed += key
        elif key in BACKSPACE:
            self._typed = self._typed[:-1]
        elif key in ENTER:
            self._go_to(int(self._typed or self._first))
            self._typed = None
        elif key == ESCAPE:
            self._typed = None

    def _go_to(self, index: int) -> None:
        """Show another frame; what was drawn in this one is discarded."""
        place = min(max(index, self._first), self._last)
        if place != self.place:
            self.place = place
            self._begin(None)

    def _begin(self, deed: Deed | None) -> None:
        self._deed, self._number, self._sketch, self.message = deed, None, None, ""
        if deed is Deed.ADD:
            self._restart()
        elif deed is Deed.CORRECT and len(self._results) == 1:
            self._choose(next(iter(self._results)))

    def _choose(self, number: int | None) -> None:
        if number is None:
            self.message = "no object is there"
            return
        self._number, self.message = number, ""
        if self._deed is Deed.REMOVE:
            self._action = Action(Deed.REMOVE, number)
            self._begin(None)
        else:
            self._restart()

    def _restart(self) -> None:
        """Begin to draw, if the action needs a drawing."""
        if self._deed is Deed.ADD or (self._deed is Deed.CORRECT and self._number is not None):
            self._sketch = Sketch(self._tool, self._shape)

    def _finish(self) -> None:
        assert self._sketch is not None
        assert self._deed is not None
        prompt = self._sketch.prompt()
        if prompt is None:
            self._restart()
            self.message = f"that is no {self._tool.value} in the image: draw it again"
            return
        self._action = Action(self._deed, self._number, prompt)
        self._begin(None)

    def _object_at(self, x: float, y: float) -> int | None:
        """The object whose mask or box covers a pixel; the smallest if there are several."""
        found = []
        for number, result in self._results.items():
            left, top, width, height = result.box
            in_box = left <= x < left + width and top <= y < top + height
            inside = in_box if result.mask is None else result.mask[int(y), int(x)]
            if inside or in_box:
                found.append((not inside, width * height, number))
        return min(found)[2] if found else None
