"""Random small worlds as the text of Tables, and random questions about them, each a pure function of a seed.

Everything that docs/tables.md lets a row say occurs; what would be a must-finding does not. Figures are few and round, so
that equals are frequent and the tie-breaks of docs/matching.md decide.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

Row = dict[str, str]
W = "https://w.example/"
HUBS = ("https://elsewhere.example/hub/1", "https://elsewhere.example/hub/2")
SCALES = {f"{W}scale/a": (0, 5), f"{W}scale/b": (1, 4)}
CURRENCIES = {
    "EUR": ("50", "100", "150", "89.50"),
    "USD": ("50", "99.99"),
    "JPY": ("100", "9000"),
    "KWD": ("10", "9.125"),
}
DURATIONS = ("", "", "1", "2", "2", "1.5", "3 days", "16 h", "4 hours", "90 min", "1 weeks", "a while", "0")
PREDICATES = (
    *("skos:exactMatch", "closeMatch", "skos:broadMatch", "narrowMatch", "skos:relatedMatch") * 2,
    "http://www.w3.org/2004/02/skos/core#broadMatch",
    "owl:sameAs",
    "ceasn:majorAlignment",
    "ceasn:minorAlignment",
    "ceasn:broadAlignment",
    "ceasn:narrowAlignment",
)
EXPERIENCE = ("100", "365.5", "730")
IMPORTANCES = ("must", "must", "must", "", "should", "should", "0.5", "0.25", "1", "0")
HEADERS = {
    "frameworks": "iri label",
    "competencies": "iri label framework parent codes replaced_by",
    "courses": "iri label provider cost currency duration_days codes",
    "credentials": "iri label issuer kind cost currency duration_days codes",
    "job_roles": "iri label",
    "role_levels": "role name rank",
    "groups": "role role_level group parent min importance",
    "requires": "role role_level group target level scale importance days",
    "prerequisites": "target group needs level scale days",
    "teaches": "subject competency level scale",
    "awards": "course credential",
    "scales": "iri label min max",
    "alignments": "subject_id predicate_id object_id predicate_modifier confidence",
}


def as_text(rows: Sequence[Row], header: Sequence[str], *, separator: str, mark: bool) -> str:
    """One table as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, header, delimiter=separator, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return ("\ufeff" if mark else "") + out.getvalue()


class RandomTables:
    """The tables of one world, filled at random."""

    def __init__(self, seed: int):
        self.rng = Random(seed)
        self.tables: dict[str, list[Row]] = {name: [] for name in HEADERS}
        self.names: dict[str, str] = {}
        self.by_name = self.rng.random() < 0.3
        self.tables["scales"] = [
            {"iri": iri, "label": iri[-1], "min": str(low), "max": str(high)} for iri, (low, high) in SCALES.items()
        ]
        self.competencies = self.add_competencies()
        self.courses = [self.add_thing("courses", index) for index in range(self.rng.randint(2, 6))]
        self.credentials = [self.add_thing("credentials", index) for index in range(self.rng.randint(1, 3))]
        self.things = [*self.courses, *self.credentials]
        self.rng.shuffle(self.things)
        self.add_teaching()
        for index in range(self.rng.randint(2, 4)):
            self.add_role(index)
        self.add_prerequisites()
        self.mend_deadlocks()
        self.add_alignments()

    def texts(self) -> dict[str, str]:
        """File name -> content; empty tables are absent half of the time."""
        separator = self.rng.choice(",,,,;")
        return {
            f"{name}.csv": as_text(rows, HEADERS[name].split(), separator=separator, mark=self.rng.random() < 0.1)
            for name, rows in self.tables.items()
            if rows or self.rng.random() < 0.5
        }

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def new_iri(self, kind: str, index: int) -> str:
        """An IRI whose place in the order is left to chance."""
        return f"{W}{self.rng.choice('pqrs')}/{kind}/{index}"

    def reference(self, iri: str) -> str:
        """The IRI, or the name that stands for it."""
        return self.names.get(iri, iri) if self.by_name and self.chance(0.5) else iri

    def name(self, iri: str, kind: str, index: int) -> Row:
        label = f"{kind.capitalize()} {index}"
        self.names[iri] = self.rng.choice((f"own:{kind}-{index}", label.upper()))
        return {"iri": iri, "label": label, "codes": f"own:{kind}-{index}"}

    def level(self, share: float = 0.5, least: int = 0) -> Row:
        if not self.chance(share):
            return {}
        scale = self.rng.choice([*SCALES] + [f"{W}scale/a"] * 4)
        low, high = SCALES[scale]
        return {"scale": scale, "level": str(self.rng.randint(low + least, high))}

    def add_competencies(self) -> list[str]:
        frameworks = [f"{W}framework/{index}" for index in range(self.rng.randint(1, 2))]
        self.tables["frameworks"] = [{"iri": iri, "label": iri} for iri in frameworks]
        iris = [self.new_iri("skill", index) for index in range(self.rng.randint(4, 7))]
        superseded = self.rng.sample(range(len(iris)), self.rng.choice((0, 0, 1, 2)))
        in_framework: dict[str, str] = {}
        for index, iri in enumerate(iris):
            row = self.name(iri, "skill", index) | {"framework": self.rng.choice([*frameworks, *frameworks, ""])}
            if index in superseded:
                row["replaced_by"] = self.reference(self.rng.choice([other for other in iris if other != iri]))
            if row["framework"]:
                parents = [other for other, its in in_framework.items() if its == row["framework"]]
                row["parent"] = " ".join(self.rng.sample(parents, min(len(parents), self.rng.choice((0, 1, 1, 2)))))
                in_framework[iri] = row["framework"]
            self.tables["competencies"].append(row)
        return iris

    def add_thing(self, table: str, index: int) -> str:
        kind = table.removesuffix("s")
        iri = self.new_iri(kind, index)
        row = self.name(iri, kind, index) | {"duration_days": self.rng.choice(DURATIONS)}
        row["provider" if kind == "course" else "issuer"] = self.rng.choice(("north", "south", "south", ""))
        if kind == "credential":
            row["kind"] = self.rng.choice(("certificate", "Licence", ""))
        if self.chance(0.8):
            currency = self.rng.choice(("EUR", "EUR", "EUR", "EUR", *CURRENCIES))
            row |= {"cost": self.rng.choice((*CURRENCIES[currency], "0")), "currency": currency}
        self.tables[table].append(row)
        return iri

    def add_teaching(self) -> None:
        for thing in self.things:
            for competency in self.rng.sample(self.competencies, self.rng.choice((0, 1, 2, 3, 3))):
                row = {"subject": self.reference(thing), "competency": self.reference(competency)}
                self.tables["teaches"].append(row | self.level(0.7, least=1))
        for course in self.courses:
            if self.chance(0.35):
                pair = {
                    "course": self.reference(course),
                    "credential": self.reference(self.rng.choice(self.credentials)),
                }
                self.tables["awards"].append(pair)

    # --- roles

    def add_role(self, index: int) -> None:
        role = self.new_iri("role", index)
        self.tables["job_roles"].append({"iri": role, "label": f"Role {index}"})
        places = [""]
        if self.chance(0.55):
            names = self.rng.sample(("Basic", "Intermediate", "Advanced"), self.rng.randint(1, 3))
            ranks = self.rng.sample((1, 2, 5, 10), len(names))
            for name, rank in zip(names, ranks, strict=True):
                self.tables["role_levels"].append({"role": role, "name": name, "rank": str(rank)})
            places += [name for name in names if self.chance(0.75)]
        for place in places:
            self.add_requirements({"role": role, "role_level": place})

    def add_requirements(self, place: Row) -> None:
        for _ in range(self.rng.choice((0, 1, 2, 3))):
            self.tables["requires"].append(place | self.leaf(self.rng.choice(("any", "skill"))))
        for number in range(self.rng.choice((0, 1, 1, 2))):
            family = self.rng.choice(("any", "skill", "skill"))
            if self.chance(0.3):
                for _ in range(self.rng.randint(1, 3)):
                    self.tables["requires"].append(place | self.leaf(family) | {"group": f"unlisted {number}"})
            else:
                self.add_group(place, f"group {number}", "", family, depth=0)

    def add_group(self, place: Row, name: str, parent: str, family: str, depth: int) -> None:
        leaves: list[Row] = []
        for _ in range(self.rng.randint(1, 3)):
            leaf = self.leaf(family)
            if self.iri_of(leaf["target"]) not in {self.iri_of(other["target"]) for other in leaves}:
                leaves.append(leaf)
        inner = self.rng.choice((0, 0, 1, 2)) if depth < 2 else 0
        minimum = self.rng.choice(("", "all", "any", "number", "number"))
        if minimum == "number":
            minimum = str(self.rng.randint(1, len(leaves) + inner))
        importance = self.rng.choice(IMPORTANCES)
        self.tables["groups"].append(
            place | {"group": name, "parent": parent, "min": minimum, "importance": importance}
        )
        self.tables["requires"] += [place | leaf | {"group": name} for leaf in leaves]
        for number in range(inner):
            self.add_group(place, f"{name}.{number}", name, family, depth + 1)

    def leaf(self, family: str) -> Row:
        kind = "skill" if family == "skill" else self.rng.choice(("skill", "skill", "course", "credential", "days"))
        importance = {"importance": self.rng.choice(IMPORTANCES)}
        if kind == "days":
            return importance | {"target": "", "days": self.rng.choice(EXPERIENCE)}
        if kind == "skill":
            return importance | {"target": self.reference(self.rng.choice(self.competencies))} | self.level(0.4)
        return importance | {"target": self.reference(self.rng.choice(self.things))}

    # --- prerequisites

    def add_prerequisites(self) -> None:
        """Direct ones lead to what stands earlier in the order; those of a group may lead anywhere."""
        rows = self.tables["prerequisites"]
        for index, thing in enumerate(self.things):
            for number in range(self.rng.choice((0, 0, 1, 1, 2))):
                kind = self.rng.choice(("thing", "skill", "group", "group", "days"))
                owner = {"target": self.reference(thing)}
                if kind == "thing" and index:
                    rows.append(owner | {"needs": self.reference(self.rng.choice(self.things[:index]))})
                elif kind == "group":
                    for _ in range(self.rng.randint(2, 3)):
                        rows.append(owner | {"group": f"one of {number}"} | self.need(thing))
                elif kind == "days":
                    rows.append(owner | {"days": "100"})
                else:
                    rows.append(owner | {"needs": self.reference(self.rng.choice(self.competencies))} | self.level())
        if self.chance(0.4):
            self.add_cycle()

    def need(self, thing: str) -> Row:
        if self.chance(0.5):
            return {"needs": self.reference(self.rng.choice(self.competencies))} | self.level(0.3)
        return {"needs": self.reference(self.rng.choice([each for each in self.things if each != thing]))}

    def add_cycle(self) -> None:
        """Two steps that each need what the other teaches; for one of them there may be another way to begin."""
        first, second = self.rng.sample(self.things, 2)
        one, other = self.rng.sample(self.competencies, 2)
        third = self.rng.choice([each for each in self.competencies if each not in (one, other)])
        self.tables["teaches"] += [
            {"subject": thing, "competency": competency}
            for thing, competency in ((first, one), (second, other))
            if not any(
                self.iri_of(row["subject"]) == thing
                and self.iri_of(row["competency"]) == competency
                and not row.get("level")
                for row in self.tables["teaches"]
            )
        ]
        self.tables["prerequisites"] += [
            {"target": first, "needs": other, "group": "begin"},
            {"target": second, "needs": one},
        ]
        if self.chance(0.7):
            self.tables["prerequisites"].append({"target": first, "needs": third, "group": "begin"})

    def iri_of(self, reference: str) -> str:
        found = [iri for iri, name in self.names.items() if name == reference]
        return found[0] if found else reference

    def mend_deadlocks(self) -> None:
        """Takes away rows of steps that directly need each other with no way to begin (docs/findings.md)."""
        while True:
            direct: dict[str, set[str]] = {thing: set() for thing in self.things}
            for row in self.tables["prerequisites"]:
                needs = self.iri_of(row.get("needs", ""))
                if needs in direct:
                    direct[self.iri_of(row["target"])].add(needs)
            rings = {
                frozenset(other for other in reach(thing, direct) if thing in reach(other, direct))
                for thing in self.things
                if thing in reach(thing, direct)
            }
            locked = [ring for ring in rings if not self.can_begin(ring)]
            if not locked:
                return
            order = {thing: index for index, thing in enumerate(self.things)}
            self.tables["prerequisites"] = [
                row
                for row in self.tables["prerequisites"]
                if not any({self.iri_of(row["target"]), self.iri_of(row.get("needs", ""))} <= ring for ring in locked)
                or order[self.iri_of(row["target"])] > order[self.iri_of(row["needs"])]
            ]

    def can_begin(self, ring: frozenset[str]) -> bool:
        """Whether all of the ring can be had, one after the other, were all else granted."""
        closed = {
            self.iri_of(row["competency"]) for row in self.tables["teaches"] if self.iri_of(row["subject"]) in ring
        }
        had: set[str] = set()
        while True:
            more = {thing for thing in ring - had if self.is_open(thing, (ring | closed) - had)}
            if not more:
                return had == ring
            had |= more

    def is_open(self, thing: str, locked: frozenset[str]) -> bool:
        groups: dict[object, list[bool]] = {}
        for number, row in enumerate(self.tables["prerequisites"]):
            if self.iri_of(row["target"]) == thing:
                groups.setdefault(row.get("group") or number, []).append(
                    self.iri_of(row.get("needs", "")) not in locked
                )
        return all(any(group) for group in groups.values())

    # --- alignments

    def add_alignments(self) -> None:
        ends = [*self.competencies * 3, *HUBS * 2, self.things[0], self.tables["job_roles"][0]["iri"]]
        for _ in range(self.rng.choice((0, 3, 5, 8, 10))):
            subject, thing = self.rng.choice(ends), self.rng.choice(ends)
            if subject != thing:
                row = {"subject_id": subject, "object_id": thing, "predicate_id": self.rng.choice(PREDICATES)}
                row["confidence"] = self.rng.choice(("", "", "1", "0.9", "0.75", "0.5"))
                if self.chance(0.05):
                    row["predicate_modifier"] = "Not"
                self.tables["alignments"].append(row)


def reach(thing: str, edges: Mapping[str, set[str]]) -> set[str]:
    """What edges lead to from a thing, itself only by way of a ring."""
    found: set[str] = set()
    waiting = list(edges[thing])
    while waiting:
        if (each := waiting.pop()) not in found:
            found.add(each)
            waiting.extend(edges[each])
    return found


# --- questions --------------------------------------------------------------------------------------------------------


def random_held(rng: Random, tables: RandomTables) -> dict[str, Any]:
    """Claims: competencies with (scale, level) or None, courses, credentials, days of experience."""
    competencies = []
    for competency in rng.sample(tables.competencies, rng.choice((0, 1, 1, 2))):
        scale = rng.choice(sorted(SCALES))
        low, high = SCALES[scale]
        competencies.append((competency, (scale, float(rng.randint(low, high))) if rng.random() < 0.6 else None))
    return {
        "competencies": competencies,
        "courses": rng.sample(tables.courses, rng.choice((0, 0, 1))),
        "credentials": rng.sample(tables.credentials, rng.choice((0, 0, 1))),
        "days": rng.choice((0.0, 0.0, 100.0, 400.0, 800.0)),
    }


def random_policy(rng: Random) -> dict[str, Any]:
    """The default policy with some of its figures changed."""
    choices: dict[str, tuple[Any, ...]] = {
        "must_weight": (1.0, 1.0, 2.5, 0.1),
        "should_weight": (0.5, 0.5, 1.0, 0.0, 3.0),
        "min_coverage": (1.0, 1.0, 0.9, 0.72, 0.5, 0.3),
        "unknown_level": (0.5, 0.5, 1.0, 0.3),
        "exact": (1.0, 1.0, 0.95),
        "held_narrower": (0.8, 0.8, 1.0),
        "close": (0.9, 0.9, 0.7),
        "held_broader": (0.5, 0.5, 0.9),
        "related": (0.3, 0.3, 0.6),
        "max_hops": (3, 3, 2, 1, 0),
        "hierarchy": (False, False, True),
        "implies_lower": (True, True, False),
    }
    return {name: rng.choice(values) for name, values in choices.items()}


def random_limits(rng: Random) -> dict[str, Any]:
    """Some limits of a plan, at least one."""
    choices: dict[str, tuple[Any, ...]] = {
        "max_cost": (0.0, 50.0, 89.5, 120.0, 200.0),
        "currency": ("EUR", "USD"),
        "max_days": (0.5, 1.5, 3.0, 5.0),
        "max_steps": (0, 1, 2, 3),
        "providers": (["south"], ["north", "south"], ["nobody"]),
        "kinds": (["course"], ["Credential"], ["course", "CERTIFICATE"], ["licence"]),
        "allow_unknown": (False, False),
    }
    names = rng.sample(sorted(choices), rng.choice((1, 1, 2, 3)))
    limits = {name: rng.choice(choices[name]) for name in names}
    if rng.random() < 0.25:  # a limit that only keeps out what has no figure
        limits = {rng.choice(("max_cost", "max_days")): 1_000_000.0, "allow_unknown": False}
    return limits
