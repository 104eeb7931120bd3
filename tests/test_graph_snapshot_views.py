"""Views of some datasets equal what is built from these alone; a save that is killed leaves the file as it was."""

import signal
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_worlds import World, worlds

from graph.arrayfile import DIGEST_BYTES
from graph.layout import stored_arrays
from graph.snapshot import DatasetInfo, Snapshot
from graph.snapshot_build import build_columns
from ontology.errors import DamagedError
from ontology.model import (
    Code,
    Competency,
    Course,
    Credential,
    Framework,
    JobRole,
    Money,
    Record,
    RequirementGroup,
    Scale,
    Text,
)

U = "https://example.org/"
NAMES = ("one", "three", "two")
ROOT = Path(__file__).parent.parent
WAITING_SECONDS = 60


def info(name: str) -> DatasetInfo:
    return DatasetInfo(iri=f"{U}d/{name}", name=name, format="tables", license=None, attribution=None, checksum="0")


def build(*records: Record, release: int = 1) -> Snapshot:
    return Snapshot.build([(info("one"), records)], release=release)


# --- views ------------------------------------------------------------------------------------------------------------

TEXTS = st.lists(
    st.builds(Text, st.sampled_from(["", "Welding", "Schweißen", "C++"]), st.sampled_from(["de", "en", "fr-CA", "und"])),
    max_size=3,
    unique_by=lambda text: text.language,
).map(tuple)  # fmt: skip
CODES = st.lists(
    st.builds(Code, st.sampled_from("ab"), st.sampled_from(["511", "5 11", "C+"])), max_size=2, unique=True
)
COSTS = st.none() | st.builds(Money, st.integers(0, 9_999_999), st.sampled_from(["EUR", "JPY"]))
DAYS = st.none() | st.decimals(0, 9999, places=6)


@st.composite
def described(draw: st.DrawFn, record: Record) -> Record:
    """The record with what matching does not look at: labels, codes, figures, framework."""
    if isinstance(record, RequirementGroup | Scale):
        return replace(record, labels=draw(TEXTS))
    if not isinstance(record, Competency | Course | Credential | JobRole):
        return record
    record = replace(
        record,
        labels=draw(TEXTS),
        alternative_labels=tuple(sorted(draw(TEXTS))),
        codes=tuple(sorted(draw(CODES.map(tuple)))),
        framework=draw(st.sampled_from([None, f"{U}frame", f"{U}elsewhere"])),
        url=draw(st.sampled_from([None, f"{U}page"])),
    )
    if isinstance(record, Course):
        return replace(
            record, provider=draw(st.sampled_from([None, "College"])), cost=draw(COSTS), duration_days=draw(DAYS)
        )
    if isinstance(record, Credential):
        kind = draw(st.sampled_from([None, "degree"]))
        return replace(record, kind=kind, issuer="Issuer", cost=draw(COSTS), duration_days=draw(DAYS))
    return record


@settings(max_examples=30)
@given(worlds(), st.sets(st.sampled_from(NAMES)), st.data())
def test_a_view_equals_what_is_built_from_its_datasets_alone(
    world: World, names: set[str], data: st.DataObject
) -> None:
    """Records of a random world spread over three datasets: every column of the view is that of a build of the rest.

    Scales stay from everywhere: levels are read by them.
    """
    records: list[Record] = [Framework(iri=f"{U}frame"), *(data.draw(described(record)) for record in world.records)]
    owners = data.draw(st.lists(st.sampled_from(NAMES), min_size=len(records), max_size=len(records)))
    datasets = [(info(name), [r for r, owner in zip(records, owners, strict=True) if owner == name]) for name in NAMES]
    view = Snapshot.build(datasets, release=3).restrict(names)
    kept = [name for name in NAMES if name in names]
    own = [
        (kept.index(owner) if owner in kept else -1, record)
        for record, owner in zip(records, owners, strict=True)
        if owner in kept or isinstance(record, Scale)
    ]
    assert (view.release, [each.name for each in view.datasets]) == (3, kept)
    expected, found = stored_arrays(build_columns(own)), stored_arrays(view.columns)
    for name, array in expected.items():
        np.testing.assert_array_equal(found[name], array, err_msg=name)


def test_a_view_of_a_view_is_a_view() -> None:
    """two of (one, two) is two; nothing of anything is an empty release that still reads."""
    datasets = [(info(name), [JobRole(iri=f"{U}{name}", labels=(Text(name, "en"),))]) for name in NAMES]
    snapshot = Snapshot.build(datasets, release=1)
    twice, once = snapshot.restrict(["one", "two"]).restrict(["two"]), snapshot.restrict(["two"])
    assert list(twice.iris) == list(once.iris) == [f"{U}two"]
    assert len(snapshot.restrict([]).iris) == 0


def test_lengths_survive_a_view_to_the_last_decimal() -> None:
    """0.1 + six decimals: a length is counted in millionths of a day, not in floats."""
    days = Decimal("1234.000001")
    view = build(Course(iri=f"{U}k", duration_days=days)).restrict(["one"])
    assert view.duration.tolist() == [1_234_000_001]


# --- saving -----------------------------------------------------------------------------------------------------------

KILLED = """
import os, pathlib, signal, sys
from graph import arrayfile
from graph.snapshot import DatasetInfo, Snapshot
from ontology.model import JobRole

def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

where, path = sys.argv[1], pathlib.Path(sys.argv[2])
if where == "writing":
    written = []
    contiguous = arrayfile.np.ascontiguousarray
    def some(array, dtype):
        written.append(array)
        return contiguous(array, dtype) if len(written) < 20 else die()
    arrayfile.np.ascontiguousarray = some
elif where == "fsync":
    os.fsync = die
elif where == "rename":
    pathlib.Path.replace = die
info = DatasetInfo(iri="urn:d", name="d", format="tables", license=None, attribution=None, checksum="0")
Snapshot.build([(info, [JobRole(iri="urn:new")])], release=2).save(path)
"""


@pytest.mark.parametrize(("where", "release"), [("writing", 1), ("fsync", 1), ("rename", 1), ("nowhere", 2)])
def test_a_save_that_is_killed_leaves_the_file_as_it_was(tmp_path: Path, where: str, release: int) -> None:
    """kill -9 between two arrays, before the fsync, before the rename: the old file is whole; not killed, it is the new."""
    path = tmp_path / "s"
    build(JobRole(iri="urn:old")).save(path)
    before = path.read_bytes()
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, where, str(path)], cwd=ROOT, timeout=WAITING_SECONDS, check=False
    ).returncode
    assert ended == (0 if where == "nowhere" else -signal.SIGKILL)
    assert Snapshot.open(path).release == release
    assert (path.read_bytes() == before) == (release == 1)


def test_every_part_of_the_file_is_covered_by_its_checksum(tmp_path: Path) -> None:
    """A bit in the magic, the length, the directory, the first and last array, the padding, the checksum: each is told."""
    build(JobRole(iri=f"{U}r", labels=(Text("Role", "en"),))).save(tmp_path / "s")
    whole = (tmp_path / "s").read_bytes()
    text = whole.find(b"Role")
    places = {"magic": 0, "length": 8, "directory": 20, "array": text, "last": len(whole) - DIGEST_BYTES - 1}
    places |= {"checksum": len(whole) - DIGEST_BYTES, "end": len(whole) - 1}
    assert text > 0
    for part, place in places.items():
        damaged = bytearray(whole)
        damaged[place] ^= 1
        (tmp_path / "s").write_bytes(damaged)
        with pytest.raises(DamagedError) as caught:
            Snapshot.open(tmp_path / "s")
        assert caught.value.code == "snapshot.damaged", part
        assert caught.value.hint
    for length in (0, 1, 15, 47, DIGEST_BYTES, len(whole) // 2, len(whole) - DIGEST_BYTES, len(whole) - 1):
        (tmp_path / "s").write_bytes(whole[:length])
        with pytest.raises(DamagedError, match=r"snapshot|checksum"):
            Snapshot.open(tmp_path / "s")
