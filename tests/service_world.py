"""A small world for tests of the service: two roles, a college of three courses, one framework, all invented."""

from decimal import Decimal
from pathlib import Path

from graph.archive import dataset_iri
from graph.layout import DatasetInfo
from graph.releases import Releases
from graph.store import Store
from ontology.model import (
    Alignment,
    Awarding,
    Code,
    Competency,
    Course,
    Credential,
    Framework,
    Importance,
    JobRole,
    Level,
    Money,
    Record,
    Relation,
    Requirement,
    RequirementGroup,
    RoleLevel,
    Scale,
    Teaching,
    Text,
)

BASE = "https://example.org/"
"""Everything in the world has an IRI below this."""


def iri(name: str) -> str:
    """The IRI of a thing of the world."""
    return f"{BASE}{name}"


def texts(english: str, french: str | None = None) -> tuple[Text, ...]:
    """A text in English, and in French where there is one."""
    return (Text(english, "en"), *((Text(french, "fr"),) if french else ()))


SKILLS: tuple[Record, ...] = (
    Framework(
        iri=iri("skills"), labels=texts("Skills"), license="https://example.org/licence", attribution="Skills Ltd"
    ),
    Scale(iri=iri("scale"), labels=texts("Depth"), minimum=0.0, maximum=4.0),
    Competency(
        iri=iri("network"),
        labels=texts("Network defence", "Défense des réseaux"),
        descriptions=texts("Keeping networks safe.", "Protéger les réseaux."),
        codes=(Code("demo", "N1"),),
        framework=iri("skills"),
        kind="skill",
    ),
    Competency(
        iri=iri("firewalls"),
        labels=texts("Firewalls"),
        framework=iri("skills"),
        kind="skill",
        broader=(iri("network"),),
    ),
    Competency(iri=iri("python"), labels=texts("Python"), framework=iri("skills"), kind="knowledge"),
    Competency(iri=iri("old-python"), labels=texts("Python 2"), framework=iri("skills"), replaced_by=iri("python")),
)

COLLEGE: tuple[Record, ...] = (
    Course(
        iri=iri("course-python"),
        labels=texts("Python in a week"),
        descriptions=texts("Five days of Python."),
        provider="College",
        cost=Money(25000, "EUR"),
        duration_days=Decimal(5),
        url="https://example.org/catalogue/python",
    ),
    Course(iri=iri("course-network"), labels=texts("Networks"), provider="College", cost=Money(40050, "EUR")),
    Course(iri=iri("course-scripts"), labels=texts("Scripts"), provider="College", duration_days=Decimal("2.5")),
    Credential(
        iri=iri("secure"),
        labels=texts("Security+"),
        codes=(Code("abbreviation", "S+"),),
        issuer="CompTIA",
        kind="certification",
    ),
    Credential(iri=iri("secure-2"), labels=texts("Advanced security"), issuer="CompTIA", kind="certification"),
    Teaching(iri=iri("t1"), subject=iri("course-python"), competency=iri("python"), level=Level(iri("scale"), 3.0)),
    Teaching(iri=iri("t2"), subject=iri("secure"), competency=iri("firewalls")),
    Teaching(iri=iri("t3"), subject=iri("course-scripts"), competency=iri("python"), level=Level(iri("scale"), 1.0)),
    Teaching(iri=iri("t4"), subject=iri("course-network"), competency=iri("network")),
    Awarding(iri=iri("a1"), course=iri("course-network"), credential=iri("secure")),
    RequirementGroup(iri=iri("pre"), owner=iri("course-network"), minimum=1),
    Requirement(iri=iri("pre-1"), owner=iri("course-network"), group=iri("pre"), target=iri("course-scripts")),
    Requirement(iri=iri("pre-2"), owner=iri("course-network"), group=iri("pre"), target=iri("python")),
)

JOBS: tuple[Record, ...] = (
    Framework(iri=iri("jobs"), labels=texts("Jobs")),
    JobRole(
        iri=iri("defender"),
        labels=texts("Defender", "Défenseur"),
        descriptions=texts("Defends."),
        codes=(Code("opm", "511"),),
        framework=iri("jobs"),
    ),
    RoleLevel(iri=iri("defender-basic"), role=iri("defender"), name="Basic", rank=1),
    RoleLevel(iri=iri("defender-advanced"), role=iri("defender"), name="Advanced", rank=2),
    RequirementGroup(iri=iri("any"), owner=iri("defender"), role_level=iri("defender-basic"), minimum=1),
    Requirement(iri=iri("any-1"), owner=iri("defender"), group=iri("any"), target=iri("secure")),
    Requirement(iri=iri("any-2"), owner=iri("defender"), group=iri("any"), target=iri("secure-2")),
    Requirement(
        iri=iri("advanced"), owner=iri("defender"), role_level=iri("defender-advanced"), target=iri("secure-2")
    ),
    Requirement(
        iri=iri("needs-network"),
        owner=iri("defender"),
        target=iri("network"),
        importance=Importance.SHOULD,
        importance_value=0.75,
    ),
    JobRole(iri=iri("coder"), labels=texts("Coder"), codes=(Code("opm", "621"),), framework=iri("jobs")),
    Requirement(iri=iri("needs-python"), owner=iri("coder"), target=iri("python"), level=Level(iri("scale"), 2.0)),
    Requirement(iri=iri("needs-time"), owner=iri("coder"), experience_days=365.0),
    Alignment(
        iri=iri("aligned"),
        subject=iri("firewalls"),
        object=iri("network"),
        relation=Relation.BROAD,
        confidence=0.9,
        method="stated",
        source="Jobs Ltd",
    ),
    Alignment(
        iri=iri("elsewhere"), subject=iri("python"), object="https://elsewhere.example/py", relation=Relation.EXACT
    ),
)

WORLD: dict[str, tuple[Record, ...]] = {"college": COLLEGE, "jobs": JOBS, "skills": SKILLS}


def publish_world(releases: Releases, store: Store, world: dict[str, tuple[Record, ...]] | None = None) -> None:
    """Nothing; the world is the current release."""
    with releases.writing(store):
        datasets = []
        for name, records in (WORLD if world is None else world).items():
            checksum = releases.archive.write(name, sorted(records, key=lambda record: record.iri))
            datasets.append(
                DatasetInfo(
                    iri=dataset_iri(name),
                    name=name,
                    format="tables",
                    license="CC-BY-4.0" if name == "skills" else None,
                    attribution=f"By {name}",
                    checksum=checksum,
                )
            )
        releases.publish(store, datasets, note="for tests")


def world_folder(home: Path, store: Store) -> Path:
    """The data folder, with the world published in it."""
    publish_world(Releases(home), store)
    return home
