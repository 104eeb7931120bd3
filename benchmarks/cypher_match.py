"""The match as one Cypher statement on the same Neo4j: the question of docs/matching.md, put to the database.

It follows the page under the default policy for what its learners hold: credentials, courses, and competencies with or
without a level, none of them superseded. Groups may be nested twice. Values are parameters, so the plan is cached. It
ranks first and makes reasons for the page only, as the engine does.
"""

from collections.abc import Sequence
from typing import Final, Self, cast

import neo4j

from graph.policy import Policy
from graph.server import Connection

from .questions import FIRST, LISTED, Json, Learner

_WEIGHT = (
    "coalesce({0}.importance_value * $policy.must_weight, "
    "CASE {0}.importance WHEN 'must' THEN $policy.must_weight ELSE $policy.should_weight END)"
)
_TOPS = f"""
    CALL (role) {{
        MATCH (role)<-[:OWNER]-(top:Requirement) WHERE NOT EXISTS {{ (top)-[:GROUP]->() }}
        RETURN top, CASE WHEN EXISTS {{ (top)-[:TARGET]->(:Competency) }} THEN {_WEIGHT.format("top")} ELSE 0.0 END
          AS weight
      UNION ALL
        MATCH (role)<-[:OWNER]-(top:RequirementGroup) WHERE NOT EXISTS {{ (top)-[:PARENT]->() }}
        MATCH (top)<-[:PARENT*0..2]-(:RequirementGroup)<-[:GROUP]-(leaf)
        WITH top, max({_WEIGHT.format("leaf")}) AS heaviest,
          min(CASE WHEN EXISTS {{ (leaf)-[:TARGET]->(:Competency) }} THEN 1 ELSE 0 END) AS plain
        RETURN top, heaviest * plain AS weight
    }}
"""
"""The top requirements of `role` with their weights."""


def _fraction(value: str, scale: str) -> str:
    """Where a value lies on a scale, 0 to 1; null where the scale is not described or has no length."""
    place = f"({value} - {scale}.minimum) / ({scale}.maximum - {scale}.minimum)"
    return (
        f"CASE WHEN NOT coalesce({scale}.maximum > {scale}.minimum, false) THEN null "
        f"WHEN {value} <= {scale}.minimum THEN 0.0 WHEN {value} >= {scale}.maximum THEN 1.0 ELSE {place} END"
    )


_READINGS = f"""
// How levels of one scale are read on another, both ways; nothing where mappings of two scales contradict each other.
CALL () {{
    MATCH (one:Scale)<-[:LEVEL_SCALE]-(mapping:LevelMapping)-[:MATCHED_LEVEL_SCALE]->(other:Scale)
    WHERE one <> other AND one.maximum > one.minimum AND other.maximum > other.minimum
    WITH one.iri AS one, other.iri AS other,
      {_fraction("mapping.level", "one")} AS first, {_fraction("mapping.matched_level", "other")} AS second
    UNWIND [{{held: one, asked: other, at: first, read: second}}, {{held: other, asked: one, at: second, read: first}}]
      AS point
    WITH point.held AS held, point.asked AS asked, collect(point) AS points
    WHERE none(point IN points WHERE any(rival IN points WHERE rival.at > point.at AND rival.read < point.read))
    UNWIND points AS point
    RETURN collect(point) AS readings
}}
"""
"""`readings`: maps of held (scale), at (fraction of it), asked (scale), read (fraction of that)."""

MATCH_ROLES: Final = (
    _READINGS
    + """
// What the learner has: competencies with the level they were taught at, and how they came from what is held.
CALL () {
    UNWIND $held.competencies AS claim
    MATCH (source:Resource {iri: claim.iri})
    RETURN source, claim.iri AS held, claim.level AS have, claim.scale AS have_scale, [] AS gifts
  UNION ALL
    UNWIND $held.things AS iri
    MATCH (thing:Resource {iri: iri})-[taught:TEACHES]->(source)
    RETURN source, iri AS held, taught.level AS have, taught.scale AS have_scale,
      [{from: iri, to: source.iri, relation: CASE WHEN thing:Course THEN 'teaches' ELSE 'certifies' END, factor: 1.0}]
      AS gifts
  UNION ALL
    UNWIND $held.things AS iri
    MATCH (:Resource {iri: iri})-[:AWARDS]->(given)-[taught:TEACHES]->(source)
    RETURN source, iri AS held, taught.level AS have, taught.scale AS have_scale,
      [{from: iri, to: given.iri, relation: 'awards', factor: 1.0},
       {from: given.iri, to: source.iri, relation: 'certifies', factor: 1.0}] AS gifts
}
OPTIONAL MATCH (own:Scale {iri: have_scale})
WITH readings, source, held, have_scale, gifts,
  """
    + _fraction("have", "own")
    + """ AS have
// On each other scale what the highest mapped level is that is not above what is held, the lowest of several.
CALL (readings, have, have_scale) {
    UNWIND readings AS point
    WITH point WHERE point.held = have_scale AND point.at <= have
    WITH point ORDER BY point.at DESC, point.read
    WITH point.asked AS asked, head(collect(point.read)) AS read
    RETURN collect({asked: asked, read: read}) AS elsewhere
}
// Chains of up to three alignments, read both ways, nothing narrower after something broader.
CALL (source) {
    MATCH way = (source)-[:ALIGNED_WITH*0..3]-(target:Competency)
    WHERE all(passed IN nodes(way) WHERE passed:Competency OR passed:ExternalResource)
    WITH target, [passed IN nodes(way) | passed.iri] AS path, relationships(way) AS steps
    WHERE all(place IN range(0, size(path) - 1) WHERE NOT path[place] IN path[place + 1 ..])
    WITH target, path, [place IN range(0, size(steps) - 1) | {
        from: path[place], to: path[place + 1],
        relation: CASE startNode(steps[place]).iri WHEN path[place] THEN steps[place].relation
                  ELSE $policy.flipped[steps[place].relation] END,
        confidence: coalesce(steps[place].confidence, 1.0)}] AS walked
    WHERE none(place IN range(0, size(walked) - 2) WHERE walked[place].relation = 'broadMatch'
               AND any(later IN walked[place + 1 ..] WHERE later.relation = 'narrowMatch'))
    RETURN target, path, [step IN walked | {from: step.from, to: step.to, relation: step.relation,
        factor: $policy.factors[step.relation] * step.confidence}] AS chain
}
WITH target, held, have, have_scale, elsewhere, gifts + chain AS chain, path, size(chain) AS hops,
  reduce(product = 1.0, step IN chain | product * step.factor) AS factor
// Leaves that ask for what is reached, and for the credentials and courses themselves.
CALL (target, have, have_scale, elsewhere, factor) {
    MATCH (target)<-[:TARGET]-(leaf:Requirement)-[:OWNER]->(role:JobRole)
    WHERE leaf.scale IS NULL
    RETURN role, leaf, factor AS covered, false AS unknown
  UNION ALL
    MATCH (target)<-[:TARGET]-(leaf:Requirement)-[:OWNER]->(role:JobRole)
    WHERE leaf.scale IS NOT NULL
    MATCH (leaf)-[:LEVEL_SCALE]->(scale)
    WITH role, leaf, """
    + _fraction("leaf.level", "scale")
    + """ AS need, CASE leaf.scale WHEN have_scale THEN have
        ELSE head([each IN elsewhere WHERE each.asked = leaf.scale | each.read]) END AS got
    RETURN role, leaf, factor * CASE WHEN got IS NULL OR need IS NULL THEN $policy.unknown_level
      WHEN need <= got THEN 1.0 ELSE got / need END AS covered, got IS NULL OR need IS NULL AS unknown
}
WITH collect({role: role, leaf: leaf, covered: round(covered, 12), unknown: unknown, held: held, chain: chain,
  hops: hops, path: path}) AS skilled
CALL (skilled) {
    UNWIND skilled AS each
    RETURN each
  UNION ALL
    UNWIND $held.things AS iri
    MATCH (:Resource {iri: iri})<-[:TARGET]-(leaf:Requirement)-[:OWNER]->(role:JobRole)
    RETURN {role: role, leaf: leaf, covered: 1.0, unknown: false, held: iri, chain: [], hops: 0, path: []} AS each
  UNION ALL
    UNWIND $held.things AS iri
    MATCH (:Resource {iri: iri})-[:AWARDS]->(given)<-[:TARGET]-(leaf:Requirement)-[:OWNER]->(role:JobRole)
    RETURN {role: role, leaf: leaf, covered: 1.0, unknown: false, held: iri, hops: 1, path: [given.iri],
      chain: [{from: iri, to: given.iri, relation: 'awards', factor: 1.0}]} AS each
}
WITH each ORDER BY each.covered DESC, each.unknown, each.hops, each.held, each.path,
  size(each.chain)
WITH each.role AS role, each.leaf AS leaf, head(collect(each)) AS best
WHERE (best.covered > 0 OR best.unknown) AND NOT EXISTS { (role)-[:REPLACED_BY]->(:JobRole) }
// Top requirements, and how far what was found covers each.
OPTIONAL MATCH (leaf)-[:GROUP]->(:RequirementGroup)-[:PARENT*0..2]->(top) WHERE NOT EXISTS { (top)-[:PARENT]->() }
WITH role, coalesce(top, leaf) AS unit, collect(best) AS found
WITH role, unit, found, CASE WHEN unit:Requirement THEN found[0].covered ELSE COLLECT {
      MATCH (unit)<-[:GROUP]-(child)
      RETURN coalesce(head([each IN found WHERE each.leaf = child | each.covered]), 0.0) AS covered
    UNION ALL
      MATCH (unit)<-[:PARENT]-(inner)
      WITH inner.minimum AS minimum, COLLECT {
          MATCH (inner)<-[:GROUP]-(child)
          WITH coalesce(head([each IN found WHERE each.leaf = child | each.covered]), 0.0) AS covered
          RETURN covered ORDER BY covered DESC
      } AS sorted
      WITH coalesce(minimum, size(sorted)) AS minimum, sorted
      RETURN reduce(total = 0.0, each IN sorted[0 .. minimum] | total + each) / minimum AS covered
  } END AS children
WITH role, unit, found, CASE WHEN unit:Requirement THEN children ELSE
    reduce(total = 0.0, each IN COLLECT { UNWIND children AS each RETURN each ORDER BY each DESC }
      [0 .. coalesce(unit.minimum, size(children))] | total + each) / coalesce(unit.minimum, size(children))
  END AS covered
WITH role, collect({unit: unit, covered: round(covered, 12), found: found}) AS covering
// What each role weighs and what must hold.
CALL (role, covering) {
"""
    + _TOPS
    + """
    RETURN sum(weight) AS total,
      collect(CASE WHEN any(each IN covering WHERE each.unit = top) THEN {top: top, weight: weight} END) AS weighed,
      collect(CASE top.importance WHEN 'must' THEN
        {top: top, level: head(COLLECT { MATCH (top)-[:ROLE_LEVEL]->(level) RETURN level })} END) AS musts
}
WITH role, total, musts,
  [must IN musts WHERE NOT any(each IN covering WHERE each.unit = must.top AND each.covered >= $policy.min_coverage)]
    AS unmet,
  [each IN covering | {unit: each.unit, covered: each.covered, found: each.found,
    weight: head([top IN weighed WHERE top.top = each.unit | top.weight])}] AS units,
  COLLECT { MATCH (level:RoleLevel)-[:ROLE]->(role) RETURN level ORDER BY level.rank, level.iri } AS levels
WITH *, any(each IN unmet WHERE each.level IS NULL) AS lacking
WITH *, [level IN levels WHERE NOT lacking AND none(each IN unmet WHERE each.level = level)] AS stated
WITH *, CASE WHEN size(musts) > 0 THEN NOT lacking AND (size(levels) = 0 OR size(stated) > 0) END AS qualified,
  CASE WHEN total > 0 THEN round(reduce(sum = 0.0, each IN units | sum + each.weight * each.covered) / total, 12)
  ELSE 0.0 END AS score
WHERE score > 0 OR qualified OR size(stated) > 0
WITH role, units, total, musts, unmet, levels, stated, qualified, score
ORDER BY score DESC, size(musts) - size(unmet) DESC, role.iri
WITH collect({role: role, units: units, total: total, musts: musts, unmet: unmet, levels: levels,
  stated: stated, qualified: qualified, score: score}) AS ranked
WITH size(ranked) AS total_count, ranked[0 .. $first] AS page
UNWIND page AS found
// The reasons, for the page only.
CALL (found) {
    WITH found, found.role AS role
"""
    + _TOPS
    + """
    WITH top, weight, found.total AS total, head([unit IN found.units WHERE unit.unit = top]) AS covering
    OPTIONAL MATCH (top)-[:TARGET]->(target)
    WITH top, weight, total, target, coalesce(covering.covered, 0.0) AS covered, coalesce(covering.found, []) AS ways,
      COLLECT { MATCH (top)<-[:GROUP|PARENT]-(child) RETURN child } AS children
    WITH top, weight, total, target, covered, ways, children,
      coalesce(top.minimum, size(children)) AS minimum
    WITH *, COLLECT {
        UNWIND ways AS way
        WITH way WHERE way.covered > 0
        MATCH (held:Resource {iri: way.held})
        WITH way, held ORDER BY way.covered DESC, way.unknown, way.leaf.iri
        RETURN {held: {id: held.iri, label: {text: held.name}}, factor: way.covered, chain: way.chain}
    } AS evidence,
      [each IN COLLECT { UNWIND ways AS way RETURN way ORDER BY way.covered DESC, way.unknown, way.leaf.iri }
       [0 .. minimum + CASE WHEN top:Requirement THEN 1 ELSE 0 END]
       WHERE each.unknown AND (each.covered > 0 OR top:Requirement)] AS uncertain
    ORDER BY weight DESC, top.iri
    RETURN collect({requirement: {id: top.iri,
        label: {text: coalesce(target.name, head(top.labels), CASE WHEN top.experience_days IS NOT NULL
          THEN 'experience' WHEN minimum = 1 THEN 'any one of ' + size(children)
          WHEN minimum = size(children) THEN 'all of ' + minimum
          ELSE 'at least ' + minimum + ' of ' + size(children) END)},
        kind: CASE WHEN top:RequirementGroup THEN CASE WHEN top.minimum IS NULL THEN 'ALL' WHEN minimum = 1 THEN 'ANY'
            ELSE 'AT_LEAST' END WHEN target:Competency THEN 'COMPETENCY' WHEN target:Course THEN 'COURSE'
          WHEN target:Credential THEN 'CREDENTIAL' ELSE 'EXPERIENCE' END,
        importance: toUpper(top.importance)},
      coverage: covered, weight: weight, part: CASE WHEN total > 0 THEN weight * covered / total ELSE 0.0 END,
      levelUnknown: size(uncertain) > 0, evidence: evidence}) AS units
}
RETURN total_count, {
    role: {id: found.role.iri, label: {text: found.role.name}}, score: found.score, qualified: found.qualified,
    levels: [level IN found.levels | {level: {name: level.name}, stated: level IN found.stated,
      qualified: level IN found.stated OR any(higher IN found.stated WHERE higher.rank > level.rank),
      metBy: COLLECT {
        UNWIND found.musts AS must
        UNWIND [each IN found.units WHERE must.level = level AND each.unit = must.top
                AND each.covered >= $policy.min_coverage] AS each
        UNWIND [way IN each.found WHERE way.covered >= $policy.min_coverage] AS way
        WITH DISTINCT way.held AS iri ORDER BY iri
        RETURN {id: iri}
      }}],
    blocking: [must IN found.unmet WHERE must.level IS NULL | {id: must.top.iri, label: {text: must.top.name}}] +
      CASE WHEN size(found.levels) > 0 AND size(found.stated) = 0 THEN head(COLLECT {
        UNWIND found.levels AS level
        WITH level, [must IN found.unmet WHERE must.level = level |
          {id: must.top.iri, label: {text: must.top.name}}] AS missing
        RETURN missing ORDER BY size(missing), level.rank, level.iri LIMIT 1
      }) ELSE [] END,
    metCount: size([unit IN units WHERE unit.coverage >= $policy.min_coverage]),
    partialCount: size([unit IN units WHERE unit.coverage > 0 AND unit.coverage < $policy.min_coverage]),
    missingCount: size([unit IN units WHERE unit.coverage = 0]),
    met: [unit IN units WHERE unit.coverage >= $policy.min_coverage][0 .. $listed],
    partial: [unit IN units WHERE unit.coverage > 0 AND unit.coverage < $policy.min_coverage][0 .. $listed],
    missing: [unit IN units WHERE unit.coverage = 0][0 .. $listed]
  } AS node
"""
)
"""Columns: total_count, node (as in the answer, best first). Parameters: those of `parameters`."""

_FLIPPED = {"broadMatch": "narrowMatch", "narrowMatch": "broadMatch"}


def parameters(learner: Learner) -> dict[str, object]:
    """What the statement is asked with."""
    policy = Policy()
    factors = {
        "exactMatch": policy.exact,
        "closeMatch": policy.close,
        "broadMatch": policy.held_narrower,
        "narrowMatch": policy.held_broader,
        "relatedMatch": policy.related,
    }
    return {
        # Lists inside a map: Neo4j would plan anew for each order of magnitude of a list that is a parameter itself.
        "held": {
            "competencies": [
                *({"iri": iri, "level": None, "scale": None} for iri in learner.competencies),
                *({"iri": iri, "level": value, "scale": scale} for iri, value, scale in learner.levels),
            ],
            "things": sorted({*learner.credentials, *learner.courses}),
        },
        "policy": {
            "factors": factors,
            "flipped": {name: _FLIPPED.get(name, name) for name in factors},
            "unknown_level": policy.unknown_level,
            "must_weight": policy.must_weight,
            "should_weight": policy.should_weight,
            "min_coverage": policy.min_coverage,
        },
        "first": FIRST,
        "listed": LISTED,
    }


def cypher_answer(rows: Sequence[Json]) -> dict[str, object]:
    """The JSON of `match` from the statement's rows."""
    return {
        "totalCount": cast("int", rows[0]["total_count"]) if rows else 0,
        "edges": [{"node": row["node"]} for row in rows],
    }


class CypherMatcher:
    """Asks Neo4j, over the driver's pooled connections."""

    def __init__(self, connection: Connection) -> None:
        self._database = connection.database
        self._driver = neo4j.AsyncGraphDatabase.driver(
            connection.uri,
            auth=(connection.username, connection.password),
            notifications_min_severity="OFF",
            telemetry_disabled=True,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._driver.close()

    async def ask(self, learner: Learner) -> dict[str, object]:
        """The JSON of `match`, without sentences."""
        found = await self._driver.execute_query(
            MATCH_ROLES,
            parameters(learner),
            database_=self._database,
            routing_=neo4j.RoutingControl.READ,
        )
        return cypher_answer([record.data() for record in found.records])
