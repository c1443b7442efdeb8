"""Absence is not deletion: what is missing from a schedule is asked for before anything is concluded."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sgsync.plan.actions import Cancellation, FieldChange, Plan, SkipReason
from sgsync.plan.heard import Heard
from sgsync.plan.vanished import in_turn
from sgsync.snapshot.values import Role, State
from tests.feed_json import make_crew, make_event, make_match
from tests.plan.episodes import NOW, episode, hear
from tests.plan.world import World
from tests.snapshots import START, make_tournament

ALL = tuple(episode(number, commentators=[]) for number in range(1, 4))
GONE = "SpeedGaming no longer has the episode"


@pytest.fixture
def world() -> World:
    """The matches 901 to 903 of the episodes 1 to 3."""
    world = World()
    world.hear(*ALL)
    return world


def whole(world: World, *numbers: int, malformed: tuple[int, ...] = ()) -> Heard:
    return hear(*(ALL[number - 1] for number in numbers), malformed=malformed, window=world.window)


def writes_nothing(plan: Plan) -> bool:
    return plan.is_empty and not plan.cancellations


# Whom to ask for


def test_what_is_missing_is_asked_for_before_anything_is_concluded(world: World) -> None:
    plan = world.plan(whole(world, 1, 2))
    assert plan.to_confirm == (3,)
    assert writes_nothing(plan)


def test_nothing_is_concluded_from_a_part_of_the_schedule(world: World) -> None:
    """A file, or some episodes by id."""
    plan = world.plan_of(ALL[0])
    assert plan.to_confirm == ()
    assert writes_nothing(plan)


def test_an_empty_schedule_cancels_nothing(world: World) -> None:
    plan = world.plan(whole(world))
    assert sorted(plan.to_confirm) == [1, 2, 3]
    assert writes_nothing(plan)


def test_a_malformed_episode_is_there_all_the_same(world: World) -> None:
    assert world.plan(whole(world, 1, 2, malformed=(3,))).to_confirm == ()


@pytest.mark.parametrize(
    "fields", [{"timezone": "CET"}, {"match1": make_match()}, {"event": make_event("smz3")}]
)
def test_an_episode_that_is_listed_but_not_followed_is_there_all_the_same(
    world: World, fields: dict[str, Any]
) -> None:
    heard = hear(*ALL[:2], episode(3, **fields), window=world.window)
    assert world.plan(heard).to_confirm == ()


@pytest.mark.parametrize("hours", [-3, 24 * 30 + 1])
def test_an_episode_outside_of_the_window_is_not_missing(world: World, hours: int) -> None:
    world.hear(episode(3, start=world.now + timedelta(hours=hours), commentators=[]))
    assert world.plan(whole(world, 1, 2)).to_confirm == ()


def test_a_broadcast_may_lie_outside_of_the_window_although_its_race_does_not(world: World) -> None:
    """`when` runs behind the race by the stream delay, and the window is for `when`."""
    near_the_end = world.window.until - timedelta(minutes=30)
    world.hear(episode(3, start=near_the_end, commentators=[]))
    assert world.plan(whole(world, 1, 2)).to_confirm == ()


def test_where_an_episode_should_be_listed_is_told_by_the_feed_not_by_an_edit(world: World) -> None:
    world.edit(3, scheduled_at=None)
    assert world.plan(whole(world, 1, 2)).to_confirm == (3,)
    world.edit(3, scheduled_at=START)
    world.hear(episode(3, start=START + timedelta(days=60), commentators=[]))
    assert world.plan(whole(world, 1, 2)).to_confirm == ()


def test_a_frozen_match_is_not_asked_for_and_that_it_is_missing_is_said_once(world: World) -> None:
    world.freeze(3)
    plan = world.do(world.plan(whole(world, 1, 2)))
    assert plan.to_confirm == ()
    assert [(each.match.id, each.frozen_by, each.is_missing) for each in plan.revisions] == [
        (903, "it has started", True)
    ]
    again = world.plan(whole(world, 1, 2))
    assert again.is_empty
    assert again.revisions == ()


def test_nothing_is_said_of_a_frozen_match_that_a_part_leaves_out(world: World) -> None:
    world.freeze(3)
    assert world.plan_of(ALL[0]).revisions == ()


def test_a_match_that_was_missing_while_frozen_is_asked_for_once_it_thaws(world: World) -> None:
    world.freeze(3)
    world.do(world.plan(whole(world, 1, 2)))
    world.freeze(3, None)
    assert world.plan(whole(world, 1, 2)).to_confirm == (3,)


def test_the_matches_of_other_tournaments_are_not_asked_for(world: World) -> None:
    world.tournaments[6] = make_tournament(6, slug="smz3")
    assert world.plan(hear(window=world.window), tournament_id=6).to_confirm == ()


def test_a_cancelled_episode_is_not_asked_for_again(world: World) -> None:
    feed = {each.id: each for each in ALL[:2]}
    world.run(feed)
    assert world.ledger[3].state is State.CANCELLED
    plan = world.run(feed)
    assert plan.is_empty
    assert plan.to_confirm == ()


def test_who_was_asked_for_in_vain_is_asked_for_in_the_next_run(world: World) -> None:
    feed = {each.id: each for each in ALL[:2]}
    plan = world.run(feed, unanswered=[3])
    assert writes_nothing(plan)
    assert world.ledger[3].state is State.ACTIVE
    assert world.plan(whole(world, 1, 2)).to_confirm == (3,)


# Gone


def test_an_episode_that_is_gone_is_cancelled_once_and_its_match_kept(world: World) -> None:
    before = world.snapshot().matches[3]
    feed = {each.id: each for each in ALL[:2]}
    plan = world.run(feed)
    assert plan.cancellations == (Cancellation(before, GONE, delete=False),)
    assert world.ledger[3].state is State.CANCELLED
    assert world.snapshot().matches[3] == before
    assert world.run(feed).cancellations == ()


def test_a_match_is_deleted_with_its_episode_where_that_is_wanted(world: World) -> None:
    world.run({1: ALL[0], 2: ALL[1]}, delete_cancelled=True)
    assert not world.has_match(3)
    assert world.ledger[3].match_id is None
    assert world.ledger[3].state is State.CANCELLED


def _edit(world: World) -> None:
    world.edit(3, title="Edited")


def _rank(world: World) -> None:
    world.seat(3, Role.PLAYER, world.user_id("Aurelio"), is_pristine=False)


def _guest(world: World) -> None:
    world.seat(3, Role.TRACKER, world.user_id("Aurelio"))


def _leave(world: World) -> None:
    world.unseat(3, Role.PLAYER, world.user_id("Aurelio"))


@pytest.mark.parametrize("touch", [_edit, _rank, _guest, _leave])
def test_a_match_that_somebody_touched_is_not_deleted(world: World, touch: Any) -> None:
    touch(world)
    before = world.match(3)
    (cancellation,) = world.run({1: ALL[0], 2: ALL[1]}, delete_cancelled=True).cancellations
    assert not cancellation.delete
    assert world.match(3) == before


def test_a_match_whose_commentator_was_approved_here_is_not_deleted() -> None:
    world = World()
    world.hear(episode(3, commentators=[make_crew(9, "quill", approved=False)]))
    world.seat(3, Role.COMMENTATOR, world.user_id("quill"), approved=True)
    (cancellation,) = world.run({}, delete_cancelled=True).cancellations
    assert not cancellation.delete


def test_a_match_that_froze_meanwhile_is_neither_cancelled_nor_deleted(world: World) -> None:
    world.freeze(3)
    before = world.match(3)
    assert world.do(world.plan(world.asked(3, gone=True), delete_cancelled=True)).cancellations == ()
    assert world.match(3) == before
    assert world.ledger[3].state is State.ACTIVE


def test_a_match_that_sgsync_does_not_know_yet_is_not_cancelled(world: World) -> None:
    world.forget()
    assert writes_nothing(world.plan(world.asked(3, gone=True), delete_cancelled=True))


# Still there: moved


def test_an_episode_that_moved_beyond_the_window_is_a_change(world: World) -> None:
    later = episode(3, start=START + timedelta(days=60), commentators=[])
    plan = world.run({1: ALL[0], 2: ALL[1], 3: later})
    assert plan.cancellations == ()
    assert plan.revisions[0].changes == (FieldChange("scheduled_at", START, later.race_start),)
    again = world.run({1: ALL[0], 2: ALL[1], 3: later})
    assert again.is_empty
    assert again.to_confirm == ()


def test_an_episode_that_moved_to_an_event_nobody_imports_is_cancelled(world: World) -> None:
    feed = {1: ALL[0], 2: ALL[1], 3: episode(3, event=make_event("smz3"), commentators=[])}
    plan = world.run(feed)
    assert [each.why for each in plan.cancellations] == ["it moved to the event 'smz3'"]
    assert [event.kind for event in world.history if event.episode_id == 3][1:] == ["cancelled"]
    assert world.ledger[3].state is State.CANCELLED
    assert world.run(feed).is_empty


def test_an_episode_that_moved_to_another_synced_event_goes_to_its_tournament(world: World) -> None:
    world.tournaments[6] = make_tournament(6, slug="smz3")
    feed = {1: ALL[0], 2: ALL[1], 3: episode(3, event=make_event("smz3"), commentators=[])}
    assert not world.run(feed, delete_cancelled=True).changes_application
    (revision,) = world.run(feed, 6).revisions
    assert revision.changes == (FieldChange("tournament_id", 5, 6),)
    assert world.run(feed).to_confirm == ()


def test_a_match_whose_episode_moved_to_another_event_beyond_the_window_follows_its_time_until_then(
    world: World,
) -> None:
    world.tournaments[6] = make_tournament(6, slug="smz3")
    later = episode(3, start=START + timedelta(days=60), event=make_event("smz3"), commentators=[])
    feed = {1: ALL[0], 2: ALL[1], 3: later}
    world.run(feed)
    assert world.match(3).fields.scheduled_at == START + timedelta(days=60)
    assert world.run(feed).to_confirm == ()
    world.now = START + timedelta(days=59)
    (revision,) = world.run({3: later}, 6).revisions
    assert revision.changes == (FieldChange("tournament_id", 5, 6),)


def test_a_tournament_that_gets_another_event_loses_nothing_of_the_one_before(world: World) -> None:
    """Nothing vanished, nothing moved: sgsync only stopped asking."""
    world.tournaments[5] = replace(world.tournaments[5], slug="league-s10")
    plan = world.run({each.id: each for each in ALL}, delete_cancelled=True)
    assert (plan.distrust, plan.to_confirm, plan.cancellations) == (None, (), ())
    assert all(world.has_match(each.id) for each in ALL)


def test_an_episode_that_moved_to_another_event_and_came_back_is_active_again(world: World) -> None:
    world.run({1: ALL[0], 2: ALL[1], 3: episode(3, event=make_event("smz3"), commentators=[])})
    world.run({each.id: each for each in ALL})
    assert world.ledger[3].state is State.ACTIVE


def test_an_episode_that_is_there_but_held_stays_as_it_is(world: World) -> None:
    feed = {1: ALL[0], 2: ALL[1], 3: episode(3, start=START + timedelta(days=60), timezone="CET")}
    plan = world.run(feed)
    assert not plan.changes_application
    assert writes_nothing(world.run(feed))
    assert SkipReason.HELD in {skip.reason for skip in plan.skips}


# Back


def test_an_episode_that_is_back_is_active_again(world: World) -> None:
    world.run({1: ALL[0], 2: ALL[1]})
    plan = world.run({each.id: each for each in ALL})
    assert [(each.match.id, each.is_back) for each in plan.revisions] == [(903, True)]
    assert world.ledger[3].state is State.ACTIVE
    assert world.run({each.id: each for each in ALL}).is_empty


def test_an_episode_that_is_back_brings_its_changes(world: World) -> None:
    world.run({1: ALL[0], 2: ALL[1]})
    world.hear(episode(3, title="Finals", commentators=[]))
    assert world.match(3).fields.title == "Finals"


def test_an_edit_outlives_a_cancellation(world: World) -> None:
    world.edit(3, title="Edited")
    world.run({1: ALL[0], 2: ALL[1]}, delete_cancelled=True)
    world.run({each.id: each for each in ALL})
    assert world.match(3).fields.title == "Edited"


def test_an_episode_that_is_back_is_active_again_also_when_its_match_has_started(world: World) -> None:
    """The match stays as it is; that SpeedGaming has the episode is true all the same."""
    world.run({1: ALL[0], 2: ALL[1]})
    world.freeze(3)
    before = world.match(3)
    world.run({each.id: each for each in ALL})
    assert world.match(3) == before
    assert world.ledger[3].state is State.ACTIVE


# A broken feed


@pytest.fixture
def eight() -> World:
    world = World()
    world.hear(*(episode(number, commentators=[]) for number in range(1, 9)))
    return world


@pytest.mark.parametrize(("known", "missing", "is_broken"), [
    (3, 3, False), (4, 2, False), (4, 3, True), (4, 4, True), (7, 3, False), (7, 4, True), (8, 4, False), (8, 5, True),
])  # fmt: skip
def test_more_than_half_of_at_least_four_cannot_vanish_at_once(
    known: int, missing: int, is_broken: bool
) -> None:
    world = World()
    feed = {number: episode(number, commentators=[]) for number in range(1, known + 1)}
    world.hear(*feed.values())
    plan = world.run({number: feed[number] for number in range(missing + 1, known + 1)})
    assert (plan.distrust is not None) == is_broken
    assert len(plan.cancellations) == (0 if is_broken else missing)


def test_a_broken_answer_is_not_believed_in_anything(eight: World) -> None:
    heard = hear(episode(1, title="Wrong"), episode(99), window=eight.window)
    plan = eight.plan(heard)
    assert plan.distrust
    assert writes_nothing(plan)
    assert (plan.new_matches, plan.revisions, plan.to_confirm) == ((), (), ())


def test_the_sentence_on_a_broken_feed_names_the_command_that_overrides_it(eight: World) -> None:
    plan = eight.plan(hear(window=eight.window))
    assert plan.distrust is not None
    assert "Tournament 5 ('League'): 8 of 8 known episodes are missing" in plan.distrust
    assert "sgsync import 5 --accept-vanished" in plan.distrust


def test_an_operator_who_accepts_it_lets_the_episodes_be_asked_for(eight: World) -> None:
    plan = eight.run({1: episode(1, commentators=[])}, accept_vanished=True)
    assert len(plan.cancellations) == 7


def test_what_cannot_be_missing_does_not_count(eight: World) -> None:
    """Six of eight are over, frozen or far away: of the two others one is missing."""
    for number in (1, 2, 3):
        eight.freeze(number)
    eight.hear(*(episode(number, start=START + timedelta(days=60)) for number in (4, 5, 6)))
    plan = eight.run({8: episode(8, commentators=[])})
    assert plan.distrust is None
    assert [each.match.episode_id for each in plan.cancellations] == [7]


def test_a_malformed_episode_does_not_count_as_missing(eight: World) -> None:
    heard = hear(episode(1, commentators=[]), malformed=range(2, 9), window=eight.window)
    assert eight.plan(heard).distrust is None


def test_a_part_of_the_schedule_is_never_a_broken_feed(eight: World) -> None:
    assert eight.plan_of(episode(1, commentators=[])).distrust is None


# Taking turns


def test_all_are_asked_for_over_time_in_some_order() -> None:
    assert sorted(in_turn([3, 1, 2, 1], NOW)) == [1, 2, 3]
    assert in_turn([], NOW) == ()


@pytest.mark.parametrize("minutes", [5, 10, 15, 30, 60])
def test_everybody_has_a_turn_however_often_cron_runs(minutes: int) -> None:
    """Twenty questions are asked per run; who gets no answer must not keep the others waiting for ever."""
    runs = [NOW + n * timedelta(minutes=minutes) for n in range(200)]
    starved = {
        count
        for count in (1, 7, 20, *range(21, 121, 7))
        if len({id_ for now in runs for id_ in in_turn(range(count), now)[:20]}) < count
    }
    assert not starved


def test_everybody_has_a_turn_also_where_few_questions_are_left() -> None:
    """Other tournaments asked before; one question is left for this one in each run."""
    runs = [NOW + n * timedelta(minutes=5) for n in range(1000)]
    starved = {
        count for count in range(1, 41) if len(Counter(in_turn(range(count), now)[0] for now in runs)) < count
    }
    assert not starved
