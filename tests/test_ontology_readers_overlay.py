"""Overlays written by hand as TOML: what each key means, and what is told of a wrong one."""

from pathlib import Path

import pytest

from ontology.amendments import amendment_iri, datasets_under, is_overlay, make_header, overlay_iri
from ontology.model import Amendment, Finding, FindingLevel, Importance, Level, Located, Text
from ontology.readers import read_source

NORTH = """# invented
[overlay]
name = "north"
label = { en = "Northern region", de = "Norden" }
license = "CC0-1.0"
attribution = "The region"
over = ["nice"]

[[change]]
of = "https://example.org/a"
removed = true

[[change]]
of = "https://example.org/b"
label = "Guard"
description = { en = "Guards." }

[[change]]
of = "https://example.org/c"
weight = 0.25
level = { value = 2, scale = "https://example.org/scale" }

[[change]]
of = "https://example.org/d"
weight = "must"
"""


def read(folder: Path, text: str) -> list[Located | Finding]:
    """The items of a file with this text."""
    path = folder / "region.overlay.toml"
    path.write_text(text, "utf-8")
    reading = read_source(path, language="en")
    assert reading.format == "overlay"
    return list(reading.items)


def test_a_file_says_what_an_overlay_can_say(tmp_path: Path) -> None:
    """The framework, then an amendment a change, each with its line."""
    items = [item for item in read(tmp_path, NORTH) if isinstance(item, Located)]
    header = make_header(
        "north",
        over=["nice"],
        labels=[Text("Norden", "de"), Text("Northern region", "en")],
        license="CC0-1.0",
        attribution="The region",
    )
    texts = (Text("Guards.", "en"),)
    level = Level("https://example.org/scale", 2.0)

    def of(name: str, **changes: object) -> Amendment:
        target = f"https://example.org/{name}"
        iri = amendment_iri(overlay_iri("north"), target)
        return Amendment(iri=iri, target=target, **changes)  # type: ignore[arg-type]

    assert [item.record for item in items] == [
        header,
        of("a", removed=True),
        of("b", labels=(Text("Guard", "en"),), descriptions=texts),
        of("c", importance=Importance.SHOULD, importance_value=0.25, level=level),
        of("d", importance=Importance.MUST),
    ]
    assert [item.source.line for item in items] == [1, 9, 13, 18, 23]
    assert is_overlay(item.record for item in items)
    assert datasets_under([header]) == ("nice",)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("[overlay]\nname = \n", "overlay.file-syntax", 2),
        ("[overlay]\n" + "a = " + "[" * 5_000, "overlay.file-syntax", None),
        ("[overlay]\nlabel = 'x'\n", "overlay.file-value", 1),
        ("[overlay]\nname = 'a b'\n", "overlay.file-value", 1),
        ("[overlay]\nname = 'n'\nover = 'x'\n", "overlay.file-value", 1),
        ("[overlay]\nname = 'n'\nlicense = 1\n", "overlay.file-value", 1),
        ("change = 1\n[overlay]\nname = 'n'\n", "overlay.file-value", None),
        ("[overlay]\nname = 'n'\n[[change]]\nremoved = true\n", "overlay.file-value", 3),
        ("[overlay]\nname = 'n'\n[[change]]\nof = 'b c'\n", "overlay.file-value", 3),
        ("[overlay]\nname = 'n'\n[[change]]\nof = 'urn:x'\nremoved = 1\n", "overlay.file-value", 3),
        ("[overlay]\nname = 'n'\n[[change]]\nof = 'urn:x'\nweight = 2\n", "overlay.file-value", 3),
        ("[overlay]\nname = 'n'\n[[change]]\nof = 'urn:x'\nweight = true\n", "overlay.file-value", 3),
        ("[overlay]\nname = 'n'\n[[change]]\nof = 'urn:x'\nlevel = 2\n", "overlay.file-value", 3),
        ("[overlay]\nname = 'n'\n[[change]]\nof = 'urn:x'\nlabel = ['x']\n", "overlay.file-value", 3),
    ],
)
def test_a_wrong_value_is_one_finding(tmp_path: Path, text: str, code: str, line: int | None) -> None:
    """With its line, where the parser tells one, and with the way out."""
    (finding,) = [item for item in read(tmp_path, text) if isinstance(item, Finding)]
    assert (finding.code, finding.level) == (code, FindingLevel.MUST)
    assert finding.source is not None
    assert finding.source.line == line or code == "overlay.file-syntax"
    assert finding.fix


def test_a_word_that_means_nothing_is_told_and_left_out(tmp_path: Path) -> None:
    """In the file, in its head, in a change."""
    text = "[overlay]\nname = 'n'\ncolour = 'red'\n[[change]]\nof = 'urn:x'\nremove = true\n[more]\n"
    items = read(tmp_path, text)
    told = [item for item in items if isinstance(item, Finding)]
    assert [(each.code, each.level) for each in told] == [("overlay.file-key", FindingLevel.SHOULD)] * 3
    assert len(items) == 5
