"""A local Pleo: an HTTP server that behaves as Pleo's Export API does, and fails as networks do, on demand.

`with local_pleo(Credential("any name", "test")) as pleo:` runs one; then `pleo.url`, `pleo.create_job(...)`,
`pleo.fail(...)` and `pleo.item_updates()`. `LocalPleo(url)` steers one that runs in another process.
"""

from export_adapter_workstation.local.pleo.client import LocalPleo, LocalPleoError
from export_adapter_workstation.local.pleo.credentials import Credential, Scheme
from export_adapter_workstation.local.pleo.faults import Fault, FaultPlan, passing_faults
from export_adapter_workstation.local.pleo.jobs import ExportItem, ExportJob, JobStatus, NewJob
from export_adapter_workstation.local.pleo.messages import jobs_for
from export_adapter_workstation.local.pleo.requests import ReceivedRequest
from export_adapter_workstation.local.pleo.server import local_pleo
from export_adapter_workstation.local.pleo.store import EntryRefusal

__all__ = [
    "Credential",
    "EntryRefusal",
    "ExportItem",
    "ExportJob",
    "Fault",
    "FaultPlan",
    "JobStatus",
    "LocalPleo",
    "LocalPleoError",
    "NewJob",
    "ReceivedRequest",
    "Scheme",
    "jobs_for",
    "local_pleo",
    "passing_faults",
]
