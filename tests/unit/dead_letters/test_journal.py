import json
from pathlib import Path

import pytest

from export_adapter_workstation.dead_letters.journal import (
    Journal,
    JournalAsItIs,
    JournalError,
    Noted,
    Step,
    journal_file,
    journal_path,
)

NOW = 1_772_366_400.0
DAY = 24 * 3600.0


def journal_at(path: Path, now: float = NOW) -> Journal:
    """Open a journal, read it, and let go of it."""
    with journal_file(path) as file:
        return Journal(file, lambda: now)


def write(path: Path, *steps: tuple[Step, str], now: float = NOW) -> None:
    with journal_file(path) as file:
        journal = Journal(file, lambda: now)
        for step, letter in steps:
            journal.note(step, [letter])


def test_the_last_step_of_every_letter_is_known_to_the_next_run(tmp_path: Path) -> None:
    write(
        tmp_path / "j",
        (Step.SENDING, "a"),
        (Step.SENDING, "b"),
        (Step.SENT, "a"),
        (Step.REMOVED, "a"),
        (Step.SENDING, "c"),
        (Step.NOT_SENT, "c"),
    )
    journal = journal_at(tmp_path / "j")
    assert journal.doubts == {"b": NOW}
    assert [journal.was_sent(each) for each in "abcd"] == [True, False, False, False]
    assert journal.noted["a"] == Noted(Step.REMOVED, NOW)


def test_a_file_that_ends_at_any_byte_is_read_as_the_lines_that_are_whole(tmp_path: Path) -> None:
    write(tmp_path / "whole", (Step.SENDING, "a"), (Step.SENT, "a"), (Step.SENDING, "b"))
    content = (tmp_path / "whole").read_bytes()
    for length in range(len(content) + 1):
        path = tmp_path / f"cut-{length}"
        path.write_bytes(content[:length])
        lines = content[:length].count(b"\n")
        expected = {1: {"a": NOW}, 3: {"b": NOW}}.get(lines, {})
        assert journal_at(path).doubts == expected
        assert path.read_bytes() == b"".join(content.splitlines(keepends=True)[:lines])


def test_what_is_added_after_a_torn_line_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "j").write_text('{"step": "sending", "ids": ["lo', encoding="utf-8")
    write(tmp_path / "j", (Step.SENDING, "a"))
    assert journal_at(tmp_path / "j").doubts == {"a": NOW}


def test_a_line_is_in_the_file_before_the_step_goes_on(tmp_path: Path) -> None:
    with journal_file(tmp_path / "j") as file:
        Journal(file, lambda: NOW).note(Step.SENDING, ["a", "b"])
        assert json.loads((tmp_path / "j").read_text()) == {"step": "sending", "ids": ["a", "b"], "at": NOW}


def test_no_letters_make_no_line(tmp_path: Path) -> None:
    with journal_file(tmp_path / "j") as file:
        Journal(file, lambda: NOW).note(Step.SENT, [])
    assert (tmp_path / "j").read_text() == ""


def test_two_replays_cannot_use_one_journal_at_a_time(tmp_path: Path) -> None:
    with (
        journal_file(tmp_path / "j"),
        pytest.raises(JournalError, match="another replay, discard or send --discarded"),
        journal_file(tmp_path / "j"),
    ):
        pass


def test_a_journal_that_was_tampered_with_stops_everything_and_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "j").write_text('{"step": "holding", "until": 0}\n{"step": "eaten"}\n', encoding="utf-8")
    with pytest.raises(JournalError, match="line 2 of the journal cannot be read"):
        journal_at(tmp_path / "j")


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    write(tmp_path / "folder" / "j", (Step.SENT, "a"))
    assert (tmp_path / "folder" / "j").stat().st_mode & 0o077 == 0


def test_a_journal_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="cannot be written"), journal_file(tmp_path / "file" / "j"):
        pass


def test_letters_are_forgotten_once_the_queue_cannot_hold_them_any_more(tmp_path: Path) -> None:
    write(tmp_path / "j", (Step.SENT, "old"))
    write(tmp_path / "j", (Step.SENDING, "young"), now=NOW + 10 * DAY)
    journal = journal_at(tmp_path / "j", NOW + 16 * DAY)
    assert set(journal.noted) == {"young"}
    assert len((tmp_path / "j").read_text().splitlines()) == 1


def test_a_journal_that_was_written_anew_goes_on_and_stays_locked(tmp_path: Path) -> None:
    write(tmp_path / "j", (Step.SENT, "old"), (Step.SENDING, "b"))
    with journal_file(tmp_path / "j") as file:
        journal = Journal(file, lambda: NOW + 16 * DAY)
        journal.note(Step.SENDING, ["c"])
        with pytest.raises(JournalError), journal_file(tmp_path / "j"):
            pass
    assert set(journal_at(tmp_path / "j", NOW + 16 * DAY).noted) == {"c"}


def test_a_doubt_is_forgotten_when_the_letter_itself_is_gone(tmp_path: Path) -> None:
    write(tmp_path / "j", (Step.SENDING, "a"), (Step.SENDING, "b"))
    assert journal_at(tmp_path / "j", NOW + 15 * DAY).doubts == {"a": NOW, "b": NOW}
    assert journal_at(tmp_path / "j", NOW + 15 * DAY + 1).doubts == {}


def test_until_when_letters_are_hidden_is_known_to_the_next_run(tmp_path: Path) -> None:
    with journal_file(tmp_path / "j") as file:
        Journal(file, lambda: NOW).holding(30)
    assert journal_at(tmp_path / "j").held_until == NOW + 30
    with journal_file(tmp_path / "j") as file:
        Journal(file, lambda: NOW).holding(0)
    assert journal_at(tmp_path / "j").held_until == 0


def test_every_queue_has_a_journal_of_its_own(tmp_path: Path) -> None:
    one, other = (f"https://sqs.{region}.amazonaws.com/1/dead" for region in ("eu-west-1", "eu-north-1"))
    assert journal_path(tmp_path, one) != journal_path(tmp_path, other)
    assert journal_path(tmp_path, one) == journal_path(tmp_path, one)
    assert journal_path(tmp_path, one).name.startswith("replay-dead-")


def test_a_plan_reads_a_journal_that_another_process_works_with(tmp_path: Path) -> None:
    view = JournalAsItIs(tmp_path / "j")
    with journal_file(tmp_path / "j") as file:
        Journal(file, lambda: NOW).note(Step.SENDING, ["a"])
        assert view.is_in_use
        assert Journal(view, lambda: NOW).doubts == {"a": NOW}
    assert not view.is_in_use


def test_a_plan_makes_no_journal_and_mends_none(tmp_path: Path) -> None:
    assert Journal(JournalAsItIs(tmp_path / "j"), lambda: NOW).noted == {}
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "j").write_text('{"step": "sent", "ids": ["a"], "at": 1}\n{"step": "se', encoding="utf-8")
    Journal(JournalAsItIs(tmp_path / "j"), lambda: NOW)
    assert (tmp_path / "j").read_text(encoding="utf-8").endswith('{"step": "se')
