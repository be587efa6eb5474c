"""The report of any protocol: `<stem>.csv`, `<stem>.md` and a self-contained `<stem>.html`, pictures as data URIs."""

import base64
import dataclasses
import io
import pathlib
from typing import TYPE_CHECKING, Any

import cv2
import jinja2
import matplotlib
import numpy as np
from matplotlib.figure import Figure

from libs.media.files import write_text
from libs.media.images import encode_jpeg
from libs.utils.plot_style import STYLE, colour
from pytracking.analysis.scores import Evaluation, kinds_of
from pytracking.analysis.tables import MARKDOWN, format_csv, format_text, notes_of, tables_of

if TYPE_CHECKING:
    from pytracking.evaluation.protocol import Protocol

JPEG_QUALITY = 85
LARGEST_SIDE = 480
TEMPLATE = pathlib.Path(__file__).with_name("report.html.j2")


@dataclasses.dataclass(frozen=True)
class Part:
    """What a report says of one dataset.

    Attributes:
        evaluations: one a tracker.
        data: the dataset, as the protocol takes it, from which it makes pictures.
    """

    evaluations: list[Evaluation]
    data: Any


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
    return template.render(parts=[_describe(protocol, part) for part in parts])


def _describe(protocol: "Protocol", part: Part) -> dict[str, Any]:
    """What the template shows of a part."""
    evaluations = part.evaluations
    *tables, total = tables_of(evaluations, protocol.measures, protocol.compared, kinds_of(evaluations))
    return {
        "title": f"{', '.join(evaluation.label for evaluation in evaluations)} on {evaluations[0].dataset}",
        "notes": notes_of(evaluations),
        "total": total,
        "tables": tables,
        "colours": [colour(index) for index in range(len(evaluations))],
        "plots": [
            {"title": each.title, "note": each.note, "images": [_encode(svg_of(figure)) for figure in each.figures]}
            for each in protocol.plots(evaluations)
        ],
        "pictures": [
            {"title": each.title, "note": each.note, "images": [(_encode(jpeg_of(i)), text) for i, text in each.images]}
            for each in protocol.pictures(evaluations, part.data)
        ],
    }


def svg_of(figure: Figure) -> bytes:
    """A figure as SVG, the same for the same figure."""
    stream = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def jpeg_of(image: np.ndarray) -> bytes:
    """JPEG bytes of an RGB image, shrunk to at most 480 pixels on its longest side."""
    factor = LARGEST_SIDE / max(image.shape[:2])
    if factor < 1:
        image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return encode_jpeg(image, JPEG_QUALITY)


def _encode(content: bytes) -> str:
    return base64.b64encode(content).decode()
