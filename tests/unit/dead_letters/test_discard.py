"""A discard deletes only what is synced to an archive, whatever kills it, and `send` reads the archive."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from export_adapter.parked_message import Attribute, DeadLetter
from export_adapter_workstation.dead_letters.discard import (
    Archive,
    ArchiveError,
    archived,
    discard,
    is_archive,
)
from export_adapter_workstation.dead_letters.replay import Report
from export_adapter_workstation.dead_letters.scan import Scan
from tests.unit.dead_letters.world import DEAD, Moment, World, dead_letter, entries, everything, killed, those

ENTRIES = entries(13)
LETTER = DeadLetter(
    "m-1",
    'bödy "\n\x7f',
    datetime(2026, 3, 1, tzinfo=UTC),
    {"text": Attribute("String", "é"), "binary": Attribute("Binary", None, b"\0\xff")},
    "group-1",
)


def write(path: Path, *dead_letters: DeadLetter) -> None:
    with Archive(path) as archive:
        archive.write(dead_letters)


def discard_all(world: World, path: Path, report: Report | None = None, *, stop_at: int = 1_000) -> None:
    """Run `discard --apply` once, to its end or to its death."""
    report = report or Report()
    with Archive(path) as archive, Scan(world.queue(DEAD)) as scan:
        discard(scan, everything, archive, report, stopped=lambda: report.done >= stop_at)


def entries_in(path: Path) -> set[str]:
    bodies = [json.loads(one.body) for one in archived(path)] if path.exists() else []
    return {result["accountingEntryId"] for body in bodies for result in body["results"]}


def test_what_is_archived_is_read_again_as_it_was(tmp_path: Path) -> None:
    write(tmp_path / "archive", LETTER, replace(LETTER, message_id="m-2", moved_by_sqs=True))
    assert list(archived(tmp_path / "archive")) == [
        LETTER,
        replace(LETTER, message_id="m-2", moved_by_sqs=True),
    ]
    assert is_archive(tmp_path / "archive")


def test_what_is_selected_is_archived_and_deleted(tmp_path: Path) -> None:
    world = World()
    world.park_each(ENTRIES)
    report = Report()
    discard_all(world, tmp_path / "archive", report)
    assert (report.done, report.is_complete, len(world.dead)) == (13, True, 0)
    assert entries_in(tmp_path / "archive") == set(ENTRIES)


def test_where_nothing_is_selected_there_is_no_file(tmp_path: Path) -> None:
    world = World()
    world.park_each(ENTRIES)
    with Archive(tmp_path / "archive") as archive, Scan(world.queue(DEAD)) as scan:
        discard(scan, those(lambda _facts: False), archive, Report())
    assert not archive.is_written
    assert list(tmp_path.iterdir()) == []


def test_a_discard_that_is_killed_at_any_step_has_archived_all_that_it_deleted(tmp_path: Path) -> None:
    def a_world() -> World:
        world = World()
        world.park_each(ENTRIES)
        return world

    whole = a_world()
    discard_all(whole, tmp_path / "whole")
    for kill_at in range(whole.steps.taken):
        for moment in Moment:
            world, path = a_world(), tmp_path / f"{kill_at}-{moment.name}"
            assert killed(world, lambda: discard_all(world, path), kill_at, moment)  # noqa: B023 -- at once
            assert entries_in(path) | world.entries_parked().keys() == set(ENTRIES), path.name
            world.now += 3600
            discard_all(world, tmp_path / f"{path.name}-again")
            assert entries_in(path) | entries_in(tmp_path / f"{path.name}-again") == set(ENTRIES)
            assert not world.dead


def test_file_and_folder_are_synced_before_anything_is_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, synced = World(), []
    world.park_each(ENTRIES)
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append((str(Path(f"/proc/self/fd/{descriptor}").readlink()), len(world.dead)))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    discard_all(world, tmp_path / "archive")
    assert synced == [
        (str(tmp_path), 13),
        (str(tmp_path / "archive"), 13),
        (str(tmp_path / "archive"), 3),
    ]


def test_where_the_disk_is_full_nothing_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    world = World()
    world.park_each(ENTRIES)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArchiveError, match="No space left on device"):
        discard_all(world, tmp_path / "archive")
    assert world.visible == len(world.dead) == 13


def test_a_stop_ends_it_between_two_requests(tmp_path: Path) -> None:
    world, report = World(), Report()
    world.park_each(entries(25))
    discard_all(world, tmp_path / "archive", report, stop_at=20)
    assert (report.done, report.stopped, len(world.dead)) == (20, True, 5)


def test_what_sqs_does_not_delete_is_told(tmp_path: Path) -> None:
    world, report = World(refuses_to_delete=True), Report()
    world.park_each(ENTRIES)
    discard_all(world, tmp_path / "archive", report)
    assert (report.done, report.not_deleted) == (0, 13)


def test_nobody_else_may_read_an_archive(tmp_path: Path) -> None:
    write(tmp_path / "new" / "archive", LETTER)
    assert (tmp_path / "new" / "archive").stat().st_mode & 0o077 == 0


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("precious")
    with pytest.raises(ArchiveError, match="File exists"):
        write(tmp_path / "archive", LETTER)
    assert (tmp_path / "archive").read_text() == "precious"


def test_a_file_that_was_cut_off_while_it_was_written_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    write(tmp_path / "archive", LETTER, dead_letter("{}", "m-2"))
    content = (tmp_path / "archive").read_bytes()
    (tmp_path / "archive").write_bytes(content[:-5])
    assert [one.message_id for one in archived(tmp_path / "archive")] == ["m-1"]


def test_a_file_of_an_earlier_version_with_its_steps_can_be_read(tmp_path: Path) -> None:
    write(tmp_path / "archive", LETTER)
    with (tmp_path / "archive").open("a") as file:
        file.write('{"step": "discarded", "ids": ["m-1"], "at": 1.0}\n{"step": "holding", "until": 0}\n')
    assert list(archived(tmp_path / "archive")) == [LETTER]


@pytest.mark.parametrize("line", ["no JSON", "[]", "{}", '{"format": "export-adapter discarded 9"}'])
def test_a_line_of_something_else_is_an_error_that_names_it(tmp_path: Path, line: str) -> None:
    write(tmp_path / "archive", LETTER)
    with (tmp_path / "archive").open("a") as file:
        file.write(f"{line}\n")
    with pytest.raises(ArchiveError, match="line 2"):
        list(archived(tmp_path / "archive"))


@pytest.mark.parametrize("content", ["", "{}", '{"format": "another"}', '{"exportJobId": "x"}'])
def test_another_file_is_not_an_archive(tmp_path: Path, content: str) -> None:
    (tmp_path / "other").write_text(content)
    assert not is_archive(tmp_path / "other")
