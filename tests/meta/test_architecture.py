"""What docs/architecture.md says of the house is so."""

import itertools
import re

import pytest

from tests.meta.provider_matrix import ROOT
from tests.meta.test_layers import OPEN_TO_PLUGINS, ROWS

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
RECORDS = ROOT / "docs" / "decisions"


def documented_rows():
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \| .+ \|$", PAGE, re.MULTILINE)
    return [{room for _, room in rooms} for _, rooms in itertools.groupby(rows, key=lambda row: int(row[0]))]


def test_the_rows_of_the_page_are_the_rows_that_imports_are_held_to():
    assert documented_rows() == [set(row.split()) for row in ROWS.split("\n") if row]


def test_plugins_are_promised_what_they_are_held_to():
    (promised,) = re.findall(r"^\*\*Plugins\*\* may import (.*?)\. ", PAGE, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`notifyhub\.(\w+)`", promised)) == OPEN_TO_PLUGINS


def test_every_file_that_the_page_names_is_there():
    named = set(re.findall(r"`((?:notifyhub|providers|templates|tests|docs|benchmarks)/[\w./]*)`", PAGE))
    assert len(named) > 30
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def test_every_record_is_listed_and_every_listed_one_is_there():
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (RECORDS / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted(path.name for path in RECORDS.glob("[0-9]*.md"))


@pytest.mark.parametrize("path", sorted(RECORDS.glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_each_record_is_called_by_its_number(path):
    number, _, _ = path.name.partition("-")
    assert path.read_text(encoding="utf-8").startswith(f"# {int(number)}. ")
