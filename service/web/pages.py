"""Renders the pages from their templates. Every value is escaped; GraphiQL's build is served from `vendor`."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from urllib.parse import quote

import numpy as np

from graph.snapshot import DatasetInfo, NodeKind, ResourceType, Snapshot

WEB = Path(__file__).parent
VENDOR = WEB / "vendor"
ASSETS = WEB / "assets"

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
GRAPHIQL_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src data:; "
    "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""GraphiQL's editor writes style elements; no script but ours and the vendored ones runs."""

SHARED_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)

_NAMES = {
    ResourceType.FRAMEWORK: "Frameworks",
    ResourceType.COMPETENCY: "Competencies",
    ResourceType.COURSE: "Courses",
    ResourceType.CREDENTIAL: "Credentials",
    ResourceType.JOB_ROLE: "Job roles",
}

_MATCH_EXAMPLE = """\
# Which job roles does somebody lead to who holds this credential, and at what level?
query Roles {
  match(held: { credentials: [%s] }, first: 5) {
    totalCount
    edges {
      node {
        role { id label { text } codes { system value } }
        score
        qualified
        levels { level { name } qualified metBy { label { text } } }
      }
    }
  }
}
"""
_LIST_EXAMPLE = """\
# What is loaded?
query Frameworks {
  frameworks {
    totalCount
    edges { node { id label { text language } dataset { name license attribution } } }
  }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What the page says of the release."""

    snapshot: Snapshot
    published_at: str | None
    base: str
    """Address of the service as clients see it, without a slash at the end; empty for relative links."""
    graphiql: bool


def render_page(loaded: Loaded) -> str:
    """The page at `/`."""
    snapshot = loaded.snapshot
    query = example_query(snapshot)
    template = Template((WEB / "page.html").read_text(encoding="utf-8"))
    return template.substitute(
        base=escape(loaded.base),
        release=_release(loaded),
        counts=_counts(snapshot),
        datasets=_datasets(snapshot.datasets),
        links=_links(loaded, query),
        example=escape(query),
    )


def render_graphiql(base: str, query: str) -> str:
    """GraphiQL with a query in its editor."""
    template = Template((WEB / "graphiql.html").read_text(encoding="utf-8"))
    return template.substitute(base=escape(base), query=escape(query))


def render_shared(base: str) -> str:
    """The page behind a learner's link; its script asks for what the link shows."""
    return Template((WEB / "shared.html").read_text(encoding="utf-8")).substitute(base=escape(base))


def example_query(snapshot: Snapshot) -> str:
    """A query that has an answer on what is loaded: of the credential that most requirements name."""
    named = snapshot.node_target[snapshot.node_kind == NodeKind.CREDENTIAL]
    named = named[named >= 0]
    named = named[snapshot.types[named] == ResourceType.CREDENTIAL]
    if not len(named):
        return _LIST_EXAMPLE
    row = int(np.bincount(named).argmax())
    return _MATCH_EXAMPLE % _graphql_string(snapshot.iris[row])


def _graphql_string(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _release(loaded: Loaded) -> str:
    if not loaded.snapshot.release:
        return "<p>Nothing is loaded yet. <code>headwater load SOURCE</code> loads a file or a folder.</p>"
    when = f", published <time>{escape(loaded.published_at)}</time>" if loaded.published_at else ""
    return f"<p>Release {loaded.snapshot.release}{when}.</p>"


def _counts(snapshot: Snapshot) -> str:
    rows = (
        f'<tr><th scope="row">{name}</th><td>{len(snapshot.rows(kind)):,}</td></tr>' for kind, name in _NAMES.items()
    )
    return "\n".join(rows)


def _datasets(datasets: Sequence[DatasetInfo]) -> str:
    return "\n".join(_dataset(info) for info in datasets) or "<p>None yet.</p>"


def _dataset(info: DatasetInfo) -> str:
    licence = "".join(f"<dd>{_linked(line)}</dd>" for line in (info.license or "not stated").splitlines())
    attribution = "".join(f"<dd>{escape(line)}</dd>" for line in (info.attribution or "none").splitlines())
    return (
        f"<h4>{escape(info.name)}</h4>\n<dl>"
        f"<dt>Format</dt><dd>{escape(info.format.replace('+', ', '))}</dd>"
        f"<dt>Licence</dt>{licence}<dt>Attribution</dt>{attribution}</dl>"
    )


def _linked(text: str) -> str:
    shown = escape(text)
    return f'<a href="{shown}">{shown}</a>' if text.startswith(("https://", "http://")) else shown


def _links(loaded: Loaded, query: str) -> str:
    base = escape(loaded.base)
    items = [f'<a href="{base}/schema.graphql">The schema</a> in SDL', f"GraphQL is at <code>{base}/graphql</code>"]
    if loaded.graphiql:
        items.insert(0, f'<a href="{base}/graphql?query={quote(query)}">GraphiQL</a> with the query below filled in')
    items.append(f'Probes: <a href="{base}/livez">livez</a>, <a href="{base}/readyz">readyz</a>')
    return "\n".join(f"<li>{item}</li>" for item in items)
