"""From what SpeedGaming said and a snapshot to a plan. Pure: no database, no network, no clock."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.people.identity import Identities, Person
from sgsync.plan.actions import Guest, Memory, Names, NewMatch, Plan, Seat, Skip, SkipReason
from sgsync.plan.heard import Heard
from sgsync.plan.importable import event_of
from sgsync.plan.known import Known
from sgsync.plan.match import title_of
from sgsync.plan.memories import memory_of_cancelled, memory_of_new, newly_left, notes_of
from sgsync.plan.options import PlanOptions
from sgsync.plan.reading import Reading, read
from sgsync.plan.revise import Revised, leave_frozen, miss_frozen, revise
from sgsync.plan.vanished import find_absences
from sgsync.snapshot.values import Role, Snapshot


def make_plan(heard: Heard, snapshot: Snapshot, options: PlanOptions, now: datetime) -> Plan:
    """What must change so that the tournament of `snapshot` shows what was `heard`.

    The order of the episodes does not matter.
    """
    reading = read(heard, snapshot, options)
    absences = find_absences(reading.known, heard, snapshot, options, now)
    if absences.distrust:
        return Plan(snapshot.tournament, distrust=absences.distrust)
    new_matches = tuple(
        _new_match(reading, each) for each in reading.followed if each.id not in reading.known
    )
    revised = [_revised(reading, each, options, now) for each in reading.followed if each.id in reading.known]
    missed = [miss_frozen(reading.known[episode_id]) for episode_id in absences.frozen]
    cancelled = {each.match.episode_id for each in absences.cancellations}
    left = tuple(skip for skip in newly_left(reading) if skip.episode_id not in cancelled)
    memories = (
        *(memory_of_new(match, reading) for match in new_matches),
        *(each.memory for each in (*revised, *missed) if each.memory),
        *(memory_of_cancelled(each, reading.known) for each in absences.cancellations),
    )
    memories += tuple(notes_of(reading, left, absences, memories, now))
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
        claimed=_claimed(memories, snapshot),
        new_members=_new_to_the_organization(newcomers, snapshot),
        new_registrations=_new_to_the_tournament(newcomers, snapshot),
        guests=tuple(_guests(revised, snapshot)),
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


def _claimed(memories: Iterable[Memory], snapshot: Snapshot) -> tuple[int, ...]:
    """The matches that were not their episode's before: somebody may have given them its number by hand."""
    ledger = snapshot.ledger
    return tuple(
        each.match_id
        for each in memories
        if each.match_id is not None
        and (each.episode_id not in ledger or ledger[each.episode_id].match_id != each.match_id)
    )


def _new_match(reading: Reading, episode: SpeedGamingEpisode) -> NewMatch:
    return NewMatch(
        episode_id=episode.id,
        scheduled_at=episode.race_start,
        title=title_of(episode),
        channel=reading.channels.refs[episode.id],
        signups=reading.signups(episode.id),
        event=event_of(episode),
    )


def _revised(reading: Reading, episode: SpeedGamingEpisode, options: PlanOptions, now: datetime) -> Revised:
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


def _guests(revised: Iterable[Revised], snapshot: Snapshot) -> Iterator[Guest]:
    """Everybody whom this plan brings into matches that somebody moved to another tournament."""
    for each in revised:
        revision = each.revision
        place, organization_id = revision.fields.tournament_id, revision.match.organization_id
        if place != snapshot.tournament.id and organization_id is not None:
            for signup in revision.added:
                yield Guest(organization_id, place, signup.role, signup.person)


def _has_moved(each: Revised, known: Known) -> bool:
    """Whether the match comes into this tournament: with its episode, or back from where somebody moved it."""
    comes_back = any(change.field == "tournament_id" for change in each.revision.changes)
    return comes_back or (
        each.memory is not None and each.memory.fields.tournament_id != known.base.tournament_id
    )


def _new_to_the_organization(listed: Iterable[Seat], snapshot: Snapshot) -> tuple[Person, ...]:
    members = {user.id for user in snapshot.users.values() if user.is_member}
    return tuple(dict.fromkeys(person for _, person in listed if person not in members))


def _new_to_the_tournament(listed: Iterable[Seat], snapshot: Snapshot) -> tuple[Person, ...]:
    registered = {user.id for user in snapshot.users.values() if user.is_registered}
    players = (person for role, person in listed if role is Role.PLAYER)
    return tuple(dict.fromkeys(person for person in players if person not in registered))
