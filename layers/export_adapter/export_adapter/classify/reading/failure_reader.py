"""A failure, as the message contract brings it, becomes an ErrorReport."""

import re
from dataclasses import dataclass, replace
from typing import Final

from export_adapter.classify.reading import limits
from export_adapter.classify.reading.body import Body, embedded, open_body, open_text
from export_adapter.classify.reading.lines import one_line
from export_adapter.classify.reading.report import Cause, ErrorReport, cause_of, fold_code
from export_adapter.classify.reading.shapes import Shape, causes_of
from export_adapter.classify.reading.text import exception_in, status_in_text, status_in_title
from export_adapter.classify.reading.walker import status_in, walk
from export_adapter.model import Failure, Json, Stage
from export_adapter.text import cut

_CHALLENGE: Final = re.compile(
    r"\berror=\"?([\w.-]{1,60})\"?(?:.{0,40}?error_description=\"([^\"]{1,300}))?", re.IGNORECASE
)
_NAME: Final = re.compile(r"[\w.$]{1,200}\Z")
_HTTP_STATUSES: Final = range(100, 600)
_EXPORTERS_STAGES: Final = frozenset(
    {Stage.CONFIGURE, Stage.VALIDATE, Stage.DOWNLOAD_RECEIPT, Stage.CONVERT_RECEIPT}
)
_FIRST_FAILURE: Final = 400


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads failures of one accounting system.

    `shapes` say where causes stand, `noise` which messages say nothing, `codes_in_text` how a code looks
    where it stands only in a message.
    """

    shapes: tuple[Shape, ...] = ()
    noise: tuple[re.Pattern[str], ...] = ()
    codes_in_text: tuple[re.Pattern[str], ...] = ()

    def read(self, failure: Failure) -> ErrorReport:
        """Return the failure in its normal form, with at least one cause (empty if nothing is known)."""
        body = open_body(failure.body)
        said = open_text(failure.message) if failure.message else Body("empty")
        causes, shape = self._causes(body)
        more, shape_of_message = self._causes(said)
        causes += more
        causes += self._exception(failure.exception or "")
        headers = {name.lower(): value for name, value in failure.headers.items()}
        challenge = _CHALLENGE.search(headers.get("www-authenticate", "")[:1000])
        if challenge:
            causes.append(cause_of(challenge[1], challenge[2] or ""))
        if failure.code:
            causes = _with_code(causes, failure.code)
        return ErrorReport(
            stage=failure.stage,
            status=_status(failure, body, said),
            headers=headers,
            exception=_exception(failure, body, said),
            causes=self._telling(causes),
            format=body.format if body.format != "empty" else said.format,
            shape=shape or shape_of_message,
            from_exporter=failure.stage in _EXPORTERS_STAGES
            or (body.format == "empty" and not failure.http_status),
        )

    def _causes(self, body: Body, depth: int = 0) -> tuple[list[Cause], str]:
        causes: list[Cause] = []
        by = ""
        if body.tree is not None:
            tree = _answer_in(body.tree)
            causes, by = causes_of(self.shapes, tree)
            if not self._any_tells(causes):
                causes += walk(tree)
        if body.text or body.title:
            causes.append(cause_of(message=body.text, title=body.title))
        if depth >= limits.NESTED:
            return causes, by
        opened: list[Cause] = []
        for cause in causes:
            inside = embedded(cause.message) if "{" in cause.message or "<" in cause.message else None
            if inside:
                before, nested = inside
                below, _ = self._causes(nested, depth + 1)
                opened += below
                cause = cause_of(cause.shown_code, before, cause.field, cause.title)  # noqa: PLW2901 (its prose)
            if not cause.says_nothing:
                opened.append(cause)
        return opened, by

    def _exception(self, exception: str) -> list[Cause]:
        """Return what an exception says where it is more than a name: a whole text, or a code."""
        if not _NAME.match(exception):
            return self._causes(open_text(exception))[0]
        return [cause_of(exception)] if exception.isupper() else []

    def _any_tells(self, causes: list[Cause]) -> bool:
        return any(cause.text and not self._is_noise(cause.text) for cause in causes)

    def _is_noise(self, text: str) -> bool:
        return any(pattern.search(text) for pattern in self.noise)

    def _telling(self, causes: list[Cause]) -> tuple[Cause, ...]:
        """Take the noise out of messages, and find codes that stand only in them."""
        told: list[Cause] = []
        left = limits.MESSAGES
        for cause in causes[: limits.CAUSES]:
            left -= len(cause.text)
            if left < 0 and len(cause.text) > limits.SHORT:
                cause = cause_of(cause.shown_code, cut(cause.message, limits.SHORT), cause.field)  # noqa: PLW2901
            kept = self._with_code_of_text(cause) if self.codes_in_text and not cause.code else cause
            if self.noise:
                kept = self._without_noise(kept)
            if not kept.says_nothing:
                told.append(kept)
        return tuple(told) or (cause_of(),)

    def _without_noise(self, cause: Cause) -> Cause:
        message_is_noise, title_is_noise = self._is_noise(cause.message), self._is_noise(cause.title)
        if not message_is_noise and not title_is_noise:
            return cause
        message = "" if message_is_noise else cause.message
        return cause_of(cause.shown_code, message, cause.field, "" if title_is_noise else cause.title)

    def _with_code_of_text(self, cause: Cause) -> Cause:
        for pattern in self.codes_in_text:
            found = pattern.search(cause.text)
            if found:
                code = found[found.lastindex or 0]
                return replace(cause, code=fold_code(code), shown_code=code)
        return cause


def _answer_in(tree: Json) -> Json:
    """Return the system's answer where an HTTP library's error was sent with the answer inside."""
    response = tree.get("response") if isinstance(tree, dict) else None
    if isinstance(response, dict):
        for name in ("data", "body"):
            answer = response.get(name)
            if isinstance(answer, dict | list) and answer:
                return answer
    return tree


def _with_code(causes: list[Cause], code: str) -> list[Cause]:
    """Add the exporter's own code: to the only cause that has none, otherwise as one more."""
    if any(cause.code == fold_code(code) for cause in causes):
        return causes
    if " " in code.strip():  # perhaps words, with a code among them
        return [*causes, cause_of(code), cause_of(message=code)]
    if len(causes) == 1 and not causes[0].code:
        only = causes[0]
        return [cause_of(code, only.message, only.field, only.title)]
    return [*causes, cause_of(code)]


def _status(failure: Failure, body: Body, said: Body) -> int:
    """Return the HTTP status; where none was given, or a good one, what the body itself repeats."""
    given = failure.http_status
    status = given if given in _HTTP_STATUSES else 0
    if status and status >= _FIRST_FAILURE:
        return status
    inner = (
        status_in(body.tree)
        or status_in_text(body.text)
        or status_in_title(body.title)
        or status_in(said.tree)
    )
    return inner or status_in_text(said.text) or status_in_text(failure.exception or "") or status or 0


def _exception(failure: Failure, body: Body, said: Body) -> str | None:
    if failure.exception:
        return exception_in(failure.exception) or one_line(failure.exception) or None
    return exception_in(said.text) or exception_in(body.text)
