"""What O*NET's occupations do and what they use: tasks, technologies and tools as competencies that they ask for.

A task is graded where its importance was rated. Called by `onet`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ontology.documents import Row
from ontology.model import (
    Code,
    Competency,
    Finding,
    Importance,
    Located,
    Requirement,
    Source,
    Statement,
    Unmapped,
    derived_iri,
)
from ontology.ntriples import text_term
from ontology.terms import SKOS

from .gathered import Gathered
from .onet_elements import Elements
from .onet_ratings import DIGITS
from .onet_roles import Roles
from .onet_tables import CODE, EMERGING_TASKS, TASK_ACTIVITIES, TASK_RATINGS, TASKS, TECHNOLOGIES
from .onet_things import IMPORTANCE, find_faults, find_number, kept_row, onet_iri, says_yes
from .sources import ONET, english, folded, said

_BROADER, _KEPT, _GRADE = "b", "k", "g"


def _asked(
    owner: str, target: str, statements: Iterable[Statement], importance_value: float | None = None
) -> Requirement:
    return Requirement(
        iri=derived_iri("requirement", owner, None, None, target),
        owner=owner,
        target=target,
        importance=Importance.SHOULD,
        importance_value=importance_value,
        statements=tuple(sorted(statements)),
    )


class Tasks:
    """Tasks, with what other tables say of them, which is read first."""

    def __init__(self, roles: Roles, elements: Elements) -> None:
        self._roles = roles
        self._elements = elements
        self._gathered = Gathered()
        self._named: dict[str, tuple[str, Source]] = {}
        self._told: set[str] = set()

    def read_activity(self, row: Row) -> Iterator[Finding]:
        """Takes a row of Tasks to DWAs: the activity is above the task."""
        if faults := find_faults(row, TASK_ACTIVITIES.required):
            yield from faults
            return
        task = row.get("Task ID")
        self._name(task, row)
        self._gathered.say(task, _BROADER, self._elements.mention_detailed(row))
        self._keep(task, kept_row(TASK_ACTIVITIES.name, row, ("Task ID", "Task", "DWA Title")))

    def read_rating(self, row: Row) -> Iterator[Finding]:
        """Takes a row of Task Ratings."""
        if faults := find_faults(row, TASK_RATINGS.required[:3]):
            yield from faults
            return
        value, fault = find_number(row, "Data Value")
        if fault:
            yield fault
            return
        task = row.get("Task ID")
        self._name(task, row)
        if row.get("Scale ID") == IMPORTANCE and value is not None and not says_yes(row, "Recommend Suppress"):
            scale = self._elements.scale(IMPORTANCE, row.source)
            grade = (value - scale.minimum) / ((scale.maximum - scale.minimum) or 1)
            self._gathered.say(task, _GRADE, str(round(grade, DIGITS)))
        self._keep(task, kept_row(TASK_RATINGS.name, row, ("Task ID", "Task")))

    def _name(self, task: str, row: Row) -> None:
        if task not in self._named:
            self._named[task] = (row.get("Task"), row.source)

    def _keep(self, task: str, statement: Statement) -> None:
        self._gathered.say(task, _KEPT, statement[1], statement[0])

    def read(self, row: Row) -> Iterator[Located | Finding]:
        """Takes a row of Task Statements: the task and the requirement."""
        if faults := find_faults(row, TASKS.required):
            yield from faults
            return
        key = row.get("Task ID")
        self._told.add(key)
        owner, iri = self._roles.mention(row, row.get(CODE)), onet_iri("task", key)
        said_of = list(self._gathered.read(key))
        task = Competency(
            iri=iri,
            labels=english(row.get("Task")),
            codes=(Code("onettask", key),),
            framework=ONET.iri,
            kind="task",
            broader=tuple(sorted({value for what, value, _ in said_of if what == _BROADER})),
            statements=tuple(sorted({(extra, value) for what, value, extra in said_of if what == _KEPT})),
        )
        yield Located(record=task, source=row.source)
        grades = [float(value) for what, value, _ in said_of if what == _GRADE]
        kept = [kept_row(TASKS.name, row, ("Task ID", "Task"))]
        yield Located(record=_asked(owner, iri, kept, grades[0] if grades else None), source=row.source)

    def read_emerging(self, row: Row) -> Iterator[Located | Finding]:
        """Takes a row of Emerging Tasks, which have no number yet."""
        if faults := find_faults(row, EMERGING_TASKS.required):
            yield from faults
            return
        owner = self._roles.mention(row, row.get(CODE))
        iri = derived_iri("onet-task", row.get(CODE), row.get("Task"))
        original = row.get("Original Task ID")
        statements = {kept_row(EMERGING_TASKS.name, row, ("Task",))}
        if original and original.casefold() != "n/a":
            statements.add((f"{SKOS}related", f"<{onet_iri('task', original)}>"))
        task = Competency(
            iri=iri,
            labels=english(row.get("Task")),
            framework=ONET.iri,
            kind="task",
            statements=tuple(sorted(statements)),
        )
        yield Located(record=task, source=row.source)
        yield Located(record=_asked(owner, iri, ()), source=row.source)

    def rest(self) -> Iterator[Located]:
        """Tasks that other tables name and none states: kept as they are."""
        for task, (words, source) in self._named.items():
            if task not in self._told:
                statements = {(extra, value) for what, value, extra in self._gathered.read(task) if what == _KEPT}
                parents = self._gathered.values(task, _BROADER)
                statements.update((f"{SKOS}broader", f"<{parent}>") for parent in parents)
                statements.update((f"{SKOS}prefLabel", text_term(text)) for text in english(words))
                record = Unmapped(iri=onet_iri("task", task), statements=tuple(sorted(statements)))
                yield Located(record=record, source=source)


@dataclass(slots=True)
class _Product:
    label: str
    kind: str
    source: Source
    commodities: set[str] = field(default_factory=set)
    hot: bool = False


_COMMODITY: Final = "Commodity Code"


class Products:
    """Technologies and tools: each one competency, whoever uses it."""

    def __init__(self, roles: Roles, elements: Elements) -> None:
        self._roles = roles
        self._elements = elements
        self._products: dict[str, _Product] = {}
        self._seen: set[tuple[str, str]] = set()
        self._said: dict[str, tuple[Statement, ...]] = {}

    def read(self, row: Row) -> Iterator[Located | Finding]:
        """Takes a row of Technology Skills or Tools Used: the requirement; the product itself comes at the end."""
        if faults := find_faults(row, (CODE, "Example")):
            yield from faults
            return
        kind = "technology" if TECHNOLOGIES.required[-1] in row.cells else "tool"
        owner, label = self._roles.mention(row, row.get(CODE)), row.get("Example")
        iri = onet_iri(kind, folded(label))
        product = self._products.setdefault(iri, _Product(label, kind, row.source))
        product.hot = product.hot or says_yes(row, "Hot Technology")
        commodity = row.get(_COMMODITY)
        if commodity and onet_iri("unspsc", commodity) not in product.commodities:
            product.commodities.add(self._elements.name_commodity(commodity, row.get("Commodity Title"), row.source))
        if (owner, iri) not in self._seen:
            self._seen.add((owner, iri))
            yield Located(record=_asked(owner, iri, self._kept(row)), source=row.source)

    def _kept(self, row: Row) -> tuple[Statement, ...]:
        """What a row says of the occupation's use of a product; the same words are one object."""
        demand, commodity = row.get("In Demand"), row.get(_COMMODITY)
        key = f"{demand}|{commodity}"
        if key not in self._said:
            self._said[key] = (*said("onet", "In Demand", demand), *said("onet", _COMMODITY, commodity))
        return self._said[key]

    def records(self) -> Iterator[Located]:
        """The products, in the order in which they were first named."""
        for iri, product in self._products.items():
            statements = {(f"{SKOS}broader", f"<{commodity}>") for commodity in product.commodities}
            if product.kind == "technology":
                statements.update(said("onet", "Hot Technology", "Y" if product.hot else "N"))
            record = Competency(
                iri=iri,
                labels=english(product.label),
                framework=ONET.iri,
                kind=product.kind,
                statements=tuple(sorted(statements)),
            )
            yield Located(record=record, source=product.source)
