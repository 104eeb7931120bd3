"""ESCO as tables and as RDF in one source: the tables describe, the RDF adds only what they do not describe.

Both forms describe the same things in not quite the same words; as two descriptions of one thing they would contradict
each other. Called by `reading`.
"""

from collections.abc import Iterator
from typing import Final

from ontology.model import Finding, Located

from .tally import Tally

TABLES_FORMAT: Final = "esco"
RDF_FORMAT: Final = "skos"


def keep_first(name: str, items: Iterator[Located | Finding], described: set[str]) -> Iterator[Located | Finding]:
    """The items of one format: those of the tables are noted in `described`, those of the RDF left out where they are.

    Other formats pass as they are.
    """
    if name == TABLES_FORMAT:
        for item in items:
            if isinstance(item, Located):
                described.add(item.record.iri)
            yield item
    elif name == RDF_FORMAT:
        repeated = Tally(
            code="esco.both-forms",
            what="records of the RDF are left out, because the CSV tables beside it describe the same",
            fix="Load the RDF instead of the tables where it is what you want.",
        )
        for item in items:
            if isinstance(item, Located) and item.record.iri in described:
                repeated.add(item.record.iri, item.source)
            else:
                yield item
        yield from repeated.findings()
    else:
        yield from items
