"""What the datasets of a release describe, as others ask for it."""

import pytest
from release_world import world

from graph.known import KnownDatasets
from graph.snapshot import DatasetInfo, Snapshot
from ontology.model import Competency, Record, Teaching, Unmapped


def info(name: str) -> DatasetInfo:
    return DatasetInfo(iri=name, name=name, format="tables", license=None, attribution=None, checksum=name)


@pytest.mark.parametrize("version", [1, 2])
def test_every_record_is_known_by_its_dataset_and_class(version: int) -> None:
    """Things and statements of every class; not what is kept for export, what is only named, or the one left out."""
    records = world(version)
    other: list[Record] = [Competency(iri="urn:other"), Teaching(iri="urn:t", subject="urn:x", competency="urn:other")]
    snapshot = Snapshot.build([(info("world"), records), (info("other"), other)], release=1)
    known = KnownDatasets(snapshot, without="none")
    for name, described in (("world", records), ("other", other)):
        for record in described:
            expected = None if isinstance(record, Unmapped) else type(record)
            assert known.type_of(record.iri) is expected
            assert known.owner(record.iri) == (name if expected else None)
    for nobody in ("urn:x", "urn:none", ""):
        assert known.type_of(nobody) is None
    left_out = KnownDatasets(snapshot, without="other")
    assert left_out.owner("urn:other") is None
    assert left_out.type_of("urn:t") is None
    assert left_out.owner(records[0].iri) == "world"


def test_a_thing_comes_before_a_statement_of_its_iri(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two with one IRI the thing counts, and IRIs with one hash are told apart."""
    monkeypatch.setattr("graph.known.hash", lambda _: 7, raising=False)
    both: list[Record] = [Competency(iri="urn:a"), Teaching(iri="urn:a", subject="urn:b", competency="urn:c")]
    known = KnownDatasets(Snapshot.build([(info("d"), both)], release=1), without="")
    assert known.type_of("urn:a") is Competency
    assert known.type_of("urn:b") is None


def test_nothing_is_known_before_the_first_release() -> None:
    """An empty snapshot describes nothing."""
    assert KnownDatasets(Snapshot.build((), release=0), without="").owner("urn:a") is None
