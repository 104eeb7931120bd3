"""Filters by dataset and by the beginning of a code, such as the groups of a classification of occupations."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_networks import U, built

from graph.references import fold
from graph.snapshot import DatasetInfo, ResourceType, Snapshot
from ontology.errors import UnknownReferenceError
from ontology.model import Code, JobRole, PayPeriod, Record, Salary
from service.schema.inputs import CodeInput, ResourceFilter, RoleFilter, SalaryInput
from service.schema.lists import filter_rows
from service.schema.narrowing import chosen, count_unstated, looked_at

CODES = st.builds(
    Code, st.sampled_from(["isco", "ISCO", "onetsoc", "opm"]), st.text("125 -.aA", min_size=1, max_size=5).filter(fold)
)


def datasets(roles: dict[str, list[list[Code]]]) -> Snapshot:
    """Roles with these codes, by the dataset that describes them."""
    content: list[tuple[DatasetInfo, list[Record]]] = []
    for name, coded in roles.items():
        info = DatasetInfo(iri=f"{U}d/{name}", name=name, format="tables", license=None, attribution=None, checksum="0")
        content.append((info, [JobRole(iri=f"{U}r/{name}{n}", codes=tuple(codes)) for n, codes in enumerate(coded)]))
    return Snapshot.build(content, release=1)


@settings(max_examples=300)
@given(
    st.dictionaries(st.sampled_from(["east", "west"]), st.lists(st.lists(CODES, max_size=3), max_size=5), min_size=1),
    st.lists(CODES, min_size=1, max_size=2),
    st.sampled_from([None, ["east"], ["west", "east"], []]),
    st.sampled_from([ResourceFilter, RoleFilter]),
)
def test_a_filter_leaves_what_begins_so_and_is_described_there(
    roles: dict[str, list[list[Code]]], prefixes: list[Code], named: list[str] | None, kind: Any
) -> None:
    """One of the codes begins with one of the prefixes, both folded; and the dataset is one of those named."""
    snapshot = datasets(roles)
    wanted = kind(
        code_prefixes=[CodeInput(system=each.system, value=each.value) for each in prefixes],
        datasets=None if named is None else [name for name in named if name in roles],
    )
    expected = sorted(
        f"{U}r/{name}{n}"
        for name, coded in roles.items()
        for n, codes in enumerate(coded)
        if (named is None or name in named)
        and any(
            fold(code.system) == fold(prefix.system) and fold(code.value).startswith(fold(prefix.value))
            for code in codes
            for prefix in prefixes
        )
    )
    assert [snapshot.iris[row] for row in filter_rows(snapshot, ResourceType.JOB_ROLE, wanted).tolist()] == expected


def test_a_dataset_that_is_not_there_is_an_error_with_those_that_are() -> None:
    """As where a view names one."""
    with pytest.raises(UnknownReferenceError) as caught:
        filter_rows(datasets({"east": []}), ResourceType.JOB_ROLE, RoleFilter(datasets=["north"]))
    assert list(caught.value.candidates) == [(f"{U}d/east", "east")]


def test_a_system_that_nobody_uses_leaves_nothing() -> None:
    """And an empty beginning leaves all that have a code of the system."""
    snapshot = datasets({"east": [[Code("isco", "2512")], []]})
    none = RoleFilter(code_prefixes=[CodeInput(system="soc", value="2")])
    every = RoleFilter(code_prefixes=[CodeInput(system="isco", value="")])
    assert filter_rows(snapshot, ResourceType.JOB_ROLE, none).tolist() == []
    assert filter_rows(snapshot, ResourceType.JOB_ROLE, every).tolist() == [0]


def test_what_a_filter_leaves_is_kept_for_whoever_asks_alike() -> None:
    """By its parts, `qualified` and `minScore` aside, and with `orUnstated`; another filter has roles of its own."""
    known = JobRole(iri=f"{U}r/known", places=("US-CA",), salary=Salary("USD", 10_000, 20_000, PayPeriod.YEAR))
    snapshot = built(known, JobRole(iri=f"{U}r/silent"))

    def wanted(**parts: Any) -> RoleFilter:
        pay = SalaryInput(amount=150.0, currency="USD")
        return RoleFilter(regions=["US"], min_salary=pay, **parts)

    first = chosen(snapshot, wanted())
    assert chosen(snapshot, wanted(qualified=True, min_score=0.5)) is first
    assert ([snapshot.iris[row] for row in first.rows.tolist()], first.unstated) == ([f"{U}r/known"], 1)
    assert chosen(snapshot, wanted(or_unstated=True)).rows.tolist() == [0, 1]
    assert chosen(snapshot, wanted(ids=[f"{U}r/silent"])).rows.tolist() == []
    assert looked_at(snapshot, RoleFilter(min_score=0.5)).roles is None
    assert count_unstated(snapshot, wanted()) == 1
    assert count_unstated(snapshot, RoleFilter(datasets=[])) == 0
