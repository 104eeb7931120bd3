"""Records to RDF and back, by the mapping that headwater.ttl declares.

A record is one subject and has no blank nodes. What no field holds stays in `statements`; a statement that would be
read into a field is written under an escaped predicate (`KEPT`), so that reading gives exactly the record that was
written. Records are expected as `validation` yields them: sorted, language tags normalised. Does no input or output.
Called by releases, readers and writers.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import cast, get_args
from urllib.parse import quote, unquote

from pyoxigraph import Quad, RdfFormat, Triple, parse

from . import model
from .errors import DamagedError, InputError
from .languages import normalised
from .model import (
    ONTOLOGY,
    UNDETERMINED,
    Code,
    Importance,
    Level,
    Money,
    PayPeriod,
    Record,
    Relation,
    Resource,
    Salary,
    Statement,
    Text,
    Unmapped,
)
from .ntriples import (
    XSD_STRING,
    canonical_term,
    iri_term,
    is_iri,
    literal_kind,
    literal_parts,
    literal_term,
    text_term,
    unquoted,
)
from .skolem import skolemised
from .terms import RDF_TYPE, XSD, OntologyProperty, ValueKind, read_ontology

CODE_SYSTEM = "https://w3id.org/headwater/code/"
"""Prefix of the datatypes of codes; the rest is the percent-encoded system."""
KEPT = "https://w3id.org/headwater/kept/"
"""Prefix of the predicate of a statement that looks like a field's; the rest is the percent-encoded predicate."""

_UNMAPPED = f"<{ONTOLOGY}Unmapped>"
_INTEGER = re.compile(r"[+-]?[0-9]{1,60}")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})")
_DOUBLE = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[+-]?INF")
_INTEGERS = frozenset(
    f"{XSD}{name}" for name in ("integer", "int", "long", "short", "nonNegativeInteger", "positiveInteger")
)
_DECIMALS = _INTEGERS | {f"{XSD}decimal"}
_DOUBLES = _DECIMALS | {f"{XSD}double", f"{XSD}float"}
_NAMES = frozenset((f"{XSD}string", f"{XSD}anyURI"))
_BOOLEAN = f"{XSD}boolean"
_DECIMAL_DIGITS = 60
"""Digits on a side of the point that a decimal may have: far beyond any length or cost, short enough to write out."""
_KEPT_CHARACTERS = 100
"""Of the longest number that is remembered with what it was read as."""

Value = str | int | float | Decimal | Text | Code | Importance | Relation | PayPeriod
Pairs = list[Statement]


def double_lexical(value: float) -> str:
    """The canonical xsd:double (XSD 1.1, E.2): one digit before the point, the shortest mantissa, `E`."""
    text = repr(float(value))
    if text in {"inf", "-inf", "nan"}:
        return {"inf": "INF", "-inf": "-INF", "nan": "NaN"}[text]
    sign, digits, exponent = Decimal(text).as_tuple()
    assert isinstance(exponent, int), "a finite number"
    mantissa = "".join(map(str, digits))
    power = exponent + len(mantissa) - 1
    mantissa = mantissa.rstrip("0") or "0"
    if mantissa == "0":
        power = 0
    return f"{'-' if sign else ''}{mantissa[0]}.{mantissa[1:] or '0'}E{power}"


def decimal_lexical(value: Decimal) -> str:
    """The canonical xsd:decimal (XSD 1.1, E.1): no exponent, no superfluous zeros, no point in an integer.

    Raises InputError (`rdf.invalid-number`) where it is not finite or has more than 60 digits on a side.
    """
    if (
        not value.is_finite()
        or abs(value.adjusted()) >= _DECIMAL_DIGITS
        or len(value.as_tuple().digits) > _DECIMAL_DIGITS
    ):
        raise InputError(
            f"Got {value} where a decimal number of at most {_DECIMAL_DIGITS} digits is expected.",
            code="rdf.invalid-number",
            hint="Give a plain number.",
        )
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def _write_name(value: Value) -> str:
    return f"<{value}>" if is_iri(cast("str", value)) else literal_term(cast("str", value))


def _read_iri(term: str) -> Value | None:
    # Interned: thousands of records name the same few things.
    return sys.intern(term[1:-1]) if term[:1] == "<" != term[1:2] else None


def _read_name(term: str) -> Value | None:
    if term.startswith("<"):
        return _read_iri(term)
    literal = literal_parts(term)
    return literal[0] if literal and literal[1] is None and literal[2] in _NAMES else None


def _read_string(term: str) -> Value | None:
    literal = literal_parts(term)
    return literal[0] if literal and literal[1] is None and literal[2] == XSD_STRING else None


def _read_text(term: str) -> Value | None:
    parts = unquoted(term)
    language = None if parts is None else _text_language(parts[1])
    return None if parts is None or language is None else Text(parts[0], language)


@lru_cache(maxsize=1024)
def _text_language(suffix: str) -> str | None:
    """The language that a literal's suffix states, `und` where it states none; None where it is no text."""
    kind = literal_kind(suffix)
    if kind is None or (kind[0] is None and kind[1] != XSD_STRING):
        return None
    return normalised(kind[0]) if kind[0] else UNDETERMINED


def _write_code(value: Value) -> str:
    code = cast("Code", value)
    return literal_term(code.value, CODE_SYSTEM + quote(code.system, safe=""))


def _read_code(term: str) -> Value | None:
    literal = literal_parts(term)
    if literal is None:
        return None
    system = _code_system(literal[2])
    return None if system is None else Code(system, literal[0])


@lru_cache(maxsize=1024)
def _code_system(datatype: str) -> str | None:
    """The system that the datatype of a code names, None for any other datatype."""
    system = unquote(datatype.removeprefix(CODE_SYSTEM)) if datatype.startswith(CODE_SYSTEM) else None
    return system if system is not None and CODE_SYSTEM + quote(system, safe="") == datatype else None


def _read_true(term: str) -> Value | None:
    """True; what is not true is what a record says that says nothing, and stays a statement."""
    literal = literal_parts(term)
    return True if literal and literal[2] == _BOOLEAN and literal[0] in {"true", "1"} else None


def _number_reader(
    pattern: re.Pattern[str], datatypes: frozenset[str], convert: Callable[[str], Value]
) -> Callable[[str], Value | None]:
    def read(term: str) -> Value | None:
        literal = literal_parts(term)
        if literal is None or literal[2] not in datatypes or not pattern.fullmatch(literal[0]):
            return None
        return convert(literal[0])

    # A source has the same few numbers a hundred thousand times. Long ones are not kept: they may be of any length.
    read_kept = lru_cache(maxsize=4096)(read)
    return lambda term: read_kept(term) if len(term) <= _KEPT_CHARACTERS else read(term)


_WRITERS: dict[ValueKind, Callable[[Value], str]] = {
    ValueKind.IRI: lambda value: iri_term(cast("str", value)),
    ValueKind.TEXT: lambda value: text_term(cast("Text", value)),
    ValueKind.CODE: _write_code,
    ValueKind.STRING: lambda value: literal_term(cast("str", value)),
    ValueKind.NAME: _write_name,
    ValueKind.INTEGER: lambda value: literal_term(str(int(cast("int", value))), f"{XSD}integer"),
    ValueKind.DECIMAL: lambda value: literal_term(decimal_lexical(cast("Decimal", value)), f"{XSD}decimal"),
    ValueKind.DOUBLE: lambda value: literal_term(double_lexical(cast("float", value)), f"{XSD}double"),
    ValueKind.BOOLEAN: lambda _: literal_term("true", f"{XSD}boolean"),
}
_READERS: dict[ValueKind, Callable[[str], Value | None]] = {
    ValueKind.IRI: _read_iri,
    ValueKind.TEXT: _read_text,
    ValueKind.CODE: _read_code,
    ValueKind.STRING: _read_string,
    ValueKind.NAME: _read_name,
    ValueKind.INTEGER: _number_reader(_INTEGER, _INTEGERS, int),
    ValueKind.DECIMAL: _number_reader(_DECIMAL, _DECIMALS, Decimal),
    ValueKind.DOUBLE: _number_reader(_DOUBLE, _DOUBLES, float),
    ValueKind.BOOLEAN: _read_true,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """One property of one record class. `part` is the attribute of a composed field (`level.scale`)."""

    name: str
    part: str | None
    predicate: str
    many: bool
    write: Callable[[Value], str]
    read: Callable[[str], Value | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Codec:
    """How one record class becomes RDF."""

    record: type[Record]
    build: Callable[..., Record]
    type_term: str
    by_predicate: dict[str, _Field]
    names: frozenset[str]
    """Of the fields."""
    required: frozenset[str]


def _value_codec(each: OntologyProperty) -> tuple[Callable[[Value], str], Callable[[str], Value | None]]:
    if each.kind is not ValueKind.VALUE:
        return _WRITERS[each.kind], _READERS[each.kind]
    enum = _ENUMS[each.field or ""]
    known = {value.value for value in enum}
    terms = {value: f"<{iri}>" for iri, value in read_ontology().values.items() if value in known}
    values: dict[str, Value] = {term: enum(value) for value, term in terms.items()}
    return (lambda value: terms[cast("str", value)]), values.get


_ENUMS: dict[str, type[Importance | Relation | PayPeriod]] = {
    "importance": Importance,
    "relation": Relation,
    "salary.period": PayPeriod,
}
"""What the named individuals of a field stand for."""


@lru_cache(maxsize=1)
def _codecs() -> dict[type[Record], _Codec]:
    ontology = read_ontology()
    codecs: dict[type[Record], _Codec] = {}
    for declared in ontology.classes:
        if declared.record is None or declared.record == Unmapped.__name__:
            continue
        record: type[Record] = getattr(model, declared.record)
        defaults = {field.name: field.default for field in fields(record)}
        by_predicate = {}
        for each in ontology.properties_of(declared.record):
            name, _, part = (each.field or "").partition(".")
            write, read = _value_codec(each)
            by_predicate[each.predicate] = _Field(
                name=name,
                part=part or None,
                predicate=each.predicate,
                many=defaults[name] == (),
                write=write,
                read=read,
            )
        required = {name for name, default in defaults.items() if default is MISSING and name != "iri"}
        codecs[record] = _Codec(
            record=record,
            build=record,
            type_term=f"<{declared.iri}>",
            by_predicate=by_predicate,
            names=frozenset(each.name for each in by_predicate.values()),
            required=frozenset(required),
        )
    return codecs


@lru_cache(maxsize=1)
def _codecs_by_type() -> dict[object, _Codec]:
    """By the term of their class, in the order in which one is chosen where a subject has several of our types."""
    found: dict[object, _Codec] = {codec.type_term: codec for codec in _codecs().values()}
    order = [each.__name__ for each in get_args(Record)]
    return dict(sorted(found.items(), key=lambda item: order.index(item[1].record.__name__)))


def record_statements(record: Record) -> list[Statement]:
    """(predicate IRI, canonical N-Triples term) of all that the record says, type first, unsorted.

    Raises InputError where an IRI, a language or a statement's term is not well-formed.
    """
    if isinstance(record, Unmapped):
        kept = [_kept(None, statement) for statement in record.statements]
        return kept or [(RDF_TYPE, _UNMAPPED)]
    codec = _codecs()[type(record)]
    pairs: list[Statement] = [(RDF_TYPE, codec.type_term)]
    for field in codec.by_predicate.values():
        value = getattr(record, field.name)
        if value is None or value is False:
            continue
        if field.part is not None:
            value = getattr(value, field.part)
            if value is None:
                continue
        if field.many:
            pairs.extend((field.predicate, field.write(each)) for each in value)
        else:
            pairs.append((field.predicate, field.write(value)))
    pairs.extend(_kept(codec, statement) for statement in record.statements)
    return pairs


def _kept(codec: _Codec | None, statement: Statement) -> Statement:
    """The statement under a predicate that reading does not take for a field."""
    predicate, term = statement[0], canonical_term(statement[1])
    if not is_iri(predicate):
        iri_term(predicate)
    field = codec.by_predicate.get(predicate) if codec else None
    mistaken = field is not None and field.read(term) is not None
    typed = predicate == RDF_TYPE and (term in _codecs_by_type() or term == _UNMAPPED)
    if mistaken or typed or predicate.startswith(KEPT):
        return KEPT + quote(predicate, safe=""), term
    return predicate, term


def _original(predicate: str) -> str:
    return unquote(predicate.removeprefix(KEPT)) if predicate.startswith(KEPT) else predicate


def _restored(pairs: Iterable[Statement]) -> tuple[Statement, ...]:
    return tuple(sorted({(_original(predicate), term) for predicate, term in pairs}))


def _record(iri: str, pairs: Pairs) -> Record:
    """The record of a subject. Without one of our types, or without what its class must have, it is Unmapped."""
    codec = _find_codec([term for predicate, term in pairs if predicate == RDF_TYPE])
    if codec is None:
        return Unmapped(iri=iri, statements=_restored(pair for pair in pairs if pair != (RDF_TYPE, _UNMAPPED)))
    values, left = _collected(codec, pairs)
    if not codec.required <= values.keys():
        return Unmapped(iri=iri, statements=_restored(pairs))
    return codec.build(iri=iri, statements=_restored(left), **values)


def _find_codec(types: Sequence[object]) -> _Codec | None:
    """How a subject of these types is read, given as terms; None where none of them is ours."""
    known = _codecs_by_type()
    if len(types) == 1:
        return known.get(types[0])
    return next((codec for term, codec in known.items() if term in types), None)


def _collected(codec: _Codec, pairs: Pairs) -> tuple[dict[str, object], Pairs]:
    """The values of the fields, and the pairs that no field takes. Of several for one field, the first by term."""
    fields_of = codec.by_predicate
    several: dict[str, list[Value]] = {}
    single: dict[str, tuple[str, Value]] = {}
    left: Pairs = []
    for predicate, term in pairs:
        field = fields_of.get(predicate)
        value = None if field is None else field.read(term)
        if field is None or value is None:
            if predicate != RDF_TYPE or term != codec.type_term:
                left.append((predicate, term))
        elif field.many:
            several.setdefault(field.name, []).append(value)
        elif predicate not in single:
            single[predicate] = (term, value)
        else:
            kept = single[predicate]
            single[predicate] = min(kept, (term, value), key=_term_of)
            left.append((predicate, max(term, kept[0])))
    values: dict[str, object] = {name: _ordered(found) for name, found in several.items()}
    parts: dict[str, dict[str, tuple[str, str, Value]]] = {}
    for predicate, (term, value) in single.items():
        field = fields_of[predicate]
        if field.part is None:
            values[field.name] = value
        else:
            parts.setdefault(field.name, {})[field.part] = (predicate, term, value)
    for name, part in parts.items():
        made = _composed(name, {each: value for each, (_, _, value) in part.items()})
        if made is None:
            left.extend((predicate, term) for predicate, term, _ in part.values())
        else:
            values[name] = made
    return values, left


def _composed(name: str, parts: Mapping[str, Value]) -> object | None:
    """The value of a field that several properties make up; None without what it must have."""
    kind, needed = _composing()[name]
    return kind(**parts) if needed <= parts.keys() else None


def _term_of(found: tuple[str, Value]) -> str:
    return found[0]


_COMPOSED: dict[str, type[Level | Money | Salary]] = {"level": Level, "matched": Level, "cost": Money, "salary": Salary}
"""Fields that several properties make up; without what has no default they are none."""


@lru_cache(maxsize=1)
def _composing() -> dict[str, tuple[Callable[..., object], frozenset[str]]]:
    """What makes such a field, and which parts it must have."""
    return {
        name: (kind, frozenset(each.name for each in fields(kind) if each.default is MISSING))
        for name, kind in _COMPOSED.items()
    }


def _ordered(values: Sequence[Value]) -> tuple[Value, ...]:
    """The values of one field, each once, in their order."""
    if len(values) == 1:
        return (values[0],)
    if isinstance(values[0], Text):
        return model.sorted_texts(cast("Sequence[Text]", values))
    return tuple(sorted(set(cast("Sequence[str]", values))))


def to_nquads_lines(record: Record, graph_iri: str) -> list[str]:
    """The record as canonical N-Quads lines without line ends, in code point order.

    A file of such lines sorted as text keeps every subject's lines together: all of them begin with `<subject> `, and
    what lies between two lines with one beginning has it too. Raises InputError as `record_statements`.
    """
    head, tail = iri_term(record.iri), f" {iri_term(graph_iri)} ."
    return sorted({f"{head} <{predicate}> {term}{tail}" for predicate, term in record_statements(record)})


def from_nquads_lines(lines: Iterable[str]) -> Iterator[Record]:
    """The records of lines as `to_nquads_lines` writes them, subject by subject; line ends are allowed.

    Raises DamagedError (`archive.malformed-line`).
    """
    for iri, pairs in _by_subject(lines):
        yield _record(iri, pairs)


def bare_records(texts: Iterable[str]) -> Iterator[Record]:
    """The same without what an index does not hold, and so in half the memory: descriptions, statements, Unmapped.

    Takes sorted lines many at a time: texts of whole lines. Raises DamagedError (`archive.malformed-line`).
    """
    for iri, said in _indexed(texts):
        codec = _find_codec(said[1].pop(_TYPES))
        values = None if codec is None else _bare_values(codec, said)
        if codec is not None and values is not None:
            # What others name is one text with how they name it.
            values["iri"] = sys.intern(iri) if issubclass(codec.record, Resource) else iri
            yield codec.build(**values)


_Said = tuple[dict[str, object], dict[str, list[Value]], dict[str, dict[str, Value]]]
"""Values by field, values of fields that have many, parts of composed ones: what lines say of a subject, for whichever
class has such a field. A predicate is the same field in all of them."""

_TYPES = "types"
"""Stands for a field that no record has: the classes of a subject, as terms."""


@lru_cache(maxsize=1)
def _indexed_fields() -> dict[str, _Field]:
    """Fields that an index reads, by their predicates as terms."""
    every = [field for codec in _codecs().values() for field in codec.by_predicate.values()]
    every.append(_Field(name=_TYPES, part=None, predicate=RDF_TYPE, many=True, write=_write_name, read=str))
    return {f"<{field.predicate}>": field for field in every if field.name != "descriptions"}


def _indexed(texts: Iterable[str]) -> Iterator[tuple[str, _Said]]:
    """(IRI, what an index reads of it), for each run of lines with one subject that has a type. Raises DamagedError."""
    fields_of = _indexed_fields()
    about, tail, end = "", " ", -1
    said: _Said = ({}, {}, {})
    values, several, parts = said
    for line in chain.from_iterable(text.removesuffix("\n").split("\n") for text in texts):
        try:
            subject, predicate, rest = line.split(" ", 2)
        except ValueError:
            raise _malformed(line) from None
        if not rest.endswith(tail):
            tail = f" {_split_line(line)[3]} ."
            end = -len(tail)
        if subject != about:
            if _TYPES in several:
                yield about[1:-1], said
            about = subject
            said = values, several, parts = ({}, {}, {})
        field = fields_of.get(predicate)
        value = None if field is None else field.read(rest[:end])
        if field is None or value is None:
            continue
        # Lines are sorted: of several values for one field the first is the first by term.
        if field.many:
            several.setdefault(field.name, []).append(value)
        elif field.part is None:
            values.setdefault(field.name, value)
        else:
            parts.setdefault(field.name, {}).setdefault(field.part, value)
    if _TYPES in several:
        yield about[1:-1], said


def _bare_values(codec: _Codec, said: _Said) -> dict[str, object] | None:
    """The values of a class's fields; None without what it must have."""
    values, several, parts = said
    for name, found in several.items():
        values[name] = _ordered(found)
    for name, part in parts.items():
        if (made := _composed(name, part)) is not None:
            values[name] = made
    if not values.keys() <= codec.names:
        values = {name: value for name, value in values.items() if name in codec.names}
    return values if codec.required <= values.keys() else None


def _by_subject(lines: Iterable[str]) -> Iterator[tuple[str, Pairs]]:
    """(IRI, its statements), for each run of lines with one subject. Raises DamagedError."""
    about, pairs = "", Pairs()
    tail = " "
    for line in lines:
        parts = line.split(" ", 2)
        if len(parts) == 3 and parts[2].endswith(tail) and parts[0][:1] == parts[1][:1] == "<":
            subject, predicate, term = parts
            term = term[: -len(tail)]
        else:
            subject, predicate, term, graph = _split_line(line)
            tail = f" {graph} ."
        if subject != about:
            if pairs:
                yield about[1:-1], pairs
            about, pairs = subject, []
        pairs.append((predicate[1:-1], term))
    if pairs:
        yield about[1:-1], pairs


def _split_line(line: str) -> tuple[str, str, str, str]:
    """Subject, predicate, object and graph as terms."""
    try:
        subject, predicate, rest = line.rstrip("\n").split(" ", 2)
        term, graph, end = rest.rsplit(" ", 2)
    except ValueError:
        subject = predicate = term = graph = end = ""
    if end != "." or not (subject[:1] == predicate[:1] == graph[:1] == "<"):
        raise _malformed(line)
    return subject, predicate, term, graph


def _malformed(line: str) -> DamagedError:
    return DamagedError(
        f"Got the archive line {line[:120]!r} where a canonical N-Quads line is expected.",
        code="archive.malformed-line",
        hint="Restore the archive from a backup, or load the dataset again.",
    )


def to_rdf(record: Record) -> list[Triple]:
    """The record as triples of one subject, in canonical order. Raises InputError as `record_statements`."""
    head = iri_term(record.iri)
    lines = sorted({f"{head} <{predicate}> {term} .\n" for predicate, term in record_statements(record)})
    return [quad.triple for quad in parse("".join(lines).encode(), format=RdfFormat.N_TRIPLES)]


def from_rdf(triples: Iterable[Triple | Quad]) -> Iterator[Record]:
    """The records of triples in any order, by first appearance of their subject. Blank nodes get IRIs (see `skolem`).

    A predicate that no field takes, or a value that does not fit it, becomes a statement; of several values for a
    field that has one, the first in code point order is taken. A subject with none of our types, or without what its
    class must have, is Unmapped.
    """
    subjects: dict[str, Pairs] = {}
    for subject, predicate, term in skolemised(triples):
        subjects.setdefault(subject, []).append((predicate, term))
    for iri, pairs in subjects.items():
        yield _record(iri, pairs)
