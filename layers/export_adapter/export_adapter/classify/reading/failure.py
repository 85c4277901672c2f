"""A failure, as the message contract brings it, becomes an ErrorReport: one form, whatever it looked like."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from export_adapter.classify.reading import limits
from export_adapter.classify.reading.body import Body, embedded, open_body, open_text
from export_adapter.classify.reading.causes import Cause, cause_of, fold_code, one_line, status_in, walk
from export_adapter.classify.reading.shapes import Shape, causes_of
from export_adapter.model import Failure, Json, Stage
from export_adapter.text import cut

_CHALLENGE: Final = re.compile(
    r"\berror=\"?([\w.-]{1,60})\"?(?:.{0,40}?error_description=\"([^\"]{1,300}))?", re.IGNORECASE
)
_NAME: Final = re.compile(r"[\w.$]++\Z")
_LONGEST_NAME: Final = 200
_LONGEST_EXCEPTION: Final = 300
_HTTP_STATUSES: Final = range(100, 600)
_EXPORTERS_STAGES: Final = frozenset(
    {Stage.CONFIGURE, Stage.VALIDATE, Stage.DOWNLOAD_RECEIPT, Stage.CONVERT_RECEIPT}
)
_FIRST_FAILURE: Final = 400
_DOTTED: Final = re.compile(r"(?<![\w.])[a-zA-Z_][\w.]*+")
_KINDS: Final = (
    "Error", "Exception", "Timeout", "TimedOut", "Fault", "Refused", "Aborted", "Reset", "Disconnected",
)  # fmt: skip
_MOST_PARTS: Final = 9
_STATUS: Final = re.compile(
    r"(?:status(?:[ _-]?code)?(?: of)?[ :=]{0,3}(?:\[|\()?"
    r"|http(?:/[12](?:\.\d)?)?(?: error)?(?: status)?[ :]{1,2}"
    r"|httperror[:(] ?'?|response code:? )(?P<after>[45]\d\d)\b"
    r"|\b(?P<before>[45]\d\d) (?:client|server) error"
    # .NET, in every language: "The remote server returned an error: (401) Unauthorized."
    r"|(?:: \(|<Response \[)(?P<between>[45]\d\d)[)\]]",
    re.IGNORECASE,
)
_TITLE: Final = re.compile(r"(?:^|\| )([45]\d\d)\b")
_HEAD: Final = 1_000


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """A failure in one form, whatever it looked like on the wire.

    `status` is the HTTP status, or the one that the body or the exception's text tells where none was
    given, or 0. `exception` is the transport exception's name. `format` is what the body was read as, `shape`
    which entry of the rule file found the causes. `from_exporter`: the words are not the accounting system's.
    """

    stage: Stage | None
    status: int
    headers: Mapping[str, str]
    exception: str | None
    causes: tuple[Cause, ...]
    format: str = "empty"
    shape: str = ""
    from_exporter: bool = False


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
        if failure.exception:
            causes += self._exception(failure.exception)
        headers = {name.lower(): value for name, value in islice(failure.headers.items(), limits.WIDTH)}
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
            from_exporter=_is_from_exporter(failure, says_nothing=body.format == "empty"),
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
        if len(exception) > _LONGEST_NAME or not _NAME.match(exception):
            return self._causes(open_text(exception))[0]
        return [cause_of(exception)] if exception.isupper() else []

    def _any_tells(self, causes: list[Cause]) -> bool:
        return any(cause.text and not self._is_noise(cause.text) for cause in causes)

    def _is_noise(self, text: str) -> bool:
        if text:
            for pattern in self.noise:
                if pattern.search(text):
                    return True
        return False

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
    code = code.strip()[: limits.PATTERN]
    folded = fold_code(code)
    if any(cause.code == folded for cause in causes):
        return causes
    if " " in code:  # perhaps words, with a code among them
        return [*causes, cause_of(code), cause_of(message=code)]
    if len(causes) == 1 and not causes[0].code:
        only = causes[0]
        return [cause_of(code, only.message, only.field, only.title)]
    return [*causes, cause_of(code)]


def _status(failure: Failure, body: Body, said: Body) -> int:
    """Return the HTTP status; where none was given, or a good one, what the body itself repeats."""
    status = _given_status(failure)
    if status >= _FIRST_FAILURE:
        return status
    inner = (
        status_in(body.tree)
        or _status_in_text(body.text)
        or _status_in_title(body.title)
        or status_in(said.tree)
    )
    return inner or _status_in_text(said.text) or _status_in_text(failure.exception or "") or status


def _given_status(failure: Failure) -> int:
    given = failure.http_status or 0
    return given if given in _HTTP_STATUSES else 0


def _exception(failure: Failure, body: Body, said: Body) -> str | None:
    if failure.exception:
        return _exception_in(failure.exception) or one_line(failure.exception, _LONGEST_EXCEPTION) or None
    return _exception_in(said.text) or _exception_in(body.text)


def _is_from_exporter(failure: Failure, *, says_nothing: bool) -> bool:
    return failure.stage in _EXPORTERS_STAGES or (says_nothing and not failure.http_status)


def _exception_in(text: str) -> str | None:
    """Return the name of the exception that a text begins with or tells of, or None."""
    head = text[:_HEAD]
    if not any(kind in head for kind in _KINDS):
        return None
    for word in _DOTTED.finditer(head):
        parts = word[0].split(".")[:_MOST_PARTS]
        for count in range(len(parts), 0, -1):
            last = parts[count - 1]
            if last.endswith(_KINDS) and last not in _KINDS and "A" <= last[0] <= "Z":
                return ".".join(parts[:count])
    return None


def _status_in_text(text: str) -> int:
    """Return the HTTP status that an exception's text names ("401 Client Error", "status code 429"), or 0."""
    found = _STATUS.search(text[:_HEAD])
    return int(found["after"] or found["before"] or found["between"]) if found else 0


def _status_in_title(title: str) -> int:
    """Return the HTTP status that a page's title begins with or ends in ("example | 520: ..."), or 0."""
    found = _TITLE.search(title[:_HEAD])
    return int(found[1]) if found else 0
