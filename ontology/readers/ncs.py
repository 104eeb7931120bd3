"""UK National Careers Service: job profiles with their routes, apprenticeship standards, skill ranks, SOC 2010 codes.

A profile is a JobRole that asks for one of its entry routes (`ncs_routes`), for the registration of a regulated
profession, and, only weighing, for its day-to-day tasks and the ranked skills of its O*NET code. What else it says is
kept. Source: National Careers Service, content of 2020, as JSON Lines; skill ranks as CSV.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from ontology.documents import Document, Row, read_rows
from ontology.json_documents import read_json_lines
from ontology.model import (
    Alignment,
    Code,
    Competency,
    Course,
    Credential,
    Finding,
    FindingLevel,
    Importance,
    JobRole,
    Located,
    PayPeriod,
    Relation,
    Requirement,
    Salary,
    Source,
    Statement,
    derived_iri,
)
from ontology.quantities import read_money, read_number

from .detection import Fit, Format, Table, table_fit
from .json_fields import Fields, line_object, written
from .ncs_routes import SOURCE, Routes, levels_in, named_iri, standard_iri
from .sources import NCS, class_of_source, english, find_gaps, is_onet_code, minted_iri, said, said_besides
from .surroundings import Surroundings

RANKS: Final = Table(name="skill ranks", required=("onetCode", "skill", "rank"), file_names=("onet_skill_ranks.csv",))
HIGHEST_RANK: Final = 7
"""O*NET's level scale ends there, and the ranks are means of O*NET's figures; the share of it is the importance."""
DAYS_A_MONTH: Final = Decimal(260) / 12
"""Working days: 52 weeks of 5."""
NO_OCCUPATION: Final = "00-0000.00"
ONET_CODES: Final = ("onetsoc2010", "onetsoc")
"""Systems of O*NET's codes, in the order in which an occupation is looked for: NCS names those of 2010. They are no
codes of the profiles themselves: a reference by such a code means the occupation."""
PAGE: Final = "https://nationalcareers.service.gov.uk/job-profiles/"

_KEPT: Final = (
    *(
        "id",
        "onetCode",
        "categories",
        "salaryStarterGBP",
        "salaryExperiencedGBP",
        "minHours",
        "maxHours",
        "restrictions",
    ),
    *("otherRequirements", "digitalSkillsLevel", "careerProgression"),
)
_PROFILE: Final = frozenset(
    {
        *_KEPT,
        *("slug", "title", "description", "soc2010", "onetCode", "routes", "apprenticeshipStandards", "registrations"),
        "dayToDayTasks",
    }
)
_STANDARD: Final = frozenset(
    {"reference", "title", "larsCode", "maxFundingGBP", "durationMonths", "level", "routes", "type"}
)
_SOC: Final = frozenset({"code", "description"})
_BINDING: Final = re.compile(r"\b(you(?:'|\N{RIGHT SINGLE QUOTATION MARK})ll need|you must|you need)\b", re.IGNORECASE)
_LOOSE: Final = re.compile(r"\b(usually|may|(?<!before you )can|could|some|many|jobs|if you want)\b", re.IGNORECASE)


def fit_ncs(document: Document) -> Fit:
    """Whether a document is one of the files, by the members of its first line or its columns."""
    head = document.head.lstrip()
    if head[:1] == b"{":
        line = head.partition(b"\n")[0]
        known = (b'"slug"' in line and b'"routes"' in line) or b'"larsCode"' in line
        socs = b'"code"' in line and b'"description"' in line and "soc" in document.basename.casefold()
        return Fit.EXACT if known or (socs and line.count(b'":') == len(_SOC)) else Fit.NONE
    return table_fit((RANKS,))(document)


def read_ncs(documents: Sequence[Document], *, surroundings: Surroundings) -> Iterator[Located | Finding]:
    """Standards and classes first, then profile by profile with its tree, then what profiles share, then the skills."""
    if documents:
        yield Located(record=NCS, source=Source(file=documents[0].name))
    reader = _Reader(surroundings)
    objects: list[tuple[str, Fields]] = []
    tables: list[Document] = []
    for document in documents:
        if document.head.lstrip()[:1] != b"{":
            tables.append(document)
            continue
        for item in read_json_lines(document):
            found = item if isinstance(item, Finding) else line_object(document.name, *item)
            if isinstance(found, Finding):
                yield found
            else:
                objects.append((_kind_of(found), found))
    for kind, take in (("standard", reader.take_standard), ("soc", reader.take_soc), ("profile", reader.take_profile)):
        for _, fields in (pair for pair in objects if pair[0] == kind):
            yield from take(fields)
            yield from fields.findings
    yield from reader.shared()
    for document in tables:
        yield from reader.take_ranks(document)
    yield from reader.remarks()


def _kind_of(fields: Fields) -> str:
    if "larsCode" in fields.values:
        return "standard"
    return "soc" if set(fields.values) == _SOC else "profile"


class _Reader:
    """What the files said so far."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._standards: dict[str, frozenset[int]] = {}
        self._routes = Routes(self._standards)
        self._by_onet: dict[str, list[str]] = {}
        self._named: dict[str, Located] = {}
        """Tasks, skills and registrations, each described once."""
        self._without: Counter[str] = Counter()
        self._example: dict[str, tuple[str, Source]] = {}

    def take_standard(self, fields: Fields) -> Iterator[Located]:
        """An apprenticeship as a course: length in working days, the most that is paid for it as its cost."""
        title = fields.text("title", needed=True)
        reference, lars = fields.text("reference"), fields.text("larsCode")
        key = reference or (lars if lars not in ("", "0") else f"framework {title.casefold()}")
        iri = standard_iri(key)
        fields.subject = iri
        months, funding = fields.number("durationMonths"), fields.number("maxFundingGBP")
        cost = None
        try:
            cost = read_money(str(funding), "GBP") if funding else None
        except ValueError as error:
            fields.fault("cost.out-of-range", f"maxFundingGBP: {error}.", "Write a plain amount in pounds.",
                         "maxFundingGBP", level=FindingLevel.SHOULD)  # fmt: skip
        levels = fields.texts("level")
        statements = {*fields.besides(SOURCE, _STANDARD), *said(SOURCE, "type", fields.text("type"))}
        statements.update(said(SOURCE, "durationMonths", fields.text("durationMonths")))
        for member, texts in (("level", levels), ("routes", fields.texts("routes"))):
            statements.update(statement for text in texts for statement in said(SOURCE, member, text))
        if fields.broken:
            return
        self._standards[iri] = frozenset(int(level) for level in levels if level.isdecimal()) or levels_in(title)
        record = Course(
            iri=iri,
            labels=english(title),
            codes=tuple(
                sorted(
                    {
                        *((Code("ifate", reference),) if reference else ()),
                        *((Code("lars", lars),) if lars not in ("", "0") else ()),
                    }
                )
            ),
            framework=NCS.iri,
            cost=cost,
            duration_days=round(months * DAYS_A_MONTH, 6).normalize() + 0 if months else None,
            statements=tuple(sorted(statements)),
        )
        yield Located(record=record, source=fields.at())

    def take_soc(self, fields: Fields) -> Iterator[Located]:
        """A unit group of SOC 2010."""
        code, text = fields.text("code", needed=True), fields.text("description")
        if not fields.broken:
            record = class_of_source(minted_iri("soc2010", code), code=code, label=text)
            yield Located(record=record, source=fields.at())

    def take_profile(self, fields: Fields) -> Iterator[Located]:
        """A role, its routes, its registrations and tasks."""
        slug, title = fields.text("slug", needed=True), fields.text("title", needed=True)
        if fields.broken:
            return
        iri = fields.subject = minted_iri(SOURCE, slug)
        source = fields.at()
        onet = tuple(code for code in fields.texts("onetCode") if code != NO_OCCUPATION)
        record = JobRole(
            iri=iri,
            labels=english(title),
            descriptions=english(fields.text("description")),
            codes=tuple(
                sorted(
                    {
                        Code(SOURCE, slug),
                        *(Code("soc2010", code) for code in fields.texts("soc2010")),
                    }
                )
            ),
            framework=NCS.iri,
            salary=_salary(fields.text("salaryStarterGBP"), fields.text("salaryExperiencedGBP")),
            url=f"{PAGE}{minted_iri('', slug).rpartition('/')[2]}",
            statements=tuple(sorted({*self._kept(fields), *fields.besides(SOURCE, _PROFILE)})),
        )
        yield Located(record=record, source=source)
        yield from self._align(iri, title, onet, source)
        yield from self._routes.take(fields, iri, title, slug)
        for index, text in enumerate(fields.texts("registrations")):
            target = self._name(Credential(
                iri=named_iri("registration", text), labels=english(text), framework=NCS.iri, kind="registration"
            ), fields.at("registrations", index))  # fmt: skip
            binding = bool(_BINDING.search(text)) and not _LOOSE.search(text)
            importance = Importance.MUST if binding else Importance.SHOULD
            yield self._ask(iri, target, importance, None, fields.at("registrations", index))
        for index, text in enumerate(dict.fromkeys(fields.texts("dayToDayTasks"))):
            target = self._name(Competency(
                iri=named_iri("task", text), labels=english(text), framework=NCS.iri, kind="task"
            ), fields.at("dayToDayTasks", index))  # fmt: skip
            yield self._ask(iri, target, Importance.SHOULD, None, fields.at("dayToDayTasks", index))

    def _kept(self, fields: Fields) -> Iterator[Statement]:
        for member in _KEPT:
            value = fields.values.get(member)
            for each in value if isinstance(value, list) else [value]:
                yield from said(SOURCE, member, written(each))

    def _align(self, iri: str, title: str, codes: Sequence[str], source: Source) -> Iterator[Located]:
        """To the occupations that had the code in 2010, else to that which has it now; nothing where none is known."""
        if not codes:
            self._miss("none", title, source)
        for code in codes:
            self._by_onet.setdefault(code, []).append(iri)
            found: list[str] = []
            for system in ONET_CODES:
                iris = self._surroundings.find_by_code(system, code, (JobRole,))
                found = found or [each for each in iris if each.startswith(minted_iri("onet", ""))]
            for other in found:
                record = Alignment(
                    iri=derived_iri("alignment", iri, Relation.RELATED, other, NCS.iri),
                    subject=iri,
                    object=other,
                    relation=Relation.RELATED,
                    method="stated",
                    source=NCS.iri,
                )
                yield Located(record=record, source=source)

    def _miss(self, what: str, example: str, source: Source) -> None:
        self._without[what] += 1
        self._example.setdefault(what, (example, source))

    def _name(self, record: Competency | Credential, source: Source) -> str:
        self._named.setdefault(record.iri, Located(record=record, source=source))
        return record.iri

    def _ask(self, owner: str, target: str, importance: Importance, value: float | None, source: Source) -> Located:
        record = Requirement(
            iri=derived_iri("requirement", owner, None, None, target),
            owner=owner,
            target=target,
            importance=importance,
            importance_value=value,
        )
        return Located(record=record, source=source)

    def shared(self) -> Iterator[Located]:
        """What several profiles name, each once."""
        yield from self._named.values()
        yield from self._routes.shared()

    def take_ranks(self, document: Document) -> Iterator[Located | Finding]:
        """A skill for each name, and a graded requirement of each profile that has the O*NET code."""
        seen: dict[tuple[str, str], str] = {}
        skills: set[str] = set()
        for row in read_rows(document, required=RANKS.required):
            if isinstance(row, Finding):
                yield row
                continue
            fault = _rank_fault(row)
            key = (row.get("onetCode"), folded_name := named_iri("skill", row.get("skill")))
            if fault:
                yield from fault
            elif key in seen:
                if seen[key] != row.get("rank"):
                    yield _rank_finding(row, f"the skill {row.get('skill')!r} has the rank {seen[key]} before")
            else:
                seen[key] = row.get("rank")
                if folded_name not in skills:
                    skills.add(folded_name)
                    record = Competency(
                        iri=folded_name,
                        labels=english(row.get("skill")),
                        framework=NCS.iri,
                        kind="skill",
                        statements=said_besides(SOURCE, row, RANKS.columns),
                    )
                    yield Located(record=record, source=row.source)
                yield from self._rank(row, folded_name)

    def _rank(self, row: Row, skill: str) -> Iterator[Located]:
        code = row.get("onetCode")
        owners = self._by_onet.get(code, ())
        if not owners:
            self._miss("rank", code, row.source)
        value = round(float(read_number(row.get("rank"))) / HIGHEST_RANK, 6)
        for owner in owners:
            yield self._ask(owner, skill, Importance.SHOULD, value, row.source)

    def remarks(self) -> Iterator[Finding]:
        """What leads nowhere, each sort once with its number."""
        words = {
            "none": ("ncs.no-occupation", "profiles have no O*NET occupation ({code})", "Nothing to do: NCS has none."),
            "rank": (
                "ncs.unused-rank",
                "ranks are of O*NET codes that no profile has",
                "Load the job profiles together with the ranks.",
            ),
        }
        for what, (code, words_of, fix) in words.items():
            if number := self._without[what]:
                example, source = self._example[what]
                yield Finding(
                    level=FindingLevel.SHOULD,
                    code=code,
                    message=f"{number} {words_of.format(code=NO_OCCUPATION)}, such as {example}.",
                    source=source,
                    fix=fix,
                )


def _salary(starter: str, experienced: str) -> Salary | None:
    """What a beginner and what somebody experienced earns in a year; None where both vary."""
    amounts: list[int | None] = []
    for text in (starter, experienced):
        try:
            amounts.append(read_money(text, "GBP").minor_units)
        except ValueError:  # `variable`
            amounts.append(None)
    least, most = amounts
    if (least is None and most is None) or (least is not None and most is not None and least > most):
        return None
    return Salary("GBP", least, most, PayPeriod.YEAR)


def _rank_fault(row: Row) -> list[Finding]:
    if gaps := find_gaps(row, RANKS.required):
        return gaps
    try:
        rank = read_number(row.get("rank"))
    except ValueError:
        rank = Decimal(-1)
    if not 0 <= rank <= HIGHEST_RANK:
        return [_rank_finding(row, f"a number from 0 to {HIGHEST_RANK} is expected", FindingLevel.MUST)]
    if not is_onet_code(row.get("onetCode")):
        return [
            Finding(
                level=FindingLevel.MUST,
                code="onet.bad-code",
                message=f"{row.get('onetCode')!r} is not an O*NET-SOC code such as 15-1212.00.",
                source=row.at("onetCode"),
                fix="Write two digits, a hyphen, four digits, a point, two digits.",
            )
        ]
    return []


def _rank_finding(row: Row, what: str, level: FindingLevel = FindingLevel.SHOULD) -> Finding:
    return Finding(
        level=level,
        code="ncs.bad-rank",
        message=f"`rank` has {row.get('rank')!r}, but {what}.",
        source=row.at("rank"),
        fix=f"Write one number from 0 to {HIGHEST_RANK} for each skill of an occupation.",
    )


FORMAT: Final = Format(
    name="ncs",
    fit=fit_ncs,
    read=lambda documents, context: read_ncs(documents, surroundings=context.surroundings),
)
