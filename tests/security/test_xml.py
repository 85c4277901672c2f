"""XML from outside is read by a scanner that knows no entities of a document and fetches nothing."""

import ast
from collections.abc import Iterator

import pytest

from export_adapter.classify.classifier import Classifier
from export_adapter.model import Failure
from export_adapter_workstation.project import ROOT

PACKAGE = ROOT / "layers" / "export_adapter" / "export_adapter"

BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "marked">'
    + "".join(f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 10))
    + "]><error><message>&a9;</message></error>"
)
ENTITIES = {
    "an entity that grows": BILLION_LAUGHS,
    "a file of this machine": (
        '<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]><error><message>&x;</message></error>'
    ),
    "an address": (
        '<!DOCTYPE e [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]><error><message>&x;</message></error>'
    ),
    "an entity of its own": ('<!DOCTYPE e [<!ENTITY x "marked">]><error><message>&x;</message></error>'),
    "a document type from elsewhere": (
        '<!DOCTYPE e SYSTEM "http://127.0.0.1:9/e.dtd"><error><message>&x;</message></error>'
    ),
}


def imported_from_xml() -> Iterator[tuple[str, str]]:
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((file.name, one.name) for one in node.names if one.name.split(".")[0] == "xml")
            elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "xml":
                yield from ((file.name, one.name) for one in node.names)


def test_no_parser_of_the_standard_library_is_used() -> None:
    assert list(imported_from_xml()) == []


@pytest.mark.parametrize("system", ["sage_intacct", "datev", "netsuite", "an_unlisted_system"])
@pytest.mark.parametrize("body", ENTITIES.values(), ids=ENTITIES.keys())
def test_no_entity_is_expanded_whatever_it_names(body: str, system: str) -> None:
    classification = Classifier.built_in().classify(system, Failure(http_status=400, body=body))

    for text in (classification.failure_reason, classification.fingerprint or ""):
        assert "marked" not in text
        assert "root:" not in text
