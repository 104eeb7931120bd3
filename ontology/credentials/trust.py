"""Issuers that the operator trusts: a policy, given as a file, and never a property of a document.

An issuer that proves itself needs no entry. An entry is for one that does not: it names the very keys by which it
signs, since anybody can write another's identifier into a document.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ontology.errors import InputError

from .reports import ProofOutcome, ProofReport
from .strict_json import NotStrictError, parse_object

MAX_TRUST_BYTES: Final = 4 << 20


@dataclass(frozen=True, slots=True)
class TrustList:
    """Keys by issuer: verification methods as proofs name them, or the Multikey in their fragment."""

    keys: dict[str, frozenset[str]]

    @classmethod
    def read(cls, path: Path) -> "TrustList":
        """The list of a file, `{"issuers": [{"id": IRI, "keys": [verification method or Multikey]}]}`.

        Raises InputError (`credential.trust-list`).
        """
        try:
            if path.stat().st_size > MAX_TRUST_BYTES:
                raise _bad(path, f"it is larger than {MAX_TRUST_BYTES >> 20} MiB")
            document = parse_object(path.read_bytes())
        except OSError as error:
            raise _bad(path, error.strerror or str(error)) from None
        except NotStrictError as error:
            raise _bad(path, str(error)) from None
        found: dict[str, frozenset[str]] = {}
        issuers = document.get("issuers")
        for index, each in enumerate(issuers if isinstance(issuers, list) else [None]):
            entry = each if isinstance(each, dict) else {}
            identifier, keys = entry.get("id"), entry.get("keys")
            if not isinstance(identifier, str) or not isinstance(keys, list) or not keys:
                raise _bad(path, f"its entry {index} has no `id` with a list of `keys`")
            texts = [key for key in keys if isinstance(key, str)]
            if len(texts) != len(keys):
                raise _bad(path, f"a key of its entry {index} is no text")
            found[identifier] = found.get(identifier, frozenset()) | frozenset(texts)
        return cls(found)

    def trusts(self, issuer: str | None, report: ProofReport) -> bool:
        """Whether a proof that holds is by a key that is listed for the issuer."""
        keys = self.keys.get(issuer or "", frozenset())
        held = (each.method for each in report.proofs if each.outcome is ProofOutcome.PASS and each.method)
        return any(method in keys or _key_inside(method) in keys for method in held)


def _key_inside(method: str) -> str | None:
    """The Multikey that a method's fragment is; of other methods the fragment is a mere name."""
    fragment = method.rpartition("#")[2]
    return fragment if method.startswith(("https://", "did:key:")) and fragment.startswith("z") else None


TRUSTS_NOBODY: Final = TrustList({})


def _bad(path: Path, why: str) -> InputError:
    return InputError(
        f"{path.name} is no list of trusted issuers: {why}.",
        code="credential.trust-list",
        hint='Write {"issuers": [{"id": "https://example.org/issuer", "keys": ["z6Mk…"]}]}.',
        subject=str(path),
    )
