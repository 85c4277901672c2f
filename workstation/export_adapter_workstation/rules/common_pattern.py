"""What several messages of one kind have in common, as a pattern that no text makes slow."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from export_adapter.classify.sentence import readable

_VARIABLE: Final = re.compile(
    r"(?<!\w)'[^']{0,200}'(?!\w)|\"[^\"]{0,200}\"|`[^`]{0,200}`|\S{1,200}@\S{1,200}"
    r"|[\w./:#@~%+-]*\d[\w./:#@~%+-]*"
)
_WORD: Final = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_JOINS: Final = re.compile(r"[ ,;:()/-]{1,3}")
_SPECIAL: Final = re.compile(r"([().])")
_MOST_RUNS: Final = 3
_LONGEST_RUN: Final = 90
_GAP: Final = ".{0,30}"
"""Two of them stay below what the repetitions of one pattern may multiply to."""

_LEAST_LETTERS: Final = 8
_LEAST_OF_A_RUN: Final = 4


def common_pattern(messages: Sequence[str]) -> str | None:
    """Return a pattern that fits all the messages; None where they have too few words in common.

    Numbers, ids, quoted values and what the cleaner takes out (secrets, addresses) are not in it.
    """
    shared = set.intersection(*(_sayable(message) for message in messages))
    runs = _best(list(_runs(messages[0], shared)))
    while runs:
        pattern = _GAP.join(_SPECIAL.sub(r"\\\1", run) for run in runs)
        is_telling = sum(_letters(run) for run in runs) >= _LEAST_LETTERS
        if is_telling and all(re.search(pattern, message, re.IGNORECASE) for message in messages):
            return pattern
        runs = runs[:-1]
    return None


def _sayable(message: str) -> set[str]:
    """Return the words of a message that may be shown, and that are the same in the next one of its kind."""
    shown = {word.casefold() for word in _WORD.findall(_VARIABLE.sub(" ", readable(message)))}
    return shown & {word.casefold() for word in _WORD.findall(_VARIABLE.sub(" ", message))}


def _runs(message: str, shared: set[str]) -> Iterator[str]:
    """Yield what stands together of a message: shared words, joined by blanks and simple signs."""
    blanked = _VARIABLE.sub(lambda found: "\0" * len(found[0]), message)
    start = end = -1
    for word in _WORD.finditer(blanked):
        if word[0].casefold() not in shared:
            continue
        joined = start >= 0 and _JOINS.fullmatch(blanked, end, word.start())
        if not joined or word.end() - start > _LONGEST_RUN:
            if start >= 0:
                yield message[start:end]
            start = word.start()
        end = word.end()
    if start >= 0:
        yield message[start:end]


def _best(runs: list[str]) -> list[str]:
    """Return the neighbours with the most letters, without scraps such as "at"."""
    runs = [run for run in runs if _letters(run) >= _LEAST_OF_A_RUN]
    windows = [runs[at : at + _MOST_RUNS] for at in range(len(runs))]
    return max(windows, key=lambda window: sum(_letters(run) for run in window), default=[])


def _letters(text: str) -> int:
    return sum(sign.isalpha() for sign in text)
