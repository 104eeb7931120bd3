"""Status lists as they are written: which bit says what, and that indexes tell nothing."""

import base64
import gzip
import itertools
import random
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology.credentials.status_lists import (
    ENTRIES,
    StatusPurpose,
    choose_index,
    encode_bits,
    status_entry,
    status_list_credential,
)
from ontology.errors import InputError

ADDRESS = "https://college.example/issuer/status/1"
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


def bits(encoded: str) -> str:
    """All bits of a list, leftmost first, decoded another way than they were encoded."""
    assert encoded[0] == "u"
    packed = base64.b64decode(encoded[1:].replace("-", "+").replace("_", "/") + "==="[: -len(encoded[1:]) % 4])
    return "".join(f"{byte:08b}" for byte in gzip.decompress(packed))


@given(indexes=st.sets(st.integers(0, ENTRIES - 1), max_size=20))
def test_a_bit_is_set_for_each_index_and_for_no_other(indexes: set[int]) -> None:
    """Bit 0 is the leftmost one; the list has 131,072."""
    decoded = bits(encode_bits(indexes))
    assert len(decoded) == 131_072
    assert {index for index, bit in enumerate(decoded) if bit == "1"} == indexes


def test_the_same_list_is_the_same_text() -> None:
    """No time of compression is in it, so a list that did not change keeps its checksum."""
    assert encode_bits([5, 7]) == encode_bits([7, 5])
    assert "=" not in encode_bits([])


def test_an_entry_names_the_list_the_index_and_the_purpose() -> None:
    """The index is text, the list is named by its address."""
    assert status_entry(ADDRESS, 94_567, StatusPurpose.REVOCATION) == {
        "id": f"{ADDRESS}#94567",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": ADDRESS,
    }


def test_the_list_s_credential_says_for_what_and_how_long() -> None:
    """Its id is its address; the time to live is in milliseconds."""
    made = status_list_credential(
        address=ADDRESS,
        issuer="did:web:college.example",
        purpose=StatusPurpose.SUSPENSION,
        indexes=[3],
        valid_from=NOW,
        valid_until=NOW + timedelta(days=1),
        ttl_seconds=300,
    )
    subject = made["credentialSubject"]
    assert isinstance(subject, dict)
    assert made["id"] == ADDRESS
    assert (made["validFrom"], made["validUntil"]) == ("2026-05-04T03:02:01Z", "2026-05-05T03:02:01Z")
    assert (subject["statusPurpose"], subject["ttl"], subject["type"]) == ("suspension", 300_000, "BitstringStatusList")
    assert bits(str(subject["encodedList"]))[:5] == "00010"


@pytest.mark.parametrize("entries", [8, 64])
def test_every_index_is_given_once_and_then_none(entries: int) -> None:
    """Also the last ones, which are hard to meet by chance."""
    used: set[int] = set()
    for _ in range(entries):
        index = choose_index(used, secrets.randbelow, entries)
        assert 0 <= index < entries
        assert index not in used
        used.add(index)
    with pytest.raises(InputError) as caught:
        choose_index(used, secrets.randbelow, entries)
    assert caught.value.code == "issuer.list-full"


def test_indexes_tell_no_order() -> None:
    """Of 2,000 in a row, as many lie above their predecessor as below, and they are spread over the list."""
    dice = random.Random(7)
    used: dict[int, None] = {}
    for _ in range(2_000):
        used[choose_index(used.keys(), dice.randrange)] = None
    given_away = list(used)
    rising = sum(after > before for before, after in itertools.pairwise(given_away))
    assert 900 < rising < 1_100
    assert min(given_away) < ENTRIES // 100
    assert max(given_away) > ENTRIES - ENTRIES // 100
