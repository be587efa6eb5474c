"""What the results of one video were made with: it tells whether a run can continue them."""

import hashlib
import json

import numpy as np

from libs.media.source import Source
from pytracking.evaluation.manifest import Manifest, describe_tracker, differences, identity
from pytracking.evaluation.video_starts import Starts

PROTOCOL = "video"


def describe_video(tracker: object, source: Source, starts: Starts, seed: int, backwards: bool = False) -> Manifest:
    """The manifest of a run over one video.

    Args:
        tracker: built; see `describe_tracker`.
        source: the video.
        starts: as for `follow_video`.
        seed: of the random numbers.
        backwards: whether objects are followed backwards too.

    Returns:
        dict that survives JSON unchanged, with the fields of `manifest.describe_run` and three more: `origin`, where
        the video is, `starts`, a hash of what is followed, and `expected_length`, the frames by the video's header.
    """
    return {
        **describe_tracker(tracker),
        "protocol": f"{PROTOCOL}, backwards" if backwards else PROTOCOL,
        "dataset": None,
        "sequences": {source.name: source.fingerprint()},
        "seed": seed,
        "origin": source.origin,
        "starts": _hash_starts(starts),
        "expected_length": source.expected_length,
    }


def other_results(old: Manifest, new: Manifest) -> str:
    """Whose results those under the manifest `old` are, in words; empty where they are those of `new`."""
    if old.get("origin") != new["origin"]:
        return f"those of {old.get('origin', 'a dataset')}"
    reasons = differences(old, new)
    if old.get("starts") != new["starts"]:
        reasons.append("other objects")
    return f"made otherwise: {'; '.join(reasons)}" if reasons else ""


def run_digest(manifest: Manifest) -> str:
    """Text that runs of `describe_video` share which make the same."""
    same = [identity(manifest), manifest["origin"], manifest["starts"]]
    return f"dmb {hashlib.sha256(json.dumps(same, sort_keys=True).encode()).hexdigest()}"


def _hash_starts(starts: Starts) -> str:
    digest = hashlib.sha256()
    for index, infos in sorted(starts.items()):
        for number, info in sorted(infos.items()):
            box, mask = info.get("init_bbox"), info.get("init_mask")
            digest.update(f"{index} {number} {None if box is None else [float(value) for value in box]}".encode())
            if mask is not None:
                digest.update(f"{mask.shape}".encode() + np.packbits(mask).tobytes())
    return digest.hexdigest()[:16]
