import pytest

from pytracking.web.messages import public_message
from pytracking.web.places import clean_label, clean_name


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("video /tmp/dmb-web-x/ab 12/uploads/my clip.mp4 cannot be read", "video my clip.mp4 cannot be read"),
        ("/srv/a.mp4 and /srv/b/c.mp4: not alike", "a.mp4 and c.mp4: not alike"),
        ("C:\\Users\\me\\a.mp4 is no video", "a.mp4 is no video"),
        ("give 1/2 of frames/%05d.png", "give 1/2 of frames/%05d.png"),
        ("open ~/clips/a.mp4, and/or b", "open a.mp4, and/or b"),
    ],
)
def test_folders_of_the_server_are_not_told(error, told):
    assert public_message(ValueError(error)) == told


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        (".hidden.mp4", "hidden.mp4"),
        ("a\nb\0c:d?.mp4", "a_b_c_d_.mp4"),
        ("Grüße 1.mp4", "Grüße 1.mp4"),
        ("...", "video"),
        ("x" * 300 + ".mp4", "x" * 88 + ".mp4"),
    ],
)
def test_names_are_cleaned(given, cleaned):
    assert clean_name(given) == cleaned


def test_names_of_objects_are_one_line():
    assert clean_label("  red\n\tcar\x1b[0m " + 60 * "x") == ("red car [0m " + 60 * "x")[:60]
