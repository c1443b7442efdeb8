"""Laws over whatever happens in whatever order: at SpeedGaming, in the application, on the wire."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sgsync.people.identity import identify
from sgsync.people.sightings import sightings_of
from sgsync.plan.actions import Plan, SkipReason
from sgsync.plan.reconcile import FIELDS
from sgsync.snapshot.values import Entry, KnownMatch, Role, State
from tests.plan.episodes import hear
from tests.plan.upstream import Upstream
from tests.plan.world import Feed, World
from tests.snapshots import START, make_known_channel, make_tournament

EPISODES = range(1, 5)
SYNCED = {"alttprleague": 5, "smz3": 6}
AFTER = timedelta(hours=6)

episode_ids = st.sampled_from(EPISODES)
people = st.sampled_from(range(1, 5))
tournament_ids = st.sampled_from((5, 5, 6))
some_episodes = st.frozensets(episode_ids, max_size=2)

FIELD_EDITS = st.one_of(
    st.tuples(st.just("title"), st.sampled_from(("Edited", "Week 1", "Week 2", None))),
    st.tuples(st.just("scheduled_at"), st.sampled_from((START, None, START + timedelta(hours=2)))),
    st.tuples(st.just("channel"), st.sampled_from((31, 32, None))),
    st.tuples(st.just("tournament_id"), st.sampled_from((5, 6))),
)
"""Some of them happen to be what SpeedGaming says, or will say."""

FEED_EDITS = st.one_of(
    st.fixed_dictionaries({"hours": st.sampled_from((2, 1, 5, 24 * 60))}),
    st.fixed_dictionaries({"title": st.sampled_from(("Week 2", "Week 1", "Week 3"))}),
    st.fixed_dictionaries({"channel": st.sampled_from(("B", "A", None, "Fresh", "Foreign"))}),
    st.fixed_dictionaries({"event": st.sampled_from(("smz3", *SYNCED, "nobody-imports-this"))}),
    st.fixed_dictionaries({"is_held": st.sampled_from((False, False, True)), "signup": st.integers(1, 9)}),
)

numbers = st.integers(0, 9)


def _call(name: str, *arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, tuple[Any, ...]]]:
    return st.tuples(st.just(name), st.tuples(*arguments))


ORGANISERS = st.one_of(
    _call("change", episode_ids, FEED_EDITS),
    _call("change", episode_ids, FEED_EDITS),
    _call("toggle", episode_ids, st.sampled_from(("players", "crew", "approved", "identified")), people),
    _call("toggle", episode_ids, st.sampled_from(("players", "crew", "approved", "identified")), people),
    _call("schedule", st.frozensets(episode_ids)),
    _call("withdraw", st.frozensets(episode_ids)),
)
STAFF = st.one_of(
    _call("sign_in", people),
    _call("edit", episode_ids, FIELD_EDITS),
    _call("edit", episode_ids, FIELD_EDITS),
    _call("add_somebody", episode_ids, st.sampled_from((Role.PLAYER, Role.TRACKER)), numbers),
    _call("remove_somebody", episode_ids, numbers),
    _call("work_on_somebody", episode_ids, numbers, st.booleans()),
    _call("freeze_or_thaw", episode_ids),
    _call("delete", episode_ids),
)
SYNCS = st.one_of(
    _call("sync", tournament_ids, st.booleans()),
    _call("sync", tournament_ids, st.booleans()),
    _call("sync_and_finish", tournament_ids, st.booleans()),
    _call(
        "sync_in_bad_weather",
        tournament_ids,
        st.booleans(),
        some_episodes,
        some_episodes,
        st.integers(0, 2),
    ),
    _call("hear_a_part", tournament_ids, st.booleans(), st.permutations(EPISODES)),
    _call("bring_back"),
    _call("wait", st.sampled_from((4, 12))),
)
Day = list[tuple[str, tuple[Any, ...]]]
DAYS: st.SearchStrategy[Day] = st.tuples(
    st.lists(ORGANISERS, min_size=3, max_size=6),
    st.lists(STAFF, min_size=1, max_size=4),
    st.lists(SYNCS, min_size=1, max_size=3),
).map(lambda parts: [call for part in parts for call in part])

Seat = tuple[int, Role, int]


class Season:
    """What organisers, staff and sgsync do to a few episodes.

    `edits`, `seated` and `unseated` is local work that must stay: until SpeedGaming says the same,
    which makes it nobody's edit any more.
    """

    def __init__(self, accounts: Iterable[int] = ()) -> None:
        tournaments = {id_: make_tournament(id_, slug=slug) for slug, id_ in SYNCED.items()}
        channels = [make_known_channel(31, "A"), make_known_channel(32, "B")]
        channels.append(make_known_channel(40, "Foreign", organization_id=99))
        self.world = World(tournaments, channels={channel.name: channel for channel in channels})
        self.upstream: dict[int, Upstream] = {}
        self.edits: dict[tuple[int, str], Any] = {}
        self.seated: set[Seat] = set()
        self.unseated: set[Seat] = set()
        self.ever_seated: set[Seat] = set()
        self.deleted: set[int] = set()

        self.schedule(frozenset(EPISODES))
        self.world.people.add("guest")
        for number in accounts:
            self.sign_in(number)

    @property
    def feed(self) -> Feed:
        return {id_: each.as_episode() for id_, each in self.upstream.items()}

    def live(self, day: Day) -> None:
        for name, arguments in day:
            getattr(self, name)(*arguments)
            self.check()

    # What organisers do

    def schedule(self, ids: frozenset[int]) -> None:
        self.upstream |= {id_: Upstream(id_) for id_ in ids - self.upstream.keys()}

    def withdraw(self, ids: frozenset[int]) -> None:
        for id_ in ids:
            self.upstream.pop(id_, None)

    def change(self, id_: int, change: dict[str, Any]) -> None:
        if id_ in self.upstream:
            self.upstream[id_] = replace(self.upstream[id_], **change)

    def toggle(self, id_: int, of: str, number: int) -> None:
        if id_ in self.upstream:
            self.change(id_, {of: getattr(self.upstream[id_], of) ^ {number}})

    # What people of the application do

    def sign_in(self, number: int) -> None:
        """Discord sign-in knows only the Discord id: somebody with a placeholder is a new user."""
        users = self.world.people.users.values()
        if all(user.discord_id != 100 + number for user in users):
            self.world.people.add(f"user{number}", discord_id=100 + number)

    def edit(self, id_: int, edit: tuple[str, Any]) -> None:
        if not self.world.has_match(id_):
            return
        field, value = edit
        self.world.edit(id_, **{field: value})
        self.edits[id_, field] = value
        if value == getattr(self.world.ledger[id_].base, field):
            del self.edits[id_, field]

    def add_somebody(self, id_: int, role: Role, number: int) -> None:
        if self.world.has_match(id_):
            users = sorted(self.world.people.users)
            user_id = users[number % len(users)]
            self.world.seat(id_, role, user_id)
            self.ever_seated.add((id_, role, user_id))
            self.unseated.discard((id_, role, user_id))
            if (id_, role, user_id) not in self.world.people.signups:
                self.seated.add((id_, role, user_id))

    def remove_somebody(self, id_: int, number: int) -> None:
        if row := self._somebody(id_, number):
            self.world.unseat(id_, row.role, row.user_id)
            self.seated.discard((id_, row.role, row.user_id))
            if (id_, row.role, row.user_id) in self.world.people.signups:
                self.unseated.add((id_, row.role, row.user_id))

    def work_on_somebody(self, id_: int, number: int, approved: bool) -> None:
        """A rank or a station; an approver."""
        if row := self._somebody(id_, number):
            decision = {} if row.role is Role.PLAYER else {"approved": approved}
            self.world.seat(id_, row.role, row.user_id, is_pristine=False, **decision)

    def _somebody(self, id_: int, number: int) -> Entry | None:
        rows = self.world.match(id_).entries if self.world.has_match(id_) else ()
        return rows[number % len(rows)] if rows else None

    def freeze_or_thaw(self, id_: int) -> None:
        if self.world.has_match(id_) and self.world.match(id_).id not in self.world.finished:
            self.world.freeze(id_, None if self.world.match(id_).frozen_by else "it has started")

    def delete(self, id_: int) -> None:
        if self.world.has_match(id_):
            self.deleted.add(id_)
            self.world.delete(id_)
            self._match_is_gone(id_)

    def wait(self, hours: int) -> None:
        self.world.now += timedelta(hours=hours)

    # sgsync

    def sync(self, tournament_id: int, delete: bool) -> None:
        plan = self._run(tournament_id, delete_cancelled=delete)
        if not plan.distrust:
            self._everything_said_is_there(tournament_id)
        assert self._run(tournament_id, delete_cancelled=delete).is_empty

    def sync_and_finish(self, tournament_id: int, delete: bool) -> None:
        """What changes in a run is finished in the next one."""
        for _ in range(2):
            self._run(tournament_id, auto_finish=AFTER, delete_cancelled=delete)
        assert self._run(tournament_id, auto_finish=AFTER, delete_cancelled=delete).is_empty

    def sync_in_bad_weather(
        self,
        tournament_id: int,
        delete: bool,
        unread: frozenset[int],
        unanswered: frozenset[int],
        most_questions: int,
    ) -> None:
        """Some episodes cannot be read, some questions get no answer, others are for the next run."""
        plan = self._run(
            tournament_id,
            delete_cancelled=delete,
            malformed=unread,
            unanswered=unanswered,
            most_questions=most_questions,
        )
        assert not {each.match.episode_id for each in plan.cancellations} & (unread | unanswered)
        assert len(plan.cancellations) <= most_questions

    def hear_a_part(self, tournament_id: int, delete: bool, ids: list[int]) -> None:
        feed = self.feed
        part = [feed[id_] for id_ in ids[:3] if id_ in feed]
        heard, backwards = hear(*part), hear(*reversed(part))
        plan = self.world.plan(heard, tournament_id, delete_cancelled=delete)
        assert plan == self.world.plan(backwards, tournament_id, delete_cancelled=delete)
        assert (plan.cancellations, plan.to_confirm) == ((), ())
        self._do(plan)
        assert self.world.plan(heard, tournament_id).is_empty

    def bring_back(self) -> None:
        for id_ in sorted(self.deleted & self.upstream.keys()):
            if tournament_id := SYNCED.get(self.upstream[id_].event):
                heard = hear(self.feed[id_])
                self._do(self.world.plan(heard, tournament_id, requested=frozenset({id_})))
                assert self.world.has_match(id_) == self.upstream[id_].is_importable
                self.deleted -= {id_} if self.world.has_match(id_) else set()

    def _run(self, tournament_id: int, **options: Any) -> Plan:
        before, signed_up = dict(self.world.matches), set(self.world.people.signups)
        return self._check(before, signed_up, self.world.run(self.feed, tournament_id, **options))

    def _do(self, plan: Plan) -> None:
        before, signed_up = dict(self.world.matches), set(self.world.people.signups)
        self._check(before, signed_up, self.world.do(plan))

    def _check(self, before: dict[int, KnownMatch], signed_up: set[Seat], plan: Plan) -> Plan:
        merged = {merge.placeholder_id: merge.user_id for merge in plan.identities.merges}
        if merged:
            self._people_became_one(merged, before, signed_up)
        self._work_is_still_there(before, merged)
        for cancellation in plan.cancellations:
            id_ = cancellation.match.episode_id
            assert id_ not in self.upstream or self.upstream[id_].event not in SYNCED
            start = self.world.ledger[id_].base.scheduled_at
            assert start is not None
            assert start >= self.world.window.since  # none that was played long ago
            if cancellation.delete:
                assert not self._was_worked_on(id_)
                self._match_is_gone(id_)
        for revision in plan.revisions:
            if revision.finished_at:
                id_ = revision.match.episode_id
                assert not self._was_worked_on(id_)
                assert self.feed[id_].race_start + AFTER <= self.world.now
        self._agree(self._followed(plan), before)
        return plan

    # What must stay

    def _people_became_one(
        self, merged: dict[int, int], before: dict[int, KnownMatch], signed_up: set[Seat]
    ) -> None:
        """Whoever stood in a match under either name is there; whoever was signed up under either is known."""

        def renamed(seats: set[Seat]) -> set[Seat]:
            return {(id_, role, merged.get(user_id, user_id)) for id_, role, user_id in seats}

        self.seated, self.unseated = renamed(self.seated), renamed(self.unseated)
        self.ever_seated |= renamed(self.ever_seated)
        stood = {
            (match.episode_id, row.role, row.user_id) for match in before.values() for row in match.entries
        }
        self.unseated -= renamed(stood)
        self.seated -= renamed(signed_up)

    def _work_is_still_there(self, before: dict[int, KnownMatch], merged: dict[int, int]) -> None:
        for match in before.values():
            rows = {(row.role, merged.get(row.user_id, row.user_id)) for row in match.entries}
            worked_on = {
                (row.role, merged.get(row.user_id, row.user_id), row.approved)
                for row in match.entries
                if not row.is_pristine
            }
            now = self.world.matches.get(match.id)
            if now is None:
                assert not worked_on
                continue
            approvals = {(row.role, row.user_id, row.approved) for row in now.entries if not row.is_pristine}
            assert worked_on <= approvals or merged
            if match.frozen_by:
                assert now.fields == match.fields
                assert {(row.role, row.user_id) for row in now.entries} == rows

    def _was_worked_on(self, id_: int) -> bool:
        edited = {episode_id for episode_id, _ in self.edits}
        return id_ in edited | {seat[0] for seat in self.seated | self.unseated}

    def _match_is_gone(self, id_: int) -> None:
        self.edits = {key: value for key, value in self.edits.items() if key[0] != id_}
        self.seated = {seat for seat in self.seated if seat[0] != id_}
        self.unseated = {seat for seat in self.unseated if seat[0] != id_}

    def _followed(self, plan: Plan) -> set[int]:
        """The known episodes that were compared with their matches."""
        known = {skip.episode_id for skip in plan.skips if skip.reason is SkipReason.KNOWN}
        return known | {revision.match.episode_id for revision in plan.revisions}

    def _agree(self, followed: Iterable[int], before: dict[int, KnownMatch]) -> None:
        """Where SpeedGaming says what staff did, it is nobody's edit any more."""
        frozen = {match.episode_id for match in before.values() if match.frozen_by}
        for id_ in set(followed) - frozen:
            theirs = self._theirs(id_)
            for field in FIELDS:
                if (id_, field) in self.edits and self.edits[id_, field] == theirs[field]:
                    del self.edits[id_, field]
            listed = self._listed(id_).keys()
            self.seated -= {seat for seat in self.seated if seat[0] == id_ and seat[1:] in listed}
            self.unseated -= {seat for seat in self.unseated if seat[0] == id_ and seat[1:] not in listed}

    # What SpeedGaming says

    def _theirs(self, id_: int) -> dict[str, Any]:
        each = self.upstream[id_]
        channel = self.world.channels.get(each.channel) if each.channel else None
        return {
            "scheduled_at": START + timedelta(hours=each.hours),
            "title": each.title,
            "channel": channel.id if channel and channel.organization_id == 2 else None,
            "tournament_id": SYNCED[each.event],
        }

    def _listed(self, id_: int) -> dict[tuple[Role, int], bool]:
        """Who stands in an episode, and who is approved."""
        sightings = sightings_of(self.upstream[id_].as_episode())
        persons = identify(sightings, self.world.snapshot()).persons
        listed: dict[tuple[Role, int], bool] = {}
        for sighting in sightings:
            person = persons[sighting]
            assert isinstance(person, int)
            listed[sighting.role, person] = listed.get((sighting.role, person), False) or sighting.approved
        return listed

    def _everything_said_is_there(self, tournament_id: int) -> None:
        window = self.world.window
        for id_, each in self.upstream.items():
            is_listed = window.since <= START + timedelta(hours=each.hours) <= window.until
            if SYNCED.get(each.event) != tournament_id or not (is_listed and each.is_importable):
                continue
            if id_ in self.deleted:
                assert not self.world.has_match(id_)
                continue
            match = self.world.match(id_)
            if match.frozen_by:
                continue
            assert self.world.ledger[id_].state is State.ACTIVE
            theirs, listed = self._theirs(id_), self._listed(id_)
            for field in FIELDS:
                assert getattr(match.fields, field) == theirs[field] or (id_, field) in self.edits
            rows = {(row.role, row.user_id): row for row in match.entries}
            for seat, approved in listed.items():
                assert seat in rows or (id_, *seat) in self.unseated
                assert seat not in rows or rows[seat].approved == approved or not rows[seat].is_pristine
            for seat, row in rows.items():
                assert seat in listed or (id_, *seat) in self.seated or not row.is_pristine

    # What always holds

    def check(self) -> None:
        self.a_local_edit_never_disappears()
        self.a_deleted_match_stays_deleted()
        self.nobody_stands_in_a_match_twice()
        self.one_discord_id_is_one_user()
        self.whoever_sgsync_put_into_a_match_belongs()

    def a_local_edit_never_disappears(self) -> None:
        for (id_, field), value in self.edits.items():
            assert getattr(self.world.match(id_).fields, field) == value
        for id_, role, user_id in self.seated:
            assert self.world.row(id_, role, user_id)
        for id_, role, user_id in self.unseated:
            assert not self.world.row(id_, role, user_id)

    def a_deleted_match_stays_deleted(self) -> None:
        assert not any(self.world.has_match(id_) for id_ in self.deleted)

    def nobody_stands_in_a_match_twice(self) -> None:
        for match in self.world.matches.values():
            rows = [(row.role, row.user_id) for row in match.entries]
            assert len(set(rows)) == len(rows)
            assert {user_id for _, user_id in rows} <= self.world.people.users.keys()

    def one_discord_id_is_one_user(self) -> None:
        ids = [user.discord_id for user in self.world.people.users.values() if user.discord_id]
        assert len(set(ids)) == len(ids)
        assert all(not user.is_placeholder for user in self.world.people.users.values() if user.discord_id)

    def whoever_sgsync_put_into_a_match_belongs(self) -> None:
        for id_, role, user_id in self.world.people.signups.keys() - self.ever_seated:
            if self.world.has_match(id_) and self.world.row(id_, role, user_id):
                assert self.world.people.users[user_id].is_member
                tournament_id = self.world.ledger[id_].base.tournament_id
                assert role is not Role.PLAYER or (tournament_id, user_id) in self.world.registered


@settings(max_examples=150, deadline=None, derandomize=True, database=None, report_multiple_bugs=False)
@given(st.frozensets(people), st.lists(DAYS, min_size=4, max_size=8))
def test_the_laws_hold_over_a_whole_season(accounts: frozenset[int], days: list[Day]) -> None:
    season = Season(sorted(accounts))
    for day in days:
        season.live(day)
