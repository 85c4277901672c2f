"""A local Pleo: an HTTP server that behaves as Pleo's Export API does, and fails as networks do, on demand.

In a test: `with LocalPleo(credentials=[...]) as pleo:`, then `pleo.url`, `pleo.create_job(...)`,
`pleo.faults.next(...)` and `pleo.requests.item_updates()`. From another process: LocalPleoProcess and
LocalPleoClient.
"""

from export_adapter_workstation.local.pleo.client import LocalPleoClient
from export_adapter_workstation.local.pleo.credentials import Credential, Scheme
from export_adapter_workstation.local.pleo.fault_plan import RandomFault, everything_at
from export_adapter_workstation.local.pleo.faults import (
    AnswerStatus,
    ConnectionReset,
    CutOffBody,
    EmptyBody,
    HtmlBody,
    ItemAnsweredWithStatus,
    ItemError,
    ItemLeftOut,
    Latency,
    LowerLimit,
    Redirect,
    SecretRotated,
    SlowDrip,
)
from export_adapter_workstation.local.pleo.from_messages import jobs_for
from export_adapter_workstation.local.pleo.jobs import EntryRefusal, ExportItem, ExportJob, JobStatus, NewJob
from export_adapter_workstation.local.pleo.local_pleo import LocalPleo
from export_adapter_workstation.local.pleo.process import LocalPleoProcess
from export_adapter_workstation.local.pleo.requests import ReceivedRequest

__all__ = [
    "AnswerStatus",
    "ConnectionReset",
    "Credential",
    "CutOffBody",
    "EmptyBody",
    "EntryRefusal",
    "ExportItem",
    "ExportJob",
    "HtmlBody",
    "ItemAnsweredWithStatus",
    "ItemError",
    "ItemLeftOut",
    "JobStatus",
    "Latency",
    "LocalPleo",
    "LocalPleoClient",
    "LocalPleoProcess",
    "LowerLimit",
    "NewJob",
    "RandomFault",
    "ReceivedRequest",
    "Redirect",
    "Scheme",
    "SecretRotated",
    "SlowDrip",
    "everything_at",
    "jobs_for",
]
