"""Every public data set whole through N-Quads, and ESCO's Turtle whole through Turtle. Run by `make torture`.

Needs HEADWATER_REFERENCE; `make test` takes a seeded cut of the two large sets.
"""

import os
from pathlib import Path

import pyoxigraph
import pytest
from standards_table import read_set, sets_of
from test_round_trips import comes_back, graph_of, said_again

from ontology.documents import Document, open_source
from ontology.model import Located
from ontology.readers import read_source
from ontology.writers.rdf import write_nquads

pytestmark = pytest.mark.torture

if "HEADWATER_REFERENCE" in os.environ:
    REFERENCE = Path(os.environ["HEADWATER_REFERENCE"])

    @pytest.mark.parametrize("folder", sets_of(REFERENCE), ids=lambda folder: folder.name)
    def test_a_whole_set_comes_back_through_n_quads_as_the_same_canonical_graph(folder: Path, tmp_path: Path) -> None:
        """What of it has no fault; an evaluation set has nothing."""
        found = read_set(folder)
        if found.records:
            comes_back(found.records, write_nquads, tmp_path / "d.nq", cut=True)
        assert bool(found.records) != (found.whole.format == "")

    def test_the_whole_of_esco_as_turtle_comes_back_triple_by_triple(tmp_path: Path) -> None:
        """434,693 triples: no one more, none less."""
        (document,) = open_source(REFERENCE / "data" / "esco-1.2.0" / "esco_v1.2.0_skos_derived.ttl.gz")
        assert isinstance(document, Document)
        items = read_source(tmp_path, opened=[document]).items
        records = [item.record for item in items if isinstance(item, Located)]
        written = said_again(records)
        assert sum(1 for _ in pyoxigraph.parse(written, format=pyoxigraph.RdfFormat.TURTLE)) > 400_000
        assert {str(quad) for quad in graph_of(written)} == {str(quad) for quad in graph_of(document.data)}
        ordered = sorted(records, key=lambda record: record.iri)
        comes_back(ordered, write_nquads, tmp_path / "d.nq", cut=True)
