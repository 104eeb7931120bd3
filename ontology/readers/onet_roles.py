"""O*NET's occupations: a JobRole each, with all that the tables say of it, and what became of the codes of 2010.

A code of 2010 that is none any more and has one successor is a superseded JobRole that leads to it; one that was split
is a code `onetsoc2010` on each of its successors, so that a reference by it names them all. Called by `onet`.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from ontology.documents import Row
from ontology.model import (
    Code,
    Finding,
    FindingLevel,
    JobRole,
    Located,
    Source,
    Statement,
    Text,
    sorted_texts,
)
from ontology.terms import SKOS

from .gathered import Gathered
from .onet_tables import ALTERNATE_TITLES, CODE, JOB_ZONES, OCCUPATIONS, RELATED, REPORTED_TITLES
from .onet_things import find_faults, kept_row
from .sources import ENGLISH, ONET, english, minted_iri, said, said_besides
from .surroundings import Surroundings
from .tally import Tally

SYSTEM: Final = "onetsoc"
SYSTEM_2010: Final = "onetsoc2010"
_ALTERNATIVE, _KEPT = "a", "k"


class Roles:
    """The occupations that the tables describe or name."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._gathered = Gathered()
        self._sources: dict[str, Source] = {}
        self._titles: dict[str, str] = {}
        self._described: dict[str, str] = {}
        self._iris: dict[str, str] = {}
        self._moves: dict[str, dict[str, tuple[str, Row]]] = defaultdict(dict)
        self.unlisted = Tally(
            code="onet.unlisted-occupation",
            what="occupations have rows here, and no table describes them",
            fix="Load Occupation Data together with these tables.",
        )

    def mention(self, row: Row, code: str) -> str:
        """The IRI of an occupation that a row is about, which is then known."""
        iri = self._iris.get(code)
        if iri is None:
            iri = self._iris[code] = minted_iri("onet", code)
            self._sources[code] = row.source
            self._titles[code] = row.get("Title")
        return iri

    def iri(self, code: str) -> str:
        """The IRI of an occupation that was mentioned."""
        return self._iris[code]

    def keep(self, code: str, statement: Statement) -> None:
        """Adds a statement that no field holds."""
        self._gathered.say(code, _KEPT, statement[1], statement[0])

    def read_occupation(self, row: Row) -> Iterator[Finding]:
        """Takes a row of Occupation Data."""
        if faults := find_faults(row, (CODE, "Title")):
            yield from faults
            return
        code, words = row.get(CODE), row.get("Description")
        if code in self._described:
            yield self._described_again(code, row)
            return
        self.mention(row, code)
        self._described[code] = words
        self._sources[code] = row.source
        self._titles[code] = row.get("Title")
        for statement in (
            *said("onet", "Job Zone", row.get("Job Zone")),
            *said_besides("onet", row, OCCUPATIONS.columns),
        ):
            self.keep(code, statement)

    def _described_again(self, code: str, row: Row) -> Finding:
        same = (self._titles[code], self._described[code]) == (row.get("Title"), row.get("Description"))
        return Finding(
            level=FindingLevel.SHOULD if same else FindingLevel.MUST,
            code="identity.duplicate" if same else "identity.conflict",
            message=f"Got the occupation {code} again {'as' if same else 'in other words than'} in "
            f"{self._sources[code].file}, line {self._sources[code].line}, expected one description.",
            subject=self._iris[code],
            source=row.source,
            fix="Describe it once.",
        )

    def read_title(self, row: Row) -> Iterator[Finding]:
        """Takes a row of Alternate Titles or Sample of Reported Titles: another label, and what is said of it."""
        alternate = "Alternate Title" in row.cells
        table = ALTERNATE_TITLES if alternate else REPORTED_TITLES
        if faults := find_faults(row, table.required):
            yield from faults
            return
        code = row.get(CODE)
        self.mention(row, code)
        for column in ("Alternate Title", "Short Title") if alternate else ("Reported Job Title",):
            if row.get(column).casefold() != "n/a":
                self._gathered.say(code, _ALTERNATIVE, row.get(column))
        self.keep(code, kept_row(table.name, row))

    def read_job_zone(self, row: Row) -> Iterator[Finding]:
        """Takes a row of Job Zones."""
        if faults := find_faults(row, JOB_ZONES.required):
            yield from faults
            return
        code = row.get(CODE)
        self.mention(row, code)
        for statement in said("onet", "Job Zone", row.get("Job Zone")):
            self.keep(code, statement)
        self.keep(code, kept_row(JOB_ZONES.name, row))

    def read_related(self, row: Row) -> Iterator[Finding]:
        """Takes a row of Related Occupations: both are of one framework, so it is a statement and no alignment."""
        if faults := find_faults(row, RELATED.required, RELATED.required):
            yield from faults
            return
        code = row.get(CODE)
        self.mention(row, code)
        self.keep(code, (f"{SKOS}related", f"<{minted_iri('onet', row.get('Related O*NET-SOC Code'))}>"))
        self.keep(code, kept_row(RELATED.name, row, ("Related Title",)))

    def read_kept(self, row: Row, name: str) -> Iterator[Finding]:
        """Takes a row of a table that has no mapping."""
        if faults := find_faults(row, (CODE,)):
            yield from faults
            return
        self.mention(row, row.get(CODE))
        self.keep(row.get(CODE), kept_row(name, row))

    def read_move(self, row: Row, columns: tuple[str, ...]) -> Iterator[Finding]:
        """Takes a row of the table from 2010 to 2019; `columns`: both codes, then both titles."""
        old_column, new_column, *_ = columns
        if faults := find_faults(row, (old_column, new_column), (old_column, new_column)):
            yield from faults
            return
        old, new, old_title, new_title = map(row.get, columns)
        self._moves[old][new] = (old_title, row)
        self.mention(row, new)
        self._titles[new] = self._titles[new] or new_title
        if (old, old_title) != (new, new_title):
            self.keep(new, kept_row("2010 to 2019", row, (new_column, columns[3])))

    def records(self) -> Iterator[Located]:
        """Occupations in the order in which they were named, then the superseded ones."""
        former: dict[str, set[str]] = defaultdict(set)
        for old, moves in self._moves.items():
            if old not in self._sources:
                for new in moves:
                    former[new].add(old)
        for code, source in self._sources.items():
            if code not in self._described:
                if self._surroundings.find_by_code(SYSTEM, code, (JobRole,)):
                    continue
                self.unlisted.add(code, source)
            yield Located(record=self._role(code, former[code]), source=source)
        for old, moves in self._moves.items():
            if old not in self._sources and len(moves) == 1:
                ((new, (title, row)),) = moves.items()
                yield Located(record=_superseded(old, title, new), source=row.source)

    def _role(self, code: str, former: set[str]) -> JobRole:
        alternatives: list[Text] = []
        statements: set[Statement] = set()
        for what, value, extra in self._gathered.read(code):
            if what == _ALTERNATIVE:
                alternatives.append(Text(value, ENGLISH))
            else:
                statements.add((extra, value))
        return JobRole(
            iri=self._iris[code],
            labels=english(self._titles[code]),
            alternative_labels=sorted_texts(alternatives),
            descriptions=english(self._described.get(code, "")),
            codes=(Code(SYSTEM, code), *(Code(SYSTEM_2010, old) for old in sorted(former)), Code("soc", code[:7])),
            framework=ONET.iri,
            statements=tuple(sorted(statements)),
        )


def _superseded(code: str, title: str, successor: str) -> JobRole:
    return JobRole(
        iri=minted_iri("onet", code),
        labels=english(title),
        codes=(Code(SYSTEM, code),),
        framework=ONET.iri,
        replaced_by=minted_iri("onet", successor),
    )
