"""Makes the tables of credentials in docs/standards.md: every sample, with its format, its verdict and why.

`make standards` runs it over the reference folder that HEADWATER_REFERENCE names. Documents that samples name come from
files; the rest stays unresolved, as without a network. Called by the tests too, which hold the page to the verdicts.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from credential_web import addresses_of, gone_addresses
from standards_table import PAGE

from ontology.credentials.circumstances import Circumstances
from ontology.credentials.resolving import FileResolver
from ontology.credentials.verdicts import Outcome, Verdict, Verification
from ontology.credentials.verification import verify

BEGIN: Final = "<!-- From here on made by `make standards`: credentials. -->"
END: Final = "<!-- Up to here made by `make standards`: credentials. -->"
NOW: Final = datetime(2026, 11, 30, tzinfo=UTC)
"""The instant as of which the samples are verified."""
HEAD: Final = "| file | format | verdict | issuer | why |\n|---|---|---|---|---|"
FOLDERS: Final = (
    ("openbadges-2.0", ("samples",)),
    ("openbadges-3.0", ("samples",)),
    ("clr-1.0", ("samples",)),
    ("clr-2.0", ("samples",)),
    ("vc-data-model", ("test-inputs-v1", "test-inputs-v2", "schema")),
    ("vc-di-eddsa", ("TestVectors",)),
    ("vc-signed-dcc", ("samples", "statusLists")),
    ("ler-rs", ("samples",)),
)
_NO_SAMPLES: Final = ("assets/", "-schema.json", "Config", "TempDoc", "eyPair", ".txt")
"""In the paths of what is no credential: documents that others name, schemas, configurations, keys."""
_LONGEST: Final = 220


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One file, and what was found of it."""

    name: str
    found: Verification

    @property
    def why(self) -> str:
        """Why the verdict is not `verified`, or what was remarked."""
        failed = [check for check in self.found.checks if check.outcome is Outcome.FAIL]
        remarked = [check for check in self.found.checks if check.outcome is Outcome.REMARK]
        told = failed or remarked
        return "; ".join(f"{check.step.value}: {check.reason}" for check in told[:2])


def samples_in(standards: Path, standard: str) -> Iterator[tuple[str, bytes]]:
    """(name, content) of each credential of a standard, by name. W3C's inputs get the issuer that its suite puts in."""
    folders = next(parts for name, parts in FOLDERS if name == standard)
    for part in folders:
        for path in sorted((standards / standard / part).rglob("*")):
            name = path.relative_to(standards / standard).as_posix()
            if path.is_file() and not any(each in name for each in _NO_SAMPLES):
                content = path.read_bytes()
                yield name, with_issuer(content) if part == "test-inputs-v2" else content


def with_issuer(content: bytes) -> bytes:
    """A credential of W3C's suite with the issuer that the suite gives it, where it says none."""
    document = json.loads(content)
    if "VerifiablePresentation" in str(document.get("type")):
        return content
    issuer = document.get("issuer", "did:example:issuer")
    if isinstance(issuer, dict) and "id" not in issuer:
        issuer = {"id": "did:example:issuer", **issuer}
    return json.dumps({**document, "issuer": issuer} if issuer is not None else document).encode()


def verify_sample(standards: Path, content: bytes, name: str) -> Sample:
    """What is found of a sample. A hosted badge is at its own address."""
    known: dict[str, bytes | Path] = {**addresses_of(standards), **gone_addresses(standards)}
    own = _own_address(content)
    if own is not None:
        known[own] = content
    resolver = FileResolver(known)
    return Sample(name=name, found=verify(content, Circumstances(now=NOW, resolver=resolver), name))


def _own_address(content: bytes) -> str | None:
    try:
        document = json.loads(content)
    except ValueError:
        return None
    identifier = document.get("id") if isinstance(document, dict) and document.get("type") == "Assertion" else None
    return identifier if isinstance(identifier, str) and identifier.startswith("http") else None


def row(sample: Sample) -> str:
    """A row of the table."""
    found = sample.found
    known = found.verdict not in (Verdict.INVALID, Verdict.TAMPERED, Verdict.UNVERIFIABLE)
    issuer = "proven" if found.issuer.proven else "not proven" if known else ""
    why = sample.why if len(sample.why) <= _LONGEST else f"{sample.why[:_LONGEST]}…"
    cells = (f"`{sample.name}`", found.format, found.verdict.value, issuer, _escaped(why))
    return "| " + " | ".join(cells) + " |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def section(standards: Path, standard: str) -> str:
    """The table of one standard."""
    rows = [row(verify_sample(standards, content, name)) for name, content in samples_in(standards, standard)]
    return "\n".join([f"### Credentials of {standard}", "", HEAD, *rows])


def put_into(page: str, made: Iterator[str]) -> str:
    """The page with what is made between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n" + "\n\n".join(made) + f"\n\n{END}{after}"


def main() -> int:
    """0; the page is made anew. 2 where HEADWATER_REFERENCE names no folder."""
    standards = Path(os.environ.get("HEADWATER_REFERENCE", "")) / "standards"
    if not standards.is_dir():
        sys.stderr.write("Set HEADWATER_REFERENCE to the folder that has standards/ and data/.\n")
        return 2
    made = (section(standards, standard) for standard, _ in FOLDERS)
    PAGE.write_text(put_into(PAGE.read_text("utf-8"), made), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
