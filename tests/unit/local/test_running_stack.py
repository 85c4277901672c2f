"""Only one `make up` runs in a project, however the one before ended."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from export_adapter_workstation.cli.command_line import main
from export_adapter_workstation.local import running_stack
from export_adapter_workstation.local.running_stack import AlreadyRunningError, only_one

RUNS = """
import pathlib, sys
from export_adapter_workstation.local import running_stack

running_stack.NOTE = pathlib.Path(sys.argv[1])
with running_stack.only_one():
    print("runs", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def note(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    note = tmp_path / ".run" / "up.json"
    monkeypatch.setattr(running_stack, "NOTE", note)
    return note


def test_a_second_one_is_refused_until_the_first_one_ends() -> None:
    with only_one(), pytest.raises(AlreadyRunningError, match="is running already"), only_one():
        pass
    with only_one():
        pass


def test_the_second_up_ends_at_once_and_leaves_the_first_ones_file_alone(note: Path) -> None:
    with only_one():
        note.write_text("the first one's")
        ended = CliRunner().invoke(main, ["up"])
    assert ended.exit_code == 1
    assert "`make up` is running already" in ended.stderr
    assert note.read_text() == "the first one's"


def test_one_that_was_killed_is_in_nobodys_way(note: Path) -> None:
    with subprocess.Popen(  # noqa: S603 -- this interpreter, with code from above
        [sys.executable, "-c", RUNS, str(note)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "runs\n"
        with pytest.raises(AlreadyRunningError), only_one():
            pass
        process.kill()
        process.wait(10)
    with only_one():
        pass
