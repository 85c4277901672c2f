"""Drafts rules for groups of failures. A draft is proposed only if it decides its own failures."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from export_adapter.classify.classifier import Classifier
from export_adapter.classify.rulebook.library import Library, OwnRules, RuleDocument
from export_adapter.classify.rulebook.rule import Rule
from export_adapter.classify.sentence import readable
from export_adapter.model import Failure, Stage
from export_adapter_workstation.rules.common_pattern import common_pattern
from export_adapter_workstation.rules.draft import Draft, rule_document
from export_adapter_workstation.rules.groups import Group

_CODE: Final = re.compile(r"[\w.:/-]{1,80}\Z")
_STATUS: Final = re.compile(r"[1-5]\d\d\Z")
_LONGEST_ID: Final = 48
_MOST_OTHERS: Final = 4
_SHORTEST_WORD: Final = 5
_OWN: Final = "own/drafts/"


@dataclass(frozen=True, slots=True)
class NoDraft:
    """Why no rule is proposed for a group."""

    group: Group
    reason: str


def drafts_of(
    groups: Sequence[Group], classifier: Classifier
) -> tuple[dict[str, list[Draft]], list[NoDraft]]:
    """Draft a rule for each group, by system; where one decides about another's failures, it is for both.

    `classifier` has the built-in rules, and the customer's own where there are any.
    """
    library = Library()
    drafts: dict[str, list[Draft]] = {}
    left_out: list[NoDraft] = []
    candidates: list[tuple[Draft, Group]] = []
    whole = [group if group.examples else _with_example(group, classifier) for group in groups]
    codes = Counter((group.system, group.examples[0][1].report.causes[0].code) for group in whole)
    for group, given in zip(whole, groups, strict=True):
        is_shared = codes[group.system, group.examples[0][1].report.causes[0].code] > 1
        draft = _draft(group, library, is_shared=is_shared, from_log=not given.examples)
        if draft:
            candidates.append((draft, group))
        else:
            left_out.append(
                NoDraft(group, "it says too little: no code, and no words that tell it from other failures")
            )
    # Those with a message first: they are asked before a rule with the code alone.
    for draft, group in sorted(
        candidates, key=lambda one: (one[0].pattern is None, -one[0].count, one[0].id)
    ):
        if reason := _add(draft, group, drafts, library):
            left_out.append(NoDraft(group, reason))
    return dict(sorted((system, some) for system, some in drafts.items() if some)), left_out


def _add(draft: Draft, group: Group, drafts: dict[str, list[Draft]], library: Library) -> str | None:
    """Add a draft to those of its system, or its count to the one that decides; or say why it is useless."""
    accepted = drafts.setdefault(draft.system, [])
    decides = _classifier(accepted, library).classify(draft.system, draft.failure).rule if accepted else ""
    for place, earlier in enumerate(accepted):
        if decides == f"{_OWN}{earlier.id}":
            where = tuple(dict.fromkeys(earlier.where + draft.where))
            accepted[place] = replace(earlier, count=earlier.count + draft.count, where=where)
            return None
    number = sum(re.fullmatch(rf"{draft.id}(?:-\d+)?", one.id) is not None for one in accepted) + 1
    draft = replace(draft, id=f"{draft.id}-{number}") if number > 1 else draft
    tried = _classifier([*accepted, draft], library)
    if tried.refused:
        return f"the rule for it would be refused: {tried.refused[0]}"
    failures = (*(failure for failure, _ in group.examples), draft.failure)
    if not all(tried.classify(draft.system, failure).rule.startswith(_OWN) for failure in failures):
        return "a rule for it would not decide about it: something else in the same answer does"
    accepted.append(draft)
    return None


def _classifier(drafts: Sequence[Draft], library: Library) -> Classifier:
    return Classifier(library, OwnRules.read([RuleDocument("drafts.toml", rule_document(drafts))], library))


def _draft(group: Group, library: Library, *, is_shared: bool, from_log: bool) -> Draft | None:
    """Return a draft; None where the failures have neither a code nor words in common."""
    failure = group.examples[0][0]
    causes = [explanation.report.causes[0] for _, explanation in group.examples]
    code = causes[0].shown_code or ""
    # What the cleaner takes out of a code may not be written down.
    usable = _CODE.match(code) and readable(code) == code and len({cause.code for cause in causes}) == 1
    pattern = common_pattern([cause.text for cause in causes])
    if not usable and pattern is None:
        return None
    if usable and not is_shared:
        pattern = None  # a code alone holds in every language
    return Draft(
        id=_id(code if usable else "", pattern or ""),
        system=group.system,
        name=group.name,
        code=code if usable else None,
        pattern=pattern,
        situations=near_misses(causes[0].folded, library.general.rules),
        count=group.count,
        where=tuple(group.where),
        failure=Failure(
            stage=failure.stage if failure.stage != Stage.CREATE_ENTRY else None,
            http_status=failure.http_status,
            code=code if usable else None,
            message=readable(causes[0].text) or None,
            exception=readable(failure.exception or "") or None,
        ),
        from_log=from_log,
    )


def near_misses(folded: str, general: Iterable[Rule]) -> tuple[str, ...]:
    """Return the situations of general rules that fit some words of a message, the best match first."""
    shares: dict[str, float] = {}
    for rule in general:
        situation = rule.verdict.situation
        for pattern in rule.when.messages or ():
            found = sum(
                any(text in folded for text in texts if len(text) >= _SHORTEST_WORD)
                for texts in pattern.needs
            )
            if situation and 2 * found >= len(pattern.needs):
                shares[situation] = max(shares.get(situation, 0.0), found / len(pattern.needs))
    best = sorted(shares, key=lambda name: (-shares[name], name))
    return tuple(best[:_MOST_OTHERS])


def _with_example(group: Group, classifier: Classifier) -> Group:
    """Return the group with a failure like those of its fingerprint ("400 | code | words")."""
    parts = [part.strip() for part in group.fingerprint.split(" | ")]
    status = int(parts.pop(0)) if _STATUS.match(parts[0]) else None
    code = parts.pop(0) if len(parts) > 1 and _CODE.match(parts[0]) else None
    words = parts[-1].rstrip("…") if parts else ""
    if code is None and _CODE.match(words):
        code, words = words, ""
    failure = Failure(http_status=status, code=code, message=words or None)
    return replace(group, examples=[(failure, classifier.explain(group.system, failure))])


def _id(code: str, pattern: str) -> str:
    words = code if code and not code.isdigit() else f"{code} {pattern}"
    words = unicodedata.normalize("NFKD", re.sub(r"\.\{0,30\}|\\", " ", words))
    plain = words.encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain))[:_LONGEST_ID].strip("-")
    return f"code-{slug}" if slug.isdigit() else slug or "unmapped"
