import pytest

from libs.utils.errors import SettingsError
from votTester.stacks import StackProtocol
from votTester.toolkit.stacks import find_stack, read_stack, stack_names, wants_masks


def test_a_part_of_a_name_is_enough():
    assert find_stack("vot2022/shorttermbox") == "vot2022/shorttermbox"
    assert find_stack("vot2022") == "vot2022/shortterm"
    assert find_stack("vots2024") == "vots2024/main"
    assert find_stack("votstval") == "vots2025/votstval"


def test_an_unknown_name_lists_all_the_nearest_first():
    with pytest.raises(SettingsError, match=r"no protocol 'vot2022/shorterm'.*: vot2022/shortterm, ") as error:
        find_stack("vot2022/shorterm")
    assert all(name in str(error.value) for name in stack_names())
    with pytest.raises(SettingsError, match=": tests/multiobject, "):
        find_stack("multiobjects")


@pytest.mark.parametrize("name", stack_names())
def test_every_stack_has_measures_that_describe_themselves(name):
    measures = StackProtocol(name).measures
    assert measures
    assert len({measure.name for measure in measures}) == len(measures)
    assert {measure.best for measure in measures} <= {"high", "low"}
    assert all(measure.low == 0 for measure in measures)


def test_measures_of_each_type():
    def names(stack):
        return [measure.name for measure in StackProtocol(stack).measures]

    assert names("vot2019/rgbtir") == ["A", "R", "EAO"]
    assert names("vot2022/longterm") == ["Pr", "Re", "F"]
    assert names("vots2024") == ["Quality", "A", "R", "NRE", "DRE", "ADQ"]
    assert names("vot2022/shortterm")[3:] == ["realtime EAO", "realtime A", "realtime R", "unsupervised accuracy"]
    assert names("tests/basic") == ["accuracy"]
    best = {measure.name: measure.best for measure in StackProtocol("vots2023").measures}
    assert best == {"Quality": "high", "A": "high", "R": "high", "NRE": "low", "DRE": "low", "ADQ": "high"}


def test_masks_are_the_truth_of_some():
    masks = {name for name in stack_names() if wants_masks(name, read_stack(name))}
    assert {"vot2020/shortterm", "vot2022/shortterm", "vots2023", "tests/multiobject"} <= masks
    assert not masks & {"vot2022/shorttermbox", "vot2018/shortterm", "vot2022/longterm"}
