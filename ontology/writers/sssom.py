"""The mappings of a dataset as SSSOM: tab-separated, the mapping set's own metadata in comment lines before it.

A set that was read from SSSOM comes out with all slots that it had and with the rows that are no alignments; what is
equal then is written in docs/standards.md. Source: SSSOM 1.0, TSV format (https://mapping-commons.github.io/sssom/).
"""

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import unquote

from ontology.json_documents import Json
from ontology.model import Alignment, Framework, Record, Unmapped
from ontology.ntriples import find_literal
from ontology.readers.mapping_sets import MEMBER, NAMELESS, SSSOM
from ontology.readers.table_columns import SSSOM_COLUMNS, SSSOM_KEYS, STATEMENT_NAMESPACE

from .head import DatasetHead, Loss
from .tables import CsvRow, alignment_row

UNSPECIFIED: Final = "semapv:UnspecifiedMatching"
"""Justification of an alignment whose source gives none: SSSOM asks for one."""
_REQUIRED = ("mapping_justification",)
_CURIES: Final[dict[str, Json]] = {
    "semapv": "https://w3id.org/semapv/vocab/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
}
_SET_ID: Final = "mapping_set_id"
_LISTS: Final = frozenset({"extension_definitions"})
"""Slots that are lists also where they have one value."""
_CREATORS: Final = frozenset({"creator_label", "creator_id"})
_NOT_IN_YAML: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")

Slots = dict[str, list[str]]
"""Slot → its values; an object is JSON text."""


def write_sssom(head: DatasetHead, records: Iterable[Record]) -> tuple[bytes, list[Loss]]:
    """(the mapping set as TSV in UTF-8, what it cannot hold). Mappings are sorted by subject, predicate and object."""
    rows: list[CsvRow] = []
    sets: list[Framework] = []
    others = 0
    for record in records:
        if isinstance(record, Alignment):
            row = alignment_row(record)
            row["mapping_justification"] = row["mapping_justification"] or UNSPECIFIED
            rows.append(row)
        elif isinstance(record, Framework) and _is_set(record):
            sets.append(record)
        elif (kept := _kept_row(record)) is not None:
            rows.append(kept)
        else:
            others += 1
    slots = _slots(sets[0]) if len(sets) == 1 else {}
    if slots and all(row.get(_SET_ID) in {None, sets[0].iri} for row in rows):
        for row in rows:
            row.pop(_SET_ID, None)
    written = io.StringIO()
    written.writelines(f"#{line}\n" for line in _metadata(head, slots))
    _write_rows(rows, written)
    return written.getvalue().encode(), _losses(others, sets)


def _write_rows(rows: list[CsvRow], target: io.StringIO) -> None:
    order = (*SSSOM_KEYS, *SSSOM_COLUMNS)
    extra = sorted({column for row in rows for column in row} - set(order))
    needed = {*SSSOM_KEYS, *_REQUIRED}
    columns = [each for each in (*order, *extra) if each in needed or any(row.get(each) for row in rows)]
    rows.sort(key=lambda row: [row.get(column, "") for column in columns])
    writer = csv.DictWriter(target, columns, restval="", extrasaction="ignore", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _losses(others: int, sets: Sequence[Framework]) -> list[Loss]:
    losses = []
    if len(sets) > 1:
        what = f"One file has the metadata of one set: those of {len(sets)} are left out; each row names its set."
        losses.append(Loss(subject=None, what=what))
    if others:
        losses.append(Loss(subject=None, what=f"SSSOM holds alignments alone: {others} other records are left out."))
    return losses


def _is_set(record: Framework) -> bool:
    return record.iri.startswith(NAMELESS) or any(each.startswith(SSSOM) for each, _ in record.statements)


def _kept_row(record: Record) -> CsvRow | None:
    """A mapping that is no alignment, as its cells were."""
    if not isinstance(record, Unmapped):
        return None
    row = {
        unquote(predicate.removeprefix(STATEMENT_NAMESPACE)): literal.value
        for predicate, term in record.statements
        if predicate.startswith(STATEMENT_NAMESPACE) and (literal := find_literal(term)) is not None
    }
    return row if len(row) == len(record.statements) and MEMBER in dict(record.statements) else None


def _slots(record: Framework) -> Slots:
    """What a set says of itself; of a set that was edited, its name, licence and description as they are now."""
    found: Slots = defaultdict(list)
    for predicate, term in record.statements:
        literal = find_literal(term)
        if predicate.startswith(SSSOM) and literal is not None:
            found[unquote(predicate.removeprefix(SSSOM))].append(literal.value)
    title = record.labels[0].text if record.labels else ""
    for slot in _CREATORS & set(found):
        found[slot] = _in_order(found[slot], (record.attribution or "").removeprefix(f"{title}. "))
    found.setdefault(_SET_ID, [record.iri])
    for slot, texts in (("mapping_set_title", record.labels), ("mapping_set_description", record.descriptions)):
        if texts and len(found.get(slot, ())) < 2 and texts[0].text not in found.get(slot, ()):
            found[slot] = [texts[0].text]
    if record.license is not None and "license" not in found:
        found["license"] = [record.license]
    return dict(found)


def _in_order(names: list[str], told: str) -> list[str]:
    """The creators in the order in which the attribution names them; statements have none."""
    left, ordered = sorted(names, key=len, reverse=True), list[str]()
    while left and (name := next((each for each in left if f"{told}, ".startswith(f"{each}, ")), None)) is not None:
        left.remove(name)
        ordered.append(name)
        told = told[len(name) + 2 :]
    return sorted(names) if left else ordered


def _metadata(head: DatasetHead, slots: Slots) -> list[str]:
    """YAML lines; a JSON string is a YAML one."""
    lines: list[str] = []
    if slots:
        for slot, values in sorted(slots.items()):
            lines.extend(_slot_lines(slot, values))
    else:
        lines.append(f"{_SET_ID}: {_yaml(head.iri)}")
        if head.license is not None:
            lines.append(f"license: {_yaml(head.license)}")
        if head.attribution is not None:
            lines.append(f"comment: {_yaml(head.attribution)}")
        lines.extend(_block("curie_map", _CURIES))
    if head.release is not None:
        lines.append(f"mapping_set_source: [{_yaml(head.release)}]")
    if head.published_at is not None:
        lines.append(f"publication_date: {head.published_at[:10]}")
    return lines


def _slot_lines(slot: str, values: Sequence[str]) -> list[str]:
    name = slot if re.fullmatch(r"[A-Za-z_]\w*", slot, re.ASCII) else _yaml(slot)
    parsed = [_object(value) for value in values]
    if len(parsed) == 1 and slot not in _LISTS:
        (value,) = parsed
        return _block(name, value) if isinstance(value, dict) else [f"{name}: {_yaml(value)}"]
    return [f"{name}:", *(f"  - {_yaml(value)}" for value in parsed)]


def _block(name: str, members: dict[str, Json]) -> list[str]:
    return [f"{name}:", *(f"  {_key(key)}: {_yaml(value)}" for key, value in sorted(members.items()))]


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_][\w.-]*", name, re.ASCII) else _yaml(name)


def _object(text: str) -> Json:
    """The object or list that a value is the JSON text of; any other text as it is."""
    if text[:1] in {"{", "["}:
        try:
            value: Json = json.loads(text)
        except ValueError:
            return text
        if value and json.dumps(value, ensure_ascii=False, sort_keys=True) == text:
            return value
    return text


def _yaml(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
