"""Settings: where Headwater keeps its data, listens and whom it serves.

Precedence: argument (a command's flag), environment, `.env`, `headwater.toml`, default. Variables start with
`HEADWATER_`; the four of Neo4j are named as everywhere. docs/settings.md lists them all and a test compares.
Called by the CLI and the composition root.
"""

import os
import re
import sys
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AliasChoices, Field, PrivateAttr, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from ontology.errors import InputError

HIDDEN = "(hidden)"
"""What is shown in place of a secret."""


_USER_INFO = re.compile(r"//[^/@]*@")
"""User and password inside an address."""

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")

PURPOSES = ("harvest", "keys", "status")
"""What a fetch can be for; `ontology.fetching` has their limits."""

SWITCHES = ("graphiql", "introspection", "suggestions", "plain_get")
"""What the profile decides unless it is set."""


class Profile(StrEnum):
    """`development` is open and talkative; `production` keeps GraphiQL, introspection and suggestions off."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


def _default_home() -> Path:
    """The platform's folder for a user's application data."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "headwater"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "headwater"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "headwater"


def _plain_name(variable: str) -> AliasChoices:
    """A setting whose variable has no prefix: `NEO4J_URI`, in a file also `neo4j_uri`."""
    return AliasChoices(variable, variable.lower())


class Settings(BaseSettings):
    """One process's settings, frozen. `load_settings` gives them with an InputError in place of a library's error."""

    model_config = SettingsConfigDict(
        env_prefix="HEADWATER_",
        env_file=".env",
        env_file_encoding="utf-8",
        toml_file="headwater.toml",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        validate_default=True,
        hide_input_in_errors=True,
    )

    home: Path = Field(default_factory=_default_home, description="The data folder: archive, snapshots, managed Neo4j.")
    profile: Profile = Field(Profile.DEVELOPMENT, description="`development` or `production`.")
    host: str = Field("127.0.0.1", description="Address that `serve` listens on.")
    port: int = Field(8000, ge=0, le=65535, description="Port that `serve` listens on; 0 takes a free one.")
    public_url: str | None = Field(
        None, description="Address that clients see, behind a proxy; an https one is the name of the issuer (did:web)."
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins whose pages may call the API, separated by commas or blanks; `*` for all."
    )
    rate_anonymous: int = Field(
        600, ge=0, description="Requests a minute that one address may make without a key in production; 0: no limit."
    )
    body_mib: int = Field(
        16,
        ge=1,
        le=64,
        description="Greatest body of a GraphQL request in MiB; above 1 only for texts from 1 KiB.",
    )
    talent_searches: int = Field(200, ge=0, description="Talent searches that an employer may make in a day (UTC).")
    graphiql: bool | None = Field(None, description="Serve GraphiQL at /graphql. Default: in development only.")
    introspection: bool | None = Field(None, description="Answer introspection. Default: in development only.")
    suggestions: bool | None = Field(None, description="Say `Did you mean` in errors. Default: in development only.")
    plain_get: bool | None = Field(
        None, description="Answer GET queries without a preflight header. Default: in development only."
    )
    sparql: bool = Field(True, description="Answer SPARQL queries at /sparql.")
    sparql_seconds: float = Field(10.0, gt=0, le=600, description="Seconds after which a SPARQL query is ended.")
    sparql_at_once: int = Field(
        4, ge=1, le=64, description="SPARQL queries that may run at once; a further one gets 503."
    )
    fetch: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="What may be fetched from the network: `harvest`, `keys`, `status`. Default: nothing."
    )
    fetch_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Hosts that may be asked, `host` or `host:port`. Default: any public host at port 443."
    )
    trusted_issuers: Path | None = Field(
        None, description="File of issuers whose credentials count though nothing proves their keys. Default: none."
    )
    oidc_issuer: str | None = Field(
        None, description="OpenID Connect provider at which learners sign in: its issuer address. Default: none."
    )
    oidc_client_id: str | None = Field(None, description="This service's client id at the provider.")
    oidc_client_secret: SecretStr | None = Field(None, description="This service's client secret at the provider.")
    privacy_url: str | None = Field(
        None, description="Privacy policy that the 1EdTech APIs name. Default: a page of this service."
    )
    terms_url: str | None = Field(
        None, description="Terms of service that the 1EdTech APIs name. Default: a page of this service."
    )
    neo4j_uri: str | None = Field(
        None, validation_alias=_plain_name("NEO4J_URI"), description="One's own Neo4j. Default: a managed local one."
    )
    neo4j_username: str = Field("neo4j", validation_alias=_plain_name("NEO4J_USERNAME"), description="Its user.")
    neo4j_password: SecretStr | None = Field(
        None, validation_alias=_plain_name("NEO4J_PASSWORD"), description="Its password."
    )
    neo4j_database: str | None = Field(
        None, validation_alias=_plain_name("NEO4J_DATABASE"), description="Its database. Default: the server's default."
    )

    _origins: dict[str, str] = PrivateAttr(default_factory=dict)

    def __init__(self, **values: object):
        super().__init__(**values)  # type: ignore[arg-type]  # its private options are never among them
        self._origins.update(_find_origins(type(self), values))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order of precedence; the file is read last."""
        del file_secret_settings
        return init_settings, env_settings, dotenv_settings, TomlConfigSettingsSource(settings_cls)

    @field_validator("cors_origins", "fetch", "fetch_hosts", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("cors_origins", mode="after")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            if origin != "*" and not origin.startswith(("http://", "https://")):
                raise ValueError(f"an origin is `*` or scheme://host[:port], got {origin!r}")
        return tuple(origin.rstrip("/") for origin in value)

    @field_validator("fetch", mode="after")
    @classmethod
    def _check_purposes(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [word for word in value if word.lower() not in PURPOSES]
        if unknown:
            raise ValueError(f"one or more of {', '.join(PURPOSES)} are expected, got {unknown[0]!r}")
        return tuple(word.lower() for word in value)

    @field_validator("fetch_hosts", mode="after")
    @classmethod
    def _check_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not _HOST.fullmatch(host):
                raise ValueError(f"`host` or `host:port` is expected, got {host!r}")
        return tuple(host.lower() for host in value)

    @field_validator("home", "trusted_issuers", mode="after")
    @classmethod
    def _make_absolute(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @field_validator("public_url", mode="after")
    @classmethod
    def _strip_slash(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("http://", "https://")):
            raise ValueError("an http:// or https:// address is expected")
        return value.rstrip("/") if value is not None else None

    @property
    def origins(self) -> dict[str, str]:
        """Where each setting that is not a default came from, by name."""
        return dict(self._origins)

    def is_on(self, switch: str) -> bool:
        """Whether one of `graphiql`, `introspection`, `suggestions`, `plain_get` is on: as set, else by the profile."""
        value = getattr(self, switch)
        return self.profile is Profile.DEVELOPMENT if value is None else bool(value)

    @property
    def requests_a_minute(self) -> int | None:
        """Requests a minute of one address without a key; None where nothing is limited."""
        return self.rate_anonymous if self.profile is Profile.PRODUCTION and self.rate_anonymous else None


def load_settings(**values: object) -> Settings:
    """The settings, with `values` (a command's flags; None is not given) above all other sources.

    Raises InputError (`settings.invalid`) that names each wrong setting and its variable.
    """
    given = {name: value for name, value in values.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        faults = "; ".join(f"{variable_name(str(fault['loc'][0]))}: {fault['msg']}" for fault in error.errors())
        raise InputError(
            f"Wrong setting: {faults}.", code="settings.invalid", hint="docs/settings.md lists the settings."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InputError(
            f"The settings files cannot be read: {error}.",
            code="settings.unreadable",
            hint="headwater.toml is TOML and .env has NAME=value lines, both in UTF-8.",
        ) from error


def variable_name(setting: str) -> str:
    """The environment variable of a setting: `HEADWATER_HOME`, `NEO4J_URI`."""
    upper = setting.upper()
    return upper if upper.startswith(("NEO4J_", "HEADWATER_")) else f"HEADWATER_{upper}"


def server_environment(settings: Settings) -> dict[str, str]:
    """The process's environment with the settings of Neo4j in it, from wherever they came."""
    own = {
        "NEO4J_URI": settings.neo4j_uri,
        "NEO4J_USERNAME": settings.neo4j_username,
        "NEO4J_PASSWORD": settings.neo4j_password.get_secret_value() if settings.neo4j_password else None,
        "NEO4J_DATABASE": settings.neo4j_database,
    }
    rest = {name: value for name, value in os.environ.items() if name not in own}
    return rest | {name: value for name, value in own.items() if value is not None}


def describe_settings(settings: Settings) -> list[tuple[str, str, str]]:
    """(variable, value, origin) of each setting, in the order of declaration; secrets are hidden.

    Origin is `argument`, `environment`, `.env`, `headwater.toml` or `default`.
    """
    return [
        (variable_name(name), _shown(settings, name), settings.origins.get(name, "default"))
        for name in type(settings).model_fields
    ]


def _shown(settings: Settings, name: str) -> str:
    """A setting's value as text."""
    value = getattr(settings, name)
    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, tuple):
        return " ".join(value)
    if name in SWITCHES and value is None:
        return f"{str(settings.is_on(name)).lower()} (by the profile)"
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else _USER_INFO.sub(f"//{HIDDEN}@", str(value))


def _find_origins(settings_type: type[Settings], values: dict[str, object]) -> dict[str, str]:
    """Which source each set setting came from: the first that has it."""
    found = dict.fromkeys(values, "argument")
    sources = (
        ("environment", EnvSettingsSource(settings_type)),
        (".env", DotEnvSettingsSource(settings_type)),
        ("headwater.toml", TomlConfigSettingsSource(settings_type)),
    )
    for origin, source in sources:
        for key in source():
            name = key.lower().removeprefix("headwater_")
            if name in settings_type.model_fields:
                found.setdefault(name, origin)
    return {name.lower(): origin for name, origin in found.items()}
