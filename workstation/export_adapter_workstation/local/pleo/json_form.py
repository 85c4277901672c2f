"""Values as JSON and back: the one form in which the control sends and takes them.

A dataclass is an object with its fields in camelCase. A field that has a default may be left out.
"""

from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, Union, cast, get_args, get_origin, get_type_hints

_PLAIN = (str, int, bool, NoneType)


def to_json(value: object) -> object:
    """Return a value as JSON: a dataclass, an enum, a time, or a collection of such."""
    match value:
        case datetime():
            return value.isoformat()
        case frozenset():
            return sorted(value)
        case tuple():
            return [to_json(one) for one in value]
        case Mapping():
            return {key: to_json(one) for key, one in value.items()}
        case _ if is_dataclass(value):
            return {_camel_case(one.name): to_json(getattr(value, one.name)) for one in fields(value)}
        case _:
            return value


def from_json[T](kind: type[T], content: object) -> T:
    """Return the value of a kind that JSON describes. Raises ValueError, naming the field, if it does not."""
    return cast("T", _read(kind, content, kind.__name__))


def _read(kind: Any, content: object, name: str) -> object:  # noqa: ANN401 -- any type hint
    parts = get_args(kind)
    match get_origin(kind), content:
        case origin, _ if origin in {UnionType, Union}:
            return _read_first(parts, content, name)
        case origin, _ if origin is Literal and content in parts:
            return content
        case origin, list() if origin in {tuple, frozenset}:
            return origin(_read(parts[0], one, name) for one in content)
        case origin, dict() if origin is Mapping:
            return {key: _read(parts[1], one, name) for key, one in content.items()}
        case None, _:
            return _read_single(kind, content, name)
        case _:
            raise _misfit(name)


def _read_first(kinds: tuple[Any, ...], content: object, name: str) -> object:
    """Read what may be of several kinds, as the first that fits."""
    for kind in kinds:
        if content is None and kind is NoneType:
            return None
        try:
            return _read(kind, content, name)
        except ValueError:
            continue
    raise _misfit(name)


def _read_single(kind: Any, content: object, name: str) -> object:  # noqa: ANN401 -- any type hint
    match content:
        case _ if kind is object or (kind in _PLAIN and type(content) is kind):
            return content
        case int() | float() if kind is float and not isinstance(content, bool):
            return float(content)
        case str() if kind is datetime:
            return datetime.fromisoformat(content)
        case str() if issubclass(kind, StrEnum) and content in set(kind):
            return kind(content)
        case dict() if is_dataclass(kind):
            return _read_fields(kind, content)
        case _:
            raise _misfit(name)


def _read_fields(kind: Any, content: Mapping[str, object]) -> object:  # noqa: ANN401 -- any dataclass
    hints = get_type_hints(kind)
    names = {_camel_case(one.name): one for one in fields(kind)}
    for key in content.keys() - names.keys():
        raise ValueError(f"{key}: there is no such field")
    for key, one in names.items():
        if key not in content and one.default is MISSING and one.default_factory is MISSING:
            raise ValueError(f"{key}: is missing")
    return kind(
        **{
            one.name: _read(hints[one.name], content[key], key)
            for key, one in names.items()
            if key in content
        }
    )


def _camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def _misfit(name: str) -> ValueError:
    return ValueError(f"{name}: has the wrong type, or is not one of the possible values")
