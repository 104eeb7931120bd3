"""A made network of everything that a match knows, and learners on it; by a seed. Shared by tests of many learners."""

from random import Random

from matching_networks import FIVE, TEN, U, aligned, built, role, skill

from graph.matching import Held, HeldCompetency
from graph.snapshot import ResourceType, Snapshot
from ontology.model import (
    Awarding,
    Course,
    Credential,
    Importance,
    Level,
    LevelMapping,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Teaching,
)


def network_records(seed: int) -> list[Record]:
    """60 skills in chains, 12 courses and credentials, 50 roles with levels, nested groups and days; by the seed."""
    random = Random(seed)
    skills = [f"s/{n:02}" for n in range(60)]
    things = [*(f"c/{n}" for n in range(6)), *(f"k/{n}" for n in range(6))]
    records: list[Record] = [FIVE, TEN, *(skill(name[2:]) for name in skills)]
    records += [Credential(iri=f"{U}c/{n}") for n in range(6)] + [Course(iri=f"{U}k/{n}") for n in range(6)]
    records += [
        Awarding(iri=f"{U}w/{n}", course=f"{U}k/{n}", credential=f"{U}c/{random.randrange(6)}") for n in range(3)
    ]

    for held, read in ((1, 3), (2, 4), (3, 4), (5, 10)):
        matched = Level(f"{U}x/ten", read)
        records.append(LevelMapping(iri=f"{U}v/{held}", level=Level(f"{U}x/five", held), matched=matched))

    def level() -> Level | None:
        return random.choice([None, None, Level(f"{U}x/five", random.randint(0, 5)), Level(f"{U}x/ten", 4)])

    for n in range(30):
        subject, competency = random.choice(things), random.choice(skills)
        records.append(Teaching(iri=f"{U}t/{n}", subject=U + subject, competency=U + competency, level=level()))
    for _ in range(40):
        one, other = random.sample(skills, 2)
        records.append(aligned(one, random.choice(list(Relation)), other, random.choice([None, 0.9, 0.4])))
    for n in range(50):
        owner = f"{U}r/{n:02}"
        levels = [RoleLevel(iri=f"{owner}/{k}", role=owner, name=str(k), rank=k) for k in range(random.randrange(3))]
        records += [role(f"{n:02}"), *levels]
        groups: list[str | None] = [None]
        for k in range(random.randrange(3)):
            parent = random.choice(groups)
            records.append(
                RequirementGroup(iri=f"{owner}/g{k}", owner=owner, parent=parent, minimum=random.choice([None, 1, 2]))
            )
            groups.append(f"{owner}/g{k}")
        for k, target in enumerate(random.sample(skills, 9)):
            graded = random.choice([None, None, 0.3])
            records.append(
                Requirement(
                    iri=f"{owner}/q{k}",
                    owner=owner,
                    target=U + (target if random.random() < 0.9 else random.choice(things)),
                    group=groups[k % len(groups)],
                    role_level=random.choice([None, *(each.iri for each in levels)]) if k % len(groups) == 0 else None,
                    level=level() if random.random() < 0.5 else None,
                    importance=Importance.MUST if graded is None and random.random() < 0.5 else Importance.SHOULD,
                    importance_value=graded,
                )
            )
        if n % 7 == 0:
            records.append(Requirement(iri=f"{owner}/days", owner=owner, experience_days=100.0 * n))
    return records


def network(seed: int) -> Snapshot:
    """Its snapshot."""
    return built(*network_records(seed))


def learners_on(snapshot: Snapshot, count: int, seed: int) -> list[Held]:
    """Learners by the seed, some of whom hold nothing."""
    random = Random(seed)
    skills = snapshot.rows(ResourceType.COMPETENCY).tolist()
    courses, credentials = snapshot.rows(ResourceType.COURSE).tolist(), snapshot.rows(ResourceType.CREDENTIAL).tolist()
    held = []
    for _ in range(count):
        claims = []
        for row in random.choices(skills, k=random.choice([0, 1, 4, 15])):
            value, scale = random.choice([(None, -1), (2.0, -1), (1.0, 0), (3.0, 0), (4.5, 1), (9.0, 1)])
            claims.append(HeldCompetency(row=row, value=value, scale=scale))
        held.append(
            Held(
                competencies=tuple(claims),
                courses=tuple(random.choices(courses, k=random.randrange(3))),
                credentials=tuple(random.choices(credentials, k=random.randrange(2))),
                experience_days=random.choice([0.0, 0.0, 400.0, 9_999.0]),
            )
        )
    return held
