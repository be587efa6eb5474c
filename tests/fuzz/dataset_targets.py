"""Ground truth, lists, labels and tags of every dataset layout."""

import functools

import numpy as np

from libs.dataset.attributes import add_attributes
from libs.dataset.object_sequences import object_sequences
from libs.dataset.readers.got10k import load_got10k
from libs.dataset.readers.lasot import load_lasot
from libs.dataset.readers.nfs import load_nfs
from libs.dataset.readers.otb import load_otb
from libs.dataset.readers.tlp import load_tlp
from libs.dataset.readers.trackingnet import load_trackingnet
from libs.dataset.readers.uav123 import load_uav123
from libs.dataset.readers.video_segmentation import load_davis, load_youtube_vos
from libs.dataset.readers.vot import load_vot
from tests.fuzz.mutations import mutate_text
from tests.fuzz.target import Target, image_bytes, noise

FRAMES = 3
PICTURE = image_bytes(noise((12, 16, 3)))
LABELS = image_bytes(np.kron(noise((3, 4), 3), np.ones((4, 4), np.uint8)))
BOXES = b"1.5,2,4,5\n2,2.25,4,5\n3,2,4,5.125\n"
FLAGS = b"0\n1\n0\n"


def images(folder, suffix="jpg"):
    """Three images in a folder; few readers read their content, and it is never damaged here."""
    return {f"{folder}/{number:08d}.{suffix}": PICTURE for number in range(1, FRAMES + 1)}


def _vot_files():
    polygons = b"1,2,5,2,5,7,1,7\n2,2,4,5\n2.5,2,6,2.5,6,7,2,7\n"
    return images("seq/color", "png") | {
        "list.txt": b"seq\n",
        "seq/groundtruth.txt": polygons,
        "seq/sequence": b"channels.color=color/%08d.png\nfps=30\nformat=default\n",
        "seq/occlusion.tag": FLAGS,
    }


def _got10k_files():
    texts = {"groundtruth.txt": BOXES, "absence.label": FLAGS, "cover.label": b"8\n8\n0\n", "cut_by_image.label": FLAGS}
    return images("val/seq") | {"val/list.txt": b"seq\n"} | {f"val/seq/{name}": text for name, text in texts.items()}


def _lasot_files():
    texts = {"groundtruth.txt": BOXES, "full_occlusion.txt": b"0,1,0\n", "out_of_view.txt": b"0,0,0\n"}
    return (
        images("cat/seq/img")
        | {"testing_set.txt": b"seq\n"}
        | {f"cat/seq/{name}": text for name, text in texts.items()}
    )


def _vatic_files():
    rows = [f'0 {left} 20 {left + 5} 27 {left} {left % 2} 0 0 "bee"\n'.encode() for left in range(FRAMES)]
    return images("seq/30/seq") | {"seq/30/seq.txt": b"".join(rows), "list.txt": b"seq\n"}


def _segmentation_files(images_folder, masks_folder):
    return {f"{images_folder}/{number:05d}.jpg": PICTURE for number in range(FRAMES)} | {
        f"{masks_folder}/{number:05d}.png": LABELS for number in range(FRAMES)
    }


def _davis_files():
    lists = {"ImageSets/2017/val.txt": b"seq\n", "ImageSets/2016/val.txt": b"/J/480p/seq/0.jpg /A/480p/seq/0.png\n"}
    return _segmentation_files("JPEGImages/480p/seq", "Annotations/480p/seq") | lists


def _youtube_files():
    lists = {"split.txt": b"seq-1\nseq-2\n", "held_out.txt": b"seq-2\n"}
    return _segmentation_files("JPEGImages/seq", "Annotations/seq") | lists


def _tracked_files(folder, truth, text, extra=None):
    return images(folder) | {truth: text} | (extra or {})


def _read_davis(folder):
    return [each for year in (2016, 2017) for each in object_sequences(load_davis(folder, year, "val"))]


def _read_youtube(folder):
    return object_sequences(load_youtube_vos(folder, folder / "split.txt", folder / "held_out.txt"))


def _read_attributes(folder):
    add_attributes(load_vot(folder), folder / "attributes.csv")


def _texts(*names):
    return {"mutate": mutate_text, "damaged": names}


TARGETS = {
    "vot": Target(
        _vot_files, read=load_vot, **_texts("list.txt", "seq/groundtruth.txt", "seq/sequence", "seq/occlusion.tag")
    ),
    "got10k": Target(
        _got10k_files,
        read=functools.partial(load_got10k, split="val"),
        **_texts("val/list.txt", "val/seq/groundtruth.txt", "val/seq/absence.label", "val/seq/cover.label"),
    ),
    "lasot": Target(
        _lasot_files, read=load_lasot, **_texts("testing_set.txt", "cat/seq/groundtruth.txt", "cat/seq/out_of_view.txt")
    ),
    "nfs_published": Target(_vatic_files, read=load_nfs, **_texts("list.txt", "seq/30/seq.txt")),
    "nfs_converted": Target(
        functools.partial(_tracked_files, "sequences/seq", "anno/seq.txt", BOXES),
        read=load_nfs,
        **_texts("anno/seq.txt"),
    ),
    "otb": Target(
        functools.partial(_tracked_files, "seq/img", "seq/groundtruth_rect.txt", BOXES, {"list.txt": b"seq\n"}),
        read=load_otb,
        **_texts("list.txt", "seq/groundtruth_rect.txt"),
    ),
    "tlp": Target(
        functools.partial(
            _tracked_files, "seq/img", "seq/groundtruth_rect.txt", b"0,1,2,4,5,0\n1,1,2,4,5,1\n2,1,2,4,5,0\n"
        ),
        read=load_tlp,
        **_texts("seq/groundtruth_rect.txt"),
    ),
    "trackingnet": Target(
        functools.partial(_tracked_files, "TEST/frames/seq", "TEST/anno/seq.txt", b"1,2,4,5\n"),
        read=load_trackingnet,
        **_texts("TEST/anno/seq.txt"),
    ),
    "uav123": Target(
        functools.partial(_tracked_files, "data_seq/UAV123/seq", "anno/UAV123/seq.txt", BOXES),
        read=load_uav123,
        **_texts("anno/UAV123/seq.txt"),
    ),
    "davis": Target(_davis_files, read=_read_davis, **_texts("ImageSets/2017/val.txt", "ImageSets/2016/val.txt")),
    "youtube_splits": Target(_youtube_files, read=_read_youtube, **_texts("split.txt", "held_out.txt")),
    "attributes": Target(
        lambda: _vot_files() | {"attributes.csv": b"sequence,OCC,SV\nseq,1,0\nother,0,0\n"},
        read=_read_attributes,
        **_texts("attributes.csv"),
    ),
}
