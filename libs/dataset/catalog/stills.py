"""Single images with instance masks; training sets them in motion."""

from libs.dataset.entry import TRAIN, SegmentationData


class Stills(SegmentationData):
    """Any stills with masks."""

    name, uses, stills = "stills", (TRAIN,), True
    holds = "stills with instance masks: images/ and masks/"
    reader = "libs.dataset.readers.image_segmentation:load_image_folder"


class COCO(SegmentationData):
    """COCO 2017, or another dataset in its format."""

    name, uses, stills = "coco", (TRAIN,), True
    holds = "COCO: annotations/ and train2017/"
    reader = "libs.dataset.readers.image_segmentation:load_coco"
    parts = {"subset": "train2017"}, {"subset": "val2017"}
