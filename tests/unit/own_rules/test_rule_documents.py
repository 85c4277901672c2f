"""Where a customer's own rules may be kept, and what happens when they cannot be read."""

from pathlib import Path

import pytest
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError
from botocore.config import Config

from export_adapter.classify.current import DocumentsUnavailable
from export_adapter.classify.rulebook.library import RuleDocument
from export_adapter.rule_documents import (
    AppConfigDocument,
    FolderDocuments,
    InvalidRuleSourceError,
    SsmDocument,
    rule_documents,
)

TEXT = 'system = "xero"\n'


class FakeReader:
    """A provider that returns what it was given, or fails."""

    def __init__(self, value: object = None) -> None:
        self.value = value

    def get(self, name: str, max_age: int) -> object:  # noqa: ARG002 -- a provider's signature
        if self.value is None:
            raise GetParameterError("no")
        return self.value


def test_without_a_setting_there_are_no_documents() -> None:
    assert rule_documents("", Config())() == ()


@pytest.mark.parametrize("setting", ["rules", "ssm:", "appconfig:a/b", "appconfig:a//c", "https://x/y"])
def test_a_setting_that_names_no_place_is_refused(setting: str) -> None:
    with pytest.raises(InvalidRuleSourceError, match="OWN_RULES must be"):
        rule_documents(setting, Config())


def test_a_folder_gives_its_toml_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.toml", "a.toml", "notes.txt"):
        (tmp_path / name).write_text(TEXT, encoding="utf-8")

    assert rule_documents(str(tmp_path), Config())() == (
        RuleDocument("a.toml", TEXT),
        RuleDocument("b.toml", TEXT),
    )


def test_a_folder_without_rule_files_is_told_of(tmp_path: Path) -> None:
    read = FolderDocuments(tmp_path)()

    assert isinstance(read, DocumentsUnavailable)
    assert "holds no *.toml file" in read.reason


def test_a_file_that_is_not_utf_8_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_bytes(b"\xff")

    read = FolderDocuments(tmp_path)()

    assert isinstance(read, DocumentsUnavailable)
    assert "UnicodeDecodeError" in read.reason


def test_an_ssm_parameter_is_a_document_named_after_it() -> None:
    assert SsmDocument("/adapter/rules", FakeReader(TEXT))() == (RuleDocument("adapter-rules.toml", TEXT),)


def test_an_ssm_parameter_that_cannot_be_read_is_named() -> None:
    read = SsmDocument("/adapter/rules", FakeReader())()

    assert isinstance(read, DocumentsUnavailable)
    assert read.reason.startswith("ssm:/adapter/rules: cannot be read")


def test_an_appconfig_profile_is_a_document() -> None:
    read = AppConfigDocument("rules", lambda: FakeReader(TEXT.encode()))()

    assert read == (RuleDocument("rules.toml", TEXT),)


def test_an_appconfig_session_that_ran_out_is_begun_again() -> None:
    readers = [FakeReader(), FakeReader(TEXT.encode())]
    document = AppConfigDocument("rules", lambda: readers.pop(0))

    assert isinstance(document(), DocumentsUnavailable)
    assert document() == (RuleDocument("rules.toml", TEXT),)


def test_a_profile_that_is_not_text_is_told_of() -> None:
    read = AppConfigDocument("rules", lambda: FakeReader(b"\xff"))()

    assert read == DocumentsUnavailable("rules.toml: is not text")
