"""The torture is collected only where it is asked for (`-m torture`, `make torture`): it takes an hour."""

from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """True for every file of this folder unless the marker is asked for."""
    return None if "torture" in (config.option.markexpr or "") else True
