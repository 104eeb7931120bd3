"""docs/standards.md says what became of every credential among the samples; with HEADWATER_REFERENCE it is held to them."""

import os
import re
from pathlib import Path

import pytest
from credential_table import BEGIN, END, FOLDERS, samples_in, section, verify_sample
from standards_table import PAGE

from ontology.credentials.verdicts import Outcome, Step, Verdict

PAGE_TEXT = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
ROWS = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]*) \| (.*) \|$", PAGE_TEXT, re.MULTILINE)


def test_every_sample_that_is_not_verified_is_told_why() -> None:
    """Format, a verdict that there is, and a reason that names the step."""
    assert len(ROWS) > 250
    for name, form, verdict, issuer, why in ROWS:
        assert Verdict(verdict.strip()), name
        assert form.strip(), name
        assert issuer.strip() in ("", "proven", "not proven"), name
        assert why.partition(":")[0] in {step.value for step in Step} or verdict == "verified", name


@pytest.mark.parametrize(("standard", "parts"), FOLDERS)
def test_every_standard_has_its_table(standard: str, parts: tuple[str, ...]) -> None:
    """With rows of each of its folders."""
    table = PAGE_TEXT.partition(f"### Credentials of {standard}\n")[2].partition("\n### ")[0]
    assert all(f"| `{part}/" in table for part in parts)


def test_no_err_file_is_verified() -> None:
    """Each `-err-` file is refused for what its name says is wrong."""
    steps = {
        "context": "context", "issuer.json": "schema", "expired": "dates", "type": "schema", "proof-method": "proof",
        "schema-status-refresh": "proof",
    }  # fmt: skip
    found = [(name, verdict, why) for name, _, verdict, _, why in ROWS if "-err-" in name]
    assert len(found) == 14
    for name, verdict, why in found:
        assert verdict != "verified", name
        assert any(word in name and (f"{step}: " in why or "json_ld: " in why) for word, step in steps.items()), name


EXPECTED = (
    ("revokedStat", Verdict.REVOKED),
    ("revokedStaus", Verdict.REVOKED),
    ("status-revoked", Verdict.REVOKED),
    ("badSchema", Verdict.UNVERIFIABLE),
    ("badDidWeb", Verdict.UNVERIFIABLE),
    ("oldDCCExample", Verdict.UNVERIFIABLE),
    ("expiredStatus", Verdict.UNVERIFIABLE),
    ("notYetValidStatus", Verdict.UNVERIFIABLE),
    ("missingTypeStatus", Verdict.UNVERIFIABLE),
    ("statusLists/didkey-ed25519Signature2020/expired", Verdict.EXPIRED),
    ("statusLists/didkey-ed25519Signature2020/notYetValid", Verdict.NOT_YET_VALID),
    ("statusLists/didkey-ed25519Signature2020/tampered", Verdict.TAMPERED),
    ("noStatus-expired", Verdict.EXPIRED),
    ("err-expired", Verdict.EXPIRED),
    ("noExpiry", Verdict.VERIFIED),
    ("notExpired", Verdict.VERIFIED),
)
"""What a name says, the first that is in it; a credential with its own context is unverifiable before it is revoked."""


def expected_of(name: str) -> Verdict | None:
    if "badSchema" in name:
        return Verdict.UNVERIFIABLE
    return next((verdict for word, verdict in EXPECTED if word in name), None)


def test_every_name_says_the_verdict() -> None:
    """Revoked, expired, tampered, not yet valid, unknown context: what the names of signed samples say, holds."""
    named = [(name, verdict) for name, _, verdict, _, _ in ROWS if expected_of(name)]
    assert len(named) > 60
    for name, verdict in named:
        assert verdict == expected_of(name), name


def test_inputs_of_the_w3c_are_refused_where_their_names_say_so() -> None:
    """`-fail` and `-bad` are invalid; `-ok` is not, but for one whose dates are words that the suite replaces."""
    for name, _, verdict, _, _ in ROWS:
        if name.startswith("test-inputs") and ("-fail" in name or "-bad-" in name) and "zkp-vp" not in name:
            assert verdict == "invalid", name
        if name.startswith("test-inputs-v2") and "-ok" in name and "validUntil-validFrom" not in name:
            assert verdict == "unverifiable", name


if "HEADWATER_REFERENCE" in os.environ:
    STANDARDS = Path(os.environ["HEADWATER_REFERENCE"]) / "standards"

    @pytest.mark.parametrize("standard", [name for name, _ in FOLDERS])
    def test_the_page_is_what_is_found(standard: str) -> None:
        """Each table of the page is the one that `make standards` makes now."""
        table = PAGE_TEXT.partition(f"### Credentials of {standard}\n")[2].partition("\n### ")[0].strip()
        assert section(STANDARDS, standard).partition("\n")[2].strip() == table

    @pytest.mark.parametrize("standard", ["openbadges-3.0", "clr-2.0", "vc-signed-dcc"])
    def test_signatures_have_the_outcome_that_is_known_of_them(standard: str) -> None:
        """The proof step passes where every known outcome is good, and does not where one is bad."""
        import json

        known = json.loads((STANDARDS / standard / "signature-outcomes.json").read_bytes())
        checked = 0
        for name, content in samples_in(STANDARDS, standard):
            outcomes = [each["outcome"] for each in known.get(name, ())]
            if not outcomes:
                continue
            checked += 1
            found = verify_sample(STANDARDS, content, name).found
            steps = {check.step: check.outcome for check in found.checks}
            broken = steps[Step.PROOF] is Outcome.FAIL or steps[Step.JSON_LD] is Outcome.FAIL
            if any(each.startswith("FAIL") for each in outcomes):
                assert broken, name
            elif steps[Step.CONTEXT] is not Outcome.FAIL and "badDidWeb" not in name:
                assert not broken, name
        assert checked > 1
