"""Opening datasets: held-out videos, missing paths, mixtures."""

import pytest

from libs.utils.errors import DataError, SettingsError
from ltr.data.build import open_sources


def sequence_names(dataset):
    return {sequence.name for sequence in dataset.sequences}


def test_held_out_videos_are_validated_on_and_not_trained_on(tiny_settings, stills_root, video_root):
    roots = {"youtubevos": str(video_root), "stills": str(stills_root)}
    settings = tiny_settings(sources={"stills": 1.0, "youtubevos": 3.0}, data_roots=roots)
    sources, _, videos = open_sources(settings)
    assert sorted(weight for _, weight in sources) == [1.0, 3.0]
    assert sequence_names(videos) == {"held"}
    trained = next(source for source, weight in sources if weight == 3.0)
    assert sequence_names(trained._dataset) == {"alpha", "beta", "gamma"}


def test_a_list_file_names_them_too(tiny_settings, tmp_path):
    file = tmp_path / "held.txt"
    file.write_text("beta-1\nheld\n")
    _, _, videos = open_sources(tiny_settings(held_out=str(file)))
    assert sequence_names(videos) == {"beta", "held"}
    with pytest.raises(SettingsError, match=r"absent\.txt"):
        open_sources(tiny_settings(held_out="absent.txt"))
    with pytest.raises(DataError, match="no sequence 'missing'"):
        open_sources(tiny_settings(held_out="missing"))


def test_without_a_list_some_are_held_out_all_the_same(tiny_settings):
    _, _, videos = open_sources(tiny_settings(held_out=""))
    assert sequence_names(videos) == {"alpha"}


def test_stills_alone_are_validated_on_stills(tiny_settings, stills_root):
    settings = tiny_settings(sources={"stills": 1.0}, data_roots={"stills": str(stills_root)}, held_out="still2")
    sources, _, videos = open_sources(settings)
    assert videos is None
    assert len(sources) == 1


def test_a_path_that_is_not_set_names_the_three_ways(tiny_settings):
    with pytest.raises(SettingsError, match=r"DMB_YOUTUBEVOS_PATH.*ltr/admin/no_local_file\.py.*argument"):
        open_sources(tiny_settings(data_roots={}))
    with pytest.raises(DataError, match="is not a folder"):
        open_sources(tiny_settings(data_roots={"youtubevos": "nowhere"}))
