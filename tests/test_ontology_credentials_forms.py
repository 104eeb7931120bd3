"""Every format with every kind of proof, as it is handed in: the original is verified, and of its mutants none is.

Each byte is flipped, and structures are changed; of each format a thousand mutants at least that say something else are
refused. What is accepted says what was signed. `make torture` takes every format with every kind of proof whole.
"""

import random
from collections.abc import Iterator

import pytest
from credential_forms import MADE, Form, form_of, holds, is_another, told

from ontology.credentials.verdicts import Outcome, Verdict

SEED = 20261130
WANTED = 1000
"""Mutants of each format that say something else and are refused; the issue asks for a thousand."""
STRUCTURES = 150
WHOLE = (
    "Open Badges 3.0, eddsa-rdfc-2022, Ed25519",
    "CLR 2.0, eddsa-rdfc-2022",
    "CLR 1.0, signed, RSA",
    "CLR 1.0, hosted",
    "W3C VC 1.1, eddsa-rdfc-2022",
    "W3C VC 2.0, ecdsa-rdfc-2019",
    "Open Badges 2.0, hosted",
    "Open Badges 2.0, signed, RSA",
    "Open Badges 2.0, signed, P-256",
    "Open Badges 2.0, signed, Ed25519",
    "Open Badges 2.0 in a PNG",
    "Open Badges 2.0 in an SVG",
)
"""Each format once: of the other forms a cut, for their proofs have a thousand mutants of their own in
`test_ontology_credentials_mutants.py`."""


def refused(form: Form, mutants: Iterator[bytes]) -> int:
    """How many of the mutants say something else and are refused; none is accepted that does."""
    original, known, count = form.meaning(form.text), form.found(form.wrap(form.text)), 0
    for mutant in mutants:
        found = form.found(form.wrap(mutant))
        if not holds(found):
            assert any(check.outcome is Outcome.FAIL and check.reason for check in found.checks), mutant
            count += is_another(mutant, form.text)
            continue
        assert form.meaning(mutant) == original, mutant
        assert told(found) == told(known), mutant
        for inside, before in zip(found.embedded, known.embedded, strict=True):
            assert not holds(inside) or told(inside) == told(before), mutant
    return count


def whole(form: Form, structures: int, every: int = 1) -> int:
    """The same, of each byte flipped and so many structures; more of a short text."""
    more = max(structures, WANTED + 2 * structures - len(form.text))
    return refused(form, form.mutants(more, random.Random(SEED), every=every))


@pytest.mark.parametrize("name", MADE)
def test_the_original_is_verified(name: str) -> None:
    """Its proof holds, and its issuer is proven."""
    form = form_of(name)
    found = form.found(form.wrap(form.text))
    assert (found.verdict, found.issuer.proven) == (Verdict.VERIFIED, True), found.checks


@pytest.mark.parametrize("name", WHOLE)
def test_a_thousand_mutants_of_each_format_are_refused(name: str) -> None:
    """Each byte flipped (of a record each other one), then values taken away, exchanged, moved, renamed and put in."""
    assert whole(form_of(name), STRUCTURES, 2 if name.startswith("CLR 2") else 1) >= WANTED


@pytest.mark.parametrize("name", [name for name in MADE if name not in WHOLE])
def test_mutants_of_the_other_forms_are_refused(name: str) -> None:
    """The same, of every twelfth byte."""
    form = form_of(name)
    assert refused(form, form.mutants(STRUCTURES // 3, random.Random(SEED), every=12)) > len(form.text) // 13
