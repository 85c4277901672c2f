"""Text from outside, made fit to leave the adapter: one printable line, short enough, without secrets.

Whatever goes to Pleo, a log, a metric, an attribute, a terminal or a page passes through here. The ideas
come from Sentry's scrubbers, detect-secrets and Presidio: a key that names a secret counts more than the
looks of its value; a number counts only with a valid checksum, a long token only where it looks random.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from importlib.resources import files
from typing import Final

MAX_REASON: Final = 500
"""Characters of a failureReason: Pleo names no limit, a bookkeeper's screen does."""

MOST_READ: Final = 4_000
"""Characters that are looked at; no pattern sees more."""

ELLIPSIS: Final = "…"
"""Stands for what was cut off, and for what was masked."""

_WORDS: Final = {
    table: {name: tuple(words.split()) for name, words in lists.items()}
    for table, lists in tomllib.loads(
        files(__package__).joinpath("words_for_secrets.toml").read_text(encoding="utf-8")
    ).items()
}
_STEMS: Final = _WORDS["text"]["stems"]
_NOT_A_SECRET: Final = frozenset(_WORDS["text"]["not_a_secret"])
_SCHEME: Final = re.compile(rf"(?:{'|'.join(_WORDS['text']['schemes'])}):?+\s", re.IGNORECASE)

_ZERO_WIDTH: Final = frozenset("\xad\u200b\u200c\u200d\u2060\ufeff")
_LEFT_OVER: Final = " \t-\N{EN DASH}:;,|/\\=*#>"
_TRAILING: Final = ".,;:!?)]}'`*\\"
_BETWEEN_WORDS: Final = (" ", "\n", "\t", '"', "'", "<", ">")
_MOST_GROUPS: Final = 20
"""Words that may be one number together: the digits of a card, written one by one."""

_QUOTE: Final = r"(?:\\{0,3}[\"'`]|&quot;|&\#3[49];|%22|[\u201c-\u201e\u2018\u2019«»])"
_LABEL: Final = re.compile(
    rf"""(?<![\w.-]) (?P<key>[\w.-]++) (?<!\.) (?:{_QUOTE}|\])?+
    (?: (?P<sign> \s*+ (?: :{{0,2}}={{1,3}}>? | :{{1,2}} | \uff1a | -> | (?<=-)> | %3[AaDd]
                         | ,?\s?+{_QUOTE}?+value{_QUOTE}?+\s?+[:=] ) \s*+ )
      | \s++ (?:is|was|are|set\ to|ist|war|lautet|lauten|är|er|var|on|est|es|é|è|jest|je) :?+ \s++
      | \s++ (?= {_QUOTE} | \S*\d ) | (?<=bearer) \s++ )""",
    re.VERBOSE | re.IGNORECASE,
)
"""A key and what stands before its value: a sign, a verb, or only a blank. Each word is tried once, whole."""
_ELEMENT: Final = re.compile(
    r"(?:<|&lt;)(?:[\w.-]++:)?+(?P<key>[\w.-]++)(?:\s[^<>&]*+)?+(?:>|&gt;)(?:<!\[CDATA\[)?+"
    r"(?P<value>(?:[^<&]|&(?!lt;))++)"
)
_OPENING: Final = re.compile(rf"[\[({{]?+\s?+(?P<quote>{_QUOTE})?+")
_QUOTES: Final = "\"'`;2\u201c\u201d\u201e\u2018\u2019«»"
_CLOSING: Final = {"\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019", "«": "»", "»": "«"}
_CHALLENGE: Final = re.compile(
    r"(?:realm|error|scope|charset|resource|client_id|auth\w*_uri)\w*=", re.IGNORECASE
)
_RUN: Final = re.compile(r'[^\s"<>]++(?:"(?=\w)[^\s"<>]++)*+')
_NEXT_FIELD: Final = re.compile(r"[&;,|](?=[\w.\[\]-]++=)")
_CREDENTIAL: Final = r"(?:[^\s\"<>,;]|\"[^\"]*+(?:\"|\Z))++"
_CREDENTIALS: Final = re.compile(
    rf"(?:[a-z][\w-]*+:?+\s++)?+{_CREDENTIAL}(?:[,;]\s*+{_CREDENTIAL})*+", re.IGNORECASE
)
_WORD: Final = re.compile(r"[^\W\d_]++(?:['\u2019][^\W\d_]++)?+")
_SAID: Final = re.compile(rf"{_WORD.pattern}(?:\(\d{{1,4}})?+|\d{{1,3}}")
_MADE_UP: Final = re.compile(r"\d|[a-z][A-Z]|\w[!@#$%^&*+=~|]")
_LEAST_MADE_UP: Final = 4
_LEAST_WORD: Final = 6
_LEAST_TOKEN: Final = 8
_LEAST_SESSION: Final = 16
_LONGEST_WORDS: Final = 200
_MOST_QUOTES: Final = 20
"""Quotation marks that are looked at for the one that ends a value."""
_LEAST_PROSE: Final = 4
"""Words that an error message has, and no secret."""
_SEGMENT: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\W_]+")
_CLAUSE: Final = re.compile(r"[^\w\s'\u2019-]")
_ENDS_CLAUSE: Final = re.compile(r"[.,;:!?)]*+(?:\s*+\Z|(?<=[.,;:!?)])\s)")
_WORDS_BEFORE: Final = 20
"""Characters before a key that may belong to its name."""

_PEM: Final = re.compile(
    r"-{2,5} ?BEGIN [A-Z0-9 ]{3,60}-{2,5}.*?(?:-{2,5} ?END [A-Z0-9 ]{3,60}-{2,5}|\Z)", re.DOTALL
)
_BASIC: Final = re.compile(
    r"(?<=asic )(?=[A-Za-z/+]*(?:[a-z][A-Z]|[0-9=]))[A-Za-z0-9+/_-]{8,}+=*|(?<=ASIC )[\w+/=-]{8,}+"
)
_JWT: Final = re.compile(r"eyJ[\w-]{8,}+(?:\.[\w-]*+){0,4}+")
_VENDOR: Final = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:sk|pk|rk)_(?:live|test)_|sk-|whsec_|plp_|xox[a-z]-|xapp-|gh[pousr]_|github_pat_"
    r"|glpat-|npm_|pypi-|shp(?:at|ss|ca|pa)_|sq0[a-z]{3}-|hf_|hvs\.|ya29\.|SG\.|GOCSPX-|AIza|ATATT"
    r"|(?:AKIA|ASIA)(?=[A-Z0-9]{12}))(?=[\w.-]{0,80}\d)[\w.-]{12,}+"
)
_IN_A_QUERY: Final = re.compile(r"(?<=[?&])((?:code|key|state|hash|hmac)=)[^\s&#\"'<>]{16,}+", re.IGNORECASE)
_USER_INFO: Final = re.compile(r"://(?:[^\s/?#\"'<>]*@|[^\s/:@\"'<>]++:(?!\d{1,5}[/?#])[^\s\"'<>@]{0,500}+@)")
_MAIL_SIGN: Final = r"[^\s\"'<>()\[\]{},;=:/|@…]"
_MAIL: Final = re.compile(rf"(?<!{_MAIL_SIGN}){_MAIL_SIGN}++@[\w-]++(?:\.[\w-]++)++")
_DIGITS: Final = re.compile(r"[0-9](?<![^\W_][0-9])(?=(?:[ -]?[0-9]){12})[0-9]*+(?:[ -][0-9]++)*+")
_CARD: Final = re.compile(r"4[0-9]{12}|(?:[3-6]|2[2-7])[0-9]{13,18}")
_IBAN: Final = re.compile(
    r"[0-9]{2}(?<=[A-Za-z]{2}[0-9]{2})(?<![^\W_][A-Za-z]{2}[0-9]{2})(?=(?:[ -]?+[A-Za-z0-9]){11})"
)
_IBAN_LENGTHS: Final = {country[:2]: int(country[2:]) for country in _WORDS["numbers"]["iban_lengths"]}
_TOKEN: Final = re.compile(r"[A-Za-z0-9+/=_-]{32,}+")
_UUID: Final = re.compile(
    r"(?<![0-9a-fA-F])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![0-9a-fA-F])"
)
_HEX: Final = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{32,}+")
_LEAST_RANDOM: Final = 28
_LEAST_VENDOR: Final = 15
_TURN: Final = re.compile(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_LEAST_TURNS: Final = 0.2
"""Changes between lower case, upper case and digits by character: about 0.1 in words, 0.3 at random."""


class _Secret(StrEnum):
    """What a key names: how far the value goes, and what it must look like after a mere blank."""

    PASSWORD = "password"  # noqa: S105 -- the name of a list of words
    SESSION = "session"
    HEADER = "header"
    OTHER = "other"


_ENDINGS: Final = {
    _Secret(name): tuple(word.removesuffix("s") for word in words) for name, words in _WORDS["keys"].items()
}
_ENDINGS[_Secret.OTHER] += tuple(
    kind + key for kind in _WORDS["text"]["before_key"] for key in ("key", "keyvalue")
)
_PARTS: Final = {word: _Secret(name) for name, words in _WORDS["parts"].items() for word in words}


def clean(text: str) -> str:
    """Return a text as one printable line of at most MOST_READ characters.

    Line ends, control and bidirectional characters, lone surrogates and runs of white space become one blank.
    """
    text = cut(text)
    if not text.isprintable():
        text = "".join(sign if sign.isprintable() else "" if sign in _ZERO_WIDTH else " " for sign in text)
    return " ".join(text.split())


def cut(text: str, longest: int = MOST_READ) -> str:
    """Return at most `longest` characters, without what the cut goes through: it may be half a secret."""
    if len(text) <= longest:
        return text
    head = text[: max(longest - 1, 0)]
    for _ in range(_MOST_GROUPS):
        end = max(map(head.rfind, _BETWEEN_WORDS)) + 1
        head = head[:end].rstrip()
        before = head[max(map(head.rfind, _BETWEEN_WORDS)) + 1 :]
        if not before.isupper() and not any(map(str.isdigit, before)):
            break
    return head + ELLIPSIS


def shorten(text: str, longest: int) -> str:
    """Return the text within `longest` characters, cut at a word with an ellipsis where it is longer."""
    if len(text) <= longest:
        return text
    if longest < 2:  # noqa: PLR2004 -- a character and the ellipsis
        return ""
    head = text[: longest - 1]
    if not text[longest - 1].isspace() and " " in head:
        head = head.rpartition(" ")[0]
    return head.rstrip(_LEFT_OVER + ".") + ELLIPSIS


def shown(text: str, longest: int = 300) -> str:
    """Return a text as it may leave: clean, without secrets, in `longest` characters; twice is as once."""
    return shorten(mask(clean(text)), longest)


def mask(text: str) -> str:
    """Return the text with an ellipsis for each secret, and at most MOST_READ characters of it.

    Secrets are: what a key names so (`password=`, `"apiKey": `), all of an Authorization header, credentials
    in a URL, JWTs, PEM blocks, keys with a vendor's prefix, random tokens of 32 characters or more, card
    numbers and IBANs with a valid checksum, e-mail addresses. Account numbers, document ids, tax codes, UUIDs
    and dates stay.
    """
    text = cut(text)
    if not text.isascii():
        text = cut(unicodedata.normalize("NFC", text))
    if "BEGIN " in text:
        text = _PEM.sub(ELLIPSIS, text)
    if "<" in text or "&lt;" in text:
        text = _masked(text, _elements(text))
    text = _masked(text, _labelled(text))
    if "://" in text:
        text = _IN_A_QUERY.sub(rf"\1{ELLIPSIS}", _USER_INFO.sub(f"://{ELLIPSIS}@", text))
    if "asic " in text.lower():
        text = _BASIC.sub(ELLIPSIS, text)
    if "@" in text:
        text = _MAIL.sub(ELLIPSIS, text)
    if max(map(len, text.split()), default=0) >= _LEAST_VENDOR:
        text = _TOKEN.sub(_without_random_part, _VENDOR.sub(ELLIPSIS, _JWT.sub(ELLIPSIS, text)))
    return _DIGITS.sub(_without_cards, _masked(text, _ibans(text)))


def value_of(key: str, value: str) -> str:
    """Return the value of a key, or an ellipsis where the key names a secret and the value is not prose."""
    is_secret = names_a_secret(key) and len(value.split()) < _LEAST_PROSE and not _is_words(value)
    return ELLIPSIS if is_secret else value


def names_a_secret(key: str) -> bool:
    """Return whether a key ends in a word for a secret: `db_password`, `X-Api-Key`, `Kennwort`."""
    return _secret_named(key[-MOST_READ:]) is not None


def _secret_named(key: str, words_before: str = "") -> _Secret | None:
    """Say what a key names. The words before it may belong to it: "mot de passe"."""
    folded = _folded(words_before + key)
    for secret, endings in _ENDINGS.items():
        if folded.endswith(endings):
            return secret
    segments = [segment for segment in _SEGMENT.split(key) if segment]
    return _PARTS.get(segments[-1].casefold().rstrip("0123456789")) if segments else None


def _folded(key: str) -> str:
    """Return the letters of a key, without accents, a number at its end, or the s of a plural."""
    if not key.isascii():
        key = unicodedata.normalize("NFKD", key)
    folded = "".join(filter(str.isalnum, key.casefold()))
    return folded.rstrip("0123456789").removesuffix("s")


def _masked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text with an ellipsis in the place of each span; of two that overlap, the first counts."""
    pieces: list[str] = []
    done = 0
    for start, end in spans:
        if start >= done:
            pieces += (text[done:start], ELLIPSIS)
            done = end
    return "".join((*pieces, text[done:])) if pieces else text


def _elements(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the content of XML elements is that are named after secrets."""
    for found in _ELEMENT.finditer(text):
        if names_a_secret(found["key"]) and not _is_words(found["value"]):
            yield found.span("value")


def _labelled(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the values of keys are that name secrets."""
    folded = (text if text.isascii() else unicodedata.normalize("NFKD", text)).casefold()
    if not any(stem in folded for stem in _STEMS):
        return
    done = 0
    for label in _LABEL.finditer(text):
        before = text[max(0, label.start() - _WORDS_BEFORE) : label.start()]
        if label.start() < done or not (secret := _secret_named(label["key"], _CLAUSE.split(before)[-1])):
            continue
        start, end = _value(text, label.end(), secret)
        is_whole = text[start - 1] in _QUOTES or _ENDS_CLAUSE.match(text, end) is not None
        if end > start and _is_secret(text[start:end], label, secret, is_whole=is_whole):
            yield start, end
            done = end


def _value(text: str, start: int, secret: _Secret) -> tuple[int, int]:
    """Return where a value begins and ends: in its quotation marks, or as far as it can go without."""
    opening = _OPENING.match(text, start)
    if opening and text.startswith(ELLIPSIS, opening.end()):
        return start, start
    if opening and opening["quote"]:
        closing = _CLOSING.get(opening["quote"], opening["quote"])
        end = opening.end() - 1
        for _ in range(_MOST_QUOTES):
            end = text.find(closing, end + 1)
            if end < 0 or not (text[end - 1] == "\\" or text[end + len(closing) :][:1].isalnum()):
                return opening.end(), end if end >= 0 else len(text)
        return opening.end(), len(text)
    start = opening.end() if opening else start
    if secret is _Secret.HEADER or _SCHEME.match(text, start):
        run = _CREDENTIALS.match(text, start)
        value = run[0] if run else ""
    else:
        run = _RUN.match(text, start)
        value = _NEXT_FIELD.split(run[0], maxsplit=1)[0] if run else ""
    return start, start + len(value.rstrip(_TRAILING))


def _is_secret(value: str, label: re.Match[str], secret: _Secret, *, is_whole: bool) -> bool:
    """Whether it is one: after a sign all but plain words, after a verb or blank what looks made up."""
    if _is_words(value):
        return False
    if label["sign"] or label["key"].startswith("--"):
        return True
    if label["key"].casefold() == "bearer":
        return not _CHALLENGE.match(value)
    is_made_up = len(value) >= _LEAST_MADE_UP and _MADE_UP.search(value, 0, _LONGEST_WORDS) is not None
    match secret:
        case _Secret.PASSWORD:
            return is_made_up or (
                is_whole and len(value) >= _LEAST_WORD and not value.endswith(("ed", "ing"))
            )
        case _Secret.SESSION:
            return is_made_up and len(value) >= _LEAST_SESSION
        case _:
            return is_made_up and len(value) >= _LEAST_TOKEN and not value.isdigit()


def _is_words(value: str) -> bool:
    """Whether a value says something about a secret: "expired", "may not be blank", "{0}", "null"."""
    if value.startswith(ELLIPSIS):
        return True
    if scheme := _SCHEME.match(value):
        value = value[scheme.end() :]
    first = _WORD.match(value.lstrip())
    if first is None or first[0].casefold() not in _NOT_A_SECRET:
        return not any(map(str.isalnum, value))
    return len(value) <= _LONGEST_WORDS and all(
        _SAID.fullmatch(word.strip(_TRAILING)) for word in value.split()
    )


def _without_cards(found: re.Match[str]) -> str:
    """Mask the groups of digits that are a card number together (Luhn, ISO/IEC 7812); others stay."""
    groups = re.split(r"([ -])", found[0])
    at = 0
    while at < len(groups):
        digits = ""
        for end in range(at, len(groups), 2):
            digits += groups[end]
            if len(digits) > 19:  # noqa: PLR2004 -- the longest card number
                break
            if _CARD.fullmatch(digits) and _luhn(digits) == 0:
                groups[at : end + 1] = [ELLIPSIS]
                break
        at += 2
    return "".join(groups)


def _luhn(digits: str) -> int:
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubled)) % 10


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where IBANs are: as long as their country's, with remainder 1 modulo 97 (ISO 13616)."""
    for found in _IBAN.finditer(text):
        start = found.start() - 2
        length = _IBAN_LENGTHS.get(text[start : start + 2].upper(), 0)
        places = [start + at for at, sign in enumerate(text[start : start + 2 * length]) if sign.isalnum()][
            :length
        ]
        number = "".join(text[at] for at in places)
        turned = "".join(str(int(sign, 36)) for sign in number[4:] + number[:4]) if number.isascii() else ""
        if turned and len(number) == length and int(turned) % 97 == 1:
            yield start, places[-1] + 1


def _without_random_part(found: re.Match[str]) -> str:
    """Mask what looks random in a long token; ids, names of files and long words stay."""
    token = _HEX.sub(lambda run: run[0] if run[0].isdigit() or run[0].isalpha() else ELLIPSIS, found[0])
    known = _UUID.sub("", token)
    letters = [sign for sign in known if sign.isalnum()]
    is_mixed = any(map(str.isdigit, letters)) and any(map(str.isalpha, letters))
    is_random = len(_TURN.findall(known)) >= _LEAST_TURNS * len(letters)
    if is_mixed and is_random and len(letters) >= _LEAST_RANDOM:
        return ELLIPSIS
    return token
