"""The pages on which a learner signs in and answers an application. Plain HTML, no script; every value is escaped."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlsplit

from service.scopes import SCOPES

_PAGE: Final = Path(__file__).parent / "access.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """The application, as it described itself."""

    name: str
    client_uri: str
    tos_uri: str
    policy_uri: str
    redirect_uri: str


def access_policy(redirect_uri: str | None = None) -> str:
    """The Content-Security-Policy of a page, whose form may lead on to the application and nowhere else."""
    leads_to = ""
    if redirect_uri is not None:
        parts = urlsplit(redirect_uri)
        leads_to = f" {parts.scheme}://{parts.netloc}"
    return (
        f"default-src 'none'; style-src 'self'; form-action 'self'{leads_to}; base-uri 'none'; frame-ancestors 'none'"
    )


def render_sign_in(base: str, action: str, ticket: str, *, failed: bool) -> str:
    """The form of the local account."""
    told = '<p role="alert">Name or password is not right.</p>' if failed else ""
    return _page(
        base,
        "Sign in",
        f"""{told}
<form method="post" action="{escape(base + action)}" autocomplete="off">
<input type="hidden" name="ticket" value="{escape(ticket)}">
<p><label for="name">Name</label><br><input id="name" name="name" required maxlength="200" autocomplete="username"></p>
<p><label for="password">Password</label><br>
<input id="password" name="password" type="password" required maxlength="200" autocomplete="current-password"></p>
<p><button type="submit">Sign in</button></p>
</form>
<p>This is the local account, for development.</p>""",
    )


def render_consent(
    base: str, action: str, ticket: str, applicant: Applicant, scopes: Sequence[str], ends_on: str
) -> str:
    """What an application asks for, and the two answers."""
    listed = "\n".join(
        f'<li><label><input type="checkbox" name="scope" value="{escape(each)}" checked> '
        f"{escape(SCOPES[each].words)}</label></li>"
        for each in scopes
    )
    host = urlsplit(applicant.client_uri).netloc
    return _page(
        base,
        f"{applicant.name} asks for access",
        f"""<p><strong>{escape(applicant.name)}</strong> of <a href="{escape(applicant.client_uri)}"
rel="noreferrer">{escape(host)}</a> asks to do this with what is stored of you here:</p>
<form method="post" action="{escape(base + action)}">
<input type="hidden" name="ticket" value="{escape(ticket)}">
<fieldset>
<legend>Take away the mark where you do not agree</legend>
<ul>
{listed}
</ul>
</fieldset>
<p>It may do so until {escape(ends_on)}, or until you end it before. Each time is written down for you to read.</p>
<p>Its <a href="{escape(applicant.policy_uri)}" rel="noreferrer">privacy policy</a> and
<a href="{escape(applicant.tos_uri)}" rel="noreferrer">terms of service</a>. Nobody here has looked
into whether it keeps to them. Either answer leads back to {escape(urlsplit(applicant.redirect_uri).netloc)}.</p>
<p><button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="refuse">Refuse</button></p>
</form>""",
    )


def render_fault(base: str, message: str, hint: str) -> str:
    """Why nothing can be asked; no way leads on from here."""
    return _page(base, "This cannot be done", f'<p role="alert">{escape(message)}</p>\n<p>{escape(hint)}</p>')


def render_about(base: str) -> str:
    """What applications may do, and what is kept: what the two APIs name as terms and privacy policy."""
    return _page(
        base,
        "Applications and your record",
        """<h2 id="terms">Terms</h2>
<p>An application does for a learner what the learner agreed to, until the agreed end. The learner ends it
at any time.</p>
<h2 id="privacy">Privacy</h2>
<p>What is stored of a learner is encrypted under a key of the learner's own. Each time an application reads or changes
something, it is written down when, which application, what and why; the learner reads that. Of an application that
registers, this service keeps what it said of itself. Who signs in through a provider is kept as a keyed hash. All of it
goes when the learner has it erased. The operator of this service can set other terms and another policy.</p>""",
    )


def _page(base: str, title: str, body: str) -> str:
    template = Template(_PAGE.read_text(encoding="utf-8"))
    return template.substitute(base=escape(base), title=escape(title), body=body)
