"""A model of the database that plans are applied to: what `sgsync.apply` and the merge do, on plain values."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sgsync.fetch.window import Window
from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.people.identity import Merge, Person
from sgsync.plan.actions import Memory, NewMatch, Plan, PlannedSignup, Revision
from sgsync.plan.chronicle import Event, chronicle
from sgsync.plan.heard import Heard
from sgsync.plan.lookups import lookups_for
from sgsync.plan.options import PlanOptions
from sgsync.plan.planner import make_plan
from sgsync.snapshot.lookups import Lookups
from sgsync.snapshot.values import (
    Channel,
    ChannelRef,
    Entry,
    KnownMatch,
    LedgerEntry,
    MatchFields,
    Role,
    Signup,
    Snapshot,
    State,
    Tournament,
)
from tests.people.world import People
from tests.plan.episodes import NOW, hear
from tests.snapshots import TOURNAMENT_ID, make_tournament

Feed = dict[int, SpeedGamingEpisode]
"""All that SpeedGaming has, by episode id."""


@dataclass
class World:
    """The tables as values, and the clock."""

    tournaments: dict[int, Tournament] = field(default_factory=lambda: {TOURNAMENT_ID: make_tournament()})
    people: People = field(default_factory=People)
    channels: dict[str, Channel] = field(default_factory=dict)
    matches: dict[int, KnownMatch] = field(default_factory=dict)  # by their own id
    ledger: dict[int, LedgerEntry] = field(default_factory=dict)
    registered: set[tuple[int, int]] = field(default_factory=set)  # tournament and user
    history: list[Event] = field(default_factory=list)
    finished: dict[int, datetime] = field(default_factory=dict)  # by match id
    now: datetime = NOW

    # What sgsync does

    def plan(self, heard: Heard, tournament_id: int = TOURNAMENT_ID, **options: Any) -> Plan:
        """What sgsync would do, seeing only what its SELECT finds."""
        settings = PlanOptions(**options)
        due = None if settings.auto_finish is None else self.now - settings.auto_finish
        lookups = lookups_for(heard, match_tags=settings.match_tags, finished_before=due)
        found = found_with(lookups, self.snapshot(tournament_id))
        return make_plan(heard, found, settings, self.now)

    def plan_of(self, *episodes: SpeedGamingEpisode, **options: Any) -> Plan:
        """What would follow from these episodes, as a part of a schedule."""
        return self.plan(hear(*episodes), **options)

    def hear(self, *episodes: SpeedGamingEpisode, **options: Any) -> Plan:
        return self.do(self.plan_of(*episodes, **options))

    def asked(self, *episode_ids: int, gone: bool = False, found: Iterable[SpeedGamingEpisode] = ()) -> Heard:
        """An otherwise empty answer, after these episodes were asked for by id: all of them `gone`, or `found`."""
        return hear(window=self.window).after_asking(found, episode_ids, episode_ids if gone else ())

    @property
    def window(self) -> Window:
        return Window(self.now - timedelta(hours=2), self.now + timedelta(days=30))

    def do(self, plan: Plan) -> Plan:
        _apply(plan, self)
        return plan

    def run(
        self,
        feed: Feed,
        tournament_id: int = TOURNAMENT_ID,
        *,
        malformed: Iterable[int] = (),
        unanswered: Iterable[int] = (),
        most_questions: int = 20,
        **options: Any,
    ) -> Plan:
        """A whole run: the schedule, then the questions by id, of which some get no answer."""
        malformed, unanswered = set(malformed), set(unanswered)
        slug = self.tournaments[tournament_id].slug
        window = self.window
        listed = [
            episode
            for episode in feed.values()
            if (episode.event and episode.event.slug) == slug and window.since <= episode.when <= window.until
        ]
        readable = [episode for episode in listed if episode.id not in malformed]
        heard = hear(*readable, malformed=malformed & {each.id for each in listed}, window=window)
        first = self.plan(heard, tournament_id, **options)
        if not first.to_confirm or not most_questions:
            return self.do(first)
        asked = first.to_confirm[:most_questions]
        answered = [id_ for id_ in asked if id_ not in unanswered | malformed]
        found = [feed[id_] for id_ in answered if id_ in feed]
        heard = heard.after_asking(found, asked, [id_ for id_ in answered if id_ not in feed])
        return self.do(self.plan(heard, tournament_id, **options))

    # What people do in the application

    def edit(self, episode_id: int, **fields: Any) -> None:
        match = self.match(episode_id)
        self.matches[match.id] = replace(match, fields=replace(match.fields, **fields))

    def freeze(self, episode_id: int, why: str | None = "it has started") -> None:
        match = self.match(episode_id)
        self.matches[match.id] = replace(match, frozen_by=why)

    def save(self, episode_id: int) -> None:
        """Somebody saves the match in the application, whatever they changed."""
        match = self.match(episode_id)
        self.matches[match.id] = replace(match, saved_at=f"{match.saved_at} and later")

    def seat(self, episode_id: int, role: Role, user_id: int, **entry: Any) -> None:
        """Put somebody into a match, or change the row that he has there."""
        match = self.match(episode_id)
        row = (self._row(match, role, user_id) or Entry(role, user_id))._replace(**entry)
        self.matches[match.id] = replace(match, entries=(*_without(match, role, user_id), row))

    def unseat(self, episode_id: int, role: Role, user_id: int) -> None:
        match = self.match(episode_id)
        self.matches[match.id] = replace(match, entries=_without(match, role, user_id))

    def delete(self, episode_id: int) -> None:
        self.delete_match(self.match(episode_id).id)

    def delete_match(self, match_id: int) -> None:
        episode_id = self.matches.pop(match_id).episode_id
        if episode_id in self.ledger:
            self.ledger[episode_id] = replace(self.ledger[episode_id], match_id=None)

    def forget(self) -> None:
        """`DROP SCHEMA sgsync CASCADE`: what is left might be the application's own importer's."""
        self.ledger.clear()
        self.history.clear()
        self.people.signups.clear()
        self.people.aliases.clear()

    # What there is

    def match(self, episode_id: int) -> KnownMatch:
        (match,) = (match for match in self.matches.values() if match.episode_id == episode_id)
        return match

    def has_match(self, episode_id: int) -> bool:
        return any(match.episode_id == episode_id for match in self.matches.values())

    def row(self, episode_id: int, role: Role, user_id: int) -> Entry | None:
        return self._row(self.match(episode_id), role, user_id)

    @staticmethod
    def _row(match: KnownMatch, role: Role, user_id: int) -> Entry | None:
        return next((row for row in match.entries if (row.role, row.user_id) == (role, user_id)), None)

    def names(self, episode_id: int, role: Role = Role.PLAYER) -> list[str]:
        """Who stands in a match, in alphabetical order."""
        users = self.people.users
        return sorted(users[row.user_id].name for row in self.match(episode_id).entries if row.role == role)

    def user_id(self, name: str) -> int:
        (user,) = (user for user in self.people.users.values() if user.name == name)
        return user.id

    def snapshot(self, tournament_id: int = TOURNAMENT_ID) -> Snapshot:
        """Everything."""
        users = {
            user.id: replace(user, is_registered=(tournament_id, user.id) in self.registered)
            for user in self.people.users.values()
        }
        slugs = {tournament.slug for tournament in self.tournaments.values() if tournament.is_enabled}
        return Snapshot(
            tournament=self.tournaments[tournament_id],
            users=users,
            aliases=dict(self.people.aliases),
            channels=dict(self.channels),
            matches={match.episode_id: self._with_slug(match) for match in self.matches.values()},
            ledger=dict(self.ledger),
            signups=tuple(self.people.signups.values()),
            synced_slugs=frozenset(slug for slug in slugs if slug),
        )

    def _with_slug(self, match: KnownMatch) -> KnownMatch:
        return replace(match, tournament_slug=self.tournaments[match.fields.tournament_id].slug)


def _without(match: KnownMatch, role: Role, user_id: int) -> tuple[Entry, ...]:
    return tuple(row for row in match.entries if (row.role, row.user_id) != (role, user_id))


def found_with(lookups: Lookups, whole: Snapshot) -> Snapshot:
    """The part of `whole` that the snapshot's SELECT finds for `lookups`."""
    ledger = {id_: entry for id_, entry in whole.ledger.items() if _is_found(entry, lookups, whole)}
    known = {entry.match_id for entry in ledger.values()}
    matches = {
        id_: match for id_, match in whole.matches.items() if id_ in lookups.episode_ids or match.id in known
    }
    signups = tuple(signup for signup in whole.signups if signup.episode_id in ledger)
    people = {alias.user_id for key, alias in whole.aliases.items() if key in lookups.aliases}
    people |= {signup.user_id for signup in signups}
    people |= {entry.user_id for match in matches.values() for entry in match.entries}
    people |= {
        user.id
        for user in whole.users.values()
        if user.discord_id in lookups.discord_ids
        or (user.is_placeholder and user.username in lookups.placeholder_names)
        or user.username.lower() in lookups.usernames
    }
    channels = {match.fields.channel for match in matches.values()}
    return replace(
        whole,
        users={id_: user for id_, user in whole.users.items() if id_ in people},
        aliases={key: alias for key, alias in whole.aliases.items() if alias.user_id in people},
        channels={
            name: channel
            for name, channel in whole.channels.items()
            if name in lookups.channel_names or channel.id in channels
        },
        matches=matches,
        ledger=ledger,
        signups=signups,
    )


def _is_found(entry: LedgerEntry, lookups: Lookups, whole: Snapshot) -> bool:
    start, window, due = entry.base.scheduled_at, lookups.listed_between, lookups.finished_before
    is_ours = entry.base.tournament_id == whole.tournament.id and entry.state is State.ACTIVE
    return entry.episode_id in lookups.episode_ids or bool(
        is_ours
        and entry.match_id is not None
        and start
        and (
            (window and window.since <= start <= window.until)
            or (due and start <= due and not _is_frozen(entry, whole))
        )
    )


def _is_frozen(entry: LedgerEntry, whole: Snapshot) -> bool:
    return any(match.id == entry.match_id and match.frozen_by for match in whole.matches.values())


# Applying a plan, in the order of `sgsync.apply.tables.apply_plan`; asserts are the database's constraints.


@dataclass
class _Ids:
    users: dict[str, int]
    channels: dict[str, int]
    matches: dict[int, int] = field(default_factory=dict)

    def user(self, person: Person) -> int:
        return person if isinstance(person, int) else self.users[person]

    def channel(self, ref: ChannelRef) -> int | None:
        return self.channels[ref] if isinstance(ref, str) else ref


def _apply(plan: Plan, world: World) -> None:
    for merge in plan.identities.merges:
        _merge(merge, world)
    ids = _Ids(world.people.learn(plan.identities), _create_channels(plan, world))
    for match in plan.new_matches:
        _create_match(match, plan, ids, world)
    for person in plan.new_members:
        user = world.people.users[ids.user(person)]
        world.people.users[user.id] = replace(user, is_member=True)
    world.registered |= {(plan.tournament.id, ids.user(person)) for person in plan.new_registrations}
    world.registered |= {
        (guest.tournament_id, ids.user(guest.person)) for guest in plan.guests if guest.role is Role.PLAYER
    }
    for revision in plan.revisions:
        _revise(revision, ids, world)
    for memory in plan.memories:
        _remember(memory, ids, world, is_gone=memory.episode_id in {skip.episode_id for skip in plan.left})
    events = list(chronicle(plan))
    assert {event.episode_id for event in events} <= world.ledger.keys()
    world.history += events
    for cancellation in plan.cancellations:
        if cancellation.delete:
            world.delete_match(cancellation.match.id)


def _merge(merge: Merge, world: World) -> None:
    """Where both stand in a match, one row stays and keeps what the other knew."""
    for match in world.matches.values():
        rows: dict[tuple[Role, int], Entry] = {}
        for row in match.entries:
            user_id = merge.user_id if row.user_id == merge.placeholder_id else row.user_id
            other = rows.get((row.role, user_id))
            rows[row.role, user_id] = Entry(
                row.role,
                user_id,
                row.approved or bool(other and other.approved),
                row.is_pristine and (other is None or other.is_pristine),
            )
        world.matches[match.id] = replace(match, entries=tuple(rows.values()))
    world.registered = {
        (tournament_id, merge.user_id if user_id == merge.placeholder_id else user_id)
        for tournament_id, user_id in world.registered
    }


def _create_channels(plan: Plan, world: World) -> dict[str, int]:
    ids = {channel.name: 30 + len(world.channels) + n for n, channel in enumerate(plan.new_channels, 1)}
    assert not ids.keys() & world.channels.keys()
    for name, id_ in ids.items():
        world.channels[name] = Channel(id_, name, plan.tournament.organization_id)
    return ids


def _create_match(new: NewMatch, plan: Plan, ids: _Ids, world: World) -> None:
    assert not world.has_match(new.episode_id)
    fields = MatchFields(new.scheduled_at, new.title, ids.channel(new.channel), plan.tournament.id)
    id_ = ids.matches[new.episode_id] = max((900, *world.matches, *_ever(world))) + 1
    world.matches[id_] = KnownMatch(
        id_, new.episode_id, fields, entries=_rows(new.signups, ids), saved_at="import"
    )


def _ever(world: World) -> Iterable[int]:
    return (entry.match_id for entry in world.ledger.values() if entry.match_id)


def _rows(signups: Iterable[PlannedSignup], ids: _Ids) -> tuple[Entry, ...]:
    return tuple(
        Entry(signup.role, ids.user(signup.person), signup.approved and signup.role is not Role.PLAYER)
        for signup in signups
    )


def _revise(revision: Revision, ids: _Ids, world: World) -> None:
    match = world.matches[revision.match.id]
    if revision.changes_match:
        assert match.frozen_by is None
        assert match.fields == revision.match.fields
    fields = revision.fields
    rows = {(row.role, row.user_id): row for row in match.entries}
    for role, person in revision.removed:
        seat = (role, ids.user(person))
        if seat in rows and rows[seat].is_pristine:
            del rows[seat]
    for row in _rows(revision.approvals, ids):
        before = rows[row.role, row.user_id]
        if before.is_pristine:
            rows[row.role, row.user_id] = before._replace(approved=row.approved)
    for row in _rows(revision.added, ids):
        rows.setdefault((row.role, row.user_id), row)
    world.matches[match.id] = replace(
        match,
        fields=replace(fields, channel=ids.channel(fields.channel)),
        entries=tuple(rows.values()),
        frozen_by="it is finished" if revision.finished_at else match.frozen_by,
    )
    if revision.finished_at:
        world.finished[match.id] = revision.finished_at


def _remember(memory: Memory, ids: _Ids, world: World, *, is_gone: bool) -> None:
    match_id = memory.match_id or ids.matches.get(memory.episode_id)
    assert match_id in world.matches or (is_gone and match_id is None)
    base = replace(memory.fields, channel=ids.channel(memory.fields.channel))
    saved_at = world.matches[match_id].saved_at if match_id else None
    if memory.is_saved_here:
        saved_at = world.ledger[memory.episode_id].saved_at
    world.ledger[memory.episode_id] = LedgerEntry(
        memory.episode_id, match_id, base, memory.state, dict(memory.told), memory.event, saved_at
    )
    for role, person in memory.forgotten:
        world.people.signups.pop((memory.episode_id, role, ids.user(person)), None)
    for signup in memory.remembered:
        world.people.sign_up(
            Signup(memory.episode_id, signup.role, ids.user(signup.person), signup.feed_ids, signup.approved)
        )
