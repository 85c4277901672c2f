"""The adapter between a Pleo, an AWS and a place that nobody should ever connect to."""

import json
from dataclasses import dataclass
from typing import Final

from export_adapter_workstation.local.pleo import Credential, LocalPleo, NewJob, Scheme
from tests.end_to_end.messages import new_id
from tests.security.adapter_process import CameOut, run_adapter, sqs_event
from tests.security.fake_aws import AwsError, FakeAws
from tests.security.wire_tap import WireTap

PREFIX: Final = "pleo/company/"


@dataclass
class World:
    """Pleo behind a wire tap, AWS, and a place that nobody should ever connect to."""

    pleo: LocalPleo
    to_pleo: WireTap
    aws: FakeAws
    elsewhere: WireTap

    def company(self, secret: str | AwsError | None, scheme: Scheme | None = None, known_as: str = "") -> str:
        """Make a company whose secret is this text; with a scheme Pleo knows its credentials."""
        company = new_id()
        if secret is not None:
            self.aws.secrets[PREFIX + company] = secret
        if scheme is not None:
            self.pleo.put_credential(Credential(company, known_as, scheme, frozenset({company})))
        return company

    def job_of(self, company: str, *entries: str) -> str:
        job = new_id()
        self.pleo.create_job(NewJob(job, company, entries))
        return job

    def run(
        self,
        bodies: list[str],
        receive_count: int = 1,
        first: str = "",
        settings: dict[str, str] | None = None,
    ) -> CameOut:
        return run_adapter(
            [sqs_event(bodies, receive_count)],
            aws_url=self.aws.url,
            settings={
                "PLEO_BASE_URL": self.to_pleo.url,
                "PLEO_SECRET_ID": PREFIX + "{companyId}",
                "PLEO_DEFAULT_SECRET_ID": "default",
                **(settings or {}),
            },
            first=first,
        )

    def everything_that_came_out(self, came_out: CameOut) -> dict[str, str]:
        """All that left the function, by where it went; without Pleo's Authorization headers."""
        return {
            "written": came_out.written,
            "returned": json.dumps(came_out.answers),
            "sent to AWS": json.dumps(self.aws.received, ensure_ascii=False),
            "sent to Pleo": "\n".join(_without_authorization(sent) for sent in self.to_pleo.sent()),
            "sent elsewhere": repr(self.elsewhere.sent()),
        }


def _without_authorization(sent: bytes) -> str:
    lines = sent.decode("utf-8", errors="replace").split("\r\n")
    return "\n".join(line for line in lines if not line.lower().startswith("authorization:"))


def token(text: str) -> str:
    """The text of a secret that holds an access token."""
    return json.dumps({"accessToken": text})
