"""A result on its way to Pleo, from the choice of the one that counts to the outcome."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from export_adapter.model import Delivered, ExportResult, ItemUpdate, JobKey, Message, Outcome, Superseded

if TYPE_CHECKING:  # the classification is the classify step's own value; an item only carries it
    from export_adapter.classify.classifier import Classification

_IN_SAME_EVENT: Final = Superseded("a result of the entry that counts more came in the same event")


@dataclass(eq=False, slots=True)
class Item:
    """One result on its way to Pleo. It is compared by identity: two results may be alike.

    It is the one value that changes, because what becomes of a result has to find its way back to the message
    that the result came in. Each step sets its own part, once: `superseded`, the other results of the entry
    in this event, when this one is chosen; `update` and `classification` when it is classified; the outcome
    when it is known. `job` is the job that it is delivered to; its company may be known from other messages.
    """

    job: JobKey
    message: Message
    result: ExportResult
    superseded: tuple["Item", ...] = ()
    update: ItemUpdate = field(init=False, repr=False)
    classification: "Classification | None" = None
    _outcome: Outcome | None = field(default=None, init=False)

    @property
    def sent_at(self) -> int:
        """When the result was sent, in milliseconds since 1970; 0 where that is not known.

        What was parked is a new message, but not a new result.
        """
        record = self.message.record
        return 0 if record.was_parked else record.sent_at

    @property
    def has_outcome(self) -> bool:
        """Whether the outcome is known."""
        return self._outcome is not None

    @property
    def outcome(self) -> Outcome:
        """What became of the result.

        Raises:
            LookupError: It is not known yet. So a result that was forgotten is never acknowledged.
        """
        if self._outcome is None:
            raise LookupError("the result has no outcome")
        return self._outcome

    def finish(self, outcome: Outcome) -> None:
        """Set the outcome, also of the results that this one supersedes. What is set first stays.

        Only a delivery settles them otherwise: where this one is parked or goes back, so are they, because
        Pleo was told neither.
        """
        if self._outcome is None:
            self._outcome = outcome
            for other in self.superseded:
                other.finish(_IN_SAME_EVENT if isinstance(outcome, Delivered) else outcome)
