"""Issuing from the command to the verifier's requests: commands, GraphQL, and what an issuer publishes over HTTP."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast
from xml.etree import ElementTree as ET

import pytest
from openvc import OpenvcError, verify_credential
from openvc.did.base import DidResolverRegistry
from openvc.did.did_web import DidWebResolver
from service_serving import wait_until_ready
from service_world import iri
from starlette.testclient import TestClient
from structlog.testing import capture_logs

from graph.issuer import Issuer
from ontology.context_files import bundled_contexts
from ontology.credentials.baking import SVG_NAMESPACE
from ontology.credentials.issuing import OB_CONTEXT
from ontology.credentials.status_lists import CONTEXT
from service.app import create_app
from service.auth import Keys, Role
from service.cli import run
from service.settings import Settings

ADDRESS = "https://college.example"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'
Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def home(world_home: Path, tmp_path: Path) -> Path:
    """A copy of the world's folder."""
    return Path(shutil.copytree(world_home, tmp_path / "home"))


@pytest.fixture
def headwater(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Command:
    """Runs a command on a data folder of its own, known as the college."""
    monkeypatch.setenv("HEADWATER_HOME", str(home))
    monkeypatch.setenv("HEADWATER_PUBLIC_URL", ADDRESS)
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str | Path) -> tuple[int, str, str]:
        code = run([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


@pytest.fixture
def college(headwater: Command) -> Command:
    """The same, with an issuer."""
    code, _, err = headwater("issuer", "init", "--name", "Invented College", "--url", "https://college.example/about")
    assert code == 0, err
    return headwater


@pytest.fixture
def client(home: Path, college: Command) -> Iterator[TestClient]:
    """A service beside the commands, without Neo4j: issuing needs none."""
    given = Settings(home=home, public_url=ADDRESS, neo4j_uri="bolt://127.0.0.1:9")
    with TestClient(create_app(given), raise_server_exceptions=False, base_url=ADDRESS) as opened:
        wait_until_ready(opened, path="/livez")
        yield opened


def accept(client: TestClient, credential: Any) -> None:
    """Nothing, where openvc accepts a credential by what the service answers. Raises OpenvcError."""

    def fetch(url: str) -> dict[str, Any]:
        answer = client.get(url.removeprefix(ADDRESS))
        assert answer.status_code == 200, url
        return cast("dict[str, Any]", answer.json())

    contexts = {url: bundled_contexts()[url] for url in (CONTEXT, OB_CONTEXT)}
    resolver = DidResolverRegistry([DidWebResolver(fetch)])

    def status_list(url: str) -> dict[str, Any]:
        found = fetch(url)
        verify_credential(found, resolver=resolver, extra_contexts=contexts)
        return found

    verify_credential(credential, resolver=resolver, resolve_status_list=status_list, extra_contexts=contexts)


def test_a_credential_of_the_command_is_proven_by_the_service_and_revoked_by_the_command(
    college: Command, client: TestClient, tmp_path: Path
) -> None:
    """did.json, status list and all, over HTTP; the running service sees a revocation at its next answer."""
    assert college("issue", "--credential", "Security+", "--to", "kim@learners.example", "-o", "badge.json")[0] == 0
    credential = json.loads((tmp_path / "badge.json").read_text("utf-8"))
    accept(client, credential)
    achievement = credential["credentialSubject"]["achievement"]
    served = client.get(achievement["id"].removeprefix(ADDRESS))
    assert served.json() == {"@context": [CONTEXT, OB_CONTEXT], **achievement}
    assert served.headers["content-type"] == "application/ld+json"
    assert [each["targetUrl"] for each in achievement["alignment"]] == [iri("secure"), iri("firewalls")]
    assert college("issuer", "revoke", credential["id"])[0] == 0
    with pytest.raises(OpenvcError, match="revoked"):
        accept(client, credential)


def test_commands_of_an_issuer_tell_what_was_issued_and_to_nobody_else_whom(college: Command, tmp_path: Path) -> None:
    """Suspended and reinstated, found by the recipient, in a picture and in a file; a second key signs."""
    (tmp_path / "badge.svg").write_bytes(SVG)
    arguments = ["--competency", "Firewalls", "--to", "sourcedId:S-17", "--suspendable"]
    code, out, err = college("issue", *arguments, "--bake", "badge.svg", "-o", "baked.svg", "--proof", "JWT")
    assert (code, err) == (0, "")
    identifier = out.split()[1]
    element = ET.fromstring((tmp_path / "baked.svg").read_bytes()).find(f"{{{SVG_NAMESPACE}}}credential")
    assert element is not None
    assert (element.get("verify") or "").count(".") == 2
    assert college("issuer", "suspend", identifier)[:2] == (0, f"{identifier}: suspended.\n")
    assert college("issuer", "reinstate", identifier)[:2] == (0, f"{identifier}: valid.\n")
    assert college("issuer", "rotate")[0] == 0
    code, out, _ = college("issue", *arguments, "-o", "plain.json")
    assert code == 0
    written = json.loads((tmp_path / "plain.json").read_text("utf-8"))
    assert written["id"] in out
    code, out, _ = college("issuer", "list", "--to", "sourcedId:S-17", "--json")
    assert code == 0
    found = json.loads(out)["issued"]
    assert [each["id"] for each in found] == [identifier, written["id"]]
    assert [each["proof"] for each in found] == ["jwt", "eddsa-rdfc-2022"]
    assert found[0]["key"] != found[1]["key"]
    assert "S-17" not in out
    assert json.loads(college("issuer", "list", "--to", "sourcedId:S-18", "--json")[1]) == {"issued": []}
    code, out, _ = college("issuer", "show", "--json")
    shown = json.loads(out)
    assert (shown["id"], shown["name"]) == ("did:web:college.example", "Invented College")
    assert [bool(each["retiredAt"]) for each in shown["keys"]] == [True, False]


@pytest.mark.parametrize(
    ("arguments", "code", "exit_code"),
    [
        (["--credential", "Securitee", "--to", "did:a:b"], "reference.unknown", 2),
        (["--to", "did:a:b"], "issue.achievement", 2),
        (["--credential", "Security+", "--to", "Kim"], "issue.recipient", 2),
        (["--credential", "Security+", "--to", "did:a:b", "--proof", "rsa"], "issue.proof", 2),
        (["--credential", "Security+", "--to", "did:a:b", "--format", "pdf"], "issue.format", 2),
        (["--credential", "Security+", "--to", "did:a:b", "--bake", "badge.svg"], "issue.output", 2),
        (
            ["--credential", "Security+", "--to", "did:a:b", "--bake", "none.svg", "-o", "x.svg"],
            "input.missing-file",
            2,
        ),
        (["--credential", "Security+", "--to", "did:a:b", "--bake", "baked.svg", "-o", "x.svg"], "baking.already", 2),
        (["--credential", "Security+", "--to", "did:a:b", "--valid-until", "2020-01-01"], "issue.dates", 2),
        (["--credential", "Security+", "--to", "did:a:b", "--evidence", "here"], "issue.iri", 2),
        (["--credential", "Security+", "--to", "did:a:b", "-o", "no/where.json"], "issue.not-written", 3),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_issued_is_told(
    college: Command, tmp_path: Path, home: Path, arguments: list[str], code: str, exit_code: int
) -> None:
    """With a code and a way out; nothing is issued but what could not be written then."""
    (tmp_path / "badge.svg").write_bytes(SVG)
    (tmp_path / "baked.svg").write_bytes(
        SVG.replace(b"<path", b'<o:credential xmlns:o="https://purl.imsglobal.org/ob/v3p0"/><path')
    )
    found, out, _ = college("issue", *arguments, "--json")
    error = json.loads(out)["error"]
    assert (found, error["code"]) == (exit_code, code)
    assert error["hint"]
    assert len(list(Issuer(home).issued())) == (code == "issue.not-written")


def test_without_an_issuer_or_elsewhere_nothing_is_issued(headwater: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """No issuer yet; one that was made for another address."""
    arguments = ("issue", "--credential", "Security+", "--to", "did:a:b", "--json")
    assert json.loads(headwater(*arguments)[1])["error"]["code"] == "issuer.none"
    assert headwater("issuer", "init", "--name", "Invented College")[0] == 0
    assert json.loads(headwater("issuer", "init", "--name", "Other", "--json")[1])["error"]["code"] == "issuer.exists"
    monkeypatch.setenv("HEADWATER_PUBLIC_URL", "https://other.example")
    assert json.loads(headwater(*arguments)[1])["error"]["code"] == "issuer.address"
    assert headwater("issuer", "revoke", "urn:uuid:none")[0] == 2


def test_the_command_verifies_and_recognises_what_it_issued(
    college: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """Without a fetch where it was issued; elsewhere by the published files; its level is the graph's."""
    assert college("issue", "-c", "Python in a week", "--to", "kim@learners.example", "-o", "badge.json")[0] == 0
    code, out, _ = college("verify", "badge.json", "--recipient", "kim@learners.example", "--json")
    found = json.loads(out)
    assert (code, found["verdict"], found["issuer"]["proven"]) == (0, "verified", True)
    assert [each["id"] for each in found["recognised"]] == [iri("course-python"), iri("python")]
    assert found["unresolved"] == []
    assert college("issuer", "publish", "web")[0] == 0
    assert json.loads((tmp_path / "web/.well-known/did.json").read_text("utf-8"))["id"] == "did:web:college.example"
    files = json.loads((tmp_path / "web/resolve.json").read_text("utf-8"))
    assert files[f"{ADDRESS}/issuer/status/1"] == "issuer/status/1"
    shutil.rmtree(home / "issuer")
    code, out, _ = college("verify", "badge.json", "--json")
    assert (code, json.loads(out)["verdict"]) == (1, "unverifiable")
    code, out, _ = college("verify", "badge.json", "--resolve", "web/resolve.json", "--json")
    assert (code, json.loads(out)["verdict"]) == (0, "verified")


def test_a_learner_s_awards_become_one_record(college: Command, tmp_path: Path) -> None:
    """A document, a token and a picture; the record verifies with all of them and is recognised."""
    (tmp_path / "badge.svg").write_bytes(SVG)
    learner = ("--to", "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp", "--to", "kim@learners.example")
    assert college("issue", "-c", "Security+", *learner, "-o", "a.json")[0] == 0
    assert college("issue", "-c", "Networks", *learner, "--proof", "jwt", "-o", "b.jwt")[0] == 0
    assert college("issue", "-s", "Python", *learner, "--bake", "badge.svg", "-o", "c.svg")[0] == 0
    code, out, err = college("issuer", "gather", "a.json", "b.jwt", "c.svg", "--name", "All", "-o", "clr.json")
    assert (code, err) == (0, "")
    record = json.loads((tmp_path / "clr.json").read_text("utf-8"))
    assert (record["name"], record["credentialSubject"]["id"]) == ("All", learner[1])
    assert record["id"] in out
    found = json.loads(college("verify", "clr.json", "--json")[1])
    assert (found["format"], found["verdict"]) == ("CLR 2.0", "verified")
    assert {iri("secure"), iri("course-network"), iri("python")} <= {each["id"] for each in found["recognised"]}
    by_mail = ("a.json", "b.jwt", "--to", "kim@learners.example", "-o", "mail.json")
    assert college("issuer", "gather", *by_mail)[0] == 0
    subject = json.loads((tmp_path / "mail.json").read_text("utf-8"))["credentialSubject"]
    assert "id" not in subject
    assert subject["identifier"][0]["identityType"] == "emailAddress"


def test_a_badge_may_come_in_a_record_of_its_own(college: Command, tmp_path: Path) -> None:
    """CLR 2.0 around it; both are in the register and can be revoked."""
    assert college("issue", "-c", "Security+", "--to", "did:example:1", "--format", "clr2", "-o", "clr.json")[0] == 0
    record = json.loads((tmp_path / "clr.json").read_text("utf-8"))
    listed = json.loads(college("issuer", "list", "--json")[1])["issued"]
    assert [each["format"] for each in listed] == ["ob3", "clr2"]
    assert [record["credentialSubject"]["verifiableCredential"][0]["id"], record["id"]] == [
        each["id"] for each in listed
    ]
    found = json.loads(college("verify", "clr.json", "--json")[1])
    assert (found["verdict"], [each["verdict"] for each in found["embedded"]]) == ("verified", ["verified"])


def test_what_is_not_the_learner_s_or_not_verified_is_not_gathered(college: Command, tmp_path: Path) -> None:
    """Somebody else's, a changed one, a revoked one, no credential; an expired one is, for it was had."""
    one, other = "did:example:one", "did:example:other"
    for name, to, *more in (
        ("mine.json", one),
        ("ended.json", one, "--valid-from", "2020-01-01", "--valid-until", "2021-01-01"),
        ("other.json", other),
        ("revoked.json", one),
    ):
        assert college("issue", "-c", "Security+", "--to", to, *more, "-o", name)[0] == 0
    revoked = json.loads((tmp_path / "revoked.json").read_text("utf-8"))["id"]
    assert college("issuer", "revoke", revoked)[0] == 0
    changed = (tmp_path / "mine.json").read_text("utf-8").replace("Security+", "Security++")
    (tmp_path / "changed.json").write_text(changed, "utf-8")
    (tmp_path / "none.json").write_text("{}", "utf-8")
    for files, code in (
        (("mine.json", "other.json"), "issue.recipient"),
        (("mine.json", "other.json", "--to", one), "issue.another-subject"),
        (("mine.json", "--to", "kim@learners.example"), "issue.another-subject"),
        (("changed.json",), "issue.not-verified"),
        (("mine.json", "revoked.json"), "issue.not-verified"),
        (("none.json",), "issue.not-verified"),
        (("badge.none",), "input.missing-file"),
    ):
        found, out, _ = college("issuer", "gather", *files, "--json")
        assert (found, json.loads(out)["error"]["code"]) == (2, code), files
    assert college("issuer", "gather", "mine.json", "ended.json", "-o", "clr.json")[0] == 0


GATHER = """mutation Gather($input: GatherInput!) {
  gatherCredentials(input: $input) { credential issued { id format } }
}"""


def test_graphql_gathers(client: TestClient, home: Path) -> None:
    """What it issued itself, verified without a fetch; at most 50 documents."""
    text, _ = Keys(home).create(Role.ISSUER)
    documents = [
        ask(client, text, ISSUE, input={"to": ["did:example:1"], "credential": "S+", "proof": proof})["data"][
            "issueCredential"
        ]["credential"]
        for proof in ("EDDSA_RDFC_2022", "JWT")
    ]
    answer = ask(client, text, GATHER, input={"documents": documents})["data"]["gatherCredentials"]
    assert answer["issued"]["format"] == "clr2"
    assert len(json.loads(answer["credential"])["credentialSubject"]["verifiableCredential"]) == 2
    for wanted, detail in (
        ({"documents": []}, "issue.nothing-to-gather"),
        ({"documents": ["a"] * 51}, "issue.too-many"),
    ):
        assert ask(client, text, GATHER, input=wanted)["errors"][0]["extensions"]["detail"] == detail


ISSUE = """mutation Issue($input: IssueInput!) {
  issueCredential(input: $input) { credential issued { id proof achievement revokedAt sha256 } }
}"""


def ask(client: TestClient, key: str | None, query: str, **variables: Any) -> Any:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    return client.post("/graphql", json={"query": query, "variables": variables}, headers=headers).json()


@pytest.mark.parametrize("proof", ["EDDSA_RDFC_2022", "JWT"])
def test_graphql_issues_revokes_suspends_and_reinstates(client: TestClient, home: Path, proof: str) -> None:
    """With an issuer's key; the log names the credential and the key, never the learner."""
    text, key = Keys(home).create(Role.ISSUER)
    wanted = {
        "to": ["kim@learners.example"],
        "credential": "S+",
        "suspendable": True,
        "proof": proof,
        "narrative": "Well done.",
    }
    with capture_logs() as logged:
        answer = ask(client, text, ISSUE, input=wanted)["data"]["issueCredential"]
        identifier = answer["issued"]["id"]
        credential = answer["credential"] if proof == "JWT" else json.loads(answer["credential"])
        if proof != "JWT":
            accept(client, credential)
            assert credential["id"] == identifier
        for act, name in (("suspend", "suspendedAt"), ("reinstate", None), ("revoke", "revokedAt")):
            change = f"mutation($id: ID!) {{ {act}Credential(id: $id) {{ id proof suspendedAt revokedAt }} }}"
            changed = ask(client, text, change, id=identifier)["data"][f"{act}Credential"]
            assert [each for each in ("suspendedAt", "revokedAt") if changed[each]] == ([name] if name else [])
            assert (changed["id"], changed["proof"]) == (identifier, proof)
    acts = [(entry["act"], entry["key"], entry["result"]) for entry in logged if entry.get("event") == "done"]
    assert acts == [(f"{act}Credential", key.id, identifier) for act in ("issue", "suspend", "reinstate", "revoke")]
    assert "kim" not in str(logged)
    assert "Well done" not in str(logged)
    with pytest.raises(OpenvcError):
        accept(client, credential)


MATCH = """query ($documents: [String!]!) {
  match(held: { documents: $documents }, filter: { ids: ["511"] }) {
    documents { verdict issuerProven }
    edges { node { levels { level { name } qualified } } }
  }
}"""


def test_a_badge_opens_a_role_until_it_is_revoked(client: TestClient, home: Path) -> None:
    """Issued, it is verified and counts in a match; revoked, the same question has another answer."""
    text, _ = Keys(home).create(Role.ISSUER)
    issued = ask(client, text, ISSUE, input={"to": ["did:example:1"], "credential": "Security+"})["data"][
        "issueCredential"
    ]

    def asked() -> tuple[Any, bool]:
        answer = ask(client, None, MATCH, documents=[issued["credential"]])["data"]["match"]
        levels = answer["edges"][0]["node"]["levels"]
        return answer["documents"], next(each["qualified"] for each in levels if each["level"]["name"] == "Basic")

    assert asked() == ([{"verdict": "verified", "issuerProven": True}], True)
    revoke = "mutation ($id: ID!) { revokeCredential(id: $id) { revokedAt } }"
    assert ask(client, text, revoke, id=issued["issued"]["id"])["data"]["revokeCredential"]["revokedAt"]
    assert asked() == ([{"verdict": "revoked", "issuerProven": True}], False)


def test_graphql_refuses_others_and_what_cannot_be(client: TestClient, home: Path) -> None:
    """A steward does not issue; errors have their class and detail."""
    issuer, steward = (Keys(home).create(role)[0] for role in (Role.ISSUER, Role.STEWARD))
    wanted = {"to": ["did:example:1"], "credential": "Security+"}
    for key, code in ((None, "UNAUTHENTICATED"), (steward, "FORBIDDEN")):
        assert ask(client, key, ISSUE, input=wanted)["errors"][0]["extensions"]["code"] == code
    for change, detail in (
        ({"credential": "Securitee"}, "reference.unknown"),
        ({"to": []}, "issue.recipient"),
        ({"validUntil": "soon"}, "issue.dates"),
        ({"achievementType": "Trophy"}, "issue.word"),
    ):
        extensions = ask(client, issuer, ISSUE, input=wanted | change)["errors"][0]["extensions"]
        assert (extensions["code"], extensions["detail"]) == ("BAD_USER_INPUT", detail)
    missing = 'mutation { revokeCredential(id: "urn:uuid:none") { id } }'
    assert ask(client, issuer, missing)["errors"][0]["extensions"]["detail"] == "reference.unknown"
    assert list(Issuer(home).issued()) == []


def test_what_is_published_may_be_read_by_all_and_kept_for_a_while(client: TestClient, college: Command) -> None:
    """Types, cache times, entity tags, browsers of other origins; HEAD and OPTIONS; what is not there is 404."""
    assert college("issue", "--credential", "Security+", "--to", "did:a:b", "-o", "x.json")[0] == 0
    for path, kind, seconds in (
        ("/.well-known/did.json", "application/did+ld+json", 300),
        ("/.well-known/jwks.json", "application/jwk-set+json", 300),
        ("/issuer", "application/ld+json", 300),
        ("/issuer/status/1", "application/vc", 60),
    ):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"] == kind
        assert answer.headers["cache-control"] == f"public, max-age={seconds}"
        assert answer.headers["access-control-allow-origin"] == "*"
        again = client.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.head(path).content == b""
        assert client.post(path).status_code == 405
    assert client.get("/issuer").json()["name"] == "Invented College"
    for path in ("/did.json", "/issuer/status/2", "/issuer/status/x", "/issuer/status/²", "/issuer/achievements/x"):
        assert client.get(path).status_code == 404, path


def test_a_did_document_below_a_path_is_where_did_web_looks(
    home: Path, headwater: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy in front leaves the path away; an issuer for development publishes no document at all."""
    for address, found in (("https://college.example/skills", "/did.json"), ("http://127.0.0.1:8000", None)):
        shutil.rmtree(home / "issuer", ignore_errors=True)
        monkeypatch.setenv("HEADWATER_PUBLIC_URL", address)
        assert headwater("issuer", "init", "--name", "Invented College")[0] == 0
        given = Settings(home=home, public_url=address, neo4j_uri="bolt://127.0.0.1:9")
        with TestClient(create_app(given)) as opened:
            here = [path for path in ("/did.json", "/.well-known/did.json") if opened.get(path).status_code == 200]
            assert here == ([found] if found else [])
            assert opened.get("/.well-known/jwks.json").status_code == 200


def test_a_service_without_an_issuer_publishes_none(world_home: Path) -> None:
    """Each address is 404, in the shape of all errors."""
    given = Settings(home=world_home, public_url=ADDRESS, neo4j_uri="bolt://127.0.0.1:9")
    with TestClient(create_app(given)) as opened:
        for path in ("/.well-known/did.json", "/.well-known/jwks.json", "/issuer", "/issuer/status/1"):
            answer = opened.get(path)
            assert answer.status_code == 404
            assert answer.json()["errors"][0]["extensions"]["detail"] == "resource.unknown"


def test_other_commands_do_not_wait_for_what_issues() -> None:
    """What signs, bakes and opens stored learners is imported by the commands that need it."""
    script = (
        "import sys, service.cli\n"
        "heavy = {'jwt', 'base58', 'png', 'graph.issuer', 'graph.learners', 'service.issuing', 'service.learners'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    root = Path(__file__).parent.parent
    said = subprocess.run([sys.executable, "-c", script], check=True, cwd=root, capture_output=True, text=True)
    assert said.stdout.strip() == "[]"
