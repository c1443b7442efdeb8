"""From what SpeedGaming said and a snapshot to a plan. Pure: no database, no network, no clock."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.people.identity import Identities, Person, identify
from sgsync.people.sightings import Sighting, sightings_of
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
from sgsync.plan.revise import Revised, leave_frozen, miss_frozen, revise
from sgsync.plan.vanished import find_absences
from sgsync.snapshot.values import MatchFields, Role, Snapshot, State


def make_plan(heard: Heard, snapshot: Snapshot, options: PlanOptions, now: datetime) -> Plan:
    """What must change so that the tournament of `snapshot` shows what was `heard`.

    The order of the episodes does not matter.
    """
    reading = _read(heard, snapshot, options)
    absences = find_absences(reading.known, heard, snapshot, options, now)
    if absences.distrust:
        return Plan(snapshot.tournament, distrust=absences.distrust)
    new_matches = tuple(
        _new_match(reading, each) for each in reading.followed if each.id not in reading.known
    )
    revised = [_revised(reading, each, options, now) for each in reading.followed if each.id in reading.known]
    missed = [miss_frozen(reading.known[episode_id]) for episode_id in absences.frozen]
    memories = (
        *(_memory_of_new(match, reading) for match in new_matches),
        *(each.memory for each in (*revised, *missed) if each.memory),
        *(_memory_of_cancelled(each, reading.known) for each in absences.cancellations),
    )
    newcomers = _newly_listed(new_matches, revised, reading.known)
    return Plan(
        tournament=snapshot.tournament,
        identities=reading.identities,
        new_channels=reading.channels.missing(memory.fields.channel for memory in memories),
        names=_names(snapshot),
        new_matches=new_matches,
        revisions=tuple(each.revision for each in (*revised, *missed) if not each.is_nothing),
        cancellations=absences.cancellations,
        memories=memories,
        new_members=_new_to_the_organization(newcomers, snapshot),
        new_registrations=_new_to_the_tournament(newcomers, snapshot),
        skips=(*reading.skips, *(_unchanged(each) for each in revised if each.is_nothing)),
        warnings=reading.channels.warnings(memory.episode_id for memory in memories),
        to_confirm=absences.to_confirm,
    )


def _names(snapshot: Snapshot) -> Names:
    return Names(
        users={user.id: user.name for user in snapshot.users.values()},
        channels={channel.id: channel.name for channel in snapshot.channels.values()},
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was heard, understood: who everybody is, what is known, which channel each episode is on."""

    snapshot: Snapshot
    skips: tuple[Skip, ...]
    followed: tuple[SpeedGamingEpisode, ...]
    sightings: Mapping[int, Sequence[Sighting]]
    identities: Identities
    merged: Mapping[int, int]  # placeholders, and the users that they turned out to be
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
    sightings = {episode.id: sightings_of(episode) for episode in followed}
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
        merged=merged,
        known=known_matches(snapshot, merged),
        channels=choose_channels(followed, snapshot, options.channel_language),
    )


def _to_identify(sightings: Mapping[int, Sequence[Sighting]], snapshot: Snapshot) -> Iterable[Sighting]:
    """Everybody, except that a frozen match, which gets nobody new, only tells whose a Discord id is."""
    known = {user.discord_id for user in snapshot.users.values()}
    for episode_id, group in sightings.items():
        match = snapshot.matches.get(episode_id)
        if match and match.frozen_by:
            yield from (each for each in group if each.discord_id and _is_somebody(each, known, snapshot))
        else:
            yield from group


def _is_somebody(sighting: Sighting, discord_ids: AbstractSet[int | None], snapshot: Snapshot) -> bool:
    """Whether the Discord id is a known user's, or will be a known placeholder's."""
    aliases = (snapshot.aliases.get(key) for key in (sighting.player_alias, sighting.tag_alias) if key)
    people = (snapshot.users.get(alias.user_id) for alias in aliases if alias)
    names = {user.username for user in snapshot.users.values() if user.is_placeholder}
    return (
        sighting.discord_id in discord_ids
        or any(user and user.is_placeholder for user in people)
        or (sighting.is_player and sighting.placeholder_name in names)
    )


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
        channel = reading.channels.names[episode.id]
        return leave_frozen(known, reading.fields(episode), channel, reading.sightings[episode.id])
    return revise(known, reading.fields(episode), reading.signups(episode.id), options, now)


def _unchanged(each: Revised) -> Skip:
    match = each.revision.match
    return Skip(
        match.episode_id, SkipReason.KNOWN, f"Episode {match.episode_id} is known as match {match.id}"
    )


def _memory_of_new(match: NewMatch, reading: _Reading) -> Memory:
    """What is remembered of a new match; of one that comes back, who stood in the old one is forgotten."""
    seats = {signup.seat for signup in match.signups}
    before = (
        (signup.role, reading.merged.get(signup.user_id, signup.user_id))
        for signup in reading.snapshot.signups
        if signup.episode_id == match.episode_id
    )
    return Memory(
        match.episode_id,
        MatchFields(match.scheduled_at, match.title, match.channel, reading.snapshot.tournament.id),
        match_id=None,
        remembered=match.signups,
        forgotten=tuple(seat for seat in dict.fromkeys(before) if seat not in seats),
    )


def _memory_of_cancelled(cancellation: Cancellation, known: Mapping[int, Known]) -> Memory:
    match = cancellation.match
    return Memory(match.episode_id, known[match.episode_id].base, match.id, State.CANCELLED)


def _newly_listed(
    new_matches: Iterable[NewMatch], revised: Iterable[Revised], known: Mapping[int, Known]
) -> list[Seat]:
    """Everybody whom this plan brings into the tournament."""
    listed: list[Seat] = [signup.seat for match in new_matches for signup in match.signups]
    for revision, memory in ((each.revision, each.memory) for each in revised):
        listed += [signup.seat for signup in revision.added]
        here = known[revision.match.episode_id]
        has_moved = memory is not None and memory.fields.tournament_id != here.base.tournament_id
        if revision.is_adopted or has_moved:
            listed += [seat for seat in here.people if seat not in revision.removed]
    return listed


def _new_to_the_organization(listed: Iterable[Seat], snapshot: Snapshot) -> tuple[Person, ...]:
    members = {user.id for user in snapshot.users.values() if user.is_member}
    return tuple(dict.fromkeys(person for _, person in listed if person not in members))


def _new_to_the_tournament(listed: Iterable[Seat], snapshot: Snapshot) -> tuple[Person, ...]:
    registered = {user.id for user in snapshot.users.values() if user.is_registered}
    players = (person for role, person in listed if role is Role.PLAYER)
    return tuple(dict.fromkeys(person for person in players if person not in registered))
