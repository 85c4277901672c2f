"""The whole adapter over fakes: everything between the event and the edges is real, and nothing waits."""

from dataclasses import dataclass, field

from export_adapter.deliver.delivery import Delivery
from export_adapter.deliver.job import SizeLimit
from export_adapter.deliver.pleo import Pleo
from export_adapter.deliver.retry import Backoff
from export_adapter.deliver.terminal_memory import TerminalMemory
from export_adapter.flow import Flow, FlowReport
from export_adapter.model import ApiVersion, Json
from export_adapter.settle.settlement import Settlement
from tests.fakes.classifier import FakeClassifier
from tests.fakes.clock import FakeClock
from tests.fakes.credentials import FakeCredentialStore
from tests.fakes.messages import NOON_MS
from tests.fakes.pleo import FakePleo
from tests.fakes.queues import FakeDeadLetterQueue, FakeVisibilityTimeouts

MAX_RECEIVE_COUNT = 5
SETTLE_SECONDS = 15.0


def _half() -> float:
    return 0.5


@dataclass
class FakeAdapter:
    """An environment of the function. `restart` makes the next one: what it had learnt is forgotten."""

    version: ApiVersion = ApiVersion.V1
    threads: int = 1
    one_secret: bool = False
    clock: FakeClock = field(default_factory=FakeClock)
    store: FakeCredentialStore = field(default_factory=FakeCredentialStore)
    dead_letters: FakeDeadLetterQueue = field(default_factory=FakeDeadLetterQueue)
    visibility: FakeVisibilityTimeouts = field(default_factory=FakeVisibilityTimeouts)
    classifier: FakeClassifier = field(default_factory=FakeClassifier)
    pleo: FakePleo = field(init=False)
    flow: Flow = field(init=False)
    api: Pleo = field(init=False)

    def __post_init__(self) -> None:
        self.store.is_one_for_all = self.one_secret
        self.pleo = FakePleo(self.store.valid, self.clock.sleep)
        self.restart()

    def restart(self) -> None:
        self.store.cached.clear()
        self.api = Pleo(self.pleo, "https://pleo.test", self.version, 10.0, self.clock, self.wall)
        delivery = Delivery(
            pleo=self.api,
            store=self.store,
            limit=SizeLimit(100),
            memory=TerminalMemory(by_company=not self.one_secret),
            backoff=Backoff(_half),
            threads=self.threads,
            sleep=self.clock.sleep,
        )
        settlement = Settlement(self.dead_letters, self.visibility, MAX_RECEIVE_COUNT, _half, now=self.wall)
        self.flow = Flow(self.classifier, self.version, delivery, settlement, SETTLE_SECONDS, self.one_secret)

    def wall(self) -> float:
        return NOON_MS / 1000 + self.clock.now

    def run(self, *records: Json, seconds: float = 60.0) -> FlowReport:
        """Handle one event with so many seconds left."""
        return self.flow.run(records, self.clock.deadline(seconds))
