"""The alignments of a dataset as SSSOM: tab-separated, the mapping set's own metadata in comment lines before it.

Source: SSSOM 1.0, TSV format (https://mapping-commons.github.io/sssom/).
"""

import csv
import io
import json
from collections.abc import Iterable

from ontology.model import Alignment, Record
from ontology.readers.table_columns import SSSOM_COLUMNS, SSSOM_KEYS

from .head import DatasetHead, Loss
from .tables import alignment_row

UNSPECIFIED = "semapv:UnspecifiedMatching"
"""Justification of an alignment whose source gives none: SSSOM asks for one."""
_REQUIRED = ("mapping_justification",)
_CURIES = {
    "semapv": "https://w3id.org/semapv/vocab/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}


def write_sssom(head: DatasetHead, records: Iterable[Record]) -> tuple[bytes, list[Loss]]:
    """(the mapping set as TSV in UTF-8, what it cannot hold). Mappings are sorted by subject, predicate and object."""
    rows, others = [], 0
    for record in records:
        if isinstance(record, Alignment):
            row = alignment_row(record)
            row["mapping_justification"] = row["mapping_justification"] or UNSPECIFIED
            rows.append(row)
        else:
            others += 1
    order = (*SSSOM_KEYS, *SSSOM_COLUMNS)
    extra = sorted({column for row in rows for column in row} - set(order))
    needed = {*SSSOM_KEYS, *_REQUIRED}
    columns = [each for each in (*order, *extra) if each in needed or any(row.get(each) for row in rows)]
    rows.sort(key=lambda row: [row.get(column, "") for column in columns])
    written = io.StringIO()
    written.writelines(f"#{line}\n" for line in _metadata(head))
    writer = csv.DictWriter(written, columns, restval="", extrasaction="ignore", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    lost = [Loss(subject=None, what=f"SSSOM holds alignments alone: {others} other records are left out.")]
    return written.getvalue().encode(), lost if others else []


def _metadata(head: DatasetHead) -> list[str]:
    """YAML lines; a JSON string is a YAML one."""
    lines = [f"mapping_set_id: {json.dumps(head.iri, ensure_ascii=False)}"]
    if head.license is not None:
        lines.append(f"license: {json.dumps(head.license, ensure_ascii=False)}")
    if head.attribution is not None:
        lines.append(f"comment: {json.dumps(head.attribution, ensure_ascii=False)}")
    if head.release is not None:
        lines.append(f"mapping_set_source: [{json.dumps(head.release)}]")
    if head.published_at is not None:
        lines.append(f"publication_date: {head.published_at[:10]}")
    lines.append("curie_map:")
    lines.extend(f"  {prefix}: {namespace}" for prefix, namespace in sorted(_CURIES.items()))
    return lines
