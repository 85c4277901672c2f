"""The runbook: a section for whatever may wake somebody, with all that they need, and commands that exist."""

import re
import shlex

import click
import pytest

from export_adapter.model import ErrorType
from export_adapter_workstation.cli.command_line import main
from export_adapter_workstation.project import ROOT
from tests.template.template_file import properties, resources_of_type

RUNBOOK = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
PACKAGE = ROOT / "layers" / "export_adapter" / "export_adapter"
OUR_COMMANDS = re.findall(r"^ +(\.venv/bin/export-adapter .+)$", RUNBOOK, re.MULTILINE)


def sections() -> dict[str, str]:
    """Texts by anchor, each up to the next heading."""
    parts = re.split(r"^#{2,3} (.+)$", RUNBOOK, flags=re.MULTILINE)[1:]
    return {
        heading.lower().replace(" ", "-"): text for heading, text in zip(parts[::2], parts[1::2], strict=True)
    }


def alarm_anchors() -> list[str]:
    alarms = resources_of_type("AWS::CloudWatch::Alarm")
    return sorted(properties(name)["AlarmDescription"]["Fn::Sub"].partition("#")[2] for name in alarms)


def test_every_alarm_has_a_section_of_its_own() -> None:
    assert len(set(alarm_anchors())) == len(alarm_anchors()) == 10


@pytest.mark.parametrize("anchor", [*alarm_anchors(), *ErrorType, "a-deployment-was-rolled-back"])
def test_a_section_says_what_it_means_how_to_confirm_it_what_to_do_and_when_to_escalate(anchor: str) -> None:
    means, *parts = re.split(r"^- \*\*(\w+)", sections()[anchor], flags=re.MULTILINE)

    assert re.match(r"\s*\S.{20,}", means)
    assert parts[::2] == ["Confirm", "Do", "Escalate"]
    assert all(len(text) > 20 for text in parts[1::2])


def option_names(command: click.Command) -> set[str]:
    return {name for one in command.params for name in one.opts}


@pytest.mark.parametrize("line", sorted(set(OUR_COMMANDS)))
def test_a_command_of_the_runbook_is_one_that_there_is_and_names_its_stack(line: str) -> None:
    _, *words = shlex.split(line)
    command: click.Command | None = main
    while isinstance(command, click.Group):
        command = command.get_command(click.Context(command), words.pop(0))

    assert command is not None
    assert {word for word in words if word.startswith("--")} <= option_names(command)
    assert '--stack-name "$STACK"' in line or '--log-group "/aws/lambda/$STACK' in line


def test_no_command_of_the_runbook_leaves_open_whose_id_is_meant() -> None:
    assert len(OUR_COMMANDS) > 10
    assert not re.search(r"(?<![A-Z_])IDS?(?![A-Z_])", RUNBOOK)


def test_every_cause_for_which_a_message_goes_back_is_explained() -> None:
    values = "ReturnToQueue|NotNow|Undelivered|NoAnswer|NoCredentials"
    makes = rf"(?:{values})\(\s*(?:status, |answer\.status, )?\"([a-z_]+)\""
    source = "".join(
        file.read_text(encoding="utf-8")
        for room in ("deliver", "settle")
        for file in (PACKAGE / room).glob("*.py")
    )
    causes = set(re.findall(makes, source))

    assert {"forbidden", "credentials_unavailable", "out_of_time", "not_parked"} <= causes
    assert {cause for cause in causes if f"`{cause}`" not in sections()["causes"]} == set()
