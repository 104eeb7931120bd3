"""Baked pictures: issued over GraphQL, stored with a learner and given back byte for byte. All learners are invented."""

import io
import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import png
import pytest
from credential_signing import Signer, achievement, badge
from starlette.testclient import TestClient
from test_service_issuing import SVG, Command, ask, client, college, headwater, home

from graph.learners import Learners
from ontology.credentials.baking import bake
from ontology.credentials.data_urls import as_file, as_text, data_url, size_of
from ontology.credentials.reading import read_presented
from service.auth import Keys, Role
from service.learners import LearnerDesk
from service.same_credential import shown_by
from service.scopes import Api

__all__ = ["client", "college", "headwater", "home"]
ADDRESS = "https://badges.example/assertions/1815"
ASSERTION = {
    "@context": "https://w3id.org/openbadges/v2",
    "type": "Assertion",
    "id": ADDRESS,
    "recipient": {"type": "email", "hashed": False, "identity": "ada@learners.example"},
    "badge": "https://badges.example/badges/welding",
    "verification": {"type": "hosted"},
    "issuedOn": "2026-01-01T00:00:00Z",
}
STORE = "mutation ($documents: [String!]!) { storeDocuments(documents: $documents) { id format verdict } }"
ISSUE = """mutation ($input: IssueInput!) { issueCredential(input: $input) {
  credential picture issued { id format } } }"""
VERIFY = "query ($documents: [String!]!) { verify(documents: $documents) { format verdict embedded { verdict } } }"


def plain_png() -> bytes:
    """One grey point."""
    written = io.BytesIO()
    png.Writer(1, 1, greyscale=True).write(written, [[127]])
    return written.getvalue()


def with_chunk(kind: bytes, content: bytes) -> bytes:
    """The same with a chunk more."""
    chunks = [(bytes(name), bytes(data)) for name, data in png.Reader(bytes=plain_png()).chunks()]
    written = io.BytesIO()
    png.write_chunks(written, [chunks[0], (kind, content), *chunks[1:]])
    return written.getvalue()


def older_svg(inside: str) -> bytes:
    """An SVG as Open Badges 2.0 bakes it, with Windows' ends of lines."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="http://openbadges.org">\r\n{inside}</svg>'.encode()
    )


def older() -> dict[str, bytes]:
    """Pictures of Open Badges 2.0, by a word for each."""
    text = json.dumps(ASSERTION)
    return {
        "png-address": with_chunk(b"iTXt", b"openbadges\0\0\0\0\0" + ADDRESS.encode()),
        "png-json": with_chunk(b"iTXt", b"openbadges\0\0\0\0\0" + text.encode()),
        "png-text-chunk": with_chunk(b"tEXt", b"openbadges\0" + ADDRESS.encode()),
        "svg-address": older_svg(f'<openbadges:assertion verify="{ADDRESS}"/>'),
        "svg-json": older_svg(f'<openbadges:assertion verify="{ADDRESS}"><![CDATA[{text}]]></openbadges:assertion>'),
    }


def newer() -> dict[str, bytes]:
    """Pictures of Open Badges 3.0, by a word for each."""
    signer = Signer()
    about = {"id": "did:example:ada", "type": ["AchievementSubject"], "achievement": achievement()}
    document = badge(signer, credentialSubject=about)
    signed = signer.sign(document)
    token = signer.token(document, sub="did:example:ada", jti=document["id"], nbf=1767225600)
    latin = '<?xml version="1.0" encoding="ISO-8859-1"?><!-- é -->' + bake(SVG, signed).decode()
    return {
        "png-json": bake(plain_png(), signed),
        "png-token": bake(plain_png(), token),
        "svg-json": bake(SVG, signed),
        "svg-token": bake(SVG, token),
        "svg-latin-1": latin.encode("latin-1"),
    }


@pytest.mark.parametrize("name", [*older(), *(f"3-{each}" for each in newer())])
def test_a_picture_is_kept_sealed_and_given_back_byte_for_byte(
    college: Command, home: Path, tmp_path: Path, name: str
) -> None:
    """By command: as a file, and inside the export of everything. Nothing of it lies open in the data folder."""
    content = newer()[name[2:]] if name.startswith("3-") else older()[name]
    (tmp_path / "badge").write_bytes(content)
    code, out, err = college("learners", "add", "badge", "--json")
    assert code == 0, err
    added = json.loads(out)
    (document,) = added["documents"]
    version = "3.0" if name.startswith("3-") else "2.0"
    assert (document["format"], document["verdict"]) == (
        f"Open Badges {version}",
        "verified" if version == "3.0" else "unverifiable",
    )
    assert college("learners", "document", added["id"], document["id"], "-o", "back")[0] == 0
    assert (tmp_path / "back").read_bytes() == content
    exported = json.loads(college("learners", "export", added["id"])[1])
    assert as_file(exported["documents"][0]["text"]) == content
    inside = json.dumps(read_presented(content).document)[2:40].encode()
    for path in (each for each in (home / "learners").rglob("*") if each.is_file()):
        kept = path.read_bytes()
        assert content not in kept
        assert b64encode(content) not in kept
        assert inside not in kept


@pytest.mark.parametrize("image", ["png", "svg"])
@pytest.mark.parametrize("form", ["OB3", "CLR2"])
def test_graphql_bakes_what_it_issues_and_a_learner_keeps_it(
    client: TestClient, home: Path, image: str, form: str
) -> None:
    """The picture verifies as a document, is stored, counts, and is read back as it was."""
    issuer, _ = Keys(home).create(Role.ISSUER)
    learner = Learners(home).add("Ada (invented)")
    own = LearnerDesk(home, None).new_key(learner.id)
    given = data_url(plain_png() if image == "png" else SVG)
    wanted = {"to": ["did:example:ada"], "credential": "S+", "format": form, "bakeInto": given, "proof": "JWT"}
    issued = ask(client, issuer, ISSUE, input=wanted)["data"]["issueCredential"]
    assert issued["issued"]["format"] == form.lower()
    picture = issued["picture"]
    assert read_presented(as_file(picture)).token == issued["credential"]
    (verdict,) = ask(client, None, VERIFY, documents=[picture])["data"]["verify"]
    assert verdict["verdict"] == "verified"
    (stored,) = ask(client, own, STORE, documents=[picture])["data"]["storeDocuments"]
    assert stored["verdict"] == "verified"
    (read,) = ask(client, own, "{ learner { documents { text } } }")["data"]["learner"]["documents"]
    assert read["text"] == picture
    for api, wanted_form in ((Api.BADGES, "OB3"), (Api.RECORDS, "CLR2")):
        shown = shown_by(api, read["text"])
        assert (shown.token if shown else None) == (issued["credential"] if form == wanted_form else None)
    match = """query ($held: HeldInput!) { match(held: $held) { edges { node { role { id } qualified } } } }"""
    for held in ({"learner": learner.id}, {"documents": [picture]}):
        edges = ask(client, own, match, held=held)["data"]["match"]["edges"]
        assert [edge["node"]["qualified"] for edge in edges] == [True]
    again = wanted | {"bakeInto": picture}
    (error,) = ask(client, issuer, ISSUE, input=again)["errors"]
    assert error["extensions"]["detail"] == "baking.already"
    assert ask(client, issuer, ISSUE, input=again | {"replace": True})["data"]["issueCredential"]["picture"] != picture


def test_what_is_no_picture_is_neither_baked_into_nor_stored(client: TestClient, home: Path) -> None:
    """No data URL, no base64, no image, no credential inside, one byte too many; the greatest is read. Nothing is
    issued then."""
    issuer, _ = Keys(home).create(Role.ISSUER)
    own = LearnerDesk(home, None).new_key(Learners(home).add().id)
    for text in ("badge.png", "data:image/png;base64,%%%", data_url(b"plain"), "data:image/png;base64,"):
        (error,) = ask(client, issuer, ISSUE, input={"to": ["did:example:1"], "credential": "S+", "bakeInto": text})[
            "errors"
        ]
        assert error["extensions"]["detail"] == "baking.image", text
    assert list(LearnerDesk(home, None).stored.ids()) != []
    for text in ("data:image/png;base64,%%%", data_url(plain_png()), data_url(SVG), data_url(b"plain")):
        (verdict,) = ask(client, None, VERIFY, documents=[text])["data"]["verify"]
        assert verdict["verdict"] == "invalid"
        assert ask(client, own, STORE, documents=[text])["errors"][0]["extensions"]["detail"] == "learners.document"
    room = (256 << 10) - len(with_chunk(b"iTXt", b"openbadges\0\0\0\0\0" + ADDRESS.encode()))
    for more, detail in ((0, None), (1, "documents.too-large")):
        filled = with_chunk(b"iTXt", b"openbadges\0\0\0\0\0" + ADDRESS.encode())[:-12]
        filled += png_chunk(b"note", b"x" * (room - 12 + more)) + png_chunk(b"IEND", b"")
        assert size_of(as_text(filled)) == (256 << 10) + more
        answer: Any = ask(client, own, STORE, documents=[as_text(filled)])
        assert (answer["errors"][0]["extensions"]["detail"] if "errors" in answer else None) == detail
    assert as_file(as_text(filled)) == filled


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """A chunk with its length and checksum."""
    written = io.BytesIO()
    png.write_chunk(written, kind, content)
    return written.getvalue()
