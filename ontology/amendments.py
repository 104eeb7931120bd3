"""What makes records an overlay: the framework that says so, and the IRIs of what it says otherwise.

Pure. Called by the reader of overlay files, and by the graph room, which lays overlays over a release.
"""

from collections.abc import Iterable

from .model import IDENTITY, ONTOLOGY, Amendment, Framework, Importance, Record, Text, derived_iri
from .ntriples import find_literal, literal_term
from .terms import RDF_TYPE

OVERLAY_TYPE = (RDF_TYPE, f"<{ONTOLOGY}Overlay>")
"""The statement of a Framework that makes its dataset an overlay."""
OVER = f"{ONTOLOGY}over"
"""Predicate of the name of a dataset that an overlay is made for."""


def is_overlay(records: Iterable[Record]) -> bool:
    """Whether these records are an overlay: any of them is an amendment, or says that it is one."""
    return any(
        isinstance(record, Amendment) or (isinstance(record, Framework) and OVERLAY_TYPE in record.statements)
        for record in records
    )


def overlay_iri(name: str) -> str:
    """IRI of an overlay's framework, which carries its name and licence."""
    return f"{IDENTITY}overlay/{name}"


def amendment_iri(overlay: str, target: str) -> str:
    """IRI of the amendment of a thing by the overlay with this framework: there is one for each thing."""
    return derived_iri("amendment", overlay, target)


def make_header(
    name: str,
    *,
    over: Iterable[str] = (),
    labels: Iterable[Text] = (),
    license: str | None = None,  # noqa: A002 - the field's name
    attribution: str | None = None,
) -> Framework:
    """The framework of an overlay over some datasets; over whatever there is where none is named."""
    return Framework(
        iri=overlay_iri(name),
        labels=tuple(labels) or (Text(name),),
        license=license,
        attribution=attribution,
        statements=tuple(sorted({OVERLAY_TYPE, *((OVER, literal_term(each)) for each in over)})),
    )


def find_header(records: Iterable[Record]) -> Framework | None:
    """The framework that says that it is an overlay."""
    frameworks = (record for record in records if isinstance(record, Framework))
    return next((each for each in frameworks if OVERLAY_TYPE in each.statements), None)


def datasets_under(records: Iterable[Record]) -> tuple[str, ...]:
    """Names of the datasets that an overlay says it is made for, sorted; none where it does not say."""
    header = find_header(records)
    terms = [term for predicate, term in header.statements if predicate == OVER] if header else []
    return tuple(sorted(literal.value for literal in map(find_literal, terms) if literal is not None))


def find_weight(word: str | float) -> tuple[Importance, float | None] | None:
    """Importance, and its value where it is graded, of `must`, `should` or a number from 0 to 1; None for others."""
    if word in {each.value for each in Importance}:
        return Importance(word), None
    try:
        value = float(word)
    except ValueError:
        return None
    return (Importance.SHOULD, value) if 0 <= value <= 1 else None
