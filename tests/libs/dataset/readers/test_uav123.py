import numpy as np
import pytest

from libs.dataset.readers.uav123 import load_uav123
from libs.utils.errors import DataError


@pytest.fixture
def write_uav(tmp_path, write_numbered):
    (tmp_path / "anno" / "UAV123").mkdir(parents=True)

    def write(video, numbers, **sequences):
        write_numbered(tmp_path / "data_seq" / "UAV123" / video, numbers, digits=6)
        for name, lines in sequences.items():
            (tmp_path / "anno" / "UAV123" / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))
        return tmp_path

    return write


def test_boxes_are_one_based_and_nan_when_out_of_view(write_uav):
    (sequence,) = load_uav123(write_uav("bike1", [1, 2], bike1=["2,3,4,5", "NaN,NaN,NaN,NaN"]))
    assert sequence.regions[0].tolist() == [1, 2, 4, 5]
    assert np.isnan(sequence.regions[1]).all()


def test_parts_of_one_video(write_uav):
    # person8_2 is images 1075 to 1525; person8_1 is 1 to 1075.
    lines = {"person8_1": ["1,1,2,2"] * 1075, "person8_2": ["5,5,2,2"] * 451}
    first, second = load_uav123(write_uav("person8", range(1, 1527), **lines))
    assert (first.frames[0].stem, first.frames[-1].stem) == ("000001", "001075")
    assert (second.frames[0].stem, second.frames[-1].stem) == ("001075", "001525")


def test_a_number_in_a_name_is_not_always_a_part(write_uav):
    (sequence,) = load_uav123(write_uav("car1_s", [1], car1_s=["1,1,2,2"]))
    assert sequence.frames[0].parent.name == "car1_s"


def test_images_and_boxes_must_fit(write_uav):
    with pytest.raises(DataError, match=r"bike1.txt has 2 boxes for 3 images"):
        load_uav123(write_uav("bike1", [1, 2, 3], bike1=["2,3,4,5"] * 2))


def test_at_10_frames_a_second_every_third_image_is_there(tmp_path, write_numbered):
    # bird1_2 is images 775 to 1477 of UAV123, so the 259th to the 493rd of every third image.
    write_numbered(tmp_path / "data_seq" / "UAV123_10fps" / "bird1", range(1, 600), digits=6)
    (tmp_path / "anno" / "UAV123_10fps").mkdir(parents=True)
    (tmp_path / "anno" / "UAV123_10fps" / "bird1_2.txt").write_text("1,1,2,2\n" * 235)
    (sequence,) = load_uav123(tmp_path, images="UAV123_10fps", annotations="UAV123_10fps", every=3)
    assert (sequence.frames[0].stem, sequence.frames[-1].stem) == ("000259", "000493")


def test_long_sequences_are_whole_videos_and_the_archive_may_keep_its_folder(tmp_path, write_uav):
    write_uav("bird1", [1, 2])
    (tmp_path / "anno" / "UAV20L").mkdir()
    (tmp_path / "anno" / "UAV20L" / "bird1.txt").write_text("1,1,2,2\n2,1,2,2\n")
    assert [len(sequence) for sequence in load_uav123(tmp_path, annotations="UAV20L")] == [2]
    (tmp_path / "unpacked" / "UAV123").mkdir(parents=True)
    for name in ("anno", "data_seq"):
        (tmp_path / name).rename(tmp_path / "unpacked" / "UAV123" / name)
    assert [len(sequence) for sequence in load_uav123(tmp_path / "unpacked", annotations="UAV20L")] == [2]
