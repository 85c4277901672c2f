"""The summary as one self-contained page, for a ticket: no script, nothing that is loaded from elsewhere."""

import html
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from string import Template
from typing import Final

from export_adapter.text import shown
from export_adapter_workstation.dead_letters.advice import Urgency, advice, kinds
from export_adapter_workstation.dead_letters.counting import Count, Line, Summary
from export_adapter_workstation.dead_letters.message import Facts
from export_adapter_workstation.dead_letters.tables import age_words, counted, total_words

MOST_MESSAGES: Final = 200
"""Listed on the page."""


def summary_page(summary: Summary, oldest: Sequence[Facts], stack: str, now: datetime) -> str:
    """Return the page as HTML. Whatever comes from messages is masked and escaped.

    Args:
        summary: The counts.
        oldest: The messages to list, the oldest first.
        stack: The stack's name.
        now: The time of the page.
    """
    parts = _templates()
    scale = max(1, summary.most_entries)
    left = summary.messages - len(oldest)
    return parts["page"].substitute(
        title=_text(shown(f"Dead letters of {stack}")),
        time=f"{now:%Y-%m-%d %H:%M} UTC",
        total=_text(total_words(summary, now)),
        visibility="" if summary.messages else "hidden",
        legend="".join(_filled(parts["legend"], level=one.name.lower(), words=one) for one in Urgency),
        counts="".join(_count(parts, count, scale) for count in summary.counts),
        messages="".join(_message(parts, facts, now) for facts in oldest),
        more=_text(f"and {counted(left, 'more message', 'more messages')}" if left else ""),
    )


def _templates() -> Mapping[str, Template]:
    text = resources.files(__package__).joinpath("page.html").read_text(encoding="utf-8")
    parts = re.split(r"^<!-- part: (\w+) -->\n", text, flags=re.MULTILINE)[1:]
    return {name: Template(part) for name, part in zip(parts[::2], parts[1::2], strict=True)}


def _count(parts: Mapping[str, Template], count: Count, scale: int) -> str:
    lines = "".join(_line(parts, line, scale) for line in count.lines)
    return parts["count"].substitute(title=_text(count.title), lines=lines)


def _line(parts: Mapping[str, Template], line: Line, scale: int) -> str:
    return _filled(
        parts["line"],
        level=line.advice.urgency.name.lower() if line.advice else "neutral",
        name=shown(line.name, 60),
        percent=f"{100 * line.entries / scale:.2f}",
        entries=counted(line.entries, "entry", "entries"),
        messages=counted(line.messages, "message"),
        to_do=line.advice.to_do if line.advice else "",
    )


def _message(parts: Mapping[str, Template], facts: Facts, now: datetime) -> str:
    return _filled(
        parts["message"],
        level=min((advice(kind).urgency for kind in kinds(facts)), key=list(Urgency).index).name.lower(),
        id=shown(facts.message_id, 40),
        age=age_words(now - facts.sent_at),
        error_type=shown(facts.error_type, 40),
        system=shown(facts.system or "", 40),
        entries="entries not known" if facts.entries is None else counted(facts.entries, "entry", "entries"),
        job=f"job {shown(facts.job_id, 40)}" if facts.job_id else "",
        why=shown(facts.why),
    )


def _filled(template: Template, **values: str) -> str:
    return template.substitute({name: _text(value) for name, value in values.items()})


def _text(value: str) -> str:
    return html.escape(value)
