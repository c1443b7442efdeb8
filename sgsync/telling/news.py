"""What people want to hear of a schedule, from the history that imports wrote. Pure.

The history and not the run's own plans: what a run that was killed, or a webhook that was down, left
untold is told by the next run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sgsync.plan.chronicle import moment_in


class Kind(StrEnum):
    """Which entries of the history are news: those first that somebody has to act on, should space run out."""

    UNSTAFFED = "unstaffed"
    CANCELLED = "cancelled"
    CHANGED = "changed"
    RETURNED = "returned"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Subject:
    """The match that news are about, as it is now."""

    episode_id: int
    tournament: str
    title: str | None
    players: tuple[str, ...]
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """An entry of the history that people may want to hear of."""

    id: int
    kind: Kind
    subject: Subject
    what: str | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to tell: `detail` is the time before a move, or the roles that nobody has taken."""

    kind: Kind
    subject: Subject
    moved_from: datetime | None = None
    missing: tuple[str, ...] = ()


def digest(happenings: Iterable[Happening], now: datetime) -> tuple[Item, ...]:
    """What to tell of `happenings`, which come in their order: each match once for each kind.

    A match that came and was cancelled since the last telling is no news, nor is one that has begun.
    """
    by_episode: dict[int, list[Happening]] = {}
    for happening in happenings:
        by_episode.setdefault(happening.subject.episode_id, []).append(happening)
    items = [
        item
        for each in by_episode.values()
        if each[0].subject.starts_at > now
        for item in _of_one_match(each)
    ]
    order = {kind: position for position, kind in enumerate(Kind)}
    return tuple(sorted(items, key=lambda item: (order[item.kind], item.subject.starts_at)))


def behind(items: Iterable[Item], happenings: Iterable[Happening]) -> tuple[Happening, ...]:
    """Those of `happenings` from which `items` were made."""
    made = {(item.subject.episode_id, item.kind) for item in items}
    return tuple(each for each in happenings if (each.subject.episode_id, each.kind) in made)


def _of_one_match(happenings: list[Happening]) -> Iterable[Item]:
    subject = happenings[-1].subject
    kinds = {happening.kind for happening in happenings}
    is_new = Kind.IMPORTED in kinds
    standing = [each.kind for each in happenings if each.kind in (Kind.CANCELLED, Kind.RETURNED)]
    if standing and standing[-1] is Kind.CANCELLED:
        return () if is_new else (Item(Kind.CANCELLED, subject),)
    return [
        *([Item(Kind.IMPORTED, subject)] if is_new else _moves(happenings)),
        # Cancelled and back in between two tellings: nobody heard of either.
        *([Item(Kind.RETURNED, subject)] if standing and standing[0] is Kind.RETURNED else []),
        *(
            Item(Kind.UNSTAFFED, subject, missing=tuple((each.what or "").split(", ")))
            for each in happenings
            if each.kind is Kind.UNSTAFFED
        ),
    ]


def _moves(happenings: list[Happening]) -> list[Item]:
    """The way from where the match was at first to where it is now, if that is a way."""
    moves = [each for each in happenings if each.kind is Kind.CHANGED]
    if not moves:
        return []
    subject, before = moves[-1].subject, moment_in(moves[0].before)
    return [] if before == subject.starts_at else [Item(Kind.CHANGED, subject, moved_from=before)]
