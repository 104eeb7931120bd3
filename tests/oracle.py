"""A second, slow reckoning of docs/matching.md: plain dictionaries read from the text of Tables, and brute force.

Written from the page alone and from nothing in `ontology` or `graph`, so that two readings of it meet in the tests. It
looks at every subset of steps and walks every chain; it is only for small worlds.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

World = dict[str, Any]
Node = dict[str, Any]
Held = Mapping[str, Any]
Policy = Mapping[str, Any]

MINOR_DIGITS = {"JPY": 0, "EUR": 2, "USD": 2, "KWD": 3}
MICRODAYS = 1_000_000
HOURS_A_DAY, DAYS_A_WEEK = 8, 5
PREDICATES = {
    "exactmatch": "exact",
    "equivalentclass": "exact",
    "sameas": "exact",
    "exactalignment": "exact",
    "closematch": "close",
    "majoralignment": "close",
    "broadmatch": "broad",
    "broadalignment": "broad",
    "narrowmatch": "narrow",
    "narrowalignment": "narrow",
    "relatedmatch": "related",
    "minoralignment": "related",
}


# --- Tables -> plain dictionaries -------------------------------------------------------------------------------------


def read_rows(texts: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """The rows of one table, trimmed, each column there."""
    text = texts.get(name, "").removeprefix("\ufeff")
    header = text.partition("\n")[0]
    separator = ";" if header.count(";") > header.count(",") else ","
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    return [{(key or "").strip(): (value or "").strip() for key, value in row.items()} for row in rows]


def read_world(texts: Mapping[str, str]) -> World:
    """What the tables say, by the names of docs/tables.md."""
    world: World = {"kinds": {}, "names": {}, "replaced_by": {}, "framework": {}, "parents": {}, "things": {}}
    for table in ("competencies", "courses", "credentials", "job_roles", "frameworks"):
        kind = {"competencies": "competency", "job_roles": "role"}.get(table, table.removesuffix("s"))
        for row in read_rows(texts, f"{table}.csv"):
            world["kinds"][row["iri"]] = kind
            world["names"].setdefault(" ".join(row.get("label", "").split()).casefold(), []).append(row["iri"])
            for code in row.get("codes", "").split():
                world["names"].setdefault(code, []).append(row["iri"])
    for row in read_rows(texts, "competencies.csv"):
        if row.get("replaced_by"):
            world["replaced_by"][row["iri"]] = named(world, row["replaced_by"])
        world["framework"][row["iri"]] = row.get("framework", "")
        world["parents"][row["iri"]] = [named(world, each) for each in row.get("parent", "").split()]
    for table in ("courses", "credentials"):
        for row in read_rows(texts, f"{table}.csv"):
            world["things"][row["iri"]] = read_thing(row, table.removesuffix("s"))
    world["scales"] = {row["iri"]: (float(row["min"]), float(row["max"])) for row in read_rows(texts, "scales.csv")}
    world["levels"] = {}
    for row in read_rows(texts, "role_levels.csv"):
        world["levels"].setdefault(named(world, row["role"]), {})[row["name"]] = int(row["rank"])
    world["roles"] = sorted(iri for iri, kind in world["kinds"].items() if kind == "role")
    world["trees"] = {role: read_tree(world, texts, role) for role in world["roles"]}
    world["prerequisites"] = {thing: read_prerequisites(world, texts, thing) for thing in world["things"]}
    world["teaches"] = sorted(
        {
            (named(world, row["subject"]), successor(world, named(world, row["competency"])), read_level(row))
            for row in read_rows(texts, "teaches.csv")
        },
        key=repr,
    )
    world["awards"] = sorted(
        {(named(world, row["course"]), named(world, row["credential"])) for row in read_rows(texts, "awards.csv")}
    )
    world["alignments"] = read_alignments(world, texts)
    return world


def named(world: World, reference: str) -> str:
    """The IRI that a reference of a table means."""
    if reference in world["kinds"]:
        return reference
    found = world["names"].get(reference) or world["names"].get(" ".join(reference.split()).casefold()) or [reference]
    assert len(found) == 1, reference
    return str(found[0])


def successor(world: World, iri: str) -> str:
    """The last successor; where successors go round, the thing itself."""
    seen = [iri]
    while seen[-1] in world["replaced_by"]:
        following = world["replaced_by"][seen[-1]]
        if following in seen:
            return iri
        seen.append(following)
    return seen[-1]


def read_level(row: Mapping[str, str]) -> tuple[str, float] | None:
    return (row["scale"], float(row["level"])) if row.get("level") else None


def read_thing(row: Mapping[str, str], kind: str) -> dict[str, Any]:
    cost = None
    if row.get("cost"):
        minor = Decimal(row["cost"]) * 10 ** MINOR_DIGITS[row["currency"]]
        assert minor == int(minor), row
        cost = (int(minor), row["currency"])
    return {
        "kind": kind,
        "own_kind": row.get("kind", ""),
        "provider": row.get("provider") or row.get("issuer") or None,
        "cost": cost,
        "microdays": read_duration(row.get("duration_days", "")),
    }


def read_duration(text: str) -> int | None:
    """Millionths of a learning day, None where nothing is said or it cannot be read."""
    number, _, unit = text.partition(" ")
    days = {
        "": Fraction(1),
        "days": Fraction(1),
        "h": Fraction(1, HOURS_A_DAY),
        "hours": Fraction(1, HOURS_A_DAY),
        "min": Fraction(1, HOURS_A_DAY * 60),
        "weeks": Fraction(DAYS_A_WEEK),
    }.get(unit)
    if not text or days is None or not number.replace(".", "", 1).isdigit():
        return None
    exact = Fraction(number) * days * MICRODAYS
    assert exact.denominator == 1, text
    return int(exact)


def read_importance(text: str) -> str | float:
    return text or "must" if text in ("", "must", "should") else float(text)


def read_leaf(world: World, row: Mapping[str, str], target: str) -> Node:
    leaf: Node = {
        "level": row.get("role_level", ""),
        "importance": read_importance(row.get("importance", "")),
        "group": row.get("group", ""),
    }
    if row.get("days"):
        return leaf | {"kind": "experience", "days": float(row["days"])}
    iri = named(world, target)
    return leaf | {"kind": world["kinds"][iri], "target": iri, "asked": read_level(row)}


def read_tree(world: World, texts: Mapping[str, str], role: str) -> list[Node]:
    """The top requirements of a role."""
    leaves: list[Node] = []
    for row in read_rows(texts, "requires.csv"):
        if named(world, row["role"]) == role and (leaf := read_leaf(world, row, row["target"])) not in leaves:
            leaves.append(leaf)
    groups: dict[tuple[str, str], Node] = {}
    for row in read_rows(texts, "groups.csv"):
        if named(world, row["role"]) == role:
            minimum = row.get("min", "").casefold()
            groups[row.get("role_level", ""), row["group"]] = {
                "kind": "group",
                "name": row["group"],
                "level": row.get("role_level", ""),
                "group": row.get("parent", ""),
                "importance": read_importance(row.get("importance", "")),
                "minimum": None if minimum in ("", "all") else 1 if minimum == "any" else int(minimum),
                "children": [],
            }
    for leaf in leaves:
        place = (leaf["level"], leaf["group"])
        if leaf["group"] and place not in groups:
            groups[place] = {
                "kind": "group",
                "name": leaf["group"],
                "level": leaf["level"],
                "group": "",
                "importance": strongest(leaves, place),
                "minimum": 1,
                "children": [],
            }
    tops: list[Node] = []
    for node in [*groups.values(), *leaves]:
        (groups[node["level"], node["group"]]["children"] if node["group"] else tops).append(node)
    return one_must(world, tops)


def strongest(leaves: Iterable[Node], place: tuple[str, str]) -> str | float:
    found: list[str | float] = [leaf["importance"] for leaf in leaves if (leaf["level"], leaf["group"]) == place]
    return max(found, key=lambda each: (each == "must", each == "should", each if isinstance(each, float) else 0.0))


def one_must(world: World, tops: Sequence[Node]) -> list[Node]:
    """Top requirements without the should of a pair that is a must at the same level too."""
    musts = {
        (top["level"], successor(world, top["target"]))
        for top in tops
        if top["kind"] == "competency" and top["importance"] == "must"
    }
    return [
        top
        for top in tops
        if top["kind"] != "competency"
        or top["importance"] == "must"
        or (top["level"], successor(world, top["target"])) not in musts
    ]


def read_prerequisites(world: World, texts: Mapping[str, str], thing: str) -> list[Node]:
    """The top prerequisites of a course or credential: rows without a group, and an ANY for each group."""
    tops: list[Node] = []
    groups: dict[str, Node] = {}
    for row in read_rows(texts, "prerequisites.csv"):
        if named(world, row["target"]) != thing:
            continue
        leaf = read_leaf(world, row, row["needs"])
        if not leaf["group"]:
            tops.append(leaf)
            continue
        if leaf["group"] not in groups:
            groups[leaf["group"]] = {"kind": "group", "minimum": 1, "children": []}
            tops.append(groups[leaf["group"]])
        groups[leaf["group"]]["children"].append(leaf)
    return tops


def read_alignments(world: World, texts: Mapping[str, str]) -> list[tuple[str, str, str, float]]:
    """(subject, object, relation, confidence), at the last successors; only between competencies and undescribed IRIs."""
    found = []
    for row in read_rows(texts, "alignments.csv"):
        if row.get("predicate_modifier"):
            continue
        ends = [successor(world, named(world, row[each])) for each in ("subject_id", "object_id")]
        if all(world["kinds"].get(end, "competency") == "competency" for end in ends):
            word = row["predicate_id"].rpartition("/")[2].rpartition("#")[2].rpartition(":")[2].casefold()
            found.append((ends[0], ends[1], PREDICATES[word], float(row.get("confidence") or 1)))
    return found


# --- what is held, and chains -----------------------------------------------------------------------------------------


def sources_of(world: World, held: Held) -> tuple[set[str], list[tuple[str, tuple[str, float] | None, str]]]:
    """(courses and credentials held or given, [(competency, level or None, by which held thing)])."""
    claimed = {*held["courses"], *held["credentials"]}
    owners = {(thing, thing) for thing in claimed}
    owners |= {(credential, course) for course, credential in world["awards"] if course in held["courses"]}
    sources = [(successor(world, iri), level, successor(world, iri)) for iri, level in held["competencies"]]
    for subject, competency, level in world["teaches"]:
        sources += [(competency, level, by) for thing, by in sorted(owners) if thing == subject]
    things = {thing for thing, _ in owners}
    return things, sources


def steps_of(world: World, policy: Policy) -> list[tuple[str, str, str, float]]:
    """Every alignment step both ways: (from the held side, to the required side, direction, factor)."""
    steps: list[tuple[str, str, str, float]] = []
    for subject, thing, relation, confidence in world["alignments"]:
        there, back = {"broad": ("up", "down"), "narrow": ("down", "up")}.get(relation, (relation, relation))
        steps += [(subject, thing, there, confidence), (thing, subject, back, confidence)]
    if policy["hierarchy"]:
        for child, parents in world["parents"].items():
            for parent in parents:
                if world["framework"][child] == world["framework"].get(parent):
                    narrow, broad = successor(world, child), successor(world, parent)
                    steps += [(narrow, broad, "up", 1.0), (broad, narrow, "down", 1.0)]
    names = {"up": "held_narrower", "down": "held_broader"}
    return [(here, there, way, policy[names.get(way, way)] * sure) for here, there, way, sure in steps]


def chains_from(
    start: str, steps: Sequence[tuple[str, str, str, float]], max_hops: int
) -> Iterator[tuple[tuple[str, ...], float]]:
    """Every chain: (IRIs passed, both ends included; product of the factors)."""

    def walk(path: tuple[str, ...], product: float, has_gone_up: bool) -> Iterator[tuple[tuple[str, ...], float]]:
        yield path, product
        if len(path) > max_hops:
            return
        for here, there, way, factor in steps:
            if here == path[-1] and there not in path and not (has_gone_up and way == "down"):
                yield from walk((*path, there), product * factor, has_gone_up or way == "up")

    yield from walk((start,), 1.0, has_gone_up=False)


def chains_between(world: World, policy: Policy) -> dict[str, list[tuple[tuple[str, ...], float]]]:
    """Every chain by the competency that it starts from."""
    steps = steps_of(world, policy)
    competencies = [iri for iri, kind in world["kinds"].items() if kind == "competency"]
    return {start: list(chains_from(start, steps, policy["max_hops"])) for start in competencies}


def fraction(world: World, level: tuple[str, float]) -> float:
    low, high = world["scales"][level[0]]
    return float(min(max((level[1] - low) / (high - low), 0.0), 1.0))


def level_ratio(
    world: World, policy: Policy, asked: tuple[str, float] | None, have: tuple[str, float] | None
) -> tuple[float, bool]:
    """(ratio, whether it is that of an unknown level)."""
    if asked is None:
        return 1.0, False
    if have is None or have[0] != asked[0]:
        return float(policy["unknown_level"]), True
    need = fraction(world, asked)
    return (1.0 if need == 0 else min(fraction(world, have) / need, 1.0)), False


# --- coverage and what holds ------------------------------------------------------------------------------------------


def rounded(figure: float) -> float:
    """A coverage or score as it is compared."""
    return round(figure, 12)


class Learner:
    """What is held, seen under a policy. `chains` are those of `chains_between`."""

    def __init__(self, world: World, held: Held, policy: Policy, chains: Mapping[str, Any]):
        self.world = world
        self.policy = policy
        self.days = held["days"]
        self.things, self.sources = sources_of(world, held)
        self.reached: dict[str, list[tuple[float, tuple[str, float] | None, str, tuple[str, ...]]]] = {}
        for competency, level, by in self.sources:
            for path, product in chains[competency]:
                self.reached.setdefault(path[-1], []).append((product, level, by, path))

    def worths(self, leaf: Node) -> list[tuple[float, bool, str, tuple[str, ...]]]:
        """(coverage, level unknown, held thing, path) of each chain that leads to a competency leaf."""
        found = []
        for product, level, by, path in self.reached.get(successor(self.world, leaf["target"]), ()):
            ratio, unknown = level_ratio(self.world, self.policy, leaf["asked"], level)
            found.append((product * ratio, unknown, by, path))
        return found

    def best_source(self, leaf: Node) -> tuple[float, bool, str, tuple[str, ...]] | None:
        """The chain that is named among those of a competency leaf; None where none leads to it."""
        found = self.worths(leaf)
        return min(found, key=lambda each: (-rounded(each[0]), each[1], len(each[3]), *each[2:])) if found else None

    def coverage(self, node: Node) -> float:
        """As it enters means and scores; compare its `rounded`."""
        if node["kind"] == "group":
            children = sorted((self.coverage(child) for child in node["children"]), reverse=True)
            best = children[: node["minimum"] or len(children)]
            return sum(best) / len(best)
        if node["kind"] == "competency":
            return max((worth[0] for worth in self.worths(node)), default=0.0)
        if node["kind"] == "experience":
            return 1.0 if self.days >= node["days"] else 0.0
        return 1.0 if node["target"] in self.things else 0.0

    def holds(self, node: Node) -> bool:
        if node["kind"] == "group":
            holding = [child for child in node["children"] if self.holds(child)]
            return len(holding) >= int(node["minimum"] or len(node["children"]))
        if node["kind"] == "competency":
            return rounded(self.coverage(node)) >= float(self.policy["min_coverage"])
        return self.coverage(node) == 1.0


def is_of_competencies(node: Node) -> bool:
    if node["kind"] == "group":
        return all(is_of_competencies(child) for child in node["children"])
    return bool(node["kind"] == "competency")


def weight(node: Node, policy: Policy) -> float:
    """What a unit weighs."""
    if not is_of_competencies(node):
        return 0.0
    if node["kind"] == "group":
        return max(weight(child, policy) for child in node["children"])
    if node["importance"] == "must":
        return float(policy["must_weight"])
    if node["importance"] == "should":
        return float(policy["should_weight"])
    return float(node["importance"] * policy["must_weight"])


# --- match and gap ----------------------------------------------------------------------------------------------------


def gap(learner: Learner, role: str) -> dict[str, Any]:
    """Everything about one role. Requirements are nodes of `world["trees"]`."""
    world, policy = learner.world, learner.policy
    units = []
    weights = [weight(node, policy) for node in world["trees"][role]]
    for node, its_weight in zip(world["trees"][role], weights, strict=True):
        coverage = learner.coverage(node)
        part = its_weight * coverage / sum(weights) if sum(weights) else 0.0
        place = "met" if rounded(coverage) >= policy["min_coverage"] else "partial" if rounded(coverage) else "missing"
        best = learner.best_source(node) if node["kind"] == "competency" else None
        unit = {"node": node, "coverage": coverage, "weight": its_weight, "part": part, "place": place, "best": best}
        units.append(unit | {"level_unknown": bool(best and best[1])})
    musts = [node for node in world["trees"][role] if node["importance"] == "must"]
    ranks = world["levels"].get(role, {})
    lacking = {
        name: [node for node in musts if node["level"] == name and not learner.holds(node)] for name in ["", *ranks]
    }
    stated = {name for name in ranks if not lacking[""] and not lacking[name]}
    met = {
        name
        for name in ranks
        if name in stated or (policy["implies_lower"] and any(ranks[each] > ranks[name] for each in stated))
    }
    blocking = list(lacking[""])
    if ranks and not met:
        blocking += lacking[min(ranks, key=lambda name: (len(lacking[name]), ranks[name]))]
    return {
        "score": sum(unit["part"] for unit in units),
        "units": units,
        "qualified": None if not musts else not lacking[""] and (not ranks or bool(met)),
        "levels": [(name, name in met, name in stated) for name in sorted(ranks, key=lambda each: ranks[each])],
        "blocking": blocking,
        "musts_held": sum(learner.holds(node) for node in musts),
    }


def match(learner: Learner, named_roles: Iterable[str] = ()) -> list[tuple[str, dict[str, Any]]]:
    """(role, its gap) of the roles listed, best first."""
    found = [(role, gap(learner, role)) for role in learner.world["roles"]]
    listed = [
        (role, its)
        for role, its in found
        if rounded(its["score"]) > 0
        or its["qualified"]
        or any(met for _, met, _ in its["levels"])
        or role in named_roles
    ]
    return sorted(listed, key=lambda entry: (-rounded(entry[1]["score"]), -entry[1]["musts_held"], entry[0]))


# --- plans ------------------------------------------------------------------------------------------------------------


class Planner:
    """Every subset of the steps that a learner could take."""

    def __init__(self, world: World, held: Held, policy: Policy, chains: Mapping[str, Any]):
        self.world, self.held, self.policy, self.chains = world, held, policy, chains
        already, _ = sources_of(world, held)
        self.candidates = sorted(set(world["things"]) - already)
        self.learners: dict[frozenset[str], Learner] = {}
        self.orders: dict[frozenset[str], list[str] | None] = {}

    def after(self, steps: Iterable[str]) -> Learner:
        """The learner who has taken these steps as well."""
        key = frozenset(steps)
        if key not in self.learners:
            held = dict(self.held)
            held["courses"] = [*held["courses"], *(step for step in key if self.world["kinds"][step] == "course")]
            held["credentials"] = [
                *held["credentials"],
                *(step for step in key if self.world["kinds"][step] == "credential"),
            ]
            self.learners[key] = Learner(self.world, held, self.policy, self.chains)
        return self.learners[key]

    def may_follow(self, step: str, before: Iterable[str]) -> bool:
        learner = self.after(before)
        return all(learner.holds(node) for node in self.world["prerequisites"][step])

    def order(self, steps: frozenset[str]) -> list[str] | None:
        """The set in an order in which each prerequisite holds in its turn; what holds once holds for good."""
        if steps not in self.orders:
            taken: list[str] = []
            while ready := [step for step in sorted(steps - set(taken)) if self.may_follow(step, taken)]:
                taken.append(ready[0])
            self.orders[steps] = taken if len(taken) == len(steps) else None
        return self.orders[steps]

    def goals(self, role: str, level: str | None) -> list[list[Node]]:
        """Lists of musts; a plan serves that brings about one of them."""
        musts = [node for node in self.world["trees"][role] if node["importance"] == "must"]
        ranks = self.world["levels"].get(role, {})
        if not ranks:
            return [musts]
        serving = [
            name
            for name in ranks
            if level is None or name == level or (self.policy["implies_lower"] and ranks[name] > ranks[level])
        ]
        return [[node for node in musts if node["level"] in ("", name)] for name in serving]

    def feasible(self, steps: frozenset[str], goals: Sequence[Sequence[Node]]) -> bool:
        if self.order(steps) is None:
            return False
        learner = self.after(steps)
        return any(all(learner.holds(node) for node in goal) for goal in goals)

    def currency(self, limits: Mapping[str, Any]) -> str | None:
        if limits.get("currency"):
            return str(limits["currency"])
        stated = Counter(cost[1] for step in self.candidates if (cost := self.world["things"][step]["cost"]))
        return min(stated, key=lambda each: (-stated[each], each)) if stated else None

    def figures(self, steps: Iterable[str], objective: str, limits: Mapping[str, Any]) -> dict[str, Any]:
        """Known sums and what is unknown, of a set."""
        currency = self.currency(limits)
        things = [self.world["things"][step] for step in steps]
        costs = [thing["cost"][0] if thing["cost"] and thing["cost"][1] == currency else None for thing in things]
        lengths = [thing["microdays"] for thing in things]
        dimension = {"CHEAPEST": costs, "FASTEST": lengths, "FEWEST": [1 for _ in things]}[objective]
        known_costs = [cost for cost in costs if cost is not None]
        known_lengths = [length for length in lengths if length is not None]
        return {
            "cost": sum(known_costs) if known_costs else None,
            "microdays": sum(known_lengths) if known_lengths else None,
            "unknowns": dimension.count(None),
            "total": sum(figure for figure in dimension if figure is not None),
            "no_cost": costs.count(None),
            "no_length": lengths.count(None),
            "currency": currency,
        }

    def within(self, steps: frozenset[str], objective: str, limits: Mapping[str, Any]) -> bool:
        figures = self.figures(steps, objective, limits)
        max_cost, max_days, max_steps = (limits.get(name) for name in ("max_cost", "max_days", "max_steps"))
        if max_cost is not None and figures["currency"]:
            digits = MINOR_DIGITS[figures["currency"]]
            if Decimal(figures["cost"] or 0) > Decimal(str(max_cost)) * 10**digits:
                return False
        if max_days is not None and Decimal(figures["microdays"] or 0) > Decimal(str(max_days)) * MICRODAYS:
            return False
        if max_steps is not None and len(steps) > max_steps:
            return False
        if not limits.get("allow_unknown", True) and (
            figures["unknowns"]
            or (max_cost is not None and figures["no_cost"])
            or (max_days is not None and figures["no_length"])
        ):
            return False
        return all(self.admitted(step, limits) for step in steps)

    def admitted(self, step: str, limits: Mapping[str, Any]) -> bool:
        thing = self.world["things"][step]
        if limits.get("providers") is not None and thing["provider"] not in limits["providers"]:
            return False
        if limits.get("kinds") is None:
            return True
        wanted = {kind.casefold() for kind in limits["kinds"]}
        own = {thing["own_kind"].casefold()} if thing["kind"] == "credential" and thing["own_kind"] else set()
        return bool(wanted & ({thing["kind"]} | own))

    def subsets(self) -> Iterator[frozenset[str]]:
        for size in range(len(self.candidates) + 1):
            for steps in combinations(self.candidates, size):
                yield frozenset(steps)

    def plans(self, role: str, level: str | None, objective: str, limits: Mapping[str, Any]) -> list[frozenset[str]]:
        """All minimal sets within the limits, best first."""
        goals = self.goals(role, level)
        feasible = {steps for steps in self.subsets() if self.feasible(steps, goals)}
        minimal = [steps for steps in feasible if not any(steps - {step} in feasible for step in steps)]
        return sorted(
            (steps for steps in minimal if self.within(steps, objective, limits)),
            key=lambda steps: self.rank(steps, objective, limits),
        )

    def rank(self, steps: frozenset[str], objective: str, limits: Mapping[str, Any]) -> tuple[Any, ...]:
        figures = self.figures(steps, objective, limits)
        return figures["unknowns"], figures["total"], len(steps), sorted(steps)

    def exists(self, role: str, level: str | None, objective: str, limits: Mapping[str, Any]) -> bool:
        goals = self.goals(role, level)
        return any(self.feasible(steps, goals) and self.within(steps, objective, limits) for steps in self.subsets())

    def unmet(self, role: str, level: str | None, objective: str, limits: Mapping[str, Any]) -> list[list[Node]]:
        """All smallest sets of musts (of the role and of one serving level) without which there would be a plan."""
        allowed = [steps for steps in self.subsets() if self.order(steps) is not None]
        allowed = [steps for steps in allowed if self.within(steps, objective, limits)]
        found: list[list[Node]] = []
        for goal in self.goals(role, level):
            for steps in allowed:
                learner = self.after(steps)
                found.append([node for node in goal if not learner.holds(node)])
        smallest = min(map(len, found))
        return [each for each in found if len(each) == smallest]
