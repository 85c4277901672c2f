import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from export_adapter_workstation.dead_letters.discard import DiscardReport, discard
from export_adapter_workstation.dead_letters.hold import Hold
from export_adapter_workstation.dead_letters.journal import Journal, Step
from export_adapter_workstation.dead_letters.kept import KeptFileError, keep, kept_as_it_is, kept_file
from export_adapter_workstation.dead_letters.letter import Attribute, DeadLetter
from export_adapter_workstation.dead_letters.put_back import plan_by_the_file
from tests.unit.dead_letters.world import FakeDeadLetterQueue, FakeJournalFile, World, describe, entries

LETTER = DeadLetter(
    "m-1",
    'bödy "\n\x7f',
    datetime(2026, 3, 1, tzinfo=UTC),
    {"text": Attribute("String", "é"), "binary": Attribute("Binary", None, b"\0\xff")},
    "group-1",
)


NOW = 1_772_366_400.0


def now() -> float:
    return NOW


def test_what_is_kept_is_read_again_as_it_was(tmp_path: Path) -> None:
    keep([LETTER], tmp_path / "kept")
    assert kept_as_it_is(tmp_path / "kept", now).letters == {"m-1": LETTER}


def test_of_what_is_only_written_nothing_counts_as_removed(tmp_path: Path) -> None:
    keep([LETTER], tmp_path / "kept")
    assert plan_by_the_file(kept_as_it_is(tmp_path / "kept", now)).stayed == 1


def test_the_file_keeps_what_became_of_its_letters_for_as_long_as_it_is_there(tmp_path: Path) -> None:
    others = [replace(LETTER, message_id=f"m-{number}") for number in range(2, 6)]
    keep([LETTER, *others], tmp_path / "kept")
    with kept_file(tmp_path / "kept", now) as kept:
        kept.marks.note(Step.DISCARDED, ["m-1", "m-2", "m-3"])
        kept.marks.note(Step.SENT, ["m-2"])
        kept.marks.note(Step.NOT_SENT, ["m-3"])
        kept.marks.note(Step.DISCARDING, ["m-4"])
    plan = plan_by_the_file(kept_as_it_is(tmp_path / "kept", lambda: NOW + 1e9))
    assert [each.letter_id for each in plan.send] == ["m-1", "m-3"]
    assert (plan.total, plan.sent_before, plan.stayed, list(plan.in_doubt)) == (5, 1, 1, ["m-4"])


def test_a_file_that_was_cut_off_while_it_was_written_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    keep([LETTER, replace(LETTER, message_id="m-2")], tmp_path / "kept")
    content = (tmp_path / "kept").read_bytes()
    (tmp_path / "kept").write_bytes(content[:-5])
    assert list(kept_as_it_is(tmp_path / "kept", now).letters) == ["m-1"]


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(KeptFileError, match="is no file"), kept_file(tmp_path / "kept", now):
        pass
    assert not (tmp_path / "kept").exists()


def test_nobody_else_may_read_what_is_kept(tmp_path: Path) -> None:
    keep([LETTER], tmp_path / "new" / "kept")
    assert (tmp_path / "new" / "kept").stat().st_mode & 0o077 == 0


def test_a_file_that_is_there_already_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("precious")
    with pytest.raises(KeptFileError, match=r"File exists\. Nothing was removed"):
        keep([LETTER], tmp_path / "kept")
    assert (tmp_path / "kept").read_text() == "precious"


@pytest.mark.parametrize(
    "content",
    ["no JSON", "[]", "{}", json.dumps({"format": "another"}), b"\xff\xfe".decode("latin-1")],
)
def test_a_file_of_something_else_is_not_taken_for_one(tmp_path: Path, content: str) -> None:
    (tmp_path / "other").write_text(f"{content}\n", encoding="latin-1")
    with pytest.raises(KeptFileError, match="other"):
        kept_as_it_is(tmp_path / "other", now)


def marks_of(world: World) -> Journal:
    return Journal(FakeJournalFile(world), lambda: world.now)


def test_letters_are_removed_and_counted_until_a_stop_is_asked_for() -> None:
    world = World()
    for each in entries(25):
        world.park(each)
    report = DiscardReport()
    with Hold(FakeDeadLetterQueue(world), lambda: world.now) as hold:
        gathered = hold.gather(describe, lambda _letter: True)
        discard(hold, gathered.letters, marks_of(world), report, stopped=lambda: report.removed == 20)
    assert report == DiscardReport(removed=20, stopped=True)
    assert len(world.letters) == 5


def test_what_was_let_go_of_is_not_removed() -> None:
    world = World()
    world.park("e")
    report = DiscardReport()
    with Hold(FakeDeadLetterQueue(world), lambda: world.now) as hold:
        gathered = hold.gather(describe, lambda _letter: True)
        world.now += 100
        discard(hold, gathered.letters, marks_of(world), report)
    assert report == DiscardReport(not_removed=1)
    assert len(world.letters) == 1
