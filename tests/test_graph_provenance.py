"""Where records were read: kept beside the content, found by IRI, carried through loads, roll-backs and backups."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_networks import U

from graph.archive import Archive
from graph.arrayfile import open_arrays, write_arrays
from graph.coverage import Link
from graph.layout import Column, DatasetInfo
from graph.provenance import Provenance, SourceTable, write_sources
from graph.snapshot import Snapshot
from graph.statements import Statement, link_statement, requirement_statement
from ontology.errors import DamagedError
from ontology.model import (
    Alignment,
    Awarding,
    Competency,
    Course,
    Credential,
    JobRole,
    Record,
    Relation,
    Requirement,
    Source,
    Teaching,
)

sources = st.dictionaries(
    st.text(min_size=1, max_size=12).map(lambda text: f"{U}{text}"),
    st.builds(
        Source,
        file=st.sampled_from(["a.csv", "zip.zip/b.json", "ü.ttl"]),
        line=st.none() | st.integers(1, 2**31 - 1),
        column=st.none() | st.sampled_from(["label", "Größe"]),
        pointer=st.none() | st.text("/~a1", min_size=1, max_size=6),
    ),
    max_size=20,
)


def info_of(name: str, checksum: str | None) -> DatasetInfo:
    return DatasetInfo(
        iri=f"{U}d/{name}",
        name=name,
        format="tables",
        license=None,
        attribution=None,
        checksum="0" * 64,
        sources=checksum,
    )


@settings(max_examples=60, deadline=None)
@given(read=sources)
def test_what_was_written_is_found_and_nothing_else(
    read: dict[str, Source], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By IRI, whatever the order; the same sources are the same file."""
    archive = Archive(tmp_path_factory.mktemp("archive"))
    checksum = archive.write_sources("d", read)
    assert archive.write_sources("d", dict(reversed(read.items()))) == checksum
    provenance = Provenance(archive)
    for iri, source in read.items():
        assert provenance.find(info_of("d", checksum), iri) == source
    assert provenance.find(info_of("d", checksum), f"{U}nobody-has-this-one") is None
    assert provenance.find(info_of("d", None), next(iter(read), U)) is None


@pytest.mark.parametrize("count", [1, 127, 128, 129, 40_000], ids=str)
def test_any_number_of_files_is_told_apart(count: int, tmp_path: Path) -> None:
    """The numbers of a table are as wide as it needs."""
    path = tmp_path / "sources.arrays"
    write_sources(path, {f"{U}r/{at}": Source(file=f"{at}.csv", line=at + 1) for at in range(count)})
    table = SourceTable(path)
    for at in {0, count // 2, count - 1}:
        assert table.find(f"{U}r/{at}") == Source(file=f"{at}.csv", line=at + 1)


def test_a_file_with_wider_numbers_is_read(tmp_path: Path) -> None:
    """As archives have them that were written when every table had 64-bit offsets and 32-bit indices."""
    path, wide = tmp_path / "sources.arrays", tmp_path / "wide.arrays"
    read = {f"{U}r/{at}": Source(file="a.csv", line=at + 1, column=f"c{at % 3}" if at % 4 else None) for at in range(9)}
    write_sources(path, read)
    _, arrays = open_arrays(path, "sources-1")
    widths = {"offsets": np.int64, "indices": np.int32}
    widened: dict[str, Column] = {
        name: array.astype(widths[name.partition(".")[2]]) if name.partition(".")[2] in widths else array
        for name, array in arrays.items()
    }
    assert {arrays[f"file.{part}"].dtype.itemsize for part in widths} == {4, 1}
    write_arrays(wide, "sources-1", {}, widened)
    table = SourceTable(wide)
    assert {iri: table.find(iri) for iri in read} == read


def test_a_damaged_or_missing_file_is_told(tmp_path: Path) -> None:
    """As every file of the archive."""
    archive = Archive(tmp_path)
    checksum = archive.write_sources("d", {f"{U}r": Source(file="a.csv", line=2)})
    path = archive.sources_path("d", checksum)
    path.write_bytes(path.read_bytes()[:-40] + b"\0" * 40)
    with pytest.raises(DamagedError) as caught:
        Provenance(archive).find(info_of("d", checksum), f"{U}r")
    assert caught.value.code == "archive.damaged"
    path.unlink()
    with pytest.raises(DamagedError) as caught:
        Provenance(archive).find(info_of("d", checksum), f"{U}r")
    assert caught.value.code == "archive.missing"


def test_every_step_leads_to_the_record_that_says_it() -> None:
    """A requirement, an alignment, a teaching, an award; of a hierarchy the narrower thing; things at their successors."""
    iri = U.__add__
    records: list[Record] = [
        JobRole(iri=iri("role")),
        Requirement(iri=iri("asks"), owner=iri("role"), target=iri("wide")),
        Competency(iri=iri("narrow"), broader=(iri("wide"),)),
        Competency(iri=iri("wide")),
        Competency(iri=iri("old"), replaced_by=iri("narrow")),
        Course(iri=iri("course")),
        Credential(iri=iri("badge")),
        Teaching(iri=iri("teaches"), subject=iri("course"), competency=iri("old")),
        Teaching(iri=iri("proves"), subject=iri("badge"), competency=iri("wide")),
        Awarding(iri=iri("gives"), course=iri("course"), credential=iri("badge")),
        Alignment(iri=iri("like"), subject=iri("narrow"), object=iri("wide"), relation=Relation.CLOSE),
    ]
    info = info_of("d", None)
    snapshot = Snapshot.build([(info, records)], release=1)
    row = {name: snapshot.find_row(iri(name)) for name in ("narrow", "wide", "course", "badge", "role")}

    def said(start: str, end: str, relation: str, alignment: int = -1) -> Statement | None:
        return link_statement(snapshot, Link(row[start], row[end], relation, 1.0, None, alignment))

    assert requirement_statement(snapshot, 0) == (info, iri("asks"))
    assert said("course", "narrow", "teaches") == (info, iri("teaches"))
    assert said("badge", "wide", "certifies") == (info, iri("proves"))
    assert said("course", "badge", "awards") == (info, iri("gives"))
    assert said("wide", "narrow", "closeMatch", 0) == (info, iri("like"))
    assert said("narrow", "wide", "broader") == said("wide", "narrow", "narrower") == (info, iri("narrow"))
    assert said("badge", "narrow", "certifies") is None
