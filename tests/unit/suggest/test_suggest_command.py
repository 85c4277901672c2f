"""`export-adapter suggest` as a person runs it."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from export_adapter_workstation.cli import stack_options
from export_adapter_workstation.cli import suggest as module
from export_adapter_workstation.cli.explain import explain
from export_adapter_workstation.cli.suggest import suggest as command
from export_adapter_workstation.rules.seen import Seen
from export_adapter_workstation.stack import access as stack_access
from tests.unit.suggest.lines import failure_line, strange


def suggest(*words: str, lines: str = "") -> Result:
    return CliRunner().invoke(command, words, input=lines)


def test_the_commonest_failures_are_shown_with_a_draft_for_each() -> None:
    lines = [failure_line("xero", f"Snorkel {number} is bent") for number in (1, 2)]
    result = suggest("-", lines="\n".join([failure_line("fortnox", "Flux is out of phase"), *lines]))
    assert result.exit_code == 0
    assert "3 of 3 failures, of 2 kinds" in result.output
    assert result.output.index("snorkel # is bent") < result.output.index("flux is out of phase")
    assert "message = 'Snorkel.{0,30}is bent'" in result.output
    assert 'system = "fortnox"' in result.output


def test_drafts_are_written_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "ours.toml"
    result = suggest("-", "--out", str(out), lines=failure_line("xero", "Snorkel is bent"))
    assert f"Drafts for xero: 1, in {out}" in result.output.replace("\n", "")
    assert tomllib.loads(out.read_text(encoding="utf-8"))["rule"][0]["message"] == "Snorkel is bent"


def test_several_systems_get_a_file_each(tmp_path: Path) -> None:
    lines = [failure_line(system, "Snorkel is bent") for system in ("xero", "../fortnox")]
    suggest("-", "--out", str(tmp_path / "ours.toml"), lines="\n".join(lines))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 2
    assert names[-1] == "ours-xero.toml"


def test_drafts_are_used_as_rules_of_ones_own(tmp_path: Path) -> None:
    line = failure_line("xero", strange("Snorkel is bent", "SNORKEL_BENT"))
    suggest("-", "--out", str(tmp_path / "ours.toml"), lines=line)
    known = suggest("-", "--own-rules", str(tmp_path), lines=line)
    assert "A rule fits every one of them" in known.output


def test_one_system_alone_can_be_asked_for() -> None:
    lines = [failure_line("xero", "Snorkel is bent"), failure_line("fortnox", "Flux is out of phase")]
    result = suggest("-", "--system", "Fortnox", lines="\n".join(lines))
    assert "Flux" in result.output
    assert "Snorkel" not in result.output


def test_top_says_how_many_kinds() -> None:
    lines = [failure_line("xero", "Snorkel is bent"), failure_line("fortnox", "Flux is out of phase")]
    result = suggest("-", "--top", "1", lines="\n".join(lines))
    assert "the 1 commonest kinds" in result.output


def test_lines_that_are_left_out_are_told_of() -> None:
    result = suggest("-", lines="not JSON\n" + failure_line("xero", "Snorkel is bent"))
    assert "lines left out: 1. The first, line 1: is not valid JSON." in result.output


def test_a_message_over_several_lines_is_told_that_one_object_a_line_is_expected() -> None:
    pretty = json.dumps(json.loads(failure_line("xero", "Snorkel is bent")), indent=2)
    result = suggest("-", lines=pretty)
    assert result.exit_code == 1
    assert "Each line must be one JSON object" in result.output


def test_where_there_is_no_failure_at_all_nothing_is_said_to_be_known() -> None:
    result = suggest("-", lines="\n")
    assert result.exit_code == 0
    assert "Failures read: 0. There are none" in result.output
    assert "Only dead letters" not in result.output


def test_a_folder_without_rules_is_told(tmp_path: Path) -> None:
    result = suggest("-", "--own-rules", str(tmp_path), lines=failure_line("xero", "Snorkel is bent"))
    assert result.exit_code == 1
    assert "There are no rules in" in result.output
    explained = CliRunner().invoke(explain, ["--system", "xero", "--own-rules", str(tmp_path)], input="x")
    assert "There are no rules in" in explained.output


@pytest.fixture
def stacks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the stacks whose dead-letter queue is read; all are empty, and a local one runs."""
    read: list[str] = []
    monkeypatch.setattr(stack_options, "running_stack", lambda: None)
    monkeypatch.setattr(stack_access, "local", lambda _running: "the local stack")
    monkeypatch.setattr(stack_access, "in_account", lambda name, *_account: name)
    monkeypatch.setattr(module, "dead_letter_queue", lambda stack: stack)

    def seen_in_dead_letters(queue: str) -> list[Seen]:
        read.append(queue)
        return []

    monkeypatch.setattr(module, "seen_in_dead_letters", seen_in_dead_letters)
    return read


def test_without_a_place_to_read_from_it_reads_the_local_stack(stacks: list[str]) -> None:
    result = suggest()
    assert result.exit_code == 0
    assert "Only dead letters were read" in result.output
    assert stacks == ["the local stack"]


def test_files_alone_need_no_stack_and_a_stack_that_is_named_is_read_too(stacks: list[str]) -> None:
    assert suggest("-").exit_code == 0
    assert stacks == []
    assert suggest("-", "--stack-name", "ours").exit_code == 0
    assert suggest("-", "--local").exit_code == 0
    assert stacks == ["ours", "the local stack"]


def test_the_local_stack_has_no_log_group() -> None:
    result = suggest("--local", "--log-group", "/aws/lambda/x")
    assert result.exit_code == 2
    assert "--log-group" in result.output


@pytest.mark.parametrize("files", [(), ("-",)])
def test_an_account_alone_names_no_stack(files: tuple[str, ...]) -> None:
    result = suggest("--profile", "ops", *files)
    assert result.exit_code == 2
    assert "Which stack?" in result.output
