"""Draws docs/score_reliability.svg from the table of scores in docs/tracking_rules.md: `python docs/diagrams.py`."""

import pathlib

import matplotlib

matplotlib.use("svg")

import matplotlib.pyplot as plt

DOCS = pathlib.Path(__file__).parent
PAGE, PICTURE = DOCS / "tracking_rules.md", DOCS / "score_reliability.svg"
FRAMES, SAID, TRUE = "frames", "mean score", "share of frames with an overlap over 0.5"


def read_table() -> dict[str, list[float]]:
    """Name of each row of the page's table of scores -> its numbers."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.read_text().splitlines()]
    return {row[0]: [float(cell) for cell in row[1:]] for row in rows if row[0] in (FRAMES, SAID, TRUE)}


def main() -> None:
    """Write the picture."""
    table = read_table()
    matplotlib.rcParams.update({"svg.hashsalt": "dmb", "font.family": "sans-serif"})
    figure, (above, below) = plt.subplots(2, 1, figsize=(4.5, 5), height_ratios=(3, 1), sharex=True)
    above.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    above.plot(table[SAID], table[TRUE], "o-", color="#0072b2")
    above.set(ylabel=TRUE.replace(" with", "\nwith"), ylim=(0, 1), xlim=(0, 1))
    below.bar(table[SAID], table[FRAMES], width=0.06, color="#0072b2")
    below.set(xlabel="score", ylabel="frames")
    figure.tight_layout()
    figure.savefig(PICTURE, metadata={"Date": None})


if __name__ == "__main__":
    main()
