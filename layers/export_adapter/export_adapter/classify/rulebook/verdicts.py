"""Reads what a rule or a situation says: type, finer type, whether trying again can help, sentence."""

from collections.abc import Mapping
from typing import Final

from export_adapter.classify.rulebook.fields import Fields
from export_adapter.classify.rulebook.rule import Verdict
from export_adapter.classify.sentence import problem_with_sentence
from export_adapter.model import FailureReasonType

FINER: Final = frozenset(
    {
        FailureReasonType.VENDOR_UNKNOWN,
        FailureReasonType.ACCOUNT_UNKNOWN,
        FailureReasonType.TAX_CODE_UNKNOWN,
        FailureReasonType.TAG_UNKNOWN,
    }
)
"""Types that only version 3 of the Export API knows: a rule's `v3_type`."""

TYPES: Final = frozenset(FailureReasonType) - FINER
"""Types that every version knows: a rule's `type`."""

TRANSIENT: Final = frozenset(
    {
        FailureReasonType.ACCOUNTING_SYSTEM_RATE_LIMIT,
        FailureReasonType.ACCOUNTING_SYSTEM_UNREACHABLE,
        FailureReasonType.ACCOUNTING_SYSTEM_TIMEOUT,
    }
)
"""Types where trying again can help, unless a rule says otherwise."""


def read_verdict(fields: Fields, situations: Mapping[str, Verdict]) -> Verdict | None:
    """Read a situation's name, or type and sentence; what stands beside a situation's name wins over it."""
    named = fields.take_text("situation")
    base = situations.get(named) if named else None
    if named and base is None:
        fields.wrong("situation", f"'{named}' is not a situation; situations.toml has those there are")
    own_type = _type(fields, "type", TYPES)
    reason_type = own_type or (base.type if base else None)
    sentence = fields.take_text("sentence") or (base.sentence if base else None)
    v3_type = _type(fields, "v3_type", FINER)
    # A type of its own takes a rule out of its situation: only the sentence is the situation's then.
    whole = base if own_type is None else None
    retryable = fields.take_flag("retryable", default=whole.retryable if whole else reason_type in TRANSIENT)
    quotes = fields.take_flag("quote", default=base.quotes if base else True)
    if sentence is not None and (wrong := problem_with_sentence(sentence)):
        fields.wrong("sentence", wrong)
    if reason_type is None or sentence is None:
        missing = "type" if reason_type is None else "sentence"
        if not fields.has(missing) and not named:
            fields.wrong(missing, "is missing: give a situation, or a type and a sentence")
        return None
    return Verdict(
        type=reason_type,
        v3_type=v3_type or (whole.v3_type if whole else None),
        retryable=retryable,
        sentence=sentence,
        quotes=quotes,
        situation=whole.situation if whole else None,
        by_stage=whole.by_stage if whole else None,
    )


def _type(fields: Fields, name: str, allowed: frozenset[FailureReasonType]) -> FailureReasonType | None:
    text = fields.take_text(name)
    if text is None:
        return None
    if text not in FailureReasonType or FailureReasonType(text) not in allowed:
        fields.wrong(name, f"'{text}' is not one of {', '.join(sorted(allowed))}")
        return None
    return FailureReasonType(text)
