"""Rules of matching that a small change of the code could break unnoticed; found by `make mutants`."""

import pytest
from matching_networks import U, asks, built, holding, look, role, skill, units

from ontology.model import Alignment, Relation


@pytest.mark.parametrize(("stated", "told"), [("A crosswalk", "A crosswalk"), (None, "drawn")])
def test_a_link_tells_who_states_the_alignment(stated: str | None, told: str) -> None:
    """The source that the alignment names, which is not its dataset's name; the dataset where it names none."""
    alignment = Alignment(iri=f"{U}a/1", subject=f"{U}s/b", object=f"{U}s/a", relation=Relation.EXACT, source=stated)
    snapshot = built(skill("a"), skill("b"), role(), asks("s/a"), alignment)
    (unit,) = units(look(snapshot, holding(snapshot, "s/b")))
    assert [link.source for item in unit.evidence for link in item.chain] == [told]
