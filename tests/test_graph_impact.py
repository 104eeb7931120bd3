"""A dry run tells what the real run then does: on random pairs of versions, and on real ones; and what a version breaks."""

import os
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matching_worlds import worlds
from release_world import W, noon, reading

from graph.impact import Impact
from graph.loading import LoadReport, load
from graph.releases import ChangeKind, Releases
from graph.server import Connection
from graph.store import Store
from ontology.model import (
    Alignment,
    Competency,
    Course,
    Credential,
    Importance,
    JobRole,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    Resource,
    RoleLevel,
    Text,
)
from ontology.readers import Reading, read_source


@pytest.fixture(scope="module")
def store(neo4j_server: Connection) -> Iterator[Store]:
    with Store(neo4j_server) as opened:
        yield opened


def try_load(releases: Releases, store: Store | None, records: Sequence[Record], name: str = "d") -> LoadReport:
    """A dry run without a store, a load with one; removals are allowed."""
    return load(releases, reading(list(records)), store=store, dataset=name, dry_run=store is None, allow_removals=True)


def skill(name: str, replaced_by: str | None = None) -> Competency:
    return Competency(iri=W + name, labels=(Text(name, "en"),), replaced_by=replaced_by)


def asks(role: str, name: str, importance: Importance = Importance.MUST) -> Requirement:
    return Requirement(iri=f"{W}{role}-{name}", owner=W + role, target=W + name, importance=importance)


@pytest.fixture
def releases(tmp_path: Path) -> Releases:
    return Releases(tmp_path / "home", clock=noon)


# ------------------------------------------------------------------------------------------------ what breaks


BASE: list[Record] = [
    *(JobRole(iri=W + name, labels=(Text(name, "en"),)) for name in ("r1", "r2", "r3")),
    *(skill(name) for name in "abcd"),
    asks("r1", "a"),
    asks("r2", "b"),
    asks("r3", "c"),
]
OTHERS: list[Record] = [
    Alignment(iri=f"{W}a1", subject=f"{W}a", object="http://far.example/x", relation=Relation.EXACT),
    Alignment(iri=f"{W}a2", subject="http://far.example/y", object=f"{W}d", relation=Relation.CLOSE),
]


@pytest.mark.usefixtures("connection")
def test_what_a_version_breaks(releases: Releases, store: Store) -> None:
    """
    r1 asks for a as should now; b is replaced by a; d goes.
    Broken are the trees of r1 (its requirement changed) and r2 (what it asks for leads elsewhere), not r3's;
    and the alignment a2 of another dataset, whose end d is no longer described.
    """
    try_load(releases, store, BASE)
    try_load(releases, store, OTHERS, "others")
    second = [record for record in BASE if record.iri not in {f"{W}r1-a", f"{W}b", f"{W}d"}]
    second += [asks("r1", "a", Importance.SHOULD), skill("b", replaced_by=f"{W}a")]
    expected = Impact(roles=(f"{W}r1", f"{W}r2"), alignments=(f"{W}a2",))
    assert try_load(releases, None, second).impact == expected
    assert try_load(releases, store, second).impact == expected
    assert try_load(releases, store, second).impact == Impact()


@pytest.mark.usefixtures("connection")
def test_a_new_role_or_a_new_label_breaks_nothing(releases: Releases, store: Store) -> None:
    """Roles that were not there before have no tree that changes; words are no requirement."""
    try_load(releases, store, BASE)
    more = [*BASE, JobRole(iri=f"{W}r4", labels=(Text("r4", "en"),)), asks("r4", "a")]
    renamed = [
        replace(record, labels=(Text("other", "de"),)) if isinstance(record, Competency) else record for record in more
    ]
    assert try_load(releases, store, renamed).impact == Impact()


# ------------------------------------------------------------------------------------------- random versions


@st.composite
def versions(draw: st.DrawFn) -> tuple[list[Record], list[Record]]:
    """A world, and another version of it: things gone, renamed, of another importance, and some of another world."""
    first = draw(worlds()).records
    second: list[Record] = []
    for record in first:
        fate = draw(st.sampled_from(["stays", "stays", "stays", "goes", "changes"]))
        if fate == "goes" and isinstance(record, Alignment | Requirement | Course):
            continue
        if fate == "changes" and isinstance(record, Resource):
            second.append(replace(record, labels=(Text(draw(st.sampled_from("xyz")), "en"),)))
        elif fate == "changes" and isinstance(record, Requirement):
            second.append(replace(record, importance=Importance.SHOULD, importance_value=0.25))
        else:
            second.append(record)
    return first, second


def told_apart(first: Releases, before: int, after: int) -> dict[str, set[str]]:
    """What the archives of two releases say differs, by kind."""
    found: dict[str, set[str]] = {kind.value: set() for kind in ChangeKind}
    old = first.get(before) if before else None
    for change in first.diff(old, first.get(after)):
        found[change.kind.value].add(change.subject)
    return found


def by_hand(before: dict[str, Record], after: dict[str, Record]) -> Impact:
    """What breaks, by comparing all records with all records."""
    differing = {iri for iri in before.keys() | after.keys() if before.get(iri) != after.get(iri)}
    roles = set()
    for iri in differing:
        for record in (before.get(iri), after.get(iri)):
            if isinstance(record, Requirement | RequirementGroup):
                roles.add(record.owner)
            if isinstance(record, RoleLevel):
                roles.add(record.role)
    for record in before.values():
        target = before.get(record.target or "") if isinstance(record, Requirement) else None
        if isinstance(target, Competency | Course | Credential):
            comes = after.get(target.iri)
            if type(comes) is not type(target) or getattr(comes, "replaced_by", None) != target.replaced_by:
                assert isinstance(record, Requirement)
                roles.add(record.owner)
    gone = {iri for iri, record in before.items() if type(after.get(iri)) is not type(record)}
    alignments = {
        record.iri
        for record in before.values()
        if isinstance(record, Alignment) and {record.subject, record.object} & gone and record.iri not in gone
    }
    kept = {iri for iri in roles if isinstance(before.get(iri), JobRole)}
    return Impact(roles=tuple(sorted(kept)), alignments=tuple(sorted(alignments)))


@pytest.mark.usefixtures("connection")
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(pair=versions())
def test_a_dry_run_tells_what_the_load_then_does(
    tmp_path_factory: pytest.TempPathFactory, store: Store, pair: tuple[list[Record], list[Record]]
) -> None:
    """Findings, counts, changes by record and what breaks are the same; and they are what the archives then show."""
    releases = Releases(tmp_path_factory.mktemp("pair"), clock=noon)
    first = load(releases, reading(pair[0]), store=store, dataset="d", skip_broken=True)
    if first.release is None:
        return
    before = {record.iri: record for record in releases.records("d")}
    options = {"dataset": "d", "skip_broken": True, "allow_removals": True}
    tried = load(releases, reading(pair[1]), store=None, dry_run=True, **options)  # type: ignore[arg-type]
    assert releases.current() == first.release
    done = load(releases, reading(pair[1]), store=store, **options)  # type: ignore[arg-type]
    assert replace(tried, release=done.release, published=done.published) == done
    if done.release is None:
        return
    after = {record.iri: record for record in releases.records("d")}
    assert done.impact == by_hand(before, after)
    differing = told_apart(releases, 1, done.release.number)
    for kind, counted in (
        ("added", done.changes.added),
        ("changed", done.changes.changed),
        ("removed", done.changes.removed),
    ):
        assert len(differing[kind]) == sum(counted.values())
    assert done.counts.removed == len(differing["removed"])
    assert done.counts.loaded == len(differing["added"]) + len(differing["changed"])
    assert done.counts.unchanged == len(before.keys() & after.keys()) - len(differing["changed"])


# -------------------------------------------------------------------------------------------- real versions

ESCO = Path(__file__).parents[1] / "examples" / "ict" / "esco_ict.ttl"
REFERENCE = os.environ.get("HEADWATER_REFERENCE")
EDITS = 100


def a_hundred_edits(text: str, rng: random.Random) -> str:
    """ESCO's example with a hundred lines edited: skills no longer asked for, labels changed, notes gone."""
    lines = text.splitlines(keepends=True)
    editable = [
        number
        for number, line in enumerate(lines)
        if line.strip().startswith(("esco:relatedEssentialSkill", "esco:relatedOptionalSkill", "skos:altLabel"))
        and line.rstrip().endswith(";")
    ]
    for number in rng.sample(editable, EDITS):
        line = lines[number]
        lines[number] = line.replace('"', '"edited ', 1) if '"' in line else ""
    return "".join(lines)


def check_pair(releases: Releases, store: Store, first: Reading, second: Sequence[Reading]) -> LoadReport:
    """The report of a real load that a dry run told before."""
    assert load(releases, first, store=store, dataset="d").published
    options = {"dataset": "d", "allow_removals": True}
    tried = load(releases, second[0], store=None, dry_run=True, **options)  # type: ignore[arg-type]
    done = load(releases, second[1], store=store, **options)  # type: ignore[arg-type]
    assert replace(tried, release=done.release, published=done.published) == done
    assert done.published
    return done


@pytest.mark.usefixtures("connection")
def test_escos_example_with_a_hundred_edits(releases: Releases, store: Store, tmp_path: Path) -> None:
    """What the dry run tells is what the load does, and something of each kind happens."""
    edited = tmp_path / "esco_ict.ttl"
    edited.write_text(a_hundred_edits(ESCO.read_text("utf-8"), random.Random(4)), "utf-8")
    done = check_pair(releases, store, read_source(ESCO), [read_source(edited), read_source(edited)])
    assert sum(done.changes.changed.values()) > 10
    assert sum(done.changes.removed.values()) > 10
    assert done.impact.roles


if REFERENCE:
    CYBER = Path(REFERENCE) / "data" / "cyber-workforce"

    @pytest.mark.usefixtures("connection")
    def test_nice_of_2017_and_nice_2(releases: Releases, store: Store) -> None:
        """The next version of one dataset: everything of 2017 goes, everything of 2.0 comes."""
        new = CYBER / "nice_v2.0.0_components.json.gz"
        done = check_pair(releases, store, read_source(CYBER / "nice_2017"), [read_source(new), read_source(new)])
        assert done.changes.added["JobRole"] == 41
        assert "load.many-removals" in {each.code for each in done.findings}
