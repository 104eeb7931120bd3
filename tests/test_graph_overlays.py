"""Overlays laid over hand-drawn networks, and over random worlds against a plain reading of docs/overlays.md."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_worlds import World, worlds

from graph.layout import DatasetInfo, stored_arrays
from graph.overlays import (
    Overlay,
    amended,
    compose,
    digest,
    fitting,
)
from graph.snapshot import Snapshot
from ontology.amendments import amendment_iri, datasets_under, is_overlay, make_header, overlay_iri
from ontology.model import (
    Alignment,
    Amendment,
    Awarding,
    Competency,
    Course,
    Credential,
    Framework,
    Importance,
    JobRole,
    Level,
    LevelMapping,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Scale,
    ScaleLevel,
    Teaching,
    Text,
)
from ontology.rdf import from_nquads_lines, to_nquads_lines

U = "https://example.org/"
FIVE = Scale(iri=f"{U}five", minimum=0, maximum=5)


def info(name: str, kind: str = "tables") -> DatasetInfo:
    return DatasetInfo(iri=f"{U}d/{name}", name=name, format=kind, license=None, attribution=None, checksum="0")


def build(*records: Record) -> Snapshot:
    return Snapshot.build([(info("base"), records)], release=7)


def lay(base: Snapshot, *overlays: Sequence[Record], names: Sequence[str] | None = None) -> Snapshot:
    """The view with overlays named o0, o1, ... in their order."""
    laid = [Overlay(info=info(f"o{i}", "overlay"), records=tuple(each)) for i, each in enumerate(overlays)]
    return compose(base, laid, names).snapshot


def change(target: str, **changes: object) -> Amendment:
    return Amendment(iri=amendment_iri("o", f"{U}{target}"), target=f"{U}{target}", **changes)  # type: ignore[arg-type]


def drop(target: str) -> Amendment:
    return change(target, removed=True)


def described(snapshot: Snapshot) -> list[str]:
    """Names of what is described, by IRI."""
    return [iri.removeprefix(U) for row, iri in enumerate(snapshot.iris) if snapshot.dataset[row] >= 0]


def nodes(snapshot: Snapshot) -> list[str]:
    return sorted(iri.removeprefix(U) for iri in snapshot.node_iris)


def need(name: str, target: str | None, group: str | None = None, **fields: object) -> Requirement:
    return Requirement(
        iri=f"{U}{name}",
        owner=f"{U}role",
        group=None if group is None else f"{U}{group}",
        target=None if target is None else f"{U}{target}",
        **fields,  # type: ignore[arg-type]
    )


ROLE = JobRole(iri=f"{U}role", labels=(Text("Nurse", "en"), Text("Pflegekraft", "de")))
TREE: tuple[Record, ...] = (
    FIVE,
    ROLE,
    *(Competency(iri=f"{U}c{n}", labels=(Text(f"Skill {n}", "en"),)) for n in range(5)),
    Course(iri=f"{U}course"),
    Teaching(iri=f"{U}t", subject=f"{U}course", competency=f"{U}c1", level=Level(f"{U}five", 2)),
    Alignment(iri=f"{U}a", subject=f"{U}c1", object=f"{U}c2", relation=Relation.CLOSE),
    need("n0", "c0", level=Level(f"{U}five", 3)),
    RequirementGroup(iri=f"{U}two", owner=f"{U}role", minimum=2),
    RequirementGroup(iri=f"{U}any", owner=f"{U}role", parent=f"{U}two", minimum=1),
    need("n1", "c1", "any"),
    need("n2", "c2", "any"),
    need("n3", "c3", "two"),
)


def test_a_removed_competency_takes_what_says_something_of_it() -> None:
    """role asks n0(c0) and two(2 of any(c1 | c2), c3): without c1 its teaching, its alignment and n1 go, any stays with c2."""
    found = lay(build(*TREE), [drop("c1")])
    assert described(found) == ["c0", "c2", "c3", "c4", "course", "role"]
    assert nodes(found) == ["any", "n0", "n2", "n3", "two"]
    assert (len(found.teaches_iris), len(found.alignment_iris)) == (0, 0)


def test_a_group_with_too_few_children_left_goes_and_takes_its_children() -> None:
    """Without n1 and n2 the group any is empty; two, which asks for 2 of any and n3, can never hold, and goes with n3."""
    found = lay(build(*TREE), [drop("n1"), drop("n2")])
    assert nodes(found) == ["n0"]
    assert described(found) == described(build(*TREE))


def test_a_removed_requirement_leaves_its_group() -> None:
    """any(c1 | c2) without n1 still asks for c2."""
    assert nodes(lay(build(*TREE), [drop("n1")])) == ["any", "n0", "n2", "n3", "two"]


def test_a_removed_role_takes_its_tree_and_its_levels() -> None:
    """Nothing of the tree stays; what it asked for does."""
    level = RoleLevel(iri=f"{U}level", role=f"{U}role", name="Basic", rank=1)
    found = lay(build(*TREE, level), [drop("role")])
    assert (nodes(found), len(found.level_iris)) == ([], 0)
    assert described(found) == ["c0", "c1", "c2", "c3", "c4", "course"]


def test_a_removed_parent_or_successor_is_a_link_less_and_nothing_more() -> None:
    """c1 below c0 and c2, c3 replaced by c0: without c0 c1 is below c2 alone, c3 stands for itself."""
    base = build(
        *(Competency(iri=f"{U}{name}") for name in ("c0", "c2")),
        Competency(iri=f"{U}c1", broader=(f"{U}c0", f"{U}c2")),
        Competency(iri=f"{U}c3", replaced_by=f"{U}c0"),
    )
    found = lay(base, [drop("c0")])
    assert list(found.iris) == [f"{U}c1", f"{U}c2", f"{U}c3"]
    assert (found.broader.tolist(), found.canonical.tolist()) == ([1], [0, 1, 2])


def test_a_removed_framework_takes_its_members_and_a_removed_scale_the_levels_on_it() -> None:
    """c of the framework goes; what n0 and the course said on the scale is no longer said."""
    base = build(Framework(iri=f"{U}f"), Competency(iri=f"{U}c", framework=f"{U}f"), Competency(iri=f"{U}d"))
    assert described(lay(base, [drop("f")])) == ["d"]
    found = lay(build(*TREE), [drop("five")])
    assert nodes(found) == nodes(build(*TREE))
    assert len(found.scale_iris) == 0
    assert np.isnan(found.node_value).all()


def test_names_weights_and_levels_are_changed_and_the_rest_stays() -> None:
    """Nurse is a Registered nurse in English and still a Pflegekraft; n0 weighs 0.25 at level 1; the group is a should."""
    found = lay(
        build(*TREE),
        [
            change("role", labels=(Text("Registered nurse", "en"), Text("Infirmier", "fr"))),
            change("n0", importance_value=0.25, level=Level(f"{U}five", 1)),
            change("two", importance=Importance.SHOULD, labels=(Text("Two of these", "en"),)),
            change("t", level=Level(f"{U}five", 4)),
        ],
    )
    row = found.find_row(f"{U}role")
    labels = [(found.label_texts[i], found.label_languages[i]) for i in found.span("label_offsets", row)]
    assert labels == [("Pflegekraft", "de"), ("Registered nurse", "en"), ("Infirmier", "fr")]
    place = list(found.node_iris).index(f"{U}n0")
    assert (found.node_must[place], found.node_importance[place], found.node_value[place]) == (False, 0.25, 1)
    group = list(found.node_iris).index(f"{U}two")
    assert (found.node_must[group], found.node_label(group)) == (False, ("Two of these", "en"))
    assert found.teaches_value.tolist() == [4]


def test_a_must_loses_its_grade_and_a_should_may_have_none() -> None:
    """Importance and its value change together."""
    graded = need("n", "c", importance=Importance.SHOULD, importance_value=0.5)
    must = amended(graded, change("n", importance=Importance.MUST))
    assert isinstance(must, Requirement)
    assert (must.importance, must.importance_value) == (Importance.MUST, None)
    plain = amended(graded, change("n", importance=Importance.SHOULD))
    assert isinstance(plain, Requirement)
    assert (plain.importance, plain.importance_value) == (Importance.SHOULD, None)


def test_additions_stand_where_nothing_is_and_owners_are_believed() -> None:
    """The overlay's local skill and requirement are there; what it says c0 is called is not: c0 is described already."""
    found = lay(
        build(*TREE),
        [Competency(iri=f"{U}local"), need("extra", "local"), Competency(iri=f"{U}c0", labels=(Text("Mine", "en"),))],
    )
    assert found.find_row(f"{U}local") >= 0
    assert "extra" in nodes(found)
    assert found.label(found.find_row(f"{U}c0")) == ("Skill 0", "en")
    assert found.datasets[found.dataset[found.find_row(f"{U}local")]].name == "o0"


def test_overlays_apply_in_the_order_given() -> None:
    """The second renames what the first renamed, and takes out what the first added; the other way round it does not."""
    first: list[Record] = [change("c0", labels=(Text("One", "en"),)), Competency(iri=f"{U}local")]
    second: list[Record] = [change("c0", labels=(Text("Two", "en"),)), drop("local")]
    base = build(*TREE)
    forwards, backwards = lay(base, first, second), lay(base, second, first)
    assert forwards.label(forwards.find_row(f"{U}c0")) == ("Two", "en")
    assert backwards.label(backwards.find_row(f"{U}c0")) == ("One", "en")
    assert (forwards.find_row(f"{U}local") >= 0, backwards.find_row(f"{U}local") >= 0) == (False, True)


def test_an_amendment_of_nothing_changes_nothing() -> None:
    """Not even by a column."""
    base = build(*TREE)
    found = compose(base, [Overlay(info=info("o0", "overlay"), records=(drop("elsewhere"),))]).snapshot
    assert [each.name for each in found.datasets] == ["base", "o0"]
    check_same(found, base)


def test_what_does_not_fit_is_told_and_left() -> None:
    """A weight for a competency, a name for a requirement, a level for a group."""
    competency, group = Competency(iri=f"{U}c"), RequirementGroup(iri=f"{U}g", owner=f"{U}r")
    for record, amendment in (
        (competency, change("c", importance=Importance.MUST)),
        (need("n", "c"), change("n", labels=(Text("x"),))),
        (group, change("g", level=Level(f"{U}five", 1))),
        (FIVE, change("five", descriptions=(Text("x"),))),
    ):
        assert not fitting(record, amendment)
        assert amended(record, amendment) == record
    assert fitting(competency, change("c", labels=(Text("x"),), descriptions=(Text("y"),)))


def test_what_an_overlay_is_survives_its_file() -> None:
    """The header, which says over what; amendments, which say all that they change; a file of additions with a header."""
    header = make_header("region", over=["skills", "jobs"], labels=[Text("North", "en")], license="CC0")
    records: list[Record] = [
        header,
        change("n0", removed=True, importance_value=0.5, level=Level(f"{U}five", 1), was="f" * 64),
    ]
    lines = sorted(line for record in records for line in to_nquads_lines(record, f"{U}g"))
    found = list(from_nquads_lines(lines))
    assert sorted(found, key=lambda record: record.iri) == sorted(records, key=lambda record: record.iri)
    assert header.iri == overlay_iri("region")
    assert datasets_under(found) == ("jobs", "skills")
    assert is_overlay(found)
    assert is_overlay([header])
    assert not is_overlay([Framework(iri=header.iri), *TREE])


def test_the_digest_tells_a_change_of_what_is_said_and_nothing_else() -> None:
    """Another label is another digest, the same words the same one."""
    assert digest(ROLE) == digest(replace(ROLE)) != digest(replace(ROLE, url="https://example.org/"))


# --- random worlds ----------------------------------------------------------------------------------------------------


def plainly(records: Sequence[Record], amendments: Sequence[Amendment], additions: Sequence[Record]) -> list[Record]:
    """docs/overlays.md read word for word, by going round until nothing changes."""
    found = [*records, *(each for each in additions if each.iri not in {record.iri for record in records})]
    gone = {each.target for each in amendments if each.removed}
    before = -1
    while before != len(gone):
        before = len(gone)
        for each in found:
            links: list[str | None] = []
            if isinstance(each, Requirement):
                links = [each.owner, each.role_level, each.group, each.target]
            elif isinstance(each, RequirementGroup):
                links = [each.owner, each.role_level, each.parent]
                inside = [n for n in found if each.iri in (getattr(n, "group", None), getattr(n, "parent", None))]
                staying = [n for n in inside if n.iri not in gone]
                if len(staying) < len(inside) and len(staying) < (each.minimum or 1):
                    gone.add(each.iri)
            elif isinstance(each, Teaching):
                links = [each.subject, each.competency]
            elif isinstance(each, Awarding):
                links = [each.course, each.credential]
            elif isinstance(each, Alignment):
                links = [each.subject, each.object]
            elif isinstance(each, RoleLevel):
                links = [each.role]
            elif isinstance(each, ScaleLevel):
                links = [each.level.scale]
            elif isinstance(each, LevelMapping):
                links = [each.level.scale, each.matched.scale]
            described = {record.iri for record in found}
            if any(link in gone and link in described for link in links):
                gone.add(each.iri)
    kept = []
    for each in found:
        if each.iri in gone:
            continue
        if isinstance(each, Competency):
            each = replace(each, broader=tuple(iri for iri in each.broader if iri not in gone))
        if isinstance(each, Competency | Course | Credential | JobRole) and each.replaced_by in gone:
            each = replace(each, replaced_by=None)
        if isinstance(each, Requirement | Teaching) and each.level is not None and each.level.scale in gone:
            each = replace(each, level=None)
        for amendment in amendments:
            if amendment.target == each.iri:
                each = amended(each, amendment)
        kept.append(each)
    return kept


def check_same(found: Snapshot, expected: Snapshot) -> None:
    """Column by column."""
    for name, array in stored_arrays(expected.columns).items():
        if not name.endswith("dataset"):
            np.testing.assert_array_equal(stored_arrays(found.columns)[name], array, err_msg=name)


@settings(max_examples=40)
@given(worlds(), st.data())
def test_a_view_is_what_is_built_from_edited_records(world: World, data: st.DataObject) -> None:
    """Random removals, weights and additions over a random world: every column as of a build of the records edited plainly."""
    records = world.records
    split = data.draw(st.integers(0, len(records)))
    lasting = (JobRole, Competency, Scale, Course, Credential, RoleLevel, RequirementGroup)
    base = [record for place, record in enumerate(records) if isinstance(record, lasting) or place < split]
    additions = [record for record in records if record not in base]
    targets = data.draw(st.lists(st.sampled_from([each.iri for each in records]), unique=True, max_size=4))
    amendments = [
        Amendment(
            iri=f"{U}am/{number}",
            target=target,
            removed=data.draw(st.booleans()),
            importance=data.draw(st.sampled_from([None, *Importance])),
            labels=data.draw(st.sampled_from([(), (Text("Other", "en"),)])),
        )
        for number, target in enumerate(targets)
    ]
    found = lay(build(*base), [*additions, *amendments])
    check_same(found, build(*plainly(base, amendments, additions)))
