"""A page to try the tracker on: open a video, show objects, follow, correct, take away. `python -m pytracking.web`."""
