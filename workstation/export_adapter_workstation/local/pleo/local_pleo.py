"""The local Pleo as one object: started as a context manager, asked and told things while it runs."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from threading import Thread
from types import TracebackType
from typing import Self

from export_adapter_workstation.local.pleo.admin import ADMIN_PREFIX, admin_answer
from export_adapter_workstation.local.pleo.credentials import Credential, Credentials
from export_adapter_workstation.local.pleo.fault_plan import FaultPlan
from export_adapter_workstation.local.pleo.jobs import EntryRefusal, ExportJob, NewJob
from export_adapter_workstation.local.pleo.requests import PleoRequest, RequestRecord
from export_adapter_workstation.local.pleo.server import WireServer
from export_adapter_workstation.local.pleo.service import PleoService, Reply


class LocalPleo:
    """A server on 127.0.0.1; port 0 takes a free one.

    clock returns an aware datetime. sleep takes seconds and is called for latency alone; by default it waits
    in real time, but never longer than the server lives. Raises OSError where the port is taken.
    """

    def __init__(
        self,
        *,
        credentials: Iterable[Credential] = (),
        port: int = 0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        sleep: Callable[[float], None] | None = None,
        item_updates_renew_the_hour: bool = True,
    ) -> None:
        self._server = WireServer(port, self._reply_to, sleep)
        self._service = PleoService(
            credentials=credentials,
            clock=clock,
            sleep=self._server.sleep,
            item_updates_renew_the_hour=item_updates_renew_the_hour,
        )
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Serve in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and close every connection; requests that wait are let go."""
        self._server.stop()
        self._thread.join()

    @property
    def url(self) -> str:
        """The base URL, as the adapter's setting takes it."""
        return self._server.url

    @property
    def faults(self) -> FaultPlan:
        """What goes wrong next."""
        return self._service.faults

    @property
    def requests(self) -> RequestRecord:
        """What was received."""
        return self._service.requests

    @property
    def credentials(self) -> Credentials:
        """Who is let in."""
        return self._service.credentials

    def create_job(self, new: NewJob) -> ExportJob:
        """Hold a new job. Raises ValueError for an id that is no UUID, or a job that exists already."""
        return self._service.books.create_job(new)

    def job(self, job_id: str) -> ExportJob | None:
        """Return a job with its items, or None where there is none."""
        return self._service.books.job(job_id)

    def jobs(self) -> tuple[ExportJob, ...]:
        """Return all jobs with their items, oldest first."""
        return self._service.books.jobs()

    def refuse_entry(self, entry_id: str, refusal: EntryRefusal | None = None) -> None:
        """Refuse an accounting entry from now on, until it is accepted."""
        self._service.books.refuse_entry(entry_id, refusal or EntryRefusal())

    def accept_entry(self, entry_id: str) -> None:
        """Refuse an accounting entry no longer."""
        self._service.books.accept_entry(entry_id)

    def put_clock_forward(self, by: timedelta) -> None:
        """Let time pass in the local Pleo, for jobs that should expire."""
        self._service.books.put_clock_forward(by)

    def _reply_to(self, request: PleoRequest) -> Reply:
        if request.path.startswith(ADMIN_PREFIX):
            return Reply(admin_answer(request, self._service))
        return self._service.reply_to(request)
