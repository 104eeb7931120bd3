"""Settings: precedence, origins, secrets, faults, documentation."""

import re
from pathlib import Path

import pytest

from ontology.errors import InputError
from ontology.fetching import Fetcher, Purpose
from service.settings import PURPOSES, Profile, Settings, describe_settings, load_settings, variable_name
from service.stewarding import fetcher_of

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder without settings, an environment without settings."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(variable_name(name), raising=False)
    return tmp_path


def test_precedence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Argument, environment, .env, headwater.toml, default; each value tells where it came from."""
    (folder / "headwater.toml").write_text('host = "toml"\nport = 1\nprofile = "production"\nneo4j_database = "toml"\n')
    (folder / ".env").write_text("HEADWATER_PORT=2\nHEADWATER_PROFILE=development\nNEO4J_USERNAME=dotenv\nOTHER=1\n")
    monkeypatch.setenv("HEADWATER_PORT", "3")
    monkeypatch.setenv("HEADWATER_RATE_ANONYMOUS", "7")
    settings = load_settings(port=4, host=None)
    shown = {name: (value, origin) for name, value, origin in describe_settings(settings)}
    assert shown["HEADWATER_PORT"] == ("4", "argument")
    assert shown["HEADWATER_RATE_ANONYMOUS"] == ("7", "environment")
    assert shown["HEADWATER_PROFILE"] == ("development", ".env")
    assert shown["NEO4J_USERNAME"] == ("dotenv", ".env")
    assert shown["HEADWATER_HOST"] == ("toml", "headwater.toml")
    assert shown["NEO4J_DATABASE"] == ("toml", "headwater.toml")
    assert shown["NEO4J_URI"] == ("", "default")
    assert load_settings().port == 3


def test_secrets_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the password nor one inside an address is ever shown."""
    monkeypatch.setenv("NEO4J_PASSWORD", "hunter2")
    monkeypatch.setenv("NEO4J_URI", "bolt://neo4j:hunter2@host:7687")
    settings = load_settings()
    assert settings.neo4j_password is not None
    assert settings.neo4j_password.get_secret_value() == "hunter2"
    assert "hunter2" not in str(describe_settings(settings))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HEADWATER_PORT", "x"),
        ("HEADWATER_PORT", "70000"),
        ("HEADWATER_PROFILE", "test"),
        ("HEADWATER_CORS_ORIGINS", "example.org"),
        ("HEADWATER_RATE_ANONYMOUS", "-1"),
        ("HEADWATER_PUBLIC_URL", "example.org"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """The error names the variable and not the library."""
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=name) as raised:
        load_settings()
    assert raised.value.code == "settings.invalid"


def test_a_broken_file_is_an_input_error(folder: Path) -> None:
    """headwater.toml that is no TOML is told as such."""
    (folder / "headwater.toml").write_text("port 1")
    with pytest.raises(InputError) as raised:
        load_settings()
    assert raised.value.code == "settings.unreadable"


def test_lists_and_empty_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Origins are separated by commas or blanks; an empty variable is not set."""
    monkeypatch.setenv("HEADWATER_CORS_ORIGINS", "https://a.example, https://b.example/")
    monkeypatch.setenv("NEO4J_URI", "")
    settings = load_settings()
    assert settings.cors_origins == ("https://a.example", "https://b.example")
    assert settings.neo4j_uri is None


def test_the_profile_decides_what_is_not_set() -> None:
    """Switches follow the profile unless set; pacing is of production, and off at 0."""
    assert load_settings().is_on("graphiql")
    assert load_settings().requests_a_minute is None
    production = load_settings(profile=Profile.PRODUCTION, introspection=True)
    assert (production.is_on("graphiql"), production.is_on("introspection")) == (False, True)
    assert production.requests_a_minute == 600
    assert load_settings(profile=Profile.PRODUCTION, rate_anonymous=0).requests_a_minute is None


def test_every_setting_is_documented() -> None:
    """docs/settings.md has a row for each variable, with its description, and no other."""
    rows = re.findall(r"^\| `(\w+)` \| .* \| (.*) \|$", (ROOT / "docs/settings.md").read_text("utf-8"), re.MULTILINE)
    assert rows == [(variable_name(name), field.description) for name, field in Settings.model_fields.items()]


def test_nothing_is_fetched_by_default_and_what_is_allowed_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """HEADWATER_FETCH names purposes, HEADWATER_FETCH_HOSTS hosts; both in any case, separated by commas or blanks."""
    assert fetcher_of(load_settings()) == Fetcher()
    monkeypatch.setenv("HEADWATER_FETCH", "harvest, STATUS")
    monkeypatch.setenv("HEADWATER_FETCH_HOSTS", "Case.example.org b.example.org:8443")
    assert fetcher_of(load_settings()) == Fetcher(
        allowed=frozenset({Purpose.HARVEST, Purpose.STATUS}),
        hosts=frozenset({"case.example.org", "b.example.org:8443"}),
    )
    assert set(PURPOSES) == {purpose.word for purpose in Purpose}
    for name, value in (("HEADWATER_FETCH", "everything"), ("HEADWATER_FETCH_HOSTS", "https://example.org/")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            with pytest.raises(InputError) as caught:
                load_settings()
        assert (caught.value.code, name in caught.value.message) == ("settings.invalid", True)
