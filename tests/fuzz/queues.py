"""SQS at the level of boto3's methods: it refuses what SQS refuses, and fails as it is told to."""

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Final

from botocore.exceptions import ClientError, ReadTimeoutError

from tests.fuzz.exact_json import elements, members

GARBAGE: Final[dict[str, Any]] = {
    "no dict": None,
    "no lists": {"Successful": 5, "Failed": "x"},
    "wrong ids": {"Successful": [{"Id": "99"}, {"Id": "x"}, {}, None]},
    "unconfirmed": {},
}
"""Answers to calls that did what they were to do."""

FAULTS: Final = ("first fails", "all fail", "error", "timeout", "slow", *GARBAGE)
"""What can happen to one call."""

_MIB: Final = 1024 * 1024
_NOT_TEXT: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_GROUP: Final = re.compile(r"[\x21-\x7e]{1,128}")

type _Act = Callable[[list[Any]], None]


@dataclass(frozen=True)
class DeadLetter:
    """What SQS stores of a message: digests of the whole body, of each result as it is written, and of each
    as Python reads it; the message's other fields, as they are written.
    """

    whole: int
    attributes: dict[str, str]
    results: frozenset[int]
    read: frozenset[int]
    fields: dict[str, list[str]]


@dataclass
class FakeSqs:
    """The client. `faults` are those of the calls to come; `illegal` is what SQS would refuse."""

    faults: list[str]
    sleep: Callable[[float], None]
    dead_letters: list[DeadLetter] = field(default_factory=list[DeadLetter])
    illegal: list[str] = field(default_factory=list[str])

    def within(self, block: Callable[[], AbstractContextManager[None]]) -> SimpleNamespace:
        """Return the client as boto3 has it; each call is made within such a block."""

        def calling(act: _Act) -> Callable[..., Any]:
            def call(*, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: ANN401, ARG001, N803 -- as in boto3
                with block():
                    return self._call(act, Entries)

            return call

        return SimpleNamespace(
            send_message_batch=calling(self._send), change_message_visibility_batch=calling(self._change)
        )

    def _call(self, act: _Act, entries: list[Any]) -> Any:  # noqa: ANN401 -- garbage, too
        fault = self.faults.pop(0) if self.faults else ""
        if not 1 <= len(entries) <= 10 or len({each["Id"] for each in entries}) < len(entries):
            self.illegal.append(f"a request of {len(entries)} entries")
        self.sleep({"timeout": 7.0, "slow": 6.0}.get(fault, 0.0))
        if fault == "timeout":
            raise ReadTimeoutError(endpoint_url="https://sqs.test")
        if fault == "error":
            raise ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "no"}}, "any")
        failed = {"first fails": 1, "all fail": len(entries)}.get(fault, 0)
        act(entries[failed:])
        if fault in GARBAGE:
            return GARBAGE[fault]
        return {
            "Successful": [{"Id": each["Id"]} for each in entries[failed:]],
            "Failed": [{"Id": each["Id"], "Code": "InternalError"} for each in entries[:failed]],
        }

    def _send(self, entries: list[Any]) -> None:
        self.illegal += [problem for each in entries if (problem := _problem(each))]
        if sum(map(_billed_size, entries)) > _MIB:
            self.illegal.append("a request of more than 1 MiB")
        for each in entries:
            body, attributes = each["MessageBody"], dict(_attributes(each))
            fields = members(body)
            results = [one for text in fields.pop("results", []) for one in elements(text)]
            written, read = frozenset(map(hash, results)), frozenset(map(digest_as_read, results))
            self.dead_letters.append(DeadLetter(hash(body), attributes, written, read, fields))

    def _change(self, entries: list[Any]) -> None:
        seconds = [each["VisibilityTimeout"] for each in entries]
        self.illegal += [f"a visibility timeout of {each}" for each in seconds if not 0 <= each <= 43_200]


def digest_as_read(text: str) -> int:
    """Return a digest to which 1.0 and 1e0 are the same, and only the last of two equal keys counts."""
    try:
        return hash(json.dumps(json.loads(text)))
    except (ValueError, RecursionError):
        return 0


def as_sqs_takes_it(body: str) -> str:
    """Return what can be parked of a body that SQS would never have handed out."""
    return _NOT_TEXT.sub("\ufffd", body) or " "


def _attributes(message: Any) -> list[tuple[str, str]]:  # noqa: ANN401 -- an entry of boto3's
    return [(name, value["StringValue"]) for name, value in message["MessageAttributes"].items()]


def _billed_size(message: Any) -> int:  # noqa: ANN401 -- as above
    texts = (message["MessageBody"], *("Number".join(pair) for pair in _attributes(message)))
    return sum(len(text.encode("utf-8", "replace")) for text in texts)


def _problem(message: Any) -> str | None:  # noqa: ANN401 -- as above
    """Say which rule of SendMessageBatch an entry breaks."""
    if len(message["MessageAttributes"]) > 10 or not _GROUP.fullmatch(message.get("MessageGroupId", "any")):
        return "more than 10 attributes, or an illegal message group"
    for name, value in (("MessageBody", message["MessageBody"]), *_attributes(message)):
        if not _NAME.fullmatch(name) or not value or _NOT_TEXT.search(value):
            return f"{name} is empty or holds a character that SQS refuses"
        is_number = message["MessageAttributes"].get(name, {}).get("DataType") == "Number"
        if is_number and not value.isdecimal():
            return f"attribute {name} is not a number"
    return None
