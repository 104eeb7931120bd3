"""Challenges: given without keeping anything, answered once, in time and by whom they were given to."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from graph import challenges
from graph.challenges import FOLDER, SECONDS, Challenges

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Clock:
    """An instant that a test sets."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def test_a_challenge_is_answered_once(tmp_path: Path) -> None:
    """By whom it was given to, also where another process gave it; looking at it does not answer it."""
    one, other = Challenges(tmp_path, clock=Clock()), Challenges(tmp_path, clock=Clock())
    text = one.give("key 1").text
    assert other.find_fault(text, "key 1", use=False) is None
    assert "not given here" in str(other.find_fault(text, "key 2"))
    assert other.find_fault(text, "key 1") is None
    assert "before" in str(one.find_fault(text, "key 1"))
    assert "before" in str(one.find_fault(text, "key 1", use=False))
    assert Challenges(tmp_path / "elsewhere").find_fault(text, "key 1") is not None


def test_its_time_is_over_to_the_second(tmp_path: Path) -> None:
    clock = Clock()
    given = Challenges(tmp_path, clock=clock)
    first, second = given.give(), given.give()
    assert (first.ends_at, first.text != second.text) == (NOW + timedelta(seconds=SECONDS), True)
    clock.now = first.ends_at - timedelta(milliseconds=1)
    assert given.find_fault(first.text) is None
    clock.now = first.ends_at
    assert "over" in str(given.find_fault(second.text))


def test_no_changed_challenge_counts(tmp_path: Path) -> None:
    """Every bit that is flipped, every character that is cut off, and what is no challenge at all."""
    given = Challenges(tmp_path, clock=Clock())
    text = given.give().text
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    for bit in range(8 * len(content)):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        assert given.find_fault(base64.urlsafe_b64encode(changed).decode().rstrip("=")) is not None
    for bad in (*(text[:end] for end in range(len(text))), text + "AAAA", text + "=", "\u00e9", "x" * 10_000, "a/b+"):
        assert given.find_fault(bad) is not None, bad
    assert given.find_fault(text) is None


def test_of_many_at_once_one_is_taken(tmp_path: Path) -> None:
    """Sixteen answers to one challenge from two data folders' objects: one counts."""
    both = [Challenges(tmp_path), Challenges(tmp_path)]
    text = both[0].give().text
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda at: both[at % 2].find_fault(text), range(16)))
    assert found.count(None) == 1


def test_what_is_kept_is_bounded_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most so many are answered within their time; then their files are gone, and others can be."""
    monkeypatch.setattr(challenges, "ANSWERED_AT_MOST", 3)
    clock = Clock()
    given = Challenges(tmp_path, clock=clock)
    assert not (tmp_path / FOLDER).exists()
    texts = [given.give().text for _ in range(4)]
    faults = [given.find_fault(text) for text in texts]
    assert (faults[:3], "Too many" in str(faults[3])) == ([None] * 3, True)
    assert len(list((tmp_path / FOLDER).iterdir())) == 4
    clock.now += timedelta(seconds=SECONDS)
    assert given.find_fault(given.give().text) is None
    assert len(list((tmp_path / FOLDER).iterdir())) == 2


def test_nobody_else_reads_the_key(tmp_path: Path) -> None:
    Challenges(tmp_path).give()
    folder = tmp_path / FOLDER
    assert [oct(each.stat().st_mode & 0o777) for each in (folder, *folder.iterdir())] == ["0o700", "0o600"]
