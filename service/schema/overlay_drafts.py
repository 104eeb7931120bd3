"""Drafts of overlays, as stewards see and edit them."""

import math
from collections.abc import Sequence

import strawberry
from strawberry import ID, Info, Private

from graph.drafts import Draft, Edit
from graph.scales import find_scale
from graph.snapshot import Snapshot
from ontology.amendments import find_header
from ontology.errors import InputError
from ontology.model import UNDETERMINED, Amendment, Record, Text
from ontology.model import Importance as ModelImportance
from ontology.model import Level as ModelLevel

from .connections import CURSOR, EDGES, NODE, TOTAL, PageInfo
from .context import Context, context_of
from .descriptions import resolver
from .paging import page_of
from .reports import LoadReport, show_report
from .requirements import Importance
from .resources import Label, Node
from .state import Wanted

EDITS_AT_MOST = 1_000


@strawberry.type(description="A level that an overlay sets.")
class AmendedLevel:
    """A level that an overlay sets."""

    scale: ID = strawberry.field(description="IRI of the scale.")
    value: float = strawberry.field(description="The value on it.")


@strawberry.type(description="What an overlay says otherwise of one thing.")
class OverlayAmendment:
    """What an overlay says otherwise of one thing."""

    id: ID = strawberry.field(description="IRI of the amendment.")
    target: ID = strawberry.field(description="IRI of the thing.")
    removed: bool = strawberry.field(description="Whether the thing is left out.")
    labels: list[Label] = strawberry.field(description="What it is called instead, by language.")
    descriptions: list[Label] = strawberry.field(description="How it is described instead, by language.")
    importance: Importance | None = strawberry.field(description="How a requirement or group weighs instead.")
    importance_value: float | None = strawberry.field(description="From 0 to 1, where it is graded.")
    level: AmendedLevel | None = strawberry.field(description="The level of a requirement or teaching instead.")

    @resolver(description="The thing itself in the current release, without the overlay; null where it is not there.")
    async def node(self, info: Info) -> Node | None:
        """The thing itself."""
        context = context_of(info)
        view = await context.release.view_of(Wanted(private=context.caller.sees_private))
        return view.find_node(self.target)


@strawberry.type(description="An amendment, in a page.")
class OverlayAmendmentEdge:
    """An amendment, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: OverlayAmendment = strawberry.field(description=NODE)


@strawberry.type(description="A page of amendments, by IRI.")
class OverlayAmendmentConnection:
    """A page of amendments."""

    edges: list[OverlayAmendmentEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.type(description="Something that an overlay adds.")
class OverlayAddition:
    """Something that an overlay adds."""

    id: ID = strawberry.field(description="Its IRI.")
    type: str = strawberry.field(description="The record: Competency, Requirement, Alignment …")


@strawberry.type(description="An addition, in a page.")
class OverlayAdditionEdge:
    """An addition, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: OverlayAddition = strawberry.field(description=NODE)


@strawberry.type(description="A page of additions, by IRI.")
class OverlayAdditionConnection:
    """A page of additions."""

    edges: list[OverlayAdditionEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.type(description="An overlay as it is being edited. Never served before it is published.")
class OverlayDraft:
    """An overlay as it is being edited."""

    draft: Private[Draft]

    @resolver(description="Its name, which is that of the dataset that it becomes.")
    def name(self) -> str:
        """Its name."""
        return self.draft.name

    @resolver(description="Names of the datasets that it is made for; empty where it does not say.")
    def over(self) -> list[str]:
        """Names of the datasets under it."""
        return list(self.draft.over)

    @resolver(description="What it is called, by language.")
    def labels(self) -> list[Label]:
        """What it is called."""
        header = find_header(self.draft.records)
        return _labels(header.labels if header else ())

    @resolver(description="Licence of what it adds.")
    def license(self) -> str | None:
        """Licence of what it adds."""
        header = find_header(self.draft.records)
        return header.license if header else None

    @resolver(description="What it says otherwise.")
    def amendments(self, info: Info, first: int = 100, after: str | None = None) -> OverlayAmendmentConnection:
        """What it says otherwise."""
        items = self.draft.amendments
        found, where = page_of(context_of(info), "amendments", items, _iri, (str,), first, after)
        edges = [OverlayAmendmentEdge(cursor=cursor, node=_show_amendment(each)) for cursor, each in found]
        return OverlayAmendmentConnection(edges=edges, page_info=where, total_count=len(items))

    @resolver(description="What it adds, itself as a framework among it.")
    def additions(self, info: Info, first: int = 100, after: str | None = None) -> OverlayAdditionConnection:
        """What it adds."""
        items = [each for each in self.draft.records if not isinstance(each, Amendment)]
        found, where = page_of(context_of(info), "additions", items, _iri, (str,), first, after)
        edges = [
            OverlayAdditionEdge(cursor=cursor, node=OverlayAddition(id=ID(each.iri), type=type(each).__name__))
            for cursor, each in found
        ]
        return OverlayAdditionConnection(edges=edges, page_info=where, total_count=len(items))

    @resolver(description="What publishing it would do: all faults, and where it no longer fits what it is laid over.")
    async def check(self, info: Info) -> LoadReport:
        """What publishing it would do."""
        stewardship = context_of(info).stewardship
        return show_report(await stewardship.read(stewardship.drafts.check, self.draft.name))


@strawberry.type(description="A draft, in a page.")
class OverlayDraftEdge:
    """A draft, in a page."""

    cursor: str = strawberry.field(description=CURSOR)
    node: OverlayDraft = strawberry.field(description=NODE)


@strawberry.type(description="A page of drafts, by name.")
class OverlayDraftConnection:
    """A page of drafts."""

    edges: list[OverlayDraftEdge] = strawberry.field(description=EDGES)
    page_info: PageInfo = strawberry.field(description="Where the page lies.")
    total_count: int = strawberry.field(description=TOTAL)


@strawberry.input(description="A text and its language.")
class TextInput:
    """A text and its language."""

    text: str = strawberry.field(description="The text.")
    language: str | None = strawberry.field(
        default=None, description="BCP 47 tag. Default: that of the one text whose place it takes."
    )


@strawberry.input(description="A level.")
class LevelInput:
    """A level."""

    scale: ID = strawberry.field(description="IRI or exact label of the scale.")
    value: float = strawberry.field(description="The value on it.")


@strawberry.input(description="What is to be said otherwise of one thing; what is left out stays as the draft has it.")
class OverlayEditInput:
    """What is to be said otherwise of one thing."""

    target: ID = strawberry.field(description="IRI, code or exact label of the thing.")
    removed: bool | None = strawberry.field(default=None, description="Whether it is left out.")
    labels: list[TextInput] | None = strawberry.field(default=None, description="What to call it.")
    descriptions: list[TextInput] | None = strawberry.field(default=None, description="How to describe it.")
    importance: Importance | None = strawberry.field(
        default=None, description="How a requirement or group is to weigh."
    )
    importance_value: float | None = strawberry.field(
        default=None, description="From 0 to 1: graded, in place of MUST or SHOULD."
    )
    level: LevelInput | None = strawberry.field(default=None, description="The level of a requirement or teaching.")


@strawberry.input(description="A draft to begin. Where there is a published overlay of the name, it begins with that.")
class OverlayDraftInput:
    """A draft to begin."""

    name: str = strawberry.field(description="Of the dataset that it is to become.")
    over: list[str] | None = strawberry.field(
        default=None, description="Names of the datasets that it is made for. Default: whatever there is."
    )
    label: TextInput | None = strawberry.field(default=None, description="What it is called. Default: its name.")
    license: str | None = strawberry.field(default=None, description="Licence of what it adds.")


def list_drafts(context: Context, drafts: Sequence[Draft], first: int, after: str | None) -> OverlayDraftConnection:
    """A page of drafts."""
    found, where = page_of(context, "drafts", drafts, lambda each: (each.name,), (str,), first, after)
    edges = [OverlayDraftEdge(cursor=cursor, node=OverlayDraft(draft=each)) for cursor, each in found]
    return OverlayDraftConnection(edges=edges, page_info=where, total_count=len(drafts))


def read_edits(snapshot: Snapshot, edits: Sequence[OverlayEditInput]) -> list[Edit]:
    """The edits. Raises InputError for what cannot be a weight or a level, UnknownReferenceError for a scale."""
    if not 1 <= len(edits) <= EDITS_AT_MOST:
        raise InputError(f"`edits` takes 1 to {EDITS_AT_MOST}, got {len(edits)}.", code="overlay.edits")
    return [
        Edit(
            target=str(each.target),
            removed=each.removed,
            labels=tuple(read_text(text) for text in each.labels or ()),
            descriptions=tuple(read_text(text) for text in each.descriptions or ()),
            weight=_read_weight(each),
            level=None if each.level is None else _read_level(snapshot, each.level),
        )
        for each in edits
    ]


def read_text(text: TextInput) -> Text:
    """A text; without a language where none is given."""
    return Text(text.text, text.language or UNDETERMINED)


def _read_weight(edit: OverlayEditInput) -> tuple[ModelImportance, float | None] | None:
    value = edit.importance_value
    if value is None:
        return None if edit.importance is None else (ModelImportance[edit.importance.name], None)
    if edit.importance is Importance.MUST or not 0 <= value <= 1:
        raise InputError(
            f"A graded weight is a number from 0 to 1, without MUST; got {value:g}.",
            code="overlay.weight",
            subject=str(edit.target),
        )
    return ModelImportance.SHOULD, value


def _read_level(snapshot: Snapshot, level: LevelInput) -> ModelLevel:
    row = find_scale(snapshot, str(level.scale))
    low, high = float(snapshot.scale_minimum[row]), float(snapshot.scale_maximum[row])
    if not (math.isfinite(level.value) and low <= level.value <= high):
        raise InputError(
            f"The level {level.value:g} is off its scale, which goes from {low:g} to {high:g}.",
            code="overlay.level",
            subject=str(level.scale),
        )
    return ModelLevel(snapshot.scale_iris[row], level.value)


def _show_amendment(amendment: Amendment) -> OverlayAmendment:
    level, importance = amendment.level, amendment.importance
    return OverlayAmendment(
        id=ID(amendment.iri),
        target=ID(amendment.target),
        removed=amendment.removed,
        labels=_labels(amendment.labels),
        descriptions=_labels(amendment.descriptions),
        importance=None if importance is None else Importance[importance.name],
        importance_value=amendment.importance_value,
        level=None if level is None else AmendedLevel(scale=ID(level.scale), value=level.value),
    )


def _labels(texts: Sequence[Text]) -> list[Label]:
    return [Label(text=each.text, language=each.language) for each in texts]


def _iri(record: Record) -> tuple[str]:
    return (record.iri,)
