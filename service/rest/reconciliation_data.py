"""The types and properties of the reconciliation API, and the values of properties for data extension."""

from collections.abc import Callable

from pyoxigraph import Literal, NamedNode, Store

from graph.snapshot import ResourceType, Snapshot

NAMES = {
    ResourceType.COMPETENCY: ("Competency", "Competency"),
    ResourceType.JOB_ROLE: ("JobRole", "Job role"),
    ResourceType.COURSE: ("Course", "Course"),
    ResourceType.CREDENTIAL: ("Credential", "Credential"),
    ResourceType.FRAMEWORK: ("Framework", "Framework"),
}
"""(id, name) by type."""
TYPES = {identifier: kind for kind, (identifier, _) in NAMES.items()}
PROPERTIES = {
    "label": "Label",
    "description": "Description",
    "code": "Code",
    "broader": "Broader",
    "framework": "Framework",
}
"""Name by id."""
_DESCRIPTION = NamedNode("http://purl.org/dc/terms/description")
_OF_COMPETENCIES = "broader"

Values = list[dict[str, str]]


def type_of(kind: ResourceType) -> dict[str, str]:
    """A type as the API shows it; what nobody describes has none of ours."""
    identifier, name = NAMES.get(kind, ("ExternalResource", "External resource"))
    return {"id": identifier, "name": name}


def proposed(kind: str) -> list[dict[str, str]]:
    """Properties that things of this type have; of all types where it is not known."""
    return [
        {"id": key, "name": name}
        for key, name in PROPERTIES.items()
        if key != _OF_COMPETENCIES or kind not in TYPES or kind == "Competency"
    ]


def extend(snapshot: Snapshot, ids: list[str], properties: list[str], store: Store) -> dict[str, object]:
    """The answer to a data extension query. What is not known has no values."""
    meta: list[dict[str, object]] = []
    for name in properties:
        shown: dict[str, object] = {"id": name, "name": PROPERTIES[name]}
        if name in ("broader", "framework"):
            shown["type"] = type_of(ResourceType.COMPETENCY if name == "broader" else ResourceType.FRAMEWORK)
        meta.append(shown)
    rows: dict[str, dict[str, Values]] = {}
    for each in dict.fromkeys(ids):
        row = snapshot.find_row(each)
        rows[each] = {name: _VALUES[name](snapshot, row, store) if row >= 0 else [] for name in properties}
    return {"meta": meta, "rows": rows}


def _labels(snapshot: Snapshot, row: int, _: Store) -> Values:
    return [{"str": snapshot.label_texts[entry]} for entry in snapshot.span("label_offsets", row)]


def _descriptions(snapshot: Snapshot, row: int, store: Store) -> Values:
    found = store.quads_for_pattern(NamedNode(snapshot.iris[row]), _DESCRIPTION, None, None)
    texts = [quad.object for quad in found if isinstance(quad.object, Literal)]
    return [{"str": text.value} for text in sorted(texts, key=lambda each: (each.language or "", each.value))]


def _codes(snapshot: Snapshot, row: int, _: Store) -> Values:
    return [{"str": f"{system}:{value}"} for system, value in snapshot.codes(row)]


def _broader(snapshot: Snapshot, row: int, _: Store) -> Values:
    return [_entity(snapshot, int(snapshot.broader[entry])) for entry in snapshot.span("broader_offsets", row)]


def _framework(snapshot: Snapshot, row: int, _: Store) -> Values:
    framework = int(snapshot.framework[row])
    return [_entity(snapshot, framework)] if framework >= 0 else []


def _entity(snapshot: Snapshot, row: int) -> dict[str, str]:
    return {"id": snapshot.iris[row], "name": snapshot.label(row)[0]}


_VALUES: dict[str, Callable[[Snapshot, int, Store], Values]] = {
    "label": _labels,
    "description": _descriptions,
    "code": _codes,
    "broader": _broader,
    "framework": _framework,
}
