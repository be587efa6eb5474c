"""Rotated and upright rectangles of 60 masks, compared with the reference's.

The reference's corners are indices of the outermost pixels covered; ours are edges: half a pixel further out and, in
edge coordinates, half a pixel further on.

Three differences are intended. Fault 17: the reference always takes a first row off the top, because it never scores
the box that it starts from. A fault that the README does not list: it turns the mask on a canvas of the mask's own
size, which cuts off the parts of a mask at the border that turn out of it (masks 51 to 57); ours is large enough. And
after shrinking, ours lets one side take a pixel back, because otherwise the fix of fault 17 would leave three blobs
with a tail (20, 21, 26), where shrinking ends at the limit of 90 %, up to 0.001 below the reference's score. Wherever
we differ, our score is no lower.
"""

import cv2
import numpy as np
import pytest

from libs.utils.polygons import polygon_area
from libs.utils.rectangle_fit import fit_rotated_rectangle, fit_upright_rectangle, shrink_box

GENERATION = int(cv2.__version__.split(".")[0])
RECORDED = "cv5_0_0" if GENERATION >= 5 else "cv4_14_0"
CUT_OFF = (51, 52, 53, 54, 55, 56, 57)
NO_BOX = (45, 46, 47, 48, 49, 59)
MINIMUM_AREA_BRANCH = 2
THIN, SMALL = 4, 5
# A bar where one side takes a pixel back: corners 2 pixels apart, overlap 0.99. OpenCV's own versions differ on it.
PIXEL_BACK = 39


# Earlier versions fit some ellipses differently from all versions that made recordings.
as_recorded = pytest.mark.skipif(
    tuple(map(int, cv2.__version__.split(".")[:2])) < (4, 14),
    reason="boxes of OpenCV before 4.14 are compared by their overlap only",
)


@pytest.fixture(scope="module")
def recorded(parity):
    with np.load(parity / "boxes.npz") as file:
        arrays = dict(file)
    arrays["masks"] = np.unpackbits(arrays["masks_packed"], axis=1).reshape(60, 384, 384).astype(bool)
    return arrays


def edges(corners):
    """Corners at the centres of the outermost pixels, as indices, to the edges of the same pixels."""
    right, down = (side / np.linalg.norm(side) for side in (corners[1] - corners[0], corners[3] - corners[0]))
    return corners + 0.5 + 0.5 * np.array([-right - down, right - down, right + down, down - right])


def corner_distance(polygon, other):
    """Largest distance of corresponding corners, whichever corner comes first."""
    return min(np.linalg.norm(np.roll(polygon, shift, axis=0) - other, axis=1).max() for shift in range(4))


def overlap(polygon, other):
    shared = cv2.intersectConvexConvex(polygon.astype(np.float32), other.astype(np.float32))[0]
    return shared / (polygon_area(polygon) + polygon_area(other) - shared)


def centre_and_angle(recorded, index):
    kind = "min_area_rect" if recorded["fit_branch"][index] == MINIMUM_AREA_BRANCH else "ellipse"
    x, y, _, _, angle = recorded[f"{kind}_{RECORDED}"][index]
    return np.array([x, y]), angle


def turned(mask, centre, angle, margin):
    """The mask turned by -angle about its centre, `margin` pixels added all round."""
    matrix = cv2.getRotationMatrix2D(centre.tolist(), angle, 1)
    matrix[:, 2] += margin
    size = (mask.shape[1] + 2 * margin, mask.shape[0] + 2 * margin)
    return cv2.warpAffine(mask.astype(np.float32), matrix, size, flags=cv2.INTER_LINEAR), matrix


def score(recorded, index, polygon):
    """Inside / (0.25 * empty + all) of a rectangle at the fit's angle, on a canvas with room for everything."""
    canvas, matrix = turned(recorded["masks"][index], *centre_and_angle(recorded, index), margin=200)
    points = (polygon - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5
    left, top = np.rint(points.min(axis=0)).astype(int)
    right, bottom = np.rint(points.max(axis=0)).astype(int)
    inside, total = canvas[top:bottom, left:right].sum(dtype=float), canvas.sum(dtype=float)
    return inside / (0.25 * ((bottom - top) * (right - left) - inside) + total)


def both(recorded, index):
    """Our polygon and the reference's, both in edge coordinates."""
    return fit_rotated_rectangle(recorded["masks"][index]), edges(recorded[f"rotated_{RECORDED}"][index])


def with_box(recorded):
    return [index for index in range(60) if np.isfinite(recorded[f"rotated_{RECORDED}"][index]).all()]


def test_masks_without_a_box(recorded):
    assert set(range(60)) - set(with_box(recorded)) == set(NO_BOX)
    for index in NO_BOX:
        assert fit_rotated_rectangle(recorded["masks"][index]) is None
        assert fit_upright_rectangle(recorded["masks"][index]) is None


def test_upright_rectangles(recorded):
    for index in with_box(recorded):
        ours = fit_upright_rectangle(recorded["masks"][index])
        np.testing.assert_array_equal(ours, edges(recorded["upright"][index]), err_msg=f"mask {index}")


@as_recorded
def test_rotated_rectangles(recorded):
    """Corners within 1.5 pixels, but for masks that the reference cuts off and one bar."""
    distances = {index: corner_distance(*both(recorded, index)) for index in with_box(recorded)}
    assert {index for index, distance in distances.items() if distance > 1.5} - {PIXEL_BACK} == set(CUT_OFF)
    assert sum(distance < 0.01 for distance in distances.values()) >= 15
    assert overlap(*both(recorded, PIXEL_BACK)) > 0.98


@pytest.mark.parametrize("index", CUT_OFF)
def test_cut_off_masks_agree_on_the_reference_canvas(recorded, index):
    """The same shrinking on the reference's canvas gives its corners, so only the canvas differs."""
    centre, angle = centre_and_angle(recorded, index)
    canvas, matrix = turned(recorded["masks"][index], centre, angle, margin=0)
    left, top, right, bottom = shrink_box(canvas)
    box = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) - 0.5
    polygon = (box - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T + 0.5
    assert corner_distance(polygon, edges(recorded[f"rotated_{RECORDED}"][index])) <= 1.5


@as_recorded
def test_score_is_at_least_the_reference_s(recorded):
    """Fault 17 and the cut-off masks: wherever we differ we cover the mask at least as well."""
    gains = {}
    for index in with_box(recorded):
        ours, theirs = both(recorded, index)
        gains[index] = score(recorded, index, ours) - score(recorded, index, theirs)
    assert all(gain > -1e-6 for gain in gains.values())
    assert all(gains[index] > 0.003 for index in CUT_OFF)
    assert sum(gain > 1e-4 for gain in gains.values()) >= 25


def test_fault_17_a_filled_rectangle_keeps_its_first_row():
    """The reference gives rows 101 to 159."""
    mask = np.zeros((384, 384), np.float32)
    mask[100:160, 120:240] = 1
    assert shrink_box(mask) == (120, 100, 240, 160)


@pytest.mark.parametrize("version", ["cv5_0_0", "cv4_14_0", "cv4_5_5"])
def test_other_opencv_generations_overlap(recorded, version):
    """With any version of OpenCV; a row is 7 % of a small box. Thin bars and cut-off masks aside."""
    for index in with_box(recorded):
        if recorded["fit_branch"][index] == MINIMUM_AREA_BRANCH or recorded["kind"][index] == THIN or index in CUT_OFF:
            continue
        theirs = edges(recorded[f"rotated_{version}"][index])
        ours = fit_rotated_rectangle(recorded["masks"][index])
        assert overlap(ours, theirs) > (0.8 if recorded["kind"][index] == SMALL else 0.92), f"mask {index}"
