from libs.media.frame_lists import list_images


def test_images_in_the_order_of_their_numbers(tmp_path):
    for name in ["10.jpg", "2.jpg", "1.JPG", "b.png", "a.png", "._1.jpg", "notes.txt", "groundtruth.txt"]:
        (tmp_path / name).touch()
    assert [file.name for file in list_images(tmp_path)] == ["1.JPG", "2.jpg", "10.jpg", "a.png", "b.png"]
