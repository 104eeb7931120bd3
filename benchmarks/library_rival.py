"""The match as a @cypher field of @neo4j/graphql 7, served by Node: what a team on this database would take ready made.

The library and Apollo's server are fetched by npm, in the versions of `neo4j_graphql/package-lock.json`, into
`build/`. The statement is that of `cypher_match`, so that the database does the same work.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import cast

import psutil

from graph.server import Connection

from .cypher_match import MATCH_ROLES, parameters
from .processes import PROJECT, service
from .questions import LISTED, Learner

SOURCE = Path(__file__).resolve().parent / "neo4j_graphql"
INSTALLED = PROJECT / "build" / "neo4j_graphql"
PROGRAMS = ("node", "npm")
INSTALL_SECONDS = 600
_PRODUCTION = {"NODE_ENV": "production"}
_LOCK = "package-lock.json"
_DONE = INSTALLED / "node_modules" / ".headwater.lock"
"""The lock, once all that it names is there."""
_HELD = {
    "$held.competencies": (
        "[claim IN $held.competencies | {iri: claim.id, level: claim.level.value, scale: claim.level.scale}]"
    ),
    "$held.things": "($held.credentials + $held.courses)",
}
"""What the statement of `cypher_match` is asked with, out of the argument that GraphQL has."""


class NotMadeError(Exception):
    """Why this machine cannot run the rival, as a sentence."""


def library_versions() -> str:
    """What is compared, with the versions that are pinned."""
    pinned: dict[str, str] = json.loads((SOURCE / "package.json").read_bytes())["dependencies"]
    return ", ".join(f"{name} {version}" for name, version in pinned.items())


def statement() -> str:
    """The match as the statement of a @cypher field with the arguments `held` and `first`; one row, `page`."""
    policy = cast("dict[str, object]", parameters(Learner(name=""))["policy"])
    text = MATCH_ROLES.replace("$listed", str(LISTED))
    for name, own in _HELD.items():
        text = text.replace(name, own)
    text = re.sub(r"\$policy\.(\w+)", lambda found: _literal(policy[found[1]]), text)
    page = "{totalCount: coalesce(max(total_count), 0), edges: collect({node: node})}"
    return f"CALL () {{\n{text}\n}}\nRETURN {page} AS page"


def _literal(value: object) -> str:
    """A number, a text or a map as Cypher writes it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_literal(each)}" for name, each in value.items()) + "}"
    return json.dumps(value)


def is_fetched() -> bool:
    """Whether what the lock names has been fetched."""
    return _DONE.is_file() and _DONE.read_bytes() == (SOURCE / _LOCK).read_bytes()


def install(*, path: str | None = None) -> Path:
    """The folder with the server and all that it imports, fetched where it is not there.

    Raises NotMadeError.

    Args:
        path: where programs are looked for; None: where the system does.
    """
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if missing:
        raise NotMadeError(f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} not on this machine.")
    INSTALLED.mkdir(parents=True, exist_ok=True)
    if not is_fetched():
        for name in ("package.json", _LOCK):
            shutil.copyfile(SOURCE / name, INSTALLED / name)
        _fetch(path)
        shutil.copyfile(SOURCE / _LOCK, _DONE)
    for name in ("server.mjs", "types.graphql"):
        shutil.copyfile(SOURCE / name, INSTALLED / name)
    return INSTALLED


def _fetch(path: str | None) -> None:
    """Nothing; npm has put what the lock names there, and has run none of it."""
    command = [cast("str", shutil.which("npm", path=path)), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        run = subprocess.run(
            command, cwd=INSTALLED, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NotMadeError(f"npm had not fetched the library after {INSTALL_SECONDS} s.") from error
    if run.returncode:
        said = next((line for line in run.stderr.splitlines() if "code" in line), "")
        raise NotMadeError(f"npm could not fetch the library ({said.strip() or run.returncode}).")


@contextmanager
def library_service(installed: Path, connection: Connection, port: int, folder: Path) -> Iterator[psutil.Process]:
    """The rival on a port of loopback, stopped at the end. `folder` keeps its settings and its log meanwhile."""
    settings = folder / f"library-{port}.json"
    descriptor = os.open(settings, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({**asdict(connection), "port": port, "statement": statement()}, file)
    node = cast("str", shutil.which("node"))
    arguments = (str(installed / "server.mjs"), str(settings))
    try:
        with service(arguments, port, "/", folder, program=node, variables=_PRODUCTION) as process:
            yield process
    finally:
        settings.unlink()


@cache
def node_version() -> str:
    """Of the Node that runs it."""
    node = cast("str", shutil.which("node"))
    return subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
