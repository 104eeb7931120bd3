"""Makes the tables of docs/standards.md: every sample and every data set, each in a fresh store, with what became of it.

`make standards` runs it over the reference folder that HEADWATER_REFERENCE names; nothing of the samples' own texts gets
into the page. Called by the tests too, which hold the page to what is read.
"""

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ontology.documents import Document, open_source
from ontology.model import Finding, FindingLevel, Located, Record
from ontology.readers import Reading, read_source
from ontology.validation import validate

PAGE: Final = Path(__file__).parents[1] / "docs" / "standards.md"
STANDARDS: Final = ("case", "ctdl", "esco", "onet", "jdx", "ler-rs", "schema-org")
BEGIN: Final = "<!-- From here on made by `make standards`. -->"
END: Final = "<!-- Up to here made by `make standards`. -->"
HEAD: Final = "| file | format | records | told | outcome |\n|---|---|---|---|---|"
_NAMES: Final = {"Unmapped": "kept as it is"}
_REASONS: Final = 2
"""Kinds of must-findings that are told in words; all are told by code."""
OF_THE_FOLDER: Final = "It tells of the folder and is no data."
REMARKS: Final = {
    "opensalt-USGrades.csv": "School grades in columns of OpenSALT's own, which no CASE document has.",
    "pathways/Badgr__EmpoweringTeachingExcellence_Badgr.json": "Badgr's own way to write a pathway, without any term of CTDL.",
    "French-B-A-Marketable-Skills.json": "Badgr's own way to write a pathway, without any term of CTDL.",
    "ict-occupations-with-skills.json": "JSON of a Python package, in none of the forms that ESCO publishes.",
    "ict-skills.json": "JSON of a Python package, in none of the forms that ESCO publishes.",
    "occupations-text-400.csv": "Numbered texts without IRI, label or relation.",
    "skills-text-1000.csv": "Numbered texts without IRI, label or relation.",
    "esco-padding.ttl": "It adds to ESCO and its ISCED-F groups, and loads where those are.",
    "SOURCES.md": OF_THE_FOLDER,
}
"""What a finding cannot know of a file that is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What reading and checking gave for a file, or for a file's part of a folder."""

    name: str
    format: str
    kinds: Counter[str]
    """Records read, by class."""
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        """Whether a must-finding refuses it."""
        return any(finding.level is FindingLevel.MUST for finding in self.findings)

    @property
    def told(self) -> Counter[tuple[str, str]]:
        """(level, code) of the findings, with their numbers."""
        return Counter((finding.level.value, finding.code) for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetOutcome:
    """What became of a data set."""

    whole: Outcome
    files: tuple[Outcome, ...]
    """By name: what the reading of the folder says of each, or, where that is refused, each read by itself."""
    records: tuple[Record, ...]
    """What a load keeps, by IRI."""


def samples_of(reference: Path, standard: str) -> list[Path]:
    """The files beside and below `samples` of a standard, by name."""
    return sorted(path for path in (reference / "standards" / standard / "samples").rglob("*") if path.is_file())


def sets_of(reference: Path) -> list[Path]:
    """The folders of data."""
    return sorted(path for path in (reference / "data").iterdir() if path.is_dir())


def files_of(folder: Path) -> list[str]:
    """The files of a data set as they are called once unpacked."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix().removesuffix(".gz") for path in paths)


def read_sample(path: Path, name: str) -> Outcome:
    """A file read and checked where nothing else is known."""
    return _read(read_source(path), name)[0]


def read_set(folder: Path) -> SetOutcome:
    """A folder read and checked as one release of an empty store."""
    opened = list(open_source(folder))
    whole, items, records = _read(read_source(folder, opened=opened), folder.name)
    documents = [each for each in opened if isinstance(each, Document)]
    if whole.blocked:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        files = [read_sample(path, path.relative_to(folder).as_posix().removesuffix(".gz")) for path in paths]
    else:
        files = [_part(each, read_source(folder, opened=[each]).format, items, whole.findings) for each in documents]
        told = {finding.source.file for finding in opened if isinstance(finding, Finding) and finding.source}
        files.extend(
            _part(Document(name=name, data=b""), "", items, whole.findings)
            for name in sorted(told - {each.name for each in documents})
        )
    return SetOutcome(whole=whole, files=tuple(sorted(files, key=lambda each: each.name)), records=records)


def _read(reading: Reading, name: str) -> tuple[Outcome, Counter[tuple[str, str]], tuple[Record, ...]]:
    """(the outcome, records by file and class, what a load keeps)."""
    told: list[Finding] = []
    by_file: Counter[tuple[str, str]] = Counter()

    def located() -> Iterator[Located]:
        for item in reading.items:
            if isinstance(item, Finding):
                told.append(item)
            else:
                by_file[item.source.file, type(item.record).__name__] += 1
                yield item

    checked = validate(located(), dataset=name)
    kinds: Counter[str] = Counter()
    for (_, kind), number in by_file.items():
        kinds[kind] += number
    outcome = Outcome(name=name, format=reading.format, kinds=kinds, findings=(*told, *checked.findings))
    return outcome, by_file, checked.records


def _part(document: Document, found: str, items: Counter[tuple[str, str]], findings: Sequence[Finding]) -> Outcome:
    return Outcome(
        name=document.name,
        format=found,
        kinds=Counter({kind: number for (file, kind), number in items.items() if file == document.name}),
        findings=tuple(each for each in findings if each.source is not None and each.source.file == document.name),
    )


def row(outcome: Outcome, words: str | None = None) -> str:
    """A line of the table; with `words` for its last cell, where others tell the outcome already."""
    kinds = ", ".join(f"{_NAMES.get(kind, kind)} {number:,}" for kind, number in sorted(outcome.kinds.items()))
    told = ", ".join(
        f"{level} `{code}`{f' ({number:,} times)' if number > 1 else ''}"
        for (level, code), number in sorted(outcome.told.items())
    )
    cells = (f"`{outcome.name}`", outcome.format or "-", kinds or "-", told or "-", words or _words(outcome))
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _words(outcome: Outcome) -> str:
    codes = {finding.code for finding in outcome.findings}
    if not outcome.blocked:
        passed = not outcome.format and "reader.unknown-file" in codes
        return f"passed over: {REMARKS.get(outcome.name, 'no reader knows it.')}" if passed else "loads"
    reasons: dict[str, str] = {}
    for finding in outcome.findings:
        if finding.level is FindingLevel.MUST:
            reasons.setdefault(finding.code, _reason(finding))
    remark = (REMARKS[outcome.name],) if outcome.name in REMARKS else ()
    return "refused: " + " ".join([*[*reasons.values()][:_REASONS], *remark])


def _reason(finding: Finding) -> str:
    """A finding in its own words, without what it quotes of a label or of the begin of a file."""
    said = finding.message
    if finding.source is not None:
        said = said.replace(finding.source.file, "the file")
    said = re.sub(r"'[^']*…?' (?=<)", "", said)
    said = re.sub(r"; it begins with: .*", ".", said, flags=re.DOTALL)
    place = ""
    if finding.source is not None and finding.source.pointer is not None:
        place = f" At `{finding.source.pointer or '/'}`."
    elif finding.source is not None and finding.source.line is not None and f"line {finding.source.line}" not in said:
        place = f" Line {finding.source.line}."
    return f"{said[:1].upper()}{said[1:]}".replace("\n", " ") + place


def sample_section(reference: Path, standard: str) -> str:
    """The table of one standard's samples."""
    folder = reference / "standards" / standard / "samples"
    outcomes = [read_sample(path, path.relative_to(folder).as_posix()) for path in samples_of(reference, standard)]
    refused = sum(each.blocked for each in outcomes)
    title = f"### standards/{standard}\n\n{len(outcomes)} files: {len(outcomes) - refused} load, {refused} are refused."
    return "\n".join([title, "", HEAD, *map(row, outcomes)])


def set_section(found: SetOutcome) -> str:
    """The table of one data set: the folder, then its files."""
    whole = found.whole
    how = "each file by itself:" if whole.blocked else "its files:"
    title = f"### data/{whole.name}\n\n{len(found.files)} files. The folder as one load, then {how}"
    same = [_musts(each) == _musts(whole) for each in found.files]
    rows = [
        row(each, "refused as the folder is" if as_whole and whole.blocked else None)
        for each, as_whole in zip(found.files, same, strict=True)
    ]
    return "\n".join([title, "", HEAD, row(whole), *rows])


def _musts(outcome: Outcome) -> set[str]:
    return {finding.code for finding in outcome.findings if finding.level is FindingLevel.MUST}


def sections(reference: Path) -> Iterator[str]:
    """All that is made."""
    yield "## Samples of standards"
    for standard in STANDARDS:
        yield sample_section(reference, standard)
    yield "## Data sets"
    for folder in sets_of(reference):
        yield set_section(read_set(folder))


def put_into(page: str, made: Iterable[str]) -> str:
    """The page with what is made between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n" + "\n\n".join(made) + f"\n\n{END}{after}"


def main() -> int:
    """0; the page is made anew. 2 where HEADWATER_REFERENCE names no folder."""
    reference = Path(os.environ.get("HEADWATER_REFERENCE", ""))
    if not (reference / "standards").is_dir():
        sys.stderr.write("Set HEADWATER_REFERENCE to the folder that has standards/ and data/.\n")
        return 2
    PAGE.write_text(put_into(PAGE.read_text("utf-8"), sections(reference)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
