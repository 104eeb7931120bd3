"""Identity and order of records."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology.model import IDENTITY, Competency, Text, derived_iri, sorted_texts

parts = st.lists(
    st.none() | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=5), min_size=1, max_size=4
)


@given(parts, parts)
def test_derived_iris_are_equal_only_for_equal_content(first: list[str | None], second: list[str | None]) -> None:
    """None and the empty string differ, and no part can flow into the next."""
    assert (derived_iri("x", *first) == derived_iri("x", *second)) is (first == second)


def test_a_derived_iri_is_the_same_for_ever() -> None:
    """The golden value: changing it would give everything another identity."""
    assert derived_iri("requirement", "a", None, 1.5) == f"{IDENTITY}requirement/ce54fd6f79b982a85542881b"
    assert derived_iri("group", "a") != derived_iri("requirement", "a")


def test_texts_are_sorted_by_language_and_free_of_repetition() -> None:
    """The order does not depend on the order given."""
    texts = [Text("b", "fr"), Text("a", "fr"), Text("z", "en"), Text("z", "en")]
    assert sorted_texts(texts) == sorted_texts(reversed(texts)) == (Text("z", "en"), Text("a", "fr"), Text("b", "fr"))


def test_records_are_frozen() -> None:
    """What crosses a seam cannot be changed behind it."""
    record = Competency(iri="urn:c")
    with pytest.raises(AttributeError):
        record.iri = "urn:d"  # type: ignore[misc]
