"""From what SpeedGaming said and a snapshot to a plan. Pure: no database, no network, no clock."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.people.identity import Identities, Person, identify
from sgsync.people.sightings import Sighting, unsaid_roles
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
from sgsync.plan.importable import event_of, reason_to_skip
from sgsync.plan.known import ASKED, GIVEN_UP, LEFT, Known, known_matches
from sgsync.plan.match import title_of
from sgsync.plan.options import PlanOptions
from sgsync.plan.revise import Revised, Theirs, leave_frozen, miss_frozen, revise
from sgsync.plan.vanished import Absences, find_absences, today
from sgsync.snapshot.values import MatchFields, Role, Snapshot, State, Tournament


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
    left = _newly_left(reading)
    memories = (
        *(_memory_of_new(match, reading) for match in new_matches),
        *(each.memory for each in (*revised, *missed) if each.memory),
        *(_memory_of_cancelled(each, reading.known) for each in absences.cancellations),
    )
    memories += tuple(_notes(reading, left, absences, {memory.episode_id for memory in memories}, now))
    newcomers = _newly_listed(new_matches, revised, reading.known)
    return Plan(
        tournament=snapshot.tournament,
        identities=reading.identities,
        new_channels=reading.channels.missing(memory.fields.channel for memory in memories),
        names=_names(snapshot, reading.identities),
        new_matches=new_matches,
        revisions=tuple(each.revision for each in (*revised, *missed) if each.revision.tells_something),
        cancellations=absences.cancellations,
        left=left,
        memories=memories,
        new_members=_new_to_the_organization(newcomers, snapshot),
        new_registrations=_new_to_the_tournament(newcomers, snapshot),
        skips=(*reading.skips, *(_unchanged(each) for each in revised if not each.revision.tells_something)),
        warnings=reading.channels.warnings(memory.episode_id for memory in memories),
        to_confirm=absences.to_confirm,
    )


def _names(snapshot: Snapshot, identities: Identities) -> Names:
    newcomers = (
        (person, each.name) for each, person in identities.persons.items() if isinstance(person, str)
    )
    return Names(
        people={**{user.id: user.name for user in snapshot.users.values()}, **dict(newcomers)},
        channels={channel.id: channel.name for channel in snapshot.channels.values()},
    )


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was heard, understood: who everybody is, what is known, which channel each episode is on."""

    snapshot: Snapshot
    asked: frozenset[int]  # by id, because they were not listed
    skips: tuple[Skip, ...]
    followed: tuple[SpeedGamingEpisode, ...]
    sightings: Mapping[int, Sequence[Sighting]]
    identities: Identities
    merged: Mapping[int, int]  # placeholders, and the users that they turned out to be
    known: Mapping[int, Known]
    channels: Channels

    def signups(self, episode_id: int) -> tuple[PlannedSignup, ...]:
        return signups_of(self.sightings[episode_id], self.identities.persons)

    def theirs(self, episode: SpeedGamingEpisode, known: Known) -> Theirs:
        home, event = self.snapshot.tournament, event_of(episode)
        is_channel_left = episode.channels is None or _is_a_guest(known, home)
        channel = known.base.channel if is_channel_left else self.channels.refs[episode.id]
        # Without a word of anybody's and without players: the title was their names.
        title = title_of(episode) or known.base.title
        # Until the tournament that is synced with its new event takes it over, it counts as one of the old event.
        goes_elsewhere = event in self.snapshot.synced_slugs - {home.slug}
        return Theirs(
            MatchFields(episode.race_start, title, channel, home.id),
            self.channels.names[episode.id],
            event=known.event if goes_elsewhere else event,
            unsaid=unsaid_roles(episode),
            is_listed=episode.id not in self.asked,
        )

    def at_home(self, known: Known) -> Known:
        """`known`, if SpeedGaming moves its match here from another organization without the channel chosen there.

        That cannot be kept: channels belong to their organization.
        """
        home, fields = self.snapshot.tournament, known.match.fields
        if home.id in (fields.tournament_id, known.base.tournament_id):
            return known
        ours = {
            channel.id
            for channel in self.snapshot.channels.values()
            if channel.organization_id == home.organization_id
        }
        if fields.channel is None or fields.channel in ours:
            return known
        return replace(known, base=replace(known.base, channel=fields.channel))


def _is_a_guest(known: Known, home: Tournament) -> bool:
    """Whether somebody moved the match into another organization, which has channels of its own."""
    came_from_here = known.base.tournament_id == home.id
    return came_from_here and known.match.organization_id not in (None, home.organization_id)


def _read(heard: Heard, snapshot: Snapshot, options: PlanOptions) -> _Reading:
    episodes = sorted(heard.episodes, key=lambda episode: episode.id)
    reasons = (
        reason_to_skip(episode, snapshot, options, is_listed=episode.id not in heard.asked)
        for episode in episodes
    )
    skips = tuple(skip for skip in reasons if skip)
    skipped = {skip.episode_id for skip in skips}
    followed = tuple(episode for episode in episodes if episode.id not in skipped)
    sightings = {episode.id: heard.sightings[episode.id] for episode in followed}
    identities = _identify(heard, sightings.keys(), snapshot, options)
    merged = {merge.placeholder_id: merge.user_id for merge in identities.merges}
    return _Reading(
        snapshot=snapshot,
        asked=heard.asked,
        skips=skips,
        followed=followed,
        sightings=sightings,
        identities=identities,
        merged=merged,
        known=known_matches(snapshot, merged),
        channels=choose_channels(followed, snapshot, options.channel_language),
    )


def _identify(
    heard: Heard, followed: AbstractSet[int], snapshot: Snapshot, options: PlanOptions
) -> Identities:
    """Who everybody is. Nobody is created for a match that does not follow, but it tells who somebody is."""
    here = {
        id_ for id_, match in snapshot.matches.items() if match.fields.tournament_id == snapshot.tournament.id
    }
    frozen = {id_ for id_ in followed & snapshot.matches.keys() if snapshot.matches[id_].frozen_by}
    open_to_all = [each for id_ in followed - frozen for each in heard.sightings[id_]]
    closed = [each for id_ in frozen for each in heard.sightings[id_]]
    left = (here - followed) & heard.sightings.keys()
    telling = [each for id_ in left for each in heard.sightings[id_] if each.discord_id]
    identities = identify(
        [*open_to_all, *closed, *telling],
        snapshot,
        match_tags=options.match_tags,
        unmergeable=options.unmergeable,
    )
    return _without_strangers(identities, {identities.persons[each] for each in open_to_all})


def _without_strangers(identities: Identities, needed: AbstractSet[Person]) -> Identities:
    """`identities`, without the users who would be created and stand nowhere."""
    return replace(
        identities,
        new_users=tuple(user for user in identities.new_users if user.key in needed),
        new_placeholders=tuple(each for each in identities.new_placeholders if each.key in needed),
        aliases=tuple(
            each for each in identities.aliases if isinstance(each.person, int) or each.person in needed
        ),
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
        event=event_of(episode),
    )


def _revised(reading: _Reading, episode: SpeedGamingEpisode, options: PlanOptions, now: datetime) -> Revised:
    known = reading.known[episode.id]
    theirs, signups = reading.theirs(episode, known), reading.signups(episode.id)
    if known.match.frozen_by:
        return leave_frozen(known, theirs, signups, overwrite=options.overwrite)
    return revise(reading.at_home(known), theirs, signups, options, now)


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
        event=match.event,
        remembered=match.signups,
        forgotten=tuple(seat for seat in dict.fromkeys(before) if seat not in seats),
    )


def _memory_of_cancelled(cancellation: Cancellation, known: Mapping[int, Known]) -> Memory:
    match = cancellation.match
    here = known[match.episode_id]
    told = {GIVEN_UP: "yes"} if cancellation.delete else {}
    return Memory(match.episode_id, here.base, match.id, here.event, State.CANCELLED, told)


def _newly_left(reading: _Reading) -> tuple[Skip, ...]:
    """What is left as it is although it was imported once, and for a reason that its history does not have yet."""
    ledger, home = reading.snapshot.ledger, reading.snapshot.tournament.id
    return tuple(
        skip
        for skip in reading.skips
        if skip.reason in LEFT
        and (entry := ledger.get(skip.episode_id))
        and entry.base.tournament_id == home
        and skip.reason not in entry.told
    )


def _notes(
    reading: _Reading,
    left: Iterable[Skip],
    absences: Absences,
    remembered: AbstractSet[int],
    now: datetime,
) -> Iterator[Memory]:
    """What the ledger is told of episodes about which nothing else is remembered."""
    notes: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for skip in left:
        notes[skip.episode_id][skip.reason] = "yes"
    for episode_id in absences.unfinished:
        notes[episode_id][ASKED] = today(now)
    for episode_id in sorted(notes.keys() - remembered):
        entry = reading.snapshot.ledger[episode_id]
        yield Memory(
            episode_id,
            entry.base,
            entry.match_id,
            entry.event,
            entry.state,
            told={**entry.told, **notes[episode_id]},
        )


def _newly_listed(
    new_matches: Iterable[NewMatch], revised: Iterable[Revised], known: Mapping[int, Known]
) -> list[Seat]:
    """Everybody whom this plan brings into the tournament."""
    listed: list[Seat] = [signup.seat for match in new_matches for signup in match.signups]
    for each in revised:
        here = known[each.revision.match.episode_id]
        listed += [signup.seat for signup in each.revision.added]
        if each.memory:
            listed += [
                signup.seat for signup in each.memory.remembered if signup.seat not in here.base_people
            ]
        if each.revision.is_adopted or _has_moved(each, here):
            listed += [seat for seat in here.people if seat not in each.revision.removed]
    return listed


def _has_moved(each: Revised, known: Known) -> bool:
    return each.memory is not None and each.memory.fields.tournament_id != known.base.tournament_id


def _new_to_the_organization(listed: Iterable[Seat], snapshot: Snapshot) -> tuple[Person, ...]:
    members = {user.id for user in snapshot.users.values() if user.is_member}
    return tuple(dict.fromkeys(person for _, person in listed if person not in members))


def _new_to_the_tournament(listed: Iterable[Seat], snapshot: Snapshot) -> tuple[Person, ...]:
    registered = {user.id for user in snapshot.users.values() if user.is_registered}
    players = (person for role, person in listed if role is Role.PLAYER)
    return tuple(dict.fromkeys(person for person in players if person not in registered))
