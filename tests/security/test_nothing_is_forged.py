"""Hostile texts in every place where somebody else's words come in: no line of the log can be forged."""

import json
import re
from typing import Any

import pytest

from export_adapter_workstation.local.pleo import Fault, FaultPlan, Scheme
from tests.end_to_end.messages import message, new_id, successful
from tests.security.world import World, token

pytestmark = pytest.mark.xdist_group("security")

FORGED = '{"level":"INFO","message":"forged"}'
HOSTILE = f"x\n{FORGED}\r\n{FORGED}\x1b[2J\x1b[31m\u2028\u2029\x85\x0b\x0c\x00\x07\b{FORGED}\u202e%s %n {{}}"

BAD_FAILURE: dict[str, Any] = {
    "stage": "create_entry",
    "httpStatus": 400,
    "headers": {HOSTILE: HOSTILE},
    "body": {"Message": HOSTILE, HOSTILE: [HOSTILE]},
    "code": HOSTILE,
    "message": HOSTILE,
    "exception": HOSTILE,
}


def hostile_result(entry: str) -> dict[str, Any]:
    return {
        "accountingEntryId": entry,
        "status": "failed",
        "externalId": HOSTILE,
        "failure": BAD_FAILURE,
        "failureReasonType": HOSTILE,
        "failureReason": HOSTILE,
        HOSTILE: HOSTILE,
    }


def hostile_messages(world: World, company: str) -> list[str]:
    """Messages that are delivered, refused by Pleo, parked for what is in them, and unreadable."""
    entries = [new_id() for _ in range(4)]
    job, refused_job, throttled_job = (world.job_of(company, entry) for entry in entries[:3])
    world.pleo.fail(
        FaultPlan(faults=(Fault(item="error", type=HOSTILE, message=HOSTILE),), job_id=refused_job)
    )
    world.pleo.fail(
        FaultPlan(faults=(Fault(status=429, type=HOSTILE, message=HOSTILE),), job_id=throttled_job)
    )
    contents: list[dict[str, Any]] = [
        {"exportJobId": job, "system": HOSTILE[:90], "companyId": company, "results": [hostile_result(entry)]}
        for job, entry in zip((job, refused_job, throttled_job), entries[:3], strict=True)
    ]
    contents.append({"exportJobId": HOSTILE, "system": HOSTILE, "companyId": HOSTILE, "results": HOSTILE})
    contents.append({"exportJobId": job, "system": "xero", "results": [{HOSTILE: HOSTILE}, HOSTILE]})
    unknown = {**contents[0], "results": [hostile_result(entries[3])]}
    return [*(json.dumps(content) for content in (*contents, unknown)), HOSTILE]


@pytest.mark.parametrize("receive_count", [1, 5], ids=["on the first receive", "on the last receive"])
def test_every_line_of_the_log_is_one_json_object_of_the_adapters_own(
    world: World, receive_count: int
) -> None:
    company = world.company(token("marked-token"), Scheme.BEARER, "marked-token")

    came_out = world.run(hostile_messages(world, company), receive_count)

    assert len(came_out.answers) == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202e]", came_out.written)
    messages = [json.loads(line).get("message") for line in came_out.lines]
    assert "forged" not in messages
    assert "failure classified" in messages
    assert "message parked on the dead-letter queue" in messages
    assert "invocation finished" in messages


def test_the_reasons_on_the_dead_letter_queue_are_one_printable_line_each(world: World) -> None:
    company = world.company(token("marked-token"), Scheme.BEARER, "marked-token")

    world.run(hostile_messages(world, company), receive_count=5)

    attributes = [
        value["StringValue"] for one in world.aws.parked() for value in one["MessageAttributes"].values()
    ]
    assert len(world.aws.parked()) >= 5
    assert not [text for text in attributes if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", text)]


def test_the_sentence_for_the_bookkeeper_is_one_printable_line(world: World) -> None:
    company = world.company(token("marked-token"), Scheme.BEARER, "marked-token")

    world.run(hostile_messages(world, company))

    reasons = [str(item["failureReason"]) for put in world.pleo.item_updates() for item in put.items or ()]
    assert reasons
    assert not [text for text in reasons if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", text)]


@pytest.mark.parametrize(
    "job",
    ["../../v1/export-job-events", "a?b=c", "a#b", "a%2f..", "a\r\nHost: elsewhere", "//elsewhere/"],
)
def test_no_export_job_leads_a_request_anywhere_else(world: World, job: str) -> None:
    world.aws.secrets["default"] = token("marked-token")

    came_out = world.run([message(job, successful(new_id()))])

    assert world.to_pleo.sent() == []
    assert came_out.answers == ({"batchItemFailures": []},)
    (parked,) = world.aws.parked()
    assert parked["MessageAttributes"]["errorType"]["StringValue"] == "invalid_message"


@pytest.mark.parametrize("company", ["../other", "*", "{companyId}", "a/b", "", "x" * 5000])
def test_no_company_leads_to_any_other_secret(world: World, company: str) -> None:
    world.run([message(new_id(), successful(new_id()), company=company or " ")])

    asked = [content["SecretId"] for name, content in world.aws.received if name.startswith("secretsmanager")]
    assert asked == []
