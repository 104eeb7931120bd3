"""What a SPARQL text asks for beyond reading our own data, found before anything runs.

Reads the text as tokens (SPARQL 1.1, 19.8), so that strings, comments, IRIs, variables and names do not mislead. The
engine's parser wants no blank between a keyword and what follows it (`SERVICEex:a`), so a name that could be taken for
a keyword counts as one. Does not parse the query: the engine does that. Called by the worker that runs queries.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

_WIDE = "\u0080-\U0010ffff"
_ESCAPE = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_LOCAL = rf"[A-Za-z0-9_:{_WIDE}]|%[0-9A-Fa-f]{{2}}|\\[_~.\-!$&'()*+,;=/?#@%]"
_TOKEN = re.compile(
    rf"""
      (?P<skip>[ \t\r\n]+|\#[^\r\n]*)
    | (?P<string>'''(?:'{{0,2}}(?:[^'\\]|\\.))*'''|\"\"\"(?:"{{0,2}}(?:[^"\\]|\\.))*\"\"\"
        |'(?:[^'\\\r\n]|\\.)*'|"(?:[^"\\\r\n]|\\.)*")
    | <(?P<iri>(?:[^<>"{{}}|^`\\\x00-\x20]|{_ESCAPE})*)>
    | (?P<variable>[?$][A-Za-z0-9_{_WIDE}]+)
    | (?P<blank>_:[A-Za-z0-9_{_WIDE}]*+)
    | (?P<tag>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<prefix>[A-Za-z_{_WIDE}][A-Za-z0-9_.\-{_WIDE}]*+)?(?P<colon>:)(?P<local>(?:{_LOCAL})(?:{_LOCAL}|-)*+)?
    | (?P<keyword>[A-Za-z_{_WIDE}][A-Za-z0-9_.\-{_WIDE}]*+)
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(_ESCAPE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:")
_UPDATES = frozenset(("insert", "delete", "load", "clear", "create", "drop", "copy", "move", "add", "with"))
_BEFORE_A_GRAPH = frozenset(("graph", "from", "named"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a query is not run."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryText:
    """What a query's text says before it is parsed."""

    refusal: Refusal | None
    has_dataset: bool
    """Whether it has FROM clauses of its own."""
    graphs: tuple[str, ...]
    """IRIs after FROM and FROM NAMED; those that a prefix that is not declared would make are left out."""


def read_query(text: str) -> QueryText:
    """What the text says. Cost: linear."""
    tokens = list(_tokens(text))
    refusal = _refusal(tokens)
    if refusal is None and "\\" in text:
        # The standard resolves escapes before it reads tokens, the engine inside strings and IRIs: hold against both.
        refusal = _refusal(list(_tokens(_ESCAPED.sub(_character, text))))
    has_dataset, graphs = _dataset(tokens)
    return QueryText(refusal=refusal, has_dataset=has_dataset, graphs=graphs)


def _tokens(text: str) -> Iterator[re.Match[str]]:
    return (token for token in _TOKEN.finditer(text) if token.lastgroup != "skip")


def _character(escape: re.Match[str]) -> str:
    code = int(escape[0].lstrip("\\uU"), 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"


def _refusal(tokens: list[re.Match[str]]) -> Refusal | None:
    first = next((word for token in tokens if (word := _keyword(token)) not in ("base", "prefix", "")), "")
    if first in _UPDATES:
        return Refusal(code="sparql.update", message=f"{first.upper()} is an update; this endpoint only reads.")
    for position, token in enumerate(tokens):
        if "service" in _keyword(token):
            return _service()
        if "service" in (token["prefix"] or "").lower():
            after = tokens[position + 1][0] if position + 1 < len(tokens) else ""
            before = _keyword(tokens[position - 1]) if position else ""
            if after == "{" and before not in _BEFORE_A_GRAPH:
                return _service()
    return None


def _keyword(token: re.Match[str]) -> str:
    return (token["keyword"] or "").lower()


def _service() -> Refusal:
    return Refusal(code="sparql.service", message="SERVICE is refused: this endpoint asks no other one.")


def _dataset(tokens: list[re.Match[str]]) -> tuple[bool, tuple[str, ...]]:
    prefixes: dict[str, str] = {}
    graphs: list[str] = []
    has_dataset = False
    base = ""
    for position, token in enumerate(tokens):
        rest = tokens[position + 1 : position + 3]
        if _keyword(token) == "prefix" and len(rest) == 2 and rest[0]["colon"] and rest[1]["iri"] is not None:
            prefixes[rest[0]["prefix"] or ""] = _resolved(rest[1]["iri"], base)
        elif _keyword(token) == "base" and rest and rest[0]["iri"] is not None:
            base = _resolved(rest[0]["iri"], base)
        elif _keyword(token) == "from":
            has_dataset = True
            graph = rest[-1] if rest and _keyword(rest[0]) == "named" else next(iter(rest), None)
            if graph is not None and graph["iri"] is not None:
                graphs.append(_resolved(graph["iri"], base))
            elif graph is not None and graph["colon"] and (graph["prefix"] or "") in prefixes:
                graphs.append(prefixes[graph["prefix"] or ""] + re.sub(r"\\(.)", r"\1", graph["local"] or ""))
    return has_dataset, tuple(graphs)


def _resolved(iri: str, base: str) -> str:
    found = _ESCAPED.sub(_character, iri)
    return found if _SCHEME.match(found) else urljoin(base, found)
