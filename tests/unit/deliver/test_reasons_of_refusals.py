"""What is said of an item, or of credentials, that Pleo refused."""

import pytest

from export_adapter.deliver.answers import CredentialsRefused, ItemsAnswered, verdict
from export_adapter.model import ItemStatus, Json
from tests.unit.deliver.fakes import (
    JOB,
    NOON,
    answer,
    entry,
    error,
)

SENT = {entry(1): ItemStatus.SUCCESSFUL}


def refused_as(**told: Json) -> str:
    """What is said of an item that Pleo lists in `errors` like this."""
    found = verdict(
        answer(200, {"data": [], "errors": [{"accountingEntryId": entry(1), **told}]}), SENT, NOON
    )
    assert isinstance(found, ItemsAnswered)
    return found.unconfirmed[entry(1)]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"type": "X", "message": "why"}, "Pleo refused the item: X, why"),
        ({"type": "x"}, "Pleo refused the item: X"),
        ({"type": "X", "message": ""}, "Pleo refused the item: X"),
        ({"message": "why"}, "Pleo refused the item: no type, why"),
        ({"type": None, "message": 5}, "Pleo refused the item: no type"),
        ({"type": ["X"], "message": {"text": "why"}}, "Pleo refused the item: no type"),
    ],
)
def test_a_refused_item_is_told_with_what_pleo_said_and_nothing_else(
    told: dict[str, Json], words: str
) -> None:
    assert refused_as(**told) == words


def test_an_items_own_id_is_left_out_of_what_is_said_of_it_however_it_is_spelt() -> None:
    job = JOB.export_job_id  # another id with letters in it

    assert refused_as(type="X", message=f"Entry {entry(1)} of {job} is locked") == (
        f"Pleo refused the item: X, Entry … of {job} is locked"
    )


def test_an_id_in_capital_letters_is_left_out_too() -> None:
    lower = "0000abcd-0000-4000-8000-000000000001"
    told = {"accountingEntryId": lower, "type": "X", "message": f"Entry {lower.upper()} is locked"}

    found = verdict(answer(200, {"data": [], "errors": [told]}), {lower: ItemStatus.SUCCESSFUL}, NOON)

    assert isinstance(found, ItemsAnswered)
    assert found.unconfirmed == {lower: "Pleo refused the item: X, Entry … is locked"}


def test_an_item_with_another_status_is_told_with_both() -> None:
    found = verdict(answer(200, {"data": [{"accountingEntryId": entry(1), "status": 7}]}), SENT, NOON)

    assert isinstance(found, ItemsAnswered)
    assert found.unconfirmed == {entry(1): "Pleo answered with status none, not successful"}


def test_a_refusal_of_the_credentials_says_what_pleo_said() -> None:
    found = verdict(error(401, "UNAUTHORIZED", "The key has expired."), SENT, NOON)

    assert found == CredentialsRefused(401, "Pleo answered 401: UNAUTHORIZED, The key has expired.")
