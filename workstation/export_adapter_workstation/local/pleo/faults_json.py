"""Faults as JSON, for other processes: {"kind": "AnswerStatus", "status": 429, "retry_after": 2}."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from types import UnionType
from typing import TypeAliasType, cast, get_args, get_origin, get_type_hints

from export_adapter_workstation.local.pleo.faults import FAULTS, Fault

_KINDS: Mapping[str, type[Fault]] = {kind.__name__: kind for kind in FAULTS}


def fault_json(fault: Fault) -> dict[str, object]:
    """Return a fault as a JSON object, its fields under the names that they have in Python."""
    content: dict[str, object] = {"kind": type(fault).__name__}
    for one in fields(fault):
        value = getattr(fault, one.name)
        content[one.name] = list(value) if isinstance(value, tuple) else value
    return content


def fault_from_json(content: object) -> Fault:
    """Return the fault that a JSON object describes; fields that are left out have their usual value.

    Raises ValueError, naming the field, for anything that is no fault.
    """
    if not isinstance(content, dict) or content.get("kind") not in _KINDS:
        raise ValueError(f"kind: must be one of {', '.join(_KINDS)}")
    kind = _KINDS[content["kind"]]
    hints = get_type_hints(kind)
    given = {name: value for name, value in content.items() if name != "kind"}
    for name, value in given.items():
        if name not in hints:
            raise ValueError(f"{name}: {kind.__name__} has no such field")
        if not _fits(value, hints[name]):
            raise ValueError(f"{name}: has the wrong type for {kind.__name__}")
    for one in fields(kind):
        if one.default is MISSING and one.name not in given:
            raise ValueError(f"{one.name}: {kind.__name__} needs it")
    arguments = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    construct = cast("Callable[..., Fault]", kind)  # its fields were checked just above
    return construct(**arguments)


def _fits(value: object, hint: object) -> bool:
    if isinstance(hint, TypeAliasType):
        return _fits(value, hint.__value__)
    if isinstance(hint, UnionType):
        return any(_fits(value, option) for option in get_args(hint))
    if get_origin(hint) is tuple:
        return isinstance(value, list) and all(isinstance(member, str) for member in value)
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, cast("type[object]", hint))
