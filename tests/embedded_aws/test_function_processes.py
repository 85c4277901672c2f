"""Finding and killing the processes that run an embedded AWS's functions, and those alone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from export_adapter_workstation.local.aws import EmbeddedAws
from export_adapter_workstation.local.aws import function_processes as module
from export_adapter_workstation.local.aws.function_processes import function_processes, kill


def worker(script: Path) -> subprocess.Popen[str]:
    """Start a script as the embedded AWS starts a function's, and wait until it runs."""
    script.parent.mkdir(parents=True)
    script.write_text("import sys\nprint('ready', flush=True)\nsys.stdin.read()\n", encoding="utf-8")
    process = subprocess.Popen(  # noqa: S603 -- this interpreter
        [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[dict[str, subprocess.Popen[str]]]:
    started = {
        "function": worker(tmp_path / "own" / "tmp" / "ministack-lambda-function-a" / "_worker.py"),
        "of another AWS": worker(tmp_path / "other" / "tmp" / "ministack-lambda-function-b" / "_worker.py"),
        "no function": worker(tmp_path / "own" / "tmp" / "another-script" / "_worker.py"),
    }
    yield started
    for process in started.values():
        process.kill()
        process.communicate()


@pytest.mark.parametrize("is_listed_by_ps", [False, True])
def test_only_the_functions_of_this_embedded_aws_are_found(
    processes: dict[str, subprocess.Popen[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_listed_by_ps: bool,
) -> None:
    if is_listed_by_ps:
        if not Path("/bin/ps").exists():
            pytest.skip("this machine has no ps, and lists its processes in /proc")
        monkeypatch.setattr(module, "_PROCESSES", tmp_path / "no-such-folder")

    assert function_processes(EmbeddedAws(0, tmp_path / "own")) == (processes["function"].pid,)


def test_a_killed_function_is_gone_and_cannot_be_killed_again(
    processes: dict[str, subprocess.Popen[str]], tmp_path: Path
) -> None:
    function = processes["function"]

    assert kill(function.pid)
    function.wait(10)

    assert not kill(function.pid)
    assert function_processes(EmbeddedAws(0, tmp_path / "own")) == ()
    assert processes["of another AWS"].poll() is None
