"""What holds for every plan, whatever the feed says and the database knows."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.actions import Names, Plan
from sgsync.plan.heard import Heard
from sgsync.plan.lookups import lookups_for
from sgsync.plan.options import PlanOptions
from sgsync.plan.planner import make_plan
from sgsync.snapshot.values import Snapshot
from tests.plan.episodes import NOW, WINDOW, hear
from tests.plan.strategies import EPISODE_IDS, schedules, snapshots
from tests.plan.world import found_with

bounded = settings(max_examples=120, deadline=None, derandomize=True, database=None)

options = st.builds(
    PlanOptions,
    channel_language=st.sampled_from(("en", "de")),
    requested=st.frozensets(st.sampled_from(EPISODE_IDS), max_size=2),
    overwrite=st.booleans(),
    match_tags=st.booleans(),
    auto_finish=st.none() | st.just(timedelta(hours=6)),
)


def heard_of(episodes: list[SpeedGamingEpisode]) -> Heard:
    return hear(*episodes, window=WINDOW)


def plan_of(episodes: list[SpeedGamingEpisode], snapshot: Snapshot, options: PlanOptions) -> Plan:
    return make_plan(heard_of(episodes), snapshot, options, NOW)


@bounded
@given(schedules, snapshots(), options)
def test_the_lookups_find_everything_that_a_plan_asks_for(
    episodes: list[SpeedGamingEpisode], whole: Snapshot, options: PlanOptions
) -> None:
    due = None if options.auto_finish is None else NOW - options.auto_finish
    lookups = lookups_for(heard_of(episodes), match_tags=options.match_tags, finished_before=due)
    found = plan_of(episodes, found_with(lookups, whole), options)
    assert replace(found, names=Names()) == replace(plan_of(episodes, whole, options), names=Names())


@bounded
@given(schedules.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))), snapshots(), options)
def test_the_order_of_the_episodes_does_not_matter(
    orders: tuple[list[SpeedGamingEpisode], list[SpeedGamingEpisode]],
    snapshot: Snapshot,
    options: PlanOptions,
) -> None:
    episodes, shuffled = orders
    assert plan_of(shuffled, snapshot, options) == plan_of(episodes, snapshot, options)
    assert lookups_for(heard_of(shuffled)) == lookups_for(heard_of(episodes))


@bounded
@given(schedules, snapshots(), options)
def test_every_episode_becomes_a_match_or_says_why_not(
    episodes: list[SpeedGamingEpisode], snapshot: Snapshot, options: PlanOptions
) -> None:
    plan = plan_of(episodes, snapshot, options)
    accounted = [match.episode_id for match in plan.new_matches]
    accounted += [revision.match.episode_id for revision in plan.revisions if not revision.is_missing]
    accounted += [skip.episode_id for skip in plan.skips]
    assert sorted(accounted) == sorted(episode.id for episode in episodes)
    assert all(skip.sentence for skip in plan.skips)
    assert not set(snapshot.matches) & {match.episode_id for match in plan.new_matches}


@bounded
@given(schedules, snapshots(), options)
def test_nobody_stands_in_a_match_twice_in_one_role(
    episodes: list[SpeedGamingEpisode], snapshot: Snapshot, options: PlanOptions
) -> None:
    plan = plan_of(episodes, snapshot, options)
    rosters = [[signup.seat for signup in match.signups] for match in plan.new_matches]
    for revision in plan.revisions:
        staying = {(entry.role, entry.user_id) for entry in revision.match.entries} - set(revision.removed)
        rosters.append([*staying, *(signup.seat for signup in revision.added)])
    assert all(len(set(roster)) == len(roster) for roster in rosters)


@bounded
@given(schedules, snapshots(), options)
def test_whoever_stands_in_a_match_exists_and_belongs(
    episodes: list[SpeedGamingEpisode], snapshot: Snapshot, options: PlanOptions
) -> None:
    plan = plan_of(episodes, snapshot, options)
    created = {user.key for user in plan.identities.new_users}
    created |= {placeholder.key for placeholder in plan.identities.new_placeholders}
    members = {user.id for user in snapshot.users.values() if user.is_member} | set(plan.new_members)
    signups = [signup for match in plan.new_matches for signup in match.signups]
    signups += [signup for revision in plan.revisions for signup in revision.added]
    for signup in signups:
        assert signup.person in (snapshot.users if isinstance(signup.person, int) else created)
        assert signup.person in members


@bounded
@given(schedules, snapshots(), options)
def test_a_match_is_on_a_channel_of_its_own_organization_or_on_none(
    episodes: list[SpeedGamingEpisode], snapshot: Snapshot, options: PlanOptions
) -> None:
    plan = plan_of(episodes, snapshot, options)
    own: set[object] = {channel.name for channel in plan.new_channels}
    own |= {
        channel.id
        for channel in snapshot.channels.values()
        if channel.organization_id == snapshot.tournament.organization_id
    }
    chosen: set[object] = {match.channel for match in plan.new_matches}
    changes = [change for revision in plan.revisions for change in revision.changes]
    chosen |= {change.new for change in changes if change.field == "channel"}
    assert chosen <= {*own, None}
