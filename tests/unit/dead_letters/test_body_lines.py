import json

import pytest

from export_adapter.model import Json
from export_adapter.text import shown
from export_adapter_workstation.dead_letters.body_lines import body_lines

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "secret",
    [
        "Authorization: Bearer abcdefgh12345678",
        f"token {JWT}",
        "password=correcthorse",
        '"client_secret": "correcthorse"',
        "write to jane.doe@example.com",
        "account DE89 3704 0044 0532 0130 00",
        "card 4111 1111 1111 1111",
    ],
)
def test_secrets_and_personal_data_are_masked(secret: str) -> None:
    found = shown(f"before {secret} after")
    assert "…" in found
    for word in ("abcdefgh12345678", JWT, "correcthorse", "jane.doe", "3704", "4111"):
        assert word not in found


def test_ids_stay_because_things_are_looked_up_by_them() -> None:
    text = "request 5f04e139-ebd5-4933-8fb6-45ceec303cbc and 47649c71-a571-4150-b423-55723b2586ec failed"
    assert shown(text) == text


@pytest.mark.parametrize(
    "control", ["\x1b[31m", "\x00", "\n", "\r", "\u202e", "\u2028", "\x9b", "\ud800", "\u200b"]
)
def test_nothing_of_it_steers_the_terminal(control: str) -> None:
    found = shown(f"a{control}b")
    assert found.isprintable()
    assert found.startswith("a")


def test_a_text_is_cut_where_it_is_too_long() -> None:
    assert shown("word " * 100, 20) == "word word word word…"
    assert len(shown("xy " * 1_000_000)) == 300


def test_a_body_is_shown_with_its_structure_and_without_its_secrets() -> None:
    body: Json = {
        "error": {"code": 10, "detail": "mail jane@example.com"},
        "accessToken": "test",
        "list": [True, None],
    }
    assert json.loads("\n".join(body_lines(body, 50))) == {
        "error": {"code": 10, "detail": "mail …"},
        "accessToken": "…",
        "list": [True, None],
    }


def test_a_body_that_is_json_in_a_string_is_shown_as_json() -> None:
    assert body_lines('{"password": "correcthorse", "a": 1}', 50) == [
        "{",
        '  "password": "…",',
        '  "a": 1',
        "}",
    ]


def test_a_body_that_only_looks_like_json_is_shown_as_text() -> None:
    assert body_lines('{"a": ', 50) == ['{"a":']


def test_a_body_that_is_text_keeps_its_lines() -> None:
    assert body_lines("one\n\ntwo\x1b[2J\n", 50) == ["one", "two [2J"]


def test_a_long_body_says_how_much_is_left() -> None:
    assert body_lines([1] * 99, 3) == ["[", "  1,", "  1,", "… and 98 more lines"]


def test_a_hostile_body_is_bounded() -> None:
    deep: Json = []
    for _ in range(1000):
        deep = [deep]
    assert len(body_lines(deep, 500)) < 100
    assert len(body_lines({str(number): "x" * 10_000 for number in range(5000)}, 1000)) == 102
    assert len("".join(body_lines("x" * 5_000_000, 1000))) <= 20_000
