"""Places of work: what addresses and names mean, how places nest, what a question may write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology.places import is_place, larger_places, place_of, place_of_name, wanted_place


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (("US", "CA", "Oakland"), "US-CA/Oakland"),
        (("usa", "California", ""), "US-CA"),
        (("United States of America", "ca", ""), "US-CA"),
        (("", "US-CA", "Oakland"), "US-CA/Oakland"),
        (("", "WA", "Kirkland"), "/WA/Kirkland"),
        (("Deutschland", "Bavaria", "München"), "DE-BY/München"),
        (("DE", "Niederbayern", ""), "DE/Niederbayern"),
        (("FR", "75", "Paris"), "FR-75/Paris"),
        (("US", "XX", ""), "US/XX"),
        (("CA", "US-CA", ""), "CA/US-CA"),
        (("Narnia", "West", ""), "/Narnia/West"),
        (("", "", "A/B 100%"), "/A%2FB 100%25"),
        (("", " ", ""), None),
        (("", "", "x" * 300), None),
    ],
)
def test_an_address_is_a_code_and_names(address: tuple[str, str, str], place: str | None) -> None:
    """Codes where they are known, of the country first; what is unknown stays a name."""
    assert place_of(*address) == place


@pytest.mark.parametrize(
    ("name", "place", "of_a_country"),
    [
        ("USA", "US", "US"),
        ("Michigan, USA", "US-MI", "US-MI"),
        ("Paris, France", "FR/Paris", "FR/Paris"),
        ("Berlin, Berlin, Germany", "DE-BE/Berlin", "DE-BE/Berlin"),
        ("Anaheim, CA", "/Anaheim, CA", "/Anaheim, CA"),
        ("CA", "/CA", "CA"),
        ("Georgia", "/Georgia", "GE"),
        (" , ", None, None),
    ],
)
def test_a_name_is_a_country_where_it_can_be_nothing_else(
    name: str, place: str | None, of_a_country: str | None
) -> None:
    """`CA` behind a town is California to one reader and Canada to another; `Georgia` is a state as well."""
    assert place_of_name(name) == place
    assert place_of_name(name, country=True) == of_a_country


def test_a_place_lies_in_all_that_it_begins_with() -> None:
    """A hyphen in a name divides nothing."""
    assert list(larger_places("US-CA/Oakland")) == ["US-CA/Oakland", "US-CA", "US"]
    assert list(larger_places("DE/A-B/C")) == ["DE/A-B/C", "DE/A-B", "DE"]
    assert list(larger_places("/WA/Kirkland")) == ["/WA/Kirkland", "/WA"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("us-ca", "US-CA"),
        ("US-CA/Oakland", "US-CA/Oakland"),
        ("Germany", "DE"),
        ("usa", "US"),
        ("Ohio, USA", "US-OH"),
        ("/WA", "/WA"),
        ("XX", None),
        ("US-CALI", None),
        ("Oakland", None),
        ("US//x", None),
        ("", None),
    ],
)
def test_a_question_names_a_place_in_any_case(text: str, place: str | None) -> None:
    """What is no place is told to the caller, not read as nothing."""
    assert wanted_place(text) == place


@given(st.sampled_from(["US", "USA", "de", "Narnia", ""]), st.text(max_size=20), st.text(max_size=20))
def test_whatever_an_address_says_is_a_place_or_none(country: str, region: str, locality: str) -> None:
    """Which means the same when it is asked for again, and lies in itself."""
    place = place_of(country, region, locality)
    if place is not None:
        assert is_place(place)
        assert next(larger_places(place)) == place
        assert wanted_place(place) == place
