"""O*NET's content model: skills, knowledge, abilities and work activities as competencies, their scales, the rest kept.

An element stands below the one whose code it continues: `2.A.1.a` below `2.A.1`. Work activities go on in intermediate
and detailed ones, of which tasks are made. Called by `onet`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ontology.documents import Row
from ontology.model import (
    Code,
    Competency,
    Finding,
    Located,
    Scale,
    Source,
    Statement,
    Text,
    Unmapped,
)
from ontology.ntriples import literal_term, text_term
from ontology.terms import SKOS

from .gathered import Gathered
from .onet_tables import COMMODITIES, ELEMENT, ELEMENTS, JOB_ZONE_REFERENCE
from .onet_tables import SCALES as SCALE_TABLE
from .onet_things import SCALES, domain, find_number, kept_row, onet_iri
from .sources import ENGLISH, ONET, english, find_gaps, said, said_besides

DESCRIPTION = "http://purl.org/dc/terms/description"


@dataclass(slots=True)
class _Element:
    name: str
    source: Source
    description: str = ""
    described: bool = False


@dataclass(frozen=True, slots=True)
class _Activity:
    title: str
    parent: str
    kind: str
    source: Source


class Elements:
    """Elements, activities, scales, and the reference tables that are kept beside them."""

    def __init__(self) -> None:
        self._elements: dict[str, _Element] = {}
        self._iris: dict[str, str] = {}
        self._activities: dict[str, _Activity] = {}
        self._scales: dict[str, Scale] = {}
        self._scale_sources: dict[str, Source] = {}
        self._unmapped: dict[str, tuple[set[Statement], Source]] = {}
        self._kept = Gathered()

    def mention(self, row: Row, element: str, name: str) -> None:
        """Makes it known that a row is about an element."""
        if element not in self._elements:
            self._elements[element] = _Element(name, row.source)

    def iri(self, element: str) -> str:
        """The IRI of an element."""
        iri = self._iris.get(element)
        if iri is None:
            iri = self._iris[element] = onet_iri("element", element)
        return iri

    def read_element(self, row: Row) -> Iterator[Finding]:
        """Takes a row of Content Model Reference."""
        if gaps := find_gaps(row, (ELEMENT, "Element Name")):
            yield from gaps
            return
        element = row.get(ELEMENT)
        self._elements[element] = _Element(row.get("Element Name"), row.source, row.get("Description"), described=True)
        for statement in said_besides("onet", row, ELEMENTS.columns):
            self.keep(element, statement)

    def keep(self, element: str, statement: Statement) -> None:
        """Adds a statement about an element that no field holds."""
        self._kept.say(element, "", statement[1], statement[0])

    def read_kept(self, row: Row, name: str) -> Iterator[Finding]:
        """Takes a row of a table about elements that has no mapping."""
        if gaps := find_gaps(row, (ELEMENT,)):
            yield from gaps
            return
        self.mention(row, row.get(ELEMENT), row.get("Element Name"))
        self.keep(row.get(ELEMENT), kept_row(name, row, (ELEMENT,)))

    def read_pair(self, row: Row, columns: tuple[str, ...]) -> Iterator[Finding]:
        """Takes a row that relates two elements."""
        if gaps := find_gaps(row, columns):
            yield from gaps
            return
        one, other = map(row.get, columns)
        for column in columns:
            self.mention(row, row.get(column), row.get(column.replace(" ID", " Name")))
        self.keep(one, (f"{SKOS}related", f"<{onet_iri('element', other)}>"))

    def read_scale(self, row: Row) -> Iterator[Finding]:
        """Takes a row of Scales Reference."""
        if gaps := find_gaps(row, SCALE_TABLE.required):
            yield from gaps
            return
        minimum, low_fault = find_number(row, "Minimum")
        maximum, high_fault = find_number(row, "Maximum")
        yield from filter(None, (low_fault, high_fault))
        if minimum is not None and maximum is not None:
            name = row.get("Scale ID")
            iri = onet_iri("scale", name)
            self._scales[name] = Scale(iri=iri, labels=english(row.get("Scale Name")), minimum=minimum, maximum=maximum)
            self._scale_sources[name] = row.source

    def scale(self, name: str, source: Source) -> Scale:
        """A scale that ratings are read by; where no table describes it, as O*NET has always had it."""
        if name not in self._scales:
            label, minimum, maximum = SCALES[name]
            iri = onet_iri("scale", name)
            self._scales[name] = Scale(iri=iri, labels=english(label), minimum=minimum, maximum=maximum)
            self._scale_sources[name] = source
        return self._scales[name]

    def read_intermediate(self, row: Row) -> Iterator[Finding]:
        """Takes a row of IWA Reference."""
        if gaps := find_gaps(row, (ELEMENT, "IWA ID", "IWA Title")):
            yield from gaps
            return
        self._intermediate(row)

    def _intermediate(self, row: Row) -> None:
        self.mention(row, row.get(ELEMENT), row.get("Element Name"))
        activity = _Activity(row.get("IWA Title"), row.get(ELEMENT), "intermediate work activity", row.source)
        known = self._activities.get(row.get("IWA ID"))
        if known is None or not known.title:
            self._activities[row.get("IWA ID")] = activity

    def read_detailed(self, row: Row) -> Iterator[Finding]:
        """Takes a row of DWA Reference, which names the intermediate activity too."""
        if gaps := find_gaps(row, (ELEMENT, "IWA ID", "DWA ID", "DWA Title")):
            yield from gaps
            return
        self._intermediate(row)
        self._activities[row.get("DWA ID")] = _Activity(
            row.get("DWA Title"), row.get("IWA ID"), "detailed work activity", row.source
        )

    def mention_detailed(self, row: Row) -> str:
        """The IRI of a detailed activity that a task is part of, which is then known."""
        activity = row.get("DWA ID")
        if activity not in self._activities:
            parent = activity.rpartition(".")[0]
            self._activities[activity] = _Activity(row.get("DWA Title"), parent, "detailed work activity", row.source)
        return onet_iri("activity", activity)

    def read_job_zone(self, row: Row) -> Iterator[Finding]:
        """Takes a row of Job Zone Reference."""
        if gaps := find_gaps(row, ("Job Zone",)):
            yield from gaps
            return
        statements = [(f"{SKOS}prefLabel", text_term(Text(row.get("Name") or row.get("Job Zone"), ENGLISH)))]
        for column in (*JOB_ZONE_REFERENCE.columns[2:], *row.cells.keys() - JOB_ZONE_REFERENCE.columns):
            statements.extend(said("onet", column, row.get(column)))
        self._describe(onet_iri("job-zone", row.get("Job Zone")), statements, row.source)

    def read_category(self, row: Row) -> Iterator[Finding]:
        """Takes a row that names a category of a scale."""
        if gaps := find_gaps(row, ("Scale ID", "Category")):
            yield from gaps
            return
        key = "-".join(filter(None, (row.get(ELEMENT), row.get("Scale ID"), row.get("Category"))))
        iri = onet_iri("category", key)
        self._describe(iri, [kept_row("category", row)], row.source)

    def read_commodity(self, row: Row) -> Iterator[Finding]:
        """Takes a row of UNSPSC Reference: a commodity and what is above it."""
        if gaps := find_gaps(row, COMMODITIES.required[:2]):
            yield from gaps
            return
        above = ""
        for level in ("Segment", "Family", "Class", "Commodity"):
            code = row.get(f"{level} Code")
            if code:
                self.name_commodity(code, row.get(f"{level} Title"), row.source, above)
                above = code

    def name_commodity(self, code: str, title: str, source: Source, above: str = "") -> str:
        """The IRI of a class of the UNSPSC, which is then known."""
        iri = onet_iri("unspsc", code)
        statements = [(f"{SKOS}notation", literal_term(code))]
        if title:
            statements.append((f"{SKOS}prefLabel", text_term(Text(title, ENGLISH))))
        if above:
            statements.append((f"{SKOS}broader", f"<{onet_iri('unspsc', above)}>"))
        self._describe(iri, statements, source)
        return iri

    def _describe(self, iri: str, statements: Iterable[Statement], source: Source) -> None:
        self._unmapped.setdefault(iri, (set(), source))[0].update(statements)

    def records(self) -> Iterator[Located]:
        """Scales, elements, activities, then what is kept as it is."""
        for name, scale in self._scales.items():
            yield Located(record=scale, source=self._scale_sources[name])
        parents = {self._above(element) for element, known in self._elements.items() if known.described}
        for element, known in self._elements.items():
            yield Located(record=self._element(element, known, group=element in parents), source=known.source)
        for activity, about in self._activities.items():
            yield Located(record=self._activity(activity, about), source=about.source)
        for iri, (statements, source) in self._unmapped.items():
            yield Located(record=Unmapped(iri=iri, statements=tuple(sorted(statements))), source=source)

    def _above(self, element: str) -> str | None:
        """The nearest known element whose code this one continues."""
        above = element.rpartition(".")[0]
        while above and above not in self._elements:
            above = above.rpartition(".")[0]
        return above or None

    def _element(self, element: str, known: _Element, *, group: bool) -> Competency | Unmapped:
        iri, above, kind = onet_iri("element", element), self._above(element), domain(element)
        statements = {(extra, value) for _, value, extra in self._kept.read(element)}
        below_competency = kind is not None and above is not None and domain(above) is not None
        if above is not None and not below_competency:
            statements.add((f"{SKOS}broader", f"<{onet_iri('element', above)}>"))
        if kind is not None:
            return Competency(
                iri=iri,
                labels=english(known.name),
                descriptions=english(known.description),
                codes=(Code("onet", element),),
                framework=ONET.iri,
                kind="group" if group else kind,
                broader=(onet_iri("element", above),) if below_competency and above else (),
                statements=tuple(sorted(statements)),
            )
        statements.add((f"{SKOS}notation", literal_term(element)))
        statements.update((f"{SKOS}prefLabel", text_term(text)) for text in english(known.name))
        statements.update((DESCRIPTION, text_term(text)) for text in english(known.description))
        return Unmapped(iri=iri, statements=tuple(sorted(statements)))

    def _activity(self, activity: str, about: _Activity) -> Competency:
        broader: tuple[str, ...] = ()
        if about.parent in self._activities:
            broader = (onet_iri("activity", about.parent),)
        elif about.parent in self._elements and domain(about.parent):
            broader = (onet_iri("element", about.parent),)
        return Competency(
            iri=onet_iri("activity", activity),
            labels=english(about.title),
            codes=(Code("onet", activity),),
            framework=ONET.iri,
            kind=about.kind,
            broader=broader,
        )
