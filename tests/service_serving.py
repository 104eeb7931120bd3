"""What tests of a running service share."""

import time
from typing import Protocol


class Answer(Protocol):
    """The part of a response that is looked at."""

    @property
    def status_code(self) -> int:
        """HTTP status."""


class Getter(Protocol):
    """A client that can GET."""

    def get(self, url: str, /) -> Answer:
        """The response."""


def wait_until_ready(client: Getter, seconds: float = 60.0, path: str = "/readyz") -> None:
    """Nothing, as soon as the service is ready. Raises AssertionError after so many seconds."""
    end = time.monotonic() + seconds
    while client.get(path).status_code != 200:
        assert time.monotonic() < end, "the service did not become ready"
        time.sleep(0.1)
