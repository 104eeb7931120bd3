"""Points in time as credentials write them.

Source: XML Schema 1.1 Part 2, dateTimeStamp, which Verifiable Credentials 2.0 and Data Integrity ask for.
"""

import re
from datetime import UTC, datetime
from typing import Final

from ontology.json_documents import Json

_FORM: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,32}))?(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?"
)


def instant(value: Json, *, zone_needed: bool = True) -> datetime | None:
    """The point in time that a text names, None where it names none.

    Args:
        zone_needed: whether a text without a time zone names none; else it is read as UTC.
    """
    found = _FORM.fullmatch(value) if isinstance(value, str) and value.isascii() else None
    if found is None or (zone_needed and found[3] is None):
        return None
    fraction = (found[2] or "")[:6]
    zone = "+00:00" if found[3] in {None, "Z"} else found[3]
    try:
        return datetime.fromisoformat(f"{found[1]}{'.' + fraction.ljust(6, '0') if fraction else ''}{zone}").astimezone(
            UTC
        )
    except (ValueError, OverflowError):
        return None
