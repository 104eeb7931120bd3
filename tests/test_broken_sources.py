"""Folders with things in them that are no files, headers out of measure: each told, none a crash and none left out in silence."""

import gzip
import io
import json
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from ontology.documents import Document, open_source, read_rows
from ontology.model import Finding, FindingLevel, Source
from ontology.readers import read_source

GOOD = b"iri,label\nhttps://college.example/course/7,Seven\n"


def opened(folder: Path) -> tuple[list[str], list[Finding]]:
    items = list(open_source(folder))
    return [item.name for item in items if isinstance(item, Document)], [
        item for item in items if isinstance(item, Finding)
    ]


@pytest.mark.parametrize("target", ["nowhere.csv", "competencies.csv", "courses.csv/within"])
def test_link_to_nothing(tmp_path: Path, target: str) -> None:
    """A link that dangles, one to itself, one through a file: the rest is read, the link is told."""
    (tmp_path / "courses.csv").write_bytes(GOOD)
    (tmp_path / "competencies.csv").symlink_to(target)
    names, findings = opened(tmp_path)
    assert names == ["courses.csv"]
    assert [(each.level, each.code, each.source) for each in findings] == [
        (FindingLevel.MUST, "document.damaged", Source(file="competencies.csv"))
    ]
    assert findings[0].fix


READ_AS_NOBODY = """
import os
from pathlib import Path
from ontology.documents import Document, open_source

if os.geteuid() == 0:
    os.seteuid(65534)
for item in open_source(Path(".")):
    print(item.name if isinstance(item, Document) else f"{item.code} {item.source.file}")
"""


def test_folder_that_cannot_be_listed(tmp_path: Path) -> None:
    """What lies in it is not left out in silence. Whoever may read everything gives that right up first."""
    (tmp_path / "courses.csv").write_bytes(GOOD)
    tmp_path.chmod(0o755)
    shut = tmp_path / "spring"
    shut.mkdir(mode=0o000)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", READ_AS_NOBODY]
    run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    shut.chmod(0o755)
    assert run.stdout.splitlines() == ["courses.csv", "document.damaged spring"]


def test_many_columns(tmp_path: Path) -> None:
    """Each of ten thousand unknown columns is told, each column looked at once."""
    columns = [f"c{number}" for number in range(10_000)]
    path = tmp_path / "wide.csv"
    path.write_text(",".join(["iri", *columns]) + "\n")
    (document,) = (item for item in open_source(path) if isinstance(item, Document))
    findings = [item for item in read_rows(document, required=["iri"], optional=["label"]) if isinstance(item, Finding)]
    assert [each.source.column for each in findings if each.source] == columns


def test_a_file_of_tables_with_a_wrong_header_is_not_passed_over(tmp_path: Path) -> None:
    """In a folder too: its name says what it is meant to be, so the columns it lacks are must-findings."""
    (tmp_path / "competencies.csv").write_text("id,name\nx,y\n", "utf-8")
    (tmp_path / "courses.csv").write_text("iri,label\nhttps://example.org/course,Course\n", "utf-8")
    found = [item for item in read_source(tmp_path).items if isinstance(item, Finding)]
    assert ("must", "table.missing-column") in {(finding.level.value, finding.code) for finding in found}


MIB = 1 << 20


Texts = Iterator[tuple[str, str, Iterable[bytes]]]
"""(file, code of its finding, content). What ends in `+` goes on to a GiB."""


def long_strings() -> Texts:
    long = b"a" * (17 * MIB)
    prose = b'it\'s "x" <urn:x> .\n' * (17 * MIB // 18)
    escaped = b'\\"{[' * (5 * MIB)
    yield "literal.ttl+", "document.too-long", [b'<urn:a> <urn:b> "', long]
    yield "long-literal.ttl+", "document.too-long", [b'<urn:a> <urn:b> """', prose, b'" <urn:c>']
    yield "literal.nt+", "document.too-long", [b'<urn:a> <urn:b> "', escaped]
    yield "string.json", "document.too-long", [b'{"a": "', escaped, b'"}']
    yield "cell.csv+", "document.too-long", [b'iri,label\nurn:a,"', b"aaaa, aaaa\n" * (17 * MIB // 11)]
    yield "text.rdf", "document.too-long", [b'<rdf:RDF xmlns:rdf="x"><a>', long]
    yield "cdata.rdf", "document.too-long", [b'<rdf:RDF xmlns:rdf="x"><a><![CDATA[', b"<a>" * (6 * MIB)]
    yield "comments.rdf", "document.too-long", [b'<rdf:RDF xmlns:rdf="x"><a>', b"<!--<a>-->aa" * (2 * MIB)]


def long_words() -> Texts:
    iri = b"http://example.org/" + b"a" * MIB
    yield "iri.ttl", "document.too-long", [b"<urn:a> <urn:b> <", iri, b"> .\n"]
    yield "relative.ttl", "document.too-long", [b"<urn:a> <urn:b> <", b"a" * MIB, b"> .\n"]
    yield "prefixed.ttl", "document.too-long", [b"@prefix e: <urn:e> .\ne:a e:b e:", b"a" * MIB, b" .\n"]
    yield "tag.ttl", "document.too-long", [b'<urn:a> <urn:b> "x"@', b"a" * MIB, b" .\n"]
    yield "iri.nq", "document.too-long", [b"<urn:a> <urn:b> <urn:c> <", iri, b"> .\n"]
    yield "iri.json", "document.too-long", [b'{"@id": "', iri, b'"}']
    yield "iri.csv", "document.too-long", [b"label,iri\nx,", iri, b"\n"]
    yield "quoted-iri.csv", "document.too-long", [b'label;iri\nx;"', iri, b'"\n']
    yield "iri.rdf", "document.too-long", [b"<rdf:RDF xmlns:rdf='x'><a rdf:about='", iri, b"'/></rdf:RDF>"]


def deep_nesting() -> Texts:
    yield "list.json", "document.too-deep", [b"[" * 20_000, b"]" * 20_000]
    yield "object.json", "document.too-deep", [b'{"a":' * 1_000_000, b"1", b"}" * 1_000_000]
    yield "lines.jsonl", "document.too-deep", [b'{"a": 1}\n' * 9, b"]" * 500, b"\n", b"[" * 65, b"]" * 65]
    yield "elements.rdf", "document.too-deep", [b'<rdf:RDF xmlns:rdf="x">', b"<a>" * 1_000_000]


def many_names() -> Texts:
    tags = [b"en-x-a%d" % number for number in range(1_000_000)]
    few = tags[:20_000]
    yield "tags.ttl", "document.too-many-names", [b'<urn:a> <urn:b> "', b', "x"@'.join(tags)]
    yield "map.json", "document.too-many-names", [b'{"label": {"', b'": "x",\n"'.join(tags)]
    yield "tags.nq", "document.too-many-names", [b'<urn:a> <urn:b> "x"@%s <urn:g> .\n' % tag for tag in few]
    yield "single.ttl", "document.too-many-names", [b"<urn:a> <urn:b> '", b", 'x'@".join(few)]
    yield "tags.json", "document.too-many-names", [b"[", *(b'{"@language": "%s"},' % tag for tag in few)]
    yield "tags.rdf", "document.too-many-names", [b'<r xmlns="x">', *(b'<a xml:lang="%s"/>' % tag for tag in few)]


def large_trees() -> Texts:
    yield "blanks.json+", "document.too-large", [b" " * MIB]
    yield "many.rdf+", "document.too-large", [b'<rdf:RDF xmlns:rdf="x">', b"<a/>" * MIB]


def declarations() -> Texts:
    wide = "<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE x>".encode("utf-16-be")
    yield "trix.xml", "document.dtd", [b'<TriX xmlns="x">', b" " * 70_000, b"<!DOCTYPE x>"]
    yield "entities.ttl", "document.dtd", [b"\xef\xbb\xbf<!-- c -->\n<!DOCTYPE x [<!ENTITY a 'b'>]><x/>"]
    yield "parameter.csv", "document.dtd", [b"<?xml version='1.0'?><?y?><!ENTITY % a SYSTEM 'file:///x'>"]
    yield "late.owl", "document.dtd", [b'<rdf:RDF\nxmlns:rdf="x">' + b"<a/>" * MIB, b"<!doctype x>"]
    yield "page.html", "document.dtd", [b"<!DOCTYPE html><html></html>"]
    yield "wide.rdf", "document.not-utf-8", [wide]
    yield "seven.rdf", "document.not-utf-8", [b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE x+AD4-']
    yield "other.rdf", "document.not-utf-8", [b"<?xml version='1.0' encoding = 'IBM037' ?><x/>"]


GATE = """
import json, re, sys, time
from pathlib import Path
from ontology.documents import Document, open_source

found = {}
for path in sorted(Path(sys.argv[1]).iterdir()):
    began = time.process_time()
    items = [item.name if isinstance(item, Document) else [item.code, item.source.file] for item in open_source(path)]
    found[path.name] = [items, time.process_time() - began]
print(json.dumps([found, int(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])]))
"""


def refused(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """What the gate says of each file, within a second and 300 MB, in a process of its own.

    The highest memory is Linux's own count: the one of `getrusage` begins with that of the process that started it.
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    run = subprocess.run(
        [sys.executable, "-c", GATE, str(folder)], env=environment, capture_output=True, text=True, check=True
    )
    found, kilobytes = json.loads(run.stdout)
    assert kilobytes < 300 * 1024
    assert not {name: seconds for name, (_, seconds) in found.items() if seconds >= 1}
    return {name: [tuple(item) for item in items] for name, (items, _) in found.items()}


@pytest.mark.parametrize("texts", [long_strings, long_words, deep_nesting, many_names, large_trees, declarations])
def test_text_out_of_measure_is_refused_before_a_parser_runs(tmp_path: Path, texts: Callable[[], Texts]) -> None:
    """A second and 300 MB for each, though some have a GiB; each has one finding."""
    expected = {}
    for named, code, parts in texts():
        name = named.removesuffix("+")
        with (tmp_path / name).open("wb") as stream:
            stream.writelines(parts)
            if named != name:
                stream.truncate(1 << 30)
        expected[name] = [(code, name)]
    assert refused(tmp_path) == expected


def listing(entries: Iterable[tuple[str, int, int, int]], local: bytes, packed: int, checksum: int) -> bytes:
    """A zip whose list has these (name, size, offset, method) over some bytes."""
    lines = [
        struct.pack(
            "<IHHHHHHIIIHHHHHII",
            *(0x02014B50, 20, 20, 0, method, 0, 0, checksum, packed, size, len(name), 0, 0, 0, 0, 0, offset),
        )
        + name.encode()
        for name, size, offset, method in entries
    ]
    directory = b"".join(lines)
    count = min(len(lines), 0xFFFF)
    return local + directory + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), len(local), 0)


def one_file(data: bytes) -> tuple[bytes, int, int]:
    """(local header and packed bytes, packed size, checksum)."""
    packed = zlib.compress(data)[2:-4]
    head = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0, zlib.crc32(data), len(packed), len(data), 1, 0)
    return head + b"a" + packed, len(packed), zlib.crc32(data)


def zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return buffer.getvalue()


def overlapping() -> bytes:
    """Nine thousand files of a MiB that are all the same few bytes."""
    local, packed, checksum = one_file(b"0" * MIB)
    return listing(((f"{number}.csv", MIB, 0, 8) for number in range(9000)), local, packed, checksum)


def crowded() -> bytes:
    """Two hundred thousand empty files, of which the end of the archive admits 65,535."""
    local, packed, checksum = one_file(b"")
    return listing(((f"{number}.csv", 0, number, 8) for number in range(200_000)), local, packed, checksum)


def matryoshka() -> bytes:
    """Archives in archives, each within the ratio of its own."""
    data = gzip.compress(b"0" * (40 * MIB))
    return zipped([("a.csv.gz", gzip.compress(data))])


ARCHIVES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "ratio.zip": ("document.archive-bomb", lambda: zipped([("a.csv", b"0" * (17 * MIB))])),
    "shared.zip": ("document.archive-bomb", lambda: zipped((f"{n}.csv", b"0" * (9 * MIB)) for n in range(3))),
    "gz.csv.gz": ("document.archive-bomb", lambda: gzip.compress(b"iri,label\n" * (2 * MIB))),
    "nested.zip": ("document.archive-bomb", matryoshka),
    "inner.zip": ("document.archive-bomb", lambda: zipped([("b.zip", zipped([("a.csv", b"0" * (17 * MIB))]))])),
    "members.csv.gz": ("document.archive-bomb", lambda: gzip.compress(b"") * 1_000_000),
    "overlapping.zip": ("document.archive-bomb", overlapping),
    "crowded.zip": ("document.too-many", crowded),
}


def test_archives_out_of_measure_are_refused_before_they_are_unpacked(tmp_path: Path) -> None:
    """The same second and the same memory."""
    for name, (_, make) in ARCHIVES.items():
        (tmp_path / name).write_bytes(make())
    found = refused(tmp_path)
    assert {name: [code for code, _ in items] for name, items in found.items()} == {
        name: [code] for name, (code, _) in ARCHIVES.items()
    }


def test_a_method_that_unpacks_without_bound_is_refused_and_the_rest_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, method in enumerate(
            (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED)
        ):
            archive.writestr(f"{number}.csv", GOOD, compress_type=method)
    (tmp_path / "it.zip").write_bytes(buffer.getvalue())
    names, findings = opened(tmp_path / "it.zip")
    assert names == ["2.csv", "3.csv"]
    assert [item.code for item in findings] == ["document.unknown-packing"] * 2


WATCHED = """
import json, sys
from pathlib import Path

folder = Path(sys.argv[1]).resolve()
from ontology.readers import read_source
list(read_source(folder / "good.csv").items)  # whatever is imported or read once is there now
events = []

def watch(event, arguments):
    if event.startswith(("socket.", "urllib.", "http.", "subprocess.", "os.system", "os.exec", "os.posix_spawn")):
        events.append([event, repr(arguments)[:200]])
    elif event == "open" and isinstance(arguments[0], str | bytes):
        path = Path(arguments[0] if isinstance(arguments[0], str) else arguments[0].decode()).resolve()
        written = arguments[1] is not None and any(sign in arguments[1] for sign in "wax+")
        if not path.is_relative_to(folder) and (written or not path.is_relative_to(root) and path.suffix != ".py"):
            events.append([event, str(path)])

root = Path(sys.argv[2]).resolve()
installed = [Path(each).resolve() for each in sys.path if each]
sys.addaudithook(watch)
codes = []
for path in sorted(folder.iterdir()):
    codes.append([path.name, [item.code for item in read_source(path).items if hasattr(item, "code")]])
events = [each for each in events if not any(Path(each[1]).is_relative_to(one) for one in installed)]
print(json.dumps([codes, events]))
"""


def test_nothing_is_fetched_and_no_other_file_is_read_while_a_document_is(tmp_path: Path) -> None:
    """Contexts, imports, entities, stylesheets, schemas and services of every kind of address, under an audit hook."""
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "good.csv").write_bytes(GOOD)
    addresses = [
        "http://127.0.0.1:9/c",
        "https://example.org/c",
        f"file://{secret}",
        "../secret.txt",
        f"{secret}",
        "//x/c",
    ]
    for number, address in enumerate(addresses):
        body = {"@id": "urn:a", "@type": "ceasn:Competency", "ceasn:competencyText": "x"}
        (folder / f"{number}.jsonld").write_text(json.dumps({"@context": address, **body}))
        (folder / f"{number}i.jsonld").write_text(json.dumps({"@context": {"@import": address}, **body}))
        (folder / f"{number}b.jsonld").write_text(
            json.dumps({"@context": ["https://credreg.net/ctdlasn/schema/context/json", {"@base": address}], **body})
        )
        (folder / f"{number}.rdf").write_text(
            f'<?xml version="1.0"?><?xml-stylesheet href="{address}"?><rdf:RDF '
            f'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
            f'xsi:schemaLocation="x {address}" xml:base="{address}"><rdf:Description rdf:about="urn:a"/></rdf:RDF>'
        )
        (folder / f"{number}d.rdf").write_text(f'<!DOCTYPE x [<!ENTITY a SYSTEM "{address}">]><x>&a;</x>')
        (folder / f"{number}.ttl").write_text(
            f"<urn:a> <http://www.w3.org/2002/07/owl#imports> <{address}> ; a <http://www.w3.org/2004/02/skos/core#Concept> ."
        )
        (folder / f"{number}.json").write_text(
            json.dumps(
                {"CFDocument": {"identifier": "x", "uri": "urn:x", "CFPackageURI": {"uri": address}}, "CFItems": []}
            )
        )
    root = Path(__file__).parents[1]
    run = subprocess.run(
        [sys.executable, "-c", WATCHED, str(folder), str(root)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    codes, events = json.loads(run.stdout)
    assert events == []
    assert len(codes) == 1 + 7 * len(addresses)
    assert {tuple(found) for name, found in codes if name.endswith("d.rdf")} == {("document.dtd",)}
    assert all(found for name, found in codes if name.endswith(("i.jsonld", *(f"{n}.jsonld" for n in range(6)))))


def test_no_kind_of_finding_is_listed_without_end(tmp_path: Path) -> None:
    """A hundred unknown columns are told one by one, the others with their number."""
    (tmp_path / "courses.csv").write_text(",".join(["iri", "label", *(f"c{n}" for n in range(1000))]) + "\n")
    found = [item for item in read_source(tmp_path).items if isinstance(item, Finding)]
    unknown = [item for item in found if item.code == "table.unknown-column"]
    assert len(unknown) == 101
    assert unknown[-1].message.startswith("900 more findings like this in courses.csv")


def test_a_long_value_is_not_repeated_in_messages(tmp_path: Path) -> None:
    """An IRI just below what the gate refuses, labels and codes of a MiB: no message, fix or subject is long."""
    long = "a" * 60_000
    (tmp_path / "courses.csv").write_text(
        f"iri,label,cost,codes\nhttps://e.example/{long},x,{long},{long}\n{long},y,1,\n"
    )
    (tmp_path / "teaches.csv").write_text(f"subject,competency,level,scale\nurn:x:{long},urn:y:{long},{long},{long}\n")
    (tmp_path / "requires.csv").write_text(f"role,target,importance\nurn:x:{long},urn:y:{long},{long}\n")
    found = [item for item in read_source(tmp_path).items if isinstance(item, Finding)]
    assert found
    assert not [item for item in found if len(item.message) > 700 or len(item.fix or "") > 700]


if "HEADWATER_REFERENCE" in os.environ:
    REFERENCE = Path(os.environ["HEADWATER_REFERENCE"])

    @pytest.mark.parametrize("folder", ["data", "standards"])
    def test_no_real_set_is_out_of_measure(folder: str) -> None:
        """All frameworks and samples pass; turned away are pictures, drawings with a declaration, and empty files."""
        refused_files = [item for item in open_source(REFERENCE / folder) if isinstance(item, Finding)]
        assert {
            (Path(item.source.file).suffix, item.code) for item in refused_files if item.source and item.source.file
        } <= {
            (".png", "document.nul-byte"),
            (".svg", "document.dtd"),
            (".html", "document.empty"),
            (".nq", "document.empty"),
        }
