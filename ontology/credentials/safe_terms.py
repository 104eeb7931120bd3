"""Whether a document says nothing that its contexts do not define: what is undefined would be left out of a signature.

Only bundled contexts are known; one that is not, and one that a document writes itself, makes it unverifiable. Source:
VC Data Integrity 1.0, "Securing Data Losslessly"; JSON-LD safe mode.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ontology.json_documents import Json
from ontology.jsonld import read_jsonld

from .reading import Object
from .verdicts import Step, Verdict

MAX_NAMED: Final = 5
"""Terms that a reason names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermFault:
    """Something that is wrong with the terms or contexts; `verdict` is None for a remark."""

    step: Step
    verdict: Verdict | None
    reason: str


def find_term_faults(document: Object) -> Iterator[TermFault]:
    """What the contexts of a document leave open, its own proofs not looked at."""
    bare: Object = {key: value for key, value in document.items() if key != "proof"}
    if _has_own_context(bare):
        yield TermFault(
            step=Step.CONTEXT,
            verdict=Verdict.UNVERIFIABLE,
            reason="It writes a context of its own, and only bundled ones are trusted.",
        )
    read = read_jsonld(bare, file="The document")
    for finding in read.findings:
        if finding.code == "jsonld.unknown-context":
            yield TermFault(
                step=Step.CONTEXT,
                verdict=Verdict.UNVERIFIABLE,
                reason=f"{finding.message.split(', expected')[0]}, which is not bundled, and none is fetched.",
            )
        elif finding.code in ("jsonld.invalid", "jsonld.too-deep", "jsonld.too-many-contexts"):
            yield TermFault(step=Step.JSON_LD, verdict=Verdict.INVALID, reason=finding.message)
    noted = read.noted
    undefined = noted.undefined + noted.left_out
    if undefined:
        yield _invalid(f"No context defines {_named(undefined)}, so no signature covers what it says.")
    types = _types_of(bare)
    unknown = {each: count for each, count in noted.relative.items() if each in types or _is_expanded(each)}
    if unknown:
        are = "is" if len(unknown) == 1 else "are"
        yield _invalid(
            f"{_named(unknown)} {are} neither a defined type nor an absolute IRI, so no signature covers it."
        )
    relative = {each: count for each, count in noted.relative.items() if each not in unknown}
    if relative:
        reason = f"{_named(relative)} is no absolute IRI, so a signature over RDF does not cover it."
        yield TermFault(step=Step.JSON_LD, verdict=None, reason=reason)
    if noted.languages:
        yield _invalid(f"{_named(noted.languages)} is no language tag (BCP 47).")
    if noted.prefixes:
        reason = f"No context defines the prefix {_named(noted.prefixes)}; it is read as a scheme."
        yield TermFault(step=Step.JSON_LD, verdict=None, reason=reason)
    if noted.directions:
        reason = "A text has a base direction, which a signature over RDF does not cover."
        yield TermFault(step=Step.JSON_LD, verdict=None, reason=reason)


def _invalid(reason: str) -> TermFault:
    return TermFault(step=Step.JSON_LD, verdict=Verdict.INVALID, reason=reason)


def _named(terms: dict[str, int]) -> str:
    shown = ", ".join(repr(each[:80]) for each in sorted(terms)[:MAX_NAMED])
    return f"{shown} and {len(terms) - MAX_NAMED} more" if len(terms) > MAX_NAMED else shown


def _is_expanded(text: str) -> bool:
    """Whether a text was made an IRI by a context, and a wrong one."""
    return text.startswith(("http://", "https://"))


def _types_of(value: Json) -> set[str]:
    """Every text that stands as a type."""
    found: set[str] = set()
    waiting: list[Json] = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, dict):
            for key in ("type", "@type"):
                said = each.get(key)
                found.update(one for one in (said if isinstance(said, list) else [said]) if isinstance(one, str))
            waiting.extend(each.values())
    return found


def _has_own_context(value: Json) -> bool:
    """Whether a context is anything else than the URL of one, anywhere."""
    waiting: list[Json] = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, dict):
            contexts = each.get("@context", [])
            for one in contexts if isinstance(contexts, list) else [contexts]:
                if not isinstance(one, str):
                    return True
            waiting.extend(item for key, item in each.items() if key != "@context")
    return False
