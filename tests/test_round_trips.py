"""Out and in again, standard by standard: what comes back is what went in, after what docs/standards.md writes down.

The small cases need nothing; with HEADWATER_REFERENCE the public sets and samples go the same way.
"""

import csv
import io
import json
import os
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import cast

import pyoxigraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from standards_table import PAGE, read_sample, read_set, set_section
from test_ontology_readers_tables_worlds import World, worlds
from test_ontology_writers_case import canonical, golden, without_order
from test_ontology_writers_ctdl import _merged as merged
from test_ontology_writers_ctdl import expanded
from test_ontology_writers_ctdl import load as load_ctdl
from test_standards import LARGE

from graph.archive import Archive
from graph.server import Connection
from ontology.documents import Document, open_source
from ontology.model import (
    IDENTITY,
    Finding,
    FindingLevel,
    Framework,
    Located,
    Record,
    Text,
)
from ontology.readers import read_source
from ontology.readers.case import read_case
from ontology.readers.case_terms import DEFINITIONS, PARTS
from ontology.readers.mapping_sets import read_mapping_sets
from ontology.readers.tables import TABLE_FILES, read_tables
from ontology.validation import validate
from ontology.writers.case import write_case_packages, write_original_case_packages
from ontology.writers.ctdl import write_ctdl
from ontology.writers.head import DatasetHead
from ontology.writers.rdf import write_nquads, write_source_turtle, write_turtle
from ontology.writers.rdf_source import original_triples
from ontology.writers.sssom import write_sssom
from ontology.writers.tables import write_tables
from service.cli import run

ROOT = Path(__file__).parents[1]
DATA = Path(__file__).parent / "data"
EXAMPLES = ROOT / "examples"
HEAD = DatasetHead(iri=f"{IDENTITY}dataset/d", name="d", format="tables", license="CC-BY-4.0")
SOURCES = sorted(
    [
        EXAMPLES / "campus",
        EXAMPLES / "ict",
        *(folder for folder in DATA.iterdir() if folder.is_dir() and folder.name not in {"tls", "__pycache__"}),
    ]
)
VOCABULARIES = [
    EXAMPLES / "ict" / "esco_ict.ttl",
    DATA / "esco_rdf" / "esco_cut.ttl",
    *sorted((DATA / "skos").glob("*.ttl")),
]
Write = Callable[[DatasetHead, Iterable[str], io.BytesIO], None]
Value = Mapping[str, object]
Row = dict[str, str]


def kept(path: Path, *, skip_broken: bool = False) -> tuple[Record, ...]:
    """What a load into an empty store keeps of a source."""
    return checked(read_source(path).items, skip_broken=skip_broken)


def checked(
    items: Iterable[Located | Finding], *, skip_broken: bool = False, ends_elsewhere: bool = False
) -> tuple[Record, ...]:
    """The records that are loaded; without `skip_broken` nothing may block but, where wished, links to other datasets."""
    told: list[Finding] = []

    def located() -> Iterator[Located]:
        for item in items:
            if isinstance(item, Located):
                yield item
            else:
                told.append(item)

    found = validate(located(), dataset="d", skip_broken=skip_broken)
    musts = [each for each in (*told, *found.findings) if each.level is FindingLevel.MUST]
    allowed = {"link.dangling"} if ends_elsewhere else set()
    assert skip_broken or {each.code for each in musts} <= allowed
    return found.records


def comes_back(records: Sequence[Record], write: Write, path: Path, *, cut: bool = False) -> None:
    """The export at the path, read and checked again, is archived as the same canonical lines, byte for byte.

    A cut has links that lead nowhere, so it is not checked again.
    """
    archive = Archive(path.parent / "archive")
    before = archive.write("d", records)
    with path.open("wb") as target:
        write(HEAD, archive.lines("d", before), cast("io.BytesIO", target))
    opened = read_source(path)
    assert (opened.dataset, opened.format) == ("d", "tables")
    if cut:
        assert archive.write("d", (item.record for item in opened.items if isinstance(item, Located))) == before
        return
    again = checked(opened.items, skip_broken=True)
    assert len(again) == len(records)
    assert archive.write("d", again) == before


WAYS = [(source, write_nquads, "d.nq") for source in SOURCES]
WAYS += [(source, write_turtle, "d.ttl") for source in SOURCES if source.name != "ict"]  # the large one once


@pytest.mark.parametrize(("source", "write", "name"), WAYS, ids=lambda each: getattr(each, "name", None))
def test_every_format_comes_back_through_rdf_as_the_same_graph(
    source: Path, write: Write, name: str, tmp_path: Path
) -> None:
    """Examples and golden pairs of all readers: the same canonical lines from N-Quads and from Turtle."""
    records = kept(source, skip_broken=True)
    assert records
    comes_back(records, write, tmp_path / name)


# --- RDF as its source said it


def graph_of(data: bytes, name: str = "a.ttl") -> pyoxigraph.Dataset:
    """The triples in canonical form: tags in lower case, IRIs that stand for blank nodes blank again."""
    syntax = pyoxigraph.RdfFormat.from_extension(name.rpartition(".")[2])
    assert syntax is not None
    found = pyoxigraph.Dataset(map(_plain, pyoxigraph.parse(data, format=syntax, base_iri="urn:x-base:")))
    found.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
    return found


def _node(term: pyoxigraph.NamedNode | pyoxigraph.BlankNode) -> pyoxigraph.NamedNode | pyoxigraph.BlankNode:
    prefix = f"{IDENTITY}blank/"
    if isinstance(term, pyoxigraph.NamedNode) and term.value.startswith(prefix):
        return pyoxigraph.BlankNode(f"b{term.value.removeprefix(prefix)}")
    return term


def _plain(quad: pyoxigraph.Quad) -> pyoxigraph.Quad:
    assert isinstance(quad.subject, pyoxigraph.NamedNode | pyoxigraph.BlankNode)
    term = quad.object
    if isinstance(term, pyoxigraph.Literal):
        term = pyoxigraph.Literal(term.value, language=term.language.lower()) if term.language else term
    elif isinstance(term, pyoxigraph.NamedNode | pyoxigraph.BlankNode):
        term = _node(term)
    return pyoxigraph.Quad(_node(quad.subject), quad.predicate, term)


def said_again(records: Sequence[Record]) -> bytes:
    target = io.BytesIO()
    write_source_turtle(replace(HEAD, format="skos"), original_triples(records), target)
    return target.getvalue()


@pytest.mark.parametrize("path", VOCABULARIES, ids=lambda path: path.name)
def test_a_vocabulary_leaves_as_an_isomorphic_graph(path: Path) -> None:
    """As Turtle, and the Turtle of that is the same bytes."""
    records = kept(path, skip_broken=True)
    written = said_again(records)
    assert graph_of(written) == graph_of(path.read_bytes())
    again = checked(read_source_bytes(written, "a.ttl"), skip_broken=True)
    assert said_again(again) == written


def read_source_bytes(data: bytes, name: str) -> Iterator[Located | Finding]:
    return read_source(Path(name), opened=[Document(name=name, data=data)]).items


# --- Tables, file by file

REFERENCES = {"framework", "parent", "replaced_by", "role", "target", "needs", "subject", "competency", "course",
              "credential", "scale", "subject_id", "object_id"}  # fmt: skip
NUMBERS = {"level", "min", "max", "confidence", "days", "rank", "importance"}


def normal_tables(files: Mapping[str, Sequence[Row]]) -> dict[str, Counter[tuple[tuple[str, str], ...]]]:
    """The rows of each file in the one spelling that an export has; written from docs/tables.md alone."""
    names: dict[str, str] = {}
    for name in ("frameworks.csv", "competencies.csv", "courses.csv", "credentials.csv", "job_roles.csv", "scales.csv"):
        for row in files.get(name, ()):
            names |= dict.fromkeys(row.get("codes", "").split(), row["iri"])
            names |= {row["label"].casefold(): row["iri"]} if row.get("label") else {}
    found: dict[str, Counter[tuple[tuple[str, str], ...]]] = defaultdict(Counter)
    for name, rows in files.items():
        for row in rows:
            for place, cells in normal_row(name, row, names):
                found[place][tuple(sorted(cells.items()))] += 1
    for group in implied_groups(files, names):
        found["groups.csv"][group] += 1
    return {name: rows for name, rows in found.items() if rows}


def normal_row(name: str, row: Row, names: Mapping[str, str]) -> Iterator[tuple[str, Row]]:
    """(file, row) of a row, and what an export moves to another file."""
    cells = {column: value.strip() for column, value in row.items() if value and value.strip()}
    for column in REFERENCES & set(cells):
        several = cells[column].split() if column == "parent" else [cells[column]]
        cells[column] = " ".join(sorted(names.get(each, names.get(each.casefold(), each)) for each in several))
    for column in NUMBERS & set(cells):
        cells[column] = plain_number(cells[column])
    if "codes" in cells:
        cells["codes"] = " ".join(sorted(cells["codes"].split()))
    if cells.get("language") == "und":
        del cells["language"]
    if name in {"requires.csv", "groups.csv"}:
        cells.setdefault("importance", "must")
    if name == "groups.csv":
        cells["min"] = {"all": "", "1": "any"}.get(cells.get("min", ""), cells.get("min", ""))
        cells = {column: value for column, value in cells.items() if value}
    if name in {"courses.csv", "credentials.csv"}:
        figures(cells)
    if name == "alignments.csv":
        cells["predicate_id"] = cells["predicate_id"].replace("skos:", "http://www.w3.org/2004/02/skos/core#")
        cells["mapping_justification"] = cells.get("mapping_justification", "")
    yield name, {column: value for column, value in cells.items() if value}


def figures(cells: Row) -> None:
    """Amounts with the decimals of their currency; lengths in days."""
    if "cost" in cells:
        decimals = {"JPY": 0}.get(cells["currency"], 2)
        cells["cost"] = f"{Decimal(cells['cost']):.{decimals}f}"
    else:
        cells.pop("currency", None)
    number, _, unit = cells.get("duration_days", "").partition(" ")
    if number:
        days = Decimal(number) * {"": 1, "week": 5, "weeks": 5, "day": 1, "days": 1}.get(unit, 1)
        days = days / {"h": 8, "hours": 8, "min": 480}.get(unit, 1)
        cells["duration_days"] = f"{days.normalize():f}"


def plain_number(text: str) -> str:
    try:
        return f"{Decimal(text).normalize():f}"
    except ArithmeticError:
        return text


def implied_groups(files: Mapping[str, Sequence[Row]], names: Mapping[str, str]) -> list[tuple[tuple[str, str], ...]]:
    """Groups that only `requires.csv` names: an ANY as important as its strongest row."""
    listed = {(row["role"], row.get("role_level", ""), row["group"]) for row in files.get("groups.csv", ())}
    weights: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for row in files.get("requires.csv", ()):
        key = (row["role"], row.get("role_level", ""), row.get("group", ""))
        if key[2] and key not in listed:
            weights[key].append(plain_number(row.get("importance") or "must"))
    found = []
    for (role, level, group), said in weights.items():
        strongest = next((each for each in ("must", "should") if each in said), max(said))
        cells = {
            "role": names.get(role, role),
            "role_level": level,
            "group": group,
            "min": "any",
            "importance": strongest,
        }
        found.append(tuple(sorted((column, value) for column, value in cells.items() if value)))
    return found


def parsed(files: Mapping[str, bytes]) -> dict[str, list[Row]]:
    """The rows of CSV files."""
    return {
        name: list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))) for name, data in files.items()
    }


def exported_tables(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The export of what the files say, which loses nothing."""
    documents = [Document(name=name, data=data) for name, data in files.items()]
    written, losses = write_tables(checked(read_tables(documents), ends_elsewhere=True))
    assert losses == []
    return written


def test_the_example_in_tables_comes_back_file_by_file() -> None:
    """Row by row after the written normalisation, and the export of the export is the same bytes."""
    files = {path.name: path.read_bytes() for path in sorted((EXAMPLES / "campus").glob("*.csv"))}
    written = exported_tables(files)
    mine, theirs = normal_tables(parsed(written)), normal_tables(parsed(files))
    for name in sorted({*mine, *theirs}):
        assert mine.get(name) == theirs.get(name), name
    assert exported_tables(written) == written


@settings(max_examples=50, deadline=None)
@given(worlds())
def test_any_tables_come_back_file_by_file(world: World) -> None:
    """Trees, levels, prerequisites, money and lengths, made at random."""
    files = {}
    for name, rows in world.rows.items():
        if rows:
            text = io.StringIO()
            writer = csv.DictWriter(text, TABLE_FILES[name].columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
            files[name] = text.getvalue().encode()
    items = list(read_tables([Document(name=name, data=data) for name, data in files.items()]))
    found = validate([item for item in items if isinstance(item, Located)], dataset="d")
    if found.blocked or found.merged:
        return
    written, losses = write_tables(found.records)
    assert losses == []
    mine, theirs = normal_tables(parsed(written)), normal_tables(parsed(files))
    for name in sorted({*mine, *theirs}):
        assert mine.get(name) == theirs.get(name), name
    assert exported_tables(written) == written


# --- SSSOM

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=10).filter(
    lambda text: text.strip() == text and "\u00a0" not in text
)
LOCALS = st.text("abcXYZ019_-", min_size=1, max_size=5)
SLOTS = st.fixed_dictionaries(
    {"curie_map": st.just({"A": "https://a.example/", "B": "https://b.example/"}), "mapping_set_title": TEXTS},
    optional={
        "mapping_set_id": st.just("https://a.example/set"),
        "license": st.sampled_from(["https://creativecommons.org/publicdomain/zero/1.0/", "CC-BY-4.0"]),
        "creator_label": st.lists(TEXTS, min_size=1, max_size=3, unique=True),
        "mapping_set_description": TEXTS,
        "mapping_date": st.just("2020-05-30"),
        "comment": TEXTS,
        "see_also": st.lists(TEXTS, max_size=2, unique=True),
        "other": TEXTS,
        "extension_definitions": st.just([{"slot_name": "own", "property": "https://a.example/own"}]),
    },
)
MAPPINGS = st.fixed_dictionaries(
    {
        "subject_id": st.builds("A:{}".format, LOCALS),
        "predicate_id": st.sampled_from(["skos:exactMatch", "skos:broadMatch", "owl:sameAs", "rdfs:subClassOf"]),
        "object_id": st.one_of(st.builds("B:{}".format, LOCALS), st.just("sssom:NoTermFound")),
        "mapping_justification": st.sampled_from(["semapv:ManualMappingCuration", "semapv:LexicalMatching"]),
    },
    optional={
        "predicate_modifier": st.just("Not"),
        "confidence": st.sampled_from(["0.5", "1", "0.90"]),
        "author_id": st.sampled_from(["A:me", "orcid:0000-0001", "A:me|A:you"]),
        "mapping_date": st.just("2021-01-02"),
        "comment": TEXTS,
        "subject_label": TEXTS,
        "own": TEXTS,
        "mapping_set_id": st.just("https://other.example/set"),
    },
)


def mapping_records(data: bytes, name: str = "s.sssom.tsv") -> tuple[Record, ...]:
    """The records of a mapping set, in which nothing blocks."""
    return checked(read_mapping_sets([Document(name=name, data=data)]))


def sssom(records: Sequence[Record]) -> bytes:
    """The export, which loses nothing."""
    data, losses = write_sssom(HEAD, records)
    assert losses == []
    return data


def test_a_mapping_set_comes_back_with_its_metadata_and_all_rows() -> None:
    """The golden set: an alignment with all slots, a negated row, one without a term, one of another predicate."""
    records = mapping_records((DATA / "sssom" / "set.sssom.tsv").read_bytes(), "set.sssom.tsv")
    assert len({type(record) for record in records}) == 3
    written = sssom(records)
    assert mapping_records(written, "another-name.sssom.tsv") == records
    assert sssom(tuple(reversed(records))) == written


@settings(max_examples=50, deadline=None)
@given(SLOTS, st.lists(MAPPINGS, min_size=1, max_size=4, unique_by=repr))
def test_any_mapping_set_comes_back(slots: dict[str, object], mappings: list[dict[str, str]]) -> None:
    """Whatever its slots say: the same set, alignments and kept rows; a set without an id of its own gets one."""
    value = json.dumps({**slots, "mappings": mappings}).encode()
    records = mapping_records(value, "s.json")
    written = sssom(records)
    again = mapping_records(written)
    if "mapping_set_id" in slots:
        assert again == records
    else:
        assert [each for each in again if not isinstance(each, Framework)] == [
            each for each in records if not isinstance(each, Framework)
        ]
    assert sssom(again) == written


def test_of_several_sets_each_row_names_its_own_and_the_metadata_are_told_as_lost() -> None:
    """One file has one set's metadata."""
    head = "#curie_map:\n#  A: https://a.example/\n#mapping_set_id: https://a.example/{}\n"
    rows = "subject_id\tpredicate_id\tobject_id\tmapping_justification\nA:1\tskos:exactMatch\tA:{}\tsemapv:X\n"
    documents = [
        Document(name=f"{name}.sssom.tsv", data=(head.format(name) + rows.format(name)).encode()) for name in "xy"
    ]
    data, losses = write_sssom(HEAD, checked(read_mapping_sets(documents)))
    assert [loss.what for loss in losses] == [
        "One file has the metadata of one set: those of 2 are left out; each row names its set."
    ]
    found = {row["object_id"]: row["mapping_set_id"] for row in csv.DictReader(
        (line for line in data.decode().splitlines() if not line.startswith("#")), delimiter="\t"
    )}  # fmt: skip
    assert found == {f"https://a.example/{name}": f"https://a.example/{name}" for name in "xy"}


def test_a_set_that_was_renamed_leaves_under_its_new_name() -> None:
    """An edited record wins over what the source said."""
    records = [
        replace(record, labels=(Text("New name", "en"),)) if isinstance(record, Framework) else record
        for record in mapping_records((DATA / "sssom" / "set.sssom.tsv").read_bytes(), "set.sssom.tsv")
    ]
    (found,) = (each for each in mapping_records(sssom(records)) if isinstance(each, Framework))
    assert found.labels == (Text("New name", "und"),)


# --- CASE, whatever the order of its arrays


def shuffled(package: Value, chance: random.Random) -> Value:
    """The package with its arrays of entities in another order."""
    mixed = dict(package)
    for holder, names in ((mixed, [*PARTS, "CFDocuments"]), (mixed.get("CFDefinitions"), DEFINITIONS)):
        if isinstance(holder, dict):
            for name in names:
                if isinstance(each := holder.get(name), list):
                    holder[name] = chance.sample(each, len(each))
    return mixed


def case_records(value: Value) -> tuple[Record, ...]:
    document = Document(name="package.json", data=json.dumps(value).encode())
    return checked(read_case([document]), skip_broken=True)


def comes_back_in_any_order(value: Value) -> None:
    """Nothing lost, the same package each time, and the same records out of arrays in any order."""
    records = case_records(value)
    originals = write_original_case_packages(records)
    exported = canonical(write_case_packages(records).packages)
    chance = random.Random(canonical(value))
    for _ in range(2):
        copy = json.loads(json.dumps(value))
        again = case_records(shuffled(copy.get("CFPackage", copy), chance))
        assert [without_order(each) for each in write_original_case_packages(again)] == [
            without_order(each) for each in originals
        ]
        assert canonical(write_case_packages(again).packages) == exported


@pytest.mark.parametrize("name", ["small-boats-1.1.json", "small-boats-1.0.json"])
def test_case_comes_back_whatever_the_order_of_its_arrays(name: str) -> None:
    """The golden packages."""
    comes_back_in_any_order(golden(name))


# --- the command line


Command = Callable[..., Value]


@pytest.fixture
def command(
    connection: Connection,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Command:
    """Runs a command on a fresh data folder and gives its JSON; it must end with 0."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEADWATER_HOME", str(home))
    for name in ("uri", "username", "password"):
        monkeypatch.setenv(f"NEO4J_{name.upper()}", getattr(connection, name))

    def command(*arguments: str | Path) -> Value:
        capsys.readouterr()
        assert run([*map(str, arguments), "--json"]) == 0, arguments
        found: Value = json.loads(capsys.readouterr().out)
        return found

    return command


def goes_round(command: Command, source: Path, fmt: str, out: Path) -> None:
    """Load, export without a loss, load again: nothing changes."""
    command("load", source, "--dataset", "d")
    assert command("export", "d", "--format", fmt, "-o", out)["losses"] == []
    again = cast("Value", command("load", out, "--dataset", "d")["counts"])
    assert (again["loaded"], again["removed"], again["refused"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("source", "fmt", "out"),
    [
        ("tables", "csv", "out"),
        ("case/small-boats-1.1.json", "case", "out.json"),
        ("ctdl/harbour.jsonld", "ctdl", "out.jsonld"),
        ("esco_rdf/esco_cut.ttl", "turtle", "out.ttl"),
        ("sssom/set.sssom.tsv", "sssom", "out.sssom.tsv"),
    ],
)
def test_a_command_takes_it_in_and_a_command_gives_it_back(
    command: Command, source: str, fmt: str, out: str, tmp_path: Path
) -> None:
    """Through `headwater load` into a fresh data folder and `headwater export`, with an empty report."""
    if source == "tables":
        command("template", tmp_path / "tables")
    goes_round(command, tmp_path / source if source == "tables" else DATA / source, fmt, tmp_path / out)


# --- the public sets

SEED = 20240515
SHARE = 8
"""One subject of so many is in a cut."""


def of_the_cut(iri: str) -> bool:
    """Whether a subject is among those that were chosen."""
    return random.Random(f"{SEED} {iri}").randrange(SHARE) == 0


if "HEADWATER_REFERENCE" in os.environ:
    REFERENCE = Path(os.environ["HEADWATER_REFERENCE"])
    CASE = [
        *sorted((REFERENCE / "standards" / "case" / "samples").glob("*.json")),
        *sorted((REFERENCE / "data" / "case-frameworks").glob("*.gz")),
    ]
    CTDL = sorted((REFERENCE / "data" / "ctdl-samples").glob("*.gz"))

    @pytest.mark.parametrize("name", LARGE)
    def test_a_large_set_is_what_the_table_says_and_a_cut_of_it_comes_back(name: str, tmp_path: Path) -> None:
        """Through N-Quads, the same canonical graph; `make torture` takes the whole."""
        found = read_set(REFERENCE / "data" / name)
        assert set_section(found) in PAGE.read_text("utf-8")
        records = [record for record in found.records if of_the_cut(record.iri)]
        assert len(records) > len(found.records) / SHARE / 2
        comes_back(records, write_nquads, tmp_path / "d.nq", cut=True)

    def test_esco_as_turtle_comes_back_as_it_was_said_and_through_n_quads(tmp_path: Path) -> None:
        """A cut of its subjects: an isomorphic graph as Turtle, the same canonical graph by N-Quads."""
        (document,) = open_source(REFERENCE / "data" / "esco-1.2.0" / "esco_v1.2.0_skos_derived.ttl.gz")
        assert isinstance(document, Document)
        triples = [
            quad
            for quad in pyoxigraph.parse(document.data, format=pyoxigraph.RdfFormat.TURTLE)
            if of_the_cut(str(quad.subject))
        ]
        data = "".join(f"{quad.subject} {quad.predicate} {quad.object} .\n" for quad in triples).encode()
        assert len(triples) > 10_000
        items = read_source_bytes(data, "cut.nt")
        records = sorted((item.record for item in items if isinstance(item, Located)), key=lambda each: each.iri)
        assert graph_of(said_again(records)) == graph_of(data, "cut.nt")
        comes_back(records, write_nquads, tmp_path / "d.nq", cut=True)

    @pytest.mark.parametrize(
        "name", ["esco/samples/esco-padding.ttl", "ctdl/samples/rubrics/DESMmapping__desmRubricAbstractClass.ttl"]
    )
    def test_a_sample_of_a_vocabulary_leaves_as_an_isomorphic_graph(name: str) -> None:
        """Also where it leads to what others describe."""
        path = REFERENCE / "standards" / name
        records = checked(read_source(path).items, ends_elsewhere=True)
        assert graph_of(said_again(records)) == graph_of(path.read_bytes())

    @pytest.mark.parametrize("path", CTDL, ids=lambda path: path.name)
    def test_a_ctdl_file_of_the_data_comes_out_as_it_was(path: Path) -> None:
        """Isomorphic once blank nodes of which the same is said are one."""
        (document,) = open_source(path)
        assert isinstance(document, Document)
        records, blocked = load_ctdl(document.data, document.name)
        refused = read_sample(path, path.name).blocked
        assert blocked <= refused
        if refused:
            return
        written, losses = write_ctdl(records)
        assert losses == []
        original = graph_of(document.data) if path.suffixes[0] == ".ttl" else expanded(json.loads(document.data))
        assert merged(expanded(json.loads(written))) == merged(original)

    @pytest.mark.parametrize("path", CASE, ids=lambda path: path.name)
    def test_a_case_sample_comes_back_whatever_the_order_of_its_arrays(path: Path) -> None:
        """What is refused of two samples is left out; the rest comes back all the same."""
        (document,) = open_source(path)
        assert isinstance(document, Document)
        comes_back_in_any_order(json.loads(document.data))

    @pytest.mark.parametrize("name", ["opensalt-Ordering.json", "smarterbalanced-ELAPackage4-32items-49assoc.json"])
    def test_a_command_gives_a_case_sample_back_as_valid_1_1(command: Command, name: str, tmp_path: Path) -> None:
        """By the official schema."""
        out = tmp_path / "out.json"
        command("load", REFERENCE / "standards" / "case" / "samples" / name, "--dataset", "d")
        command("export", "d", "--format", "case", "-o", out)
        schema = REFERENCE / "standards" / "case" / "schema" / "jsonschema-v1p1" / "getCFPackage-200.json"
        validator = Draft202012Validator(json.loads(schema.read_text("utf-8")), format_checker=FormatChecker())
        assert [each.message for each in validator.iter_errors(json.loads(out.read_text("utf-8")))] == []
