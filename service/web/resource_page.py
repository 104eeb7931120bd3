"""The page of one resource: what it is called, described as, coded, related to, and by whom. Every value is escaped.

Reads labels of what it links to from the same store, so that nothing shows that is not public. Called by the routes of
resources and by the previews of reconciliation.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape
from string import Template
from urllib.parse import quote, unquote

from pyoxigraph import Literal, NamedNode, Quad, Store

from graph.archive import Manifest, dataset_iri
from graph.resource_triples import About, is_described, read_about, read_label
from ontology.model import IDENTITY, ONTOLOGY
from ontology.rdf import CODE_SYSTEM
from ontology.terms import RDF_TYPE, SKOS, read_ontology

from .pages import WEB

LINKS_AT_MOST = 200
"""Of one relation; what is more is counted."""
_LABEL, _ALTERNATIVE, _NOTATION = f"{SKOS}prefLabel", f"{SKOS}altLabel", f"{SKOS}notation"
_DESCRIPTION = "http://purl.org/dc/terms/description"
_SHOWN_APART = frozenset((_LABEL, _ALTERNATIVE, _NOTATION, _DESCRIPTION, RDF_TYPE))
_NAMES = {
    f"{SKOS}broader": "Broader",
    f"{SKOS}inScheme": "Framework",
    "http://purl.org/dc/terms/isReplacedBy": "Replaced by",
    "http://purl.org/dc/terms/license": "Licence",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A value of a relation. `target` is the IRI that it leads to; `is_known` whether a page here is about that."""

    text: str
    target: str | None = None
    is_known: bool = False
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcePage:
    """What the page of a resource shows."""

    iri: str
    label: str
    types: tuple[str, ...]
    labels: tuple[Link, ...]
    alternatives: tuple[Link, ...]
    descriptions: tuple[Link, ...]
    codes: tuple[tuple[str, str], ...]
    relations: tuple[tuple[str, tuple[Link, ...], int], ...]
    """(name, the first values, how many there are)."""
    datasets: tuple[str, ...]
    """IRIs of the datasets that say it."""


def read_page(store: Store, about: About) -> ResourcePage:
    """What to show of a thing."""
    said: dict[str, list[NamedNode | Literal]] = {}
    for quad in about.own:
        value = quad.object
        if isinstance(value, NamedNode | Literal):
            said.setdefault(quad.predicate.value, []).append(value)
    relations = [
        (_name(predicate), values) for predicate, values in sorted(said.items()) if predicate not in _SHOWN_APART
    ]
    relations += sorted(_backwards(about).items())
    return ResourcePage(
        iri=about.iri,
        label=read_label(store, about.iri) or about.iri,
        types=tuple(sorted(_name(value.value) for value in said.get(RDF_TYPE, []))),
        labels=_texts(said.get(_LABEL, [])),
        alternatives=_texts(said.get(_ALTERNATIVE, [])),
        descriptions=_texts(said.get(_DESCRIPTION, [])),
        codes=tuple(sorted(_code(value) for value in said.get(_NOTATION, []) if isinstance(value, Literal))),
        relations=tuple(
            (name, tuple(_link(store, value) for value in values[:LINKS_AT_MOST]), len(values))
            for name, values in relations
        ),
        datasets=tuple(sorted({str(getattr(quad.graph_name, "value", "")) for quad in about.own})),
    )


def read_preview(store: Store, iri: str) -> ResourcePage | None:
    """What a preview shows of a thing; None where nothing is said of it."""
    about = read_about(store, iri) if iri else None
    return read_page(store, replace(about, records=(), named_by=())) if about else None


def _backwards(about: About) -> dict[str, list[NamedNode | Literal]]:
    """What other records say: the other end of each, by what the record says of the thing."""
    found: dict[str, dict[NamedNode, None]] = {}
    records: dict[str, list[Quad]] = {}
    for quad in about.records:
        if isinstance(quad.subject, NamedNode):
            records.setdefault(quad.subject.value, []).append(quad)
    for quads in records.values():
        names = {quad.predicate.value.removeprefix(ONTOLOGY): quad.object for quad in quads}
        for own, other, title in _ENDS:
            there = names.get(other)
            if names.get(own) == NamedNode(about.iri) and isinstance(there, NamedNode):
                relation = names.get("relation")
                shown = title
                if relation is not None and own in ("alignmentSubject", "alignmentObject"):
                    shown = f"{title}: {_name(str(getattr(relation, 'value', relation)))}"
                found.setdefault(shown, {})[there] = None
    narrower = {quad.subject: None for quad in about.named_by if isinstance(quad.subject, NamedNode)}
    if narrower:
        found["Narrower"] = narrower
    return {name: list(values) for name, values in found.items()}


_ENDS = (
    ("owner", "target", "Requires"),
    ("target", "owner", "Required by"),
    ("teacher", "competency", "Teaches"),
    ("competency", "teacher", "Taught by"),
    ("course", "credential", "Awards"),
    ("credential", "course", "Awarded by"),
    ("alignmentSubject", "alignmentObject", "Aligned with"),
    ("alignmentObject", "alignmentSubject", "Aligned from"),
)


def _name(iri: str) -> str:
    """What a class or property is called: by the ontology, else the last part of its IRI."""
    if iri in _NAMES:
        return _NAMES[iri]
    ontology = read_ontology()
    names = {each.iri: each.label for each in ontology.classes}
    names |= {iri: each.label for each in ontology.properties for iri in (each.iri, each.predicate)}
    if iri in names:
        return names[iri].capitalize()
    return unquote(iri.rstrip("/#").replace("#", "/").rpartition("/")[2]) or iri


def _texts(values: Iterable[NamedNode | Literal]) -> tuple[Link, ...]:
    found = [Link(text=value.value, language=getattr(value, "language", None)) for value in values]
    return tuple(sorted(found, key=lambda each: (each.language or "", each.text)))


def _code(value: Literal) -> tuple[str, str]:
    return unquote(value.datatype.value.removeprefix(CODE_SYSTEM).rpartition("#")[2]), value.value


def _link(store: Store, value: NamedNode | Literal) -> Link:
    if isinstance(value, Literal):
        return Link(text=value.value, language=value.language)
    label = read_label(store, value.value)
    return Link(
        text=label or _own_name(value.value),
        target=value.value,
        is_known=label is not None or is_described(store, value.value),
    )


def _own_name(iri: str) -> str:
    """The label of a term of the ontology, otherwise the IRI."""
    return _name(iri) if iri.startswith(ONTOLOGY) else iri


# ---------------------------------------------------------------------------------------------------------- HTML


def render_resource(page: ResourcePage, base: str, manifest: Manifest) -> str:
    """The page as HTML."""
    template = Template((WEB / "resource.html").read_text(encoding="utf-8"))
    return template.substitute(
        base=escape(base),
        label=escape(page.label),
        iri=escape(page.iri),
        types=escape(", ".join(page.types)),
        address=escape(address(page.iri, base)),
        query="&amp;" if "?" in address(page.iri, base) else "?",
        descriptions="\n".join(f"<p{_lang(text)}>{escape(text.text)}</p>" for text in page.descriptions),
        names=_names_table(page),
        relations="\n".join(_relation(name, links, total, base) for name, links, total in page.relations),
        sources=_sources(page, base, manifest),
        release=manifest.number,
    )


def render_preview(page: ResourcePage) -> str:
    """A small page for a frame: label, types, first description, codes."""
    template = Template((WEB / "preview.html").read_text(encoding="utf-8"))
    described = page.descriptions[0] if page.descriptions else None
    text = f"<p{_lang(described)}>{escape(described.text[:500])}</p>" if described else ""
    codes = ", ".join(f"{system} {value}" for system, value in page.codes)
    return template.substitute(
        label=escape(page.label), types=escape(", ".join(page.types)), description=text, codes=escape(codes)
    )


def address(iri: str, base: str) -> str:
    """Where the page of an IRI is here."""
    if iri.startswith(IDENTITY):
        return f"{base}/id/{quote(iri.removeprefix(IDENTITY), safe='/%-._~')}"
    return f"{base}/resource?iri={quote(iri, safe='')}"


def _lang(text: Link) -> str:
    return f' lang="{escape(text.language)}"' if text.language else ""


def _names_table(page: ResourcePage) -> str:
    rows = [("Label", text) for text in page.labels] + [("Also called", text) for text in page.alternatives]
    shown = [
        f'<tr><th scope="row">{name}</th><td{_lang(text)}>{escape(text.text)}</td>'
        f"<td>{escape(text.language or '')}</td></tr>"
        for name, text in rows
    ]
    shown += [
        f'<tr><th scope="row">Code</th><td>{escape(value)}</td><td>{escape(system)}</td></tr>'
        for system, value in page.codes
    ]
    return "\n".join(shown)


def _relation(name: str, links: Iterable[Link], total: int, base: str) -> str:
    items = [f"<li{_lang(link)}>{_anchor(link, base)}</li>" for link in links]
    more = f"<li>and {total - len(items):,} more</li>" if total > len(items) else ""
    return f"<dt>{escape(name)}</dt><dd><ul>{''.join(items)}{more}</ul></dd>"


def _anchor(link: Link, base: str) -> str:
    if link.target is None:
        return escape(link.text)
    if link.is_known:
        return f'<a href="{escape(address(link.target, base))}">{escape(link.text)}</a>'
    if link.target.startswith(("https://", "http://")):
        return f'<a href="{escape(link.target)}" rel="noreferrer external">{escape(link.text)}</a>'
    return escape(link.text)


def _sources(page: ResourcePage, base: str, manifest: Manifest) -> str:
    shown = []
    for dataset in manifest.datasets:
        if dataset_iri(dataset.name) in page.datasets or dataset.iri in page.datasets:
            licence = _anchor(_stated(dataset.license), base)
            where = f"{escape(base)}/datasets/{quote(dataset.name, safe='')}"
            shown.append(
                f'<dt><a href="{where}">{escape(dataset.name)}</a></dt><dd>Licence: {licence}</dd>'
                f"<dd>{escape(dataset.attribution or 'No attribution stated.')}</dd>"
            )
    return "\n".join(shown)


def _stated(licence: str | None) -> Link:
    if licence and licence.startswith(("https://", "http://")) and not any(each.isspace() for each in licence):
        return Link(text=licence, target=licence)
    return Link(text=licence or "not stated")
