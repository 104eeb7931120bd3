"""What `headwater doctor` finds: each check well, and each one not."""

import json
import os
import shutil
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from graph.distribution import provide_jars, read_lock
from graph.doctor import Check, examine
from graph.server import connect_server, server_folder, stop_server

NAMES = ["python", "java", "jars", "home", "disk", "NEO4J_URI", "server", "password", "leftovers"]


def find(checks: list[Check], name: str) -> Check:
    return next(check for check in checks if check.name == name)


def test_a_new_folder_is_well_and_stays_as_it_is(home: Path, managed_environment: dict[str, str]) -> None:
    """All checks in the order of a start; none but the jars could have anything to say, and nothing is made."""
    checks = examine(home / "new", environment=managed_environment)
    assert [check.name for check in checks] == NAMES
    assert all(check.ok for check in checks if check.name != "jars")
    assert all(check.ok != bool(check.advice) for check in checks)
    assert not (home / "new").exists()


def test_a_running_server_is_told_with_its_users_and_never_its_password(
    home: Path, managed_environment: dict[str, str]
) -> None:
    """Pid, port, who uses it, who watches it; a password file that others may read is a fault."""
    with connect_server(home, environment=managed_environment) as lease:
        checks = examine(home, environment=managed_environment)
        assert all(check.ok for check in checks)
        server = find(checks, "server").found
        assert lease.connection.uri in server
        assert str(os.getpid()) in server
        assert not any(lease.connection.password in check.found + check.advice for check in checks)
        (home / "neo4j" / "password").chmod(0o644)
        password = find(examine(home, environment=managed_environment), "password")
        assert not password.ok
        assert "chmod 600" in password.advice
    stop_server(home)
    assert "does not run" in find(examine(home, environment=managed_environment), "server").found


def test_jars_that_are_not_whole_are_counted(home: Path, tmp_path: Path, managed_environment: dict[str, str]) -> None:
    """One jar damaged in a cache that is whole otherwise, and the folder of a download that was killed."""
    lock = read_lock()
    cache = tmp_path / f"neo4j-{lock.version}"

    def fetch(jar: object, folder: Path, advance: object) -> Path:
        raise AssertionError(jar, folder, advance)

    shared = Path(find(examine(home, environment=managed_environment), "jars").found.rpartition(" in ")[2])
    provide_jars(shared, lock)
    shutil.copytree(shared, cache)
    assert provide_jars(cache, lock, fetch=fetch) == []
    (cache / lock.jars[0].file_name).write_bytes(b"")
    (cache / "partial-x").mkdir()
    checks = examine(home, environment={"HEADWATER_CACHE": str(tmp_path)})
    assert f"{len(lock.jars) - 1} of {len(lock.jars)} jars whole" in find(checks, "jars").found
    assert not find(checks, "jars").ok
    assert "unfinished download" in find(checks, "leftovers").found


def test_a_folder_that_cannot_be_written_is_told(
    home: Path, managed_environment: dict[str, str], read_only: Callable[[Path], AbstractContextManager[None]]
) -> None:
    """The advice names HEADWATER_HOME."""
    with read_only(home):
        check = find(examine(home / "data", environment=managed_environment), "home")
    assert not check.ok
    assert "HEADWATER_HOME" in check.advice


def test_what_a_kill_left_behind_is_told(home: Path, managed_environment: dict[str, str]) -> None:
    """A state that names a process that is gone; why the last start failed."""
    folder = server_folder(home)
    folder.root.mkdir()
    folder.state.write_text(json.dumps({"pid": 2**22 + 1, "created": 1.0, "port": 1, "version": "5"}), "utf-8")
    folder.failure.write_text(json.dumps({"time": 1.0, "message": "Neo4j ended.", "log": "x"}), "utf-8")
    checks = examine(home, environment=managed_environment)
    assert not find(checks, "leftovers").ok
    assert not find(checks, "server").ok
    assert "Neo4j ended." in find(checks, "server").found


def test_a_named_server_is_asked_whether_it_listens(home: Path) -> None:
    """NEO4J_URI: one that listens, one that does not, one that is none; never its password."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]
        environment = {"NEO4J_URI": f"bolt://127.0.0.1:{port}", "NEO4J_PASSWORD": "secret"}
        listening = find(examine(home, environment=environment), "NEO4J_URI")
    silent = find(examine(home, environment=environment), "NEO4J_URI")
    wrong = find(examine(home, environment={"NEO4J_URI": "ftp://x"}), "NEO4J_URI")
    assert (listening.ok, silent.ok, wrong.ok) == (True, False, False)
    assert (listening.away, silent.away, wrong.away) == (False, True, False)
    assert silent.advice
    assert wrong.advice
    assert not any("secret" in check.found + check.advice for check in (listening, silent, wrong))


@pytest.mark.parametrize("variable", ["JAVA_HOME", "JAVA_TOOL_OPTIONS"])
def test_another_java_is_named_as_not_used(home: Path, variable: str) -> None:
    """So that nobody looks for the fault there."""
    check = find(examine(home, environment={variable: "/x", "HOME": str(home)}), "java")
    assert check.ok
    assert f"not used: {variable}" in check.found
