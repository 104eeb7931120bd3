"""From a path to records: opens the source, finds the reader of each document, reads what describes before what joins.

Knows the formats by their content and the order in which they are read; the records are the readers' matter. Called by
whoever loads or checks a source.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ontology.documents import DATA_SUFFIXES, Document, open_source, read_header
from ontology.errors import InputError
from ontology.fetching import Fetcher
from ontology.harvest import address_name, harvest
from ontology.model import UNDETERMINED, Finding, FindingLevel, Located, Source

from . import (
    alignment_tables,
    case,
    cip,
    crosswalk,
    ctdl,
    dcwf,
    digcomp,
    dod8140,
    esco,
    headwater,
    jdx,
    ler_rs,
    mapping_sets,
    ncs,
    nice,
    nice_2017,
    onet,
    overlay_file,
    schema_org,
    skos,
    tables,
)
from .both_forms import RDF_FORMAT, TABLES_FORMAT, keep_first
from .bounds import bounded
from .detection import Fit, ReadContext
from .evaluation_sets import describe_evaluation_sets, find_evaluation_set
from .surroundings import KnownCodes, Nothing, Surroundings
from .tables import TABLE_FILES


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A source that is being read. `items` can be gone through once; documents are parsed as it goes on."""

    name: str
    """The folder's or file's name without suffixes: the dataset's, where nobody gives one."""
    format: str
    """Formats found, in the order in which they are read, joined by `+`; empty where no document has a reader."""
    items: Iterator[Located | Finding]
    dataset: str | None = None
    """Name of the dataset, where the source itself says that it is an export of it."""
    alone: bool = False
    """Whether another reading of the same documents, for a dataset of another name, would give the same."""
    originals: tuple[Document, ...] = ()
    """Documents of formats that are kept as they were beside what was read from them."""


_FORMATS: Final = (
    headwater.FORMAT,
    esco.FORMAT,
    skos.FORMAT,
    case.FORMAT,
    ctdl.FORMAT,
    nice.FORMAT,
    nice_2017.FORMAT,
    dcwf.FORMAT,
    onet.FORMAT,
    tables.FORMAT,
    schema_org.FORMAT,
    jdx.FORMAT,
    ler_rs.FORMAT,
    digcomp.FORMAT,
    ncs.FORMAT,
    dod8140.FORMAT,
    crosswalk.FORMAT,
    alignment_tables.FORMAT,
    mapping_sets.FORMAT,
    cip.FORMAT,
    overlay_file.FORMAT,
)
"""In the order in which they are read: what describes things first, then what joins them."""

FORMATS: Final = tuple(each.name for each in _FORMATS)


def read_source(
    path: Path | str,
    *,
    format: str | None = None,  # noqa: A002  the option's name on the command line
    language: str = UNDETERMINED,
    surroundings: Surroundings | None = None,
    dataset: str | None = None,
    fetcher: Fetcher | None = None,
    opened: Sequence[Document | Finding] | None = None,
) -> Reading:
    """The records and findings of a file, folder or archive.

    Args:
        path: where it is; a text is an address, `https://…`, of a CASE server or of a file.
        format: one of `FORMATS` for all documents; found by their content where it is not given.
        language: BCP 47 tag of texts whose source does not say.
        dataset: name of the dataset that is read into; the source's name where it is not given.
        fetcher: fetches what is at an address; nothing is fetched where it is not given.
        opened: what the gate gave for the path, where it was opened already; an address is not asked again.

    Raises:
        InputError: there is nothing at the path, or no such format; the address may not be asked.
        FetchError: the address does not answer.
    """
    if format is not None and format not in FORMATS:
        raise InputError(
            f"There is no format {format!r}.", code="input.unknown-format", hint=f"Formats: {', '.join(FORMATS)}."
        )
    if opened is None:
        opened = list(open_source(path) if isinstance(path, Path) else harvest(path, fetcher or Fetcher()))
    named = len(opened) == 1 and (isinstance(path, str) or path.is_file())
    findings = [item for item in opened if isinstance(item, Finding)]
    documents: dict[str, list[Document]] = {name: [] for name in FORMATS}
    evaluated: list[tuple[str, Document]] = []
    for document in opened:
        if isinstance(document, Document):
            name = format if format is not None and named else _find_format(document, format)
            if name is not None:
                documents[name].append(document)
            elif (evaluation := find_evaluation_set(document)) is not None:
                evaluated.append((evaluation, document))
            else:
                findings.append(_unread(document, named=named))
    level = FindingLevel.SHOULD if any(documents.values()) else FindingLevel.MUST
    findings.extend(describe_evaluation_sets(evaluated, level=level))
    context = ReadContext(
        language=language,
        surroundings=KnownCodes(surroundings or Nothing()),
        dataset=dataset or dataset_name(path),
    )
    exported = _exported(documents)
    return Reading(
        name=dataset_name(path),
        format=exported[1] if exported else "+".join(name for name in FORMATS if documents[name]),
        dataset=exported[0] if exported else None,
        alone=all(each.alone for each in _FORMATS if documents[each.name]),
        items=bounded(_read(findings, documents, context)),
        originals=tuple(document for each in _FORMATS if each.keeps_originals for document in documents[each.name]),
    )


def _read(
    findings: Sequence[Finding], documents: dict[str, list[Document]], context: ReadContext
) -> Iterator[Located | Finding]:
    yield from findings
    assert isinstance(context.surroundings, KnownCodes)
    described: set[str] = set()
    both = bool(documents[TABLES_FORMAT] and documents[RDF_FORMAT])
    for each in _FORMATS:
        if documents[each.name]:
            items = each.read(documents[each.name], context)
            for item in keep_first(each.name, items, described) if both else items:
                if isinstance(item, Located):
                    context.surroundings.add(item.record)
                yield item
            for document in documents[each.name]:
                yield from document.remarks


def _exported(documents: dict[str, list[Document]]) -> tuple[str, str] | None:
    """(name, format) of the one dataset that the source is an export of; None where it is anything else."""
    own = documents[headwater.OWN_FORMAT]
    if not own or any(found for name, found in documents.items() if name != headwater.OWN_FORMAT):
        return None
    stated = {headwater.exported_dataset(document) for document in own}
    return stated.pop() if len(stated) == 1 else None


def _find_format(document: Document, wanted: str | None) -> str | None:
    """The first format that fits exactly, else the first for which the document seems meant."""
    near = None
    for each in _FORMATS:
        fit = each.fit(document) if wanted in (None, each.name) else Fit.NONE
        if fit is Fit.EXACT:
            return each.name
        near = each.name if fit is Fit.NEAR and near is None else near
    if near is None and wanted is None and document.basename.casefold() in TABLE_FILES:
        return (
            "tables"  # its name is one of Tables and nobody else knows its header: a header to mend, not a stray file
        )
    return near


def _unread(document: Document, *, named: bool) -> Finding:
    level = FindingLevel.MUST if named else FindingLevel.SHOULD
    header = ", ".join(read_header(document)[:6])[:120]
    return Finding(
        level=level,
        code="reader.unknown-file",
        message=f"No reader knows {document.name}; it begins with: {header}",
        source=Source(file=document.name, line=1),
        fix=f"Give --format where it is one of {', '.join(FORMATS)}; otherwise leave the file out.",
    )


def dataset_name(path: Path | str) -> str:
    """The folder's name, or the file's without the suffixes of data and archives; of an address its last part."""
    name = path.resolve().name if isinstance(path, Path) else address_name(path)
    if isinstance(path, Path) and path.is_dir():
        return name
    stem = re.sub(r"\.(gz|zip)$", "", name, flags=re.IGNORECASE)
    stem = stem if Path(stem).suffix.lower() not in DATA_SUFFIXES else Path(stem).stem
    return stem or name
