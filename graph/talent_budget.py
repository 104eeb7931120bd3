"""How many searches a receiver may make in a day: counted in a file that all processes share and no restart resets.

Names receivers and numbers, nothing of learners. Days are those of UTC. Called by talent.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Final

import orjson

from ontology.errors import DamagedError, LimitError

from .archive import write_durably
from .lock import waiting_lock

FILE: Final = "talent-budget.json"
LOCK: Final = "talent.lock"


class Budget:
    """The searches of today, by receiver."""

    def __init__(self, home: Path, a_day: int, clock: Callable[[], datetime]):
        """`a_day`: searches of a receiver; 0: none."""
        self._home = home
        self._path = home / FILE
        self._a_day = a_day
        self._clock = clock

    def spend(self, receiver: str) -> int:
        """How many searches are left today, after this one, which is counted durably.

        Raises LimitError (`talent.budget`) where none was left; BusyError, UnavailableError, DamagedError.
        """
        with waiting_lock(self._home, LOCK):
            day, spent = self._today()
            used = spent.get(receiver, 0)
            if used >= self._a_day:
                raise LimitError(
                    f"The {self._a_day} talent searches of a day are used up.",
                    code="talent.budget",
                    hint=f"They renew at {self._renewal()}.",
                )
            content = {"day": day, "searches": spent | {receiver: used + 1}}
            write_durably(self._path, orjson.dumps(content), mode=0o600)
            return self._a_day - used - 1

    def all(self) -> dict[str, int]:
        """Searches made today, by receiver."""
        return dict(sorted(self._today()[1].items()))

    def _today(self) -> tuple[str, dict[str, int]]:
        day = self._clock().astimezone(UTC).date().isoformat()
        try:
            content = orjson.loads(self._path.read_bytes())
            said = {str(name): int(count) for name, count in content["searches"].items()}
            return day, said if content["day"] == day else {}
        except FileNotFoundError:
            return day, {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedError(
                f"{self._path} cannot be read.",
                code="talent.budget-damaged",
                hint="Remove it: the searches of today count from nothing then.",
            ) from error

    def _renewal(self) -> str:
        tomorrow = self._clock().astimezone(UTC).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), UTC).isoformat().replace("+00:00", "Z")
