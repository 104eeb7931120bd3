"""Whether the embedded proofs of a document hold, and whether they are the issuer's.

1. No proof: absent. 2. Each proof has a suite, a method, a purpose and a value that are known here. 3. The document
becomes canonical bytes, nothing left out; a proof of a chain covers the proofs that it names, every other one is taken
away. 4. Its method gives a key, and its controller allows it for the purpose. 5. The signature holds. 6. The proof has
not expired. 7. The controller of a key that holds is the issuer, or the issuer is not proven.
Nothing is fetched but key documents, and these after step 3. Source: Verifiable Credential Data Integrity 1.0, 4.4-4.7.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from ontology.json_documents import Json

from .canonical import TooMuchWorkError, UnknownContextError, UnsafeDocumentError
from .instants import instant
from .keys import KeyRefusedError, Kind
from .methods import Method, Relation, resolve_method
from .multibase import NotDecodableError, decode_multibase58
from .rdf_canon import Work
from .reports import Check, ProofOutcome, ProofReport, ProofResult, Step
from .resolving import Resolver, UnresolvedError
from .strict_json import NotStrictError, Object, check_strict
from .suites import DATA_INTEGRITY, SIGNATURE_BYTES, Canonical, Suite, find_suite, other_signed_data, signed_data

MAX_PROOFS: Final = 16
"""Proofs of one document; the most known are 3."""
SKEW: Final = timedelta(minutes=5)
"""By how much clocks may differ."""


@dataclass(frozen=True, slots=True)
class _Stopped(Exception):  # noqa: N818 - the end of the checks of one proof, no error
    outcome: ProofOutcome
    reason: str
    step: Step = "proof"


def verify_proofs(
    document: Object,
    resolver: Resolver,
    *,
    now: datetime,
    relation: Relation = "assertionMethod",
    challenge: str | None = None,
    domain: str | None = None,
    work: Work | None = None,
) -> ProofReport:
    """What the embedded proofs of a document amount to; never raises on account of the document.

    Args:
        document: as parsed by `strict_json`, so that a repeated name cannot hide anything.
        now: with its time zone.
        relation: what the proofs must be for: assertionMethod of credentials, authentication of presentations.
        challenge: what a presentation's proof must repeat, where one was asked for.
        domain: the same.
        work: what is left of the budget of the document that this one is inside of.
    """
    proofs = document.get("proof")
    given = proofs if isinstance(proofs, list) else [] if proofs is None else [proofs]
    if not given:
        return ProofReport(
            outcome=ProofOutcome.ABSENT, checks=(Check(step="proof", outcome="skipped", reason="There is no proof."),)
        )
    try:
        check_strict(document)
        if len(given) > MAX_PROOFS:
            raise NotStrictError(f"it has more than {MAX_PROOFS} proofs")
    except NotStrictError as error:
        return _refused(Check(step="parse", outcome="fail", reason=f"The document cannot be read: {error}."))
    asked = {"challenge": challenge, "domain": domain}
    checker = _Checker(document, given, resolver, now, relation, asked, Canonical(work))
    return _report([checker.result(index) for index in range(len(given))], checker)


def data_to_sign(document: Object, options: Object, cryptosuite: str, *, kind: Kind = "Ed25519") -> bytes:
    """The bytes that a Data Integrity proof of a document signs. What comes out as signature goes to `proofValue`.

    Args:
        document: what is to be signed; its proofs are taken away, but those that `previousProof` names.
        options: the proof without its `proofValue`; `type` and `cryptosuite` are set where missing. Under JCS the
            document's `@context` must stand in it too.
        cryptosuite: one that is not deprecated.
        kind: of the key; P-384 hashes by SHA-384.

    Raises:
        UnknownContextError: the document names a context that is not bundled.
        UnsafeDocumentError: something of it would not be signed; also a cryptosuite that is not known.
        TooMuchWorkError: it asks for too much work.
    """
    suite = find_suite(DATA_INTEGRITY, cryptosuite)
    if suite is None or suite.deprecated or kind not in suite.kinds:
        raise UnsafeDocumentError(f"{cryptosuite!r} with a key of {kind} is not what is signed with here")
    if suite.form == "json" and options.get("@context") != document.get("@context"):
        raise UnsafeDocumentError("under JCS a proof repeats the document's context")
    whole = {"type": DATA_INTEGRITY, "cryptosuite": cryptosuite, **options}
    proofs = document.get("proof")
    given = proofs if isinstance(proofs, list) else [] if proofs is None else [proofs]
    return signed_data(_unsecured(document, whole, given), whole, suite, kind, Canonical())


def issuer_of(document: Mapping[str, Json]) -> str | None:
    """The IRI of who issued a credential, or holds a presentation; None where it has none."""
    issuer = document.get("issuer", document.get("holder"))
    name = issuer.get("id") if isinstance(issuer, dict) else issuer
    return name if isinstance(name, str) and name else None


@dataclass(frozen=True, slots=True)
class _Checker:
    document: Object
    proofs: Sequence[Json]
    resolver: Resolver
    now: datetime
    relation: Relation
    asked: Mapping[str, str | None]
    canonical: Canonical

    def result(self, index: int) -> ProofResult:
        """What became of one proof."""
        proof = self.proofs[index]
        if not isinstance(proof, dict):
            return ProofResult(suite="", outcome=ProofOutcome.INVALID, reason="It is no object.")
        name = proof.get("cryptosuite") if proof.get("type") == DATA_INTEGRITY else proof.get("type")
        told = ProofResult(
            suite=str(name)[:80],
            outcome=ProofOutcome.PASS,
            method=_text(proof.get("verificationMethod")),
            challenge=_text(proof.get("challenge")),
            domains=_texts(proof.get("domain")),
        )
        try:
            method = self._checked(proof)
        except _Stopped as stopped:
            return replace(told, outcome=stopped.outcome, reason=stopped.reason, step=stopped.step)
        issuer = issuer_of(self.document)
        return replace(
            told,
            controller=method.controller,
            proves_issuer=issuer is not None and method.controller == issuer,
            reason=method.remark,
        )

    def _checked(self, proof: Object) -> Method:
        """Steps 2 to 6 for one proof. Raises _Stopped."""
        suite = find_suite(proof.get("type"), proof.get("cryptosuite"))
        if suite is None:
            kind, name = (str(proof.get(each))[:60] for each in ("type", "cryptosuite"))
            raise _Stopped(ProofOutcome.UNVERIFIABLE, f"The suite is not known here ({kind}, {name}).")
        self._check_members(proof)
        usual: Kind = "Ed25519" if "Ed25519" in suite.kinds else "P-256"
        self._data(proof, suite, usual)
        method = self._method(proof)
        kind = method.key.kind
        if kind not in suite.kinds:
            raise _Stopped(ProofOutcome.UNVERIFIABLE, f"{suite.name} is not for a key of {kind}.")
        signature = self._signature(proof, kind)
        if not any(method.key.verifies(signature, data) for data in self._forms(proof, suite, kind)):
            raise _Stopped(ProofOutcome.FAIL, "The signature does not hold: the document is not what this key signed.")
        self._check_dates(proof)
        remarks = [each for each in ("deprecated suite" if suite.deprecated else None, method.remark) if each]
        return replace(method, remark="; ".join(remarks) or None)

    def _check_members(self, proof: Object) -> None:
        for member in ("verificationMethod", "proofPurpose", "proofValue"):
            if not isinstance(proof.get(member), str):
                raise _Stopped(ProofOutcome.INVALID, f"The proof has no {member}, or one that is no text.")
        if proof["proofPurpose"] != self.relation:
            raise _Stopped(
                ProofOutcome.UNVERIFIABLE,
                f"The proof is for {str(proof['proofPurpose'])[:60]}, {self.relation} is needed.",
            )
        for member, wanted in self.asked.items():
            if wanted is not None and wanted not in _texts(proof.get(member)):
                raise _Stopped(ProofOutcome.UNVERIFIABLE, f"The proof does not repeat the {member} that was asked for.")

    def _check_dates(self, proof: Object) -> None:
        created, expires = proof.get("created"), proof.get("expires")
        for member, value in (("created", created), ("expires", expires)):
            if value is not None and instant(value) is None:
                raise _Stopped(ProofOutcome.INVALID, f"The proof's {member} is no point in time.")
        begun, ended = instant(created), instant(expires)
        if begun is not None and begun > self.now + SKEW:
            raise _Stopped(ProofOutcome.UNVERIFIABLE, f"The proof was made in the future ({created}).")
        if ended is not None and ended <= self.now:
            raise _Stopped(ProofOutcome.UNVERIFIABLE, f"The proof has expired ({expires}).")

    def _method(self, proof: Object) -> Method:
        try:
            return resolve_method(str(proof["verificationMethod"]), self.resolver, relation=self.relation, now=self.now)
        except KeyRefusedError as error:
            raise _Stopped(ProofOutcome.UNVERIFIABLE, _sentence(str(error))) from None
        except UnresolvedError as error:
            raise _Stopped(ProofOutcome.UNVERIFIABLE, error.reason) from None

    def _signature(self, proof: Object, kind: Kind) -> bytes:
        try:
            signature = decode_multibase58(str(proof["proofValue"]))
        except NotDecodableError as error:
            raise _Stopped(ProofOutcome.FAIL, f"The proofValue is no signature: {error}.") from None
        if len(signature) != SIGNATURE_BYTES[kind]:
            raise _Stopped(ProofOutcome.FAIL, f"The proofValue has {len(signature)} bytes, which is no signature.")
        return signature

    def _forms(self, proof: Object, suite: Suite, kind: Kind) -> Iterator[bytes]:
        """What a signature may be over: as specified, then as some make it of the same content."""
        yield self._data(proof, suite, kind)
        options = {name: value for name, value in proof.items() if name != "proofValue"}
        other = other_signed_data(_unsecured(self.document, options, self.proofs), options, suite, kind, self.canonical)
        if other is not None:
            yield other

    def _data(self, proof: Object, suite: Suite, kind: Kind) -> bytes:
        options = {name: value for name, value in proof.items() if name != "proofValue"}
        try:
            document = _unsecured(self.document, options, self.proofs)
            return signed_data(document, options, suite, kind, self.canonical)
        except UnknownContextError as error:
            raise _Stopped(ProofOutcome.UNVERIFIABLE, _sentence(str(error)), "context") from None
        except TooMuchWorkError as error:
            raise _Stopped(ProofOutcome.UNVERIFIABLE, _sentence(f"the document is too costly: {error}")) from None
        except UnsafeDocumentError as error:
            raise _Stopped(ProofOutcome.INVALID, _sentence(str(error)), "json_ld") from None


def _unsecured(document: Object, options: Object, proofs: Sequence[Json]) -> Object:
    """The document without its proofs, or with those that a proof of a chain names."""
    bare = {name: value for name, value in document.items() if name != "proof"}
    previous = options.get("previousProof")
    if previous is None:
        return bare
    names = previous if isinstance(previous, list) else [previous]
    named: list[Json] = []
    for name in names:
        found = [each for each in proofs if isinstance(each, dict) and isinstance(name, str) and each.get("id") == name]
        if len(found) != 1 or name == options.get("id"):
            raise UnsafeDocumentError(f"the proof follows {str(name)[:80]!r}, which the document does not have once")
        named += found
    return {**bare, "proof": named}


def _report(results: list[ProofResult], checker: _Checker) -> ProofReport:
    chained = _with_chains(results, checker.proofs)
    passed = [each for each in chained if each.outcome is ProofOutcome.PASS]
    proven = any(each.proves_issuer for each in passed)
    outcomes = {each.outcome for each in chained}
    failing = [each for each in (ProofOutcome.FAIL, ProofOutcome.INVALID) if each in outcomes]
    outcome = ProofOutcome.UNVERIFIABLE
    if passed and (proven or not failing):
        outcome = ProofOutcome.PASS
    elif ProofOutcome.INVALID in failing and not passed:
        outcome = ProofOutcome.INVALID
    elif failing:
        outcome = ProofOutcome.FAIL
    good = outcome is ProofOutcome.PASS
    return ProofReport(
        outcome=outcome,
        issuer_proven=good and proven,
        controllers=tuple(dict.fromkeys(each.controller for each in passed if each.controller)) if good else (),
        checks=(*_proof_checks(chained, good=good), *_issuer_checks(passed, checker.document, good=good)),
        proofs=tuple(chained),
    )


def _with_chains(results: list[ProofResult], proofs: Sequence[Json]) -> list[ProofResult]:
    """A proof of a chain holds only where those hold that it follows."""
    names = {each["id"]: index for index, each in enumerate(proofs) if isinstance(each, dict) and "id" in each
             and isinstance(each["id"], str)}  # fmt: skip
    told = list(results)
    for _ in proofs:
        for index, each in enumerate(proofs):
            if not isinstance(each, dict) or told[index].outcome is not ProofOutcome.PASS:
                continue
            previous = each.get("previousProof")
            for name in previous if isinstance(previous, list) else [] if previous is None else [previous]:
                before = told[names[name]] if isinstance(name, str) and name in names else None
                if before is None or before.outcome is not ProofOutcome.PASS:
                    told[index] = replace(
                        told[index],
                        outcome=before.outcome if before else ProofOutcome.INVALID,
                        reason=f"A proof that it follows does not hold ({str(name)[:80]}).",
                        proves_issuer=False,
                    )
    return told


def _proof_checks(results: Sequence[ProofResult], *, good: bool) -> list[Check]:
    checks = []
    for each in results:
        told = f"{each.suite}: {each.reason}" if each.reason else each.suite
        if each.outcome is ProofOutcome.PASS:
            checks.append(Check(step="proof", outcome="remark" if each.reason else "pass", reason=told))
        else:
            checks.append(Check(step=each.step, outcome="remark" if good else "fail", reason=told))
    return checks


def _issuer_checks(passed: Sequence[ProofResult], document: Object, *, good: bool) -> list[Check]:
    issuer = issuer_of(document)
    if not good:
        return [Check(step="issuer", outcome="skipped", reason="No proof holds, so nothing is known of the issuer.")]
    if any(each.proves_issuer for each in passed):
        return [Check(step="issuer", outcome="pass", reason=f"The key is {issuer}'s.")]
    owners = ", ".join(dict.fromkeys(each.controller for each in passed if each.controller))
    told = f"The key is {owners}'s, not {issuer}'s." if owners else "Whose key it is, the proof alone says."
    return [Check(step="issuer", outcome="remark", reason=f"The issuer is not proven. {told}")]


def _refused(check: Check) -> ProofReport:
    return ProofReport(outcome=ProofOutcome.INVALID, checks=(check,))


def _text(value: Json) -> str | None:
    return value[:2048] if isinstance(value, str) else None


def _texts(value: Json) -> tuple[str, ...]:
    """A text, or those of a list: a proof may be for several domains."""
    return tuple(each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."
