"""`headwater batch`: a file of learners against a release, without a server; exit codes and what is said."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
import pytest
from batch_world import matches_of, row_of, write_release, write_rows
from credential_signing import LEARNER, Signer, achievement, badge
from many_worlds import learners_on, network_records

from graph.matching import match
from graph.policy import Policy
from graph.releases import current_snapshot
from graph.snapshot import ResourceType
from ontology.credentials.baking import bake
from service.cli import run
from service.commands.batches import read_policy

PICTURE = b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>'
ROOT = Path(__file__).resolve().parent.parent
Batch = Callable[..., tuple[int, Any]]


@pytest.fixture
def batch(home: Path, capsys: pytest.CaptureFixture[str]) -> Batch:
    """Runs the command on a data folder with a release; its exit code, and the JSON that it prints."""
    write_release(home, network_records(5))

    def command(*arguments: str | Path) -> tuple[int, Any]:
        code = run(["batch", *map(str, arguments), "--home", str(home), "--json"])
        said = capsys.readouterr()
        return code, json.loads(said.out or said.err)

    return command


def learners_in(home: Path, path: Path, count: int = 30) -> Path:
    snapshot = current_snapshot(home)
    rows = [row_of(snapshot, f"l{number}", held) for number, held in enumerate(learners_on(snapshot, count, 5))]
    return write_rows(path, rows)


def test_a_file_is_scored_and_a_second_run_finds_it_done(batch: Batch, home: Path, tmp_path: Path) -> None:
    """The counts, the results, and nothing to do the second time."""
    source = learners_in(home, tmp_path / "l.csv")
    code, said = batch(source, "-o", tmp_path / "out", "-n", 3, "--rows", 10, "-w", 1, "--policy", "close=0.5")
    counts = said["counts"]
    assert (code, counts["parts"], counts["resumed"], counts["scored"], said["findings"]) == (0, 3, 0, 30, [])
    snapshot = current_snapshot(home)
    expected = []
    for held in learners_on(snapshot, 30, 5):
        found = match(snapshot, held, Policy(close=0.5))
        expected += [snapshot.iris[row] for row in found.rows[:3].tolist()]
    assert [row[2] for row in matches_of(tmp_path / "out")] == expected
    assert counts["matches"] == len(expected)
    code, again = batch(source, "-o", tmp_path / "out", "-n", 3, "--rows", 10, "--policy", "close=0.5")
    assert (code, again["counts"]) == (0, counts | {"resumed": 3})


def test_credentials_are_proven_ranked_and_told(batch: Batch, home: Path, tmp_path: Path) -> None:
    """A zip of badges, a record and a picture: verdicts, scores, findings; --resolve, --trust, --count-unproven."""
    snapshot = current_snapshot(home)
    skill = snapshot.iris[int(snapshot.rows(ResourceType.COMPETENCY)[0])]
    signer = Signer()

    def signed(method: str | None = None, **changes: Any) -> bytes:
        held = {"id": LEARNER, "type": ["AchievementSubject"], "achievement": achievement(id=skill)}
        return orjson.dumps(signer.sign(badge(signer, credentialSubject=held, **changes), method=method))

    did, college = "did:web:college.example", "https://college.example/i"
    files = {
        "proven.json": signed(),
        "web.json": signed(f"{did}#k", issuer={"id": did, "type": ["Profile"]}),
        "unproven.json": signed(f"{college}#{signer.multikey}", issuer={"id": college, "type": ["Profile"]}),
        "picture.svg": bake(PICTURE, json.loads(signed())),
        "notes.txt": b"Dear reader",
    }
    with zipfile.ZipFile(tmp_path / "wallets.zip", "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    key = {"id": f"{did}#k", "type": "Multikey", "controller": did, "publicKeyMultibase": signer.multikey}
    published = {"id": did, "verificationMethod": [key], "assertionMethod": [key["id"]]}
    (tmp_path / "map.json").write_bytes(orjson.dumps({"https://college.example/.well-known/did.json": published}))
    (tmp_path / "trust.json").write_bytes(orjson.dumps({"issuers": [{"id": college, "keys": [signer.multikey]}]}))
    options: list[tuple[list[str | Path], int]] = [
        ([], 2),
        (["--resolve", tmp_path / "map.json"], 3),
        (["--resolve", tmp_path / "map.json", "--trust", tmp_path / "trust.json"], 4),
        (["--count-unproven"], 4),
    ]
    for number, (arguments, counted) in enumerate(options):
        out = tmp_path / f"out-{number}"
        code, said = batch(tmp_path / "wallets.zip", "-o", out, "-w", 1, *arguments)
        counts = said["counts"]
        assert (code, counts["read"], counts["scored"], counts["refused"], counts["documents"]) == (1, 5, 4, 1, 5)
        rows = pq.read_table(out / "documents/part-00000.parquet").to_pylist()
        assert sum(row["counted"] for row in rows) == counted, arguments
        must = [each for each in said["findings"] if each["level"] == "must"]
        assert [(each["code"], each["source"]["file"]) for each in must] == [
            ("batch.document-invalid", "wallets.zip/notes.txt")
        ]
        assert not list(tmp_path.glob(".out*.unpacked"))
        again = batch(tmp_path / "wallets.zip", "-o", out, "-w", 1, *arguments)[1]
        assert again["counts"] == counts | {"resumed": 1}
    code, said = batch(tmp_path / "wallets.zip", "-o", tmp_path / "by", "--by-subject")
    assert (said["counts"]["read"], said["counts"]["documents"]) == (2, 5)
    assert batch(tmp_path / "wallets.zip", "-o", tmp_path / "no", "--resolve", tmp_path / "none")[0] == 2


def test_bad_rows_end_with_one(batch: Batch, home: Path, tmp_path: Path) -> None:
    """Must-findings: 1, though everybody else is scored; with --skip-unknown 0, and 1 again with --strict."""
    source = tmp_path / "l.jsonl"
    source.write_bytes(orjson.dumps({"learner": "a", "courses": ["nowhere"]}) + b'\n{"learner": "b"}\n')
    code, said = batch(source, "-o", tmp_path / "out")
    assert (code, said["counts"]["scored"], said["counts"]["refused"]) == (1, 1, 1)
    assert said["findings"][0]["source"] == {"file": "l.jsonl", "line": 1, "column": "courses", "pointer": None}
    assert batch(source, "-o", tmp_path / "skipped", "--skip-unknown")[0] == 0
    assert batch(source, "-o", tmp_path / "skipped", "--skip-unknown", "--strict")[0] == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--policy", "closer=1"], "policy.unknown-field"),
        (["--policy", "max_hops=1.5"], "policy.unknown-field"),
        (["--policy", "close=1.5"], "policy.out-of-range"),
        (["--role", "nobody knows"], "reference.unknown"),
    ],
)
def test_what_cannot_be_meant_ends_with_two(
    arguments: Sequence[str], code: str, batch: Batch, home: Path, tmp_path: Path
) -> None:
    """Nothing is written."""
    source = learners_in(home, tmp_path / "l.csv", 2)
    ended, said = batch(source, "-o", tmp_path / "out", *arguments)
    assert (ended, said["error"]["code"]) == (2, code)
    assert not (tmp_path / "out").exists()


def test_a_scheduler_that_does_not_answer_ends_with_three(batch: Batch, home: Path, tmp_path: Path) -> None:
    """Unavailable, with the way out; an address that is none is the same."""
    source = learners_in(home, tmp_path / "l.csv", 2)
    for address in ("tcp://127.0.0.1:9", "nonsense://x"):
        ended, said = batch(source, "-o", tmp_path / "out", "--scheduler", address)
        assert (ended, said["error"]["code"]) == (3, "run.scheduler")


def test_a_file_without_learners_is_done_at_once(batch: Batch, home: Path, tmp_path: Path) -> None:
    """A header alone: nothing scored, no fault."""
    (tmp_path / "l.csv").write_text("learner\n", "utf-8")
    code, said = batch(tmp_path / "l.csv", "-o", tmp_path / "out")
    assert (code, said["counts"]["read"]) == (0, 0)


def test_fields_of_the_policy_are_read_by_their_kind() -> None:
    """Numbers, whole numbers, and true or false."""
    policy = read_policy(["must-weight=2", "max_hops=1", "hierarchy=True"])
    assert policy == Policy(must_weight=2.0, max_hops=1, hierarchy=True)


def test_other_commands_do_not_wait_for_dask() -> None:
    """What batch alone needs is imported by batch alone."""
    script = (
        "import sys, service.cli, service.commands.batches\n"
        "print(sorted({'dask', 'distributed', 'pyarrow', 'pandas'} & {name.split('.')[0] for name in sys.modules}))"
    )
    said = subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, capture_output=True, text=True)
    assert said.stdout.strip() == "[]"


def test_the_fairness_report_has_every_figure(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON and as text; roles and competencies with their labels; the same twice."""
    write_release(home, network_records(5))
    arguments = ["fairness", "--home", str(home), "--learners", "20", "--policy", "min_coverage=0.7"]
    said = []
    for _ in range(2):
        assert run([*arguments, "--json"]) == 0
        said.append(json.loads(capsys.readouterr().out))
    assert said[0] == said[1]
    assert len(said[0]["effects"]) == 18
    assert said[0]["levels"]["asked"] == sum(value for name, value in said[0]["levels"].items() if name != "asked") > 0
    assert said[0]["reach"]["stating"] >= said[0]["reach"]["outOfReach"] == len(said[0]["reach"]["roles"]) > 0
    assert run(arguments) == 0
    text = capsys.readouterr().out
    assert said[0]["reach"]["roles"][0]["role"]["label"] in text
    assert "should_weight" in text
