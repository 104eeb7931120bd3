"""What reading the files of this folder gives; an analyst known by OPM 511, SOC 15-1212 and ESCO 2512.4 is around."""

from ontology.model import Code, JobRole, Record, Text
from ontology.readers.sources import ONET

RECORDS: list[tuple[Record, str, int | None]] = [
    (ONET, "occupation_data.csv", None),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/onet/15-1212.00",
            labels=(Text("Information Security Analysts", "en"),),
            descriptions=(Text("Plan security measures.", "en"),),
            codes=(Code("onetsoc", "15-1212.00"), Code("soc", "15-1212")),
            framework="https://w3id.org/headwater/id/onet",
            statements=(("https://w3id.org/headwater/id/onet/term/Job%20Zone", '"4"'),),
        ),
        "occupation_data.csv",
        2,
    ),
    (
        JobRole(
            iri="https://w3id.org/headwater/id/onet/11-9199.00",
            labels=(Text("Managers, All Other", "en"),),
            descriptions=(Text("All managers not listed separately.", "en"),),
            codes=(Code("onetsoc", "11-9199.00"), Code("soc", "11-9199")),
            framework="https://w3id.org/headwater/id/onet",
        ),
        "occupation_data.csv",
        3,
    ),
]
FINDINGS: list[tuple[str, str, str, int | None, str | None]] = []
