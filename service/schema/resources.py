"""The described things of the contract, and what belongs to one: labels, codes, levels, datasets.

An object stands for a row of a snapshot and holds no data of its own, so that one object serves all requests of a
release. Labels, codes and what is named come from the snapshot; descriptions and relations from Neo4j through the
request's loaders.
"""

from typing import TYPE_CHECKING, Annotated, Optional, cast

import strawberry
from strawberry import ID, Info, Private

from graph.layout import DatasetInfo
from graph.level_mappings import Comparison, level_mappings_of
from graph.reader import Relation
from graph.scales import find_scale, level_name
from graph.snapshot import ResourceType
from graph.statements import (
    Statement,
    level_mapping_statement,
    resource_statement,
    scale_level_statement,
    scale_statement,
)

from .connections import COMPETENCIES, COURSES, CREDENTIALS, JOB_ROLES
from .context import context_of, languages_of
from .counts import RecordCount, Visibility
from .descriptions import about, resolver
from .employment import Employer, Place, Salary, employer_of, places_of, salary_of
from .relations import load_alignments, load_related
from .sources import READ_FROM, Source, read_source

if TYPE_CHECKING:
    from .connections import (
        AlignmentConnection,
        CompetencyConnection,
        CourseConnection,
        CredentialConnection,
        JobRoleConnection,
    )
    from .requirements import Requirement, RoleLevel
    from .scales import ScaleReading
    from .view import View

AlignmentPage = Annotated["AlignmentConnection", strawberry.lazy(".connections")]
CompetencyPage = Annotated["CompetencyConnection", strawberry.lazy(".connections")]
CoursePage = Annotated["CourseConnection", strawberry.lazy(".connections")]
CredentialPage = Annotated["CredentialConnection", strawberry.lazy(".connections")]
JobRolePage = Annotated["JobRoleConnection", strawberry.lazy(".connections")]
RequirementList = list[Annotated["Requirement", strawberry.lazy(".requirements")]]
RoleLevelList = list[Annotated["RoleLevel", strawberry.lazy(".requirements")]]
OneReading = Annotated["ScaleReading", strawberry.lazy(".scales")]

LANGUAGES = "BCP 47 tags, most wanted first, looked up by RFC 4647; then the request's Accept-Language, then English."


@strawberry.interface(description="Anything that has an IRI.")
class Node:
    """Anything that has an IRI."""

    id: ID = strawberry.field(description="The IRI itself.")


@strawberry.type(description="A text and the language it is in.")
class Label:
    """A text and the language it is in."""

    text: str = strawberry.field(description="The text.")
    language: str = strawberry.field(
        description="The BCP 47 tag that was really used; `und` where the source has none."
    )


@strawberry.type(description=about("code"))
class Code:
    """A code of a source."""

    system: str = strawberry.field(description="The code system: opm, onetsoc, isco, abbreviation, ctid, case.")
    value: str = strawberry.field(description="The code.")


@strawberry.type(description="An amount of money.")
class Money:
    """An amount of money."""

    amount: float = strawberry.field(description="In units of the currency.")
    currency: str = strawberry.field(description=about("currency", "An ISO 4217 code."))


@strawberry.type(description="A length of learning.")
class Duration:
    """A length of learning."""

    days: float = strawberry.field(description="Learning days; 8 hours are one.")


@strawberry.type(description=about("Scale"))
class Scale(Node):
    """A scale that levels are measured on."""

    view: Private["View"]
    row: Private[int]
    minimum: float = strawberry.field(description=about("scaleMinimum"))
    maximum: float = strawberry.field(description=about("scaleMaximum"))

    @resolver(description=about("label"))
    def label(self, info: Info, languages: list[str] | None = None) -> Label:
        """Its name."""
        return self.view.scale_label(self.row, languages_of(info, languages))

    @resolver(description="The dataset that describes it; null where that is none of the view's.")
    def dataset(self) -> Optional["Dataset"]:
        """The dataset that describes it."""
        return self.view.dataset_at(int(self.view.snapshot.scale_dataset[self.row]))

    @resolver(description=READ_FROM)
    async def read_from(self, info: Info) -> Source | None:
        """Where it was read."""
        return await read_source(info, scale_statement(self.view.snapshot, self.row))

    @resolver(description="Its levels that have names, lowest first. Any other value of the scale is a level too.")
    def levels(self, info: Info) -> list["ScaleLevel"]:
        """Its named levels."""
        rows = self.view.snapshot.span("scale_level_offsets", self.row)
        context_of(info).spend(len(rows))
        return [self.view.scale_level(row) for row in rows]

    @resolver(description="How its levels are read on another scale: IRI or exact label.")
    def read_on(self, info: Info, scale: ID) -> OneReading:
        """How its levels are read on another scale. Raises UnknownReferenceError."""
        from .scales import show_reading

        return show_reading(context_of(info), self.view, self.row, find_scale(self.view.snapshot, str(scale)))

    @resolver(
        description="The same for each scale that mappings join to it, by IRI; levels of all other scales do not "
        "compare with its own."
    )
    def readings(self, info: Info) -> list[OneReading]:
        """How its levels are read on each scale that is joined to it."""
        from .scales import show_reading

        context = context_of(info)
        joined = level_mappings_of(self.view.snapshot).mapped(self.row)
        return [show_reading(context, self.view, self.row, each) for each in joined]


@strawberry.type(description=about("levelValue"))
class Level:
    """A value on a scale."""

    scale: Scale = strawberry.field(description=about("levelScale"))
    value: float = strawberry.field(description="The source's own value.")
    fraction: float = strawberry.field(description="Where the value lies on the scale, from 0 to 1.")

    @resolver(description="What the level is called; null where its source gives the value alone.")
    def name(self, info: Info, languages: list[str] | None = None) -> Label | None:
        """What it is called."""
        wanted = languages_of(info, languages)
        found = level_name(self.scale.view.snapshot, self.scale.row, self.value, wanted)
        return None if found is None else Label(text=found[0], language=found[1])


@strawberry.type(description=about("ScaleLevel"))
class ScaleLevel(Node):
    """A level of a scale that its source names."""

    view: Private["View"]
    row: Private[int]
    level: Level = strawberry.field(description="Its value on its scale.")

    @resolver(description=about("label"))
    def label(self, info: Info, languages: list[str] | None = None) -> Label | None:
        """What it is called."""
        found = self.view.snapshot.scale_level_label(self.row, languages_of(info, languages))
        return None if found is None else Label(text=found[0], language=found[1])

    @resolver(description=about("description"))
    async def description(self, info: Info, languages: list[str] | None = None) -> Label | None:
        """What it means."""
        wanted = languages_of(info, languages)
        found = await context_of(info).loaders.descriptions(self.view).load(self.id)
        return self.view.choose_text([(each.text, each.language) for each in found], wanted)

    @resolver(description=about("dataset"))
    def dataset(self) -> Optional["Dataset"]:
        """The dataset that names it."""
        return self.view.dataset_at(int(self.view.snapshot.scale_level_dataset[self.row]))

    @resolver(description=READ_FROM)
    async def read_from(self, info: Info) -> Source | None:
        """Where it was read."""
        return await read_source(info, scale_level_statement(self.view.snapshot, self.row))


@strawberry.type(description=about("LevelMapping"))
class LevelMapping(Node):
    """A level of one scale corresponds to a level of another."""

    view: Private["View"]
    row: Private[int]
    level: Level = strawberry.field(description="A level of the one scale.")
    matched: Level = strawberry.field(description=about("matchedLevelValue"))

    @resolver(description="The dataset that says so.")
    def dataset(self) -> Optional["Dataset"]:
        """The dataset that says so."""
        return self.view.dataset_at(int(self.view.snapshot.mapping_dataset[self.row]))

    @resolver(description=READ_FROM)
    async def read_from(self, info: Info) -> Source | None:
        """Where it was read."""
        return await read_source(info, level_mapping_statement(self.view.snapshot, self.row))

    @resolver(
        description="Whether it is used: not where the mappings between its two scales contradict each other, where it "
        "leads to its own scale, or where nobody describes one of the two."
    )
    def counts(self) -> bool:
        """Whether it is used."""
        snapshot = self.view.snapshot
        ends = int(snapshot.mapping_scale[self.row]), int(snapshot.mapping_matched_scale[self.row])
        return level_mappings_of(snapshot).compare(*ends) is Comparison.MAPPED


@strawberry.type(description=about("Dataset"))
class Dataset(Node):
    """What is loaded, versioned and removed as a whole."""

    name: str = strawberry.field(description="The name that it was loaded under.")
    format: str = strawberry.field(description="The format that it was read from.")
    license: str | None = strawberry.field(description=about("license"))
    attribution: str | None = strawberry.field(description=about("attribution"))
    release: ID = strawberry.field(description="The release that this answer is from.")

    @resolver(description="Who sees it.")
    async def visibility(self, info: Info) -> Visibility:
        """Who sees it."""
        return Visibility[(await self._info(info)).visibility.upper()]

    @resolver(description="SHA-256 of its canonical N-Quads.")
    async def checksum(self, info: Info) -> str:
        """SHA-256 of its content."""
        return (await self._info(info)).checksum

    @resolver(description="How many records of each type it has.")
    async def counts(self, info: Info) -> list[RecordCount]:
        """How many records it has."""
        stewardship = context_of(info).stewardship
        described = await self._info(info)
        async with stewardship.counting:
            found = await stewardship.read(stewardship.assessor.counts, described)
        return [RecordCount(type=name, count=count) for name, count in found.items()]

    async def _info(self, info: Info) -> DatasetInfo:
        context = context_of(info)
        manifest = context.manifests.get(self.release)
        if manifest is None:
            manifest = await context.stewardship.read(context.stewardship.release, str(self.release))
            context.manifests[self.release] = manifest
        found = manifest.find(self.name)
        assert found is not None, "the dataset is of that release"
        return found


@strawberry.interface(description=about("Resource"))
class Resource(Node):
    """Anything described: a row of a snapshot."""

    view: Private["View"]
    row: Private[int]

    @resolver(description=about("label"))
    def label(self, info: Info, languages: list[str] | None = None) -> Label:
        """Its name."""
        return self.view.label(self.row, languages_of(info, languages))

    @resolver(description=about("description"))
    async def description(self, info: Info, languages: list[str] | None = None) -> Label | None:
        """What it is, in running text."""
        wanted = languages_of(info, languages)
        found = await context_of(info).loaders.descriptions(self.view).load(self.id)
        return self.view.choose_text([(each.text, each.language) for each in found], wanted)

    @resolver(description=READ_FROM)
    async def read_from(self, info: Info) -> Source | None:
        """Where its description was read."""
        return await read_source(info, resource_statement(self.view.snapshot, self.row))

    @resolver(description=about("code"))
    def codes(self) -> list[Code]:
        """Its codes."""
        return self.view.codes(self.row)

    @resolver(description=about("framework"))
    def framework(self) -> Optional["Framework"]:
        """The framework it belongs to."""
        found = self.view.find_resource(int(self.view.snapshot.framework[self.row]))
        return found if isinstance(found, Framework) else None

    @resolver(description=about("dataset"))
    def dataset(self) -> Dataset:
        """The dataset that describes it."""
        return self.view.datasets[int(self.view.snapshot.dataset[self.row])]

    @resolver(description=about("replacedBy"))
    def replaced_by(self) -> Optional["Resource"]:
        """Its successor."""
        return self.view.find_resource(int(self.view.snapshot.replaced_by[self.row]))


@strawberry.type(description=about("Framework"))
class Framework(Resource):
    """A published set of competencies or roles."""

    @resolver(description="Its competencies; with `parent` those directly below that one.")
    def competencies(
        self, info: Info, parent: ID | None = None, first: int = 20, after: str | None = None
    ) -> CompetencyPage:
        """Its competencies, by IRI."""
        from .lists import list_framework_competencies

        return list_framework_competencies(context_of(info), self, parent, first, after)

    @resolver(description="Its competencies that are below none of it: where a tree begins; `narrower` goes on.")
    def tops(self, info: Info, first: int = 20, after: str | None = None) -> CompetencyPage:
        """Where its tree begins, by IRI."""
        from .lists import list_framework_tops

        return list_framework_tops(context_of(info), self, first, after)


@strawberry.type(description=about("Competency"))
class Competency(Resource):
    """What can be known or done."""

    @resolver(description=about("kind"))
    def kind(self) -> str | None:
        """The source's own word for its sort."""
        return self.view.snapshot.kind[self.row]

    @resolver(description=about("broader"))
    async def broader(self, info: Info, first: int = 20, after: str | None = None) -> CompetencyPage:
        """Its parents."""
        return await load_related(self, info, Relation.BROADER, COMPETENCIES, first, after)

    @resolver(description="Its children in its own framework.")
    async def narrower(self, info: Info, first: int = 20, after: str | None = None) -> CompetencyPage:
        """Its children."""
        return await load_related(self, info, Relation.NARROWER, COMPETENCIES, first, after)

    @resolver(description="How many competencies of its framework are directly below it.")
    def child_count(self) -> int:
        """How many are below it."""
        from .lists import count_children

        return count_children(self.view.snapshot, self.row)

    @resolver(
        description="What it is below in its framework, from the top down to its parent; the first by IRI where it has "
        "several parents. Empty at the top."
    )
    def path(self, info: Info) -> list["Competency"]:
        """What it is below."""
        from .lists import ancestors

        rows = ancestors(self.view.snapshot, self.row)
        context_of(info).spend(len(rows))
        return [cast("Competency", self.view.resource(row)) for row in rows]

    @resolver(description="Alignments that name it at either end.")
    async def alignments(self, info: Info, first: int = 20, after: str | None = None) -> AlignmentPage:
        """Its alignments."""
        return await load_alignments(self, info, first, after)

    @resolver(description="Courses that teach it.")
    async def taught_by(self, info: Info, first: int = 20, after: str | None = None) -> CoursePage:
        """Courses that teach it."""
        return await load_related(self, info, Relation.TAUGHT_BY, COURSES, first, after)

    @resolver(description="Credentials that certify it.")
    async def certified_by(self, info: Info, first: int = 20, after: str | None = None) -> CredentialPage:
        """Credentials that certify it."""
        return await load_related(self, info, Relation.CERTIFIED_BY, CREDENTIALS, first, after)

    @resolver(description="Job roles with a requirement that names it.")
    async def required_by(self, info: Info, first: int = 20, after: str | None = None) -> JobRolePage:
        """Roles that ask for it."""
        return await load_related(self, info, Relation.REQUIRED_BY, JOB_ROLES, first, after)


@strawberry.type(description=about("Course"))
class Course(Resource):
    """Something to take part in."""

    @resolver(description=about("provider"))
    def provider(self) -> str | None:
        """Who offers it."""
        return self.view.snapshot.provider[self.row]

    @resolver(description="What it costs; null where unknown.")
    def cost(self) -> Money | None:
        """What it costs."""
        return self.view.cost(self.row)

    @resolver(description=about("durationDays", "Null where unknown."))
    def duration(self) -> Duration | None:
        """How long it takes."""
        return self.view.duration(self.row)

    @resolver(description=about("url"))
    def url(self) -> str | None:
        """A page to read more on."""
        return self.view.snapshot.url[self.row]

    @resolver(description="Competencies that it teaches.")
    async def teaches(self, info: Info, first: int = 20, after: str | None = None) -> CompetencyPage:
        """What it teaches."""
        return await load_related(self, info, Relation.TEACHES, COMPETENCIES, first, after)

    @resolver(description="Credentials that it gives at its end.")
    async def awards(self, info: Info, first: int = 20, after: str | None = None) -> CredentialPage:
        """What it awards."""
        return await load_related(self, info, Relation.AWARDS, CREDENTIALS, first, after)

    @resolver(description="Job roles with a requirement that names it.")
    async def qualifies_for(self, info: Info, first: int = 20, after: str | None = None) -> JobRolePage:
        """Roles that ask for it."""
        return await load_related(self, info, Relation.REQUIRED_BY, JOB_ROLES, first, after)

    @resolver(description="What must hold before it can be taken: the top of the tree.")
    def prerequisites(self) -> RequirementList:
        """What must hold before."""
        return self.view.top_requirements(self.row)


@strawberry.type(description=about("Credential"))
class Credential(Resource):
    """The definition of what is awarded."""

    @resolver(description=about("issuer"))
    def issuer(self) -> str | None:
        """Who awards it."""
        return self.view.snapshot.provider[self.row]

    @resolver(description=about("kind"))
    def kind(self) -> str | None:
        """The source's own word for its sort."""
        return self.view.snapshot.kind[self.row]

    @resolver(description="What it costs; null where unknown.")
    def cost(self) -> Money | None:
        """What it costs."""
        return self.view.cost(self.row)

    @resolver(description=about("durationDays", "Null where unknown."))
    def duration(self) -> Duration | None:
        """How long it takes."""
        return self.view.duration(self.row)

    @resolver(description=about("url"))
    def url(self) -> str | None:
        """A page to read more on."""
        return self.view.snapshot.url[self.row]

    @resolver(description="Competencies that it certifies.")
    async def certifies(self, info: Info, first: int = 20, after: str | None = None) -> CompetencyPage:
        """What it certifies."""
        return await load_related(self, info, Relation.TEACHES, COMPETENCIES, first, after)

    @resolver(description="Courses that give it at their end.")
    async def awarded_by(self, info: Info, first: int = 20, after: str | None = None) -> CoursePage:
        """Courses that give it."""
        return await load_related(self, info, Relation.AWARDED_BY, COURSES, first, after)

    @resolver(description="Job roles with a requirement that names it.")
    async def qualifies_for(self, info: Info, first: int = 20, after: str | None = None) -> JobRolePage:
        """Roles that ask for it."""
        return await load_related(self, info, Relation.REQUIRED_BY, JOB_ROLES, first, after)

    @resolver(description="What must hold before it can be had: the top of the tree.")
    def prerequisites(self) -> RequirementList:
        """What must hold before."""
        return self.view.top_requirements(self.row)


@strawberry.type(description=about("JobRole"))
class JobRole(Resource):
    """What asks."""

    @resolver(description="The organisation that hires; null where it is not stated.")
    def employer(self) -> Employer | None:
        """Who hires."""
        return employer_of(self.view.snapshot, self.row)

    @resolver(description=about("place", "Empty where it is not stated."))
    def places(self) -> list[Place]:
        """Where it is."""
        return places_of(self.view.snapshot, self.row)

    @resolver(description="True where the work may be done from elsewhere; null where nobody says so.")
    def remote(self) -> bool | None:
        """Whether it may be done from elsewhere."""
        return True if self.view.snapshot.remote[self.row] else None

    @resolver(description="What it pays; null where it is not stated.")
    def salary(self) -> Salary | None:
        """What it pays."""
        return salary_of(self.view.snapshot, self.row)

    @resolver(description="Its levels, lowest first; empty where it has none.")
    def levels(self) -> RoleLevelList:
        """Its levels."""
        return self.view.role_levels(self.row)

    @resolver(description="The top of its requirement tree: the general ones and those of every level.")
    def requirements(self) -> RequirementList:
        """The top of its tree."""
        return self.view.top_requirements(self.row)

    @resolver(description="Alignments that name it at either end.")
    async def alignments(self, info: Info, first: int = 20, after: str | None = None) -> AlignmentPage:
        """Its alignments."""
        return await load_alignments(self, info, first, after)


@strawberry.type(description=about("ExternalResource"))
class ExternalResource(Node):
    """An IRI that a statement names and no dataset describes."""


AlignmentEnd = Annotated[
    Competency | JobRole | Course | Credential | Framework | ExternalResource,
    strawberry.union("AlignmentEnd", description="What an alignment may have at either end."),
]


@strawberry.type(description=about("Alignment"))
class Alignment(Node):
    """A statement that two things correspond."""

    subject: AlignmentEnd = strawberry.field(description=about("alignmentSubject"))
    object: AlignmentEnd = strawberry.field(description=about("alignmentObject"))
    relation: str = strawberry.field(description=about("relation"))
    confidence: float | None = strawberry.field(description=about("confidence"))
    method: str | None = strawberry.field(description=about("method"))
    source: str | None = strawberry.field(description=about("source"))
    said: Private[Statement | None] = None

    @resolver(description=READ_FROM)
    async def read_from(self, info: Info) -> Source | None:
        """Where it was read."""
        return await read_source(info, self.said)


RESOURCE_CLASSES: dict[ResourceType, type[Resource]] = {
    ResourceType.FRAMEWORK: Framework,
    ResourceType.COMPETENCY: Competency,
    ResourceType.COURSE: Course,
    ResourceType.CREDENTIAL: Credential,
    ResourceType.JOB_ROLE: JobRole,
}
"""The class of a row by its type."""
