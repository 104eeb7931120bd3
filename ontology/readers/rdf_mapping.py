"""The mapping file for RDF in foreign words: which class is a competency, which predicate a label, what asks for what.

A `*.mapping.toml` beside the data, read with the standard library; docs/rdf.md has an example of all keys. Every fault
is a finding, and the rest of the file counts. Knows no data. Called by `skos`.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ontology.documents import Document
from ontology.model import (
    Competency,
    Course,
    Credential,
    Finding,
    FindingLevel,
    Framework,
    Importance,
    JobRole,
    Level,
    LevelMapping,
    Located,
    Relation,
    Resource,
    Scale,
    ScaleLevel,
    Source,
    Text,
    derived_iri,
)
from ontology.ntriples import is_iri
from ontology.terms import OWL, RDF, RDFS, SCHEMA, SKOS, XSD

SUFFIX: Final = ".mapping.toml"
MAX_BYTES: Final = 1 << 20
"""A mapping names a few dozen terms; more than a mebibyte is something else."""

CLASSES: Final[Mapping[str, type[Resource]]] = {
    each.__name__: each for each in (Framework, Competency, Course, Credential, JobRole)
}
FIELDS: Final = frozenset(
    {
        "label",
        "alternative_label",
        "description",
        "broader",
        "narrower",
        "framework",
        "replaced_by",
        "url",
        "kind",
        "provider",
        "issuer",
        "license",
        "attribution",
        "cost",
        "currency",
        "duration",
    }
)
_TABLES: Final = (
    "prefixes",
    "classes",
    "fields",
    "codes",
    "requires",
    "teaches",
    "awards",
    "alignments",
    "scales",
    "level_mappings",
)
_LINKS: Final = ("requires", "teaches", "awards", "alignments")
_LINK_KEYS: Final = {
    "requires": {"property", "inverse", "target", "importance", "level", "scale"},
    "teaches": {"property", "inverse", "target", "level", "scale"},
    "awards": {"property", "inverse", "target"},
    "alignments": {"property", "inverse", "relation"},
}
_SCALE_KEYS: Final = {"iri", "label", "minimum", "maximum", "levels"}
_LEVEL_MAPPING_KEYS: Final = {"scale", "level", "to_scale", "to_level"}
_PREFIXES: Final = {
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "schema": SCHEMA,
    "dct": "http://purl.org/dc/terms/",
    "dcterms": "http://purl.org/dc/terms/",
    "esco": "http://data.europa.eu/esco/model#",
}
Toml = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A predicate that joins two things. `level`, `scale` and `importance` are values, or predicates of the node."""

    table: str
    """`requires`, `teaches`, `awards` or `alignments`."""
    predicate: str
    inverse: bool = False
    """The subject is the target, the object what asks, teaches, awards."""
    target: str | None = None
    """Predicate that leads on from a node between the two."""
    importance: str | float = Importance.MUST
    importance_predicate: str | None = None
    level: float | None = None
    level_predicate: str | None = None
    scale: str | None = None
    scale_predicate: str | None = None
    relation: Relation | None = None

    @property
    def node_predicates(self) -> tuple[str, ...]:
        """Predicates of the node between the two."""
        found = (self.target, self.importance_predicate, self.level_predicate, self.scale_predicate)
        return tuple(each for each in found if each is not None)


@dataclass(slots=True)
class TermMapping:
    """What terms mean, over all mapping files of a source."""

    classes: dict[str, type[Resource]] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    """Predicate -> one of `FIELDS`."""
    codes: dict[str, str] = field(default_factory=dict)
    """Predicate -> system of the code."""
    links: dict[str, list[Link]] = field(default_factory=dict)
    scales: list[Located] = field(default_factory=list)
    """Scales, their named levels, and what levels of two of them correspond."""
    places: dict[str, Source] = field(default_factory=dict)
    """Where each term is named."""

    def unused(self, known: set[str]) -> Iterator[Finding]:
        """A finding for each term that the data does not have.

        Args:
            known: all classes and predicates of the data.
        """
        for term, source in self.places.items():
            if term not in known:
                near = difflib.get_close_matches(term, known, n=1, cutoff=0.8)
                yield Finding(
                    level=FindingLevel.SHOULD,
                    code="rdf-mapping.unused-term",
                    message=f"The mapping names <{term[:200]}>, which no statement has.",
                    source=source,
                    fix=f"Did you mean <{near[0][:200]}>?" if near else "Mend the term, or take it out of the mapping.",
                )


def is_mapping(document: Document) -> bool:
    """Whether a document is a mapping file."""
    return document.basename.casefold().endswith((SUFFIX, f"/{SUFFIX[1:]}")) or document.basename == SUFFIX[1:]


def read_mappings(documents: Sequence[Document]) -> tuple[TermMapping, list[Finding]]:
    """What the files say together, and their faults."""
    mapping = TermMapping()
    findings: list[Finding] = []
    for document in documents:
        _File(document, mapping, findings).read()
    return mapping, findings


class _File:
    """One mapping file on its way in."""

    def __init__(self, document: Document, mapping: TermMapping, findings: list[Finding]):
        self._document = document
        self._mapping = mapping
        self._findings = findings
        self._text = ""
        self._prefixes: dict[str, str] = dict(_PREFIXES)

    def read(self) -> None:
        """Adds what the file says."""
        data = self._document.data
        if len(data) > MAX_BYTES:
            self._fault("rdf-mapping.syntax", f"has more than {MAX_BYTES:,} bytes", "Name the few terms that matter.")
            return
        self._text = data.decode()
        try:
            stated: Toml = tomllib.loads(self._text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            line = re.search(r"at line (\d+)", str(error))
            why = f"is not TOML: {str(error)[:200]}"
            self._fault(
                "rdf-mapping.syntax", why, "Mend the line; see docs/rdf.md.", line=int(line[1]) if line else None
            )
            return
        for key in stated:
            if key not in _TABLES:
                self._unknown("rdf-mapping.unknown-key", "key", key, _TABLES)
        self._read_prefixes(self._table(stated, "prefixes"))
        self._read_classes(self._table(stated, "classes"))
        self._read_fields(self._table(stated, "fields"), self._table(stated, "codes"))
        for entry in self._entries(stated, "scales", _SCALE_KEYS):
            self._read_scale(entry)
        for place, entry in enumerate(self._entries(stated, "level_mappings", _LEVEL_MAPPING_KEYS)):
            self._read_level_mapping(place, entry)
        for name in _LINKS:
            for entry in self._entries(stated, name, _LINK_KEYS[name]):
                self._read_link(name, entry)

    def _read_prefixes(self, stated: Toml) -> None:
        for prefix, value in stated.items():
            if isinstance(value, str) and is_iri(value):
                self._prefixes[prefix] = value
            else:
                self._wrong(prefix, value, "an IRI for the prefix")

    def _read_classes(self, stated: Toml) -> None:
        for term, name in stated.items():
            iri = self._iri(term)
            kind = CLASSES.get(name) if isinstance(name, str) else None
            if kind is None:
                self._unknown("rdf-mapping.unknown-class", "class", str(name), sorted(CLASSES))
            elif iri is not None:
                self._mapping.classes[iri] = kind

    def _read_fields(self, fields: Toml, codes: Toml) -> None:
        for name, value in fields.items():
            if name not in FIELDS:
                self._unknown("rdf-mapping.unknown-field", "field", name, sorted(FIELDS))
                continue
            self._mapping.fields.update(dict.fromkeys(self._iris(value), name))
        for system, value in codes.items():
            self._mapping.codes.update(dict.fromkeys(self._iris(value), system))

    def _read_link(self, name: str, entry: Toml) -> None:
        predicate = self._iri(entry.get("property"))
        if predicate is None:
            return
        importance, relation = entry.get("importance", Importance.MUST.value), entry.get("relation")
        if name == "alignments" and relation not in {each.value for each in Relation}:
            self._unknown("rdf-mapping.unknown-relation", "relation", str(relation), [each.value for each in Relation])
            return
        importance_predicate = level_predicate = scale_predicate = None
        if isinstance(importance, str) and ":" in importance:
            importance, importance_predicate = Importance.MUST.value, self._iri(importance)
        elif importance not in {"must", "should"} and not (_is_number(importance) and 0 <= float(str(importance)) <= 1):
            self._wrong("importance", importance, "must, should, a number from 0 to 1, or a property of the node")
            return
        level, scale = entry.get("level"), entry.get("scale")
        target = self._iri(entry["target"]) if "target" in entry else None
        if isinstance(level, str):
            level, level_predicate = None, self._iri(level)
        if (level is not None or level_predicate is not None) and scale is None:
            self._wrong("scale", scale, "the scale of the level: the IRI of one of [[scales]], or a property")
            return
        scale_iri = self._iri(scale, note=False) if scale is not None else None
        if scale_iri is not None and scale_iri not in {each.record.iri for each in self._mapping.scales}:
            scale_iri, scale_predicate = None, self._iri(scale)
        self._mapping.links.setdefault(predicate, []).append(
            Link(
                table=name,
                predicate=predicate,
                inverse=entry.get("inverse") is True,
                target=target,
                importance=float(str(importance)) if _is_number(importance) else str(importance),
                importance_predicate=importance_predicate,
                level=float(str(level)) if _is_number(level) else None,
                level_predicate=level_predicate,
                scale=scale_iri,
                scale_predicate=scale_predicate,
                relation=Relation(str(relation)) if name == "alignments" else None,
            )
        )

    def _read_scale(self, entry: Toml) -> None:
        iri = self._iri(entry.get("iri"), note=False)
        low, high, label = entry.get("minimum"), entry.get("maximum"), entry.get("label")
        if iri is None or not _is_number(low) or not _is_number(high):
            self._wrong("scales", entry.get("iri"), "iri, minimum and maximum of a scale")
            return
        scale = Scale(
            iri=iri,
            labels=(Text(label),) if isinstance(label, str) and label else (),
            minimum=float(str(low)),
            maximum=float(str(high)),
        )
        self._mapping.scales.append(Located(record=scale, source=self._source(str(entry.get("iri")))))
        levels = entry.get("levels", {})
        if not isinstance(levels, dict) or not all(_is_number(value) for value in levels.values()):
            self._wrong("levels", levels, "a table of names of levels and their values")
            return
        for name, value in levels.items():
            level = ScaleLevel(
                iri=derived_iri("scale-level", iri, name), level=Level(iri, float(str(value))), labels=(Text(name),)
            )
            self._mapping.scales.append(Located(record=level, source=self._source(name)))

    def _read_level_mapping(self, place: int, entry: Toml) -> None:
        ends: list[Level] = []
        for scale, level in (("scale", "level"), ("to_scale", "to_level")):
            iri, value = self._iri(entry.get(scale), note=False), entry.get(level)
            if iri is None:
                return
            if not _is_number(value):
                self._wrong(level, value, "the value of a level")
                return
            ends.append(Level(iri, float(str(value))))
        one, other = ends
        mapping = LevelMapping(
            iri=derived_iri("level-mapping", one.scale, one.value, other.scale, other.value), level=one, matched=other
        )
        lines = [line for line, text in enumerate(self._text.splitlines(), 1) if "level_mappings" in text]
        source = Source(file=self._document.name, line=lines[min(place, len(lines) - 1)] if lines else None)
        self._mapping.scales.append(Located(record=mapping, source=source))

    def _table(self, stated: Toml, name: str) -> Toml:
        value = stated.get(name, {})
        if isinstance(value, dict):
            return value
        self._wrong(name, value, f"a table [{name}]")
        return {}

    def _entries(self, stated: Toml, name: str, keys: set[str]) -> Iterator[Toml]:
        value = stated.get(name, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            self._wrong(name, value, f"a list of tables [[{name}]]")
            return
        for entry in value:
            for key in entry:
                if key not in keys:
                    self._unknown("rdf-mapping.unknown-key", "key", key, sorted(keys))
            yield entry

    def _iris(self, value: object) -> Iterator[str]:
        for each in value if isinstance(value, list) else [value]:
            iri = self._iri(each)
            if iri is not None:
                yield iri

    def _iri(self, term: object, *, note: bool = True) -> str | None:
        """The IRI that a term such as `acme:title` means; a fault where it means none."""
        if not isinstance(term, str):
            self._wrong("term", term, "a term such as acme:title")
            return None
        prefix, colon, local = term.partition(":")
        if colon and not local.startswith("//") and prefix in self._prefixes:
            iri = self._prefixes[prefix] + local
        else:
            iri = term.removeprefix("<").removesuffix(">")
        if not is_iri(iri) or (colon and prefix not in self._prefixes and "/" not in local and prefix != "urn"):
            self._fault(
                "rdf-mapping.unknown-prefix",
                f"has the term {term[:100]!r}, whose prefix it does not declare",
                f"Add it to [prefixes], or write the whole IRI; known are {', '.join(sorted(self._prefixes))}.",
                at=term,
            )
            return None
        if note:
            self._mapping.places.setdefault(iri, self._source(term))
        return iri

    def _source(self, at: str) -> Source:
        """The line that first has the words."""
        lines = self._text.splitlines()
        line = next((number for number, text in enumerate(lines, 1) if at and at in text), None)
        return Source(file=self._document.name, line=line)

    def _unknown(self, code: str, what: str, got: str, known: Sequence[str]) -> None:
        near = difflib.get_close_matches(got, known, n=1)
        fix = f"Did you mean {near[0]}? " if near else ""
        self._fault(
            code,
            f"has the {what} {got[:100]!r}, which means nothing here",
            f"{fix}Known are {', '.join(known)}.",
            at=got,
        )

    def _wrong(self, key: str, got: object, expected: str) -> None:
        at = got if isinstance(got, str) else key
        self._fault(
            "rdf-mapping.wrong-value",
            f"has {str(got)[:100]!r} for {key}, expected {expected}",
            "See docs/rdf.md.",
            at=at,
        )

    def _fault(self, code: str, what: str, fix: str, *, at: str = "", line: int | None = None) -> None:
        source = Source(file=self._document.name, line=line) if line is not None else self._source(at)
        self._findings.append(
            Finding(
                level=FindingLevel.MUST,
                code=code,
                message=f"{self._document.name} {what}.",
                source=source,
                fix=fix,
            )
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value  # NaN is none
