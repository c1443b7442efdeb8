"""News as a message for a Discord webhook. Pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sgsync.telling.news import Item, Kind, Subject
from sgsync.text import clean, cut

LONGEST_MESSAGE = 2_000  # Discord's limit; counted in UTF-16 units, the strictest reading of it
_LONGEST_NAME = 60
_SUPPRESS_EMBEDS = 1 << 2  # no preview of an address that somebody took for a name
_HEADINGS = {
    Kind.IMPORTED: "New",
    Kind.CHANGED: "Moved",
    Kind.CANCELLED: "Cancelled",
    Kind.RETURNED: "Back again",
    Kind.UNSTAFFED: "Crew missing",
}
_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_HARMLESS = frozenset("!\"%&'+,./;=?^")


@dataclass(frozen=True, slots=True)
class Message:
    """One message: its text, and the items for which it had no room."""

    content: str
    left_out: tuple[Item, ...] = ()

    @property
    def payload(self) -> dict[str, Any]:
        """The webhook's document: nobody is notified by it, whatever the names in it say."""
        return {
            "content": self.content,
            "allowed_mentions": {"parse": []},
            "flags": _SUPPRESS_EMBEDS,
        }


def message_of(items: Sequence[Item]) -> Message:
    """The first of `items`, as many as fit into one message, and how many are left."""
    named, fitting = 0, list[str]()
    for line, is_item in _lines(items):
        left = len(items) - named
        if _length([*fitting, line, _rest(left)]) > LONGEST_MESSAGE:
            has_items = fitting[:-1] if fitting and fitting[-1].startswith("**") else fitting
            return Message("\n".join((*has_items, _rest(left))), tuple(items[named:]))
        fitting.append(line)
        named += is_item
    return Message("\n".join(fitting))


def escaped(name: str) -> str:
    """`name` as Discord shows it letter by letter: no markup, no mention, no link, no emoji code."""
    return _PUNCTUATION.sub(
        lambda found: found[0] if found[0] in _HARMLESS else f"\\{found[0]}", cut(clean(name), _LONGEST_NAME)
    )


def _lines(items: Iterable[Item]) -> Iterator[tuple[str, bool]]:
    for kind, group in groupby(items, key=lambda item: item.kind):
        yield f"**{_HEADINGS[kind]}**", False
        for item in group:
            yield f"• {_sentence(item)}", True


def _sentence(item: Item) -> str:
    when, what = _moment(item.subject.starts_at), _match(item.subject)
    match item.kind:
        case Kind.CHANGED if item.moved_from:
            return f"{what}: {_moment(item.moved_from)} → {when}"
        case Kind.UNSTAFFED:
            lacking = " and ".join(f"no {role}" for role in item.missing)
            return f"{what}: {lacking} yet, it starts {_moment(item.subject.starts_at, 'R')}"
    return f"{what}: {when}"


def _match(subject: Subject) -> str:
    players = " vs ".join(subject.players)
    names = dict.fromkeys(filter(None, (subject.title, players)))
    match = ", ".join(map(escaped, names)) or f"episode {subject.episode_id}"
    return f"{match} ({escaped(subject.tournament)})"


def _moment(moment: datetime, style: str = "f") -> str:
    """A time that Discord shows to everybody in their own time zone."""
    return f"<t:{int(moment.timestamp())}:{style}>"


def _rest(number: int) -> str:
    return f"… and {number} more"


def _length(lines: Sequence[str]) -> int:
    return len("\n".join(lines).encode("utf-16-le")) // 2
