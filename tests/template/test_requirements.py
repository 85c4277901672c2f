import re
from importlib.metadata import distribution
from pathlib import Path

import pytest

from export_adapter_workstation.project import ROOT

LAYER = ROOT / "layers" / "dependencies" / "requirements.txt"
PINNED = [LAYER, *sorted((ROOT / "requirements").glob("*.txt"))]


def pins(file: Path) -> dict[str, str]:
    """Versions by package name."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", file.read_text(), flags=re.MULTILINE))


def file_name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", PINNED, ids=file_name)
def test_every_package_is_pinned_with_hashes(file: Path) -> None:
    for entry in re.split(r"\n(?=\S)", file.read_text().strip()):
        name, _, _ = entry.partition("==")
        assert re.match(r"[A-Za-z0-9._-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, name


@pytest.mark.parametrize("file", PINNED, ids=file_name)
def test_no_download_address_and_no_index_is_written_down(file: Path) -> None:
    text = file.read_text()

    assert "://" not in text
    assert not re.search(
        r"^\s*(-i|-f|--(extra-)?index-url|--find-links|--trusted-host)\b", text, flags=re.MULTILINE
    )


@pytest.mark.parametrize("file", PINNED, ids=file_name)
def test_everything_that_was_asked_for_is_pinned(file: Path) -> None:
    asked = re.findall(r"^([A-Za-z0-9_.-]+)", file.with_suffix(".in").read_text(), flags=re.MULTILINE)
    names = {name.lower() for name in asked if not name.startswith("-")}

    assert names
    assert names <= {name.lower() for name in pins(file)}


def test_code_is_developed_with_the_versions_that_it_is_deployed_with() -> None:
    development = pins(ROOT / "requirements" / "development.txt")

    assert {name: development.get(name) for name in pins(LAYER)} == pins(LAYER)


@pytest.mark.parametrize("name", sorted(pins(LAYER)))
def test_the_layer_has_pure_python_alone_so_that_it_serves_every_architecture(name: str) -> None:
    wheel = distribution(name).read_text("WHEEL") or ""
    tags = re.findall(r"^Tag: (\S+)$", wheel, flags=re.MULTILINE)

    assert "Root-Is-Purelib: true" in wheel
    assert tags
    assert all(tag.endswith("-none-any") for tag in tags)


def test_the_layer_is_without_pydantic() -> None:
    assert not [name for name in pins(LAYER) if name.startswith("pydantic")]
