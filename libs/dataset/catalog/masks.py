"""Videos with masks, for following objects from their first mask and for training."""

from libs.dataset.entry import TRAIN, SegmentationData

DAVIS_READER = "libs.dataset.readers.video_segmentation:load_davis"
FOLDER_READER = "libs.dataset.readers.video_segmentation:load_youtube_vos"


class YouTubeVOS(SegmentationData):
    """YouTube-VOS 2018 or 2019, or any folder with that layout, for training."""

    name, uses = "youtubevos", (TRAIN,)
    holds = "YouTube-VOS: train/, valid/ and valid_all_frames/, each with JPEGImages/ and Annotations/"
    reader = FOLDER_READER
    options = {"part": "train"}


class OwnClips(SegmentationData):
    """Your own clips with annotations in any format, for training."""

    name, uses = "clips", (TRAIN,)
    holds = "own clips: videos or folders of images, each with annotations (docs/finetune.md)"
    reader = "libs.dataset.readers.clips:load_clips"


class YouTubeVOSValid(SegmentationData):
    """YouTube-VOS's validation videos, six frames a second; only its server has the ground truth."""

    name, path = "youtubevos_valid", "youtubevos"
    holds = YouTubeVOS.holds
    reader = FOLDER_READER
    options = {"part": "valid"}


class YouTubeVOSAllFrames(YouTubeVOSValid):
    """The same videos with all of their frames; the server takes some of them."""

    name = "youtubevos_all_frames"
    options = {"part": "valid", "images": "valid_all_frames"}


class DAVIS(SegmentationData):
    """DAVIS, for training."""

    name, uses = "davis", (TRAIN,)
    holds = "DAVIS 2016 and 2017: JPEGImages/480p, Annotations/480p, ImageSets"
    reader = DAVIS_READER
    parts = {"subset": "train"}, {"subset": "val"}


class DAVIS2016(SegmentationData):
    """DAVIS 2016's validation videos, where everything that moves is one object."""

    name, path, count = "davis2016", "davis", 20
    holds = DAVIS.holds
    reader = DAVIS_READER
    options = {"year": 2016, "subset": "val"}


class DAVIS2017(DAVIS2016):
    """DAVIS 2017's validation videos."""

    name, count = "davis2017", 30
    aliases = ("dv2017_val",)
    options = {"year": 2017, "subset": "val"}


class VISOR(SegmentationData):
    """EPIC-KITCHENS VISOR in DAVIS's layout, as converted by its own program."""

    name, uses = "visor", (*SegmentationData.uses, TRAIN)
    holds = "VISOR in DAVIS's layout: JPEGImages/480p, Annotations/480p, ImageSets/2022"
    reader = DAVIS_READER
    options = {"year": 2022, "subset": "val"}
    parts = {"subset": "train"}, {"subset": "val"}


class MOSE(SegmentationData):
    """MOSE, for training: complex scenes."""

    name, uses = "mose", (TRAIN,)
    holds = "MOSE: train/ and valid/, each with JPEGImages/ and Annotations/"
    reader = FOLDER_READER
    options = {"part": "train"}


class MOSEValid(SegmentationData):
    """MOSE's validation videos; only its server has the ground truth."""

    name, path, count = "mose_valid", "mose", 311
    holds = MOSE.holds
    reader = FOLDER_READER
    options = {"part": "valid"}


class LVOS(SegmentationData):
    """LVOS, for training: long videos."""

    name, uses = "lvos", (TRAIN,)
    holds = "LVOS: train/ and valid/, each with JPEGImages/ and Annotations/"
    reader = FOLDER_READER
    options = {"part": "train"}


class LVOSValid(SegmentationData):
    """LVOS's validation videos, whose ground truth is public."""

    name, path = "lvos_valid", "lvos"
    holds = LVOS.holds
    reader = FOLDER_READER
    options = {"part": "valid"}


class SAVTrain(SegmentationData):
    """SA-V's training videos, .mp4 with masklets in .json."""

    name, path, uses = "sav_train", "sav", (TRAIN,)
    holds = "SA-V: sav_train/, with .mp4 and _manual.json, sav_val/ and sav_test/, with JPEGImages_24fps/"
    reader = "libs.dataset.readers.sav:load_masklets"


class SAVVal(SegmentationData):
    """SA-V's validation videos."""

    name, path, count = "sav_val", "sav", 155
    holds = SAVTrain.holds
    reader = "libs.dataset.readers.sav:load_sav"
    options = {"part": "sav_val"}


class SAVTest(SAVVal):
    """SA-V's test videos, whose ground truth is public, too."""

    name, count = "sav_test", 150
    options = {"part": "sav_test"}


class BURSTVal(SegmentationData):
    """BURST's validation videos."""

    name, path = "burst_val", "burst"
    holds = "BURST: annotations/<part>/all_classes.json (or <part>.json) and frames/<part>/"
    reader = "libs.dataset.readers.burst:load_burst"
    options = {"part": "val"}


class BURSTTest(BURSTVal):
    """BURST's test videos."""

    name = "burst_test"
    options = {"part": "test"}


class BURSTTrain(BURSTVal):
    """BURST's training videos."""

    name, uses = "burst_train", (TRAIN,)
    options = {"part": "train"}
