"""Matching on random worlds equals brute force over the records."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matching_networks import U, built, units
from matching_worlds import POLICIES, Brute, World, held_of, told, worlds

from graph.coverage import Coverage, chains_of
from graph.matching import Policy, gap, match
from ontology.model import (
    Competency,
    JobRole,
    Level,
    Requirement,
)


@settings(max_examples=150)
@given(worlds(), POLICIES, st.randoms(use_true_random=False))
def test_gap_and_match_equal_brute_force(world: World, policy: Policy, random: Any) -> None:
    """Every role's gap, the ranking, its scores, and the details of the ranking."""
    records = list(world.records)
    random.shuffle(records)
    snapshot, brute = built(*records), Brute(world, policy)
    held = held_of(snapshot, world)
    for job in world.all(JobRole):
        final = brute.last(job.iri)
        expected = brute.role(final)
        found = told(snapshot, gap(snapshot, held, policy, snapshot.find_row(job.iri)))
        for name in ("qualified", "levels", "blocking", "met", "partial", "missing"):
            assert found[name] == expected[name], (job.iri, name)
        assert found["score"] == pytest.approx(expected["score"], abs=1e-11)
        assert math.fsum(part for _, _, part in found["units"].values()) == pytest.approx(found["score"], abs=1e-9)
        for iri, figures in expected["units"].items():
            assert found["units"][iri] == pytest.approx(figures, abs=1e-11), iri
    named = [job.iri for job in world.all(JobRole)][:1]
    ranked = match(snapshot, held, policy, named=[snapshot.find_row(iri) for iri in named])
    assert [snapshot.iris[each] for each in ranked.rows] == brute.listed([brute.last(iri) for iri in named])
    for position, each in enumerate(ranked.rows.tolist()):
        detail = ranked.detail(position)
        assert detail == gap(snapshot, held, policy, each)
        assert ranked.scores[position] == detail.score
        assert ranked.qualified[position] == (-1 if detail.qualified is None else detail.qualified)


@settings(max_examples=100)
@given(worlds(), POLICIES)
def test_evidence_equals_brute_force(world: World, policy: Policy) -> None:
    """Of competency leaves at the top: held thing, factor, way, level flag; the product of the way's factors is its own."""
    snapshot, brute = built(*world.records), Brute(world, policy)
    held = held_of(snapshot, world)
    for job in world.all(JobRole):
        for unit in units(gap(snapshot, held, policy, snapshot.find_row(job.iri))):
            leaf = next((each for each in world.all(Requirement) if each.iri == snapshot.node_iris[unit.node]), None)
            if leaf is None or brute.leaf_kind(leaf) is not Competency:
                continue
            coverage, unknown, by, path = brute.best(leaf)
            if coverage == 0:
                assert unit.evidence == ()
                continue
            (item,) = unit.evidence
            steps = [link for link in item.chain if link.relation not in ("awards", "teaches", "certifies")]
            given_by = [link for link in item.chain if link not in steps]
            assert (snapshot.iris[item.held], unit.level_unknown) == (by, unknown)
            assert item.factor == pytest.approx(coverage, abs=1e-11)
            walked = [*(link.from_row for link in steps), snapshot.find_row(path[-1])]
            assert [snapshot.iris[each] for each in walked] == list(path)
            assert [link.to_row for link in given_by[-1:]] == ([walked[0]] if given_by else [])
            assert item.factor <= math.prod(link.factor for link in item.chain) + 1e-11


@settings(max_examples=100)
@given(worlds(), POLICIES)
def test_chains_backward_and_single_sources_equal_brute_force(world: World, policy: Policy) -> None:
    """What leads to a competency, and what one source covers of one leaf: as planning asks."""
    skills = [each.iri for each in world.all(Competency)]
    everything = World(world.records, [(iri, None, None) for iri in skills])
    snapshot, brute = built(*world.records), Brute(everything, policy)
    best: dict[tuple[str, str], float] = {}
    for start, ways in brute.ways.items():
        for path, product in ways:
            best[start, path[-1]] = max(best.get((start, path[-1]), 0.0), product)
    for iri in skills:
        chains = chains_of(snapshot, policy).leading_to(int(snapshot.canonical[snapshot.find_row(iri)]))
        found = {row: (chain.factor, chain.links(snapshot)) for row, chain in chains.items()}
        factors = {snapshot.iris[start]: factor for start, (factor, _) in found.items()}
        expected = {start: product for (start, end), product in best.items() if end == brute.last(iri)}
        assert {start: factors.get(start, 0.0) for start in expected} == pytest.approx(expected, abs=1e-11)
        for source, (factor, links) in found.items():
            assert math.prod(link.factor for link in links) == pytest.approx(factor, abs=1e-11)
            assert [link.from_row for link in links[:1]] == ([source] if links else [])
    coverage = Coverage(snapshot, policy)
    scales = {iri: index for index, iri in enumerate(snapshot.scale_iris)}
    for leaf in world.all(Requirement):
        if brute.leaf_kind(leaf) is not Competency:
            continue
        node = list(snapshot.node_iris).index(leaf.iri)
        for iri in skills:
            for level in (None, Level(f"{U}x/five", 2), Level(f"{U}x/ten", 7)):
                ratio, unknown = brute.ratio(leaf.level, level)
                product = best.get((brute.last(iri), brute.last(str(leaf.target))), 0.0)
                value, scale = (None, -1) if level is None else (level.value, scales[level.scale])
                got = coverage.of(node, snapshot.find_row(iri), value, scale)
                assert got[0] == pytest.approx(product * ratio, abs=1e-11)
                assert got[1] == unknown or got[0] == 0
