"""Benchmarks with one box a frame, tracked in one pass."""

from libs.dataset.convention import Convention
from libs.dataset.entry import Dataset

MATLAB = "; its first pixel is (1, 1)"
OTB_RULES = Convention(1, "otb", f"Wu et al., PAMI 2015: the benchmark's programs are MATLAB's{MATLAB}")
UAV_RULES = Convention(1, "otb", f"Mueller et al., ECCV 2016: OTB's MATLAB programs, NaN where absent{MATLAB}")
LASOT_RULES = Convention(1, "lasot", f"Fan et al., CVPR 2019: LaSOT's evaluation toolkit is MATLAB's{MATLAB}")


class OTB(Dataset):
    """OTB-100."""

    name, path, count = "otb", "otb", 100
    holds = "OTB-100: a folder per sequence, with img/ and groundtruth_rect.txt"
    convention = OTB_RULES
    reader = "libs.dataset.readers.otb:load_otb"


class TempleColor(Dataset):
    """Temple-Color 128: 129 targets in 128 videos."""

    name, count, prefix = "tc128", 129, "tc128_"
    aliases = ("tpl",)
    holds = "Temple-Color 128: a folder per sequence, with img/, <seq>_gt.txt and <seq>_frames.txt"
    convention = Convention(1, "otb", f"Liang et al., TIP 2015: OTB's MATLAB programs{MATLAB}")
    reader = "libs.dataset.readers.tc128:load_tc128"


class LaSOT(Dataset):
    """LaSOT's test sequences."""

    name, count = "lasot", 280
    holds = "LaSOT: class folders, such as airplane/airplane-1, and testing_set.txt"
    convention = LASOT_RULES
    reader = "libs.dataset.readers.lasot:load_lasot"


class LaSOTExtension(Dataset):
    """The LaSOT extension: 15 new classes."""

    name, count = "lasot_ext", 150
    aliases = ("lasot_extension_subset",)
    holds = "LaSOT extension: class folders, such as atv/atv-1"
    convention = LASOT_RULES
    reader = "libs.dataset.readers.lasot:load_lasot"


class AVisT(Dataset):
    """AVisT: adverse visibility."""

    name, count, prefix = "avist", 120, "avist_"
    holds = "AVisT: sequences/, anno/, full_occlusion/ and out_of_view/"
    convention = Convention(0, "plain", "Noman et al., BMVC 2022: scored by pytracking, boxes as they stand")
    reader = "libs.dataset.readers.avist:load_avist"


class TNL2K(Dataset):
    """TNL2K's test sequences."""

    name, count, prefix = "tnl2k", 700, "tnl2k_"
    holds = "TNL2K: a folder per test sequence, with imgs/ and groundtruth.txt"
    convention = Convention(1, "lasot", f"Wang et al., CVPR 2021: LaSOT's toolkit, changed{MATLAB}")
    reader = "libs.dataset.readers.lasot:load_lasot"


class VastTrack(Dataset):
    """VastTrack's test sequences."""

    name, count, prefix = "vasttrack", 3500, "vast_"
    holds = "VastTrack: class folders with the test sequences, each with imgs/ and Groundtruth.txt"
    convention = Convention(1, "lasot", f"Peng et al., NeurIPS 2024: LaSOT's toolkit, changed{MATLAB}")
    reader = "libs.dataset.readers.lasot:load_lasot"


class GOT10kVal(Dataset):
    """GOT-10k's validation set."""

    name, path, count = "got10k_val", "got10k", 180
    holds = "GOT-10k: val/ and test/, each with list.txt"
    convention = Convention(0, "got10k", "Huang et al., PAMI 2019: got10k's toolkit takes boxes as they stand")
    reader = "libs.dataset.readers.got10k:load_got10k"
    options = {"split": "val"}


class GOT10kTest(GOT10kVal):
    """GOT-10k's test set; only its server has the ground truth."""

    name = "got10k_test"
    options = {"split": "test"}


class TrackingNet(Dataset):
    """TrackingNet's test set; only its server has the ground truth."""

    name, count = "trackingnet", 511
    holds = "TrackingNet: TEST/frames and TEST/anno"
    convention = Convention(0, "plain", "Mueller et al., ECCV 2018: boxes as they stand")
    reader = "libs.dataset.readers.trackingnet:load_trackingnet"


class NFS(Dataset):
    """Need for Speed at 30 frames a second."""

    name, count, prefix = "nfs", 100, "nfs_"
    holds = "NFS: a folder per sequence, such as airboard_1/30; or sequences/ and anno/"
    convention = Convention(1, "otb", f"Kiani Galoogahi et al., ICCV 2017: OTB's MATLAB programs{MATLAB}")
    reader = "libs.dataset.readers.nfs:load_nfs"


class UAV123(Dataset):
    """UAV123."""

    name, count, prefix = "uav123", 123, "uav_"
    aliases = ("uav",)
    holds = "UAV123: data_seq/UAV123 and anno/UAV123"
    convention = UAV_RULES
    reader = "libs.dataset.readers.uav123:load_uav123"


class UAV20L(Dataset):
    """UAV20L: the long sequences, from the same images as UAV123."""

    name, path, count, prefix = "uav20l", "uav123", 20, "uav20l_"
    holds = UAV123.holds
    convention = UAV_RULES
    reader = "libs.dataset.readers.uav123:load_uav123"
    options = {"annotations": "UAV20L"}


class UAV123At10(Dataset):
    """UAV123 at 10 frames a second: every third image."""

    name, count, prefix = "uav123_10fps", 123, "uav10_"
    holds = "UAV123@10fps: data_seq/UAV123_10fps and anno/UAV123_10fps"
    convention = UAV_RULES
    reader = "libs.dataset.readers.uav123:load_uav123"
    options = {"images": "UAV123_10fps", "annotations": "UAV123_10fps", "every": 3}


class TLP(Dataset):
    """Track Long and Prosper."""

    name, count, prefix = "tlp", 50, "tlp_"
    holds = "TLP: a folder per sequence, with img/ and groundtruth_rect.txt"
    convention = Convention(0, "plain", "Moudgil and Gandhi, ACCV 2018: boxes as they stand")
    reader = "libs.dataset.readers.tlp:load_tlp"
