import math

from pytracking.analysis.tables import csv_table, markdown_table, percent


def test_markdown_is_aligned_and_says_where_there_is_no_number():
    text = markdown_table(["tracker", "AUC"], [["DMB/default", 61.25], ["a|b", math.nan], ["n", 3]])
    assert text.splitlines() == [
        "| tracker     |  AUC |",
        "|-------------|-----:|",
        "| DMB/default | 61.2 |",
        "| a\\|b        |    - |",
        "| n           |    3 |",
    ]


def test_csv():
    text = csv_table(["name", "AUC", "n"], [["a,b", 0.5, 3], ["c", math.nan, 0]])
    assert text == 'name,AUC,n\n"a,b",0.500000,3\nc,,0\n'


def test_percent():
    assert percent([0.5, 1.0]) == [50, 100]
