"""Requirement trees and role levels of the contract. Objects stand for rows of a snapshot, as in `resources`."""

from enum import Enum
from typing import TYPE_CHECKING

import strawberry
from strawberry import Info, Private

from graph.statements import requirement_statement

from .context import languages_of
from .descriptions import about, resolver
from .resources import Label, Level, Node, Resource
from .sources import READ_FROM, Source, read_source

if TYPE_CHECKING:
    from .view import View


@strawberry.enum(description="What a requirement asks for, or how a group of them holds.")
class RequirementKind(Enum):
    """What a requirement asks for, or how a group holds; in the order of the snapshot's NodeKind."""

    COMPETENCY = strawberry.enum_value("COMPETENCY", description="A competency, maybe at a level.")
    CREDENTIAL = strawberry.enum_value("CREDENTIAL", description="A credential to hold.")
    COURSE = strawberry.enum_value("COURSE", description="A course to have taken.")
    EXPERIENCE = strawberry.enum_value("EXPERIENCE", description="Days of experience.")
    ALL = strawberry.enum_value("ALL", description="A group: every child must hold.")
    ANY = strawberry.enum_value("ANY", description="A group: one child must hold.")
    AT_LEAST = strawberry.enum_value("AT_LEAST", description="A group: `minimum` children must hold.")


@strawberry.enum(description=about("importance"))
class Importance(Enum):
    """`must` blocks, `should` only weighs."""

    MUST = strawberry.enum_value("MUST", description="Blocks: without it nobody qualifies.")
    SHOULD = strawberry.enum_value("SHOULD", description="Only weighs.")


@strawberry.type(description=about("Requirement", "Or a group of them: all, any, or at least n must hold."))
class Requirement(Node):
    """A node of a requirement tree."""

    view: Private["View"]
    row: Private[int]
    kind: RequirementKind = strawberry.field(description="What it asks for, or how the group holds.")
    target: Resource | None = strawberry.field(description=about("target", "Null for a group and for experience."))
    minimum: int | None = strawberry.field(
        description="Of a group: how many children must hold (ANY 1, ALL all of them)."
    )
    level: Level | None = strawberry.field(description="The level asked for; null where any will do.")
    days: float | None = strawberry.field(description=about("experienceDays"))
    role_level: str | None = strawberry.field(description=about("roleLevel", "Its name."))
    importance: Importance = strawberry.field(description=about("importance"))
    importance_value: float | None = strawberry.field(description=about("importanceValue"))

    @resolver(description="The target's name; of a group what it asks, such as `any one of 12`.")
    def label(self, info: Info, languages: list[str] | None = None) -> Label:
        """A name that can be read."""
        return self.view.requirement_label(self.row, languages_of(info, languages))

    @resolver(description=READ_FROM)
    async def read_from(self, info: Info) -> Source | None:
        """Where it was read."""
        return await read_source(info, requirement_statement(self.view.snapshot, self.row))

    @resolver(description="Of a group: what it consists of.")
    def children(self) -> list["Requirement"]:
        """What a group consists of."""
        return self.view.child_requirements(self.row)


@strawberry.type(description=about("RoleLevel"))
class RoleLevel:
    """One level of a job role."""

    view: Private["View"]
    row: Private[int]
    name: str = strawberry.field(description=about("name"))
    rank: int = strawberry.field(description=about("rank"))

    @resolver(description="What the role asks for at this level; what it asks at every level is not repeated.")
    def requirements(self) -> list[Requirement]:
        """What is asked at this level."""
        return self.view.level_requirements(self.row)
