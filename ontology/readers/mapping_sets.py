"""SSSOM mapping sets: a TSV or CSV whose first lines are YAML, with the YAML in a file of its own, or as JSON.

A mapping becomes an Alignment, the set a Framework that carries its licence and creators; every slot is kept. A row
that says no alignment (`predicate_modifier` Not, `sssom:NoTermFound`, a literal, another predicate than those of
matches) is kept as it is and told. Source: SSSOM 1.0, https://w3id.org/sssom. Called by the loader; Tables'
alignments.csv is theirs.
"""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

import yaml
from yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent

from ontology.documents import Document, Row, read_header, read_rows
from ontology.json_documents import Json, read_json
from ontology.model import (
    IDENTITY,
    Alignment,
    Finding,
    FindingLevel,
    Framework,
    Located,
    Source,
    Statement,
    Text,
    Unmapped,
    derived_iri,
)
from ontology.ntriples import literal_term
from ontology.quantities import read_number

from .detection import Fit, Format
from .json_fields import Fields, objects_of, written
from .sssom import FIELD_COLUMNS, PREDICATES, PREFIXES, read_preamble
from .table_cells import is_iri
from .table_columns import SSSOM_COLUMNS, SSSOM_KEYS, STATEMENT_NAMESPACE, TABLE_FILES

SSSOM: Final = "https://w3id.org/sssom/"
BUILT_IN: Mapping[str, str] = MappingProxyType(
    {
        **PREFIXES,
        "sssom": SSSOM,
        "semapv": "https://w3id.org/semapv/vocab/",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    }
)
"""Prefixes that no `curie_map` need declare."""
NO_TERM: Final = f"{SSSOM}NoTermFound"
LITERALS: Final = frozenset({"rdfs literal", "literal"})
NEWER_COLUMNS: Final = (
    *("mapping_tool_id", "derived_from", "cardinality_scope", "review_date", "reviewer_agreement", "mapping_set_id"),
    *("predicate_id_source", "sssom_version"),
)
"""Slots of versions after 1.0."""
NAMELESS: Final = f"{IDENTITY}sssom/"
"""Below it stand the sets that give no `mapping_set_id`."""
MEMBER: Final = f"{STATEMENT_NAMESPACE}mapping_set_id"
"""Predicate by which an alignment names its set: the column that SSSOM has for it."""
MAX_METADATA_DEPTH: Final = 8
_METADATA_SUFFIXES: Final = (".sssom.yml", ".sssom.yaml", ".sssom.metadata.yml", ".sssom.metadata.yaml")
_SCHEMES: Final = frozenset({"urn", "did", "tag", "info", "doi", "ark", "mailto"})

Metadata = dict[str, "Json"]


def fit_mapping_set(document: Document) -> Fit:
    """Whether a document is a mapping set by its columns or members, or the metadata of one by its name."""
    if document.basename.casefold() in TABLE_FILES:
        return Fit.NONE
    head = document.head.lstrip()
    if head[:1] == b"{":
        return Fit.EXACT if b'"mappings"' in head and b'"predicate_id"' in head else Fit.NONE
    if document.basename.casefold().endswith(_METADATA_SUFFIXES):
        return Fit.EXACT
    lines = document.head.decode("utf-8", "ignore").splitlines()
    header = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    columns = {cell.strip(' "') for separator in "\t,;" for cell in header.split(separator)}
    return Fit.EXACT if {"predicate_id", "object_id"} <= columns else Fit.NONE


def read_mapping_sets(documents: Sequence[Document]) -> Iterator[Located | Finding]:
    """Each set, then its mappings in their order."""
    apart: dict[str, Metadata] = {}
    sets: list[Document] = []
    for document in documents:
        if document.basename.casefold().endswith(_METADATA_SUFFIXES):
            found = _read_metadata(document.name, document.text(), 1)
            if isinstance(found, Finding):
                yield found
            else:
                apart[_stem(document)] = found
        else:
            sets.append(document)
    for document in sets:
        metadata = apart.get(_stem(document), next(iter(apart.values())) if len(apart) == len(sets) == 1 else {})
        if document.head.lstrip()[:1] == b"{":
            yield from _read_json(document, metadata)
        else:
            yield from _read_table(document, metadata)


def _stem(document: Document) -> str:
    return PurePosixPath(document.name.casefold()).as_posix().partition(".sssom")[0]


def _read_metadata(name: str, text: str, line: int) -> Metadata | Finding:
    """The YAML as texts, lists and mappings of texts; a finding where it is broken, nests deeply or repeats itself."""
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
            if depth > MAX_METADATA_DEPTH or isinstance(event, AliasEvent):
                return _metadata_fault(name, line, "it nests too deeply or has aliases")
        value = yaml.load(text, Loader=yaml.CBaseLoader)  # noqa: S506  gives texts, lists and dictionaries alone
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = str(getattr(error, "problem", None) or error).splitlines()[0]
        return _metadata_fault(name, line + (mark.line if mark is not None else 0), problem)
    if value is None or value == "":
        return {}
    return value if isinstance(value, dict) else _metadata_fault(name, line, "`slot: value` lines are expected")


def _metadata_fault(name: str, line: int, what: str) -> Finding:
    return Finding(
        level=FindingLevel.MUST,
        code="yaml.syntax",
        message=f"The metadata of {name} cannot be read in line {line}: {what}.",
        source=Source(file=name, line=line),
        fix="Mend the YAML there; in a table each of its lines begins with `#`.",
    )


def _read_table(document: Document, apart: Metadata) -> Iterator[Located | Finding]:
    lines = document.head.decode("utf-8", "ignore").splitlines()
    first = next((number for number, line in enumerate(lines) if line.strip() and not line.startswith("#")), 0)
    above = [line.removeprefix("#").rstrip().rstrip(",;") for line in lines[:first]]
    metadata = _read_metadata(document.name, textwrap.dedent("\n".join(above)), 1)
    if isinstance(metadata, Finding):
        yield metadata
        metadata = {}
    mappings = _Set(document.name, {**apart, **metadata})
    yield from mappings.described()
    table, _ = read_preamble(document)
    known = (*SSSOM_KEYS, *SSSOM_COLUMNS, *NEWER_COLUMNS, *mappings.extensions())
    required = [key for key in SSSOM_KEYS if key != "subject_id" or "subject_label" not in read_header(table)]
    optional = [column for column in known if column not in required]
    for row in read_rows(table, required=required, optional=optional):
        yield from [row] if isinstance(row, Finding) else mappings.take(row)
    yield from mappings.remarks()


def _read_json(document: Document, apart: Metadata) -> Iterator[Located | Finding]:
    value = read_json(document)
    if isinstance(value, Finding):
        yield value
        return
    top = value if isinstance(value, dict) else {}
    metadata = {name: each for name, each in top.items() if name != "mappings" and not name.startswith("@")}
    prefixes = top.get("@context")
    if isinstance(prefixes, dict) and "curie_map" not in metadata:
        metadata["curie_map"] = {name: each for name, each in prefixes.items() if isinstance(each, str)}
    mappings = _Set(document.name, {**apart, **metadata})
    yield from mappings.described()
    for item in objects_of(top.get("mappings"), file=document.name, path=("mappings",)):
        yield from [item] if isinstance(item, Finding) else mappings.take(_row_of(item))
    yield from mappings.remarks()


def _row_of(fields: Fields) -> Row:
    """A mapping of JSON as a row: values of a list are separated by `|`, as in a table."""
    cells = {}
    for name, value in fields.values.items():
        cells[name] = "|".join(map(written, value)) if isinstance(value, list) else written(value)
    return Row(source=fields.at(), cells=cells)


@dataclass(slots=True)
class _Remark:
    rows: int = 0
    source: Source | None = None


@dataclass(slots=True)
class _Set:
    """One mapping set while it is read."""

    file: str
    metadata: Metadata
    _told: dict[tuple[str, str], _Remark] = field(default_factory=dict)

    @property
    def iri(self) -> str:
        """The set's own IRI, else one by its file's name."""
        stated = self._expand(self._texts("mapping_set_id", one=True))
        name = PurePosixPath(self.file).name.partition(".")[0]
        return stated if stated and is_iri(stated) else f"{NAMELESS}{quote(name, safe='')}"

    def _texts(self, slot: str, *, one: bool = False) -> str:
        value = self.metadata.get(slot)
        texts = [written(each) for each in value] if isinstance(value, list) else [written(value)]
        return texts[0] if one and texts else ", ".join(filter(None, texts))

    def _prefixes(self) -> dict[str, str]:
        declared = self.metadata.get("curie_map")
        pairs = declared.items() if isinstance(declared, dict) else ()
        return {**BUILT_IN, **{name: each for name, each in pairs if isinstance(each, str) and is_iri(each)}}

    def _expand(self, text: str) -> str:
        """The IRI that a CURIE means; other text as it is."""
        prefix, colon, local = text.partition(":")
        namespace = self._prefixes().get(prefix)
        return f"{namespace}{local}" if colon and namespace and not local.startswith("//") else text

    def extensions(self) -> tuple[str, ...]:
        """Columns that the set declares beside those of the standard."""
        declared = self.metadata.get("extension_definitions")
        found = declared if isinstance(declared, list) else []
        return tuple(
            written(each.get("slot_name")) for each in found if isinstance(each, dict) and each.get("slot_name")
        )

    def described(self) -> Iterator[Located]:
        """The set itself."""
        statements: set[Statement] = set()
        for slot, value in self.metadata.items():
            for each in value if isinstance(value, list) else [value]:
                if text := written(each):
                    statements.add((f"{SSSOM}{quote(slot, safe='')}", literal_term(text)))
        title = self._texts("mapping_set_title") or PurePosixPath(self.file).name.partition(".")[0]
        creators = self._texts("creator_label") or self._texts("creator_id")
        description = self._texts("mapping_set_description")
        record = Framework(
            iri=self.iri,
            labels=(Text(title),),
            descriptions=(Text(description),) if description else (),
            license=self._expand(self._texts("license", one=True)) or None,
            attribution=". ".join(filter(None, (title, creators))) if creators else None,
            statements=tuple(sorted(statements)),
        )
        yield Located(record=record, source=Source(file=self.file))

    def take(self, row: Row) -> Iterator[Located | Finding]:
        """The alignment of a row, or the row as it is where it says none."""
        reason = self._no_alignment(row)
        if reason is not None:
            remark = self._told.setdefault(reason, _Remark(source=row.source))
            remark.rows += 1
            kept = self._kept(row, ())
            cells = (part for statement in kept for part in statement)
            yield Located(record=Unmapped(iri=derived_iri("mapping", *cells), statements=kept), source=row.source)
            return
        faults = list(self._faults(row))
        yield from faults
        if any(fault.level is FindingLevel.MUST for fault in faults):
            return
        yield Located(record=self._alignment(row), source=row.source)

    def _no_alignment(self, row: Row) -> tuple[str, str] | None:
        """Code and words of why a row states no alignment; None where it does."""
        ends = (self._expand(row.get("subject_id")), self._expand(row.get("object_id")))
        predicate = self._expand(row.get("predicate_id"))
        if row.get("predicate_modifier").casefold() == "not":
            return "sssom.negated", "say that things do not correspond (predicate_modifier Not)"
        if NO_TERM in ends:
            return "sssom.no-term", "say that the other side has no such term (sssom:NoTermFound)"
        if any(row.get(f"{end}_type").casefold() in LITERALS for end in ("subject", "object")):
            return "sssom.literal", "align a literal"
        if predicate and is_iri(predicate) and predicate not in PREDICATES and self._declared(row.get("predicate_id")):
            return "sssom.other-predicate", f"have the predicate {row.get('predicate_id')}, which is no match"
        return None

    def _declared(self, text: str) -> bool:
        """Whether the text is a CURIE whose prefix is known, or an IRI that needs none."""
        scheme, _, rest = text.partition(":")
        return scheme in self._prefixes() or rest.startswith("//") or scheme.casefold() in _SCHEMES

    def _faults(self, row: Row) -> Iterator[Finding]:
        for column in SSSOM_KEYS:
            text = row.get(column)
            if not text:
                yield _fault(
                    row, column, "table.missing-value", f"The cell `{column}` is empty.", f"Fill in `{column}`."
                )
            elif not self._declared(text):
                fix = f"Declare the prefix `{text.partition(':')[0]}` in the curie_map, or write the IRI in full."
                yield _fault(row, column, "sssom.undeclared-prefix", f"{text!r} has no prefix that is declared.", fix)
            elif not is_iri(self._expand(text)):
                yield _fault(row, column, "identity.invalid-iri", f"{text!r} is no IRI.", "Percent-encode it.")
        predicate = row.get("predicate_id")
        if predicate and self._declared(predicate) and self._expand(predicate) not in PREDICATES:
            yield _fault(row, "predicate_id", "sssom.bad-predicate", f"{predicate!r} is no IRI.", "Write a CURIE.")
        if _number(row.get("confidence")) is None and row.get("confidence"):
            yield _fault(
                row,
                "confidence",
                "confidence.out-of-range",
                f"`confidence` has {row.get('confidence')!r}; a number from 0 to 1 is expected.",
                "Write a number from 0 to 1.",
            )

    def _alignment(self, row: Row) -> Alignment:
        day = row.get("mapping_date") or self._texts("mapping_date", one=True)
        held = [column for column in FIELD_COLUMNS if column != "mapping_date" or _is_day(day)]
        statements = self._kept(row, held)
        subject, target = self._expand(row.get("subject_id")), self._expand(row.get("object_id"))
        relation = PREDICATES[self._expand(row.get("predicate_id"))]
        predicate = self._expand(row.get("predicate_id"))
        if not predicate.endswith(f"#{relation}"):  # owl:sameAs and the like say more than the relation does
            stated = (f"{STATEMENT_NAMESPACE}predicate_id", literal_term(predicate))
            statements = tuple(sorted({*statements, stated}))
        found = Alignment(
            iri="",
            subject=subject,
            object=target,
            relation=relation,
            confidence=_number(row.get("confidence")),
            method=row.get("mapping_justification") or None,
            source=self._expand(row.get("mapping_source")) or None,
            author=self._expand(row.get("author_id")) or None,
            date=date.fromisoformat(day).isoformat() if _is_day(day) else None,
            comment=row.get("comment") or None,
            statements=statements,
        )
        # of what is meant, not of how it is spelt: the same mapping is the same with and without prefixes
        slots = (found.confidence, found.method, found.source, found.author, found.date, found.comment)
        said = (part for statement in statements for part in statement)
        return replace(found, iri=derived_iri("alignment", subject, relation, target, *slots, *said))

    def _kept(self, row: Row, held: Sequence[str]) -> tuple[Statement, ...]:
        """What no field holds, and which set the row belongs to."""
        found = {
            (f"{STATEMENT_NAMESPACE}{quote(column, safe='')}", literal_term(row.get(column)))
            for column in row.cells
            if column not in held and row.get(column)
        }
        if not row.get("mapping_set_id"):
            found.add((MEMBER, literal_term(self.iri)))
        return tuple(sorted(found))

    def remarks(self) -> Iterator[Finding]:
        """What was kept and is no alignment, each sort once with its number."""
        for (code, words), remark in self._told.items():
            yield Finding(
                level=FindingLevel.SHOULD,
                code=code,
                message=f"{remark.rows} of the mappings {words}; they are kept and are no alignments.",
                source=remark.source,
                fix="Nothing to do if that is what they say.",
            )


def _number(text: str) -> float | None:
    try:
        value = float(read_number(text)) if text else -1.0
    except ValueError:
        value = -1.0
    return value + 0.0 if 0 <= value <= 1 else None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _fault(row: Row, column: str, code: str, message: str, fix: str) -> Finding:
    return Finding(level=FindingLevel.MUST, code=code, message=message, source=row.at(column), fix=fix)


FORMAT: Final = Format(name="sssom", fit=fit_mapping_set, read=lambda documents, _: read_mapping_sets(documents))
