"""Drafts of rules for groups of failures. A draft is handed out only when it decides its own failures."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from export_adapter.classify.classifier import Classifier
from export_adapter.classify.reading.causes import fold_code
from export_adapter.classify.rulebook.library import Library, OwnRules, RuleDocument
from export_adapter.classify.rulebook.rule import Rule, Tier
from export_adapter.classify.sentence import readable
from export_adapter.model import Failure, Stage
from export_adapter_workstation.rules.suggestions.groups import Group
from export_adapter_workstation.rules.suggestions.rule_text import by_system, rule_document
from export_adapter_workstation.rules.suggestions.wording import common_pattern

_CODE: Final = re.compile(r"[\w.:/-]{1,80}\Z")
_STATUS: Final = re.compile(r"[1-5]\d\d\Z")
_LONGEST_ID: Final = 48
_TRIED: Final = "drafts.toml"
_NOTHING: Final = "unknown"
_MOST_OTHERS: Final = 4
_TELLING: Final = 5


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule that is proposed, and the failure that goes with it, cleaned of secrets.

    `is_guess`: no rule that fitted tells the situation, it is only what the HTTP status suggests; `others`
    are situations of rules that would have fitted, had more of their words been there. `from_log`: nothing
    but the fingerprint was at hand.
    """

    id: str
    system: str
    code: str | None
    pattern: str | None
    situation: str
    is_guess: bool
    others: tuple[str, ...]
    count: int
    where: tuple[str, ...]
    failure: Failure
    from_log: bool


@dataclass(frozen=True, slots=True)
class NoDraft:
    """Why no rule is proposed for a group."""

    group: Group
    reason: str


def drafts_of(groups: Sequence[Group], classifier: Classifier) -> tuple[list[Draft], list[NoDraft]]:
    """Draft a rule for each group; where one would decide about another's failures, it is for both.

    `classifier` has the built-in rules, and the customer's own where there are any.
    """
    library = Library()
    whole = [_with_examples(group, classifier) for group in groups]
    codes = Counter((group.system, group.examples[0][1].report.causes[0].code) for group in whole)
    drafts: list[Draft] = []
    left_out: list[NoDraft] = []
    for group, given in zip(whole, groups, strict=True):
        is_shared = codes[group.system, group.examples[0][1].report.causes[0].code] > 1
        draft = _draft(group, library, is_shared=is_shared, from_log=not given.examples)
        if isinstance(draft, NoDraft):
            left_out.append(draft)
        else:
            drafts.append(draft)
    return _each_once(_in_order(drafts), library), left_out


def _with_examples(group: Group, classifier: Classifier) -> Group:
    """Return the group; where only the log told of it, with a failure like those that it stands for."""
    if group.examples:
        return group
    failure = _failure_of(group.fingerprint)
    return replace(group, examples=[(failure, classifier.explain(group.system, failure))])


def _draft(group: Group, library: Library, *, is_shared: bool, from_log: bool) -> Draft | NoDraft:
    failures = [failure for failure, _ in group.examples]
    explanations = [explanation for _, explanation in group.examples]
    causes = [explanation.report.causes[0] for explanation in explanations]
    code = _code(causes[0].shown_code or "")
    if any(cause.code != causes[0].code for cause in causes):
        code = None
    pattern = common_pattern([cause.text for cause in causes])
    if code is None and pattern is None:
        return NoDraft(group, "it says too little: no code, and no words that tell it from other failures")
    if code and not is_shared and not explanations[0].classification.mapped:
        pattern = None  # a code alone holds in every language
    situation, is_guess = _situation(explanations[0].situation, explanations[0].tier)
    draft = Draft(
        id=_id(code, pattern),
        system=group.system,
        code=code,
        pattern=pattern,
        situation=situation,
        is_guess=is_guess,
        others=near_misses(causes[0].folded, library.general.rules) if is_guess else (),
        count=group.count,
        where=tuple(group.where),
        failure=_cleaned(failures[0], code, readable(causes[0].text)),
        from_log=from_log,
    )
    wrong = problem_with(draft, failures, library)
    return NoDraft(group, wrong) if wrong else draft


def _each_once(drafts: Sequence[Draft], library: Library) -> list[Draft]:
    """Return the drafts without those whose failures an earlier one decides; their counts go to that one."""
    kept: dict[tuple[str, str], Draft] = {}
    for system, some in by_system(drafts).items():
        classifier = _with_drafts(_codes_once(some), library)
        for draft in some:
            decides = classifier.classify(system, draft.failure).rule.rpartition("/")[2]
            known = kept.get((system, decides))
            if known and decides != draft.id:
                where = tuple(dict.fromkeys(known.where + draft.where))
                kept[system, decides] = replace(known, count=known.count + draft.count, where=where)
            else:
                kept[system, draft.id] = draft
    return sorted(kept.values(), key=_order)


def _with_drafts(drafts: Sequence[Draft], library: Library) -> Classifier:
    return Classifier(library, OwnRules.read([RuleDocument(_TRIED, rule_document(drafts))], library))


def _codes_once(drafts: Sequence[Draft]) -> list[Draft]:
    """Return the drafts without a second rule for the same code alone, which the loader would refuse."""
    once: dict[tuple[str | None, str | None], Draft] = {}
    for draft in drafts:
        once.setdefault((fold_code(draft.code or ""), draft.pattern), draft)
    return list(once.values())


def problem_with(draft: Draft, failures: Iterable[Failure], library: Library) -> str | None:
    """Return why a draft cannot be used: it does not load, or does not decide its own failures."""
    classifier = _with_drafts([draft], library)
    if classifier.refused:
        return f"the rule for it would be refused: {classifier.refused[0]}"
    for failure in (*failures, draft.failure):
        if classifier.classify(draft.system, failure).rule != f"own/drafts/{draft.id}":
            return "a rule for it would not decide about it: something else in the same answer does"
    return None


def near_misses(folded: str, general: Iterable[Rule]) -> tuple[str, ...]:
    """Return the situations of general rules of which a message has some of the words, the most first."""
    shares: dict[str, float] = {}
    for rule in general:
        situation = rule.verdict.situation
        for pattern in rule.when.messages or ():
            met = sum(
                any(text in folded for text in texts if len(text) >= _TELLING) for texts in pattern.needs
            )
            if situation and 2 * met >= len(pattern.needs):
                shares[situation] = max(shares.get(situation, 0.0), met / len(pattern.needs))
    best = sorted(shares, key=lambda name: (-shares[name], name))
    return tuple(best[:_MOST_OTHERS])


def _situation(named: str | None, tier: Tier | None) -> tuple[str, bool]:
    """Return the situation that is proposed, and whether it is only a guess."""
    return named or _NOTHING, named is None or tier is None or tier >= Tier.STATUS


def _code(shown: str) -> str | None:
    """Return a code that can be written down: what the cleaner takes out of it is no code."""
    return shown if _CODE.match(shown) and readable(shown) == shown else None


def _failure_of(fingerprint: str) -> Failure:
    """Return a failure like those of a fingerprint ("400 | code | words"), as far as that goes."""
    parts = [part.strip() for part in fingerprint.split(" | ")]
    status = int(parts.pop(0)) if parts and _STATUS.match(parts[0]) else None
    code = parts.pop(0) if len(parts) > 1 and _CODE.match(parts[0]) else None
    words = parts[-1].rstrip("…") if parts else ""
    if code is None and _CODE.match(words):
        code, words = words, ""
    return Failure(http_status=status, code=code, message=words or None)


def _cleaned(failure: Failure, code: str | None, words: str) -> Failure:
    return Failure(
        stage=failure.stage if failure.stage != Stage.CREATE_ENTRY else None,
        http_status=failure.http_status,
        code=code,
        message=words or None,
        exception=readable(failure.exception or "") or None,
    )


def _id(code: str | None, pattern: str | None) -> str:
    words = code if code and not code.isdigit() else f"{code or ''} {pattern or ''}"
    plain = (
        unicodedata.normalize("NFKD", re.sub(r"\.\{0,30\}|\\", " ", words)).encode("ascii", "ignore").decode()
    )
    slug = "-".join(re.findall(r"[a-z0-9]+", plain.lower()))[:_LONGEST_ID].strip("-")
    return f"code-{slug}" if slug.isdigit() else slug or "unmapped"


def _in_order(drafts: Iterable[Draft]) -> list[Draft]:
    """Return the drafts with unique ids; of one code, those with a message come before the code alone."""
    ordered = sorted(drafts, key=_order)
    used: dict[tuple[str, str], int] = {}
    unique: list[Draft] = []
    for draft in ordered:
        number = used[draft.system, draft.id] = used.get((draft.system, draft.id), 0) + 1
        unique.append(replace(draft, id=f"{draft.id}-{number}") if number > 1 else draft)
    return unique


def _order(draft: Draft) -> tuple[str, bool, int, str]:
    return (draft.system, draft.pattern is None, -draft.count, draft.id)
