import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from export_adapter_workstation.dead_letters.discard import (
    DiscardReport,
    KeptFileError,
    discard,
    keep,
    kept,
)
from export_adapter_workstation.dead_letters.hold import Hold
from export_adapter_workstation.dead_letters.letter import Attribute, DeadLetter
from tests.unit.dead_letters.world import FakeDeadLetterQueue, World, describe, entries

LETTER = DeadLetter(
    "m-1",
    'bödy "\n\x7f',
    datetime(2026, 3, 1, tzinfo=UTC),
    {"text": Attribute("String", "é"), "binary": Attribute("Binary", None, b"\0\xff")},
    "group-1",
)


def test_what_is_kept_can_be_sent_again_as_it_was(tmp_path: Path) -> None:
    keep([LETTER, LETTER], tmp_path / "kept")
    again = list(kept(tmp_path / "kept"))
    assert len(again) == 2
    assert (again[0].body, again[0].attributes, again[0].message_group_id) == (
        LETTER.body,
        LETTER.attributes,
        LETTER.message_group_id,
    )


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
        list(kept(tmp_path / "other"))


def test_letters_are_removed_and_counted_until_a_stop_is_asked_for() -> None:
    world = World()
    for each in entries(25):
        world.park(each)
    report = DiscardReport()
    with Hold(FakeDeadLetterQueue(world), lambda: world.now) as hold:
        gathered = hold.gather(describe, lambda _letter: True)
        discard(hold, gathered.letters, report, stopped=lambda: report.removed == 20)
    assert report == DiscardReport(removed=20, stopped=True)
    assert len(world.letters) == 5


def test_what_was_let_go_of_is_not_removed() -> None:
    world = World()
    world.park("e")
    report = DiscardReport()
    with Hold(FakeDeadLetterQueue(world), lambda: world.now) as hold:
        gathered = hold.gather(describe, lambda _letter: True)
        world.now += 100
        discard(hold, gathered.letters, report)
    assert report == DiscardReport(not_removed=1)
    assert len(world.letters) == 1
