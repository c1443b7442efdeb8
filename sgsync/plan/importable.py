"""Which episodes are followed, and why the others are left as they are."""

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.actions import Skip, SkipReason
from sgsync.plan.known import GIVEN_UP
from sgsync.plan.options import PlanOptions
from sgsync.snapshot.values import KnownMatch, LedgerEntry, Snapshot, State


def reason_to_skip(
    episode: SpeedGamingEpisode, snapshot: Snapshot, options: PlanOptions, *, is_listed: bool = True
) -> Skip | None:
    """Why nothing is done about `episode`; None if it becomes a match or its match follows it.

    One that was not listed was asked for by its id, because its match is here.
    """
    match = snapshot.matches.get(episode.id)
    if match and not belongs_here(match, episode, snapshot):
        sentence = (
            f"Episode {episode.id} is match {match.id} of tournament {match.fields.tournament_id}: left there"
        )
        return Skip(episode.id, SkipReason.OTHER_TOURNAMENT, sentence)
    if match and not options.update:
        return Skip(episode.id, SkipReason.KNOWN, f"Episode {episode.id} is known as match {match.id}")
    if match is None and _is_gone(episode, snapshot, options):
        sentence = (
            f"Episode {episode.id} was imported before and {_fate(snapshot.ledger[episode.id])}: not imported again"
            f" (sgsync import {snapshot.tournament.id} --episode {episode.id} brings it back)"
        )
        return Skip(episode.id, SkipReason.DELETED, sentence)
    skip = not_importable(episode, snapshot.tournament.slug)
    if match is None or skip is None:
        return skip
    # A known match goes on following its episode when SpeedGaming takes the players out, and until the
    # tournament that is synced with its new event takes it over.
    goes_on = skip.reason is SkipReason.NO_PLAYERS or (
        skip.reason is SkipReason.OTHER_EVENT and not is_listed and event_of(episode) in snapshot.synced_slugs
    )
    return None if goes_on else skip


def _fate(entry: LedgerEntry) -> str:
    if entry.match_id is None:
        return "its match was deleted"
    return f"match {entry.match_id} was detached from it"


def belongs_here(match: KnownMatch, episode: SpeedGamingEpisode, snapshot: Snapshot) -> bool:
    """Whether `match` is this tournament's, or its episode moved to this tournament's event.

    Two tournaments may share an event, one after the other: that alone moves no match.
    """
    if match.fields.tournament_id == snapshot.tournament.id:
        return True
    entry = snapshot.ledger.get(episode.id)
    if entry and entry.base.tournament_id == snapshot.tournament.id:
        return True  # moved by hand: an edit like any other
    event = event_of(episode)
    came_from = entry.event if entry else match.tournament_slug  # None: somebody imported it there by hand
    return event is not None and event == snapshot.tournament.slug and came_from not in (None, event)


def event_of(episode: SpeedGamingEpisode) -> str | None:
    return episode.event.slug if episode.event else None


def _is_gone(episode: SpeedGamingEpisode, snapshot: Snapshot, options: PlanOptions) -> bool:
    """Whether somebody here took the match away; what sgsync itself deleted may come back."""
    entry = snapshot.ledger.get(episode.id)
    if entry is None or episode.id in options.requested:
        return False
    return entry.state is State.ACTIVE or GIVEN_UP not in entry.told


def not_importable(episode: SpeedGamingEpisode, slug: str | None) -> Skip | None:
    """What `episode` itself has against its import into a tournament on the event `slug`."""
    event = event_of(episode)
    if slug and event and event != slug:
        sentence = f"Skipped episode {episode.id}: it belongs to event '{event}', not '{slug}'"
        return Skip(episode.id, SkipReason.OTHER_EVENT, sentence)
    if episode.timezone:
        sentence = (
            f"Held episode {episode.id}: its time zone field says '{episode.timezone}',"
            " so its times are not to be trusted until an organiser clears it"
        )
        return Skip(episode.id, SkipReason.HELD, sentence)
    if not any(player.is_person for player in episode.players):
        return Skip(episode.id, SkipReason.NO_PLAYERS, f"Skipped episode {episode.id}: it has no players yet")
    return None
