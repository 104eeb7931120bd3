"""The archive's fast ways beside their slow ones: lines in order without a sort, files read in pieces."""

import gzip
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from release_world import world

from graph.archive import Archive
from ontology.model import Competency, Record, Text
from ontology.ntriples import is_iri

AWKWARD = ("", "/", "/b", "#", "-", "~", "!", "a", "é", "\U0001f600", "?x=1&y")
"""Ends of IRIs on both sides of `>`, which decides the order of their lines."""


@st.composite
def records(draw: st.DrawFn) -> list[Record]:
    """Records in any order; some IRIs come twice, with the same or other words."""
    ends = draw(st.lists(st.tuples(st.sampled_from(AWKWARD), st.sampled_from(AWKWARD)), max_size=12))
    return [
        Competency(iri=iri, labels=(Text(draw(st.sampled_from("xy")), "en"),))
        for one, two in ends
        if is_iri(iri := f"https://e.example/a{one}{two}")
    ]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=records())
def test_records_at_hand_and_records_that_come_give_the_same_file(tmp_path: Path, found: list[Record]) -> None:
    """Lines that are given in order are those that a sort of all of them gives, byte for byte."""
    paths = []
    for name, given_records in (("list", found), ("stream", iter(found))):
        archive = Archive(tmp_path / name)
        paths.append(archive.path("d", archive.write("d", given_records)))
    assert paths[0].name == paths[1].name
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_sorting_in_runs_gives_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit into memory is sorted on the disk, with the same bytes."""
    whole = Archive(tmp_path / "whole").write("d", world(1, 500))
    monkeypatch.setattr("graph.archive.SORT_CHARACTERS", 2_000)
    assert Archive(tmp_path / "runs").write("d", iter(reversed(world(1, 500)))) == whole
    paths = [Archive(tmp_path / name).path("d", whole) for name in ("whole", "runs")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert list((tmp_path / "runs").rglob("*.tmp")) == []


@pytest.mark.parametrize("size", [1, 7, 100, 1 << 18])
def test_lines_are_the_same_in_pieces_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """A line, and a character of several bytes, may begin in one piece and end in the next."""
    monkeypatch.setattr("graph.archive.READ_BYTES", size)
    archive = Archive(tmp_path)
    found = [Competency(iri=f"https://e.example/{n}", labels=(Text("Zoë \u2028 \U0001f600" * n),)) for n in range(1, 9)]
    checksum = archive.write("d", found)
    text = gzip.decompress(archive.path("d", checksum).read_bytes()).decode("utf-8")
    assert list(archive.lines("d", checksum)) == text.removesuffix("\n").split("\n")
    assert list(archive.records("d", checksum)) == found
