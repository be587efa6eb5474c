"""Clips by key: reproducible in any process, and robust to a damaged file."""

import shutil

import pytest
import torch

from libs.dataset.readers.video_segmentation import load_youtube_vos
from libs.utils.errors import DataError
from ltr.data.dataset import ClipDataset, clip_loader
from ltr.data.processing import ClipProcessor
from ltr.data.sampler import ClipKey, ClipSampler
from ltr.data.sources import VideoSource

CPU = torch.device("cpu")


@pytest.fixture
def make_dataset(tiny_settings, architecture):
    def make(root, **changes):
        settings = tiny_settings(**changes)
        processor = ClipProcessor(settings, architecture)
        return ClipDataset([(VideoSource(load_youtube_vos(root)), 1.0)], processor, 3, settings.seed)

    return make


def test_the_same_key_gives_the_same_clip_and_leaves_the_generators_alone(make_dataset, video_root):
    dataset = make_dataset(video_root)
    torch.manual_seed(5)
    first = dataset[ClipKey(1, 3, 2)]
    drawn = torch.rand(3)
    torch.manual_seed(5)
    assert torch.equal(torch.rand(3), drawn)
    again = make_dataset(video_root)[ClipKey(1, 3, 2)]
    assert torch.equal(first.images, again.images)
    assert first.name == again.name


def test_other_keys_and_seeds_give_other_clips(make_dataset, video_root):
    dataset = make_dataset(video_root)
    clips = [dataset[ClipKey(epoch, index, 2)] for epoch in (1, 2) for index in range(3)]
    clips.append(make_dataset(video_root, seed=1)[ClipKey(1, 0, 2)])
    for number, clip in enumerate(clips):
        assert not any(torch.equal(clip.images, other.images) for other in clips[:number])


def test_workers_load_what_one_process_loads_and_do_not_repeat_each_other(make_dataset, video_root, tiny_settings):
    dataset, sampler = make_dataset(video_root, max_objects=2), ClipSampler(tiny_settings())
    alone = list(clip_loader(dataset, sampler, 2, workers=0, device=CPU))
    workers = list(clip_loader(dataset, sampler, 2, workers=2, device=CPU))
    images = torch.cat([batch.images for batch in alone])
    assert torch.equal(images, torch.cat([batch.images for batch in workers]))
    assert [batch.names for batch in alone] == [batch.names for batch in workers]
    assert len({tuple(image.flatten().tolist()) for image in images[:, 2, :, ::4, ::4]}) == len(images)


def test_a_truncated_image_is_skipped_with_a_warning_and_counted(make_dataset, video_root, tmp_path, caplog):
    root = tmp_path / "damaged"
    shutil.copytree(video_root, root)
    file = root / "JPEGImages" / "alpha" / "00003.jpg"
    file.write_bytes(file.read_bytes()[:300])
    dataset = make_dataset(root)
    clips = [dataset[ClipKey(1, index, 4)] for index in range(16)]
    skipped = [message for clip in clips for message in clip.skipped]
    assert skipped
    assert all("00003.jpg" in message for message in skipped)
    assert "00003.jpg" in caplog.text
    assert all(clip.images.shape == (3, 3, 64, 64) for clip in clips)


def test_nothing_but_damaged_images_is_an_error(make_dataset, video_root, tmp_path):
    root = tmp_path / "damaged"
    shutil.copytree(video_root, root)
    dataset = make_dataset(root)
    for file in root.glob("JPEGImages/*/*.jpg"):
        file.write_bytes(b"")
    with pytest.raises(DataError, match="20 clips in a row"):
        dataset[ClipKey(1, 0, 1)]
