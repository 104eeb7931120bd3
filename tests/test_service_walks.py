"""The walks of the pages in docs: every command is run, and what it prints is what the page shows."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from graph.releases import Releases
from graph.server import Connection
from graph.snapshot import ResourceType
from graph.views import Views

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
ELLIPSIS = "..."


@dataclass(slots=True)
class Step:
    """A command of the page and the lines that it shows."""

    command: str
    shown: list[str] = field(default_factory=list)


def steps(page: str) -> Iterator[Step]:
    """The steps of all console blocks of a page, in order."""
    for block in re.findall(r"```console\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL):
        step: Step | None = None
        for line in block.splitlines():
            if line.startswith("$ "):
                if step is not None:
                    yield step
                step = Step(line.removeprefix("$ "))
            else:
                assert step is not None, "a block begins with a command"
                step.shown.append(line)
        if step is not None:
            yield step


def pattern(shown: list[str]) -> str:
    """A regular expression for what is shown: blanks between words are as many as there are, `...` is anything."""
    lines = []
    for line in shown:
        if line == ELLIPSIS:
            lines.append(r"(?:.*\n)*?")
        else:
            parts = [r"\s+".join(map(re.escape, part.split())) for part in line.split(ELLIPSIS)]
            lines.append(r"[ \t]*" + r"\s*.*?\s*".join(parts) + r"[ \t]*\n")
    return "".join(lines)


def test_the_pattern_of_a_page_fails_where_it_must() -> None:
    """A line more, less or other is no match; `...` is any number of lines, or any words."""
    shown = ["name  format", ELLIPSIS, "5        ...        Load"]
    assert re.fullmatch(pattern(shown), "name format\nx\ny\n5 2026 Load\n")
    assert re.fullmatch(pattern(shown), "name format\n5 2026 Load\n")
    assert not re.fullmatch(pattern(shown), "name\n5 2026 Load\n")
    assert not re.fullmatch(pattern(shown), "name format\n5 2026 Load\nmore\n")


def walk(page: str, connection: Connection, home: Path, work: Path, *, port: int | None = None, **settings: str) -> str:
    """What the commands told on stderr; each command of the page printed what the page shows.

    Args:
        port: at which the page's service listens in place of 8000.
    """
    work.mkdir()
    (work / "examples").symlink_to(ROOT / "examples")
    environment = os.environ | {
        "HEADWATER_HOME": str(home),
        "NEO4J_URI": connection.uri,
        "NEO4J_USERNAME": connection.username,
        "NEO4J_PASSWORD": connection.password,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "500",
        **settings,
    }
    walked = list(steps(page))
    assert len(walked) > 12
    told = ""
    for step in walked:
        command = step.command if port is None else re.sub(r"\b8000\b", str(port), step.command)
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=work, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (step.command, done.stdout, done.stderr)
        found = re.sub(
            r"\s*\n", "\n", done.stdout if done.stdout.endswith("\n") or not done.stdout else f"{done.stdout}\n"
        )
        assert re.fullmatch(pattern(step.shown), found), (step.command, done.stdout)
        told += done.stderr
    return told


def test_the_learners_walk(connection: Connection, home: Path, tmp_path: Path) -> None:
    """A college issues, the learner shares, a requirement matches, a plan, a badge that closes the gap, its revocation."""
    told = walk("learner.md", connection, home, tmp_path / "walk", HEADWATER_PUBLIC_URL="https://larkfield.example")
    assert "revoked: The credential was revoked." in told
    assert not list((home / "learners").iterdir())


def test_the_walk_of_applications(connection: Connection, home: Path, tmp_path: Path) -> None:
    """A wallet registers, the learner lets it in and out again; a service runs beside the commands."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    work = tmp_path / "walk"
    try:
        walk("learner-apis.md", connection, home, work, port=port)
        ended = " ".join((work / "served").read_text("utf-8").split())
        assert "Traceback" not in ended
    finally:
        if (work / "server").exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int((work / "server").read_text("ascii")), signal.SIGKILL)


def test_the_stewards_walk(connection: Connection, home: Path, tmp_path: Path) -> None:
    """Load NICE and ESCO, read the report, diff, overlay for a region, publish, roll back, export, load again."""
    walk("steward.md", connection, home, tmp_path / "walk")
    releases = Releases(home)
    fourth = releases.get(4)
    north = fourth.find("north")
    assert north is not None
    views = Views(releases)
    base = views.open_release(fourth)
    for snapshot, name in ((base, "Defensive Cybersecurity"), (views.open(base, [north]).snapshot, "Cyber guard")):
        assert snapshot.label(snapshot.resolve("opm:511", [ResourceType.JOB_ROLE]), ["en"])[0] == name
