"""What a reference means, beside the worked table in the tests of the snapshot: forms, qualifiers, doubt, neighbours."""

import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from graph import references
from graph.references import NEAREST, fold, shortened
from graph.snapshot import DatasetInfo, ResourceType, Snapshot
from graph.strings import Strings
from ontology.errors import UnknownReferenceError
from ontology.model import (
    IDENTITY,
    Alignment,
    Code,
    Competency,
    Course,
    Credential,
    Framework,
    JobRole,
    Record,
    Relation,
    RequirementGroup,
    Scale,
    Text,
)

U = "https://example.org/"
CREDENTIAL = (ResourceType.CREDENTIAL,)
ROLE = (ResourceType.JOB_ROLE,)
COMPETENCY = (ResourceType.COMPETENCY,)
EVERY = tuple(ResourceType)[:-1]


def only(*records: Record, name: str = "drawn") -> Snapshot:
    info = DatasetInfo(iri=f"{U}d", name=name, format="tables", license=None, attribution=None, checksum="0")
    return Snapshot.build([(info, records)], release=1)


def text(*labels: str) -> tuple[Text, ...]:
    return tuple(Text(label, language) for label, language in zip(labels, ("en", "de", "fr"), strict=False))


def meant(snapshot: Snapshot, reference: str, types: tuple[ResourceType, ...] = EVERY) -> str:
    return snapshot.iris[snapshot.resolve(reference, types)].removeprefix(U)


def refused(snapshot: Snapshot, reference: str, types: tuple[ResourceType, ...] = EVERY) -> tuple[str, list[str]]:
    """Code of the refusal, and what it lists, without the common beginning."""
    with pytest.raises(UnknownReferenceError) as caught:
        snapshot.resolve(reference, types)
    return caught.value.code, [iri.removeprefix(U) for iri, _ in caught.value.candidates]


# --- folding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Security+", "security plus"),
        ("CEH (P)", "ceh(p)"),
        ("A\u00a0B\tC\n", "abc"),  # every blank, the unbreakable too
        ("ＣＥＨ", "ceh"),  # noqa: RUF001 - full width
        ("ﬁtter", "FITTER"),  # a ligature
        ("Straße", "STRASSE"),  # case folded, not only lowered
        ("Σίσυφος", "ΣΊΣΥΦΟΣ"),
        ("é", "e\u0301"),  # composed and not
        ("Level Ⅳ", "level iv"),
        ("C²", "c2"),
        ("＋", "plus"),  # noqa: RUF001 - full width
    ],
)
def test_forms_of_one_name_fold_to_one_key(one: str, other: str) -> None:
    """Case, blanks, compatibility forms (NFKC) and `+`/plus make no difference."""
    assert fold(one) == fold(other)
    snapshot = only(Credential(iri=f"{U}c", labels=text(one)))
    assert meant(snapshot, other) == meant(snapshot, one) == "c"


@pytest.mark.parametrize(("one", "other"), [("resume", "résumé"), ("C+", "C"), ("C#", "C"), ("CEH", "CEH (P)")])
def test_names_that_differ_stay_apart(one: str, other: str) -> None:
    """Accents, signs and brackets tell things apart."""
    snapshot = only(Credential(iri=f"{U}1", labels=text(one)), Credential(iri=f"{U}2", labels=text(other)))
    assert (meant(snapshot, one), meant(snapshot, other)) == ("1", "2")


LABEL = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@settings(max_examples=50)
@given(LABEL)
def test_a_label_is_found_however_it_is_typed(label: str) -> None:
    """Upper or lower case, decomposed, with blanks between the characters, with `plus` for `+`."""
    assume(fold(label))
    snapshot = only(Competency(iri=f"{U}s", labels=text(label)))
    typed = {
        label,
        f"  {label}  ",
        label.replace("+", " PLUS "),
        unicodedata.normalize("NFD", label),
        unicodedata.normalize("NFKC", label),
        label.casefold(),
    }
    if label.isascii():
        typed |= {label.upper(), label.lower(), "  ".join(label)}
    for reference in typed:
        assert meant(snapshot, reference) == "s"


# --- IRIs and codes ---------------------------------------------------------------------------------------------------


def test_an_iri_is_taken_as_it_is() -> None:
    """An IRI is not folded: in other case it is unknown. Blanks around it do no harm."""
    snapshot = only(JobRole(iri=f"{U}Role/A"))
    assert meant(snapshot, f" {U}Role/A\n") == "Role/A"
    assert refused(snapshot, f"{U}role/a")[0] == "reference.unknown"


def test_an_iri_goes_before_a_label_and_a_code_before_a_label() -> None:
    """One thing's IRI is another's label, one's code another's label: the IRI, then the code, decides."""
    snapshot = only(
        JobRole(iri=f"{U}r/1", labels=text("511")),
        JobRole(iri=f"{U}r/2", labels=text(f"{U}r/1"), codes=(Code("opm", "511"),)),
    )
    assert meant(snapshot, f"{U}r/1") == "r/1"
    assert meant(snapshot, "511") == "r/2"


@pytest.mark.parametrize(
    "reference",
    [
        "opm:511",
        "OPM/511",
        "o p m : 5 1 1",
        "nice:511",  # abbreviation of the framework
        "NICE Framework/511",  # its label
        "rahmenwerk: 511",  # in another language
        "workforce frame/511",  # its alternative label
        "v2.1/511",  # a segment of its IRI
        "drawn:511",  # the dataset
    ],
)
def test_a_code_may_follow_the_name_of_where_it_is_from(reference: str) -> None:
    """System, framework (code, labels, segment of the IRI) or dataset, then `:` or `/`, folded. The other 511 is dcwf's."""
    snapshot = only(
        Framework(
            iri=f"{U}frames/v2.1",
            labels=text("NICE Framework", "Rahmenwerk"),
            alternative_labels=text("Workforce Frame"),
            codes=(Code("abbreviation", "NICE"),),
        ),
        JobRole(iri=f"{U}r/nice", codes=(Code("opm", "511"),), framework=f"{U}frames/v2.1"),
        name="drawn",
    )
    assert meant(snapshot, reference) == "r/nice"
    assert refused(snapshot, "dcwf:511")[0] == "reference.unknown"


def test_an_iri_of_our_own_pattern_names_its_source() -> None:
    """https://w3id.org/headwater/id/dod8140/… may be called dod8140/<code>, with no framework and in any dataset."""
    snapshot = only(
        Course(iri=f"{IDENTITY}dod8140/x", codes=(Code("number", "7"),)), Course(iri=f"{U}y", codes=(Code("no", "7"),))
    )
    assert meant(snapshot, "dod8140/7") == f"{IDENTITY}dod8140/x"
    assert meant(snapshot, "no:7") == "y"
    assert refused(snapshot, "drawn:7")[0] == "reference.ambiguous"


def test_codes_and_names_may_hold_colons_and_slashes() -> None:
    """Every place of `:` and `/` is tried: `a/b:urn:x/1` is the system `a/b` with the code `urn:x/1`."""
    snapshot = only(JobRole(iri=f"{U}r", codes=(Code("a/b", "urn:x/1"),)), JobRole(iri=f"{U}q"))
    assert meant(snapshot, "a/b:urn:x/1") == meant(snapshot, "urn:x/1") == "r"
    assert refused(snapshot, "a:urn:x/1")[0] == "reference.unknown"


def test_a_reference_costs_little_however_long_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A million separators: as many look-ups as for sixteen, since each costs as much as the reference is long."""
    snapshot = only(JobRole(iri=f"{U}r", codes=(Code("opm", "511"),), labels=text("Analyst")))
    counted: list[int] = []
    find_sorted = Strings.find_sorted

    def counting(table: Strings, key: str) -> int:
        counted.append(len(key))
        return find_sorted(table, key)

    monkeypatch.setattr(Strings, "find_sorted", counting)
    assert refused(snapshot, "a:" * 16)[0] == "reference.unknown"
    few = len(counted)
    counted.clear()
    assert refused(snapshot, "a:" * 500_000)[0] == "reference.unknown"
    assert len(counted) == few


def test_a_long_reference_is_compared_by_its_beginning() -> None:
    """A name with a page of text behind it still has its neighbour: what is compared has a bound."""
    name = "Analysis of systems that defend networks against everything that is not wanted in them, at all times of the day"
    name = f"{name}, and of the people who run them: {name}"[: references._COMPARED_CHARACTERS]
    snapshot = only(JobRole(iri=f"{U}r", labels=text(name)))
    assert refused(snapshot, name + " and so on" * 20_000) == ("reference.unknown", ["r"])


# --- doubt ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["codes", "labels", "alternative_labels"])
def test_what_stays_ambiguous_lists_every_candidate(place: str) -> None:
    """Two roles share a code, a label, an alternative label: both are listed with their labels, by IRI; a hint says what to do."""
    shared = {"codes": (Code("x", "Same"),), "labels": text("Same"), "alternative_labels": text("Same")}[place]
    snapshot = only(*(JobRole(iri=f"{U}{n}", **{place: shared}) for n in (2, 1)))  # type: ignore[arg-type]
    with pytest.raises(UnknownReferenceError) as caught:
        snapshot.resolve("same", ROLE)
    assert (caught.value.code, caught.value.subject) == ("reference.ambiguous", "same")
    label = "Same" if place == "labels" else None
    assert caught.value.candidates == ((f"{U}1", label or f"{U}1"), (f"{U}2", label or f"{U}2"))
    assert caught.value.hint


def test_a_label_in_two_languages_of_one_thing_is_one_thing() -> None:
    """`Training` in English and German, a code twice: not ambiguous."""
    codes = (Code("a", "training"), Code("b", "training"))
    assert meant(only(Course(iri=f"{U}k", labels=text("Training", "training"), codes=codes)), "Training") == "k"


def test_a_qualifier_ends_the_doubt() -> None:
    """7 is a code of three; `b:7` is of two of them; `c:7` of one."""
    snapshot = only(*(JobRole(iri=f"{U}{n}", codes=(Code(system, "7"),)) for n, system in enumerate("bbc")))
    assert refused(snapshot, "7") == ("reference.ambiguous", ["0", "1", "2"])
    assert refused(snapshot, "b:7") == ("reference.ambiguous", ["0", "1"])
    assert meant(snapshot, "c:7") == "2"


# --- successors -------------------------------------------------------------------------------------------------------


def test_the_type_asked_for_is_that_of_the_successor() -> None:
    """A course became a credential: it is found among credentials, not among courses."""
    snapshot = only(
        Course(iri=f"{U}old", labels=text("Old"), replaced_by=f"{U}new"), Credential(iri=f"{U}new", labels=text("New"))
    )
    assert meant(snapshot, "old", CREDENTIAL) == "new"
    assert refused(snapshot, "old", (ResourceType.COURSE,))[0] == "reference.unknown"


def test_two_that_were_joined_are_one() -> None:
    """1 and 2 share a label and lead to 3; 4 goes in a ring with 5 and stays what it is."""
    snapshot = only(
        JobRole(iri=f"{U}1", labels=text("Same"), replaced_by=f"{U}3"),
        JobRole(iri=f"{U}2", labels=text("Same"), replaced_by=f"{U}1"),
        JobRole(iri=f"{U}3", labels=text("Three")),
        JobRole(iri=f"{U}4", labels=text("Four"), replaced_by=f"{U}5"),
        JobRole(iri=f"{U}5", labels=text("Five"), replaced_by=f"{U}4"),
    )
    assert [meant(snapshot, name) for name in ("same", "three", "four", "five")] == ["3", "3", "4", "5"]


@settings(max_examples=50)
@given(st.lists(st.integers(-1, 7), min_size=1, max_size=8))
def test_successors_are_followed_as_one_walks_them(following: list[int]) -> None:
    """From every thing on, step by step, to where nothing follows; whatever comes back to a place seen stays where it began."""
    records = [
        JobRole(iri=f"{U}{n}", replaced_by=None if to < 0 else f"{U}{to}")  # a number that is no record: not described
        for n, to in enumerate(following)
    ]
    snapshot = only(*records)
    for start in range(len(following)):
        at, seen = start, {start}
        while 0 <= following[at] < len(following):
            at = following[at]
            if at in seen:
                at = start
                break
            seen.add(at)
        assert meant(snapshot, f"{U}{start}") == str(at)


# --- neighbours -------------------------------------------------------------------------------------------------------


def test_the_nearest_are_the_most_alike_then_by_iri() -> None:
    """For `Welder`: two called Weldr, by IRI, before Welding; Musician is not alike. Of nine that are, five."""
    names = ["Musician", "Weldr", "Weldr", "Welding"]
    snapshot = only(*(JobRole(iri=f"{U}{n}", labels=text(name)) for n, name in enumerate(names)))
    assert refused(snapshot, "Welder", ROLE) == ("reference.unknown", ["1", "2", "3"])
    many = only(*(JobRole(iri=f"{U}{n}", labels=text(f"Welder {n}")) for n in range(9)))
    code, near = refused(many, "Weldr", ROLE)
    assert (code, near) == ("reference.unknown", ["0", "1", "2", "3", "4"])
    assert len(near) == NEAREST


def test_neighbours_are_found_by_code_and_by_part_and_at_their_successor() -> None:
    """`opm511x` is near a code, `defensive` is part of a label; the superseded is listed as what it became."""
    snapshot = only(
        JobRole(iri=f"{U}coded", codes=(Code("opm", "OPM-511"),)),
        JobRole(iri=f"{U}old", labels=text("Defensive cybersecurity analyst at sea"), replaced_by=f"{U}new"),
        JobRole(iri=f"{U}new", labels=text("Something else")),
    )
    assert refused(snapshot, "opm511", ROLE)[1] == ["coded"]
    assert refused(snapshot, "defensive", ROLE)[1] == ["new"]


def test_only_neighbours_of_the_type_asked_for_are_listed() -> None:
    """A competency of almost the name is nothing to somebody who asks for a role; the message names the type."""
    snapshot = only(Competency(iri=f"{U}s", labels=text("Welding")), JobRole(iri=f"{U}r", labels=text("Weldings")))
    assert refused(snapshot, "Weldin", ROLE)[1] == ["r"]
    assert refused(snapshot, "Weldin", COMPETENCY)[1] == ["s"]
    with pytest.raises(UnknownReferenceError, match="no job role or course that is loaded"):
        snapshot.resolve("Weldin", (ResourceType.JOB_ROLE, ResourceType.COURSE))


def test_what_nobody_describes_is_no_answer() -> None:
    """An IRI that only an alignment names is in the snapshot and means nothing that can be asked for."""
    snapshot = only(
        Competency(iri=f"{U}s"), Alignment(iri=f"{U}a", subject=f"{U}s", object=f"{U}hub", relation=Relation.EXACT)
    )
    assert snapshot.find_row(f"{U}hub") >= 0
    assert refused(snapshot, f"{U}hub")[0] == "reference.unknown"


# --- languages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "used"),
    [
        ("fr-CA", "fr"),
        ("de-AT", "de"),
        ("de-at-1996", "de"),
        ("zh-Hant-TW", "zh-Hant"),
        ("ZH-HANT-HK", "zh-Hant"),
        ("zh", "en"),  # a range is never made longer
        ("*", "en"),
        ("", "en"),
        ("it", "en"),
    ],
)
def test_labels_of_things_scales_and_groups_fall_back_alike(asked: str, used: str) -> None:
    """Lookup by RFC 4647, section 3.4: fr-CA is served by fr, zh-Hant-TW by zh-Hant; then English. The tag used is told."""
    labels = tuple(Text(f"in {tag}", tag) for tag in ("de", "en", "fr", "zh-Hant"))
    snapshot = only(
        JobRole(iri=f"{U}r", labels=labels),
        Scale(iri=f"{U}x", labels=labels, minimum=0, maximum=1),
        RequirementGroup(iri=f"{U}g", owner=f"{U}r", labels=labels),
        RequirementGroup(iri=f"{U}h", owner=f"{U}r"),
    )
    expected = (f"in {used}", used)
    assert snapshot.label(0, [asked]) == snapshot.scale_label(0, [asked]) == snapshot.node_label(0, [asked]) == expected
    assert snapshot.node_label(1, [asked]) is None


def test_each_range_is_shortened_before_the_next_is_looked_at() -> None:
    """["fr-CA", "de"]: fr serves the first range, so that German, which is there as well, is not used."""
    labels = (Text("deutsch", "de"), Text("français", "fr"))
    snapshot = only(JobRole(iri=f"{U}r", labels=labels))
    assert snapshot.label(0, ["fr-CA", "de"]) == ("français", "fr")
    assert snapshot.label(0, ["pt-BR", "de-CH"]) == ("deutsch", "de")


def test_a_scale_without_label_is_called_by_its_iri() -> None:
    """As a thing is: its IRI, undetermined."""
    snapshot = only(Scale(iri=f"{U}x", minimum=0, maximum=1))
    assert snapshot.scale_label(0, ["en"]) == (f"{U}x", "und")


def test_a_long_reference_is_not_told_back_whole() -> None:
    """An error repeats the beginning of what was given, not a megabyte of it."""
    assert shortened("x" * 200) == "x" * 200
    assert shortened("x" * 1_000_000) == "x" * 200 + "..."
