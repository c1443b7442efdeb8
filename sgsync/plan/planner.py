"""From what SpeedGaming said and a snapshot to a plan. Pure: no database, no network, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.people.identity import Identities, Person, identify
from sgsync.people.sightings import Sighting
from sgsync.plan.actions import (
    Cancellation,
    Memory,
    Names,
    NewMatch,
    Plan,
    PlannedSignup,
    Seat,
    Skip,
    SkipReason,
)
from sgsync.plan.channels import Channels, choose_channels
from sgsync.plan.heard import Heard
from sgsync.plan.importable import reason_to_skip
from sgsync.plan.known import Known, known_matches
from sgsync.plan.match import title_of
from sgsync.plan.options import PlanOptions
from sgsync.plan.revise import Revised, leave_frozen, revise
from sgsync.plan.vanished import (
    cancellations,
    due_without_news,
    in_turn,
    reason_to_distrust,
    should_be_listed,
)
from sgsync.snapshot.values import MatchFields, Role, Snapshot, State


def make_plan(heard: Heard, snapshot: Snapshot, options: PlanOptions, now: datetime) -> Plan:
    """What must change so that the tournament of `snapshot` shows what was `heard`.

    The order of the episodes does not matter.
    """
    reading = _read(heard, snapshot, options)
    expected = (
        should_be_listed(reading.known, snapshot, heard.window) if heard.window and options.update else ()
    )
    distrust = None if options.accept_vanished else reason_to_distrust(expected, heard, snapshot)
    if distrust:
        return Plan(snapshot.tournament, distrust=distrust)
    new_matches = tuple(
        _new_match(reading, episode) for episode in reading.followed if episode.id not in reading.known
    )
    revised = [
        _revised(reading, episode, options, now)
        for episode in reading.followed
        if episode.id in reading.known
    ]
    cancelled = (
        cancellations(reading.known, heard, snapshot, delete=options.delete_cancelled)
        if options.update
        else ()
    )
    due = due_without_news(reading.known, heard, options.auto_finish, now) if options.update else ()
    memories = (
        *(_memory_of_new(match, snapshot) for match in new_matches),
        *(each.memory for each in revised if each.memory),
        *(_memory_of_cancelled(cancellation, reading.known) for cancellation in cancelled),
    )
    listed = _newly_listed(new_matches, revised, reading.known)
    return Plan(
        tournament=snapshot.tournament,
        identities=reading.identities,
        new_channels=reading.channels.missing(memory.fields.channel for memory in memories),
        names=Names(
            users={user.id: user.name for user in snapshot.users.values()},
            channels={channel.id: channel.name for channel in snapshot.channels.values()},
        ),
        new_matches=new_matches,
        revisions=tuple(each.revision for each in revised if not each.is_nothing),
        cancellations=cancelled,
        memories=memories,
        new_members=_new_to_the_organization(listed, snapshot),
        new_registrations=_new_to_the_tournament(listed, snapshot),
        skips=(*reading.skips, *(_unchanged(each) for each in revised if each.is_nothing)),
        warnings=reading.channels.warnings(memory.episode_id for memory in memories),
        to_confirm=in_turn({*expected, *due} - heard.mentioned - heard.asked, now),
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was heard, understood: who everybody is, what is known, which channel each episode is on."""

    snapshot: Snapshot
    skips: tuple[Skip, ...]
    followed: tuple[SpeedGamingEpisode, ...]
    sightings: Mapping[int, Sequence[Sighting]]
    identities: Identities
    known: Mapping[int, Known]
    channels: Channels

    def signups(self, episode_id: int) -> tuple[PlannedSignup, ...]:
        return signups_of(self.sightings[episode_id], self.identities.persons)

    def fields(self, episode: SpeedGamingEpisode) -> MatchFields:
        channel = self.channels.refs[episode.id]
        return MatchFields(episode.race_start, title_of(episode), channel, self.snapshot.tournament.id)


def _read(heard: Heard, snapshot: Snapshot, options: PlanOptions) -> _Reading:
    episodes = sorted(heard.episodes, key=lambda episode: episode.id)
    skips = tuple(skip for episode in episodes if (skip := reason_to_skip(episode, snapshot, options)))
    skipped = {skip.episode_id for skip in skips}
    followed = tuple(episode for episode in episodes if episode.id not in skipped)
    sightings = {episode.id: heard.sightings[episode.id] for episode in followed}
    identities = identify(
        _to_identify(sightings, snapshot),
        snapshot,
        match_tags=options.match_tags,
        unmergeable=options.unmergeable,
    )
    merged = {merge.placeholder_id: merge.user_id for merge in identities.merges}
    return _Reading(
        snapshot=snapshot,
        skips=skips,
        followed=followed,
        sightings=sightings,
        identities=identities,
        known=known_matches(snapshot, merged),
        channels=choose_channels(followed, snapshot, options.channel_language),
    )


def _to_identify(sightings: Mapping[int, Sequence[Sighting]], snapshot: Snapshot) -> Iterable[Sighting]:
    """Everybody, except that a frozen match, which gets nobody new, only tells of Discord ids."""
    for episode_id, group in sightings.items():
        match = snapshot.matches.get(episode_id)
        yield from (each for each in group if each.discord_id or not (match and match.frozen_by))


def signups_of(
    sightings: Sequence[Sighting], persons: Mapping[Sighting, Person]
) -> tuple[PlannedSignup, ...]:
    """One entry per role and person; whoever is listed twice there has both ids, and either approval."""
    listed: dict[Seat, list[Sighting]] = {}
    for sighting in sightings:
        listed.setdefault((sighting.role, persons[sighting]), []).append(sighting)
    return tuple(
        PlannedSignup(
            role=role,
            person=person,
            name=entries[0].name,
            feed_ids=tuple(sorted({entry.feed_id for entry in entries})),
            approved=any(entry.approved for entry in entries),
        )
        for (role, person), entries in listed.items()
    )


def _new_match(reading: _Reading, episode: SpeedGamingEpisode) -> NewMatch:
    return NewMatch(
        episode_id=episode.id,
        scheduled_at=episode.race_start,
        title=title_of(episode),
        channel=reading.channels.refs[episode.id],
        signups=reading.signups(episode.id),
    )


def _revised(reading: _Reading, episode: SpeedGamingEpisode, options: PlanOptions, now: datetime) -> Revised:
    known = reading.known[episode.id]
    if known.match.frozen_by:
        return leave_frozen(known, reading.fields(episode), reading.sightings[episode.id])
    return revise(known, reading.fields(episode), reading.signups(episode.id), options, now)


def _unchanged(each: Revised) -> Skip:
    match = each.revision.match
    return Skip(
        match.episode_id, SkipReason.KNOWN, f"Episode {match.episode_id} is known as match {match.id}"
    )


def _memory_of_new(match: NewMatch, snapshot: Snapshot) -> Memory:
    fields = MatchFields(match.scheduled_at, match.title, match.channel, snapshot.tournament.id)
    return Memory(match.episode_id, fields, match_id=None, remembered=match.signups)


def _memory_of_cancelled(cancellation: Cancellation, known: Mapping[int, Known]) -> Memory:
    match = cancellation.match
    return Memory(match.episode_id, known[match.episode_id].base, match.id, State.CANCELLED)


def _newly_listed(
    new_matches: Iterable[NewMatch], revised: Iterable[Revised], known: Mapping[int, Known]
) -> list[Seat]:
    """Everybody whom this plan brings into the tournament."""
    listed: list[Seat] = [signup.seat for match in new_matches for signup in match.signups]
    for revision in (each.revision for each in revised):
        listed += [signup.seat for signup in revision.added]
        moves = any(change.field == "tournament_id" for change in revision.changes)
        if revision.is_adopted or moves:
            listed += [
                seat for seat in known[revision.match.episode_id].people if seat not in revision.removed
            ]
    return listed


def _new_to_the_organization(listed: Iterable[Seat], snapshot: Snapshot) -> tuple[Person, ...]:
    members = {user.id for user in snapshot.users.values() if user.is_member}
    return tuple(dict.fromkeys(person for _, person in listed if person not in members))


def _new_to_the_tournament(listed: Iterable[Seat], snapshot: Snapshot) -> tuple[Person, ...]:
    registered = {user.id for user in snapshot.users.values() if user.is_registered}
    players = (person for role, person in listed if role is Role.PLAYER)
    return tuple(dict.fromkeys(person for person in players if person not in registered))
