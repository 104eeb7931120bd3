"""A harvest from a CASE server: every package that it lists, once; what cannot be had is told and the rest is read."""

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from fetch_serving import HOST, case_server, loopback_fetcher

from ontology import documents
from ontology import harvest as harvesting
from ontology.documents import Document
from ontology.errors import FetchError, FetchRefusedError
from ontology.fetching import Fetcher, Purpose
from ontology.harvest import address_name, harvest, harvest_case, is_address
from ontology.model import Finding, FindingLevel, Located
from ontology.readers import read_source
from service.settings import load_settings
from service.stewarding import LoadOptions, check_source


def package(identifier: str) -> dict[str, object]:
    """An invented package of one document."""
    return {"CFDocument": {"identifier": identifier, "uri": f"https://case.example.org/{identifier}", "title": "Made"}}


def made_package(name: str) -> dict[str, object]:
    """An invented package of a document and an item."""
    address = "https://case.example.org/ims/case/v1p1"
    when = {"lastChangeDateTime": "2024-05-01T00:00:00+00:00"}
    document = {"title": name, "uri": f"{address}/CFDocuments/{name}"}
    return {
        "CFDocument": {"identifier": name, "creator": "Made up", "CFPackageURI": document, **document, **when},
        "CFItems": [
            {
                "identifier": f"{name}-1",
                "uri": f"{address}/CFItems/{name}-1",
                "fullStatement": "Ties a bowline",
                "CFDocumentURI": {"identifier": name, **document},
                **when,
            }
        ],
        "CFAssociations": [],
    }


def packages(count: int) -> dict[str, object]:
    return {f"d{number}": package(f"d{number}") for number in range(count)}


def split(items: Iterator[Document | Finding]) -> tuple[dict[str, bytes], list[Finding]]:
    both = list(items)
    findings = [item for item in both if isinstance(item, Finding)]
    assert all(finding.fix for finding in findings)
    return {item.name: item.data for item in both if isinstance(item, Document)}, findings


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("count", [0, 1, 100, 205])
def test_every_listed_package_is_read_once(count: int, links: bool) -> None:
    """With links and counts, and without; whole pages, a part of one, none."""
    with case_server(packages(count), links=links) as (url, asked):
        found, findings = split(harvest_case(url, loopback_fetcher()))
    assert set(found) == {f"CFPackages/d{number}.json" for number in range(count)}
    assert all(json.loads(data) == package(name[len("CFPackages/") : -5]) for name, data in found.items())
    assert [finding.code for finding in findings] == ([] if count else ["document.nothing-inside"])
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize("version", ["v1p0", "v1p1"])
@pytest.mark.parametrize("ending", ["", "/", "/CFDocuments", "/CFDocuments/", "/CFDocuments?sort=title&limit=3"])
def test_a_server_is_named_by_its_base_or_by_its_list(version: str, ending: str) -> None:
    with case_server(packages(2)) as (url, asked):
        found, findings = split(harvest_case(url.replace("v1p1", version) + ending, loopback_fetcher()))
    assert (len(found), findings) == (2, [])
    assert all(path.startswith(f"/ims/case/{version}/") for path in asked)
    assert asked[0].endswith(("?limit=100&offset=0", "?sort=title&limit=100&offset=0"))


@pytest.mark.parametrize("path", ["/CFPackages/d1", "/CFDocuments/d1"])
def test_one_package_is_named_by_itself_or_by_its_document(path: str) -> None:
    with case_server(packages(3)) as (url, asked):
        found, findings = split(harvest_case(url + path, loopback_fetcher()))
    assert (list(found), findings) == (["d1.json"], [])
    assert asked == ["/ims/case/v1p1/CFPackages/d1"]


def test_a_server_that_gives_smaller_pages_than_asked_for_is_read_to_its_end() -> None:
    with case_server(packages(25), page=10) as (url, _):
        assert len(split(harvest_case(url, loopback_fetcher()))[0]) == 25


def test_packages_that_cannot_be_had_are_told_and_the_others_read() -> None:
    """One that is not there, one that is no text, one that nests too deeply: each a must-finding with its name."""
    served = {
        "a": package("a"),
        "b": b"[" * 1000,
        "c": b"\xff\xfe",
        "d": package("d"),
        "../../x": package("x"),
    }
    with case_server(served) as (url, _):
        found, findings = split(harvest_case(url, loopback_fetcher()))
    assert set(found) == {"CFPackages/a.json", "CFPackages/d.json"}
    assert [(item.level, item.code, item.source and item.source.file) for item in findings] == [
        (FindingLevel.MUST, "document.too-deep", "CFPackages/b.json"),
        (FindingLevel.MUST, "document.not-utf-8", "CFPackages/c.json"),
        (FindingLevel.MUST, "harvest.not-fetched", "CFPackages/..%2F..%2Fx.json"),
    ]


class Listing(Mapping[str, object]):
    """Names that are listed and have no package."""

    def __init__(self, names: list[str]):
        self.names = names

    def __getitem__(self, name: str) -> object:
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def test_a_server_that_gives_nothing_is_given_up() -> None:
    with case_server(Listing([f"d{number}" for number in range(50)])) as (url, asked):
        found, findings = split(harvest_case(url, loopback_fetcher()))
    assert not found
    assert [item.code for item in findings] == ["harvest.not-fetched"] * 10 + ["harvest.given-up"]
    assert len(asked) == 11


def test_a_list_that_is_shorter_than_it_says_is_told() -> None:
    with case_server(packages(3), total=5) as (url, _):
        found, findings = split(harvest_case(url, loopback_fetcher()))
    assert len(found) == 3
    assert [item.code for item in findings] == ["harvest.incomplete"]


@pytest.mark.parametrize(
    ("limit", "value", "code"),
    [("MAX_DOCUMENTS", 3, "harvest.too-many"), ("MAX_BYTES", 500, "harvest.too-large"), ("MAX_PAGES", 1, None)],
)
def test_a_harvest_is_bounded(monkeypatch: pytest.MonkeyPatch, limit: str, value: int, code: str | None) -> None:
    monkeypatch.setattr(harvesting, limit, value)
    with case_server(packages(5), page=2) as (url, _):
        found, findings = split(harvest_case(url, loopback_fetcher()))
    assert 0 < len(found) < 5
    assert [item.code for item in findings] == [code or "harvest.too-many"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{}", "harvest.no-list"),
        (b"[]", "harvest.no-list"),
        (b'{"CFDocuments": 3}', "harvest.no-list"),
        (b"<html>", "json.syntax"),
        (b"<!DOCTYPE html><html>", "document.dtd"),
        (b'{"CFDocuments": [{"title": "x"}]}', "harvest.no-identifier"),
        (b"[" * 100_000, "document.too-deep"),
    ],
)
def test_what_is_no_list_is_told(body: bytes, code: str) -> None:
    """A broken list is a finding; a document in it without identifier is one with its pointer."""
    with case_server({"CFDocuments": body}) as (url, _):
        found, findings = split(harvest_case(url, loopback_fetcher()))
    assert not found
    assert [item.code for item in findings] == [code]


def test_nothing_is_asked_unless_harvests_are_allowed() -> None:
    """At the call, not when the first document is read."""
    for fetcher in (Fetcher(), Fetcher(allowed=frozenset({Purpose.KEYS, Purpose.STATUS}))):
        with pytest.raises(FetchRefusedError) as caught:
            harvest("https://case.example.org/ims/case/v1p1", fetcher)
        assert caught.value.code == "fetch.off"


def test_a_server_that_is_away_is_an_error() -> None:
    with case_server({}) as (url, _):
        pass
    with pytest.raises(FetchError):
        list(harvest_case(url, loopback_fetcher()))


def test_any_file_or_archive_can_be_fetched() -> None:
    """Not only CASE: one address, one source; a gz is unpacked by the gate."""
    with case_server({"skills.csv.gz": gzip.compress(b"iri,label\n")}) as (url, _):
        address = url.replace("ims/case/v1p1", "skills.csv.gz")
        found, findings = split(harvest(address, loopback_fetcher()))
    assert (found, findings) == ({"skills.csv": b"iri,label\n"}, [])


def test_a_next_page_on_another_server_is_told_and_not_asked_for() -> None:
    with case_server(packages(5), page=2, next_host="https://other.example.org") as (url, asked):
        found, findings = split(harvest_case(url, loopback_fetcher()))
    assert len(found) == 2
    assert [item.code for item in findings] == ["harvest.foreign-page", "harvest.incomplete"]
    assert len(asked) == 3


def test_what_is_not_kept_in_memory_lies_in_a_file_that_goes_with_its_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "KEPT_BYTES", 10)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with case_server(packages(2)) as (url, _):
        found = [item for item in harvest_case(url, loopback_fetcher()) if isinstance(item, Document)]
    assert len(list(tmp_path.iterdir())) == 2
    assert [json.loads(item.data) for item in found] == [package("d0"), package("d1")]
    assert json.loads(found[0].head) == package("d0")
    del found
    assert not list(tmp_path.iterdir())


def test_a_harvest_is_read_as_a_folder_of_its_packages_would_be(tmp_path: Path) -> None:
    """The same records and findings, each with its package as file; the originals are kept."""
    served = {name: made_package(name) for name in ("one", "two")}
    (tmp_path / "CFPackages").mkdir()
    for name, value in served.items():
        (tmp_path / "CFPackages" / f"{name}.json").write_text(json.dumps(value), "utf-8")
    with case_server(served) as (url, _):
        reading = read_source(url, fetcher=loopback_fetcher())
        found = list(reading.items)
    assert found == list(read_source(tmp_path).items)
    assert {type(item.record).__name__ for item in found if isinstance(item, Located)} >= {"Framework", "Competency"}
    assert (reading.name, reading.format) == (HOST, "case")
    assert [original.name for original in reading.originals] == ["CFPackages/one.json", "CFPackages/two.json"]


def test_a_steward_checks_an_address_as_any_source(tmp_path: Path) -> None:
    """Off by default, before anything is asked; with the settings' word it is a source like others."""
    with case_server({"one": made_package("one")}) as (url, asked):
        settings = load_settings(home=tmp_path)
        with pytest.raises(FetchRefusedError) as caught:
            check_source(settings, url, LoadOptions())
        assert (caught.value.code, asked) == ("fetch.off", [])
        report = check_source(settings, url, LoadOptions(fetcher=loopback_fetcher()))
    assert not [finding for finding in report.findings if finding.level is FindingLevel.MUST]
    assert len(asked) == 2


def test_an_address_without_a_fetcher_is_refused() -> None:
    with pytest.raises(FetchRefusedError):
        read_source("https://case.example.org/ims/case/v1p1")


@pytest.mark.parametrize(
    ("text", "expected", "name"),
    [
        ("https://case.example.org/ims/case/v1p1", True, "case.example.org"),
        ("https://case.example.org:8443/a/ims/case/v1p0/CFDocuments?x=y", True, "case.example.org"),
        ("https://case.example.org/ims/case/v1p0/CFPackages/1%20a", True, "1 a"),
        ("https://example.org/data/skills.ttl", True, "skills.ttl"),
        ("https://example.org/", True, "example.org"),
        ("file:///etc/passwd", True, "passwd"),
        ("folder/file.csv", False, None),
        ("C:\\folder", False, None),
    ],
)
def test_an_address_is_told_from_a_path(text: str, expected: bool, name: str | None) -> None:
    assert is_address(text) is expected
    if name is not None:
        assert address_name(text) == name
