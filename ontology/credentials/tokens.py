"""Credentials as JSON Web Tokens: whether the signature holds, by whose key, and the document that the claims make.

1. Three parts in canonical base64url, header and claims without repeated names. 2. The algorithm is one of three,
whatever the token asks for; a header that brings keys from elsewhere or changes what is signed is refused. 3. The key:
of the DID that `kid` names, of the issuer's JWKS, or in the header. 4. The signature holds. 5. Claims and credential
say one thing. 6. The controller is the issuer, or the issuer's JWKS has the key; else the issuer is not proven.
Nothing is fetched but key documents. Source: VC Data Model 1.1, 6.3.1; Open Badges 3.0, 8.2; RFC 7515, 7519, 8725.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import jwt

from ontology.fetching import Purpose
from ontology.json_documents import Json

from .addresses import cut
from .instants import instant
from .keys import Key, KeyRefusedError, Kind, key_of_jwk
from .methods import Relation, resolve_method
from .multibase import NotDecodableError, decode_base64url
from .proofs import SKEW, issuer_of
from .reports import Check, CheckOutcome, ProofOutcome, ProofReport, ProofResult, Step
from .resolving import Resolver, UnresolvedError
from .strict_json import NotStrictError, Object, parse_object

MAX_CHARACTERS: Final = 4 << 20
MAX_KEYS: Final = 100
"""Keys of a JWKS that are looked at."""
ALGORITHMS: Final[dict[str, Kind]] = {"RS256": "RSA", "ES256": "P-256", "EdDSA": "Ed25519"}
"""The algorithms that are taken, each with its kind of key."""
_TYPES: Final = frozenset({"jwt", "vc+jwt", "vp+jwt", "vc+ld+jwt", "vp+ld+jwt", "vc-ld+jwt", "vp-ld+jwt"})
UNTAKEN: Final = ("crit", "b64", "jku", "x5u", "x5c", "x5t", "x5t#S256")
"""Members of a header that bring keys from elsewhere, or change what is signed."""
_CLAIMS: Final = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "nonce"})
_VERSION_2: Final = "https://www.w3.org/ns/credentials/v2"


@dataclass(frozen=True, slots=True)
class _Stopped(Exception):  # noqa: N818 - the end of the checks, no error
    outcome: ProofOutcome
    reason: str
    step: Step = "proof"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A key and what is known of it. `jwks` says that it came from the issuer's JWKS."""

    key: Key
    controller: str | None = None
    jwks: bool = False
    remark: str | None = None


def verify_token(
    token: str,
    resolver: Resolver,
    *,
    now: datetime,
    relation: Relation = "assertionMethod",
    challenge: str | None = None,
    domain: str | None = None,
) -> tuple[Object | None, ProofReport]:
    """(the credential or presentation of a token as a document, what its signature amounts to); never raises.

    Args:
        now: with its time zone.
        relation: what the key must be for: assertionMethod of credentials, authentication of presentations.
        challenge: what the claim `nonce` must be, where one was asked for.
        domain: what the claim `aud` must have, where one was asked for.

    The document is None where it cannot be read. Claims that the credential does not have are put into it (issuer, id,
    dates, subject), so that what follows reads the document alone.
    """
    suite, document, method = "VC-JWT", None, None
    try:
        header, claims = _parts(token)
        suite = f"VC-JWT {str(header.get('alg'))[:20]}"
        kid = header.get("kid")
        method = kid[:2048] if isinstance(kid, str) else None
        document = _credential(claims)
        algorithm = _algorithm(header)
        found = _key(header, claims, document, resolver, now, relation)
        _check_signature(token, algorithm, found.key)
        document = _agreed(claims, document, now if _is_of_its_own_time(header, claims) else None)
        _check_asked(claims, challenge, domain)
    except _Stopped as stopped:
        result = ProofResult(
            suite=suite, outcome=stopped.outcome, method=method, reason=stopped.reason, step=stopped.step
        )
        return document, _report(result, Check(step="issuer", outcome="skipped", reason=_NOTHING_KNOWN))
    proven, check = _issuer(document, found, resolver)
    result = ProofResult(
        suite=suite,
        outcome=ProofOutcome.PASS,
        method=method,
        controller=found.controller,
        proves_issuer=proven,
        reason=found.remark,
        challenge=_text(claims.get("nonce")),
        domains=tuple(each for each in _listed(claims.get("aud")) if isinstance(each, str)),
    )
    return document, _report(result, check)


_NOTHING_KNOWN: Final = "No proof holds, so nothing is known of the issuer."


def _report(result: ProofResult, issuer: Check) -> ProofReport:
    told = f"{result.suite}: {result.reason}" if result.reason else result.suite
    good = result.outcome is ProofOutcome.PASS
    outcome: CheckOutcome = "fail" if not good else "remark" if result.reason else "pass"
    return ProofReport(
        outcome=result.outcome,
        issuer_proven=good and result.proves_issuer,
        controllers=(result.controller,) if good and result.controller else (),
        checks=(Check(step=result.step, outcome=outcome, reason=told), issuer),
        proofs=(result,),
    )


def _parts(token: str) -> tuple[Object, Object]:
    """(header, claims). Raises _Stopped."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MAX_CHARACTERS:
        raise _Stopped(ProofOutcome.INVALID, "It is no JSON Web Token of three parts.", "parse")
    try:
        return read_parts(token)
    except NotStrictError as error:
        raise _Stopped(ProofOutcome.INVALID, f"The token cannot be read: {error}.", "parse") from None


def read_parts(token: str) -> tuple[Object, Object]:
    """(header, payload) of a compact JWS that has one spelling and one reading. Raises NotStrictError."""
    try:
        header, payload, _ = (decode_base64url(part) for part in token.split("."))
    except NotDecodableError as error:
        raise NotStrictError(str(error)) from None
    return parse_object(header), parse_object(payload)


def _algorithm(header: Object) -> str:
    algorithm, kind = header.get("alg"), header.get("typ")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        taken = ", ".join(ALGORITHMS)
        raise _Stopped(ProofOutcome.UNVERIFIABLE, f"The algorithm {str(algorithm)[:40]!r} is not taken, {taken} are.")
    if kind is not None and (not isinstance(kind, str) or kind.lower().removeprefix("application/") not in _TYPES):
        raise _Stopped(ProofOutcome.UNVERIFIABLE, f"A token of type {str(kind)[:40]!r} is no credential.")
    for member in UNTAKEN:
        if member in header:
            raise _Stopped(ProofOutcome.UNVERIFIABLE, f"A header with {member} is not taken.")
    return algorithm


def _key(
    header: Object, claims: Object, document: Object, resolver: Resolver, now: datetime, relation: Relation
) -> _Found:
    """The key of a header, of whatever kind. Raises _Stopped."""
    try:
        return _key_of_header(header, claims, document, resolver, now, relation)
    except KeyRefusedError as error:
        raise _Stopped(ProofOutcome.UNVERIFIABLE, _sentence(str(error))) from None
    except UnresolvedError as error:
        raise _Stopped(ProofOutcome.UNVERIFIABLE, error.reason) from None


def _key_of_header(
    header: Object, claims: Object, document: Object, resolver: Resolver, now: datetime, relation: Relation
) -> _Found:
    kid, jwk = header.get("kid"), header.get("jwk")
    if kid is not None and not isinstance(kid, str):
        raise KeyRefusedError("the header's kid is no text")
    if jwk is not None and not isinstance(jwk, dict):
        raise KeyRefusedError("the header's jwk is no object")
    own = None if jwk is None else key_of_jwk(jwk)
    issuer = _text(claims.get("iss")) or issuer_of(document) or ""
    if kid is not None and kid.startswith("#") and issuer.startswith("did:"):
        kid = issuer + kid
    if kid is not None and kid.startswith("did:"):
        method = resolve_method(kid, resolver, relation=relation, now=now)
        found = _Found(key=method.key, controller=method.controller, remark=method.remark)
    elif own is not None:
        return _Found(key=own)
    elif kid is None:
        raise KeyRefusedError("the header names no key: it has neither kid nor jwk")
    elif "://" in kid:
        found = _key_at_address(kid, issuer, resolver, now, relation)
    elif issuer.startswith("did:web:"):
        method = resolve_method(f"{issuer}#{kid}", resolver, relation=relation, now=now)
        found = _Found(key=method.key, controller=method.controller, remark=method.remark)
    else:
        found = _key_in_jwks(kid, issuer, header, resolver)
    if own is not None and own.thumbprint != found.key.thumbprint:
        raise KeyRefusedError("the header's jwk is another key than its kid names")
    return found


def _key_at_address(kid: str, issuer: str, resolver: Resolver, now: datetime, relation: Relation) -> _Found:
    """The key at an https address of the issuer's own host: a JWK, a JWKS, or a controller document."""
    plain, fragment = cut(kid)
    if _origin(plain) is None or _origin(plain) != _origin(issuer):
        raise KeyRefusedError(f"the key's address {kid[:120]!r} is not on the issuer's own host")
    document = _document(plain, resolver)
    if "keys" in document:
        wanted = {kid, fragment or plain}
        keys = [each for each in _keys_of(document) if each.get("kid") in wanted]
        if len(keys) != 1:
            raise KeyRefusedError(f"the JWKS at {plain[:120]} does not have the key {kid[:120]!r} once")
        return _Found(key=key_of_jwk(keys[0]))
    if "kty" in document:
        return _Found(key=key_of_jwk(document))
    method = resolve_method(kid, resolver, relation=relation, now=now)
    return _Found(key=method.key, controller=method.controller, remark=method.remark)


def _key_in_jwks(kid: str, issuer: str, header: Object, resolver: Resolver) -> _Found:
    address = jwks_address(issuer)
    if address is None:
        raise KeyRefusedError(f"the key {kid[:80]!r} is neither a DID, nor is the issuer at https with a JWKS")
    kind = ALGORITHMS[str(header.get("alg"))]
    found = []
    for each in _keys_of(_document(address, resolver)):
        if each.get("kid") == kid and each.get("alg", header.get("alg")) == header.get("alg"):
            key = key_of_jwk(each)
            found += [key] if key.kind == kind else []
    if len(found) != 1:
        raise KeyRefusedError(f"the issuer's JWKS at {address} does not have the key {kid[:80]!r} once")
    return _Found(key=found[0], jwks=True)


def jwks_address(issuer: str) -> str | None:
    """Where an issuer with an https address has its keys, None for another one."""
    origin = _origin(issuer)
    return None if origin is None else f"{origin}/.well-known/jwks.json"


def _origin(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        return None
    return f"https://{parts.hostname}{'' if port in {None, 443} else f':{port}'}"


def _document(address: str, resolver: Resolver) -> Object:
    try:
        return parse_object(resolver.get(address, Purpose.KEYS))
    except NotStrictError as error:
        raise KeyRefusedError(f"the document at {address[:120]} cannot be read: {error}") from None


def _keys_of(document: Object) -> Iterator[Object]:
    keys = document.get("keys")
    for each in (keys if isinstance(keys, list) else [])[:MAX_KEYS]:
        if isinstance(each, dict):
            yield each


def _check_signature(token: str, algorithm: str, key: Key) -> None:
    if key.kind != ALGORITHMS[algorithm]:
        raise _Stopped(ProofOutcome.UNVERIFIABLE, f"{algorithm} is not for a key of {key.kind}.")
    try:
        jwt.PyJWS(algorithms=[algorithm]).decode_complete(token, key.public, algorithms=[algorithm])
    except jwt.InvalidSignatureError:
        reason = "The signature does not hold: the token is not what this key signed."
        raise _Stopped(ProofOutcome.FAIL, reason) from None
    except jwt.PyJWTError as error:
        raise _Stopped(ProofOutcome.UNVERIFIABLE, f"The token is refused: {str(error)[:200]}.") from None


def _credential(claims: Object) -> Object:
    """The credential or presentation in the claims. Raises _Stopped."""
    inner = [claims[name] for name in ("vc", "vp") if name in claims]
    if len(inner) > 1 or (inner and not isinstance(inner[0], dict)):
        raise _Stopped(ProofOutcome.INVALID, "The claim vc is no object, or stands beside vp.", "parse")
    if inner and isinstance(inner[0], dict):
        return dict(inner[0])
    return {name: value for name, value in claims.items() if name not in _CLAIMS}


def _is_of_its_own_time(header: Object, claims: Object) -> bool:
    """Whether `nbf` and `exp` are of the token, not of the credential: in VC-JOSE-COSE, by its type."""
    kind = header.get("typ")
    plain = kind.lower().removeprefix("application/") if isinstance(kind, str) else ""
    return plain in {"vc+jwt", "vp+jwt"} and not claims.keys() & {"vc", "vp"}


def _agreed(claims: Object, document: Object, token_at: datetime | None) -> Object:
    """The document with what only the claims say. Raises _Stopped where the two say different things.

    Args:
        token_at: the instant at which a token with a time of its own must be valid; None where it has none.
    """
    made = dict(document)
    presents = "vp" in claims or "VerifiablePresentation" in _listed(document.get("type"))
    owner = "holder" if presents else "issuer"
    _agree_text(made, claims.get("iss"), issuer_of(document), "iss", owner)
    _agree_text(made, claims.get("jti"), document.get("id"), "jti", "id")
    begins, ends = ("validFrom", "validUntil") if _is_version_2(document) else ("issuanceDate", "expirationDate")
    _agree_date(made, claims.get("nbf"), "nbf", begins, token_at)
    _agree_date(made, claims.get("exp"), "exp", ends, token_at)
    if not presents:
        _agree_subject(made, claims.get("sub"))
    return made


def _agree_text(made: Object, claim: Json, said: Json, name: str, member: str) -> None:
    if claim is None:
        return
    if not isinstance(claim, str):
        raise _Stopped(ProofOutcome.INVALID, f"The claim {name} is no text.", "parse")
    if said is None and made.get(member) is None:
        made[member] = claim
    elif said is None and isinstance(made[member], dict):
        made[member] = {**_object(made[member]), "id": claim}
    elif said != claim:
        reason = f"The claim {name} is {claim[:120]!r}, and the credential's {member} {str(said)[:120]!r}."
        raise _Stopped(ProofOutcome.INVALID, reason, "proof")


def _agree_date(made: Object, claim: Json, name: str, member: str, token_at: datetime | None) -> None:
    if claim is None:
        return
    if isinstance(claim, bool) or not isinstance(claim, int | float) or not 0 <= claim < 253_402_300_800:
        raise _Stopped(ProofOutcome.INVALID, f"The claim {name} is no point in time.", "parse")
    moment = datetime.fromtimestamp(int(claim), UTC)
    said = made.get(member)
    if said is None:
        made[member] = moment.isoformat().replace("+00:00", "Z")
        return
    if token_at is not None:
        if (name == "nbf" and moment > token_at + SKEW) or (name == "exp" and moment <= token_at):
            raise _Stopped(
                ProofOutcome.UNVERIFIABLE, f"The token is not valid now: its {name} is {moment.isoformat()}."
            )
        return
    when = instant(said, zone_needed=False)
    if when is None or when.replace(microsecond=0) != moment:
        reason = f"The claim {name} is {moment.isoformat()}, and the credential's {member} {str(said)[:60]!r}."
        raise _Stopped(ProofOutcome.INVALID, reason, "proof")


def _agree_subject(made: Object, claim: Json) -> None:
    if claim is None:
        return
    subjects = made.get("credentialSubject")
    single = subjects if isinstance(subjects, dict) else None
    if isinstance(subjects, list) and len(subjects) == 1 and isinstance(subjects[0], dict):
        single = subjects[0]
    if single is None or not isinstance(claim, str) or single.get("id", claim) != claim:
        said = None if single is None else single.get("id")
        reason = f"The claim sub is {str(claim)[:120]!r}, and the credential's subject {str(said)[:120]!r}."
        raise _Stopped(ProofOutcome.INVALID, reason, "proof")
    if "id" not in single:
        made["credentialSubject"] = {**single, "id": claim}


def _check_asked(claims: Object, challenge: str | None, domain: str | None) -> None:
    if challenge is not None and claims.get("nonce") != challenge:
        raise _Stopped(ProofOutcome.UNVERIFIABLE, "The token does not repeat the challenge that was asked for.")
    if domain is not None and domain not in _listed(claims.get("aud")):
        raise _Stopped(ProofOutcome.UNVERIFIABLE, "The token is not for the domain that asked.")


def _issuer(document: Object, found: _Found, resolver: Resolver) -> tuple[bool, Check]:
    """(whether the issuer is proven, the check that tells it), of a token whose signature holds."""
    issuer = issuer_of(document)
    if issuer is not None and (found.jwks or found.controller == issuer):
        return True, Check(step="issuer", outcome="pass", reason=f"The key is {issuer}'s.")
    if found.controller is not None:
        told = f"The key is {found.controller}'s, not {issuer}'s."
        return False, Check(step="issuer", outcome="remark", reason=f"The issuer is not proven. {told}")
    address = None if issuer is None else jwks_address(issuer)
    if address is None:
        told = "The issuer is not proven. Whose key it is, the token alone says."
        return False, Check(step="issuer", outcome="remark", reason=told)
    try:
        for each in _keys_of(_document(address, resolver)):
            if _is_key(each, found.key):
                told = f"The issuer's JWKS at {address} has the key."
                return True, Check(step="issuer", outcome="pass", reason=told)
    except (KeyRefusedError, UnresolvedError) as error:
        why = error.reason if isinstance(error, UnresolvedError) else _sentence(str(error))
        return False, Check(step="issuer", outcome="remark", reason=f"The issuer is not proven. {why}")
    told = f"The issuer is not proven. Its JWKS at {address} does not have the key."
    return False, Check(step="issuer", outcome="remark", reason=told)


def _is_key(jwk: Object, key: Key) -> bool:
    try:
        return key_of_jwk(jwk).thumbprint == key.thumbprint
    except KeyRefusedError:
        return False


def _is_version_2(document: Object) -> bool:
    contexts = _listed(document.get("@context"))
    return bool(contexts) and contexts[0] == _VERSION_2


def _object(value: Json) -> Object:
    return value if isinstance(value, dict) else {}


def _listed(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."
