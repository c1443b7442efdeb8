"""Which tournaments are synced, and which event each of them gets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sgsync.snapshot.values import Tournament


@dataclass(frozen=True, slots=True)
class Assignment:
    """A tournament and why it gets no episodes, if it gets none."""

    tournament: Tournament
    problem: str | None = None


def assign_events(tournaments: Iterable[Tournament]) -> Iterator[Assignment]:
    """Give each event to one tournament: an episode can be one match only.

    `tournaments` are the enabled ones; of several on one slug, the one with the lowest id gets it.
    """
    owners: dict[str, Tournament] = {}
    for tournament in sorted(tournaments, key=lambda tournament: tournament.id):
        if tournament.slug is None:
            yield Assignment(
                tournament,
                f"Tournament {tournament.id} ('{tournament.name}') is enabled but has no event slug:"
                f" sgsync tournaments enable {tournament.id} --slug SLUG",
            )
            continue
        owner = owners.setdefault(tournament.slug, tournament)
        if owner is tournament:
            yield Assignment(tournament)
        else:
            yield Assignment(
                tournament,
                f"Tournament {tournament.id} ('{tournament.name}') gets nothing: the episodes of event"
                f" '{tournament.slug}' go to tournament {owner.id} ('{owner.name}')",
            )
