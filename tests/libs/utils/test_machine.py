import platform

from libs.utils import machine


def test_processor_and_cores_but_no_name_of_the_host(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "CPU_INFO", tmp_path / "cpuinfo")
    (tmp_path / "cpuinfo").write_text("processor : 0\nmodel name\t: Some CPU @ 3 GHz\nmodel name\t: Some CPU @ 3 GHz\n")
    monkeypatch.setattr("os.cpu_count", lambda: 6)
    said = machine.describe_machine()
    assert said == f"{platform.system()} {platform.machine()}, Some CPU @ 3 GHz, 6 cores"
    assert platform.node() not in said


def test_systems_that_do_not_tell_their_processor(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "CPU_INFO", tmp_path / "absent")
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert machine.describe_machine().count(",") == 1
