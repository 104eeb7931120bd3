"""Alignments in SSSOM columns: predicates, CURIEs and the metadata lines before the header.

Knows the exchange format for mappings (https://w3id.org/sssom, SSSOM 1.0) as far as an `Alignment` holds it; other
slots are kept as statements. Called by `tables`.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Final, overload

from ontology.documents import Document, Row
from ontology.model import Alignment, Finding, Located, Relation, derived_iri

from .table_cells import Cells, Names, is_iri

SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
CEASN: Final = "https://purl.org/ctdlasn/terms/"
CETERMS: Final = "https://purl.org/ctdl/terms/"

PREFIXES: Mapping[str, str] = MappingProxyType({"skos": SKOS, "owl": OWL, "ceasn": CEASN, "ceterms": CETERMS})
"""Prefixes that are understood without a `curie_map`."""

_CTDL: Final = {
    "exactAlignment": Relation.EXACT,
    "majorAlignment": Relation.CLOSE,
    "minorAlignment": Relation.RELATED,
    "broadAlignment": Relation.BROAD,
    "narrowAlignment": Relation.NARROW,
}
PREDICATES: Mapping[str, Relation] = MappingProxyType(
    {
        **{f"{SKOS}{relation}": relation for relation in Relation},
        f"{OWL}equivalentClass": Relation.EXACT,
        f"{OWL}sameAs": Relation.EXACT,
        **{f"{namespace}{name}": relation for namespace in (CEASN, CETERMS) for name, relation in _CTDL.items()},
    }
)
"""Predicate IRI → relation. CTDL's broadAlignment points at the broader one, as SKOS does (the term's comment)."""

FIELD_COLUMNS: Final = (
    "subject_id", "predicate_id", "object_id", "mapping_justification", "confidence", "author_id", "mapping_date",
    "comment", "mapping_source",
)  # fmt: skip
"""Slots that a field of `Alignment` holds."""
ENDS: Final = ("competency", "job_role", "course", "credential", "framework")


class AlignmentReader:
    """Reads the alignments of one document."""

    def __init__(self, names: Names, findings: list[Finding], prefixes: Mapping[str, str]):
        self._names = names
        self._findings = findings
        self._prefixes = prefixes

    def read(self, rows: Iterable[Row]) -> Iterator[Located]:
        """An alignment per row. A row with `predicate_modifier` `Not` says that there is none, and gives none."""
        for row in rows:
            cells = Cells(row, self._findings, self._names)
            subject = self._end(cells, "subject_id")
            cells.subject = subject
            relation = self._relation(cells)
            end = self._end(cells, "object_id")
            confidence = cells.number("confidence", least=0, most=1)
            day = _date(cells)
            if subject is not None and subject == end:
                cells.fault(
                    "object_id",
                    "alignment-with-itself",
                    f"`object_id` has {row.get('object_id')!r}, the same thing as `subject_id`.",
                    "Name the thing of the other framework, or remove the row.",
                )
            if cells.broken or subject is None or relation is None or end is None:
                continue
            if row.get("predicate_modifier").casefold() == "not":
                cells.fault(
                    "predicate_modifier",
                    "negated-alignment",
                    f"The row says that {subject} and {end} do not correspond; it is not loaded.",
                    "Remove the row where this need not be told.",
                )
                continue
            yield Located(
                record=_identified(
                    Alignment(
                        iri="",
                        subject=subject,
                        object=end,
                        relation=relation,
                        confidence=confidence,
                        method=cells.text("mapping_justification"),
                        source=self._expand(cells.text("mapping_source")),
                        author=self._expand(cells.text("author_id")),
                        date=day,
                        comment=cells.text("comment"),
                        statements=cells.statements(FIELD_COLUMNS),
                    )
                ),
                source=cells.source,
            )

    def _end(self, cells: Cells, column: str) -> str | None:
        text = cells.needed(column)
        return None if text is None else cells.resolve(column, self._expand(text), ENDS)

    @overload
    def _expand(self, text: str) -> str: ...
    @overload
    def _expand(self, text: None) -> None: ...
    def _expand(self, text: str | None) -> str | None:
        """The IRI that a CURIE with a known prefix means; other text as it is."""
        if text is None:
            return None
        prefix, colon, local = text.partition(":")
        namespace = self._prefixes.get(prefix)
        return f"{namespace}{local}" if colon and namespace and not local.startswith("//") else text

    def _relation(self, cells: Cells) -> Relation | None:
        text = cells.needed("predicate_id")
        if text is None:
            return None
        relation = PREDICATES.get(self._expand(text)) or next(
            (relation for relation in Relation if relation.casefold() == text.casefold()), None
        )
        if relation is None:
            cells.fault(
                "predicate_id",
                "unknown-predicate",
                f"`predicate_id` has {text!r}; one of {', '.join(f'skos:{known}' for known in Relation)} is expected.",
                "Write the SKOS relation that is meant; subject broadMatch object says that the object is broader.",
            )
        return relation


def read_preamble(document: Document) -> tuple[Document, dict[str, str]]:
    """The document as a plain table, and the prefixes that its `curie_map` declares beside those always known.

    Metadata lines (`#`) become blank ones and tabs become commas, so that every row keeps its line.
    """
    prefixes = dict(PREFIXES)
    head = [line for line in document.head.decode("utf-8", "ignore").splitlines() if line.strip()]
    header = next((line for line in head if not line.startswith("#")), "")
    tabs = "\t" in header
    if not tabs and not (head and head[0].startswith("#")):
        return document, prefixes
    lines = document.text().splitlines(keepends=True)
    first = next((number for number, line in enumerate(lines) if line.strip() and not line.startswith("#")), len(lines))
    prefixes |= _curie_map(lines[:first])
    rest = "".join(lines[first:])
    if tabs:
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows(csv.reader(io.StringIO(rest, newline=""), delimiter="\t"))
        rest = written.getvalue()
    return Document(name=document.name, data=("\n" * first + rest).encode()), prefixes


def _curie_map(lines: Iterable[str]) -> dict[str, str]:
    """Prefixes below `curie_map:`, up to the next line that is not indented further."""
    found: dict[str, str] = {}
    indent: int | None = None
    for line in lines:
        content = line.removeprefix("#").rstrip()
        depth = len(content) - len(content.lstrip())
        if content.strip() == "curie_map:":
            indent = depth
        elif indent is not None and content.strip():
            entry = re.fullmatch(r"""\s*["']?([^\s"':]+)["']?:\s+["']?([^\s"']+)["']?""", content)
            if depth <= indent or entry is None:
                indent = None
            elif is_iri(entry[2]):
                found[entry[1]] = entry[2]
    return found


def _date(cells: Cells) -> str | None:
    text = cells.text("mapping_date")
    if text is None:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        cells.fault(
            "mapping_date",
            "bad-date",
            f"`mapping_date` has {text!r}; a day such as 2026-11-22 is expected.",
            "Write year-month-day.",
        )
        return None


def _identified(alignment: Alignment) -> Alignment:
    return replace(
        alignment,
        iri=derived_iri(
            "alignment",
            alignment.subject,
            alignment.relation,
            alignment.object,
            alignment.confidence,
            alignment.method,
            alignment.source,
            alignment.author,
            alignment.date,
            alignment.comment,
            *(part for statement in alignment.statements for part in statement),
        ),
    )
