"""The CASE provider over HTTP: twelve endpoints in two versions, paging, sort, filter, fields, errors, discovery."""

import io
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from service_world import SKILLS, iri, texts
from starlette.testclient import TestClient
from test_service_rdf import HIDDEN, publish, service

from graph.case_store import case_path
from graph.releases import Releases
from ontology.documents import Document
from ontology.model import Competency, Framework, Located, Record, Text
from ontology.readers.case import read_case
from ontology.readers.case_terms import JsonObject
from ontology.validation import validate
from ontology.writers.case_index import DEFAULT_BASE
from service.rest.case_query import sorted_by
from service.rest.case_versions import as_1_0
from service.settings import Profile

BOATS = json.loads((Path(__file__).parent / "data/case/small-boats-1.1.json").read_text("utf-8"))
V11, V10 = "/ims/case/v1p1", "/ims/case/v1p0"
LARGE = 3_000
NOBODY = "99999999-0000-4000-8000-000000000001"
TITLES = ("Öfen", "apples", "Bananas", "Ähren", "zebras", "oats")


def records_of(*packages: object) -> tuple[Record, ...]:
    """The records of CASE packages, as a load keeps them."""
    documents = [Document(name=f"{n}.json", data=json.dumps(each).encode()) for n, each in enumerate(packages)]
    return tuple(validate([each for each in read_case(documents) if isinstance(each, Located)], dataset="d").records)


def small_document(number: int, title: str, **own: object) -> dict[str, object]:
    """An invented package of a document alone."""
    document: dict[str, object] = {
        "identifier": f"{number:08}-0000-4000-8000-00000000000a",
        "uri": f"https://case.example.org/documents/{number}",
        "creator": "O'Brien, Inc." if number == 1 else "Nobody (invented)",
        "title": title,
        "lastChangeDateTime": f"2026-01-0{number + 1}T00:00:00+02:00",
        **own,
    }
    return {"CFDocument": document, "CFItems": [], "CFAssociations": []}


SMALL = tuple(
    small_document(
        number, title, **({"subject": ["Cooking", "Farming"]} if number % 2 else {"adoptionStatus": "Draft"})
    )
    for number, title in enumerate(TITLES)
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small boats, six small documents, a framework of Tables, a private one; all invented."""
    folder = tmp_path_factory.mktemp("case")
    world = {"boats": records_of(BOATS), "small": records_of(*SMALL), "skills": SKILLS, "hidden": HIDDEN}
    publish(folder, world, hidden={"visibility": "private"})
    return folder


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[TestClient]:
    """A service on them."""
    with service(home) as found:
        assert found.get(f"{V11}/CFDocuments").status_code == 200
        yield found


def documents(client: TestClient, query: str = "", version: str = V11) -> Any:
    """The titles of a list."""
    response = client.get(f"{version}/CFDocuments{query}")
    assert response.status_code == 200, response.text
    return [each["title"] for each in response.json()["CFDocuments"]]


def minor(response: Any) -> tuple[int, str]:
    """Status and minor code of an error, whose shape is imsx_StatusInfo."""
    body = response.json()
    assert body["imsx_severity"] == "error"
    assert body["imsx_codeMajor"] in ("failure", "unsupported")
    assert body["imsx_description"]
    (field,) = body["imsx_codeMinor"]["imsx_codeMinorField"]
    return response.status_code, field["imsx_codeMinorFieldValue"]


# ------------------------------------------------------------------------------------------------------ endpoints


def identifiers() -> list[tuple[str, str]]:
    """(endpoint, identifier) of everything in the golden package."""
    found = [("CFDocuments", BOATS["CFDocument"]["identifier"]), ("CFPackages", BOATS["CFDocument"]["identifier"])]
    arrays = {name: BOATS[name] for name in ("CFItems", "CFAssociations", "CFRubrics")}
    arrays |= {name: values for name, values in BOATS["CFDefinitions"].items() if isinstance(values, list)}
    for name, values in arrays.items():
        found += [(name, each["identifier"]) for each in values]
    return found + [("CFItemAssociations", each["identifier"]) for each in BOATS["CFItems"]]


def test_every_endpoint_answers_for_an_imported_package(client: TestClient) -> None:
    """All twelve, in both versions: what was imported, by its identifier; the package is not wrapped."""
    endpoints = set()
    for endpoint, identifier in identifiers():
        for version in (V11, V10):
            response = client.get(f"{version}/{endpoint}/{identifier}")
            assert response.status_code == 200, (endpoint, identifier, response.text)
            assert response.headers["content-type"] == "application/json"
            assert identifier in response.text
        endpoints.add(endpoint)
    assert len(endpoints) == 11, "and the list of documents"
    package = client.get(f"{V11}/CFPackages/{BOATS['CFDocument']['identifier']}").json()
    assert {each["identifier"] for each in package["CFItems"]} == {each["identifier"] for each in BOATS["CFItems"]}
    assert package["CFDocument"] == BOATS["CFDocument"]
    both = client.get(f"{V11}/CFItemAssociations/{BOATS['CFItems'][0]['identifier']}").json()
    assert both.keys() == {"CFItem", "CFAssociations"}
    subjects = client.get(f"{V11}/CFSubjects/{BOATS['CFDefinitions']['CFSubjects'][0]['identifier']}").json()
    assert subjects.keys() == {"CFSubjects"}


def test_version_1_0_has_what_1_0_has(client: TestClient) -> None:
    """No frameworkType, caseVersion, extensions; a subject on documents, none on items."""
    document = client.get(f"{V10}/CFDocuments/{BOATS['CFDocument']['identifier']}").json()
    assert not {"frameworkType", "caseVersion", "extensions"} & document.keys()
    assert document["subject"] == ["Seamanship"]
    package = client.get(f"{V10}/CFPackages/{BOATS['CFDocument']['identifier']}").json()
    assert not [each for each in package["CFItems"] if "extensions" in each or "subject" in each]


def test_frameworks_of_other_formats_are_served(client: TestClient) -> None:
    """One that came from Tables: document, package, items, associations; its package's address leads here."""
    (document,) = [each for each in client.get(f"{V11}/CFDocuments").json()["CFDocuments"] if each["title"] == "Skills"]
    package = client.get(f"{V11}/CFPackages/{document['identifier']}").json()
    assert {each["fullStatement"] for each in package["CFItems"]} == {
        "Network defence",
        "Firewalls",
        "Python",
        "Python 2",
    }
    item = next(each for each in package["CFItems"] if each["fullStatement"] == "Firewalls")
    kinds = {
        each["associationType"]
        for each in client.get(f"{V11}/CFItemAssociations/{item['identifier']}").json()["CFAssociations"]
    }
    assert "isChildOf" in kinds
    where = document["CFPackageURI"]["uri"]
    assert where.startswith(DEFAULT_BASE)
    moved = client.get(where.removeprefix("https://w3id.org/headwater"))
    assert (moved.status_code, moved.headers["location"]) == (303, f"{V11}/CFPackages/{document['identifier']}")


def test_a_public_address_is_in_the_payloads(home: Path) -> None:
    """With HEADWATER_PUBLIC_URL a document that states no package has one at this service."""
    with service(home, public_url="https://skills.example") as client:
        found = client.get(f"{V11}/CFDocuments?filter=title='Skills'").json()["CFDocuments"][0]
        assert found["CFPackageURI"]["uri"] == f"https://skills.example{V11}/CFPackages/{found['identifier']}"


def test_the_original_of_a_package_is_kept(tmp_path: Path) -> None:
    """Byte for byte as it was imported, in a list and wrapped too; 404 where none is kept."""
    wrapped = {"list": [{"CFPackage": SMALL[1]}]}["list"]
    contents = {
        "boats.json": json.dumps(BOATS, indent=3).encode(),
        "b/list.json": json.dumps(wrapped).encode(),
        "x.json": b"{",
    }
    originals = Releases(tmp_path).archive.write_originals(
        "boats", ((name, io.BytesIO(content)) for name, content in contents.items())
    )
    world = {"boats": records_of(BOATS, SMALL[1]), "skills": SKILLS}
    publish(tmp_path, world, boats={"originals": originals})
    with service(tmp_path) as client:
        for identifier, name in (
            (BOATS["CFDocument"]["identifier"], "boats.json"),
            ("00000001-0000-4000-8000-00000000000a", "b/list.json"),
        ):
            response = client.get(f"{V11}/CFPackages/{identifier}/original")
            assert response.content == contents[name]
        skills = client.get(f"{V11}/CFDocuments?filter=title='Skills'").json()["CFDocuments"][0]["identifier"]
        assert minor(client.get(f"{V11}/CFPackages/{skills}/original")) == (404, "unknownobject")
        assert minor(client.get(f"{V11}/CFPackages/x/original")) == (404, "invalid_uuid")


def test_private_datasets_are_not_served(client: TestClient) -> None:
    """Neither in the list nor by an identifier."""
    assert "A secret" not in client.get(f"{V11}/CFDocuments?limit=1000").text
    assert not [title for title in documents(client, "?limit=1000") if "secret" in title]


# ---------------------------------------------------------------------------------------------------- unknown things


@pytest.mark.parametrize("version", [V11, V10])
def test_what_is_not_there_is_told_as_case_says(client: TestClient, version: str) -> None:
    """404 with unknownobject, invalid_uuid for what is none; another endpoint is unsupported; methods."""
    for endpoint in ("CFDocuments", "CFPackages", "CFItems", "CFItemAssociations", "CFAssociations", "CFConcepts"):
        assert minor(client.get(f"{version}/{endpoint}/{NOBODY}")) == (404, "unknownobject")
        assert minor(client.get(f"{version}/{endpoint}/nonsense")) == (404, "invalid_uuid")
    assert client.get(f"{version}/CFNothing").json()["imsx_codeMajor"] == "unsupported"
    for method in ("POST", "PUT", "DELETE", "TRACE", "MKCOL"):
        refused = client.request(method, f"{version}/CFDocuments")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
        assert refused.json()["imsx_codeMajor"] == "unsupported"
    assert minor(client.get(f"{version}/CFItems/{BOATS['CFDocument']['identifier']}")) == (404, "unknownobject")


def test_only_identifiers_that_1_1_allows(client: TestClient) -> None:
    """Version 7 and capitals are no UUIDs of 1.1; 1.0 takes them, and finds what has them in small letters."""
    for each in ("0190163d-8694-739b-aea5-966c26f8ad90", "ABCDEF01-0000-4000-8000-000000000001"):
        assert minor(client.get(f"{V11}/CFItems/{each}")) == (404, "invalid_uuid")
        assert minor(client.get(f"{V10}/CFItems/{each}")) == (404, "unknownobject")


def test_pace_and_keys_are_told_as_case_says(home: Path) -> None:
    """429 is server_busy with Retry-After, 401 unauthorised_request."""
    with service(home, profile=Profile.PRODUCTION, rate_anonymous=1) as client:
        assert client.get(f"{V11}/CFDocuments/{NOBODY}").status_code == 404
        busy = client.get(f"{V11}/CFDocuments/{NOBODY}")
        assert minor(busy) == (429, "server_busy")
        assert busy.headers["retry-after"]
        wrong = client.get(f"{V11}/CFDocuments", headers={"authorization": "Bearer no"})
        assert minor(wrong) == (401, "unauthorised_request")


def test_a_fault_of_the_service_is_told_as_case_says(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 is internal_server_error, and says nothing of what happened."""

    def fail(*_: object) -> None:
        raise KeyError("secret place")

    monkeypatch.setattr("service.rest.case_source.CasePayloads.find", fail)
    response = client.get(f"{V11}/CFItems/{NOBODY}")
    assert minor(response) == (500, "internal_server_error")
    assert "secret" not in response.text
    assert response.headers["x-request-id"]


# ------------------------------------------------------------------------------------------------------ parameters


def test_pages(client: TestClient) -> None:
    """limit and offset; the total and the links to the other pages."""
    everything = documents(client)
    assert len(everything) == 8
    first = client.get(f"{V11}/CFDocuments?limit=3&offset=3&sort=title&filter=title!='x'")
    assert first.headers["x-total-count"] == "8"
    rest = "&sort=title&filter=title%21%3D%27x%27"
    address = f"http://testserver{V11}/CFDocuments"
    assert first.headers["link"].split(", ") == [
        f'<{address}?limit=3&offset=6{rest}>; rel="next"',
        f'<{address}?limit=3&offset=6{rest}>; rel="last"',
        f'<{address}?limit=3&offset=0{rest}>; rel="first"',
        f'<{address}?limit=3&offset=0{rest}>; rel="prev"',
    ]
    assert documents(client, "?limit=3") + documents(client, "?limit=5&offset=3") == everything
    assert documents(client, "?offset=100") == []
    assert 'rel="next"' not in client.get(f"{V11}/CFDocuments").headers["link"]
    for query in ("?limit=0", "?limit=-1", "?limit=x", "?offset=-1", "?limit=1.5", "?limit=99999999999"):
        assert client.get(f"{V11}/CFDocuments{query}").status_code == 400
        assert minor(client.get(f"{V11}/CFDocuments{query}")) == (400, "invalid_selection_field")


def test_sort_is_by_the_unicode_collation_algorithm(client: TestClient) -> None:
    """Letters with marks stand with their letters, capitals with small ones; desc turns it; unknown fields: as it was."""
    only = "filter=creator~'Nobody'"
    assert documents(client, f"?sort=title&{only}") == ["Ähren", "Bananas", "oats", "Öfen", "zebras"]
    assert documents(client, f"?sort=title&orderBy=desc&{only}") == ["zebras", "Öfen", "oats", "Bananas", "Ähren"]
    assert documents(client, "?sort=nothing") == documents(client)
    assert documents(client, "?sort=description")[0] == "Small boats", "those without it come last"
    assert documents(client, "?sort=description&orderBy=desc")[0] == "Small boats"
    by_time = documents(client, "?sort=lastChangeDateTime&orderBy=desc")
    assert by_time[0] == "Small boats"


def test_times_are_sorted_as_moments() -> None:
    """Whatever their offset and however many digits a second has."""
    moments = ("2026-01-01T10:00:00.500Z", "2026-01-01T09:30:00Z", "2026-01-01T10:00:00Z", "2026-01-01T12:00:00+03:00")
    found: list[JsonObject] = [{"lastChangeDateTime": each} for each in moments]
    rising = [each["lastChangeDateTime"] for each in sorted_by(found, "lastChangeDateTime", falling=False)]
    assert rising == [moments[3], moments[1], moments[2], moments[0]]
    falling = [each["lastChangeDateTime"] for each in sorted_by(found, "lastChangeDateTime", falling=True)]
    assert falling == rising[::-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title='SMALL BOATS'", ["Small boats"]),
        ("title = 'small boats'", ["Small boats"]),
        ("title!='Small boats'", ["Bananas", "Skills", "apples", "oats", "zebras", "Ähren", "Öfen"]),
        ("title~'boat'", ["Small boats"]),
        ("title>'s' AND title<'t'", ["Skills", "Small boats"]),
        ("title='apples' OR title='oats'", ["apples", "oats"]),
        ("title='apples' or title='oats'", ["apples", "oats"]),
        ("title='apples' AND adoptionStatus='Draft'", []),
        ("creator='O'Brien, Inc.'", ["apples"]),
        ("creator='O''Brien, Inc.' AND title~'a'", ["apples"]),
        (r"creator='O\'Brien, Inc.' AND title~'a'", ["apples"]),
        ("title='a''=''b'", []),
        ("subject='Cooking'", []),
        ("subject='farming,cooking'", ["apples", "oats", "Ähren"]),
        ("subject~'cook'", ["apples", "oats", "Ähren"]),
        ("subject='Seamanship'", ["Small boats"]),
        ("subjectURI.title~'seaman'", ["Small boats"]),
        ("licenseURI.title='cc0'", ["Small boats"]),
        ("CFPackageURI.title='skills'", ["Skills"]),
        ("lastChangeDateTime>='2026-01-06T00:00:00+02:00' AND creator~'invented'", ["Small boats", "oats"]),
        ("lastChangeDateTime='2026-01-05T22:00:00Z'", ["oats"]),
        ("statusStartDate<='2026-01-01'", ["Small boats"]),
        ("description~''", ["Small boats"]),
        ("title='a' AND b'", []),
    ],
)
def test_filters(client: TestClient, text: str, expected: list[str]) -> None:
    """Predicates with one or two clauses, without case, nested fields by dots, arrays as sets or by a part."""
    assert sorted(documents(client, f"?filter={quote(text)}")) == expected


@pytest.mark.parametrize(
    "text",
    [
        "colour='red'",
        "title='a' AND colour='red'",
        "title",
        "title=a",
        "title='a",
        "='a'",
        "title='a' AND",
        "title.x='a'",
        "title='a' AND title='b' AND title='c",
        "title='a' OR title='b' OR title='c'",
        "title LIKE 'a'",
        "title='a' XOR title='b'",
        "title='a' ORtitle='b'",
        "title='a', title='b'",
        "title='" + "a" * 5000 + "'",
    ],
)
def test_wrong_filters_are_400(client: TestClient, text: str) -> None:
    """An unknown field, and what is no predicate: invalid_filter_field and no data."""
    assert minor(client.get(f"{V11}/CFDocuments?filter={quote(text)}")) == (400, "invalid_filter_field")


def test_fields_are_selected(client: TestClient) -> None:
    """These alone, also nested; an unknown one gives all data; none is an error."""
    only = "filter=title='Small boats'"
    found = client.get(f"{V11}/CFDocuments?fields=title,licenseURI.title&{only}").json()["CFDocuments"]
    assert found == [{"title": "Small boats", "licenseURI": {"title": "CC0"}}]
    whole = client.get(f"{V11}/CFDocuments?{only}").json()
    assert client.get(f"{V11}/CFDocuments?fields=title,colour&{only}").json() == whole
    both = client.get(f"{V11}/CFDocuments?fields=title&fields=creator&{only}").json()["CFDocuments"]
    assert [each.keys() for each in both] == [{"title", "creator"}]
    for blank in ("", "%20", "title,,"):
        assert minor(client.get(f"{V11}/CFDocuments?fields={blank}")) == (400, "invalid_selection_field")


# ------------------------------------------------------------------------------------------------------- discovery


@pytest.mark.parametrize(
    ("version", "name"), [(V11, "imscasev1p1_openapi3_v1p0.json"), (V10, "imscasev1p0_openapi3_v1p0.json")]
)
def test_the_service_is_discovered(client: TestClient, version: str, name: str) -> None:
    """Its own address, the twelve operations, and every reference leads somewhere."""
    description = client.get(f"{version}/discovery/{name}").json()
    assert description["servers"] == [{"url": f"http://testserver{version}"}]
    assert len(description["paths"]) == 12
    operations = {path["get"]["operationId"] for path in description["paths"].values()}
    assert {"getAllCFDocuments", "getCFDocument", "getCFPackage", "getCFItemAssociations", "getCFLicense"} <= operations
    text = json.dumps(description)
    schemas = description["components"]["schemas"]
    for name_ in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name_ in schemas
    assert ("caseVersion" in schemas["CFDocument"]["properties"]) == (version == V11)


def test_answers_can_be_kept(client: TestClient) -> None:
    """ETag and 304; HEAD without a body; headers against guessing."""
    address = f"{V11}/CFPackages/{BOATS['CFDocument']['identifier']}"
    first = client.get(address)
    again = client.get(address, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(address).content == b""
    assert first.headers["x-content-type-options"] == "nosniff"


# ----------------------------------------------------------------------------------------------------- large, damaged


def test_a_large_package_is_quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made beside the service, served within a second for 10,000 items; five times that is the ceiling.

    What 1.0 has otherwise is made once, and not at all for who has it.
    """
    made: list[str] = []

    def counted(payload: JsonObject, endpoint: str) -> JsonObject:
        made.append(endpoint)
        return as_1_0(payload, endpoint)

    monkeypatch.setattr("service.rest.case.as_1_0", counted)
    framework = Framework(iri=iri("large"), labels=texts("Large"))
    items = tuple(
        Competency(
            iri=f"{iri('large')}/{number:05}",
            labels=(Text(f"Can do thing {number}", "en"),),
            framework=iri("large"),
            broader=(f"{iri('large')}/{number // 10:05}",) if number else (),
        )
        for number in range(LARGE)
    )
    publish(tmp_path, {"large": (framework, *items)})
    with service(tmp_path) as client:
        end = time.monotonic() + 120
        while (found := client.get(f"{V11}/CFDocuments")).status_code != 200:
            assert (found.status_code, found.headers["retry-after"]) == (503, "2")
            assert time.monotonic() < end
        identifier = found.json()["CFDocuments"][0]["identifier"]
        start = time.monotonic()
        package = client.get(f"{V11}/CFPackages/{identifier}")
        assert time.monotonic() - start < 1 * 5 * LARGE / 10_000
        assert len(package.json()["CFItems"]) == LARGE
        older = [client.get(f"{V10}/CFPackages/{identifier}") for _ in range(3)]
        assert {each.content for each in older} == {orjson.dumps(as_1_0(package.json(), "CFPackages"))}
        has_it = {"if-none-match": older[0].headers["etag"]}
        assert client.get(f"{V10}/CFPackages/{identifier}", headers=has_it).status_code == 304
        assert made == ["CFPackages"]


def test_damaged_payloads_are_made_anew(tmp_path: Path) -> None:
    """A file that is no database answers nothing wrong."""
    manifest = publish(tmp_path, {"skills": SKILLS})
    with service(tmp_path) as client:
        before = documents(client)
    path = case_path(tmp_path, manifest.datasets[0], DEFAULT_BASE)
    path.write_bytes(b"nonsense" * 1000)
    with service(tmp_path) as client:
        end = time.monotonic() + 30
        while client.get(f"{V11}/CFDocuments").status_code != 200:
            assert time.monotonic() < end
        assert documents(client) == before


if "HEADWATER_REFERENCE" in os.environ:
    from jsonschema import Draft202012Validator

    SCHEMAS = Path(os.environ["HEADWATER_REFERENCE"]) / "standards/case/schema/jsonschema-v1p1"

    def test_payloads_are_valid_by_the_official_schemas(client: TestClient) -> None:
        """Every endpoint for everything in two packages, and the list; errors too."""

        def check(name: str, value: object) -> None:
            schema = json.loads((SCHEMAS / name).read_text("utf-8"))
            faults = [fault.message for fault in Draft202012Validator(schema).iter_errors(value)]
            assert not faults, (name, faults[:3])

        operations = {"CFAssociationGroupings": "CFAssociationGrouping", "CFItemAssociations": "CFItemAssociations"}
        check("getAllCFDocuments-200.json", client.get(f"{V11}/CFDocuments?limit=1000").json())
        skills = client.get(f"{V11}/CFDocuments?filter=title='Skills'").json()["CFDocuments"][0]["identifier"]
        for endpoint, identifier in [*identifiers(), ("CFPackages", skills), ("CFDocuments", skills)]:
            name = operations.get(endpoint, endpoint.removesuffix("s"))
            check(f"get{name}-200.json", client.get(f"{V11}/{endpoint}/{identifier}").json())
        for address in (f"CFItems/{NOBODY}", "CFItems/x", "CFDocuments?fields="):
            check("getAllCFDocuments-error.json", client.get(f"{V11}/{address}").json())
