"""The summary as one self-contained page, for a ticket: no script, nothing that is loaded from elsewhere."""

import html
from datetime import datetime
from typing import Final

from export_adapter.text import shown
from export_adapter_workstation.dead_letters.counting import Count, Line, Summary
from export_adapter_workstation.dead_letters.tables import age_words, counted

_ROW: Final = 24
_NAME_WIDTH: Final = 330
_BAR_WIDTH: Final = 320
_WIDTH: Final = 860
_MESSAGES_AT: Final = 770
_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1c1c1e; --dim: #6b6b70; --bar: #2f6fab; --back: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf0; --dim: #9a9aa2; --bar: #6aa6dd; --back: #16161a; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back);
       max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin-bottom: 0; }
h2 { font-size: 1.05rem; margin: 1.8rem 0 .3rem; }
p { margin: .3rem 0; }
.dim { color: var(--dim); }
svg { width: 100%; height: auto; }
svg text { fill: var(--ink); font-size: 13px; }
svg .dim { fill: var(--dim); }
svg rect { fill: var(--bar); }
"""


def summary_page(summary: Summary, stack: str, now: datetime) -> str:
    """Return the page as HTML. Whatever comes from messages is masked and escaped."""
    title = html.escape(shown(f"Dead letters of {stack}"))
    pictures = "".join(_picture(count) for count in summary.counts if count.lines)
    # The policy is for whatever may have been missed: the browser runs no script, and loads nothing.
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<p class="dim">{now:%Y-%m-%d %H:%M} UTC</p>
{_totals(summary, now)}
{pictures}</body>
</html>
"""


def _totals(summary: Summary, now: datetime) -> str:
    if summary.oldest is None:
        return "<p>The dead-letter queue is empty: nothing was parked.</p>"
    total = (
        f"<p><strong>{counted(summary.messages, 'message')}</strong> with "
        f"{counted(summary.items, 'accounting entry', 'accounting entries')}, "
        f"the oldest {age_words(now - summary.oldest)} old.</p>"
    )
    if not summary.past_the_hour:
        return total
    late = f"{summary.past_the_hour:,} are older than an hour: their export jobs may have expired."
    return f"{total}\n<p>{late}</p>"


def _picture(count: Count) -> str:
    lines = [*count.lines, *([count.others] if count.others else [])]
    most = max(line.messages for line in lines)
    title = html.escape(count.title)
    heads = _text(_MESSAGES_AT, 0, "messages", dim=True) + _text(_WIDTH, 0, "entries", dim=True)
    rows = "\n".join(_line(row, line, most) for row, line in enumerate(lines, 1))
    return f"""<h2>{title}</h2>
<svg viewBox="0 0 {_WIDTH} {_ROW * (len(lines) + 1)}" role="img" aria-label="Messages by {title.lower()}">
{heads}
{rows}
</svg>
"""


def _line(row: int, line: Line, most: int) -> str:
    width = max(2, round(_BAR_WIDTH * line.messages / most))
    return (
        _text(0, row, shown(line.name, 44), anchor="start")
        + f'<rect x="{_NAME_WIDTH}" y="{row * _ROW + 4}" width="{width}" height="{_ROW - 9}" rx="2"/>'
        + _text(_MESSAGES_AT, row, f"{line.messages:,}")
        + _text(_WIDTH, row, f"{line.items:,}")
    )


def _text(x: int, row: int, text: str, *, anchor: str = "end", dim: bool = False) -> str:
    colour = ' class="dim"' if dim else ""
    y = row * _ROW + 16
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{colour}>{html.escape(text)}</text>'
