"""docker-compose.yml and Dockerfile, as far as they can be checked without an engine (docs/docker.md)."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")


def instructions() -> list[tuple[str, str]]:
    """(instruction, arguments) of the Dockerfile, continuation lines joined, comments dropped."""
    text = re.sub(r"\\\n", " ", "\n".join(line for line in DOCKERFILE.splitlines() if not line.startswith("#")))
    return [(word, rest.strip()) for word, rest in re.findall(r"^([A-Z]+)\s+(.*)$", text, re.MULTILINE)]


def test_every_copied_path_exists_and_reaches_the_build() -> None:
    """COPY names what the project has and .dockerignore lets through."""
    admitted = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists()
                assert source in admitted


def test_the_service_runs_unprivileged() -> None:
    """The last USER is not root, and compose drops what the service does not need."""
    users = [rest for word, rest in instructions() if word == "USER"]
    assert users[-1] not in {"root", "0"}
    service = COMPOSE["services"]["headwater"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


def test_the_image_installs_what_setup_installs() -> None:
    """Both install the hashed lock and then the package alone, without a build isolation that would fetch more."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for text in (DOCKERFILE, makefile):
        assert re.search(r"pip install .*--require-hashes -r requirements(-dev)?\.lock", text)
        assert re.search(r"pip install .*--no-deps --no-build-isolation", text)
    version = re.search(r"^setuptools==(\S+)", (ROOT / "requirements-dev.lock").read_text("utf-8"), re.MULTILINE)
    assert version
    assert f'"setuptools=={version[1]}"' in DOCKERFILE


def test_neo4j_is_the_long_term_release_with_health_and_volume() -> None:
    """The database is 5.26, checked before the service starts, and keeps its data."""
    neo4j = COMPOSE["services"]["neo4j"]
    assert neo4j["image"].startswith("neo4j:5.26")
    assert "ports" not in neo4j
    assert {volume.split(":")[0] for volume in neo4j["volumes"]} <= set(COMPOSE["volumes"])
    assert neo4j["healthcheck"]["test"]
    assert COMPOSE["services"]["headwater"]["depends_on"] == {"neo4j": {"condition": "service_healthy"}}


def test_published_ports_are_on_the_loopback_address() -> None:
    """Nothing is offered to other machines unasked."""
    ports = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(str(port).startswith("127.0.0.1:") for port in ports)


def test_every_variable_is_explained_and_no_secret_is_committed() -> None:
    """.env.example names each variable of the compose file, and the password has no default."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    example = dict(
        line.split("=", 1)
        for line in (ROOT / ".env.example").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    )
    assert set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", text)) == set(example)
    assert example["NEO4J_PASSWORD"] == ""
    assert "${NEO4J_PASSWORD:?" in text


def test_the_images_settings_are_settings_of_the_service() -> None:
    """A misspelt variable would be ignored in silence."""
    from service.settings import Settings

    known = {f"HEADWATER_{name.upper()}" for name in Settings.model_fields} | {
        "NEO4J_URI",
        "NEO4J_USERNAME",
        "NEO4J_PASSWORD",
        "NEO4J_DATABASE",
    }
    compose = set(COMPOSE["services"]["headwater"]["environment"])
    image = set(re.findall(r"\b((?:HEADWATER|NEO4J)_[A-Z_]+)=", DOCKERFILE))
    assert compose | image <= known
