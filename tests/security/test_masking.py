"""What is masked and what stays readable, by a table of texts: masking.toml."""

import random
import time
import tomllib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export_adapter.text import MAX_REASON, MOST_READ, clean, cut, mask, names_a_secret, shorten, shown
from tests.security.exits import everything_that_leaves
from tests.security.made_up_secrets import MadeUpSecrets

TABLE = tomllib.loads(Path(__file__).with_name("masking.toml").read_text(encoding="utf-8"))
WITH_SECRETS = [row for name, part in TABLE.items() if name != "without_a_secret" for row in part["texts"]]
WITHOUT = TABLE["without_a_secret"]["texts"]
WORDS = tomllib.loads(files("export_adapter").joinpath("words_for_secrets.toml").read_text(encoding="utf-8"))
KEYS = [
    *(word for words in WORDS["keys"].values() for word in words.split()),
    *(word for words in WORDS["parts"].values() for word in words.split()),
    *(f"{kind}_key" for kind in WORDS["text"]["before_key"].split()),
]


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len(WITH_SECRETS) + len(WITHOUT) >= 150


@pytest.mark.parametrize(("text", "staying"), [(row[0], row[1:]) for row in WITH_SECRETS])
def test_secrets_are_masked_and_the_words_around_them_stay(text: str, staying: list[str]) -> None:
    secrets = MadeUpSecrets(text)
    for _ in range(5):
        masked = shown(secrets.fill(text), MAX_REASON)
        assert [secret for secret in secrets.made if clean(secret) in masked] == []
        assert [part for part in staying if part not in masked] == []
        assert shown(masked, MAX_REASON) == masked


@pytest.mark.parametrize("text", [row[0] for row in WITH_SECRETS])
def test_no_secret_leaves_by_any_exit(text: str) -> None:
    secrets = MadeUpSecrets(text)
    filled = secrets.fill(text)
    for exit_, left in everything_that_leaves(filled):
        assert [secret for secret in secrets.made if found(secret, left)] == [], f"{exit_}: {left}"


def found(secret: str, left: str) -> bool:
    """Whether a secret came out, also in small letters, as fingerprints are."""
    secret = clean(secret)
    return secret in left or secret.lower() in left


@pytest.mark.parametrize("text", WITHOUT)
def test_a_text_without_a_secret_stays_as_it_is(text: str) -> None:
    assert shown(text, MAX_REASON) == text


def test_each_word_for_a_secret_is_found() -> None:
    assert [key for key in KEYS if not names_a_secret(key)] == []
    assert [key for key in KEYS if "qwertz" in shown(f"{key}: qwertz")] == []


@pytest.mark.parametrize(
    "key", ["key", "tax_key", "tokenType", "passwordExpired", "shipping", "design", "accountId", "", "..."]
)
def test_other_keys_name_no_secret(key: str) -> None:
    assert not names_a_secret(key)


@pytest.mark.parametrize(
    "control", ["\x1b[31m", "\x00", "\n", "\r", "\u202e", "\u2028", "\x9b", "\ud800", "\u200b", "\uffff"]
)
def test_a_clean_text_is_one_printable_line(control: str) -> None:
    found = clean(f"a{control}b")
    assert found.isprintable()
    assert found.startswith("a")


def test_an_invisible_sign_hides_no_key() -> None:
    assert shown("pass\u200bword: qwertz") == "password: …"


@given(st.integers(1, 200), st.sampled_from(["{base64_40}", "{card_in_groups}", "{iban_in_groups}", "{jwt}"]))
def test_a_secret_that_the_cut_goes_through_is_masked_whole(inside: int, kind: str) -> None:
    secret = MadeUpSecrets(inside).fill(kind)
    kept = min(inside, len(secret) - 1)
    long = "a " * ((MOST_READ - kept) // 2) + secret + " end" * 9
    assert secret[:4] not in mask(long)
    assert secret[:4] not in shown(long, MOST_READ)


@given(st.text(max_size=300), st.integers(0, 300))
def test_a_text_never_grows_and_masking_twice_is_masking_once(text: str, longest: int) -> None:
    fit = shown(text, longest)
    assert len(fit) <= longest
    assert len(mask(clean(text))) <= len(clean(text))
    assert shown(fit, longest) == fit
    assert len(cut(text, longest)) <= max(longest, 1)


MARKS = [
    *"abA1 .:=<>\"'&/@-+_…\n",
    "://",
    "password",
    "token ",
    "cookie:",
    "bearer ",
    "basic ",
    "eyJ",
    "sk-",
    "the ",
    "11 ",
]


@given(st.lists(st.sampled_from(MARKS), max_size=60).map("".join))
def test_masking_twice_is_masking_once_where_texts_look_like_secrets(text: str) -> None:
    assert shown(shown(text)) == shown(text)


@pytest.mark.parametrize("first", MARKS)
def test_no_text_makes_masking_slow(first: str) -> None:
    """Repeated pieces are what makes a pattern run away: 4,000 characters of them take milliseconds."""
    worst = 0.0
    for second in MARKS:
        attack = ((first + second) * MOST_READ)[:MOST_READ]
        started = time.thread_time()
        mask(attack)
        worst = max(worst, time.thread_time() - started)
    assert worst < 0.1


def test_a_text_is_cut_at_a_word() -> None:
    assert shown("word " * 100, 20) == "word word word word…"
    assert shorten("abcdefghijkl", 5) == "abcd…"
    assert len(shown("xy " * 1_000_000)) <= 300


def test_a_secret_in_any_sentence_is_masked_quickly() -> None:
    sentence = (
        "The account 4010 with tax code DK25 in line 3 of invoice INV-2026-0042 is locked: choose another. "
    )
    runs = range(300)
    started = time.thread_time()
    for _ in runs:
        mask(sentence * 2)
    assert (time.thread_time() - started) / len(runs) < 200e-6, "ten times what it takes on a quiet machine"


def test_ordinary_long_words_are_not_taken_for_random_ones() -> None:
    words = [
        "Invoice",
        "Line",
        "Tax",
        "Category",
        "Percentage",
        "Document",
        "Type",
        "Booking",
        "2026",
        "Ledger",
    ]
    chooser = random.Random(7)  # noqa: S311 -- not for security
    for _ in range(300):
        name = "".join(chooser.choices(words, k=6))
        assert shown(name) == name


SEPARATORS = [":", ": ", "=", " = ", "=>", " => ", ":=", " : ", "->"]
QUOTES = [("", ""), ("'", "'"), ('"', '"'), ("`", "`"), ('\\"', '\\"'), ('["', '"]'), ("\u201c", "\u201d")]
SPELLINGS = [
    str.lower,
    str.upper,
    str.title,
    "db_{}".format,
    "X-App-{}".format,
    "user.{}".format,
    "{}1".format,
]
PROSE = st.lists(
    st.sampled_from(
        ["account", "4010", "is", "the", "not", "INV-42", "1.234,56", "(x)", "Lösung", "a:", "b=7", "c,"]
    ),
    max_size=8,
).map(" ".join)


@given(
    st.sampled_from(KEYS),
    st.sampled_from(SPELLINGS),
    st.sampled_from(SEPARATORS),
    st.sampled_from(QUOTES),
    st.sampled_from(["{pw}", "{word}", "{pin}", "{hex32}", "{uuid}", "{base64_40}", "{jwt}", "{stripe}"]),
    st.integers(),
    PROSE,
    PROSE,
)
@settings(max_examples=40)
def test_what_a_key_names_as_secret_leaves_by_no_exit(
    key: str,
    spelled: Callable[[str], str],
    separator: str,
    quotes: tuple[str, str],
    kind: str,
    seed: int,
    before: str,
    after: str,
) -> None:
    opening, closing = quotes
    secret = MadeUpSecrets(seed).fill(kind)
    text = f"{before} {spelled(key)}{separator}{opening}{secret}{closing} {after}"
    for exit_, left in everything_that_leaves(text):
        assert not (found(secret, left) and len(secret) > len("2026")), f"{exit_} of {text!r}: {left}"
    assert secret not in shown(text)
