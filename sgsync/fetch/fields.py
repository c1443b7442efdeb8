"""The feed's values: what each kind of field may hold, and what it means.

Pydantic's own lax mode takes `true` for an id and a number for a date; these take neither. A value that
will not do raises an error whose message is a short sentence, fit for "when: has no UTC offset".
"""

import json
import re
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import BeforeValidator, FailFast
from pydantic_core import PydanticCustomError

from sgsync.text import clean, cut

Item = TypeVar("Item")

_DIGITS = re.compile(r"[0-9]{1,19}")
_INT4_MAX = 2**31 - 1
_INT8_MAX = 2**63 - 1
_LONGEST_ECHO = 40


def fault(sentence: str) -> PydanticCustomError:
    """The error of a value of which `sentence` is true."""
    # The message is a template: a brace in a value must not become a part of it.
    return PydanticCustomError("feed_value", "{sentence}", {"sentence": sentence})


def _shown(value: object) -> str:
    """`value` for an error message: harmless and short, however it came."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    if not isinstance(value, str):
        return json.dumps(value, default=str)
    text = clean(value)
    return f"'{text if len(text) <= _LONGEST_ECHO else cut(text, _LONGEST_ECHO) + '...'}'"


def _text(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise fault("is not text")
    return clean(value) or None


def _flag(value: object) -> bool:
    if value is None or value == "":
        return False
    if not isinstance(value, bool):
        raise fault("is not true or false")
    return value


def _whole_number(value: object) -> int:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise fault(f"{_shown(value)} is not a whole number")


def _number_within(value: object, lowest: int, highest: int) -> int:
    number = _whole_number(value)
    if not lowest <= number <= highest:
        raise fault(f"is not between {lowest} and {highest}")
    return number


def _episode_id(value: object) -> int:
    return _number_within(value, 1, _INT4_MAX)


def _person_id(value: object) -> int:
    return _number_within(value, 0, _INT8_MAX)


def _optional_id(value: object) -> int | None:
    return None if value is None or value == "" else _number_within(value, 0, _INT8_MAX)


def _discord_id(value: object) -> int | None:
    if not isinstance(value, str) or not _DIGITS.fullmatch(value):
        return None
    number = int(value)
    return number if 1 <= number <= _INT8_MAX else None


def _moment(value: object) -> datetime:
    if not isinstance(value, str):
        raise fault("is not a time")
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        raise fault(f"{_shown(value)} is not a time") from None
    if moment.utcoffset() is None:
        # Such a time would be US Eastern, if it ever came; a guess could be hours off.
        raise fault("has no UTC offset")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise fault("is out of range in UTC") from None


def _optional_moment(value: object) -> datetime | None:
    absent = value is None or (isinstance(value, str) and not value.strip())
    return None if absent else _moment(value)


class _FirstFaultOnly(FailFast):
    """Hashable, as what annotates an optional list has to be."""

    __hash__ = object.__hash__


def _items(value: object) -> list[object] | tuple[object, ...]:
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise fault("is not a list")
    return value


Text = Annotated[str | None, BeforeValidator(_text)]
"""Harmless text on one line; absent, empty and blank are all None."""

Flag = Annotated[bool, BeforeValidator(_flag)]
"""A JSON boolean; absent is False."""

EpisodeId = Annotated[int, BeforeValidator(_episode_id)]
"""1 to 2^31-1, as a number or in ASCII digits."""

PersonId = Annotated[int, BeforeValidator(_person_id)]
"""0 to 2^63-1, as a number or in ASCII digits."""

OptionalId = Annotated[int | None, BeforeValidator(_optional_id)]
"""The range of `PersonId`; absent and empty are None."""

DiscordId = Annotated[int | None, BeforeValidator(_discord_id)]
"""1 to 2^63-1, only from a string of ASCII digits. Whatever else is there counts as missing."""

Moment = Annotated[datetime, BeforeValidator(_moment)]
"""ISO 8601 with an offset, in UTC."""

OptionalMoment = Annotated[datetime | None, BeforeValidator(_optional_moment)]
"""A `Moment`; absent and empty are None."""

ListOf = Annotated[tuple[Item, ...], _FirstFaultOnly(), BeforeValidator(_items)]
"""A JSON list; an absent one is empty. Its first fault is told, and a million of them take no memory."""
