"""Finds the few rules of hundreds that can fit a cause, without asking each.

Rules with codes are found by the cause's code, rules with messages by three letters in a row that the
message must contain (see `literals`), the rest by status and stage.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Final

from export_adapter.classify.reading.causes import Cause
from export_adapter.classify.reading.failure import ErrorReport
from export_adapter.classify.rulebook.literals import AnyOf
from export_adapter.classify.rulebook.message_pattern import MessageText
from export_adapter.classify.rulebook.rule import Rule
from export_adapter.model import Stage

_GRAM: Final = 3


def grams(text: str) -> set[str]:
    """Return all runs of three characters of a text."""
    return {text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1)}


class RuleIndex:
    """The rules of one file, or of one customer, by what they ask for. Built once, then only read."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._by_code: defaultdict[str, list[Rule]] = defaultdict(list)
        self._by_prefix: list[Rule] = []
        self._by_gram: defaultdict[str, list[tuple[AnyOf, list[Rule]]]] = defaultdict(list)
        self._others: list[Rule] = []
        self._by_place: dict[tuple[int, Stage | None], tuple[Rule, ...]] = {}
        texts: list[Rule] = []
        for rule in self.rules:
            if rule.when.codes is not None:
                for code in rule.when.codes:
                    self._by_code[code].append(rule)
            elif rule.when.code_prefixes is not None:
                self._by_prefix.append(rule)
            elif rule.when.messages is not None:
                texts.append(rule)
            else:
                self._others.append(rule)
        self._index_texts(texts)

    def candidates(
        self, report: ErrorReport, cause: Cause, message: MessageText, found: set[str]
    ) -> Iterator[Rule]:
        """Yield rules that may fit, in no order, some more than once. `found` are the message's grams."""
        if cause.code is not None:
            yield from self._by_code.get(cause.code, ())
            yield from self._by_prefix
        for gram in self._by_gram.keys() & found:
            for need, rules in self._by_gram[gram]:
                if message.has_any(need):
                    yield from rules
        place = (report.status, report.stage)
        yield from self._by_place.get(place) or self._at(place)

    def _at(self, place: tuple[int, Stage | None]) -> tuple[Rule, ...]:
        """Return the rules without code and message that fit a status and stage; both are bounded sets."""
        status, stage = place
        rules = tuple(
            rule
            for rule in self._others
            if (rule.when.statuses is None or status in rule.when.statuses)
            and (rule.when.stages is None or stage in rule.when.stages)
        )
        self._by_place[place] = rules
        return rules

    def _index_texts(self, rules: list[Rule]) -> None:
        """Index each need by that run of three letters of its texts which the fewest others share.

        Rules that need the same words (the vocabulary's lists) are kept together, under each text once.
        """
        by_need: dict[AnyOf, list[Rule]] = {}
        for rule in rules:
            for pattern in rule.when.messages or ():
                if not pattern.needs:
                    self._others.append(rule)
                    continue
                known = by_need.setdefault(pattern.needs[0], [])
                if not known or known[-1] is not rule:  # a rule's patterns stand next to each other
                    known.append(rule)
        shared = Counter(gram for need in by_need for text in need for gram in grams(text))
        for need, needing in by_need.items():
            for gram in {min(grams(text), key=lambda gram: (shared[gram], gram)) for text in need}:
                self._by_gram[gram].append((need, needing))
