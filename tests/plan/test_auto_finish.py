"""A setting may declare matches over that nobody touched. Never one that was postponed."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.snapshot.values import Role, State
from tests.feed_json import make_player
from tests.plan.episodes import episode, hear
from tests.plan.world import World
from tests.snapshots import START

AFTER = timedelta(hours=6)
OVER = START + AFTER
PLAYED = episode(1, commentators=[])


@pytest.fixture
def world() -> World:
    """A match that has been due for so long that it counts as over, by then outside of the window."""
    world = World()
    world.hear(PLAYED)
    world.now = OVER
    return world


def finish(world: World, *feed: SpeedGamingEpisode) -> bool:
    world.run({each.id: each for each in feed}, auto_finish=AFTER)
    return bool(world.finished)


def test_a_match_that_is_long_over_is_finished_at_the_time_it_counted_as_over(world: World) -> None:
    world.now = OVER + timedelta(days=3)
    assert finish(world, PLAYED)
    assert world.finished == {901: OVER}


def test_it_is_off_by_default(world: World) -> None:
    world.run({1: PLAYED})
    assert world.finished == {}


def test_a_match_is_not_finished_a_minute_early(world: World) -> None:
    world.now = OVER - timedelta(minutes=1)
    assert not finish(world, PLAYED)


def test_a_match_is_finished_once(world: World) -> None:
    assert finish(world, PLAYED)
    plan = world.run({1: PLAYED}, auto_finish=AFTER)
    assert plan.is_empty
    assert plan.to_confirm == ()


def test_a_match_is_finished_only_once_it_was_seen_not_to_have_moved(world: World) -> None:
    """It has left the window: it is asked for by id."""
    assert world.plan(world.asked(), auto_finish=AFTER).to_confirm == (1,)
    assert not world.run({1: PLAYED}, auto_finish=AFTER, unanswered=[1]).revisions
    assert world.finished == {}


@pytest.mark.parametrize("delay", [timedelta(minutes=30), timedelta(hours=8), timedelta(days=60)])
def test_a_postponed_match_is_never_finished_at_its_old_time(world: World, delay: timedelta) -> None:
    """By half an hour, to later today, beyond the window."""
    postponed = episode(1, commentators=[], start=START + delay)
    for _ in range(2):
        assert not finish(world, postponed)
    assert world.match(1).fields.scheduled_at == START + delay
    world.now = START + delay + AFTER
    assert finish(world, postponed)


def test_a_match_whose_new_time_is_not_to_be_trusted_is_not_finished(world: World) -> None:
    assert not finish(world, episode(1, commentators=[], timezone="CET", start=START + timedelta(hours=8)))


@pytest.mark.parametrize("delete", [False, True])
def test_a_match_played_long_ago_whose_episode_is_gone_is_left_as_it_is(world: World, delete: bool) -> None:
    """Nobody knows whether it took place; cancelled are matches that are to come."""
    before = world.match(1)
    plan = world.run({}, auto_finish=AFTER, delete_cancelled=delete)
    assert (plan.cancellations, plan.revisions) == ((), ())
    assert (world.match(1), world.ledger[1].state) == (before, State.ACTIVE)


def test_an_old_match_that_cannot_be_finished_is_asked_for_once_a_day(world: World) -> None:
    held = episode(1, commentators=[], timezone="CET")
    for answer in ({}, {1: held}):
        assert world.plan(world.asked(), auto_finish=AFTER).to_confirm == (1,)
        world.run(answer, auto_finish=AFTER)
        assert world.plan(world.asked(), auto_finish=AFTER).to_confirm == ()
        world.now += timedelta(days=1)
    assert finish(world, PLAYED)


def test_only_a_whole_schedule_has_old_matches_asked_for(world: World) -> None:
    """Whoever imports one episode by hand means that one."""
    assert world.plan(hear(), auto_finish=AFTER).to_confirm == ()


def test_a_match_that_somebody_saved_in_the_application_is_not_finished(world: World) -> None:
    world.save(1)
    assert not finish(world, PLAYED)


def test_a_match_with_a_room_or_under_way_is_not_finished(world: World) -> None:
    world.freeze(1, "it has a race room")
    assert not finish(world, PLAYED)
    assert world.plan(world.asked(), auto_finish=AFTER).to_confirm == ()


def test_a_match_that_somebody_edited_is_not_finished(world: World) -> None:
    world.edit(1, scheduled_at=START - timedelta(hours=1))
    assert not finish(world, PLAYED)


def test_a_match_that_somebody_else_was_put_into_is_not_finished(world: World) -> None:
    world.seat(1, Role.PLAYER, world.people.add("guest", discord_id=500))
    assert not finish(world, PLAYED)


def test_a_match_with_a_rank_or_a_station_is_not_finished(world: World) -> None:
    world.seat(1, Role.PLAYER, world.user_id("Aurelio"), is_pristine=False)
    assert not finish(world, PLAYED)


def test_a_match_that_changed_in_the_same_run_is_not_finished_yet(world: World) -> None:
    changed = episode(1, make_player(5, "Eva"), commentators=[])
    assert not finish(world, changed)
    assert finish(world, changed)


def test_a_part_of_the_schedule_finishes_what_it_lists(world: World) -> None:
    world.hear(PLAYED, auto_finish=AFTER)
    assert world.finished == {901: OVER}


def test_a_match_without_a_time_is_never_finished(world: World) -> None:
    world.edit(1, scheduled_at=None)
    assert not finish(world, PLAYED)


def test_a_deleted_match_is_not_asked_for(world: World) -> None:
    world.delete(1)
    assert world.plan(world.asked(), auto_finish=AFTER).to_confirm == ()


def test_finishing_is_no_reason_to_distrust_a_feed(world: World) -> None:
    world.now = START
    feed = [episode(number, commentators=[]) for number in range(2, 12)]
    world.hear(*feed)
    world.now = OVER
    assert world.run({each.id: each for each in feed} | {1: PLAYED}, auto_finish=AFTER).distrust is None
    assert len(world.finished) == 11


def test_that_somebody_saved_a_match_is_not_forgotten_when_it_follows(world: World) -> None:
    world.save(1)
    changed = episode(1, commentators=[], title="Finals")
    world.hear(changed)
    assert not finish(world, changed)


def test_local_work_in_a_role_that_the_answer_leaves_out_keeps_a_match_from_being_finished(
    world: World,
) -> None:
    world.seat(1, Role.COMMENTATOR, world.people.add("guest", discord_id=500))
    world.hear(episode(1, commentators=None), auto_finish=AFTER)
    assert world.finished == {}


def test_a_match_that_was_given_another_episode_by_hand_is_not_asked_for(world: World) -> None:
    match = world.match(1)
    world.matches[match.id] = replace(match, episode_id=2)
    assert world.plan(world.asked(), auto_finish=AFTER).to_confirm == ()
