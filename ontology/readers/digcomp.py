"""DigComp 3.0: areas, competences, learning outcomes, competence statements, proficiency levels, glossary.

Each table has English texts in `source` and, where its name ends in a language, those of that language in `target`; all
tables together make one record of a thing. The levels become two scales, of four and of eight, and the mappings
between them. Source: European Commission, Joint Research Centre, DigComp 3.0 (2025), tables as
github.com/PiAir/digcomp3-l10n keeps them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Final

from ontology.documents import Document, Row, read_rows
from ontology.languages import is_well_formed
from ontology.model import (
    Code,
    Competency,
    Finding,
    FindingLevel,
    Level,
    LevelMapping,
    Located,
    Record,
    Scale,
    ScaleLevel,
    Source,
    Statement,
    Text,
    Unmapped,
    sorted_texts,
)
from ontology.ntriples import literal_term, text_term

from .detection import Fit, Format, Table, table_fit
from .sources import DIGCOMP, ENGLISH, SKOS, find_gaps, minted_iri, said_besides

SOURCE: Final = "digcomp3"
TEXTS: Final = Table(name="texts", required=("location", "source"), optional=("context", "target"))
KINDS: Final = MappingProxyType(
    {"area": "area", "competence": "competence", "outcome": "learning-outcome", "statement": "competence-statement"}
)
LABEL: Final = "label"
EIGHT: Final = 8
FOUR: Final = 4
"""DigComp 3.0 tells eight levels of proficiency, two and two of which share a name."""
_DESCRIPTIONS: Final = MappingProxyType({EIGHT: "eight_level_description", FOUR: "four_level_description"})
_LOCATION: Final = re.compile(
    r"digcomp\.(?:"
    r"(?P<group>area|competence)\.(?P<number>\d+(?:\.\d+)?)\.(?P<part>label|description)"
    r"|(?P<leaf>outcome|statement)\.(?P<code>(?:LO|CS)(?P<competence>\d+\.\d+)\.\w+)"
    r"|level\.(?P<level>\d+)\.(?P<said>\w+)"
    r"|glossary\.(?P<term>[^.]+)\.(?P<glossary>label|definition)"
    r")"
)
_LANGUAGE: Final = re.compile(r"_([a-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*)$")
_FIRST: Final = b"digcomp."
_GLOSSARY: Final = MappingProxyType({"label": "prefLabel", "definition": "definition"})


def fit_digcomp(document: Document) -> Fit:
    """Whether a document is one of the tables: its columns, and locations that begin with `digcomp.`."""
    return table_fit((TEXTS,))(document) if _FIRST in document.head else Fit.NONE


def read_digcomp(documents: Sequence[Document], *, language: str) -> Iterator[Located | Finding]:
    """Areas and competences, outcomes and statements, scales, glossary, each with its texts in all languages.

    Args:
        language: BCP 47 tag of `target` texts of a table whose name does not end in one.
    """
    if documents:
        yield Located(record=DIGCOMP, source=Source(file=documents[0].name))
    tables = _Tables()
    for document in documents:
        tag = _language_of(document, language)
        for row in read_rows(document, required=TEXTS.required, optional=TEXTS.optional):
            if isinstance(row, Finding):
                yield row
            elif gaps := find_gaps(row, TEXTS.required):
                yield from gaps
            else:
                yield from tables.take(row, tag)
    yield from tables.records()


def _language_of(document: Document, language: str) -> str:
    match = _LANGUAGE.search(PurePosixPath(document.basename).stem)
    tag = match[1].replace("_", "-") if match else ""
    return tag if tag and is_well_formed(tag) else language


@dataclass(slots=True)
class _Thing:
    """What the tables say of one thing."""

    source: Source
    kind: str
    code: str
    above: str | None = None
    texts: dict[str, dict[str, str]] = field(default_factory=dict)
    """Part (`label`, `description`) -> language -> text."""
    statements: set[Statement] = field(default_factory=set)


class _Tables:
    """What the tables said so far."""

    def __init__(self) -> None:
        self._things: dict[str, _Thing] = {}
        self._levels: dict[int, dict[str, dict[str, str]]] = {}
        """Level -> what is said of it -> language -> text."""
        self._levels_source: Source | None = None

    def take(self, row: Row, language: str) -> Iterator[Finding]:
        """One text in English and, where it is there, in another language."""
        match = _LOCATION.fullmatch(row.get("location"))
        if match is None:
            yield Finding(
                level=FindingLevel.MUST,
                code="digcomp.unknown-location",
                message=f"{row.get('location')!r} is no place in DigComp; one such as `digcomp.competence.1.1.label` "
                "is expected.",
                source=row.at("location"),
                fix="Write the location as the framework's tables do.",
            )
            return
        texts = {ENGLISH: row.get("source"), language: row.get("target")}
        if language == ENGLISH:
            texts = {ENGLISH: row.get("target") or row.get("source")}
        for tag, text in texts.items():
            if text:
                yield from self._say(match, row, tag, text)

    def _say(self, match: re.Match[str], row: Row, language: str, text: str) -> Iterator[Finding]:
        if match["level"]:
            self._levels_source = self._levels_source or row.source
            said = self._levels.setdefault(int(match["level"]), {}).setdefault(match["said"], {})
        else:
            thing = self._thing(match, row)
            thing.statements.update(said_besides(SOURCE, row, TEXTS.columns))
            part = match["part"] or match["glossary"] or LABEL
            said = thing.texts.setdefault(part, {})
        before = said.setdefault(language, text)
        if before != text:
            yield Finding(
                level=FindingLevel.MUST,
                code="identity.conflict",
                message=f"{row.get('location')} has two texts in {language}: {before[:60]!r} and {text[:60]!r}.",
                source=row.source,
                fix="Keep one of them.",
            )

    def _thing(self, match: re.Match[str], row: Row) -> _Thing:
        if match["term"]:
            iri, kind, code, above = minted_iri(SOURCE, "glossary", match["term"]), "glossary", match["term"], None
        elif match["leaf"]:
            iri, kind, code = minted_iri(SOURCE, match["code"]), match["leaf"], match["code"]
            above = minted_iri(SOURCE, match["competence"])
        else:
            iri, kind, code = minted_iri(SOURCE, match["number"]), match["group"], match["number"]
            above = minted_iri(SOURCE, code.partition(".")[0]) if kind == "competence" else None
        return self._things.setdefault(iri, _Thing(row.source, kind, code, above))

    def records(self) -> Iterator[Located]:
        """Everything once. A parent that no table describes is named all the same, so that nothing dangles."""
        for iri in sorted({thing.above for thing in self._things.values() if thing.above}):
            code = iri.rpartition("/")[2]
            area, _, competence = code.partition(".")
            above = minted_iri(SOURCE, area) if competence else None
            for each in filter(None, (iri, above)):
                if each not in self._things:
                    first = next(thing.source for thing in self._things.values() if thing.above == iri)
                    number = each.rpartition("/")[2]
                    kind = "competence" if "." in number else "area"
                    label = {ENGLISH: f"Competence {number}" if kind == "competence" else f"Competence area {number}"}
                    self._things[each] = _Thing(
                        first, kind, number, above if kind == "competence" else None, {LABEL: label}
                    )
        for iri, thing in self._things.items():
            yield Located(record=_described(iri, thing), source=thing.source)
        yield from self._scales()

    def _scales(self) -> Iterator[Located]:
        source = self._levels_source
        if source is None:
            return
        eight = {level: dict(texts) for level, texts in self._levels.items()}
        names: dict[str, int] = {}
        for level in sorted(eight):
            name = eight[level].get("four_level_name", {}).get(ENGLISH, "")
            if name:
                names.setdefault(name, len(names) + 1)
        for number, label, parts in (
            (EIGHT, "DigComp 3.0 proficiency, eight levels", eight),
            (FOUR, "DigComp 3.0 proficiency, four levels", self._four(names)),
        ):
            if parts:
                record = Scale(
                    iri=minted_iri(SOURCE, "scale", str(number)),
                    labels=(Text(label, ENGLISH),),
                    minimum=1,
                    maximum=max(number, *parts),
                    statements=_level_statements(parts),
                )
                yield Located(record=record, source=source)
                for level in sorted(parts):
                    yield Located(record=_scale_level(record.iri, number, level, parts[level]), source=source)
        for level in sorted(eight):
            name = eight[level].get("four_level_name", {}).get(ENGLISH, "")
            if name:
                mapping = LevelMapping(
                    iri=minted_iri(SOURCE, "level-mapping", str(level)),
                    level=Level(minted_iri(SOURCE, "scale", str(EIGHT)), level),
                    matched=Level(minted_iri(SOURCE, "scale", str(FOUR)), names[name]),
                )
                yield Located(record=mapping, source=source)

    def _four(self, names: dict[str, int]) -> dict[int, dict[str, dict[str, str]]]:
        """What is said of the four, each of which two of the eight levels belong to."""
        found: dict[int, dict[str, dict[str, str]]] = {}
        for level in sorted(self._levels):
            texts = self._levels[level]
            name = texts.get("four_level_name", {}).get(ENGLISH, "")
            if name:
                found.setdefault(names[name], {part: said for part, said in texts.items() if part.startswith("four_")})
        return found


def _described(iri: str, thing: _Thing) -> Record:
    if thing.kind == "glossary":
        said = {
            (f"{SKOS}{_GLOSSARY[part]}", text_term(Text(text, language)))
            for part, texts in thing.texts.items()
            for language, text in texts.items()
        }
        said.add((f"{SKOS}notation", literal_term(thing.code)))
        return Unmapped(iri=iri, statements=tuple(sorted(said | thing.statements)))
    return Competency(
        iri=iri,
        labels=_texts(thing.texts.get(LABEL, {})),
        descriptions=_texts(thing.texts.get("description", {})),
        codes=(Code("digcomp", thing.code),),
        framework=DIGCOMP.iri,
        kind=KINDS[thing.kind],
        broader=(thing.above,) if thing.above else (),
        statements=tuple(sorted(thing.statements)),
    )


def _scale_level(scale: str, number: int, level: int, texts: dict[str, dict[str, str]]) -> ScaleLevel:
    """A level with what is said of it: the four have names, the eight descriptions of their own."""
    name, description = ("four_level_name" if number == FOUR else "", _DESCRIPTIONS[number])
    return ScaleLevel(
        iri=minted_iri(SOURCE, "scale", str(number), str(level)),
        level=Level(scale, level),
        labels=_texts(texts.get(name, {})),
        descriptions=_texts(texts.get(description, {})),
    )


def _texts(texts: dict[str, str]) -> tuple[Text, ...]:
    return sorted_texts(Text(text, language) for language, text in texts.items())


def _level_statements(levels: dict[int, dict[str, dict[str, str]]]) -> tuple[Statement, ...]:
    return tuple(
        sorted(
            (minted_iri(SOURCE, "term", f"level.{level}.{part}"), text_term(Text(text, language)))
            for level, parts in levels.items()
            for part, texts in parts.items()
            for language, text in texts.items()
        )
    )


FORMAT: Final = Format(
    name="digcomp",
    fit=fit_digcomp,
    read=lambda documents, context: read_digcomp(documents, language=context.language),
)
