"""Options that several commands share, and the settings of one run. Called by the command modules alone."""

from pathlib import Path
from typing import Annotated

import typer

from ontology.readers import FORMATS
from service.settings import Settings, load_settings

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Home = Annotated[Path | None, typer.Option("--home", help="Data folder; default: HEADWATER_HOME.", show_default=False)]
Languages = Annotated[
    list[str] | None, typer.Option("--language", "-l", help="Language of labels, best first (BCP 47).")
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 on any finding.")]
FindingsAs = Annotated[
    str | None,
    typer.Option("--findings", help="How findings are printed: text, json, csv or sarif.", show_default=False),
]
Format = Annotated[
    str | None, typer.Option("--format", "-f", help=f"One of: {', '.join(FORMATS)}. Default: by content.")
]
Credentials = Annotated[list[str] | None, typer.Option("--credential", "-c", help="A credential that is held.")]
Courses = Annotated[list[str] | None, typer.Option("--course", help="A course that was taken.")]
Competencies = Annotated[
    list[str] | None, typer.Option("--competency", "-s", help="A competency that is held; =VALUE@SCALE for a level.")
]
Experience = Annotated[float, typer.Option("--experience-days", min=0, help="Days of experience.")]
Documents = Annotated[
    list[Path] | None,
    typer.Option("--document", "-d", help="A credential of the learner: JSON, JWT, or a baked PNG or SVG."),
]
Resolve = Annotated[
    Path | None,
    typer.Option("--resolve", help="JSON map from addresses to files: keys, status lists and hosted badges."),
]
Trust = Annotated[
    Path | None,
    typer.Option("--trust", help="Trusted issuers and their keys; default: HEADWATER_TRUSTED_ISSUERS."),
]
Recipients = Annotated[
    list[str] | None,
    typer.Option("--recipient", help="Identity of the learner, such as an e-mail address, that documents are for."),
]
Challenge = Annotated[
    str | None, typer.Option("--challenge", help="What a presentation's proof must repeat, and so prove who sends it.")
]
Domain = Annotated[str | None, typer.Option("--domain", help="For whom a presentation must be.")]
StoredLearner = Annotated[
    str | None, typer.Option("--learner", help="A stored learner, whose documents count too; noted in their audit.")
]
CountUnproven = Annotated[
    bool, typer.Option("--count-unproven", help="Count documents of unproven issuers, and unverifiable ones.")
]
Regions = Annotated[
    list[str] | None, typer.Option("--region", help="Only roles there: US, US-CA, US-CA/Oakland; ISO 3166.")
]
Employers = Annotated[
    list[str] | None, typer.Option("--employer", help="Only roles of this organisation: its name or IRI.")
]
Remote = Annotated[
    bool | None,
    typer.Option("--remote/--on-site", help="Only roles that may (not) be done from elsewhere.", show_default=False),
]
MinSalary = Annotated[
    str | None, typer.Option("--min-salary", help="Only roles that pay as much: '50000 USD', '24.50 EUR/hour'.")
]
OrUnstated = Annotated[
    bool, typer.Option("--or-unstated", help="Also roles that may fit and do not tell their place, employer or pay.")
]
First = Annotated[int, typer.Option("--first", "-n", min=1, max=100, help="How many, 1 to 100.")]
TextLanguage = Annotated[str, typer.Option("--language", "-l", help="Of texts whose source names none (BCP 47).")]


def settings_of(home: Path | None, **values: object) -> Settings:
    """The settings with a command's flags above all other sources; None is not given. Raises InputError."""
    return load_settings(home=home, **values)
