"""What an item update does to the items of a job, and what it answers about each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from export_adapter_workstation.local.pleo.faults import (
    ItemAnsweredWithStatus,
    ItemError,
    ItemFault,
    ItemLeftOut,
    is_aimed_at,
)
from export_adapter_workstation.local.pleo.jobs import EntryRefusal, ExportItem, Refusal, set_state


@dataclass(frozen=True, slots=True)
class ItemProblem:
    """An entry of `errors` in the answer to an item update."""

    accounting_entry_id: str
    type: str
    message: str


@dataclass(frozen=True, slots=True)
class UpdateResult:
    """The items as Pleo holds them afterwards, and what the answer says: `data` and `errors`."""

    items: Mapping[str, ExportItem]
    data: tuple[ExportItem, ...]
    errors: tuple[ItemProblem, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    held: ExportItem | None = None
    answered: ExportItem | None = None
    problem: ItemProblem | None = None


def update_items(
    items: Mapping[str, ExportItem],
    updates: Sequence[Mapping[str, str]],
    refusals: Mapping[str, EntryRefusal],
    faults: Sequence[ItemFault] = (),
) -> UpdateResult | Refusal:
    """Return the items after a batch of legal updates, or the refusal of the whole request.

    The whole request is refused where it holds an entry whose EntryRefusal has a status of 400 or 422.
    """
    whole = _refusal_of_the_request(updates, refusals)
    if whole is not None:
        return whole
    outcomes = [
        _outcome(items, update, refusals, _fault_for(faults, position, update, len(updates)))
        for position, update in enumerate(updates)
    ]
    changed = {one.held.accounting_entry_id: one.held for one in outcomes if one.held is not None}
    return UpdateResult(
        items={**items, **changed},
        data=tuple(one.answered for one in outcomes if one.answered is not None),
        errors=tuple(one.problem for one in outcomes if one.problem is not None),
    )


def _refusal_of_the_request(
    updates: Sequence[Mapping[str, str]], refusals: Mapping[str, EntryRefusal]
) -> Refusal | None:
    for update in updates:
        refusal = refusals.get(update["accountingEntryId"])
        if refusal is not None and refusal.status in {400, 422}:
            return Refusal(refusal.status, refusal.type, refusal.message)
    return None


def _fault_for(
    faults: Sequence[ItemFault], position: int, update: Mapping[str, str], number_of_items: int
) -> ItemFault | None:
    entry_id = update["accountingEntryId"]
    return next((fault for fault in faults if is_aimed_at(fault, position, entry_id, number_of_items)), None)


def _outcome(
    items: Mapping[str, ExportItem],
    update: Mapping[str, str],
    refusals: Mapping[str, EntryRefusal],
    fault: ItemFault | None,
) -> _Outcome:
    entry_id = update["accountingEntryId"]
    item = items.get(entry_id)
    if item is None:
        unknown = ItemProblem(entry_id, "ACCOUNTING_ENTRY_DOES_NOT_EXIST", "Accounting entry does not exist.")
        return _Outcome(problem=unknown)
    refusal = refusals.get(entry_id)
    if refusal is not None:
        return _Outcome(problem=ItemProblem(entry_id, refusal.type, refusal.message))
    wanted = set_state(item, update)
    return _Outcome(held=wanted, answered=wanted) if fault is None else _tampered(item, wanted, fault)


def _tampered(item: ExportItem, wanted: ExportItem, fault: ItemFault) -> _Outcome:
    held = wanted if fault.applied else None
    match fault:
        case ItemLeftOut():
            return _Outcome(held=held)
        case ItemError():
            return _Outcome(
                held=held, problem=ItemProblem(item.accounting_entry_id, fault.type, fault.message)
            )
        case ItemAnsweredWithStatus():
            other = replace(wanted, status=fault.status, history=(*item.history, fault.status))
            return _Outcome(held=held or other, answered=other)
