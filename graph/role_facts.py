"""Which roles are where, with whom and for what pay a question wants: yes, no, or not told.

Pure, on the snapshot. What a role does not state, or states so that it compares with nothing (another currency, no
period, a place without country), is unknown: it neither fits nor does not. docs/matching.md has the rules. Called by
the service's filters. Cost: the distinct places and employers, then arrays over the roles.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite, nan
from types import MappingProxyType
from typing import Final

import numpy as np

from ontology.errors import InputError
from ontology.model import PayPeriod
from ontology.places import larger_places, wanted_place
from ontology.quantities import minor_digits

from .layout import Flags, Floats, Ints, Longs
from .references import fold
from .snapshot import Snapshot
from .strings import OptionalStrings

HOURS_A_YEAR: Final = 2080.0
"""52 weeks of 40 hours: what a year of paid work is taken to be where nobody says otherwise."""
HOURS_A_DAY: Final = 8.0
PERIODS_A_YEAR: Final = MappingProxyType({PayPeriod.WEEK: 52.0, PayPeriod.MONTH: 12.0, PayPeriod.YEAR: 1.0})
_TOLERANCE: Final = 1e-6
"""Minor units a year by which floating point may be off: 19.23 an hour is 39,998.40 a year."""
_CODE_LENGTH: Final = 3


@dataclass(frozen=True, slots=True)
class LeastSalary:
    """The least that a role must be able to pay."""

    amount: float
    """In units of the currency, each `period`."""
    currency: str
    period: PayPeriod = PayPeriod.YEAR
    hours_a_year: float = HOURS_A_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleWish:
    """What is wanted of roles; None wants nothing in particular, an empty list nothing at all."""

    regions: tuple[str, ...] | None = None
    """Places as `ontology.places` writes them, or as people name countries."""
    employers: tuple[str, ...] | None = None
    """Names or IRIs of organisations."""
    remote: bool | None = None
    salary: LeastSalary | None = None
    or_unstated: bool = False
    """Whether roles that may fit, for what they do not state, are left in."""

    @property
    def is_empty(self) -> bool:
        """Whether it leaves every role."""
        return (self.regions, self.employers, self.remote, self.salary) == (None, None, None, None)


@dataclass(frozen=True, slots=True)
class Fitting:
    """Of some roles, in their order: which fit, and which may, for what they do not state."""

    fits: Flags
    unstated: Flags

    def kept(self, wish: RoleWish) -> Flags:
        """Which the wish leaves."""
        return self.fits | self.unstated if wish.or_unstated else self.fits


def find_fitting(snapshot: Snapshot, roles: Ints, wish: RoleWish) -> Fitting:
    """Of these resource rows, which fit every part of the wish.

    Raises InputError (`filter.region`, `filter.salary`).
    """
    fits = np.ones(len(roles), np.bool_)
    possible = np.ones(len(roles), np.bool_)
    for part in _parts(snapshot, roles, wish):
        fits &= part.fits
        possible &= part.fits | part.unstated
    return Fitting(fits, possible & ~fits)


def _parts(snapshot: Snapshot, roles: Ints, wish: RoleWish) -> list[Fitting]:
    found = []
    if wish.regions is not None:
        found.append(_within(snapshot, roles, wish.regions))
    if wish.employers is not None:
        found.append(_hired_by(snapshot, roles, wish.employers))
    if wish.remote is not None:
        found.append(_remote(snapshot, roles, wanted=wish.remote))
    if wish.salary is not None:
        found.append(_paid(snapshot, roles, wish.salary))
    return found


def _within(snapshot: Snapshot, roles: Ints, regions: Sequence[str]) -> Fitting:
    """In one of the regions: a place inside it; for remote roles also one around it. One around it may be in it."""
    wanted = {_region(region).casefold() for region in regions}
    around = {place for region in wanted for place in larger_places(region)} - wanted
    distinct = [place.casefold() for place in snapshot.places.table]
    inside = _flags(not wanted.isdisjoint(larger_places(place)) for place in distinct)
    wider = _flags(place in around for place in distinct)
    coded = any(not region.startswith("/") for region in wanted)
    vague = _flags(coded and place.startswith("/") for place in distinct)
    entries, offsets = snapshot.places.indices, snapshot.place_offsets
    larger = _any(wider[entries], offsets, roles)
    remote = snapshot.remote[roles]
    fits = _any(inside[entries], offsets, roles) | (remote & larger)
    unplaced = offsets[roles + 1] == offsets[roles]
    return Fitting(fits, ~fits & (unplaced | larger | _any(vague[entries], offsets, roles)) & bool(wanted))


def _region(text: str) -> str:
    place = wanted_place(text)
    if place is None:
        raise InputError(
            f"Got the region {text!r}, expected a code of ISO 3166 and names after slashes.",
            code="filter.region",
            hint="Write US, US-CA or US-CA/Oakland; a country's English name is read too.",
            subject=text,
        )
    return place


def _hired_by(snapshot: Snapshot, roles: Ints, employers: Sequence[str]) -> Fitting:
    """By one of the employers, by name (folded) or IRI. Who is known only by what is not asked for is not told."""
    iris = {employer for employer in employers if "://" in employer or employer.startswith("urn:")}
    names = {fold(employer) for employer in employers if employer not in iris}
    by_name = _chosen(snapshot.employer, _flags(fold(name) in names for name in snapshot.employer.table), roles)
    by_iri = _chosen(snapshot.employer_iri, _flags(iri in iris for iri in snapshot.employer_iri.table), roles)
    fits = by_name | by_iri
    unnamed = (snapshot.employer.indices[roles] < 0) & bool(names)
    unknown = (snapshot.employer_iri.indices[roles] < 0) & bool(iris)
    return Fitting(fits, ~fits & (unnamed | unknown))


def _remote(snapshot: Snapshot, roles: Ints, *, wanted: bool) -> Fitting:
    """Remote where it says so; not so where it has a place and does not say so."""
    remote = snapshot.remote[roles]
    unplaced = snapshot.place_offsets[roles + 1] == snapshot.place_offsets[roles]
    return Fitting(remote, ~remote) if wanted else Fitting(~remote & ~unplaced, ~remote & unplaced)


def _paid(snapshot: Snapshot, roles: Ints, wish: LeastSalary) -> Fitting:
    """Pays as much at best: its greatest figure a year is at least what is wanted. Without one, its least may be."""
    if not isfinite(wish.amount) or wish.amount < 0 or not isfinite(wish.hours_a_year) or wish.hours_a_year <= 0:
        raise InputError(
            f"Got a least salary of {wish.amount} at {wish.hours_a_year} hours a year, expected positive numbers.",
            code="filter.salary",
            hint="Give an amount of at least 0 and the paid hours of a year.",
        )
    currency = wish.currency.strip().upper()
    if len(currency) != _CODE_LENGTH or not currency.isascii() or not currency.isalpha():
        raise InputError(
            f"Got the currency {wish.currency!r}, expected three letters of ISO 4217.",
            code="filter.salary",
            hint="Write a code such as USD, EUR or GBP.",
            subject=wish.currency,
        )
    scale = _a_year(wish.hours_a_year)
    least = wish.amount * 10 ** minor_digits(currency) * scale[wish.period] - _TOLERANCE
    same = _chosen(snapshot.salary_currency, _flags(each == currency for each in snapshot.salary_currency.table), roles)
    times = np.array([*(scale[PayPeriod(each)] for each in snapshot.salary_period.table), nan], np.float64)
    factor = times[snapshot.salary_period.indices[roles]]  # -1, no period, is the last: NaN
    low = _yearly(snapshot.salary_minimum[roles], factor)
    high = _yearly(snapshot.salary_maximum[roles], factor)
    known = same & ~np.isnan(factor)
    fits = known & (np.fmax(low, high) >= least)
    beyond = known & np.isnan(high)
    return Fitting(fits, ~fits & (~known | beyond))


def _a_year(hours: float) -> dict[PayPeriod, float]:
    return {**PERIODS_A_YEAR, PayPeriod.HOUR: hours, PayPeriod.DAY: hours / HOURS_A_DAY}


def _yearly(amounts: Longs, factor: Floats) -> Floats:
    found: Floats = np.where(amounts < 0, nan, amounts * factor)
    return found


def _flags(values: Iterable[bool]) -> Flags:
    return np.fromiter(values, np.bool_)


def _chosen(column: OptionalStrings, chosen: Flags, roles: Ints) -> Flags:
    """Of each role whether its value is a chosen one; no value is none."""
    with_none: Flags = np.append(chosen, False)
    found: Flags = with_none[column.indices[roles]]
    return found


def _any(flags: Flags, offsets: Ints, roles: Ints) -> Flags:
    """Of each role whether one of its entries is flagged."""
    counts = np.concatenate(([0], np.cumsum(flags, dtype=np.int64)))
    found: Flags = counts[offsets[roles + 1]] > counts[offsets[roles]]
    return found
