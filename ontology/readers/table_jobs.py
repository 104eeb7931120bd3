"""What `job_roles.csv` says of a job beyond its name: places, remote work, salary. Called by `tables`."""

from types import MappingProxyType
from typing import Final

from ontology.model import PayPeriod, Salary
from ontology.places import wanted_place
from ontology.quantities import read_money

from .table_cells import Cells

PLACE_SEPARATOR: Final = ";"
_REMOTE: Final = MappingProxyType({"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False})


def read_places(cells: Cells) -> tuple[str, ...]:
    """Places, separated by semicolons: `US-CA/Oakland; DE`. A semicolon inside a name is written `%3B`."""
    found = set()
    for text in (cells.text("places") or "").split(PLACE_SEPARATOR):
        place = wanted_place(text) if text.strip() else None
        if place is not None:
            found.add(place.replace("%3B", PLACE_SEPARATOR).replace("%3b", PLACE_SEPARATOR))
        elif text.strip():
            cells.fault(
                "places",
                "bad-place",
                f"`places` has {text.strip()!r}; an ISO 3166 code and names after slashes are expected.",
                "Write places as US, US-CA or US-CA/Oakland, separated by semicolons; without a country as /Oakland.",
            )
    return tuple(sorted(found))


def read_remote(cells: Cells) -> bool:
    """Whether the work may be done from elsewhere; false where the cell is blank."""
    text = cells.text("remote")
    if text is None:
        return False
    if text.casefold() not in _REMOTE:
        cells.fault(
            "remote",
            "bad-remote",
            f"`remote` has {text!r}; yes or no is expected.",
            "Write yes or no, or leave it blank where it is not known.",
        )
    return _REMOTE.get(text.casefold(), False)


def read_salary(cells: Cells) -> Salary | None:
    """The salary in minor units; None where neither an amount nor a currency is given."""
    currency, period = cells.text("salary_currency"), cells.text("salary_period")
    amounts = {column: text for column in ("salary_min", "salary_max") if (text := cells.text(column)) is not None}
    if currency is None:
        if amounts or period is not None:
            cells.fault(
                "salary_currency",
                "salary-without-currency",
                "`salary_currency` is blank, and the other columns of the salary are not.",
                "Fill in an ISO 4217 code such as EUR, or leave all of them blank where the salary is not known.",
            )
        return None
    minor: dict[str, int] = {}
    for column, text in (amounts or {"salary_currency": "0"}).items():
        try:
            minor[column] = read_money(text, currency.upper()).minor_units
        except ValueError as error:
            cells.fault(
                column,
                "bad-salary",
                f"The salary cannot be used: {error}.",
                "Write an amount such as 52000 or 24.50 and an ISO 4217 code; leave it blank where it is not known.",
            )
    least, most = minor.get("salary_min"), minor.get("salary_max")
    if least is not None and most is not None and least > most:
        cells.fault(
            "salary_max",
            "bad-salary",
            f"`salary_min` has {amounts['salary_min']!r} and `salary_max` {amounts['salary_max']!r}; least first.",
            "Write the least into `salary_min` and the most into `salary_max`.",
        )
    return Salary(currency.upper(), least, most, _period(cells, period))


def _period(cells: Cells, text: str | None) -> PayPeriod | None:
    if text is None:
        return None
    known = {each.value: each for each in PayPeriod}
    if text.casefold() not in known:
        cells.fault(
            "salary_period",
            "bad-period",
            f"`salary_period` has {text!r}; one of {', '.join(known)} is expected.",
            "Write what the salary is paid for, or leave it blank where that is not known.",
        )
    return known.get(text.casefold())
