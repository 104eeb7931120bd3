"""Which roles are where, with whom and for what pay: held against the page's words, role by role."""

from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_networks import U

from graph.references import fold
from graph.role_facts import HOURS_A_YEAR, LeastSalary, RoleWish, find_fitting
from graph.snapshot import DatasetInfo, ResourceType, Snapshot
from ontology.errors import InputError
from ontology.model import JobRole, PayPeriod, Salary
from ontology.quantities import minor_digits

PLACES = ["US", "US-CA", "US-CA/Oakland", "US/Oakland", "US-NY", "DE", "/WA", "/WA/Kirkland", "CA"]
EMPLOYERS = ["Acme", "ACME ", "Mill"]
IRIS = [f"{U}acme", f"{U}mill"]
PERIODS = [None, *PayPeriod]
YES, NO, UNTOLD = "yes", "no", "not told"

roles = st.builds(
    JobRole,
    iri=st.just(""),
    places=st.lists(st.sampled_from(PLACES), max_size=2).map(lambda found: tuple(sorted(set(found)))),
    employer=st.none() | st.sampled_from(EMPLOYERS),
    employer_iri=st.none() | st.sampled_from(IRIS),
    remote=st.booleans(),
    salary=st.none()
    | st.builds(
        lambda currency, low, high, period: Salary(currency, *_ordered(low, high), period),
        st.sampled_from(["USD", "JPY"]),
        st.sampled_from([None, 0, 2403, 2404, 20000, 5_000_000]),
        st.sampled_from([None, 2404, 40000, 5_000_000, 6_000_000]),
        st.sampled_from(PERIODS),
    ),
)


def _ordered(low: int | None, high: int | None) -> tuple[int | None, int | None]:
    return (low, high) if low is None or high is None else (min(low, high), max(low, high))


wishes = st.builds(
    RoleWish,
    regions=st.none() | st.lists(st.sampled_from([*PLACES, "us-ca"]), max_size=2).map(tuple),
    employers=st.none() | st.lists(st.sampled_from(["acme", *IRIS]), max_size=2).map(tuple),
    remote=st.sampled_from([None, True, False]),
    salary=st.none()
    | st.builds(
        LeastSalary,
        st.sampled_from([0.0, 50_000.0, 50_003.2, 24.04, 200.0]),
        st.sampled_from(["USD", "jpy"]),
        st.sampled_from(PayPeriod),
        st.sampled_from([HOURS_A_YEAR, 1800.0]),
    ),
    or_unstated=st.booleans(),
)


def within(place: str, region: str) -> bool:
    """The place is the region, or goes on behind it with a hyphen (of a country) or a slash."""
    if place == region or place.startswith(f"{region}/"):
        return True
    return len(region) == 2 and place.startswith(f"{region}-")


def judged_by_region(role: JobRole, regions: tuple[str, ...]) -> str:
    wanted = [region.upper() if "/" not in region else region for region in regions]
    if any(within(place, region) for place, region in product(role.places, wanted)):
        return YES
    larger = any(within(region, place) for place, region in product(role.places, wanted))
    if larger and role.remote:
        return YES
    vague = any(place.startswith("/") for place in role.places) and any(not each.startswith("/") for each in wanted)
    return UNTOLD if wanted and (larger or vague or not role.places) else NO


def judged_by_employer(role: JobRole, employers: tuple[str, ...]) -> str:
    names, iris = {each for each in employers if "/" not in each}, {each for each in employers if "/" in each}
    if role.employer_iri in iris or (role.employer is not None and fold(role.employer) in map(fold, names)):
        return YES
    untold = (names and role.employer is None) or (iris and role.employer_iri is None)
    return UNTOLD if untold else NO


def judged_by_remote(role: JobRole, *, wanted: bool) -> str:
    if role.remote:
        return YES if wanted else NO
    return YES if role.places and not wanted else UNTOLD


def judged_by_pay(role: JobRole, wish: LeastSalary) -> str:
    hours = Fraction(str(wish.hours_a_year))
    times = {PayPeriod.HOUR: hours, PayPeriod.DAY: hours / 8, PayPeriod.WEEK: Fraction(52)}
    times |= {PayPeriod.MONTH: Fraction(12), PayPeriod.YEAR: Fraction(1)}
    pay, currency = role.salary, wish.currency.upper()
    if pay is None or pay.currency != currency or pay.period is None:
        return UNTOLD
    wanted = Fraction(str(wish.amount)) * 10 ** minor_digits(currency) * times[wish.period]
    best = pay.maximum if pay.maximum is not None else pay.minimum
    if best is not None and best * times[pay.period] >= wanted:
        return YES
    return UNTOLD if pay.maximum is None else NO


def judged(role: JobRole, wish: RoleWish) -> str:
    """As docs/matching.md says, part by part."""
    parts = []
    if wish.regions is not None:
        parts.append(judged_by_region(role, wish.regions))
    if wish.employers is not None:
        parts.append(judged_by_employer(role, wish.employers))
    if wish.remote is not None:
        parts.append(judged_by_remote(role, wanted=wish.remote))
    if wish.salary is not None:
        parts.append(judged_by_pay(role, wish.salary))
    return NO if NO in parts else UNTOLD if UNTOLD in parts else YES


def snapshot_of(*described: JobRole) -> Snapshot:
    info = DatasetInfo(iri=f"{U}d", name="d", format="tables", license=None, attribution=None, checksum="0")
    return Snapshot.build([(info, described)], release=1)


@settings(max_examples=500)
@given(st.lists(roles, max_size=6), wishes)
def test_a_role_fits_does_not_or_does_not_tell(described: list[JobRole], wish: RoleWish) -> None:
    """The arrays say of each role what the page's words say of it alone."""
    named = [
        JobRole(
            iri=f"{U}r/{number}",
            places=each.places,
            employer=each.employer,
            employer_iri=each.employer_iri,
            remote=each.remote,
            salary=each.salary,
        )
        for number, each in enumerate(described)
    ]
    snapshot = snapshot_of(*named)
    rows = snapshot.rows(ResourceType.JOB_ROLE)
    found = find_fitting(snapshot, rows, wish)
    expected = [judged(each, wish) for each in named]
    told = [YES if fits else UNTOLD if may else NO for fits, may in zip(found.fits, found.unstated, strict=True)]
    assert told == expected
    kept = {YES, UNTOLD} if wish.or_unstated else {YES}
    assert found.kept(wish).tolist() == [each in kept for each in expected]


def test_a_country_takes_in_its_parts_and_hourly_pay_is_a_year_of_hours() -> None:
    """24.04 USD an hour are 50,003.20 a year of 2,080 hours, and 43,272 of 1,800."""
    role = JobRole(iri=f"{U}r", places=("US-CA/Oakland",), salary=Salary("USD", 2404, 2404, PayPeriod.HOUR))
    snapshot = snapshot_of(role)
    rows = snapshot.rows(ResourceType.JOB_ROLE)
    for amount, hours, fits in ((50_003.2, 2080.0, True), (50_003.21, 2080.0, False), (50_000, 1800.0, False)):
        wish = RoleWish(regions=("US",), salary=LeastSalary(amount, "USD", PayPeriod.YEAR, hours))
        assert find_fitting(snapshot, rows, wish).fits.tolist() == [fits]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        (RoleWish(regions=("Atlantis",)), "filter.region"),
        (RoleWish(salary=LeastSalary(-1, "USD")), "filter.salary"),
        (RoleWish(salary=LeastSalary(float("nan"), "USD")), "filter.salary"),
        (RoleWish(salary=LeastSalary(1, "US$")), "filter.salary"),
        (RoleWish(salary=LeastSalary(1, "USD", PayPeriod.HOUR, 0)), "filter.salary"),
    ],
)
def test_what_cannot_be_asked_is_an_error(wish: RoleWish, code: str) -> None:
    """Not an empty answer: the caller has a slip of the pen."""
    snapshot = snapshot_of(JobRole(iri=f"{U}r"))
    with pytest.raises(InputError) as caught:
        find_fitting(snapshot, snapshot.rows(ResourceType.JOB_ROLE), wish)
    assert caught.value.code == code
