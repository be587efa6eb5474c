import os
import pathlib
import pickle

import numpy as np
import pytest
import torch

from libs.models.amb import AMB
from libs.models.checkpoint import load_checkpoint, load_network, save_checkpoint
from libs.models.location_map import location_map
from libs.models.released import released_views
from libs.utils.errors import CheckpointError
from tests.networks import BUNDLED_RESNET18, SMALL


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return AMB(SMALL).eval()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "networks" / "net.pth.tar"


@pytest.fixture
def saved(path, net):
    save_checkpoint(path, net=net.state_dict(), constructor=SMALL, stage="stage2")
    return path


def test_round_trip(path, net):
    layer = torch.nn.Linear(2, 1)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=1e-4)
    layer(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    entries = {
        "epoch": 3,
        "settings": {"batch": 4, "paths": ["a", "b"], "scheduler": None},
        "metrics": {"J": 0.5},
        "optimizer": optimizer.state_dict(),
        "random_states": [torch.get_rng_state()],
    }
    save_checkpoint(path, net=net.state_dict(), constructor=SMALL, stage="stage2", **entries)
    checkpoint = load_checkpoint(path)
    assert checkpoint["constructor"] == SMALL.as_dict()
    assert checkpoint["stage"] == "stage2"
    assert checkpoint["settings"] == entries["settings"]
    assert checkpoint["optimizer"]["param_groups"] == optimizer.state_dict()["param_groups"]
    assert checkpoint["optimizer"]["state"][0]["exp_avg"].equal(optimizer.state_dict()["state"][0]["exp_avg"])
    assert checkpoint["random_states"][0].equal(torch.get_rng_state())
    assert all(checkpoint["net"][name].equal(value) for name, value in net.state_dict().items())


def test_loaded_network_gives_the_same_logits(saved, net):
    loaded, info = load_network(saved)
    assert not loaded.training
    assert loaded.config == SMALL
    assert info == {"path": str(saved), "constructor": SMALL.as_dict(), "stage": "stage2"}
    assert all(parameter.requires_grad for parameter in loaded.parameters())
    image, mask, location = torch.randn(1, 3, 64, 64), torch.rand(1, 64, 64), location_map(64, 384.0)
    with torch.inference_mode():
        expected, actual = (
            one.segment(one.encode(image), *one.memorize(one.encode(image), mask), location) for one in (net, loaded)
        )
    torch.testing.assert_close(actual, expected, atol=1e-4, rtol=1e-4)


def test_half_precision_halves_the_file_and_loads_as_float32(saved, path, net):
    full = path.stat().st_size
    save_checkpoint(path, net=net.state_dict(), constructor=SMALL, stage="stage2", half=True)
    assert path.stat().st_size < 0.51 * full
    loaded = load_checkpoint(path)["net"]
    for name, value in net.state_dict().items():
        assert loaded[name].dtype == value.dtype
        torch.testing.assert_close(loaded[name], value, atol=1e-6, rtol=1e-3)


def test_failed_write_keeps_the_old_file_and_leaves_nothing_behind(saved, net, monkeypatch):
    before = saved.read_bytes()

    def interrupted(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(saved, net=net.state_dict(), constructor=SMALL, stage="other")
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_entry_that_could_not_be_read_back_is_refused(path, net):
    with pytest.raises(CheckpointError, match=r"'settings\.paths\[1\]' is a (Posix|Windows)Path"):
        save_checkpoint(
            path, net=net.state_dict(), constructor=SMALL, stage="s", settings={"paths": ["a", pathlib.Path("b")]}
        )
    assert not path.exists()


@pytest.mark.parametrize("wrap", ["bare", "training"])
def test_released_file_is_recognised(path, net, wrap):
    released = {name: value.clone() for name, value in released_views(net.state_dict(), SMALL).items()}
    if wrap == "training":
        prefixed = {f"module.{name}": value for name, value in released.items()}
        released = {"epoch": 7, "state_dict": prefixed, "loss": 0.1, "minloss": 0.1, "optimizer": {}, "max_skip": 25}
    path.parent.mkdir()
    torch.save(released, path)
    loaded, info = load_network(path)
    expected = SMALL.replace(memory_mask="aggregated", location_scale=None, crop_size=384, crop_factor=4.0)
    assert loaded.config == expected
    assert info["stage"] == "released"
    assert info.get("epoch") == (7 if wrap == "training" else None)
    assert all(loaded.state_dict()[name].equal(value) for name, value in net.state_dict().items())


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "_orig_mod.module.", "module._orig_mod.module."])
@pytest.mark.parametrize("keys", [("net",), ("state_dict",), ("state_dict", "net")])
def test_weights_of_a_wrapped_network_are_read_wherever_they_are_kept(path, net, prefix, keys):
    released = released_views(net.state_dict(), SMALL)
    for weights, entries in ((released, {}), (net.state_dict(), {"constructor": SMALL.as_dict(), "stage": "mine"})):
        held = {f"{prefix}{name}": value.clone() for name, value in weights.items()}
        for key in reversed(keys):
            held = {key: held}
        path.parent.mkdir(exist_ok=True)
        torch.save({**held, **entries, "epoch": 80, "best": np.float64(0.7), "loss": np.float32(0.5)}, path)
        checkpoint = load_checkpoint(path)
        assert (checkpoint["stage"], checkpoint["epoch"]) == (entries.get("stage", "released"), 80)
        assert all(checkpoint["net"][name].equal(value) for name, value in net.state_dict().items())


def test_parts_that_were_compiled_are_read(path, net):
    path.parent.mkdir()
    names = {name: name.replace("decoder.", "decoder._orig_mod.") for name in net.state_dict()}
    state_dict = {names[name]: value for name, value in net.state_dict().items()}
    torch.save({"net": state_dict, "constructor": SMALL.as_dict()}, path)
    assert load_checkpoint(path)["net"].keys() == names.keys()
    again = {name: value.clone() for name, value in net.state_dict().items()}
    torch.save({"net": {**state_dict, **again}, "constructor": SMALL.as_dict()}, path)
    with pytest.raises(CheckpointError, match="holds one network twice"):
        load_checkpoint(path)


def test_missing_file(tmp_path):
    with pytest.raises(CheckpointError, match=r"nothing\.pth does not exist.*pth_path"):
        load_network(tmp_path / "nothing.pth")


@pytest.mark.parametrize("fraction", [0.0, 0.001, 0.5, 0.999])
def test_truncated_file(saved, fraction):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(fraction * len(content))])
    with pytest.raises(CheckpointError, match=r"net\.pth\.tar is (truncated|damaged)"):
        load_network(saved)


class _Malicious:
    def __init__(self, victim):
        self.victim = victim

    def __reduce__(self):
        return os.mkdir, (str(self.victim),)


@pytest.mark.parametrize("save", [torch.save, lambda content, path: path.write_bytes(pickle.dumps(content, 2))])
def test_code_in_a_file_is_not_run_and_is_explained(tmp_path, save):
    victim, path = tmp_path / "victim", tmp_path / "bad.pth"
    save({"net": _Malicious(victim), "constructor": {}}, path)
    with pytest.raises(CheckpointError, match=r"bad\.pth.*could run code"):
        load_network(path)
    assert not victim.exists()


@pytest.mark.parametrize(
    "content",
    [[1, 2], {"weights": 3}, {"state_dict": [1]}, {}, torch.zeros(2), {"net": [1], "constructor": SMALL.as_dict()}],
)
def test_unknown_format(tmp_path, content):
    path = tmp_path / "other.pth"
    torch.save(content, path)
    with pytest.raises(CheckpointError, match=r"other\.pth"):
        load_network(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"backbone": "resnet19"}, "timm has no backbone 'resnet19'"),
        ({"memory_encoder": "lite"}, "memory_encoder is 'lite'; it must be one of full, light"),
        ({"key_dim": "8"}, "key_dim is '8'"),
        ({"decoder_dim": 10**9}, "decoder_dim is 1000000000; it must be an integer over 0, at most 4096"),
        ({"heads": 4}, r"unknown fields \['heads'\]"),
    ],
)
def test_constructor_that_cannot_be_built(path, net, change, message):
    path.parent.mkdir()
    torch.save({"net": net.state_dict(), "constructor": {**SMALL.as_dict(), **change}}, path)
    with pytest.raises(CheckpointError, match=rf"net\.pth\.tar.*{message}"):
        load_network(path)


def test_constructor_and_weights_that_claim_a_huge_network_in_a_small_file(path):
    """The shapes are consistent; every weight is one."""
    wide = SMALL.replace(decoder_dim=4096)
    with torch.device("meta"):
        shapes = {name: value.shape for name, value in AMB(wide).state_dict().items()}
    path.parent.mkdir()
    net = {name: torch.zeros(()).expand(shape) for name, shape in shapes.items()}
    torch.save({"net": net, "constructor": wide.as_dict()}, path)
    with pytest.raises(CheckpointError, match="not a plain tensor"):
        load_network(path)


def test_released_weights_of_an_impossible_width(path):
    widths = {"KV_Q_r4.Key.bias": 5000, "KV_Q_r4.Value.bias": 8, "Decoder.convFM.bias": 16}
    path.parent.mkdir()
    torch.save({name: torch.zeros(width) for name, width in widths.items()}, path)
    with pytest.raises(
        CheckpointError, match=r"net\.pth\.tar.*key_dim is 5000; it must be an integer over 0, at most 4096"
    ):
        load_network(path)


def test_the_network_does_not_change_with_its_file(saved, net):
    content = load_checkpoint(saved)["net"]
    with saved.open("r+b") as file:
        file.write(b"\0" * saved.stat().st_size)
    assert all(content[name].equal(value) for name, value in net.state_dict().items())


def test_weights_of_another_architecture_are_all_listed(path, net):
    state_dict = net.state_dict()
    del state_dict["decoder.predict.bias"]
    state_dict["decoder.extra"] = torch.zeros(3)
    save_checkpoint(path, net=state_dict, constructor=SMALL.replace(key_dim=9), stage="s")
    with pytest.raises(CheckpointError) as info:
        load_network(path)
    assert str(info.value).splitlines()[1:] == [
        "  missing: decoder.predict.bias (2,)",
        "  unexpected: decoder.extra",
        *(
            f"  shape: {name}_key_value.conv.{field} is {(20, *rest)}, the network has {(21, *rest)}"
            for name in ("memory", "query")
            for field, rest in (("bias", ()), ("weight", (256, 3, 3)))
        ),
    ]


def test_bundled_network(bundled_network):
    assert bundled_network.config == BUNDLED_RESNET18
    assert all(parameter.dtype == torch.float32 for parameter in bundled_network.parameters())
