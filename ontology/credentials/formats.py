"""Which format a document is, by what it contains: its types and contexts, never a file's name.

Called by `verification`.
"""

import re
from enum import StrEnum
from typing import Final

from ontology.json_documents import Json

from .reading import Object


class Format(StrEnum):
    """What can be verified, as verdicts name it."""

    BADGES_2 = "Open Badges 2.0"
    BADGES_3 = "Open Badges 3.0"
    CLR_1 = "CLR 1.0"
    CLR_2 = "CLR 2.0"
    VC_1 = "W3C VC 1.1"
    VC_2 = "W3C VC 2.0"
    PRESENTATION_1 = "W3C VP 1.1"
    PRESENTATION_2 = "W3C VP 2.0"
    LER_RS = "LER-RS"
    UNKNOWN = "unknown"


VC_1_CONTEXT: Final = "https://www.w3.org/2018/credentials/v1"
VC_2_CONTEXT: Final = "https://www.w3.org/ns/credentials/v2"
BADGES_3_CONTEXT: Final = re.compile(
    r"https://purl\.imsglobal\.org/spec/ob/v3p0/context(?:-3\.\d\.\d+)?\.json"
    r"|https://purl\.imsglobal\.org/spec/ob/v3p0/context/ob_v3p0\.jsonld"
    r"|https://imsglobal\.github\.io/openbadges-specification/context\.json"
)
CLR_2_CONTEXT: Final = re.compile(
    r"https://purl\.imsglobal\.org/spec/clr/v2p0/context(?:-2\.\d\.\d+)?\.json"
    r"|https://dc\.imsglobal\.org/draft/clr/v2p0/context"
)
_BADGES_2_CONTEXT: Final = re.compile(
    r"https?://(?:w3id\.org/openbadges|openbadgespec\.org)/(?:v[12](?:/context\.json)?|.*)"
)
CLR_1_CONTEXT: Final = re.compile(
    r"https?://purl\.imsglobal\.org/(?:spec/clr/v1p0|ctx/(?:extended-transcript|clr)/v1p0)"
)
_LER_RS: Final = re.compile(r"LER-RS", re.IGNORECASE)
_LER_RS_PARTS: Final = frozenset(
    {
        "employmentHistories",
        "educationAndLearnings",
        "licenses",
        "certifications",
        "narratives",
        "employmentPreferences",
    }
)
_BADGES_2_TYPES: Final = frozenset({"Assertion", "BadgeClass", "Issuer", "Endorsement", "obi:Assertion"})
_BADGES_3_TYPES: Final = frozenset({"OpenBadgeCredential", "AchievementCredential", "EndorsementCredential"})
_PRESENTATIONS: Final = frozenset({"VerifiablePresentation", "EnvelopedVerifiablePresentation"})


def find_format(document: Object) -> Format:
    """The format, `UNKNOWN` where nothing tells it."""
    types, contexts = frozenset(strings(document.get("type"))), strings(document.get("@context"))
    types |= frozenset(strings(document.get("@type")))
    if types & _PRESENTATIONS:
        return Format.PRESENTATION_1 if VC_1_CONTEXT in contexts else Format.PRESENTATION_2
    subjects = frozenset(
        kind for subject in listed(document.get("credentialSubject")) if isinstance(subject, dict)
        for kind in strings(subject.get("type"))
    )  # fmt: skip
    if any(_LER_RS.search(each) for each in (*contexts, *types, *subjects)) or _is_bare_ler_rs(document):
        return Format.LER_RS
    if "ClrCredential" in types or "ClrSubject" in subjects:
        return Format.CLR_2
    if types & _BADGES_3_TYPES or "AchievementSubject" in subjects:
        return Format.BADGES_3
    if any(CLR_1_CONTEXT.match(each) for each in contexts) or types & {"Clr", "CLR", "ExtendedTranscript"}:
        return Format.CLR_1
    if types & _BADGES_2_TYPES or any(_BADGES_2_CONTEXT.fullmatch(each) for each in contexts):
        return Format.BADGES_2
    return _of_w3c(document, types, contexts)


def _of_w3c(document: Object, types: frozenset[str], contexts: list[str]) -> Format:
    known = {"VerifiableCredential", "EnvelopedVerifiableCredential"} & types
    if VC_1_CONTEXT in contexts:
        return Format.PRESENTATION_1 if "verifiableCredential" in document else Format.VC_1
    if VC_2_CONTEXT in contexts or known:
        return Format.PRESENTATION_2 if "verifiableCredential" in document else Format.VC_2
    if "credentialSubject" in document or "verifiableCredential" in document:
        return Format.VC_1 if "issuanceDate" in document else Format.VC_2
    return Format.UNKNOWN


def _is_bare_ler_rs(document: Object) -> bool:
    keys = document.keys()
    if "$schema" in keys:
        return False
    return bool("person" in keys and keys & (_LER_RS_PARTS | {"skills"})) or len(keys & _LER_RS_PARTS) > 1


def is_version_2(document: Object) -> bool:
    """Whether the document is of the VC data model 2.0, else of 1.1."""
    contexts = strings(document.get("@context"))
    if VC_2_CONTEXT in contexts:
        return True
    return VC_1_CONTEXT not in contexts and "issuanceDate" not in document


def strings(value: Json) -> list[str]:
    """The texts of a value: itself, or those of a list."""
    return [each for each in listed(value) if isinstance(each, str)]


def listed(value: Json) -> list[Json]:
    """A value as a list; none where there is none."""
    return value if isinstance(value, list) else [] if value is None else [value]
