"""The bundled JSON-LD contexts by the URLs that documents name them with, each pinned by its SHA-256.

Reads `contexts/`, nothing else: a context that is not bundled is unknown, never fetched. Called by `jsonld`.
"""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType

from .errors import DamagedError
from .json_documents import Json


@lru_cache(maxsize=1)
def bundled_contexts() -> Mapping[str, Json]:
    """URL -> document with an `@context`. Raises DamagedError where a file is not the one that was pinned."""
    folder = files("ontology").joinpath("contexts")
    index: dict[str, dict[str, str]] = json.loads(folder.joinpath("index.json").read_bytes())
    found: dict[str, Json] = {}
    by_file: dict[str, Json] = {}
    for url, entry in index.items():
        name = entry["file"]
        if name not in by_file:
            content = folder.joinpath(name).read_bytes()
            if hashlib.sha256(content).hexdigest() != entry["sha256"]:
                raise DamagedError(
                    f"The bundled context {name} is not the file that was pinned.",
                    code="context.damaged",
                    hint="Install Headwater again.",
                )
            by_file[name] = json.loads(content)
        found[url] = by_file[name]
    return MappingProxyType(found)
