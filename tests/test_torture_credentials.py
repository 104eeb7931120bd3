"""Every format with every kind of proof: each byte flipped and thousands of structures. Run by `make torture`."""

import pytest
from credential_forms import MADE, form_of
from test_ontology_credentials_forms import WANTED, whole

pytestmark = pytest.mark.torture


@pytest.mark.parametrize("name", MADE)
def test_thousands_of_mutants_of_every_form_are_refused(name: str) -> None:
    """None is accepted that says something else."""
    assert whole(form_of(name), 3 * WANTED) >= 3 * WANTED
