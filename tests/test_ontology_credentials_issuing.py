"""Documents that are issued: what they say, what the schemas say of them, what is refused."""

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from credential_samples import ACHIEVEMENT, AWARD, COLLEGE, NOW, RECIPIENT

from ontology.credentials.associations import Association, AssociationType
from ontology.credentials.issuing import (
    MAX_EMBEDDED,
    MAX_TEXT,
    Achievement,
    Award,
    Recipient,
    Result,
    ResultDescription,
    achievement_credential,
    clr_credential,
    identifier,
)
from ontology.errors import InputError
from ontology.json_documents import Json

BADGE = achievement_credential(ACHIEVEMENT, AWARD, COLLEGE)


def test_a_badge_says_everything_that_is_known_of_the_award() -> None:
    """In the terms of Open Badges 3.0; what is not known is left out, not null."""
    subject = cast("dict[str, Any]", BADGE["credentialSubject"])
    achievement = subject["achievement"]
    assert BADGE["@context"] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    assert BADGE["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert (BADGE["validFrom"], BADGE["validUntil"]) == ("2026-05-04T03:02:01Z", "2027-05-04T03:02:01Z")
    assert BADGE["awardedDate"] == "2026-05-03T03:02:01Z"
    assert cast("dict[str, Any]", BADGE["issuer"])["id"] == "did:web:college.example"
    assert cast("dict[str, Any]", BADGE["credentialStatus"])["statusListIndex"] == "7", "one entry is no list"
    assert achievement["alignment"][0] == {
        "type": ["Alignment"],
        "targetName": "Welds pipes",
        "targetUrl": "https://frameworks.example/items/12",
        "targetType": "CFItem",
        "targetFramework": "Metal work",
        "targetCode": "MW.12",
        "targetDescription": "Joins pipes.",
    }
    assert set(achievement["alignment"][1]) == {"type", "targetName", "targetUrl", "targetType"}
    assert achievement["criteria"] == {
        "narrative": "Passed the *bend test*.",
        "id": "https://college.example/criteria/welding",
    }
    assert [result.get("value") for result in subject["result"]] == ["A", "92.5", None, None]
    assert subject["result"][2]["status"] == "Completed"
    assert subject["result"][3] == {
        "type": ["Result"],
        "resultDescription": "urn:example:rubric",
        "achievedLevel": "urn:example:level-2",
    }
    rubric = achievement["resultDescription"][3]
    assert [level["name"] for level in rubric["rubricCriterionLevel"]] == ["Basic", "Mastered"]
    assert rubric["requiredLevel"] == "urn:example:level-1"


def test_a_recipient_s_identifier_is_a_salted_hash_that_can_be_compared() -> None:
    """`sha256$` and the hash of identity and salt; e-mail addresses are folded, others not; nothing is in the clear."""
    found = cast("dict[str, Any]", BADGE["credentialSubject"])["identifier"][0]
    expected = hashlib.sha256(b"kim@learners.examplesalt-1").hexdigest()
    assert found == {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${expected}",
        "identityType": "emailAddress",
        "salt": "salt-1",
    }
    assert "kim@" not in json.dumps(BADGE).lower()
    assert "kim@" not in repr(AWARD)
    assert identifier("sourcedId", " A7 ", "s").hash == "sha256$" + hashlib.sha256(b"A7s").hexdigest()


def test_a_record_holds_credentials_as_they_are() -> None:
    """Documents are embedded unchanged, tokens in envelopes; a partial record says so."""
    signed: dict[str, Json] = {**BADGE, "proof": {"type": "DataIntegrityProof"}}
    made = clr_credential([signed, "a.b.c"], AWARD, COLLEGE, achievements=[ACHIEVEMENT], partial=True)
    subject = cast("dict[str, Any]", made["credentialSubject"])
    assert made["type"] == ["VerifiableCredential", "ClrCredential"]
    assert made["partial"] is True
    assert subject["verifiableCredential"][0] == signed
    assert subject["verifiableCredential"][1]["id"] == "data:application/vc+jwt,a.b.c"
    assert subject["achievement"][0]["name"] == "Welding, advanced"
    assert "partial" not in clr_credential([signed], AWARD, COLLEGE)


def without(**fields: object) -> Award:
    return replace(AWARD, **cast("Any", fields))


@pytest.mark.parametrize(
    ("achievement", "award", "code"),
    [
        (ACHIEVEMENT, without(recipient=Recipient()), "issue.recipient"),
        (ACHIEVEMENT, without(recipient=Recipient(iri="Kim")), "issue.iri"),
        (ACHIEVEMENT, without(valid_until=NOW), "issue.dates"),
        (ACHIEVEMENT, without(results=(Result(description="urn:example:none", value="1"),)), "issue.result"),
        (ACHIEVEMENT, without(results=(Result(description="urn:example:grade"),)), "issue.result"),
        (ACHIEVEMENT, without(results=(Result(description="urn:example:grade", value="F"),)), "issue.result"),
        (ACHIEVEMENT, without(results=(Result(description="urn:example:score", value="101"),)), "issue.result"),
        (ACHIEVEMENT, without(results=(Result(description="urn:example:score", value="many"),)), "issue.result"),
        (ACHIEVEMENT, without(results=(Result(description="urn:example:state", value="x"),)), "issue.result"),
        (ACHIEVEMENT, without(results=(Result(description="urn:example:rubric", level="urn:x:y"),)), "issue.result"),
        (ACHIEVEMENT, without(narrative="x" * (MAX_TEXT + 1)), "issue.text"),
        (replace(ACHIEVEMENT, iri="welding"), AWARD, "issue.iri"),
        (replace(ACHIEVEMENT, type="Trophy"), AWARD, "issue.word"),
        (replace(ACHIEVEMENT, criteria=" "), AWARD, "issue.achievement"),
        (
            replace(ACHIEVEMENT, results=(ResultDescription(iri="urn:a:b", name="x", required_level="urn:a:c"),)),
            without(results=()),
            "issue.result",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_the_standard_does_not_allow_is_refused(achievement: Achievement, award: Award, code: str) -> None:
    """Before anything is signed, each with its code and a way out."""
    with pytest.raises(InputError) as caught:
        achievement_credential(achievement, award, COLLEGE)
    assert caught.value.code == code
    assert caught.value.hint


def test_an_empty_or_endless_record_is_refused() -> None:
    """From 1 to 200 credentials."""
    with pytest.raises(InputError) as caught:
        clr_credential([], AWARD, COLLEGE)
    assert caught.value.code == "issue.nothing-to-gather"
    with pytest.raises(InputError) as caught:
        clr_credential(["a.b.c"] * (MAX_EMBEDDED + 1), AWARD, COLLEGE)
    assert caught.value.code == "issue.too-many"


@pytest.mark.parametrize(("kind", "value"), [("shoeSize", "44"), ("emailAddress", " ")])
def test_an_identifier_of_no_kind_or_without_value_is_refused(kind: str, value: str) -> None:
    """Kinds are those of the standard, or `ext:`."""
    with pytest.raises(InputError) as caught:
        identifier(kind, value, "s")
    assert caught.value.code == "issue.recipient"
    assert identifier("ext:shoeSize", "44", "s").type == "ext:shoeSize"


REFERENCE = os.environ.get("HEADWATER_REFERENCE")
if REFERENCE:
    STANDARDS = Path(REFERENCE) / "standards"

    def of_version_2(path: str) -> dict[str, Any]:
        """A published schema of the VC 1.1 shape, for the same shape with the dates and status of VC 2.0."""
        schema = cast("dict[str, Any]", json.loads((STANDARDS / path).read_text("utf-8")))
        for each in (schema, *schema["$defs"].values()):
            if "required" in each:
                each["required"] = [{"issuanceDate": "validFrom"}.get(name, name) for name in each["required"]]
        schema["$defs"]["CredentialStatus"]["additionalProperties"] = True
        return schema

    @pytest.mark.parametrize(
        ("path", "made"),
        [
            ("openbadges-3.0/schema/ob_v3p0_achievementcredential_schema_draft4.json", BADGE),
            (
                "clr-2.0/schema/clr_v2p0_clrcredential_schema_draft4.json",
                clr_credential(
                    [BADGE],
                    AWARD,
                    COLLEGE,
                    achievements=[ACHIEVEMENT],
                    associations=[
                        Association(type=each, source=ACHIEVEMENT.iri, target="urn:example:other")
                        for each in AssociationType
                    ],
                ),
            ),
        ],
        ids=["ob3", "clr2"],
    )
    def test_published_schemas_accept_what_is_issued(path: str, made: dict[str, Any]) -> None:
        """The 1EdTech schemas and W3C's for VC 2.0; without its achievement or credentials they refuse it."""
        from jsonschema import Draft202012Validator

        w3c = STANDARDS / "vc-data-model/schema/verifiable-credential/verifiable-credential-schema.json"
        for schema in (of_version_2(path), json.loads(w3c.read_text("utf-8"))):
            assert [error.message for error in Draft202012Validator(schema).iter_errors(made)] == []
        broken = {**made, "credentialSubject": {"id": RECIPIENT.iri, "type": ["AchievementSubject"]}}
        assert not Draft202012Validator(of_version_2(path)).is_valid(broken)
