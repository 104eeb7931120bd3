"""What shapes.ttl says of records, by pySHACL. It is normative: a test holds the streamed rules equal to it.

Slow on large sets (minutes on all of ESCO), so it is run where somebody asks for it: `headwater check --shapes`.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.resources import files

import pyshacl
from rdflib import Graph, URIRef
from rdflib.namespace import SH
from rdflib.term import Node

from .model import Finding, FindingLevel, Record
from .rdf import to_nquads_lines
from .world import KnownGraph

_FINDING = URIRef("https://w3id.org/headwater/shapes#finding")
_GRAPH = "urn:headwater:checked"


@lru_cache(maxsize=1)
def read_shapes() -> Graph:
    """The shapes, read once a process."""
    return Graph().parse(data=files("ontology").joinpath("shapes.ttl").read_bytes(), format="turtle")


def check_shapes(records: Iterable[Record], *, known: KnownGraph | None = None) -> list[Finding]:
    """What the shapes find, by subject and code; each with the code that the streamed rules give the same fault.

    Args:
        known: what other datasets describe: links to it are not told as dangling.

    Cost: every shape over every record; seconds for ten thousand records.
    """
    lines = {line for record in records for line in to_nquads_lines(record, _GRAPH)}
    triples = "\n".join(line.removesuffix(f" <{_GRAPH}> .") + " ." for line in sorted(lines))
    data = Graph().parse(data=triples, format="nt")
    _, results, _ = pyshacl.validate(data, shacl_graph=read_shapes(), inference="none", allow_warnings=True)
    assert isinstance(results, Graph), "pySHACL answers with a graph"
    return sorted(set(_findings(results, known)), key=lambda finding: (finding.subject or "", finding.code))


def _findings(results: Graph, known: KnownGraph | None) -> Iterator[Finding]:
    for result in results.objects(None, SH.result):
        codes = sorted(map(str, read_shapes().objects(_source(results, result), _FINDING)))
        value = results.value(result, SH.value)
        if known is not None and value is not None and known.type_of(str(value)) is not None:
            continue
        must = results.value(result, SH.resultSeverity) == SH.Violation
        yield Finding(
            level=FindingLevel.MUST if must else FindingLevel.SHOULD,
            code=codes[0] if codes else "shape.unnamed",
            message=f"shapes.ttl: {results.value(result, SH.resultMessage)}",
            subject=str(results.value(result, SH.focusNode)),
            fix="Mend what the message names; docs/findings.md explains the code.",
        )


def _source(results: Graph, result: Node) -> Node:
    """The shape or SPARQL constraint that a result comes from."""
    found = results.value(result, SH.sourceConstraint) or results.value(result, SH.sourceShape)
    assert found is not None, "a result names its shape"
    return found
