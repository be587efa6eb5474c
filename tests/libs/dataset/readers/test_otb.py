import pytest

from libs.dataset.readers.otb import load_otb
from libs.utils.errors import DataError


@pytest.fixture
def write_otb(tmp_path, write_numbered):
    def write(name, images, truths, digits=4):
        write_numbered(tmp_path / name / "img", images, digits)
        for file, lines in truths.items():
            (tmp_path / name / file).write_text("".join(f"{line}\n" for line in lines))
        return tmp_path

    return write


def test_boxes_are_one_based_and_parted_by_commas_tabs_or_blanks(write_otb):
    write_otb("Basketball", [1, 2], {"groundtruth_rect.txt": ["198,214,34,81", "197,214,34,81"]})
    write_otb("Board", [1], {"groundtruth_rect.txt": ["85\t1\t195\t153"]}, digits=5)
    folder = write_otb("Walking", [1], {"groundtruth_rect.txt": ["692 439 24 79"]})
    sequences = {sequence.name: sequence for sequence in load_otb(folder)}
    assert list(sequences) == ["Basketball", "Board", "Walking"]
    assert [region.tolist() for region in sequences["Basketball"].regions] == [[197, 213, 34, 81], [196, 213, 34, 81]]
    assert sequences["Board"].regions[0].tolist() == [84, 0, 195, 153]
    assert sequences["Walking"].regions[0].tolist() == [691, 438, 24, 79]


def test_two_targets_in_one_folder_are_two_sequences(write_otb):
    write_otb("Jogging", [1], {"groundtruth_rect.1.txt": ["1,1,2,2"], "groundtruth_rect.2.txt": ["2,2,2,2"]})
    folder = write_otb("Human4", [1], {"groundtruth_rect.1.txt": [], "groundtruth_rect.2.txt": ["3,3,2,2"]})
    with pytest.warns(UserWarning, match=r"Human4.groundtruth_rect.1.txt is empty and left out"):
        sequences = load_otb(folder)
    assert [(s.name, s.regions[0][0]) for s in sequences] == [("Human4-2", 2), ("Jogging-1", 0), ("Jogging-2", 1)]


def test_some_sequences_use_a_part_of_their_images(write_otb):
    write_otb("David", range(298, 775), {"groundtruth_rect.txt": ["1,1,2,2"] * 471})
    folder = write_otb("Football1", range(1, 80), {"groundtruth_rect.txt": ["1,1,2,2"] * 74})
    david, football = load_otb(folder)
    assert (david.frames[0].name, david.frames[-1].name, len(david)) == ("0300.jpg", "0770.jpg", 471)
    assert (football.frames[0].name, football.frames[-1].name) == ("0001.jpg", "0074.jpg")


def test_a_folder_that_was_cut_already_is_taken_as_it_is(write_otb):
    (sequence,) = load_otb(write_otb("Diving", range(1, 4), {"groundtruth_rect.txt": ["1,1,2,2"] * 3}))
    assert len(sequence) == 3


def test_images_and_boxes_must_fit(write_otb):
    folder = write_otb("Basketball", [1, 2, 3], {"groundtruth_rect.txt": ["1,1,2,2"] * 2})
    with pytest.raises(DataError, match=r"groundtruth_rect.txt has 2 boxes for 3 images"):
        load_otb(folder)


def test_a_list_chooses_and_orders(write_otb):
    write_otb("A", [1], {"groundtruth_rect.txt": ["1,1,2,2"]})
    folder = write_otb("B", [1], {"groundtruth_rect.txt": ["1,1,2,2"]})
    (folder / "list.txt").write_text("B\n")
    assert [sequence.name for sequence in load_otb(folder)] == ["B"]
    (folder / "list.txt").write_text("B\nC\n")
    with pytest.warns(UserWarning, match="1 of 2 .*no ground truth of C"):
        assert [sequence.name for sequence in load_otb(folder)] == ["B"]
    with pytest.raises(DataError, match="no ground truth of C"):
        load_otb(folder, strict=True)


def test_a_folder_without_images_is_left_out_by_name(write_otb, tmp_path):
    folder = write_otb("A", [1], {"groundtruth_rect.txt": ["1,1,2,2"]})
    (tmp_path / "Basketball").mkdir()
    (tmp_path / "Basketball" / "groundtruth_rect.txt").write_text("1,1,2,2\n")
    with pytest.warns(UserWarning, match=r"1 of 2 sequences .*Basketball: .*img is missing"):
        assert [sequence.name for sequence in load_otb(folder)] == ["A"]
