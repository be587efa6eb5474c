import shutil

import numpy as np
import pytest

from libs.dataset.readers.vot import load_vot, load_vot_sequence
from libs.media.images import write_image
from libs.utils.errors import DataError


def make_sequence(folder, count=3, images="color", groundtruth="1,2,5,6\n" * 3, suffix=".png"):
    (folder / images).mkdir(parents=True)
    for i in range(count):
        write_image(folder / images / f"{i + 1:08d}{suffix}", np.full((20, 30, 3), 10 * i, dtype=np.uint8))
    (folder / "groundtruth.txt").write_text(groundtruth)


@pytest.fixture
def dataset(tmp_path):
    """A VOT folder of two sequences: 'bag' with colour folder and polygons, 'ant' flat and with boxes."""
    make_sequence(tmp_path / "bag", groundtruth="1.5,2,6,2,6,8,1.5,8\n" * 3)
    make_sequence(tmp_path / "ant", images=".")
    (tmp_path / "list.txt").write_text("bag\nant\n")
    return tmp_path


def test_both_layouts(dataset):
    bag, ant = load_vot(dataset)
    assert [bag.name, ant.name] == ["bag", "ant"]
    assert len(bag) == len(ant) == 3
    assert bag.image_size == (30, 20)
    assert bag.frame(2)[0, 0, 0] == 20
    assert bag.regions[0].tolist() == [1.5, 2, 6, 2, 6, 8, 1.5, 8]
    assert ant.regions[0].tolist() == [1, 2, 5, 6]
    assert ant.polygons[0].tolist() == [[1, 2], [6, 2], [6, 8], [1, 8]]


def test_the_sequence_file_says_where_the_images_are(dataset):
    (dataset / "bag" / "color").rename(dataset / "bag" / "rgb")
    (dataset / "bag" / "sequence").write_text("format=default\nchannels.color=rgb/%08d.png\nname=bag\n")
    assert load_vot(dataset)[0].frames[0].parent.name == "rgb"
    (dataset / "bag" / "sequence").write_text("channels.color = rgb\n")
    assert load_vot(dataset)[0].frames[0].parent.name == "rgb"


@pytest.mark.parametrize("pattern", ["../ant/%08d.png", "/etc/%08d.png", "color/../../%08d.png"])
def test_the_sequence_file_cannot_lead_out_of_the_folder(dataset, pattern):
    (dataset / "bag" / "sequence").write_text(f"fps=30\nchannels.color={pattern}\n")
    with pytest.raises(DataError, match="sequence, line 2"):
        load_vot(dataset, strict=True)


@pytest.mark.parametrize("name", ["../bag", "/bag", ".."])
def test_the_list_cannot_lead_out_of_the_folder(dataset, name):
    (dataset / "list.txt").write_text(f"bag\n{name}\n")
    with pytest.raises(DataError, match=r"list\.txt, line 2"):
        load_vot(dataset, strict=True)


def test_tags(dataset):
    (dataset / "bag" / "occlusion.tag").write_text("0\n1\n1\n0\n0\n")  # longer than the sequence
    (dataset / "bag" / "camera_motion.tag").write_text("1\n")  # shorter
    (dataset / "bag" / "size_change.tag").write_text("")
    tags = load_vot(dataset)[0].tags
    assert tags["occlusion"].tolist() == [False, True, True]
    assert tags["camera_motion"].tolist() == [True, False, False]
    assert not tags["size_change"].any()
    assert not tags["illum_change"].any()
    (dataset / "bag" / "occlusion.tag").write_text("0.0\n1.000\n")
    (dataset / "bag" / "absence.label").write_text("0\n0\n1\n")
    tags = load_vot(dataset)[0].tags
    assert tags["occlusion"].tolist() == [False, True, False]
    assert tags["absence"].tolist() == [False, False, True]
    (dataset / "bag" / "occlusion.tag").write_text("0\nyes\n")
    with pytest.raises(DataError, match=r"occlusion\.tag, line 2.*'yes'"):
        load_vot(dataset, strict=True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1,2,3", "4 or 8 numbers"),
        ("1,2,3,4,5,6", "4 or 8 numbers"),
        ("1,2,3,four", "4 or 8 numbers"),
        ("", "4 or 8 numbers"),
        ("m0,0,5,5,2,3", "the runs of the mask are 5 pixels long but it is 5 x 5 = 25"),
    ],
)
def test_a_malformed_line_is_named(dataset, line, message):
    (dataset / "ant" / "groundtruth.txt").write_text(f"1,2,3,4\n{line}\n1,2,3,4\n")
    with pytest.raises(DataError, match=rf"ant.groundtruth\.txt, line 2: .*{message}"):
        load_vot(dataset, strict=True)


@pytest.mark.parametrize("line", ["nan,nan,nan,nan", "1,2,nan,2,6,8,1,8", "1,2,inf,2", "0,0,0,0", "1,1,2,2,3,3,4,4"])
def test_a_region_that_is_none_is_an_absent_target(dataset, line):
    truth = dataset / "ant" / "groundtruth.txt"
    truth.write_text(f"1,2,3,4\n{line}\n1,2,3,4\n")
    ant = load_vot(dataset)[1]
    assert [np.isnan(region).all() for region in ant.regions] == [False, True, False]
    truth.write_text(f"{line}\n1,2,3,4\n1,2,3,4\n")
    with pytest.raises(DataError, match="ant has no region in its first frame to start from"):
        load_vot(dataset, strict=True)


def test_truth_of_the_first_frame_alone_is_enough(dataset):
    (dataset / "ant" / "groundtruth.txt").write_text("1,2,3,4\n")
    ant = load_vot(dataset)[1]
    assert [np.isnan(region).all() for region in ant.regions] == [False, True, True]


def test_a_part_of_the_sequences_is_used(dataset):
    (dataset / "list.txt").write_text("bag\ngone\nant\n")
    with pytest.warns(UserWarning, match=r"1 of 3 sequences .* \(gone: .*list\.txt names this sequence\)"):
        assert [sequence.name for sequence in load_vot(dataset)] == ["bag", "ant"]


def test_a_first_region_outside_the_image(dataset):
    (dataset / "ant" / "groundtruth.txt").write_text("40,2,5,5\n1,2,3,4\n1,2,3,4\n")
    with pytest.raises(DataError, match=r"groundtruth\.txt, line 1"):
        load_vot(dataset, strict=True)


def test_images_and_ground_truth_differ_in_number(dataset):
    (dataset / "bag" / "color" / "00000003.png").unlink()
    with pytest.raises(DataError, match=r"bag: 2 images in .*color but 3 regions"):
        load_vot(dataset, strict=True)


def test_an_unreadable_first_image(dataset):
    (dataset / "bag" / "color" / "00000001.png").write_bytes(b"not an image")
    with pytest.raises(DataError, match=r"00000001\.png"):
        load_vot(dataset, strict=True)


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("list.txt", r"list\.txt is missing"),
        ("bag", "bag is missing"),
        ("bag/groundtruth.txt", r"bag.groundtruth\.txt is missing"),
        ("bag/color", "bag holds no image"),
    ],
)
def test_missing_parts_are_named(dataset, part, message):
    path = dataset / part
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(DataError, match=message):
        load_vot(dataset, strict=True)


def test_a_missing_folder(tmp_path):
    with pytest.raises(DataError, match=r"nowhere is not a folder.*list\.txt"):
        load_vot(tmp_path / "nowhere")


def test_an_empty_ground_truth_file(dataset):
    (dataset / "bag" / "groundtruth.txt").write_text("\n\n")
    with pytest.raises(DataError, match=r"groundtruth\.txt is empty"):
        load_vot(dataset, strict=True)


def test_real_sequences(real_vot):
    sequences = {sequence.name: sequence for sequence in load_vot(real_vot)}
    lengths = {"crossing": 120, "couple": 140, "football1": 74, "skiing": 81, "car": 252, "ball1": 105}
    assert {name: len(sequence) for name, sequence in sequences.items()} == lengths
    assert sequences["car"].image_size == (640, 272)
    assert sequences["car"].tags["camera_motion"].all()
    assert sequences["car"].frame(251).shape == (272, 640, 3)
    assert all(region.size == 8 for sequence in sequences.values() for region in sequence.regions)


def test_masks_in_the_ground_truth(tmp_path):
    # Images of 30 x 20 pixels: the first mask begins left of them, the second ends right of them, the third is outside.
    lines = "m-2,3,4,2,2,2,2,2\nm28,19,4,2,0,8\nm40,3,2,2,0,4\n"
    make_sequence(tmp_path / "ball", groundtruth=lines)
    sequence = load_vot_sequence(tmp_path / "ball")
    assert sequence.regions[0].tolist() == [0, 3, 2, 2]
    assert sequence.regions[1].tolist() == [28, 19, 2, 1]
    assert np.isnan(sequence.regions[2]).all()
    assert sorted(sequence.mask_regions) == [0, 1, 2]
    assert [int(sequence.mask(index).sum()) for index in range(3)] == [4, 2, 0]
    assert sequence.mask(0).shape == (20, 30)


def test_masks_in_some_lines_of_the_ground_truth(tmp_path):
    make_sequence(tmp_path / "ball", groundtruth="1,2,5,6\nm3,4,2,1,0,2\n0\n")
    sequence = load_vot_sequence(tmp_path / "ball")
    assert [region.tolist() for region in sequence.regions[:2]] == [[1, 2, 5, 6], [3, 4, 2, 1]]
    assert np.isnan(sequence.regions[2]).all()
    assert list(sequence.mask_regions) == [1]
    assert sequence.mask(0) is None
    assert np.argwhere(sequence.mask(1)).tolist() == [[4, 3], [4, 4]]


@pytest.mark.parametrize("first", ["m40,3,2,2,0,4", "m0,0,0,0,0", "0"])
def test_a_first_mask_that_shows_nothing_is_named(tmp_path, first):
    make_sequence(tmp_path / "ball", groundtruth=first + "\n" + "m3,4,2,1,0,2\n" * 2)
    with pytest.raises(DataError, match="ball has no region in its first frame to start from"):
        load_vot_sequence(tmp_path / "ball")
