"""Out and in again: an export that is loaded gives the same graph, and the same content is the same bytes."""

import io
import json
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse
from release_world import W, load_world, noon, reading, world

from graph.loading import load
from graph.releases import Releases
from graph.server import Connection
from graph.store import Store
from ontology.errors import InputError, UnknownReferenceError
from ontology.model import (
    Alignment,
    Code,
    Competency,
    Course,
    Finding,
    FindingLevel,
    Located,
    Money,
    Record,
    Relation,
    Scale,
    Text,
)
from ontology.ntriples import literal_term
from ontology.rdf import to_nquads_lines
from ontology.readers import read_source
from ontology.validation import validate
from ontology.writers.head import DatasetHead
from ontology.writers.rdf import write_nquads, write_turtle
from ontology.writers.sssom import write_sssom
from ontology.writers.tables import write_tables
from service.cli import run
from service.exporting import export_dataset, export_to
from service.stewarding import LoadOptions, load_one

CAMPUS = Path(__file__).parents[1] / "examples" / "campus"
HEAD = DatasetHead(iri="https://w3id.org/headwater/id/dataset/d", name="d", format="tables", license="CC-BY-4.0")

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=12).filter(
    lambda text: text == text.strip() and text.strip("\u00a0") == text
)
"""Text as a cell can hold it: no outer blanks, no control characters."""


@pytest.fixture
def store(connection: Connection) -> Iterator[Store]:
    with Store(connection) as opened:
        yield opened


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "home", clock=noon)


def records_of(path: Path) -> list[Record]:
    """What a load would keep of a source."""
    items = list(read_source(path).items)
    assert not [item for item in items if isinstance(item, Finding) and item.level is FindingLevel.MUST]
    checked = validate([item for item in items if isinstance(item, Located)], dataset="d")
    assert {each.code for each in checked.findings if each.level is FindingLevel.MUST} <= {"link.dangling"}
    return list(checked.records)


def lines_of(records: list[Record]) -> list[str]:
    """The canonical lines of records, as the archive has them."""
    return sorted({line for record in records for line in to_nquads_lines(record, HEAD.iri)})


def written(write: object, records: list[Record]) -> bytes:
    """The bytes of an RDF writer."""
    assert callable(write)
    target = io.BytesIO()
    write(HEAD, lines_of(records), target)
    return target.getvalue()


@pytest.mark.parametrize(("write", "name"), [(write_nquads, "d.nq"), (write_turtle, "d.ttl")])
def test_rdf_exports_are_read_back_as_they_were(tmp_path: Path, write: object, name: str) -> None:
    """Every kind of record, statements of any vocabulary, things that are none of ours."""
    records = validate([item for item in reading(world(2)).items if isinstance(item, Located)], dataset="world").records
    path = tmp_path / name
    path.write_bytes(written(write, list(records)))
    assert lines_of(records_of(path)) == lines_of(list(records))
    opened = read_source(path)
    assert (opened.dataset, opened.format) == ("d", "tables")


@pytest.mark.parametrize("name", ["d.nq", "d.ttl"])
@given(
    texts=st.lists(st.tuples(words, st.sampled_from(["en", "de-at", "und"])), max_size=3),
    said=st.lists(st.tuples(st.sampled_from(["http://x.example/p", "https://schema.org/q"]), words), max_size=3),
    codes=st.lists(st.tuples(words, words), max_size=2),
)
def test_any_text_comes_back_from_rdf(
    tmp_path_factory: pytest.TempPathFactory,
    name: str,
    texts: list[tuple[str, str]],
    said: list[tuple[str, str]],
    codes: list[tuple[str, str]],
) -> None:
    """Quotes, backslashes, any script, codes of any system."""
    record = Competency(
        iri=f"{W}c",
        descriptions=tuple(sorted({Text(*text) for text in texts})),
        codes=tuple(sorted({Code(*code) for code in codes})),
        statements=tuple(sorted({(predicate, literal_term(text)) for predicate, text in said})),
    )
    path = tmp_path_factory.mktemp("any text") / name
    path.write_bytes(written(write_nquads if name.endswith(".nq") else write_turtle, [record]))
    (item,) = read_source(path).items
    assert isinstance(item, Located)
    assert lines_of([item.record]) == lines_of([record])


def test_an_export_whose_lines_were_shuffled_is_still_read(tmp_path: Path) -> None:
    """A file that somebody sorted otherwise is read whole instead of streamed."""
    records = records_of(CAMPUS)
    lines = written(write_nquads, records).splitlines(keepends=True)
    path = tmp_path / "d.nq"
    path.write_bytes(b"".join([lines[0], *lines[:0:-1]]))
    assert lines_of(records_of(path)) == lines_of(records)


def test_an_export_that_was_cut_off_is_a_must_finding(tmp_path: Path) -> None:
    """The last line is half a statement."""
    path = tmp_path / "d.nq"
    path.write_bytes(written(write_nquads, records_of(CAMPUS))[:-40])
    found = [item for item in read_source(path).items if not isinstance(item, Located)]
    assert [each.code for each in found] == ["rdf.syntax"]


def test_tables_come_back_as_they_were(tmp_path: Path) -> None:
    """What was read from Tables and written as Tables is the same graph, and nothing is lost."""
    records = records_of(CAMPUS)
    files, losses = write_tables(records)
    assert losses == []
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    assert lines_of(records_of(tmp_path)) == lines_of(records)
    assert write_tables(reversed(records)) == (files, losses)


@given(
    label=words,
    description=words,
    language=st.sampled_from(["en", "de", "und"]),
    code=st.tuples(words, words),
    cost=st.one_of(st.none(), st.tuples(st.integers(0, 10**9), st.sampled_from(["EUR", "JPY", "KWD"]))),
    days=st.one_of(st.none(), st.decimals(0, 1000, places=6)),
    bounds=st.tuples(st.integers(-(10**9), 10**9), st.integers(1, 10**9)),
)
def test_any_cell_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    label: str,
    description: str,
    language: str,
    code: tuple[str, str],
    cost: tuple[int, str] | None,
    days: Decimal | None,
    bounds: tuple[int, int],
) -> None:
    """Separators, quotes and blanks in texts and codes; money of any currency; lengths to six decimals; any scale."""
    course = Course(
        iri=f"{W}course",
        labels=(Text(label, language),),
        descriptions=(Text(description, "fr"),),
        codes=(Code(*code),),
        cost=Money(*cost) if cost else None,
        duration_days=days,
    )
    scale = Scale(iri=f"{W}scale", minimum=bounds[0] / 1000, maximum=(bounds[0] + bounds[1]) / 1000)
    checked = validate(
        [
            item
            for item in reading([course, *([scale] if scale.minimum < scale.maximum else [])]).items
            if isinstance(item, Located)
        ],
        dataset="d",
    )
    files, losses = write_tables(checked.records)
    assert losses == []
    folder = tmp_path_factory.mktemp("any cell")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    assert lines_of(records_of(folder)) == lines_of(list(checked.records))


def test_what_tables_cannot_hold_is_told(tmp_path: Path) -> None:
    """Statements of other vocabularies and things of no table: each kind of loss once, with its number."""
    del tmp_path
    records: list[Record] = [
        Competency(iri=f"{W}{name}", labels=(Text(name),), statements=((f"{W}p", '"x"'),)) for name in "ab"
    ]
    _, losses = write_tables(records)
    assert [loss.what for loss in losses] == [f"Tables have no column for {W}p: 2 times, such as in {W}a, {W}b."]


def test_sssom_holds_the_alignments_with_licence_and_attribution(tmp_path: Path) -> None:
    """The set's metadata stand before the header, and the reader of SSSOM gives the same alignments."""
    records: list[Record] = [
        Alignment(
            iri=f"{W}a",
            subject=f"{W}s",
            object=f"{W}o",
            relation=Relation.BROAD,
            confidence=0.75,
            method="https://w3id.org/semapv/vocab/ManualMappingCuration",
            author="https://orcid.example/1",
            date="2026-01-02",
            comment='a "quoted"\tcomment',
        )
    ]
    data, losses = write_sssom(HEAD, records)
    assert losses == []
    text = data.decode()
    assert '#license: "CC-BY-4.0"' in text
    path = tmp_path / "alignments.csv"
    path.write_bytes(data)
    (found,) = records_of(path)
    assert isinstance(found, Alignment)
    for name in ("subject", "object", "relation", "confidence", "method", "author", "date", "comment"):
        assert getattr(found, name) == getattr(records[0], name)


@pytest.mark.parametrize("fmt", ["nquads", "turtle"])
def test_loading_an_export_of_the_current_release_changes_nothing(
    releases: Releases, store: Store, tmp_path: Path, fmt: str
) -> None:
    """It goes into its own dataset, by the name that it states, and is the same content."""
    before = load_world(releases, store, 2).release
    assert before is not None
    path = tmp_path / "out.nq" if fmt == "nquads" else tmp_path / "out.ttl"
    assert export_to(releases, "world", fmt, path).losses == ()
    report = load_one(releases, store, path, LoadOptions())
    assert (report.dataset, report.release, report.published) == ("world", before, False)


def test_skos_leaves_as_it_came(releases: Releases, store: Store, tmp_path: Path) -> None:
    """No triple more, none less; licence and attribution are in comments; loading it again changes nothing."""
    source = tmp_path / "colours.ttl"
    source.write_text(
        """@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix dct: <http://purl.org/dc/terms/> .
        @prefix x: <http://colours.example/> .
        x:scheme a skos:ConceptScheme ; skos:prefLabel "Colours"@en ; dct:license <https://licence.example/> .
        x:red a skos:Concept ; skos:prefLabel "red"@en , "rot"@de ; skos:altLabel "crimson"@en ;
            skos:inScheme x:scheme ; skos:broader x:warm ; skos:related x:pink ; skos:closeMatch x:other ;
            skos:notation "R" ; skos:scopeNote "not pink"@en ; x:wavelength 700 .
        x:warm a skos:Concept ; skos:prefLabel "warm"@en ; skos:topConceptOf x:scheme ; skos:narrower x:red .
        x:pink a skos:Concept ; skos:prefLabel "pink"@en ; skos:inScheme x:scheme .
        """,
        "utf-8",
    )
    report = load_one(releases, store, source, LoadOptions(dataset="colours"))
    assert report.published, report.findings
    out = tmp_path / "out.ttl"
    assert export_to(releases, "colours", "turtle", out).losses == ()
    assert "# Licence: https://licence.example/" in out.read_text("utf-8")
    graphs = [{str(quad) for quad in parse(path.read_bytes(), format=RdfFormat.TURTLE)} for path in (source, out)]
    assert graphs[0] == graphs[1]
    again = load_one(releases, store, out, LoadOptions(dataset="colours"))
    assert not again.published


def test_the_same_content_is_the_same_bytes_in_every_release(releases: Releases, store: Store) -> None:
    """Numbers and times of releases are not in it unless provenance is asked for."""
    load_world(releases, store, 1)
    first = _exported(releases, "nquads")
    load(releases, reading([Competency(iri="http://other.example/c")]), store=store, dataset="other")
    assert _exported(releases, "nquads") == first
    target = io.BytesIO()
    export_dataset(releases, "world", "nquads", target, provenance=True)
    assert b"release/2" in target.getvalue()


def test_an_older_release_can_be_exported(releases: Releases, store: Store) -> None:
    """By its number."""
    load_world(releases, store, 1)
    first = _exported(releases, "turtle")
    load_world(releases, store, 2)
    assert _exported(releases, "turtle") != first
    target = io.BytesIO()
    export_dataset(releases, "world", "turtle", target, release=1)
    assert target.getvalue() == first
    with pytest.raises(UnknownReferenceError):
        export_dataset(releases, "world", "turtle", io.BytesIO(), release=9)
    with pytest.raises(InputError):
        export_dataset(releases, "world", "docx", io.BytesIO())


def _exported(releases: Releases, fmt: str) -> bytes:
    target = io.BytesIO()
    export_dataset(releases, "world", fmt, target)
    return target.getvalue()


def test_the_command_writes_files_folders_and_stdout(
    releases: Releases, store: Store, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Data on stdout, what is lost on stderr, both in the JSON of a file."""
    load_world(releases, store, 2)
    home = ["--home", str(releases.home)]
    assert run(["export", "world", "--format", "csv", "-o", str(tmp_path / "tables"), *home, "--json"]) == 0
    told = json.loads(capfdbinary.readouterr().out)
    assert str(tmp_path / "tables" / "courses.csv") in told["files"]
    assert any("none of a table's kinds" in loss["what"] for loss in told["losses"])
    assert run(["export", "world", "--format", "csv", "-o", str(tmp_path / "t.zip"), "--strict", *home]) == 1
    with zipfile.ZipFile(tmp_path / "t.zip") as archive:
        assert archive.read("courses.csv") == (tmp_path / "tables" / "courses.csv").read_bytes()
    capfdbinary.readouterr()
    assert run(["export", "world", "-f", "nquads", *home]) == 0
    assert capfdbinary.readouterr().out == _exported(releases, "nquads")
    assert run(["export", "nobody", "-f", "nquads", *home]) == 2
    assert run(["export", "world", "-f", "nquads", "-o", str(tmp_path), *home]) == 2
