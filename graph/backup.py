"""Backup and restore: everything in a data folder that cannot be built anew, in one file that proves itself whole.

In it are the release archive up to the current release, the pointer to it, drafts of overlays, what is stored of
learners (sealed) and, where asked for, the keys and the issuer. Made beside whatever runs: files of published releases
never change and never go, so no lock is held but the issuer's, for a moment. A restore checks everything before
anything is visible. Neo4j is not in it: it is brought to the restored release by the next command that writes or by the
service. Called by the command line.
"""

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from ontology.errors import BusyError, DamagedError, InputError

from .archive import RESTORE_HINT, Manifest, read_manifest, sync_folder, write_durably, writing
from .backup_file import CHUNK_BYTES, BackupWriter, Contents, damaged, read_backup, writing_backup
from .drafts import LOCK as DRAFTS
from .issuer_identity import FOLDER, IDENTITY_FILE, KEYS_FOLDER
from .issuer_register import REGISTER, Register, restored_event
from .learner_backup import ACCESS_PATH, KEY_PATH, LOG_PATH, SEALED_PATH, carry_over, has_learners, learner_files
from .learner_keys import FOLDER as LEARNER_KEYS
from .lock import ACCESS, ISSUER, KEYS, LEARNERS, waiting_lock, writer_lock
from .releases import Releases, utc_now
from .replacement import STAGING, finish_replacement, replace_content

POINTER = "current.json"
KEYS_FILE = "keys.json"
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
"""Of a dataset, as `loading` allows it; it cannot lead out of its folder."""
MANIFEST_PATH = re.compile(r"archive/releases/([1-9][0-9]{0,8})\.json")
CONTENT_PATH = re.compile(rf"archive/datasets/({_NAME})/([0-9a-f]{{64}})\.(nq\.gz|originals\.zip|sources)")
DRAFT_PATH = re.compile(rf"drafts/{_NAME}\.nq")
ISSUER_PATH = re.compile(
    rf"{FOLDER}/(?:{re.escape(IDENTITY_FILE)}|{re.escape(REGISTER)}"
    rf"|{KEYS_FOLDER}/z[1-9A-HJ-NP-Za-km-z]{{40,100}}\.pem|achievements/[0-9a-f]{{32}}\.json)"
)
PARTS = {
    "releases": re.compile(f"{re.escape(POINTER)}|{MANIFEST_PATH.pattern}|{CONTENT_PATH.pattern}"),
    "drafts": DRAFT_PATH,
    "learners": re.compile(f"{SEALED_PATH.pattern}|{LOG_PATH.pattern}|{ACCESS_PATH.pattern}"),
    "keys": re.compile(f"{re.escape(KEYS_FILE)}|{KEY_PATH.pattern}"),
    "issuer": ISSUER_PATH,
}
"""What a backup may hold, and where it goes."""
MAXIMUM_SMALL_BYTES = 64 * 1024 * 1024
"""Of a manifest and the pointer, which are read into memory."""
_TOLERATED = ("neo4j", "writer.lock", DRAFTS, KEYS, ISSUER, LEARNERS, ACCESS)
"""What may be in a folder that counts as empty: the managed server, which follows, and locks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a backup is of."""

    file: Path
    size_bytes: int
    sha256: str
    """Of the whole file."""
    created_at: str
    release: int | None
    """The newest release in it."""
    published_at: str | None
    """When that was published."""
    files: int
    with_keys: bool
    with_issuer: bool
    age_seconds: float | None
    """Of the newest release in it, now: what was loaded since then is lost with the data folder."""
    seconds: float
    """How long it took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """What a restore did."""

    backup: BackupReport
    home: Path
    aside: Path | None
    """Where that is what was there before."""


# ------------------------------------------------------------------------------------------------------- backup


def make_backup(
    home: Path,
    file: Path,
    *,
    with_keys: bool = False,
    with_issuer: bool = False,
    force: bool = False,
    clock: Callable[[], datetime] = utc_now,
) -> BackupReport:
    """The backup of a data folder, which is in `file` then, durably and readable for its owner alone.

    Every file is checked against its checksum on its way: a damaged archive makes no backup.

    Args:
        with_keys: also the digests of the API's keys, and the keys that open what is stored of learners.
        with_issuer: also the issuer: its private keys, and the register of what it issued.
        force: replace a file that is there.

    Raises:
        InputError: there is nothing to back up, or something at `file` already (`backup.exists`).
        DamagedError: a file of the archive is damaged.
        BusyError: the data folder was replaced meanwhile.
        UnavailableError: `file` cannot be written.
    """
    begun = time.monotonic()
    releases = Releases(home)
    drafts = home / "drafts"
    asked = (home / KEYS_FILE, with_keys), (home / FOLDER / IDENTITY_FILE, with_issuer)
    anything = any(drafts.glob("*.nq")) or has_learners(home) or any(wanted and path.exists() for path, wanted in asked)
    if releases.current() is None and not anything:
        raise InputError(
            f"Nothing is loaded in {home}.", code="home.nothing-loaded", hint="Load something first, or name --home."
        )
    with _new_file(file, force=force) as raw:
        writer = BackupWriter(raw, str(file))
        # Drafts before the pointer: one that is published meanwhile is then in the release, or still among them.
        for path in sorted(drafts.glob("*.nq")):
            if DRAFT_PATH.fullmatch(f"drafts/{path.name}"):
                _add_changing(writer, path, f"drafts/{path.name}")
        if with_keys:
            _add_changing(writer, home / KEYS_FILE, KEYS_FILE)
        if with_issuer:
            _add_issuer(writer, home)
        for path in learner_files(home, with_keys=with_keys):
            _add_changing(writer, path, path.relative_to(home).as_posix())
        current = releases.current()
        if current is not None:
            _add_releases(writer, releases, current)
        created_at = _time(clock())
        contents = writer.finish(
            {
                "createdAt": created_at,
                "parts": [name for name in PARTS if {"keys": with_keys, "issuer": with_issuer}.get(name, True)],
                "release": _release(current),
            }
        )
        size = raw.tell()
    return _report(file, size, contents, current, clock(), begun)


def _add_releases(writer: BackupWriter, releases: Releases, current: Manifest) -> None:
    archive = releases.archive
    wanted: set[str] = set()
    numbers = [number for number in archive.numbers() if number <= current.number]
    for number in numbers:
        path = archive.manifest_path(number)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise DamagedError(f"{path} cannot be read: {error}", code="archive.damaged", hint=RESTORE_HINT) from error
        manifest = read_manifest(content, number, str(path))
        wanted.update(_paths(manifest))
        writer.add(f"archive/releases/{number}.json", len(content), [content])
    for name in sorted(wanted):
        _add_immutable(writer, releases.home / name, name)
    found = releases.current()
    if found is None or found.number < current.number or archive.manifest(current.number) != current:
        raise BusyError(
            f"What {releases.home} holds was replaced during the backup.",
            code="backup.replaced",
            hint="Make the backup again.",
        )
    pointer = json.dumps({"release": current.number, "checksum": current.checksum, "bookmarks": []}).encode()
    writer.add(POINTER, len(pointer), [pointer])


def _add_issuer(writer: BackupWriter, home: Path) -> None:
    """Nothing; all of the issuer, as it is at one moment: nothing is issued while it is copied."""
    folder = home / FOLDER
    if not folder.is_dir():
        return
    with waiting_lock(home, ISSUER):
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(home).as_posix()
            if ISSUER_PATH.fullmatch(name):
                _add_changing(writer, path, name)


def _add_immutable(writer: BackupWriter, path: Path, name: str) -> None:
    """A file whose name says what is in it."""
    try:
        with path.open("rb") as file:
            check = _Check(name, str(path), "archive.damaged", RESTORE_HINT)
            writer.add(name, os.fstat(file.fileno()).st_size, check.passing(_chunks(file)))
    except FileNotFoundError as error:
        raise DamagedError(f"{path} is missing from the archive.", code="archive.missing", hint=RESTORE_HINT) from error


def _add_changing(writer: BackupWriter, path: Path, name: str) -> None:
    """A file that is only replaced as a whole, or grows: as long as it is when opened. It may be gone by now."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        writer.add(name, size, _chunks(file, size))


def _chunks(file: IO[bytes], size: int | None = None) -> Iterator[bytes]:
    left = sys.maxsize if size is None else size
    try:
        while chunk := file.read(min(CHUNK_BYTES, left)):
            left -= len(chunk)
            yield chunk
    except OSError as error:
        raise DamagedError(f"{file.name} cannot be read: {error}", code="archive.damaged", hint=RESTORE_HINT) from error


@contextmanager
def _new_file(file: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A file beside, which takes its place when all of it is on the disk; gone where something fails."""
    if file.is_dir() or (file.exists() and not force):
        raise _exists(file)
    with writing_backup(str(file)):
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".tmp", dir=file.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as raw:
            yield raw
            with writing_backup(str(file)):
                raw.flush()
                os.fsync(raw.fileno())
        with writing_backup(str(file)):
            _place(beside, file, force=force)
            sync_folder(file.parent)
    finally:
        beside.unlink(missing_ok=True)


def _place(beside: Path, file: Path, *, force: bool) -> None:
    """Nothing; the file is in its place. Without force only where nothing is, which a link tells without a race."""
    if not force:
        try:
            os.link(beside, file)
        except FileExistsError as error:
            raise _exists(file) from error
        except OSError:  # a file system without links
            if file.exists():
                raise _exists(file) from None
        else:
            return
    beside.replace(file)


def _exists(file: Path) -> InputError:
    if file.is_dir():
        return InputError(f"{file} is a folder.", code="backup.exists", hint="Name a file in it.", subject=str(file))
    return InputError(
        f"There is something at {file} already.",
        code="backup.exists",
        hint="Name another file, or replace it with --force.",
        subject=str(file),
    )


# ------------------------------------------------------------------------------------------- verify and restore


def verify_backup(file: Path, *, clock: Callable[[], datetime] = utc_now) -> BackupReport:
    """What a backup is of, where every byte of it is as it was written and a data folder can be made of it.

    Raises:
        InputError: there is no such file, or a later version made it.
        DamagedError: it is no backup, or not whole (`backup.damaged`).
    """
    begun = time.monotonic()
    with _opened(file) as raw:
        found = _Found(file)
        contents = read_backup(raw, str(file), found.receive)
        current = found.check()
        return _report(file, raw.tell(), contents, current, clock(), begun)


def restore_backup(
    file: Path, home: Path, *, force: bool = False, clock: Callable[[], datetime] = utc_now
) -> RestoreReport:
    """What was restored. Nothing of it is visible before all of it is checked and on the disk.

    Neo4j is then behind: the next command that writes, or the service, brings it to the restored release.

    Args:
        home: the data folder; empty, or missing, or with `force` any: what it holds is moved aside, inside it.

    Raises:
        InputError: the folder is not empty (`restore.not-empty`); no such file; a later version made it.
        DamagedError: the backup is not whole.
        BusyError: another process is writing.
        UnavailableError: the folder cannot be written.
    """
    begun = time.monotonic()
    with _opened(file) as raw:
        made = not home.exists()
        try:
            with (
                writer_lock(home),
                writer_lock(home, DRAFTS),
                writer_lock(home, KEYS),
                waiting_lock(home, ISSUER),
                waiting_lock(home, LEARNERS),
            ):
                finish_replacement(home)
                if not force:
                    _check_empty(home)
                with _staging(home) as staging:
                    found = _Found(file, staging)
                    contents = read_backup(raw, str(file), found.receive)
                    current = found.check()
                    if found.has_issuer and not (home / FOLDER).exists():
                        _reopen_issuer(staging / FOLDER, clock())
                        found.replaced = (*found.replaced, FOLDER)
                    carry_over(home, staging)
                    _sync(staging)
                    if current is not None:
                        _make_pending(staging, current)
                    aside = home / f"replaced-{clock().astimezone(UTC):%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}"
                    was_there = replace_content(home, staging, aside, also=found.replaced)
        except BaseException:
            if made:
                _remove_empty(home)
            raise
        backup = _report(file, raw.tell(), contents, current, clock(), begun)
        return RestoreReport(backup=backup, home=home, aside=aside if was_there else None)


@contextmanager
def _opened(file: Path) -> Iterator[IO[bytes]]:
    try:
        raw = file.open("rb")
    except FileNotFoundError as error:
        raise InputError(
            f"There is nothing at {file}.", code="input.missing-file", hint="Give the path of a backup."
        ) from error
    except OSError as error:
        raise InputError(
            f"{file} cannot be read: {error.strerror or error}.",
            code="input.missing-file",
            hint="Give the path of a backup.",
        ) from error
    with raw:
        try:
            yield raw
        except zlib.error as error:
            raise damaged(str(file), f"a file in it cannot be unpacked ({error})") from error


class _Found:
    """What a backup turns out to hold, written below a folder where one is given. `check` says whether it is whole."""

    def __init__(self, file: Path, staging: Path | None = None) -> None:
        self._file = str(file)
        self._staging = staging
        self._content: set[str] = set()
        self._manifests: dict[int, Manifest] = {}
        self._pointer: tuple[int, str] | None = None
        self._paths: set[str] = set()
        self.replaced: tuple[str, ...] = ()
        """What is restored beside the content: keys, where the backup has them."""
        self.has_issuer = False

    def receive(self, path: str, size: int, chunks: Iterator[bytes]) -> None:
        """Nothing; the file is noted and written. Raises DamagedError for one that a backup does not have."""
        if not any(pattern.fullmatch(path) for pattern in PARTS.values()):
            raise damaged(self._file, f"{path!r} is no name of a file that belongs into it")
        if path in self._paths:
            raise damaged(self._file, f"{path!r} is in it twice")
        self._paths.add(path)
        if CONTENT_PATH.fullmatch(path):
            self._content.add(path)
            check = _Check(path, path, "backup.damaged", None)
            chunks = self._named(check.passing(chunks))
        elif path == POINTER or MANIFEST_PATH.fullmatch(path):
            chunks = iter([self._read_small(path, size, chunks)])
        elif path == KEYS_FILE:
            self.replaced = (*self.replaced, KEYS_FILE)
        elif ISSUER_PATH.fullmatch(path):
            self.has_issuer = True
        elif KEY_PATH.fullmatch(path) and LEARNER_KEYS not in self.replaced:
            self.replaced = (*self.replaced, LEARNER_KEYS)
        self._write(path, chunks)

    def check(self) -> Manifest | None:
        """The release that it is of. Raises DamagedError where what it names is not what is in it."""
        wanted = {path for manifest in self._manifests.values() for path in _paths(manifest)}
        for path in sorted(wanted ^ self._content):
            what = f"{path!r} is missing" if path in wanted else f"no release names {path!r}"
            raise damaged(self._file, what)
        newest = self._manifests[max(self._manifests)] if self._manifests else None
        if self._pointer != ((newest.number, newest.checksum) if newest else None):
            raise damaged(self._file, f"its {POINTER} does not point to the newest release in it")
        return newest

    def _named(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from chunks
        except DamagedError as error:
            raise damaged(self._file, error.message.rstrip(".")) from error

    def _read_small(self, path: str, size: int, chunks: Iterator[bytes]) -> bytes:
        if size > MAXIMUM_SMALL_BYTES:
            raise damaged(self._file, f"{path!r} has {size} bytes")
        content = b"".join(chunks)
        try:
            if path == POINTER:
                stated = json.loads(content)
                self._pointer = int(stated["release"]), str(stated["checksum"])
            elif found := MANIFEST_PATH.fullmatch(path):
                manifest = read_manifest(content, int(found[1]), path)
                self._manifests[manifest.number] = manifest
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise damaged(self._file, f"{path!r} cannot be read ({error})") from error
        except DamagedError as error:
            raise damaged(self._file, error.message.rstrip(".")) from error
        return content

    def _write(self, path: str, chunks: Iterator[bytes]) -> None:
        if self._staging is None:
            for _ in chunks:
                pass
            return
        target = self._staging / path
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            secret = any(PARTS[name].fullmatch(path) for name in ("learners", "keys", "issuer"))
            mode = 0o600 if secret else 0o666
            handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(handle, "wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())


class _Check:
    """Compares a file of the archive, on its way, with the SHA-256 in its name."""

    def __init__(self, path: str, shown: str, code: str, hint: str | None) -> None:
        found = CONTENT_PATH.fullmatch(path)
        assert found is not None
        self._shown, self._code, self._hint = shown, code, hint
        self._expected = found[2]
        self._inflating = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if found[3] == "nq.gz" else None
        self._digest = hashlib.sha256()

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The chunks. Raises DamagedError, at the latest at their end."""
        for chunk in chunks:
            try:
                self._take(chunk)
            except zlib.error as error:
                raise self._error(f"cannot be unpacked: {error}") from error
            yield chunk
        if self._inflating is not None and not self._inflating.eof:
            raise self._error("ends before its content does")
        if self._digest.hexdigest() != self._expected:
            raise self._error(f"has the SHA-256 {self._digest.hexdigest()}, not the one in its name")

    def _take(self, chunk: bytes) -> None:
        if self._inflating is None:
            self._digest.update(chunk)
            return
        if self._inflating.eof:
            raise self._error("goes on behind its content")
        while chunk:
            self._digest.update(self._inflating.decompress(chunk, CHUNK_BYTES))
            chunk = self._inflating.unconsumed_tail
        if self._inflating.unused_data:
            raise self._error("goes on behind its content")

    def _error(self, what: str) -> DamagedError:
        return DamagedError(f"{self._shown} {what}.", code=self._code, hint=self._hint)


def _check_empty(home: Path) -> None:
    others = sorted(path.name for path in home.iterdir() if path.name not in _TOLERATED)
    if others:
        listed = ", ".join(others[:5]) + (", ..." if len(others) > 5 else "")
        raise InputError(
            f"{home} is not empty, it has {listed}.",
            code="restore.not-empty",
            hint="Restore into another folder with --home, or replace what is there with --force: it is moved aside.",
            subject=str(home),
        )


@contextmanager
def _staging(home: Path) -> Iterator[Path]:
    """A folder inside the data folder to make the new content ready in; gone afterwards."""
    with writing(home):
        folder = Path(tempfile.mkdtemp(prefix=STAGING, dir=home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _reopen_issuer(folder: Path, now: datetime) -> None:
    """Nothing; the restored issuer begins new status lists: which indexes were given away since is not known."""
    with writing(folder):
        folder.chmod(0o700)
    Register(folder / REGISTER).append([restored_event(_time(now))])


def _make_pending(staging: Path, current: Manifest) -> None:
    """Nothing; the restored folder says that Neo4j has yet to follow its readers."""
    pending = {"release": current.number, "checksum": current.checksum, "readers_first": True}
    write_durably(staging / "pending.json", json.dumps(pending).encode())


def _sync(folder: Path) -> None:
    with writing(folder):
        for each, _, _ in os.walk(folder):
            sync_folder(Path(each))


def _remove_empty(home: Path) -> None:
    """Nothing; a data folder that was made for a restore that failed is gone again."""
    with suppress(OSError):
        for path in home.glob("*.lock"):
            path.unlink()
        home.rmdir()


def _paths(manifest: Manifest) -> Iterator[str]:
    """The files that a release names."""
    for dataset in manifest.datasets:
        folder = f"archive/datasets/{dataset.name}"
        yield f"{folder}/{dataset.checksum}.nq.gz"
        if dataset.originals is not None:
            yield f"{folder}/{dataset.originals}.originals.zip"
        if dataset.sources is not None:
            yield f"{folder}/{dataset.sources}.sources"


def _release(manifest: Manifest | None) -> dict[str, object] | None:
    if manifest is None:
        return None
    return {"number": manifest.number, "checksum": manifest.checksum, "publishedAt": manifest.published_at}


def _report(
    file: Path, size: int, contents: Contents, current: Manifest | None, now: datetime, begun: float
) -> BackupReport:
    created_at = str(contents.about.get("createdAt"))
    age = None if current is None else (now - datetime.fromisoformat(current.published_at)).total_seconds()
    return BackupReport(
        file=file,
        size_bytes=size,
        sha256=contents.sha256,
        created_at=created_at,
        release=current.number if current else None,
        published_at=current.published_at if current else None,
        files=len(contents.members),
        with_keys=any(PARTS["keys"].fullmatch(member.path) for member in contents.members),
        with_issuer=any(ISSUER_PATH.fullmatch(member.path) for member in contents.members),
        age_seconds=age,
        seconds=time.monotonic() - begun,
    )


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
