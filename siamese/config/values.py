"""Configurations as JSON, and back: strict, and by name about what does not fit."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")

# For a field that later versions added: written configurations need not have it.
OPTIONAL = {"optional": True}

_hints_of: Callable[[Any], dict[str, Any]] = cache(get_type_hints)  # which takes longer than reading the values


def coerce(config: Any) -> None:
    """Bring the fields of a frozen dataclass to their types, as `from_json` does: lists to tuples, numbers to floats.

    Called from `__post_init__`, so that a configuration made in Python is as strict as one that was read.

    Raises:
        ValueError: a field is of the wrong type.
    """
    hints = _hints_of(type(config))
    for field in fields(config):
        object.__setattr__(config, field.name, _value(hints[field.name], getattr(config, field.name), field.name))


def to_json(config: Any) -> dict[str, Any]:
    """A dataclass as JSON writes it: nested dictionaries, tuples as lists. `OPTIONAL` fields without a value are left out."""
    return {
        field.name: _plain(getattr(config, field.name))
        for field in fields(config)
        if not (field.metadata.get("optional") and getattr(config, field.name) is None)
    }


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return to_json(value)
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple | list) else value


def from_json(kind: type[T], values: Any, name: str = "", complete: bool = False) -> T:
    """A dataclass from what `to_json` wrote.

    Args:
        kind: the dataclass.
        values: its fields by name; those with a default may be missing.
        name: of the value, for messages.
        complete: refuse what leaves a field out, but for those that are marked `OPTIONAL`. Defaults are for people who
            write a configuration, not for files.

    Raises:
        ValueError: a field is unknown, missing, of the wrong type, or refused by the dataclass; named by its path.
    """
    if not isinstance(values, dict):
        raise ValueError(f"{name or kind.__name__} must be an object, got {type(values).__name__}")
    hints, read = _hints_of(kind), {}
    for key in sorted(set(values) - set(hints)):
        raise ValueError(f"{_path(name, key)} is unknown")
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name in values:
            read[field.name] = _value(hints[field.name], values[field.name], _path(name, field.name), complete)
        elif (field.default is MISSING and field.default_factory is MISSING) or (
            complete and not field.metadata.get("optional")
        ):
            raise ValueError(f"{_path(name, field.name)} is missing")
    return kind(**read)


def _path(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key


def _value(kind: Any, value: Any, name: str, complete: bool = False) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in parts:
            return None
        (kind,) = (part for part in parts if part is not type(None))
        return _value(kind, value, name, complete)
    if origin is Literal:
        if value not in parts:
            raise ValueError(f"{name} must be one of {', '.join(map(str, parts))}; got {value!r}")
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise ValueError(f"{name} must be a list, got {value!r}")
        kinds = [parts[0]] * len(value) if parts[-1] is Ellipsis else list(parts)
        if len(kinds) != len(value):
            raise ValueError(f"{name} must be a list of {len(kinds)}, got {value!r}")
        return tuple(
            _value(kind, inner, f"{name}[{i}]", complete)
            for i, (kind, inner) in enumerate(zip(kinds, value, strict=True))
        )
    if origin is dict:
        if not isinstance(value, dict):
            raise ValueError(f"{name} must be an object, got {value!r}")
        return {str(key): _value(parts[1], inner, _path(name, key), complete) for key, inner in value.items()}
    if kind is Any:
        return value
    if is_dataclass(kind):
        return value if isinstance(value, kind) else from_json(kind, value, name, complete)  # type: ignore[arg-type]
    wanted = (int, float) if kind is float else (kind,)
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind is not bool):
        raise ValueError(f"{name} must be {kind.__name__}, got {value!r}")
    try:
        return kind(value)
    except OverflowError as error:
        raise ValueError(f"{name} is too large") from error
