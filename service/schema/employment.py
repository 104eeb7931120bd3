"""Who hires, where, and for what pay: what the contract shows of a role, and what a filter asks of it."""

from urllib.parse import unquote

import strawberry
from strawberry import ID

from graph.role_facts import LeastSalary, RoleWish
from graph.snapshot import ResourceType, Snapshot
from ontology.errors import InputError
from ontology.model import PayPeriod as PayPeriodRecord
from ontology.quantities import minor_digits

from .descriptions import about
from .inputs import PayPeriod, ResourceFilter

JOB_PARTS = ("regions", "employers", "remote", "min_salary")
"""Parts of a filter that only roles have."""


@strawberry.type(description="The organisation that hires.")
class Employer:
    """The organisation that hires."""

    id: ID | None = strawberry.field(description=about("employerIri", "Null where the source gives none."))
    name: str | None = strawberry.field(description=about("employer"))


@strawberry.type(description=about("place"))
class Place:
    """Where the work is."""

    code: str = strawberry.field(description="The whole of it, as filters take it: `US-CA/Oakland`.")
    country: str | None = strawberry.field(description="ISO 3166-1 code; null where no country is known.")
    region: str | None = strawberry.field(description="ISO 3166-2 code of the part of the country, where it is known.")
    names: list[str] = strawberry.field(description="What has no code, from the larger to the smaller.")


@strawberry.type(description="What a role pays, as its source states it.")
class Salary:
    """What a role pays."""

    minimum: float | None = strawberry.field(description="The least, in units of the currency; null where unknown.")
    maximum: float | None = strawberry.field(description="The most, in units of the currency; null where unknown.")
    currency: str = strawberry.field(description=about("salaryCurrency", "An ISO 4217 code."))
    period: PayPeriod | None = strawberry.field(description=about("salaryPeriod"))


def employer_of(snapshot: Snapshot, row: int) -> Employer | None:
    """Who hires for a role; None where it is not stated."""
    name, iri = snapshot.employer[row], snapshot.employer_iri[row]
    return None if name is None and iri is None else Employer(id=None if iri is None else ID(iri), name=name)


def places_of(snapshot: Snapshot, row: int) -> list[Place]:
    """Where a role is, by code."""
    return [_place(snapshot.places[entry]) for entry in snapshot.span("place_offsets", row)]


def _place(code: str) -> Place:
    head, *names = code.split("/")
    country, _, part = head.partition("-")
    return Place(
        code=code,
        country=country or None,
        region=head if part else None,
        names=[unquote(name) for name in names],
    )


def salary_of(snapshot: Snapshot, row: int) -> Salary | None:
    """What a role pays; None where it is not stated."""
    currency, period = snapshot.salary_currency[row], snapshot.salary_period[row]
    if currency is None:
        return None
    unit = 10 ** minor_digits(currency)
    least, most = int(snapshot.salary_minimum[row]), int(snapshot.salary_maximum[row])
    return Salary(
        minimum=None if least < 0 else least / unit,
        maximum=None if most < 0 else most / unit,
        currency=currency,
        period=None if period is None else PayPeriod[period.upper()],
    )


def wish_of(wanted: ResourceFilter, kind: ResourceType) -> RoleWish:
    """What a filter asks of roles. Raises InputError (`input.filter`) where it asks it of something else."""
    asked = [part for part in JOB_PARTS if getattr(wanted, part) is not None]
    if asked and kind is not ResourceType.JOB_ROLE:
        raise InputError(
            "`regions`, `employers`, `remote` and `minSalary` are about job roles.",
            code="input.filter",
            hint="Leave them out, or ask for `jobRoles`.",
        )
    pay = wanted.min_salary
    return RoleWish(
        regions=None if wanted.regions is None else tuple(wanted.regions),
        employers=None if wanted.employers is None else tuple(wanted.employers),
        remote=wanted.remote,
        salary=None
        if pay is None
        else LeastSalary(pay.amount, pay.currency, PayPeriodRecord[pay.period.name], pay.hours_per_year),
        or_unstated=wanted.or_unstated,
    )
