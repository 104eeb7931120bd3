"""What reading the files beside this one gives, in the order in which it is read."""

from ontology.model import Alignment, Framework, Record, Relation, Text

RECORDS: list[tuple[Record, str, int | None]] = [
    (
        Framework(
            iri="https://w3id.org/headwater/id/alignments/dcwf-nice",
            labels=(Text("DCWF work roles to NICE work roles", "en"),),
            license="United States public domain (17 USC 105)",
            attribution="DoD Cyber Workforce Framework (DCWF), U.S. Department of Defense.\nNICE Workforce Framework for Cybersecurity (NIST SP 800-181 Rev. 1), National Institute of Standards and Technology.",
        ),
        "dcwf.csv",
        None,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/ad1aad29b91e1f090240df1a",
            subject="https://w3id.org/headwater/id/dcwf/role/421",
            object="https://w3id.org/headwater/id/nice2017/OM-DTA-001",
            relation=Relation.CLOSE,
            method="stated",
            source="https://w3id.org/headwater/id/alignments/dcwf-nice",
            statements=(
                (
                    "https://w3id.org/headwater/id/dcwf-nice/term/dcwfTitle",
                    '"Database Administrator"',
                ),
                (
                    "https://w3id.org/headwater/id/dcwf-nice/term/nice2017Id",
                    '"OM-DA-001"',
                ),
                (
                    "https://w3id.org/headwater/id/dcwf-nice/term/nice2Ids",
                    '"IO-WRL-002"',
                ),
            ),
        ),
        "dcwf.csv",
        2,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/ec2615b7b1da5bba8ba295f3",
            subject="https://w3id.org/headwater/id/dcwf/role/421",
            object="https://w3id.org/headwater/id/nice/IO-WRL-002",
            relation=Relation.CLOSE,
            method="stated",
            source="https://w3id.org/headwater/id/alignments/dcwf-nice",
            statements=(
                (
                    "https://w3id.org/headwater/id/dcwf-nice/term/dcwfTitle",
                    '"Database Administrator"',
                ),
                (
                    "https://w3id.org/headwater/id/dcwf-nice/term/nice2017Id",
                    '"OM-DA-001"',
                ),
                (
                    "https://w3id.org/headwater/id/dcwf-nice/term/nice2Ids",
                    '"IO-WRL-002"',
                ),
            ),
        ),
        "dcwf.csv",
        2,
    ),
    (
        Framework(
            iri="https://w3id.org/headwater/id/alignments/nesta-esco-onet",
            labels=(Text("Nesta, Mapping Career Causeways: ESCO to O*NET", "en"),),
            license="https://opensource.org/license/mit",
            attribution="Mapping Career Causeways, Nesta.\nThis service uses the ESCO classification of the European Commission. ESCO (c) European Union; what is shown here is derived from it and modified.\nThis product includes information from the O*NET 29.2 Database by the U.S. Department of Labor, Employment and Training Administration (USDOL/ETA). Used under the CC BY 4.0 license. O*NET(R) is a trademark of USDOL/ETA. Some of this information has been modified; USDOL/ETA has not approved, endorsed, or tested these modifications.",
        ),
        "esco_onet.csv",
        None,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/9e30a915615c08677fbf45e8",
            subject="http://data.europa.eu/esco/occupation/x",
            object="https://w3id.org/headwater/id/onet/11-1011.00",
            relation=Relation.RELATED,
            confidence=1.0,
            method="stated",
            source="https://w3id.org/headwater/id/alignments/nesta-esco-onet",
            statements=(
                (
                    "https://w3id.org/headwater/id/nesta/term/confidence",
                    '"2.0"',
                ),
                (
                    "https://w3id.org/headwater/id/nesta/term/esco_occupation",
                    '"member of a house"',
                ),
                (
                    "https://w3id.org/headwater/id/nesta/term/id",
                    '"1104"',
                ),
                (
                    "https://w3id.org/headwater/id/nesta/term/isco_code",
                    '"1111"',
                ),
                (
                    "https://w3id.org/headwater/id/nesta/term/matching_job_titles",
                    "\"['a title']\"",
                ),
                (
                    "https://w3id.org/headwater/id/nesta/term/onet_occupation",
                    '"chief executives"',
                ),
                (
                    "https://w3id.org/headwater/id/nesta/term/semantic_similarity",
                    '"0.80"',
                ),
            ),
        ),
        "esco_onet.csv",
        2,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/f59084909e52dbfb3c9969ab",
            subject="http://data.europa.eu/esco/occupation/y",
            object="https://w3id.org/headwater/id/onet/11-1011.00",
            relation=Relation.RELATED,
            confidence=0.25,
            method="stated",
            source="https://w3id.org/headwater/id/alignments/nesta-esco-onet",
            statements=(
                (
                    "https://w3id.org/headwater/id/nesta/term/confidence",
                    '"0.5"',
                ),
                (
                    "https://w3id.org/headwater/id/nesta/term/esco_occupation",
                    '"mayor"',
                ),
                (
                    "https://w3id.org/headwater/id/nesta/term/id",
                    '"1105"',
                ),
                (
                    "https://w3id.org/headwater/id/nesta/term/isco_code",
                    '"1111"',
                ),
                (
                    "https://w3id.org/headwater/id/nesta/term/matching_job_titles",
                    '"na"',
                ),
                (
                    "https://w3id.org/headwater/id/nesta/term/onet_occupation",
                    '"chief executives"',
                ),
                (
                    "https://w3id.org/headwater/id/nesta/term/semantic_similarity",
                    '"0.79"',
                ),
            ),
        ),
        "esco_onet.csv",
        3,
    ),
    (
        Framework(
            iri="https://w3id.org/headwater/id/alignments/ncs-onet",
            labels=(Text("National Careers Service job profiles to O*NET", "en"),),
            license="https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
            attribution="Contains public sector information licensed under the Open Government Licence v3.0. (National Careers Service, Department for Education)",
        ),
        "ncs.csv",
        None,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/d0ab3b750ca8bbc1b4accba9",
            subject="https://w3id.org/headwater/id/ncs/hospital-pharmacist",
            object="https://w3id.org/headwater/id/onet/29-2011.04",
            relation=Relation.RELATED,
            method="stated",
            source="https://w3id.org/headwater/id/alignments/ncs-onet",
            statements=(
                (
                    "https://w3id.org/headwater/id/ncs-onet/term/onetSoc2010",
                    '"29-2011.04"',
                ),
            ),
        ),
        "ncs.csv",
        2,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/cdb22049da78acbafc395d38",
            subject="https://w3id.org/headwater/id/ncs/hospital-pharmacist",
            object="https://w3id.org/headwater/id/onet/29-2012.01",
            relation=Relation.RELATED,
            method="stated",
            source="https://w3id.org/headwater/id/alignments/ncs-onet",
            statements=(
                (
                    "https://w3id.org/headwater/id/ncs-onet/term/onetSoc2010",
                    '"29-2011.04"',
                ),
            ),
        ),
        "ncs.csv",
        2,
    ),
    (
        Framework(
            iri="https://w3id.org/headwater/id/alignments/nice2017-nice",
            labels=(Text("NICE work roles, 2017 to 2.0.0", "en"),),
            license="United States public domain (17 USC 105)",
            attribution="National Initiative for Cybersecurity Education (NICE) Cybersecurity Workforce Framework (NIST SP 800-181, 2017), National Institute of Standards and Technology.\nNICE Workforce Framework for Cybersecurity (NIST SP 800-181 Rev. 1), National Institute of Standards and Technology.",
        ),
        "nice_versions.csv",
        None,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/22adb93e946d0522ff74d990",
            subject="https://w3id.org/headwater/id/nice2017/AN-TWA-001",
            object="https://w3id.org/headwater/id/nice/PD-WRL-006",
            relation=Relation.CLOSE,
            method="stated",
            source="https://w3id.org/headwater/id/alignments/nice2017-nice",
            statements=(
                (
                    "https://w3id.org/headwater/id/nice2017-nice/term/nice2017Title",
                    '"Threat/Warning Analyst"',
                ),
                (
                    "https://w3id.org/headwater/id/nice2017-nice/term/nice2Title",
                    '"Threat Analysis"',
                ),
                (
                    "https://w3id.org/headwater/id/nice2017-nice/term/opmCode",
                    '"141"',
                ),
            ),
        ),
        "nice_versions.csv",
        2,
    ),
    (
        Framework(
            iri="https://w3id.org/headwater/id/alignments/vdab-esco",
            labels=(Text("VDAB Competent to ESCO", "en"),),
            attribution="VDAB Competent 3.8, mapped to ESCO by VDAB.\nThis service uses the ESCO classification of the European Commission. ESCO (c) European Union; what is shown here is derived from it and modified.",
        ),
        "vdab.csv",
        None,
    ),
    (
        Alignment(
            iri="https://w3id.org/headwater/id/alignment/db91945885ea5f56ce6b4f19",
            subject="https://w3id.org/headwater/id/vdab/KN-1",
            object="http://data.europa.eu/esco/skill/z",
            relation=Relation.BROAD,
            method="stated",
            source="https://w3id.org/headwater/id/alignments/vdab-esco",
            statements=(
                (
                    "https://w3id.org/headwater/id/vdab/term/escoLabel_nl",
                    '"houtwerk"',
                ),
                (
                    "https://w3id.org/headwater/id/vdab/term/label_fr",
                    '"Menuiserie"',
                ),
                (
                    "https://w3id.org/headwater/id/vdab/term/label_nl",
                    '"Binnenwerk"',
                ),
            ),
        ),
        "vdab.csv",
        2,
    ),
]
FINDINGS: list[tuple[str, str, str, int | None, str | None]] = [
    ("should", "crosswalk.leads-nowhere", "dcwf.csv", 3, None),
    ("should", "crosswalk.leads-nowhere", "ncs.csv", 3, None),
]
