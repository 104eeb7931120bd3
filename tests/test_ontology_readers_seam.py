"""From a path to records: formats by content, folders of several, what no reader knows, the order of reading."""

import csv
import os
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from ontology.errors import InputError
from ontology.model import (
    Alignment,
    Code,
    Course,
    Finding,
    FindingLevel,
    Framework,
    JobRole,
    Located,
    Record,
    RequirementGroup,
    Resource,
)
from ontology.readers import FORMATS, KnownCodes, Reading, detection, read_source
from ontology.readers.sources import NCS_ONET
from ontology.readers.tables import TABLE_FILES

EXAMPLE = Path(__file__).parent.parent / "examples" / "ict"


def findings_of(reading: Reading) -> list[Finding]:
    return [item for item in reading.items if isinstance(item, Finding)]


def codes_of(reading: Reading) -> list[tuple[FindingLevel, str, str]]:
    return [(item.level, item.code, item.source.file) for item in findings_of(reading) if item.source]


def rows(name: str) -> list[dict[str, str]]:
    with (EXAMPLE / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_the_example_gives_as_many_records_as_its_files_have_rows() -> None:
    """Counted from the raw tables; the read-me is told, nothing blocks."""
    reading = read_source(EXAMPLE)
    items = list(reading.items)
    alignments = [item.record for item in items if isinstance(item, Located) and isinstance(item.record, Alignment)]
    frameworks = Counter(
        (type(item.record).__name__, (getattr(item.record, "framework", "") or "").rpartition("/")[2])
        for item in items
        if isinstance(item, Located)
    )
    courses = {
        (row["component"].casefold(), " ".join((row["courseNumber"] or row["courseTitle"]).casefold().split()))
        for row in rows("training_courses_by_role.csv")
        if row["courseNumber"] or row["courseTitle"]
    }
    cip = rows("cip_programs_to_soc.csv")
    assert reading.format == "skos+nice+onet+ncs+dod8140+crosswalk+alignments+cip"
    assert reading.name == "ict"
    assert frameworks["JobRole", "nice"] == len(rows("nice_work_roles.csv"))
    assert frameworks["Competency", "nice"] == len(rows("nice_statements.csv"))
    assert frameworks["JobRole", "onet"] == len(rows("onet_occupations.csv"))
    assert frameworks["Course", "dod8140"] == len(courses)
    assert frameworks["Course", "cip"] == len({row["CIP2020Code"] for row in cip})
    ends = [code for row in rows("ncs_to_onet.csv") for code in row["onetSoc2019"].split(";") if code]
    assert sum("/ncs/" in each.subject and each.source == NCS_ONET.iri for each in alignments) == len(ends)
    assert sum("/ncs/" not in each.subject for each in alignments) == len(rows("crosswalk_onet_esco.csv"))
    index = {row["abbreviation"].replace(" ", "").casefold() for row in rows("certifications.csv")}
    index |= {row["certification"].replace(" ", "").casefold() for row in rows("certifications_by_role.csv")}
    degrees = {row["qualification"] for row in rows("degrees_by_role.csv")}
    assert frameworks["Credential", "dod8140"] == len(index) + len(degrees)
    profiles = (EXAMPLE / "ncs_ict_job_profiles.jsonl").read_text(encoding="utf-8").splitlines()
    assert frameworks["JobRole", "ncs"] == len(profiles)
    assert all(item.level is FindingLevel.SHOULD for item in items if isinstance(item, Finding))
    used = {row["Example"].casefold() for row in rows("onet_hot_technologies.csv")}
    assert frameworks["Competency", "onet"] == len(used)


def test_programmes_lead_to_every_occupation_of_their_soc_code_in_the_example() -> None:
    soc = {row["SOC2018Code"] for row in rows("cip_programs_to_soc.csv")}
    described = {row["O*NET-SOC Code"] for row in rows("onet_occupations.csv") if row["O*NET-SOC Code"][:7] in soc}
    known = {code[:7] for code in described}
    owners = {
        item.record.owner.rpartition("/")[2]
        for item in read_source(EXAMPLE).items
        if isinstance(item, Located)
        and isinstance(item.record, RequirementGroup)
        and not re.search("/(nice|ncs)/", item.record.owner)
    }
    assert owners == described | (soc - known)


def test_every_framework_of_the_example_carries_its_licence_and_attribution() -> None:
    found = [item.record for item in read_source(EXAMPLE).items if isinstance(item, Located)]
    frameworks = {record.iri.rpartition("/")[2]: record for record in found if isinstance(record, Framework)}
    assert set(frameworks) == {
        *("skills", "occupations", "nice", "onet", "dod8140", "cip", "esco-onet", "ncs", "ncs-onet"),
    }
    assert all(record.license and record.attribution for record in frameworks.values())
    esco, onet = "This service uses the ESCO classification of the European Commission.", "USDOL/ETA"
    assert esco in (frameworks["skills"].attribution or "")
    assert onet in (frameworks["onet"].attribution or "")
    assert all(line in (frameworks["esco-onet"].attribution or "") for line in (esco, onet))


def test_a_zip_of_a_folder_gives_what_the_folder_gives(tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "ict"), "zip", EXAMPLE)
    assert list(read_source(Path(archive)).items) == list(read_source(EXAMPLE).items)
    assert read_source(Path(archive)).name == "ict"


def test_what_describes_is_read_before_what_joins_whatever_the_files_are_called(tmp_path: Path) -> None:
    """The role of the OPM code is found though its file comes last by name, and in a folder below."""
    (tmp_path / "a.csv").write_text("workRoleCode,certification,proficiency\n511,A,Basic\n")
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "z.csv").write_text("workRoleId;title;opmCode\nR1;Analyst;511\n")
    roles = [
        item.record.iri
        for item in read_source(tmp_path).items
        if isinstance(item, Located) and isinstance(item.record, JobRole)
    ]
    assert roles == ["https://w3id.org/headwater/id/nice/R1"]


def test_what_other_datasets_hold_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("workRoleCode,certification,proficiency\n511,A,Basic\n")
    loaded = KnownCodes()
    loaded.add(JobRole(iri="urn:elsewhere", codes=(Code("opm", "511"),)))
    loaded.add(Course(iri="urn:course", codes=(Code("opm", "511"),)))
    owners = {
        item.record.owner
        for item in read_source(tmp_path, surroundings=loaded).items
        if isinstance(item, Located) and isinstance(item.record, RequirementGroup)
    }
    assert owners == {"urn:elsewhere"}


def test_a_long_line_of_anything_finds_no_reader_and_is_not_compared_letter_by_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand words between commas: seconds for each table that there is, if each word were."""
    compared: list[str] = []
    alike = detection.alike

    def counted(name: str, names: set[str]) -> bool:
        compared.append(name)
        return alike(name, names)

    monkeypatch.setattr(detection, "alike", counted)
    (tmp_path / "long.csv").write_text(",".join(f"subject {number}" for number in range(10_000)) + "\n")
    assert codes_of(read_source(tmp_path)) == [(FindingLevel.SHOULD, "reader.unknown-file", "long.csv")]
    assert len(compared) < 10_000
    (tmp_path / "long.csv").write_text("workRole,titel\nR1,x\n")
    compared.clear()
    assert codes_of(read_source(tmp_path))[0][1] == "table.missing-column"
    assert compared


@pytest.mark.parametrize("name", ["notes.txt", "data.csv", "data.json", "README.md"])
def test_a_file_that_no_reader_knows_blocks_only_where_it_was_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("nothing, that, we, know\n")
    assert codes_of(read_source(tmp_path)) == [(FindingLevel.SHOULD, "reader.unknown-file", name)]
    assert codes_of(read_source(tmp_path / name)) == [(FindingLevel.MUST, "reader.unknown-file", name)]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("nice_work_roles.csv", "workRole,titel\nR1,x\n", "table.missing-column"),
        ("whatever.csv", "abreviation,name,vendor\nA,x,y\n", "table.missing-column"),
        ("courses.csv", "irii,label\nurn:a,x\n", "table.missing-column"),
    ],
)
def test_a_header_with_a_slip_finds_its_reader_which_says_what_is_wrong(
    tmp_path: Path, name: str, text: str, code: str
) -> None:
    (tmp_path / name).write_text(text)
    found = [(item.level, item.code) for item in findings_of(read_source(tmp_path))]
    assert (FindingLevel.MUST, code) in found


@pytest.mark.parametrize(
    "header",
    [
        "SOC Major Group,Title,Median Wage,Year",
        "CIPFamily,Institution,Graduates,Year",
        "conceptId,term,hits,snippet",
        "id,description",
    ],
)
def test_another_table_of_a_source_is_not_taken_for_one_that_is_read(tmp_path: Path, header: str) -> None:
    (tmp_path / "a.csv").write_text(f"{header}\n")
    assert [code for _, code, _ in codes_of(read_source(tmp_path))] == ["reader.unknown-file"]


def test_tables_are_known_by_name_and_header_together(tmp_path: Path) -> None:
    (tmp_path / "job_roles.csv").write_text("iri,label\nurn:role,x\n")
    (tmp_path / "other.csv").write_text("iri,label\nurn:role,x\n")
    reading = read_source(tmp_path)
    items = list(reading.items)
    assert "job_roles.csv" in TABLE_FILES
    assert reading.format == "tables"
    assert [item.record.iri for item in items if isinstance(item, Located)] == ["urn:role"]
    assert [item.source.file for item in items if isinstance(item, Finding) and item.source] == ["other.csv"]


def test_a_language_is_given_to_texts_without_one(tmp_path: Path) -> None:
    (tmp_path / "job_roles.csv").write_text("iri,label\nurn:role,x\n")
    (item,) = read_source(tmp_path, language="de").items
    assert isinstance(item, Located)
    assert isinstance(item.record, JobRole)
    assert item.record.labels[0].language == "de"


def test_a_named_format_is_taken_at_its_word(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("number,what\n1,x\n")
    assert {code for _, code, _ in codes_of(read_source(tmp_path / "a.csv", format="cip"))} >= {"table.missing-column"}
    with pytest.raises(InputError) as caught:
        read_source(tmp_path, format="ecso")
    assert caught.value.code == "input.unknown-format"
    assert all(name in (caught.value.hint or "") for name in FORMATS)


def test_faults_of_the_gate_come_with_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("workRoleId,title\nR1,\xe4\n".encode("windows-1252"))
    (tmp_path / "b.csv").write_text("workRoleId,title\nR2,x\n")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("../up.csv", "x")
    items = list(read_source(tmp_path).items)
    assert [item.code for item in items if isinstance(item, Finding)] == ["document.not-utf-8", "document.unsafe-name"]
    assert [item.record.iri for item in items if isinstance(item, Located)][1:] == [
        "https://w3id.org/headwater/id/nice/R2"
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("frame.v1.2_x.ttl.gz", "frame.v1.2_x"), ("a.CSV", "a"), ("a.zip", "a"), ("a.unknown", "a.unknown")],
)
def test_a_dataset_is_called_like_its_file_without_suffixes(tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / name).write_bytes(b"x\n")
    assert read_source(tmp_path / name).name == expected


if "HEADWATER_REFERENCE" in os.environ:
    DATA = Path(os.environ["HEADWATER_REFERENCE"]) / "data"

    def test_the_original_tables_are_read_in_full() -> None:
        """Packed, with preamble, byte order mark, remarks at the end: nothing blocks, every row is there."""
        for folder in ("cyber-workforce", "cip-soc", "onet-29.2", "crosswalk-esco-onet"):
            items = list(read_source(DATA / folder).items)
            musts = [item for item in items if isinstance(item, Finding) and item.level is FindingLevel.MUST]
            assert not musts
            if folder == "onet-29.2":
                records = [item.record for item in items if isinstance(item, Located)]
                assert sum(isinstance(each, JobRole) and each.replaced_by is None for each in records) == 1016
        crosswalk = read_source(DATA / "crosswalk-esco-onet" / "onet_to_esco_2022-09.csv.gz")
        alignments = [
            item.record for item in crosswalk.items if isinstance(item, Located) and isinstance(item.record, Alignment)
        ]
        assert Counter(record.relation.value for record in alignments) == {
            "narrowMatch": 2053,
            "closeMatch": 1432,
            "exactMatch": 498 + 43,
            "broadMatch": 227,
        }


@pytest.mark.parametrize("path", ["case/small-boats-1.1.json", "skos/plain.ttl", "esco", "esco_rdf"])
def test_a_reading_that_stands_alone_asks_for_nothing_around_it(path: str) -> None:
    """What a format marked so gives is the same for any name of the dataset, and nothing around it is asked for."""

    class Untouchable:
        def find_by_code(self, system: str, value: str, types: Sequence[type[Resource]]) -> tuple[str, ...]:
            raise AssertionError((system, value, types))

        def type_of(self, iri: str) -> type[Record] | None:
            raise AssertionError(iri)

    source = Path(__file__).parent / "data" / path
    first, second = (read_source(source, dataset=name, surroundings=Untouchable()) for name in ("one", "two"))
    assert first.alone
    assert list(first.items) == list(second.items)


def test_a_reading_that_joins_does_not_stand_alone() -> None:
    """Jobs take their framework's name from the dataset, a crosswalk asks for codes."""
    data = Path(__file__).parent / "data"
    assert not any(read_source(data / path).alone for path in ("jobs", "crosswalk", "ncs", "dod8140"))
