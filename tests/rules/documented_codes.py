"""Documented codes of accounting systems, where a list of them stands beside the checkout, as failures."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from export_adapter.model import Failure, FailureReasonType, Stage

MATERIAL = Path(__file__).parents[3] / "shared" / "erp"
"""Samples and codes that are no part of the project; without them their tests are left out."""

_STATUS = re.compile(
    r"(?:RESTlet )?(?:HTTP )?(?P<status>[1-5]\d\d)(?:/\d{3})?(?:[ :]{1,2}(?:HTML )?(?P<text>.{4,}))?\Z"
)
_NAMED = re.compile(r"(?:FaultCodeType |REST |fault element |Fault\.type=)(?P<code>[\w-]+)(?: [(/].*)?\Z")
_SAID = re.compile(
    r"(?:(?:\d{3} text|message|description2|ErrorNumber \d+ message)(?:: Infolog)?: |'(?=\w))"
    r"(?P<text>.{4,})\Z"
)
_CODE_AND_TEXT = re.compile(
    r"(?P<code>[\w.-]*[\d_][\w.-]*: |[\w.-]+ (?=['(]))[('.\s]*(?P<text>.{3,}?)[')]?\Z"
)
_CODE_AND_FIELD = re.compile(r"(?P<code>\w*[\d_]\w*) (?:propertyName=)?(?P<field>[\w\[\]]+[.:]?\w*)\Z")
_NUMBER_AND_NAME = re.compile(r"ErrorNumber (?P<number>\d+) / (?P<code>\w+)\Z")
_PLACE = re.compile(r"<[^<>|]*\|?[^<>]*>")


@dataclass(frozen=True, slots=True)
class DocumentedCode:
    """A code, the type that the list gives it, and whether it was given by its name alone."""

    system: str
    code: str
    status: int | None
    meaning: str
    type: FailureReasonType
    by_name_only: bool

    @property
    def failure(self) -> Failure:
        """The failure with this code and nothing else that could help."""
        stage = Stage.UPLOAD_RECEIPT if self.type.startswith("receipt_") else Stage.CREATE_ENTRY
        if self.code.startswith("X-Rate-Limit-Problem"):
            return Failure(stage, self.status, {"x-rate-limit-problem": self.code.partition(": ")[2]})
        if self.code.startswith("oauth_problem="):
            return Failure(stage, self.status, body=self.code.replace(" ", "%20"))
        if self.code != "404 text" and (both := _CODE_AND_FIELD.match(self.code)):
            error = {"code": both["code"], "errorCode": both["code"]}
            field = {"field": both["field"], "propertyName": both["field"]}
            return Failure(stage, self.status, body={"errors": [error | field]})
        code, message, status = self._parts()
        return Failure(stage, status, code=code, message=_example(message) or None)

    def _parts(self) -> tuple[str | None, str, int | None]:
        """Tell apart the code, the message and the status that stand in what the list calls the code."""
        if self.code == "404 text":
            return None, self.meaning, self.status
        if said := _SAID.match(self.code):
            return None, said["text"], self.status
        if named := _NAMED.match(self.code) or _NUMBER_AND_NAME.match(self.code):
            return named["code"], "", self.status
        if status := self._bare_status():
            return None, status["text"] or "", int(status["status"])
        if both := _CODE_AND_TEXT.match(self.code):
            return both["code"].strip(" :"), both["text"], self.status
        is_text = " " in self.code or ":" in self.code
        return (None, self.code, self.status) if is_text else (self.code, "", self.status)

    def _bare_status(self) -> re.Match[str] | None:
        """Return the match where the code is nothing but the HTTP status, with a text perhaps."""
        found = _STATUS.match(self.code)
        return None if self.code.isdigit() and self.code != str(self.status) else found


def documented_codes() -> Iterator[DocumentedCode]:
    """Yield the codes of the list, nothing where there is none."""
    path = MATERIAL / "codes.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
        row = json.loads(line)
        yield DocumentedCode(
            system=row["system"],
            code=str(row["code"]),
            status=row["httpStatus"],
            meaning=row["meaning"],
            type=FailureReasonType(row["failureReasonType"]),
            by_name_only=bool(row.get("assignedByNameOnly")),
        )


def _example(text: str) -> str:
    """Fill the places of a documented message, and take the first of its alternatives."""
    filled = _PLACE.sub(lambda place: place[0][1:-1].split("|")[0] if "|" in place[0] else "4711", text)
    example = filled.split(" / ")[0].removeprefix("...").strip(" .'\"")
    return f"{example} Something" if example.endswith(":") else example
