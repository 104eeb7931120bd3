"""What files of learners hold: tables and credentials told apart, archives opened under limits, nothing lost."""

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from credential_signing import LEARNER, Signer, badge, record

from ontology import learner_sources
from ontology.credentials.reading import MAX_CREDENTIAL_BYTES
from ontology.credentials.subjects import said_subject
from ontology.learner_documents import LearnerDocument, read_documents
from ontology.learner_files import FoundLearners, Gathering, LearnerFormat, find_learners, read_slice
from ontology.learner_sources import Content, content_of

SAMPLES = Path(__file__).parent / "data/credentials/1edtech"
SIGNER = Signer()
BADGE = json.dumps(badge(SIGNER)).encode()
TOKEN = SIGNER.token(badge(SIGNER)).encode()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


def found_in(path: Path, scratch: Path, rows: int = 1000, *, by_subject: bool = False) -> FoundLearners:
    return find_learners(path, rows, Gathering(folder=scratch, by_subject=by_subject))


def documents_of(found: FoundLearners) -> list[list[LearnerDocument]]:
    return [
        learner
        for each in found.slices
        if found.files[each.file].format is LearnerFormat.DOCUMENTS
        for learner in read_documents(Path(found.files[each.file].path), each.start, each.end)
    ]


def names_of(found: FoundLearners) -> list[tuple[str, int]]:
    return [(each.file, each.line) for learner in documents_of(found) for each in learner]


def told(found: FoundLearners) -> list[tuple[str, str]]:
    return [(each.code, each.source.file if each.source else "") for each in found.findings]


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tarred(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return written.getvalue()


@pytest.mark.parametrize(
    ("head", "content"),
    [
        (BADGE, Content.DOCUMENT),
        (json.dumps(badge(SIGNER), indent=2).encode(), Content.DOCUMENT),
        (b"\xef\xbb\xbf\n" + BADGE, Content.DOCUMENT),
        (BADGE + b"\n" + BADGE, Content.DOCUMENT_LINES),
        (BADGE + b"\n" + TOKEN, Content.DOCUMENT_LINES),
        (TOKEN, Content.DOCUMENT),
        (b'"' + TOKEN + b'"\n"' + TOKEN + b'"', Content.DOCUMENT_LINES),
        (json.dumps(badge(SIGNER), indent=1).encode()[:-200], Content.DOCUMENT),
        (b'{"@context": ["https://www.w3.org/ns/credentials/v2"], "type":', Content.DOCUMENT),
        (b'{"learner": {"id": "urn:x"}, "type": "Clr"}', Content.DOCUMENT),
        (b"\x89PNG\r\n\x1a\n", Content.DOCUMENT),
        (b"<svg/>", Content.DOCUMENT),
        (b"[{}]", Content.DOCUMENT),
        (b"https://college.example/badge/1\n", Content.DOCUMENT),
        (b"Dear reader", Content.DOCUMENT),
        (b"", Content.DOCUMENT),
        (b'{"learner": "ann"}\n{"learner": "bob"}', Content.LINES),
        (b'{"learner": "ann"\n{"learner": "bob"}', Content.LINES),
        (b'{"learner": 7}', Content.LINES),
        (b'{\n"learner": "ann"\n}', Content.LINES),
        (b'{"name": "ann"}\n', Content.LINES),
        (b"courses;learner\n", Content.CSV),
        (b'"learner","courses"\n', Content.CSV),
        (b"PAR1", Content.PARQUET),
    ],
)
def test_content_tells_what_a_file_is(head: bytes, content: Content) -> None:
    """Its name decides only where nothing else does."""
    assert content_of(head, "x", named=False) is content
    assert content_of(b"anything", "x.csv", named=False) is Content.CSV
    assert content_of(b"anything", "x", named=True) is Content.CSV


def test_every_packing_gives_the_same_documents(tmp_path: Path, scratch: Path) -> None:
    """A folder, zip, tar, tar.gz, a zip in a zip, gz in each: the same bytes, images included."""
    files = {
        f"ob3/{path.name}": path.read_bytes()
        for path in sorted((SAMPLES / "ob3").glob("simple*"))
        if path.suffix in {".json", ".jwt", ".png", ".svg"}
    }
    assert len(files) > 15
    for name, data in files.items():
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_bytes(data)
    zipped(tmp_path / "all.zip", files)
    (tmp_path / "all.tar").write_bytes(tarred(files))
    (tmp_path / "all.tgz").write_bytes(gzip.compress(tarred(files)))
    zipped(tmp_path / "outer.zip", {"in.zip": (tmp_path / "all.zip").read_bytes()})
    zipped(tmp_path / "gz.zip", {f"{name}.gz": gzip.compress(data) for name, data in files.items()})
    (tmp_path / "gz.tar").write_bytes(tarred({f"{name}.gz": gzip.compress(data) for name, data in files.items()}))
    for source in ("folder", "all.zip", "all.tar", "all.tgz", "outer.zip", "gz.zip", "gz.tar"):
        found = found_in(tmp_path / source, scratch)
        assert [each.data for learner in documents_of(found) for each in learner] == list(files.values()), source
        assert all(name.endswith(tuple(files)) for name, _ in names_of(found)), source
        assert found.findings == []


def test_lines_are_documents_with_their_number(tmp_path: Path, scratch: Path) -> None:
    """JSON and tokens, blank lines left out; one beyond measure is cut, to be refused, and the next is read."""
    lines = [BADGE, b"", TOKEN, b'"' + TOKEN + b'"', b"{nonsense", b"{" + b" " * (MAX_CREDENTIAL_BYTES + 99), BADGE]
    (tmp_path / "all.jsonl").write_bytes(b"\r\n".join(lines))
    found = found_in(tmp_path / "all.jsonl", scratch)
    assert names_of(found) == [("all.jsonl", number) for number in (1, 3, 4, 5, 6, 7)]
    data = [each.data for learner in documents_of(found) for each in learner]
    assert [data[0], data[1], data[2], data[3], data[5]] == [BADGE, TOKEN, lines[3], b"{nonsense", BADGE]
    assert len(data[4]) > MAX_CREDENTIAL_BYTES


def test_tables_are_unpacked_and_stand_beside_documents(tmp_path: Path, scratch: Path) -> None:
    """CSV, JSON lines and Parquet in gz, zip and tar: the rows of each, under the name inside."""
    table = pa.table({"learner": ["p"], "courses": [["a"]]})
    pq.write_table(table, tmp_path / "l.parquet")
    parquet = (tmp_path / "l.parquet").read_bytes()
    (tmp_path / "l.parquet").unlink()
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.csv.gz").write_bytes(gzip.compress(b"learner,courses\nann,a\n"))
    inside = {"b.jsonl": b'{"learner": "bob"}\n', "c.parquet.gz": gzip.compress(parquet), "d.json": BADGE}
    zipped(folder / "b.zip", inside)
    (folder / "c.tar").write_bytes(tarred({"e.csv": b"learner\neve\n", "e.csv.gz": gzip.compress(b"learner\nfay\n")}))
    found = found_in(folder, scratch)
    rows = [read_slice(found.files[each.file], each) for each in found.slices[:-1]]
    assert [(each.file, each.learners) for each in rows] == [
        ("a.csv", ["ann"]),
        ("b.zip/b.jsonl", ["bob"]),
        ("b.zip/c.parquet", ["p"]),
        ("c.tar/e.csv", ["eve"]),
        ("c.tar/e.csv", ["fay"]),
    ]
    assert names_of(found) == [("b.zip/d.json", 1)]


def test_a_large_table_in_a_tar_is_whole(tmp_path: Path, scratch: Path) -> None:
    """One that is larger than what is looked at first, packed and not."""
    rows = b"learner\n" + b"".join(b"learner %d\n" % number for number in range(600_000))
    assert len(rows) > 2 * learner_sources.HEAD_BYTES
    (tmp_path / "l.tar").write_bytes(tarred({"l.csv": rows, "m.csv.gz": gzip.compress(rows, 1)}))
    found = found_in(tmp_path / "l.tar", scratch, 1_000_000)
    assert [len(read_slice(found.files[each.file], each).learners) for each in found.slices] == [600_000] * 2


def test_bombs_are_refused_and_the_rest_is_read(tmp_path: Path, scratch: Path) -> None:
    """A gz, a zip and a tar.gz of zeros, gz in gz: told once each, in bounded space; other files are read."""
    zeros = bytes(64 << 20)
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.json.gz").write_bytes(gzip.compress(zeros))
    zipped(folder / "b.zip", {"x.csv": zeros, "y.json": BADGE})
    (folder / "c.tgz").write_bytes(gzip.compress(tarred({"x.csv": b"learner\n" + zeros})))
    (folder / "d.json.gz").write_bytes(gzip.compress(gzip.compress(zeros)))
    (folder / "e.json").write_bytes(BADGE)
    found = found_in(folder, scratch)
    assert [code for code, _ in told(found)] == ["document.archive-bomb"] * 4
    assert [name for _, name in told(found)] == ["a.json.gz", "b.zip", "c.tgz", "d.json.gz"]
    assert names_of(found)[-1] == ("e.json", 1)
    assert sum(path.stat().st_size for path in scratch.iterdir()) < 128 << 20


def test_damaged_and_unsafe_archives_are_told(tmp_path: Path, scratch: Path) -> None:
    """Cut off, with names that lead outside, with links, too deep: each with its place, the others are read."""
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.json.gz").write_bytes(gzip.compress(BADGE)[:-10])
    whole = zipped(folder / "b.zip", {"x.json": BADGE}).read_bytes()
    (folder / "b.zip").write_bytes(whole[:-30])
    (folder / "c.tar").write_bytes(tarred({"x.json": BADGE})[:700])
    zipped(
        folder / "d.zip", {"../x.json": BADGE, "/etc/y.json": BADGE, ".hidden": b"", "__MACOSX/z": b"", "good": BADGE}
    )
    nested = BADGE
    for _ in range(4):
        nested = gzip.compress(nested)
    (folder / "e.gz").write_bytes(nested)
    (folder / "f.json").symlink_to("/etc/passwd")
    found = found_in(folder, scratch)
    assert [code for code, _ in told(found)] == [
        "document.damaged",
        "document.damaged",
        "document.damaged",
        "document.unsafe-name",
        "document.unsafe-name",
        "document.too-deep",
        "document.link-outside",
    ]
    assert names_of(found) == [("d.zip/good", 1)]


def test_documents_are_gathered_by_subject(tmp_path: Path, scratch: Path) -> None:
    """All that say the same subject lie together, in the order in which the subjects came; parts end between them."""
    subjects = ["urn:a", "urn:b", None, "urn:a", "urn:c", None, "urn:b", "urn:a"]
    lines = []
    for number, subject in enumerate(subjects):
        said = {"type": ["AchievementSubject"], "n": number} | ({} if subject is None else {"id": subject})
        lines.append(json.dumps(badge(SIGNER, credentialSubject=said)))
    (tmp_path / "all.jsonl").write_text("\n".join(lines), "utf-8")
    expected = [[1, 4, 8], [2, 7], [3], [5], [6]]
    for rows in (1, 2, 3, 100):
        found = found_in(tmp_path / "all.jsonl", scratch, rows, by_subject=True)
        assert [[each.line for each in learner] for learner in documents_of(found)] == expected
    assert len(found_in(tmp_path / "all.jsonl", scratch, 4, by_subject=True).slices) == 3
    alone = found_in(tmp_path / "all.jsonl", scratch, 3)
    assert [[each.line for each in learner] for learner in documents_of(alone)] == [[n] for n in range(1, 9)]
    assert len(alone.slices) == 3


def test_the_subject_is_said_by_every_form() -> None:
    """Of a badge, a token, a record, a picture, a presentation, a transcript; none of what is no credential."""
    assert said_subject(BADGE) == said_subject(TOKEN) == LEARNER
    assert said_subject(json.dumps(record(SIGNER, [])).encode()) == LEARNER
    assert said_subject((SAMPLES / "ob3/simple-json.png").read_bytes()) is not None
    presentation = {"type": "VerifiablePresentation", "holder": {"id": "did:x:1"}, "verifiableCredential": []}
    assert said_subject(json.dumps(presentation).encode()) == "did:x:1"
    transcript = {"type": "Clr", "learner": {"id": "urn:ann"}}
    assert said_subject(json.dumps(transcript).encode()) == "urn:ann"
    hosted = {"type": "Assertion", "recipient": {"type": "email", "hashed": True, "identity": "sha256$x", "salt": "s"}}
    assert said_subject(json.dumps(hosted).encode()) == "email:sha256$x$s"
    token = SIGNER.token(badge(SIGNER, credentialSubject={"type": ["AchievementSubject"]}), sub="did:x:2").encode()
    assert said_subject(token) == "did:x:2"
    for nothing in (b"", b"x", b"{}", b"\x89PNG\r\n\x1a\n"):
        assert said_subject(nothing) is None
