"""Credentials for a file of recipients: each line by itself, taken up again where it ended. All learners are invented."""

import json
from pathlib import Path
from typing import Any

import pytest
from test_service_issuing import ADDRESS, Command, college, headwater, home

from graph.issuer import IssuedCredential
from ontology.errors import InputError
from service.asking import open_snapshot
from service.awarding import Wanted
from service.issuing import Issuing, Order
from service.mass_issuing import LINE_BYTES, MassIssuing, read_lines

__all__ = ["college", "headwater", "home"]
ISSUE = ("issue", "--credential", "Security+", "-o", "issued")
LINES = b"""to,narrative,competencies
kim@learners.example,Passed with distinction,Python
not a recipient,,
did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp|sourcedId:S-17,,

lee@learners.example,,No such skill
kim@learners.example,Passed with distinction,Python
"sam@learners.example
"""


def outcomes() -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path("issued/outcomes.jsonl").read_bytes().splitlines()]


def test_each_line_has_its_own_outcome(college: Command) -> None:
    """Two are issued and hold, one is there twice and issued once, three are refused for their own reasons."""
    Path("all.csv").write_bytes(LINES)
    code, out, err = college(*ISSUE, "--recipients", "all.csv", "--json")
    assert (code, json.loads(out)) == (1, {"issued": 2, "kept": 1, "refused": 3, "folder": "issued"})
    told = outcomes()
    assert [(each["line"], each["outcome"]) for each in told] == [
        (2, "issued"), (3, "refused"), (4, "issued"), (6, "refused"), (7, "kept"), (8, "refused"),
    ]  # fmt: skip
    assert [each["code"] for each in told if "code" in each] == ["issue.recipient", "reference.unknown", "issue.line"]
    assert err.count("is refused") == 3
    assert told[4] == {**told[0], "line": 7, "outcome": "kept"}
    first = json.loads(Path("issued", told[0]["file"]).read_bytes())
    assert (first["id"], first["credentialSubject"]["narrative"]) == (told[0]["id"], "Passed with distinction")
    assert any(each["targetName"] == "Python" for each in first["credentialSubject"]["achievement"]["alignment"])
    assert college("verify", Path("issued", told[0]["file"]), "--recipient", "kim@learners.example")[0] == 0
    assert college("verify", Path("issued", told[2]["file"]))[0] == 0


def test_a_second_run_issues_what_is_missing_or_changed(college: Command) -> None:
    """Lines may be mended and moved; what was issued is kept, and other options are other credentials."""
    Path("all.csv").write_bytes(LINES)
    college(*ISSUE, "--recipients", "all.csv")
    before = {each.name: each.read_bytes() for each in Path("issued").glob("*.json")}
    mended = LINES.replace(b"not a recipient", b"max@learners.example").replace(b"No such skill", b"Firewalls")
    header, rest = mended.split(b"\n", 1)
    Path("all.csv").write_bytes(header + b"\n" + b"new@learners.example,,\n" + rest.replace(b'"sam', b"sam"))
    code, out, _ = college(*ISSUE, "--recipients", "all.csv", "--json")
    assert (code, json.loads(out)) == (0, {"issued": 4, "kept": 3, "refused": 0, "folder": "issued"})
    assert before.items() <= {each.name: each.read_bytes() for each in Path("issued").glob("*.json")}.items()
    issued = json.loads(college("issuer", "list", "--json")[1])["issued"]
    assert {each["id"] for each in issued} == {each["id"] for each in outcomes()}
    code, out, _ = college(*ISSUE, "--recipients", "all.csv", "--proof", "jwt", "--json")
    assert json.loads(out)["issued"] == 6
    assert {each["file"].rpartition(".")[2] for each in outcomes()} == {"jwt"}
    again = outcomes()
    assert json.loads(college(*ISSUE, "--recipients", "all.csv", "--proof", "jwt", "--json")[1])["kept"] == 7
    assert [each["id"] for each in outcomes()] == [each["id"] for each in again]


def test_json_lines_and_pictures(college: Command) -> None:
    """Members are the columns; each picture has its own credential."""
    lines = [
        {"to": "kim@learners.example", "competencies": ["Python", "Firewalls"], "narrative": None},
        {"to": ["did:example:lee", "sourcedId:L-2"]},
        {"to": "x@learners.example", "narrative": 3},
        {"to": "x@learners.example", "grade": "A"},
        {"narrative": "to nobody"},
        ["to"],
    ]
    Path("all.jsonl").write_text("\n".join(json.dumps(each) for each in lines) + '\n{"to":', "utf-8")
    Path("badge.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>', "utf-8")
    code, out, _ = college(*ISSUE, "--recipients", "all.jsonl", "--bake", "badge.svg", "--json")
    assert (code, json.loads(out)["issued"], json.loads(out)["refused"]) == (1, 2, 5)
    assert {each["code"] for each in outcomes() if "code" in each} == {"issue.line"}
    for each in outcomes()[:2]:
        assert each["file"].endswith(".svg")
        assert college("verify", Path("issued", each["file"]))[0] == 0


@pytest.mark.parametrize("content", [b"name\nKim\n", b"to,to\n", b"to,grade\nx@y.example,A\n", b"", b"\n"])
def test_a_file_of_nothing_that_is_known(college: Command, content: bytes) -> None:
    """A header without `to`, with a column twice or unknown, is refused whole; an empty file issues nothing."""
    Path("all.csv").write_bytes(content)
    code, out, _ = college(*ISSUE, "--recipients", "all.csv", "--json")
    if content:
        assert (code, json.loads(out)["error"]["code"]) == (2, "issue.recipients")
    else:
        assert (code, json.loads(out)["issued"]) == (0, 0)


def test_what_no_line_can_mend_is_told_once(headwater: Command) -> None:
    """Without an issuer, without a folder, without a file, without a recipient: nothing is written."""
    Path("all.csv").write_bytes(LINES)
    assert json.loads(headwater(*ISSUE, "--recipients", "all.csv", "--json")[1])["error"]["code"] == "issuer.none"
    headwater("issuer", "init", "--name", "Invented College")
    for arguments, code in (
        (("issue", "-c", "Security+", "--recipients", "all.csv"), "issue.output"),
        ((*ISSUE, "--recipients", "none.csv"), "input.missing-file"),
        (ISSUE, "issue.recipient"),
    ):
        assert json.loads(headwater(*arguments, "--json")[1])["error"]["code"] == code
    assert not list(Path("issued").glob("*.json"))


def test_a_kill_before_the_end_issues_nothing_twice(college: Command, home: Path, tmp_path: Path) -> None:
    """What came into the folder before is kept by the next run: as many are registered as there are lines."""
    source = tmp_path / "all.csv"
    source.write_text("to\n" + "".join(f"l{at}@learners.example\n" for at in range(6)), "utf-8")
    issuing, count = Issuing(home, ADDRESS), 0

    def issue(order: Order) -> IssuedCredential:
        nonlocal count
        count += 1
        if count == 4:
            raise KeyboardInterrupt
        return issuing.issue(lambda: open_snapshot(home), order)

    def deliver(issued: IssuedCredential, path: Path) -> None:
        path.write_text(json.dumps(issued.credential), "utf-8")

    order = Order(wanted=Wanted(credential="Security+"), to=())
    mass = MassIssuing(
        source=source, folder=tmp_path / "out", order=order, said={}, suffix=".json", issue=issue, deliver=deliver
    )
    with pytest.raises(KeyboardInterrupt):
        list(mass.run())
    assert [each.outcome for each in mass.run()] == ["kept"] * 3 + ["issued"] * 3
    assert len(json.loads(college("issuer", "list", "--json")[1])["issued"]) == 6


def test_lines_are_bounded(tmp_path: Path) -> None:
    """A line that is too long is refused and the next one read; what is not UTF-8 is a fault of its line."""
    source = tmp_path / "all.csv"
    source.write_bytes(b"\xef\xbb\xbfto;narrative\na@b.example;" + b"x" * (3 * LINE_BYTES) + b"\nc@d.example;y\n\xff;z")
    lines = list(read_lines(source, {}))
    assert [each.number for each in lines] == [2, 3, 4]
    assert [isinstance(each.fault, InputError) for each in lines] == [True, False, True]
    assert lines[1].fields == {"to": ("c@d.example",), "narrative": "y"}
