"""O*NET-SOC occupations: each is a JobRole with its O*NET-SOC code and the SOC code that it refines.

Source: O*NET database, table Occupation Data; a column `Job Zone` may have been joined to it.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from ontology.documents import Document, Row, read_rows
from ontology.model import Code, Finding, FindingLevel, JobRole, Located, Source

from .detection import Format, Table, table_fit
from .sources import ONET, english, find_gaps, is_onet_code, minted_iri, said, said_besides

OCCUPATIONS: Final = Table(
    name="occupations",
    required=("O*NET-SOC Code", "Title", "Description"),
    optional=("Job Zone",),
    file_names=("occupation_data.csv", "onet_occupations.csv"),
)
TABLES: Final = (OCCUPATIONS,)


def read_onet(documents: Sequence[Document]) -> Iterator[Located | Finding]:
    """The framework, then the occupations in the order of the files."""
    if documents:
        yield Located(record=ONET, source=Source(file=documents[0].name))
    for document in documents:
        for row in read_rows(document, required=OCCUPATIONS.required, optional=OCCUPATIONS.optional):
            yield from [row] if isinstance(row, Finding) else _read_row(row)


def _read_row(row: Row) -> Iterator[Located | Finding]:
    code = row.get("O*NET-SOC Code")
    if gaps := find_gaps(row, ("O*NET-SOC Code", "Title")):
        yield from gaps
    elif not is_onet_code(code):
        yield Finding(
            level=FindingLevel.MUST,
            code="onet.bad-code",
            message=f"{code!r} is not an O*NET-SOC code such as 15-1212.00.",
            source=row.at("O*NET-SOC Code"),
            fix="Write two digits, a hyphen, four digits, a point, two digits.",
        )
    else:
        record = JobRole(
            iri=minted_iri("onet", code),
            labels=english(row.get("Title")),
            descriptions=english(row.get("Description")),
            codes=(Code("onetsoc", code), Code("soc", code[:7])),
            framework=ONET.iri,
            statements=tuple(
                sorted(
                    {
                        *said("onet", "Job Zone", row.get("Job Zone")),
                        *said_besides("onet", row, OCCUPATIONS.columns),
                    }
                )
            ),
        )
        yield Located(record=record, source=row.source)


FORMAT: Final = Format(name="onet", fit=table_fit(TABLES), read=lambda documents, _: read_onet(documents))
