"""The report of any protocol: `<stem>.csv`, `<stem>.md` and a self-contained `<stem>.html`, pictures as data URIs."""

import base64
import dataclasses
import datetime
import io
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import jinja2
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from libs.media.files import write_text
from libs.media.images import encode_animation, encode_jpeg, scale_image
from libs.utils.plot_style import STYLE, colour
from pytracking.analysis.making import describe_making
from pytracking.analysis.scores import Evaluation, Picture, kinds_of
from pytracking.analysis.shared import first_few
from pytracking.analysis.tables import MARKDOWN, format_csv, format_text, notes_of, tables_of

if TYPE_CHECKING:
    from pytracking.evaluation.protocol import Protocol

JPEG_QUALITY = 85
ANIMATION_QUALITY, ANIMATION_RATE = 60, 8.0
"""Of moving pictures, and their frames a second: slower than the video, because things go wrong in few frames."""
LARGEST_SIDE = 480
TEMPLATE = pathlib.Path(__file__).with_name("report.html.j2")


class Image(NamedTuple):
    """An image of the page: a data URI, what it shows for those who cannot see it, and the text below it."""

    uri: str
    alt: str
    caption: str = ""


@dataclasses.dataclass(frozen=True)
class Part:
    """What a report says of one dataset.

    Attributes:
        evaluations: one a tracker.
        data: the dataset, as the protocol takes it, from which it makes pictures.
        folders: label of a tracker -> folder of its results, whose manifest says how they were made.
    """

    evaluations: list[Evaluation]
    data: Any
    folders: Mapping[str, pathlib.Path] = dataclasses.field(default_factory=dict)


def write_report(folder: str | pathlib.Path, stem: str, protocol: "Protocol", parts: list[Part]) -> list[pathlib.Path]:
    """Write the report of trackers on one or more datasets.

    Args:
        folder: made if it is absent.
        stem: name of the files, without ending.
        protocol: whose numbers they are.
        parts: one a dataset.

    Returns:
        the paths that were written.
    """
    files = {
        ".csv": format_csv([each for part in parts for each in part.evaluations], protocol.measures),
        ".md": "\n".join(format_text(part.evaluations, protocol, MARKDOWN) for part in parts),
        ".html": format_html(protocol, parts),
    }
    paths = [pathlib.Path(folder) / f"{stem}{suffix}" for suffix in files]
    for path, text in zip(paths, files.values(), strict=True):
        write_text(path, text)
    return paths


def format_html(protocol: "Protocol", parts: list[Part]) -> str:
    """The page as text; it refers to nothing outside itself. Arguments as of `write_report`."""
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%d %B %Y, %H:%M UTC")
    return template.render(parts=[_describe(protocol, part) for part in parts], date=date)


def _describe(protocol: "Protocol", part: Part) -> dict[str, Any]:
    """What the template shows of a part."""
    evaluations = part.evaluations
    *tables, total = tables_of(evaluations, protocol.measures, protocol.compared, kinds_of(evaluations), True)
    return {
        "title": f"{', '.join(evaluation.label for evaluation in evaluations)} on {evaluations[0].dataset}",
        "notes": notes_of(evaluations),
        "made": [describe_making(label, folder) for label, folder in part.folders.items()],
        "total": total,
        "tables": tables,
        "colours": [colour(index) for index in range(len(evaluations))],
        "plots": [
            {"title": each.title, "note": each.note, "images": [_plot(each.title, figure) for figure in each.figures]}
            for each in protocol.plots(evaluations)
        ],
        "pictures": [
            {"title": each.title, "note": each.note, "images": [_picture(each.title, one) for one in each.pictures]}
            for each in protocol.pictures(evaluations, part.data)
        ],
    }


def _plot(title: str, figure: Figure) -> Image:
    panels = [axes for axes in figure.axes if axes.get_visible()]
    if len(panels) == 1:
        words = f"{panels[0].get_ylabel()} against {panels[0].get_xlabel()}"
    else:
        words = f"{len(panels)} panels, one each for {first_few([_title_of(axes) for axes in panels])}"
    return Image(_uri("svg+xml", svg_of(figure)), f"{title}: {words}")


def _title_of(axes: Axes) -> str:
    return axes.get_title() or axes.get_title(loc="left")


def _picture(title: str, picture: Picture) -> Image:
    """One frame is a JPEG, several are an animated WebP."""
    if len(picture.frames) == 1:
        uri = _uri("jpeg", jpeg_of(picture.frames[0]))
    else:
        uri = _uri("webp", encode_animation(list(map(_shrunk, picture.frames)), ANIMATION_RATE, ANIMATION_QUALITY))
    return Image(uri, f"{title}: {picture.caption}", picture.caption)


def svg_of(figure: Figure) -> bytes:
    """A figure as SVG, the same for the same figure."""
    stream = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def jpeg_of(image: np.ndarray) -> bytes:
    """JPEG bytes of an RGB image, shrunk to at most 480 pixels on its longest side."""
    return encode_jpeg(_shrunk(image), JPEG_QUALITY)


def _shrunk(image: np.ndarray) -> np.ndarray:
    factor = min(1.0, LARGEST_SIDE / max(image.shape[:2]))
    return scale_image(image, (round(factor * image.shape[1]), round(factor * image.shape[0])))


def _uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
