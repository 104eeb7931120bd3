"""Tar archives read forward: every form that tar writes, and none that is damaged."""

import io
import tarfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology.errors import DocumentRefusedError
from ontology.tar_files import MAX_HEADER_BYTES, is_tar, tar_entries

FORMS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def packed(form: int, entries: list[tuple[str, bytes]], *more: tarfile.TarInfo) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=form) as archive:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in more:
            archive.addfile(info)
    return written.getvalue()


def files_in(data: bytes) -> list[tuple[str, bytes]]:
    return [(each.name, each.stream.read()) for each in tar_entries(io.BytesIO(data)) if each.is_file]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_what_was_packed_comes_out(form: int) -> None:
    """Names of other scripts, long ones with folders, empty files, sizes around a block."""
    sizes = (0, 1, 511, 512, 513, 5000)
    long = "/".join(["folder"] * 20) + "/name.json"
    entries = [(f"{size}.json", b"x" * size) for size in sizes] + [(long, b"{}")]
    entries += [] if form == tarfile.USTAR_FORMAT else [("Zürich/証明書.json", b"{}"), ("n" * 300, b"long")]
    data = packed(form, entries)
    assert is_tar(data[:1024])
    assert files_in(data) == entries


@given(st.lists(st.binary(max_size=1500), max_size=6), st.sampled_from(sorted(FORMS)), st.integers(0, 600))
def test_content_that_is_not_read_is_passed_over(contents: list[bytes], form: str, read: int) -> None:
    """However much of an entry is read, the next one is found."""
    data = packed(FORMS[form], [(str(number), each) for number, each in enumerate(contents)])
    found = [(each.name, each.stream.read(read)) for each in tar_entries(io.BytesIO(data))]
    assert found == [(str(number), each[:read]) for number, each in enumerate(contents)]


def test_links_and_folders_are_told_and_have_no_content() -> None:
    """Nothing is followed."""
    kinds = [(tarfile.SYMTYPE, "/etc/passwd"), (tarfile.LNKTYPE, "a"), (tarfile.DIRTYPE, ""), (tarfile.FIFOTYPE, "")]
    infos: list[Any] = []
    for number, (kind, target) in enumerate(kinds):
        info = tarfile.TarInfo(f"entry {number}")
        info.type, info.linkname = kind, target
        infos.append(info)
    found = [(each.is_file, each.is_link, each.is_folder) for each in tar_entries(io.BytesIO(packed(0, [], *infos)))]
    assert found == [(False, True, False), (False, True, False), (False, False, True), (False, False, False)]


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_an_archive_that_is_cut_off_or_changed_is_refused(form: int) -> None:
    """At any place before its end, and with any byte of a header changed."""
    data = packed(form, [("a", b"x" * 700), ("b" * 200 if form else "b", b"y" * 3)])
    end = len(data.rstrip(b"\0"))
    for length in range(1, end, 97):
        with pytest.raises(DocumentRefusedError):
            files_in(data[:length])
    for place in range(0, 100, 7):
        changed = bytearray(data)
        changed[place] ^= 0x41
        with pytest.raises(DocumentRefusedError):
            files_in(bytes(changed))


def test_headers_beyond_measure_are_refused() -> None:
    """A name or an attribute of a gigabyte is not read."""
    for kind in (tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME):
        info = tarfile.TarInfo("x")
        info.type, info.size = kind, MAX_HEADER_BYTES + 1
        header = info.tobuf(tarfile.GNU_FORMAT)
        with pytest.raises(DocumentRefusedError, match="header has"):
            files_in(header + bytes(info.size + 1024))
