"""What reading the files of this folder gives: records and findings with file and pointer. The framework is invented."""

import json

from ontology.model import (
    Alignment,
    Code,
    Competency,
    Framework,
    Level,
    Record,
    Relation,
    Scale,
    ScaleLevel,
    Text,
    Unmapped,
)

CASE = "https://purl.imsglobal.org/spec/case/vocab#"
TERM = "https://w3id.org/headwater/id/case/term/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"


def term(value: object) -> str:
    """A string as plain literal, anything else as JSON."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"{json.dumps(text, ensure_ascii=False)}^^<{RDF}JSON>"


def said(
    kind: str,
    properties: dict[str, object],
    *,
    absent: str | None = None,
    document: str | None = None,
    package: object = None,
) -> tuple[tuple[str, str], ...]:
    """The statements of an entity: its kind, the properties that no field holds, and where it stands."""
    found = {(f"{RDF}type", f"<{CASE}{kind}>"), *((CASE + name, term(value)) for name, value in properties.items())}
    if absent:
        found.add((f"{TERM}absent", term(absent)))
    if document:
        found.add((f"{TERM}document", f"<{document}>"))
    if package is not None:
        found.add((f"{TERM}package", term(package)))
    return tuple(sorted(found))


RECORDS: list[tuple[Record, str, str]] = [
    (
        Framework(
            iri="https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
            labels=(Text("Small boats, first edition", "und"),),
            codes=(Code("case", "d0000000-0000-0000-0000-000000000001"),),
            attribution="Harbour College (invented)",
            statements=said(
                "CFDocument",
                {
                    "CFPackageURI": {
                        "identifier": "d0000000-0000-0000-0000-000000000001",
                        "title": "Small boats, first edition",
                        "uri": "https://case.example.com/ims/case/v1p0/CFPackages/d0000000-0000-0000-0000-000000000001",
                    },
                    "creator": "Harbour College (invented)",
                    "lastChangeDateTime": "2017-09-22T23:13:54+00:00",
                    "licenseURI": None,
                    "statusStartDate": "2017-01-01T00:00:00+00:00",
                    "subject": "Seamanship",
                },
                package={"CFAssociations": [], "CFDefinitions": {"CFItemTypes": [], "CFLicenses": []}, "CFItems": []},
            ),
        ),
        "documents.json",
        "/CFDocuments/0",
    ),
    (
        Framework(
            iri="https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
            labels=(Text("Small boats, first edition", "und"),),
            codes=(Code("case", "d0000000-0000-0000-0000-000000000001"),),
            attribution="Harbour College (invented)",
            statements=said(
                "CFDocument",
                {
                    "CFPackageURI": {
                        "identifier": "d0000000-0000-0000-0000-000000000001",
                        "title": "Small boats, first edition",
                        "uri": "https://case.example.com/ims/case/v1p0/CFPackages/d0000000-0000-0000-0000-000000000001",
                    },
                    "creator": "Harbour College (invented)",
                    "lastChangeDateTime": "2017-09-22T23:13:54+00:00",
                    "licenseURI": None,
                    "statusStartDate": "2017-01-01T00:00:00+00:00",
                    "subject": "Seamanship",
                },
                package={"CFAssociations": [], "CFDefinitions": {"CFItemTypes": [], "CFLicenses": []}, "CFItems": []},
            ),
        ),
        "small-boats-1.0.json",
        "/CFPackage/CFDocument",
    ),
    (
        Competency(
            iri="https://case.example.com/ims/case/v1p0/CFItems/10000000-0000-0000-0000-000000000001",
            labels=(Text("Leaves the harbour", "und"),),
            codes=(Code("case", "10000000-0000-0000-0000-000000000001"), Code("case-code", "L")),
            framework="https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
            kind="Skill",
            statements=said(
                "CFItem",
                {
                    "CFDocumentURI": {
                        "identifier": "d0000000-0000-0000-0000-000000000001",
                        "title": "Small boats, first edition",
                        "uri": "https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
                    },
                    "conceptKeywords": None,
                    "educationLevel": "09",
                    "lastChangeDateTime": "2017-09-22T23:13:54+00:00",
                },
            ),
        ),
        "small-boats-1.0.json",
        "/CFPackage/CFItems/0",
    ),
    (
        Competency(
            iri="https://case.example.com/ims/case/v1p0/CFItems/10000000-0000-0000-0000-000000000002",
            labels=(Text("Asks for leave", "und"),),
            codes=(Code("case", "10000000-0000-0000-0000-000000000002"), Code("case-code", "L.1")),
            framework="https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
            broader=("https://case.example.com/ims/case/v1p0/CFItems/10000000-0000-0000-0000-000000000001",),
            statements=said(
                "CFItem",
                {
                    "CFDocumentURI": {
                        "identifier": "d0000000-0000-0000-0000-000000000001",
                        "title": "Small boats, first edition",
                        "uri": "https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
                    },
                    "colour": "red",
                },
            ),
        ),
        "small-boats-1.0.json",
        "/CFPackage/CFItems/1",
    ),
    (
        Competency(
            iri="https://w3id.org/headwater/id/case/no-uri",
            labels=(Text("Waves", "und"),),
            codes=(Code("case", "no-uri"),),
            framework="https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
            statements=said("CFItem", {"lastChangeDateTime": "2017-09-22"}, absent="uri"),
        ),
        "small-boats-1.0.json",
        "/CFPackage/CFItems/2",
    ),
    (
        Unmapped(
            iri="https://case.example.com/ims/case/v1p0/CFAssociations/a0000000-0000-0000-0000-000000000001",
            statements=said(
                "CFAssociation",
                {
                    "CFAssociationGroupingURI": None,
                    "CFDocumentURI": {
                        "identifier": "d0000000-0000-0000-0000-000000000001",
                        "title": "Small boats, first edition",
                        "uri": "https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
                    },
                    "associationType": "isChildOf",
                    "destinationNodeURI": {
                        "identifier": "d0000000-0000-0000-0000-000000000001",
                        "title": "Small boats, first edition",
                        "uri": "https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
                    },
                    "identifier": "a0000000-0000-0000-0000-000000000001",
                    "lastChangeDateTime": "2017-09-22T23:13:54+00:00",
                    "originNodeURI": {
                        "identifier": "10000000-0000-0000-0000-000000000001",
                        "title": "L",
                        "uri": "https://case.example.com/ims/case/v1p0/CFItems/10000000-0000-0000-0000-000000000001",
                    },
                    "sequenceNumber": 1,
                },
                document="https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
            ),
        ),
        "small-boats-1.0.json",
        "/CFPackage/CFAssociations/0",
    ),
    (
        Unmapped(
            iri="https://case.example.com/ims/case/v1p0/CFAssociations/a0000000-0000-0000-0000-000000000002",
            statements=said(
                "CFAssociation",
                {
                    "CFAssociationGroupingURI": None,
                    "CFDocumentURI": {
                        "identifier": "d0000000-0000-0000-0000-000000000001",
                        "title": "Small boats, first edition",
                        "uri": "https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
                    },
                    "associationType": "isChildOf",
                    "destinationNodeURI": {
                        "identifier": "10000000-0000-0000-0000-000000000001",
                        "title": "L",
                        "uri": "https://case.example.com/ims/case/v1p0/CFItems/10000000-0000-0000-0000-000000000001",
                    },
                    "identifier": "a0000000-0000-0000-0000-000000000002",
                    "lastChangeDateTime": "2017-09-22T23:13:54+00:00",
                    "originNodeURI": {
                        "identifier": "10000000-0000-0000-0000-000000000002",
                        "title": "L.1",
                        "uri": "https://case.example.com/ims/case/v1p0/CFItems/10000000-0000-0000-0000-000000000002",
                    },
                    "sequenceNumber": 2,
                },
                document="https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
            ),
        ),
        "small-boats-1.0.json",
        "/CFPackage/CFAssociations/1",
    ),
    (
        Alignment(
            iri="https://case.example.com/ims/case/v1p0/CFAssociations/a0000000-0000-0000-0000-000000000003",
            subject="https://case.example.com/ims/case/v1p0/CFItems/10000000-0000-0000-0000-000000000001",
            object="https://case.example.org/ims/case/v1p1/CFItems/00000011-0000-4000-8000-000000000001",
            relation=Relation.RELATED,
            method="stated",
            statements=said(
                "CFAssociation",
                {
                    "CFAssociationGroupingURI": None,
                    "CFDocumentURI": {
                        "identifier": "d0000000-0000-0000-0000-000000000001",
                        "title": "Small boats, first edition",
                        "uri": "https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
                    },
                    "associationType": "isRelatedTo",
                    "destinationNodeURI": {
                        "identifier": "00000011-0000-4000-8000-000000000001",
                        "title": "R",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000011-0000-4000-8000-000000000001",
                    },
                    "identifier": "a0000000-0000-0000-0000-000000000003",
                    "lastChangeDateTime": "2017-09-22T23:13:54+00:00",
                    "originNodeURI": {
                        "identifier": "10000000-0000-0000-0000-000000000001",
                        "title": "L",
                        "uri": "https://case.example.com/ims/case/v1p0/CFItems/10000000-0000-0000-0000-000000000001",
                    },
                    "sequenceNumber": 3,
                },
                document="https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
            ),
        ),
        "small-boats-1.0.json",
        "/CFPackage/CFAssociations/2",
    ),
    (
        Unmapped(
            iri="https://case.example.com/ims/case/v1p0/CFAssociations/a0000000-0000-0000-0000-000000000004",
            statements=said(
                "CFAssociation",
                {
                    "CFAssociationGroupingURI": None,
                    "CFDocumentURI": {
                        "identifier": "d0000000-0000-0000-0000-000000000001",
                        "title": "Small boats, first edition",
                        "uri": "https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
                    },
                    "associationType": "isChildOf",
                    "destinationNodeURI": {
                        "identifier": "gone",
                        "title": "gone",
                        "uri": "https://case.example.com/ims/case/v1p0/CFItems/gone",
                    },
                    "identifier": "a0000000-0000-0000-0000-000000000004",
                    "lastChangeDateTime": "2017-09-22T23:13:54+00:00",
                    "originNodeURI": {
                        "identifier": "10000000-0000-0000-0000-000000000002",
                        "title": "L.1",
                        "uri": "https://case.example.com/ims/case/v1p0/CFItems/10000000-0000-0000-0000-000000000002",
                    },
                    "sequenceNumber": 4,
                },
                document="https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
            ),
        ),
        "small-boats-1.0.json",
        "/CFPackage/CFAssociations/3",
    ),
    (
        Unmapped(
            iri="https://case.example.com/ims/case/v1p0/CFAssociations/a0000000-0000-0000-0000-000000000005",
            statements=said(
                "CFAssociation",
                {
                    "CFAssociationGroupingURI": None,
                    "CFDocumentURI": {
                        "identifier": "d0000000-0000-0000-0000-000000000001",
                        "title": "Small boats, first edition",
                        "uri": "https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
                    },
                    "associationType": "isLike",
                    "destinationNodeURI": {
                        "identifier": "10000000-0000-0000-0000-000000000002",
                        "title": "L.1",
                        "uri": "https://case.example.com/ims/case/v1p0/CFItems/10000000-0000-0000-0000-000000000002",
                    },
                    "identifier": "a0000000-0000-0000-0000-000000000005",
                    "lastChangeDateTime": "2017-09-22T23:13:54+00:00",
                    "originNodeURI": {
                        "identifier": "10000000-0000-0000-0000-000000000001",
                        "title": "L",
                        "uri": "https://case.example.com/ims/case/v1p0/CFItems/10000000-0000-0000-0000-000000000001",
                    },
                    "sequenceNumber": 5,
                },
                document="https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
            ),
        ),
        "small-boats-1.0.json",
        "/CFPackage/CFAssociations/4",
    ),
    (
        Unmapped(
            iri="https://case.example.com/ims/case/v1p0/CFItemTypes/10000000-0000-0000-0000-000000000009",
            statements=said(
                "CFItemType",
                {
                    "hierarchyCode": "1",
                    "identifier": "10000000-0000-0000-0000-000000000009",
                    "lastChangeDateTime": "2017-09-22T23:13:54+00:00",
                    "title": "Skill",
                    "typeCode": None,
                },
                document="https://case.example.com/ims/case/v1p0/CFDocuments/d0000000-0000-0000-0000-000000000001",
            ),
        ),
        "small-boats-1.0.json",
        "/CFPackage/CFDefinitions/CFItemTypes/0",
    ),
    (
        Framework(
            iri="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            labels=(Text("Small boats", "en"),),
            descriptions=(Text("What a skipper of a small boat can do. All of it is invented.", "en"),),
            codes=(Code("case", "00000001-0000-4000-8000-000000000001"),),
            url="https://case.example.org/small-boats",
            license="CC0-1.0",
            attribution="Harbour College (invented), Port of Nowhere (invented)",
            statements=said(
                "CFDocument",
                {
                    "adoptionStatus": "Draft",
                    "caseVersion": "1.1",
                    "creator": "Harbour College (invented)",
                    "extensions": {"example:colour": "blue"},
                    "frameworkType": "Competencies",
                    "language": "en",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "licenseURI": {
                        "identifier": "00000006-0000-4000-8000-000000000001",
                        "title": "CC0",
                        "uri": "https://case.example.org/ims/case/v1p1/CFLicenses/00000006-0000-4000-8000-000000000001",
                    },
                    "notes": "Made for tests.",
                    "officialSourceURL": "https://case.example.org/small-boats",
                    "publisher": "Port of Nowhere (invented)",
                    "statusEndDate": "2030-12-31",
                    "statusStartDate": "2026-01-01",
                    "subject": ["Seamanship"],
                    "subjectURI": [
                        {
                            "identifier": "00000003-0000-4000-8000-000000000001",
                            "title": "Seamanship",
                            "uri": "https://case.example.org/ims/case/v1p1/CFSubjects/00000003-0000-4000-8000-000000000001",
                        }
                    ],
                    "version": "3",
                },
                package={
                    "CFAssociations": [],
                    "CFDefinitions": {
                        "CFAssociationGroupings": [],
                        "CFConcepts": [],
                        "CFItemTypes": [],
                        "CFLicenses": [],
                        "CFSubjects": [],
                        "extensions": {"example:set": "harbour"},
                    },
                    "CFItems": [],
                    "CFRubrics": [],
                    "extensions": {"example:made": "by hand"},
                },
            ),
        ),
        "small-boats-1.1.json",
        "/CFDocument",
    ),
    (
        Competency(
            iri="https://case.example.org/ims/case/v1p1/CFItems/00000011-0000-4000-8000-000000000001",
            labels=(Text("Handles ropes", "en"),),
            codes=(Code("case", "00000011-0000-4000-8000-000000000001"), Code("case-code", "R")),
            framework="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            kind="Skill",
            statements=said(
                "CFItem",
                {
                    "CFItemTypeURI": {
                        "identifier": "00000002-0000-4000-8000-000000000001",
                        "title": "Skill",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItemTypes/00000002-0000-4000-8000-000000000001",
                    },
                    "language": "en",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "listEnumeration": "1",
                },
            ),
        ),
        "small-boats-1.1.json",
        "/CFItems/0",
    ),
    (
        Competency(
            iri="https://case.example.org/ims/case/v1p1/CFItems/00000012-0000-4000-8000-000000000001",
            labels=(Text(" Ties a bowline\xa0knot ", "en-GB"),),
            alternative_labels=(Text("Bowline", "en-GB"), Text("Bowline, by hand", "en-GB")),
            codes=(Code("case", "00000012-0000-4000-8000-000000000001"), Code("case-code", "R.1")),
            framework="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            kind="Skill",
            broader=("https://case.example.org/ims/case/v1p1/CFItems/00000011-0000-4000-8000-000000000001",),
            statements=said(
                "CFItem",
                {
                    "CFItemTypeURI": {
                        "identifier": "00000002-0000-4000-8000-000000000001",
                        "title": "Skill",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItemTypes/00000002-0000-4000-8000-000000000001",
                    },
                    "abbreviatedStatement": "Bowline, by hand",
                    "alternativeLabel": "Bowline",
                    "conceptKeywords": ["rope"],
                    "conceptKeywordsURI": {
                        "identifier": "00000005-0000-4000-8000-000000000001",
                        "title": "Rope",
                        "uri": "https://case.example.org/ims/case/v1p1/CFConcepts/00000005-0000-4000-8000-000000000001",
                    },
                    "educationLevel": ["09", "10"],
                    "extensions": {"example:hands": {"least": 1}},
                    "fullStatement": " Ties a bowline\xa0knot ",
                    "language": "en_GB",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "licenseURI": {
                        "identifier": "00000006-0000-4000-8000-000000000001",
                        "title": "CC0",
                        "uri": "https://case.example.org/ims/case/v1p1/CFLicenses/00000006-0000-4000-8000-000000000001",
                    },
                    "notes": "With one hand too.",
                    "statusEndDate": "2030-12-31",
                    "statusStartDate": "2026-01-01",
                    "subject": ["Knots"],
                    "subjectURI": [
                        {
                            "identifier": "00000004-0000-4000-8000-000000000001",
                            "title": "Knots",
                            "uri": "https://case.example.org/ims/case/v1p1/CFSubjects/00000004-0000-4000-8000-000000000001",
                        }
                    ],
                },
            ),
        ),
        "small-boats-1.1.json",
        "/CFItems/1",
    ),
    (
        Competency(
            iri="https://case.example.org/ims/case/v1p1/CFItems/00000013-0000-4000-8000-000000000001",
            labels=(Text("Ties a reef knot", "en"),),
            codes=(Code("case", "00000013-0000-4000-8000-000000000001"), Code("case-code", "R.2")),
            framework="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            broader=("https://case.example.org/ims/case/v1p1/CFItems/00000011-0000-4000-8000-000000000001",),
            statements=said("CFItem", {"lastChangeDateTime": "2026-03-01T08:00:00Z"}),
        ),
        "small-boats-1.1.json",
        "/CFItems/2",
    ),
    (
        Competency(
            iri="https://case.example.org/ims/case/v1p1/CFItems/00000014-0000-4000-8000-000000000001",
            labels=(Text("Ties a square knot", "en"),),
            codes=(Code("case", "00000014-0000-4000-8000-000000000001"), Code("case-code", "R.2 (old)")),
            framework="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            replaced_by="https://case.example.org/ims/case/v1p1/CFItems/00000013-0000-4000-8000-000000000001",
            statements=said("CFItem", {"lastChangeDateTime": "2026-03-01T08:00:00Z"}),
        ),
        "small-boats-1.1.json",
        "/CFItems/3",
    ),
    (
        Unmapped(
            iri="https://case.example.org/ims/case/v1p1/CFAssociations/00000021-0000-4000-8000-000000000001",
            statements=said(
                "CFAssociation",
                {
                    "associationType": "isChildOf",
                    "destinationNodeURI": {
                        "identifier": "00000001-0000-4000-8000-000000000001",
                        "title": "Small boats",
                        "uri": "https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
                    },
                    "identifier": "00000021-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "originNodeURI": {
                        "identifier": "00000011-0000-4000-8000-000000000001",
                        "title": "R",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000011-0000-4000-8000-000000000001",
                    },
                    "sequenceNumber": 1,
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFAssociations/0",
    ),
    (
        Unmapped(
            iri="https://case.example.org/ims/case/v1p1/CFAssociations/00000022-0000-4000-8000-000000000001",
            statements=said(
                "CFAssociation",
                {
                    "CFAssociationGroupingURI": {
                        "identifier": "00000007-0000-4000-8000-000000000001",
                        "title": "By exam",
                        "uri": "https://case.example.org/ims/case/v1p1/CFAssociationGroupings/00000007-0000-4000-8000-000000000001",
                    },
                    "associationType": "isChildOf",
                    "destinationNodeURI": {
                        "identifier": "00000011-0000-4000-8000-000000000001",
                        "title": "R",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000011-0000-4000-8000-000000000001",
                    },
                    "identifier": "00000022-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "notes": "First.",
                    "originNodeURI": {
                        "identifier": "00000012-0000-4000-8000-000000000001",
                        "title": "R.1",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000012-0000-4000-8000-000000000001",
                    },
                    "sequenceNumber": 1,
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFAssociations/1",
    ),
    (
        Unmapped(
            iri="https://case.example.org/ims/case/v1p1/CFAssociations/00000023-0000-4000-8000-000000000001",
            statements=said(
                "CFAssociation",
                {
                    "associationType": "isChildOf",
                    "destinationNodeURI": {
                        "identifier": "00000011-0000-4000-8000-000000000001",
                        "title": "R",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000011-0000-4000-8000-000000000001",
                    },
                    "identifier": "00000023-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "originNodeURI": {
                        "identifier": "00000013-0000-4000-8000-000000000001",
                        "title": "R.2",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000013-0000-4000-8000-000000000001",
                    },
                    "sequenceNumber": 2,
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFAssociations/2",
    ),
    (
        Unmapped(
            iri="https://case.example.org/ims/case/v1p1/CFAssociations/00000024-0000-4000-8000-000000000001",
            statements=said(
                "CFAssociation",
                {
                    "associationType": "replacedBy",
                    "destinationNodeURI": {
                        "identifier": "00000013-0000-4000-8000-000000000001",
                        "title": "R.2",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000013-0000-4000-8000-000000000001",
                    },
                    "identifier": "00000024-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "originNodeURI": {
                        "identifier": "00000014-0000-4000-8000-000000000001",
                        "title": "R.2 (old)",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000014-0000-4000-8000-000000000001",
                    },
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFAssociations/3",
    ),
    (
        Alignment(
            iri="https://case.example.org/ims/case/v1p1/CFAssociations/00000025-0000-4000-8000-000000000001",
            subject="https://case.example.org/ims/case/v1p1/CFItems/00000012-0000-4000-8000-000000000001",
            object="https://knots.example.org/bowline",
            relation=Relation.EXACT,
            method="stated",
            comment="The same knot.",
            statements=said(
                "CFAssociation",
                {
                    "associationType": "exactMatchOf",
                    "destinationNodeURI": {
                        "identifier": "knots/bowline",
                        "targetType": "ext:knots",
                        "title": "Bowline",
                        "uri": "https://knots.example.org/bowline",
                    },
                    "identifier": "00000025-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "notes": "The same knot.",
                    "originNodeURI": {
                        "identifier": "00000012-0000-4000-8000-000000000001",
                        "title": "R.1",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000012-0000-4000-8000-000000000001",
                    },
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFAssociations/4",
    ),
    (
        Alignment(
            iri="https://case.example.org/ims/case/v1p1/CFAssociations/00000026-0000-4000-8000-000000000001",
            subject="https://case.example.org/ims/case/v1p1/CFItems/00000012-0000-4000-8000-000000000001",
            object="https://case.example.org/ims/case/v1p1/CFItems/00000013-0000-4000-8000-000000000001",
            relation=Relation.RELATED,
            method="stated",
            statements=said(
                "CFAssociation",
                {
                    "associationType": "isRelatedTo",
                    "destinationNodeURI": {
                        "identifier": "00000013-0000-4000-8000-000000000001",
                        "title": "R.2",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000013-0000-4000-8000-000000000001",
                    },
                    "identifier": "00000026-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "originNodeURI": {
                        "identifier": "00000012-0000-4000-8000-000000000001",
                        "title": "R.1",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000012-0000-4000-8000-000000000001",
                    },
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFAssociations/5",
    ),
    (
        Unmapped(
            iri="https://case.example.org/ims/case/v1p1/CFAssociations/00000027-0000-4000-8000-000000000001",
            statements=said(
                "CFAssociation",
                {
                    "associationType": "precedes",
                    "destinationNodeURI": {
                        "identifier": "00000012-0000-4000-8000-000000000001",
                        "title": "R.1",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000012-0000-4000-8000-000000000001",
                    },
                    "identifier": "00000027-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "originNodeURI": {
                        "identifier": "00000013-0000-4000-8000-000000000001",
                        "title": "R.2",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000013-0000-4000-8000-000000000001",
                    },
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFAssociations/6",
    ),
    (
        Unmapped(
            iri="https://case.example.org/ims/case/v1p1/CFAssociations/00000028-0000-4000-8000-000000000001",
            statements=said(
                "CFAssociation",
                {
                    "associationType": "ext:tiedWith",
                    "destinationNodeURI": {
                        "identifier": "00000012-0000-4000-8000-000000000001",
                        "title": "R.1",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000012-0000-4000-8000-000000000001",
                    },
                    "extensions": {"example:why": True},
                    "identifier": "00000028-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "originNodeURI": {
                        "identifier": "00000013-0000-4000-8000-000000000001",
                        "title": "R.2",
                        "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000013-0000-4000-8000-000000000001",
                    },
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFAssociations/7",
    ),
    (
        Unmapped(
            iri="https://case.example.org/ims/case/v1p1/CFRubrics/00000031-0000-4000-8000-000000000001",
            statements=said(
                "CFRubric",
                {
                    "CFRubricCriteria": [
                        {
                            "CFItemURI": {
                                "identifier": "00000012-0000-4000-8000-000000000001",
                                "title": "R.1",
                                "uri": "https://case.example.org/ims/case/v1p1/CFItems/00000012-0000-4000-8000-000000000001",
                            },
                            "CFRubricCriterionLevels": [
                                {
                                    "description": "It is slow.",
                                    "feedback": "slow.",
                                    "identifier": "00000033-0000-4000-8000-000000000001",
                                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                                    "position": 1,
                                    "quality": "slow",
                                    "rubricCriterionId": "00000032-0000-4000-8000-000000000001",
                                    "score": 1.0,
                                    "uri": "https://case.example.org/ims/case/v1p1/CFRubricCriterionLevels/00000033-0000-4000-8000-000000000001",
                                },
                                {
                                    "description": "It is fast.",
                                    "extensions": [{"example:seconds": "5"}],
                                    "feedback": "fast.",
                                    "identifier": "00000034-0000-4000-8000-000000000001",
                                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                                    "position": 2,
                                    "quality": "fast",
                                    "rubricCriterionId": "00000032-0000-4000-8000-000000000001",
                                    "score": 2.5,
                                    "uri": "https://case.example.org/ims/case/v1p1/CFRubricCriterionLevels/00000034-0000-4000-8000-000000000001",
                                },
                            ],
                            "category": "Speed",
                            "description": "How fast",
                            "identifier": "00000032-0000-4000-8000-000000000001",
                            "lastChangeDateTime": "2026-03-01T08:00:00Z",
                            "position": 1,
                            "rubricId": "00000031-0000-4000-8000-000000000001",
                            "uri": "https://case.example.org/ims/case/v1p1/CFRubricCriterions/00000032-0000-4000-8000-000000000001",
                            "weight": 0.5,
                        }
                    ],
                    "description": "How well a knot is tied",
                    "identifier": "00000031-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "title": "Knots",
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFRubrics/0",
    ),
    (
        Unmapped(
            iri="https://case.example.org/ims/case/v1p1/CFConcepts/00000005-0000-4000-8000-000000000001",
            statements=said(
                "CFConcept",
                {
                    "description": "What is tied",
                    "hierarchyCode": "1",
                    "identifier": "00000005-0000-4000-8000-000000000001",
                    "keywords": "rope, line",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "title": "Rope",
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFDefinitions/CFConcepts/0",
    ),
    (
        Unmapped(
            iri="https://case.example.org/ims/case/v1p1/CFSubjects/00000003-0000-4000-8000-000000000001",
            statements=said(
                "CFSubject",
                {
                    "description": "All of it",
                    "hierarchyCode": "1",
                    "identifier": "00000003-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "title": "Seamanship",
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFDefinitions/CFSubjects/0",
    ),
    (
        Unmapped(
            iri="https://case.example.org/ims/case/v1p1/CFSubjects/00000004-0000-4000-8000-000000000001",
            statements=said(
                "CFSubject",
                {
                    "hierarchyCode": "1.1",
                    "identifier": "00000004-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "title": "Knots",
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFDefinitions/CFSubjects/1",
    ),
    (
        Unmapped(
            iri="https://case.example.org/ims/case/v1p1/CFLicenses/00000006-0000-4000-8000-000000000001",
            statements=said(
                "CFLicense",
                {
                    "description": "Free",
                    "identifier": "00000006-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "licenseText": "CC0-1.0",
                    "title": "CC0",
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFDefinitions/CFLicenses/0",
    ),
    (
        Unmapped(
            iri="https://case.example.org/ims/case/v1p1/CFItemTypes/00000002-0000-4000-8000-000000000001",
            statements=said(
                "CFItemType",
                {
                    "description": "What can be done",
                    "extensions": {"example:n": ["1"]},
                    "hierarchyCode": "1",
                    "identifier": "00000002-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "title": "Skill",
                    "typeCode": "SK",
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFDefinitions/CFItemTypes/0",
    ),
    (
        Unmapped(
            iri="https://case.example.org/ims/case/v1p1/CFAssociationGroupings/00000007-0000-4000-8000-000000000001",
            statements=said(
                "CFAssociationGrouping",
                {
                    "description": "As the exam groups them",
                    "identifier": "00000007-0000-4000-8000-000000000001",
                    "lastChangeDateTime": "2026-03-01T08:00:00Z",
                    "title": "By exam",
                },
                document="https://case.example.org/ims/case/v1p1/CFDocuments/00000001-0000-4000-8000-000000000001",
            ),
        ),
        "small-boats-1.1.json",
        "/CFDefinitions/CFAssociationGroupings/0",
    ),
    (
        Scale(
            iri="https://case.example.org/ims/case/v1p1/CFRubricCriterions/00000032-0000-4000-8000-000000000001",
            labels=(Text("Knots: How fast", "en"),),
            minimum=1.0,
            maximum=2.5,
            statements=(
                (
                    f"{TERM}item",
                    "<https://case.example.org/ims/case/v1p1/CFItems/00000012-0000-4000-8000-000000000001>",
                ),
                (
                    f"{TERM}rubric",
                    "<https://case.example.org/ims/case/v1p1/CFRubrics/00000031-0000-4000-8000-000000000001>",
                ),
            ),
        ),
        "small-boats-1.1.json",
        "/CFRubrics/0/CFRubricCriteria/0",
    ),
    (
        ScaleLevel(
            iri="https://case.example.org/ims/case/v1p1/CFRubricCriterionLevels/00000033-0000-4000-8000-000000000001",
            level=Level(
                "https://case.example.org/ims/case/v1p1/CFRubricCriterions/00000032-0000-4000-8000-000000000001", 1.0
            ),
            labels=(Text("slow", "en"),),
            descriptions=(Text("It is slow.", "en"),),
            statements=(
                (
                    f"{TERM}rubric",
                    "<https://case.example.org/ims/case/v1p1/CFRubrics/00000031-0000-4000-8000-000000000001>",
                ),
            ),
        ),
        "small-boats-1.1.json",
        "/CFRubrics/0/CFRubricCriteria/0",
    ),
    (
        ScaleLevel(
            iri="https://case.example.org/ims/case/v1p1/CFRubricCriterionLevels/00000034-0000-4000-8000-000000000001",
            level=Level(
                "https://case.example.org/ims/case/v1p1/CFRubricCriterions/00000032-0000-4000-8000-000000000001", 2.5
            ),
            labels=(Text("fast", "en"),),
            descriptions=(Text("It is fast.", "en"),),
            statements=(
                (
                    f"{TERM}rubric",
                    "<https://case.example.org/ims/case/v1p1/CFRubrics/00000031-0000-4000-8000-000000000001>",
                ),
            ),
        ),
        "small-boats-1.1.json",
        "/CFRubrics/0/CFRubricCriteria/0",
    ),
]

FINDINGS = [
    ("should", "case.missing-property", "small-boats-1.0.json", "/CFPackage/CFItems/1"),
    ("should", "case.unknown-property", "small-boats-1.0.json", "/CFPackage/CFItems/1/colour"),
    ("should", "case.missing-property", "small-boats-1.0.json", "/CFPackage/CFItems/2"),
    ("should", "case.unknown-association-type", "small-boats-1.0.json", "/CFPackage/CFAssociations/4/associationType"),
    ("should", "case.missing-parent", "small-boats-1.0.json", "/CFPackage/CFAssociations/3"),
    ("should", "case.language", "small-boats-1.1.json", "/CFItems/1/language"),
]
