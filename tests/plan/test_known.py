"""When a known match does not follow: not wanted, not to be trusted, or deleted."""

from datetime import timedelta
from typing import Any

import pytest

from sgsync.plan.actions import Plan, SkipReason
from sgsync.snapshot.values import Role, State
from tests.feed_json import Json, make_crew, make_event, make_match, make_player
from tests.plan.episodes import episode
from tests.plan.world import World
from tests.snapshots import START

ANN, BEN = make_player(1, "Ann", discordId="100"), make_player(2, "Ben", discordId="101")
IMPORTED = episode(75000, ANN, BEN)
CHANGED = episode(75000, ANN, title="Finals", start=START + timedelta(hours=1))


@pytest.fixture
def world() -> World:
    world = World()
    world.hear(IMPORTED)
    return world


# --overwrite and --no-update


def test_an_overwrite_lets_speedgaming_win(world: World) -> None:
    as_imported = world.match(75000).fields
    world.edit(75000, title="Edited", scheduled_at=None, channel=None)
    (revision,) = world.hear(IMPORTED, overwrite=True).revisions
    assert revision.kept == ()
    assert world.match(75000).fields == as_imported


def test_an_overwrite_is_over_with_its_import(world: World) -> None:
    world.edit(75000, title="Edited")
    world.hear(CHANGED, overwrite=True)
    world.edit(75000, title="Edited again")
    assert world.plan_of(CHANGED).is_empty
    assert world.match(75000).fields.title == "Edited again"


def test_an_overwrite_of_an_unedited_match_does_nothing(world: World) -> None:
    assert world.plan_of(IMPORTED, overwrite=True).is_empty


def test_without_updates_what_is_known_is_skipped_and_what_is_new_imported(world: World) -> None:
    plan = world.hear(CHANGED, episode(75001), update=False)
    assert [match.episode_id for match in plan.new_matches] == [75001]
    assert plan.revisions == ()
    assert [(skip.episode_id, skip.reason) for skip in plan.skips] == [(75000, SkipReason.KNOWN)]


def test_without_updates_nothing_is_asked_for_or_cancelled(world: World) -> None:
    plan = world.plan(world.asked(75000, gone=True), update=False, auto_finish=timedelta(hours=1))
    assert plan.is_empty
    assert plan.to_confirm == ()


def test_what_happened_without_updates_is_made_up_for(world: World) -> None:
    world.hear(CHANGED, update=False)
    world.hear(CHANGED)
    assert world.match(75000).fields.title == "Finals"


# Held, without players, of another event


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"timezone": "CET"}, SkipReason.HELD),
        ({"event": make_event("smz3")}, SkipReason.OTHER_EVENT),
    ],
)
def test_a_known_match_is_left_alone_while_its_episode_is_not_to_be_trusted(
    world: World, fields: dict[str, Any], reason: SkipReason
) -> None:
    before = world.match(75000)
    wrong = episode(title="Wrong", start=START + timedelta(hours=6), **fields)
    plan = world.hear(wrong)
    assert not plan.changes_application
    assert [skip.reason for skip in plan.skips] == [reason]
    assert world.match(75000) == before
    assert world.plan_of(wrong).is_empty


def test_the_history_notes_each_time_anew_why_a_known_match_was_left_alone(world: World) -> None:
    held = episode(timezone="CET")
    for _ in range(2):
        world.hear(held)
        world.hear(held)
        world.hear(IMPORTED)
    assert [(event.kind, event.what) for event in world.history[1:]] == [("kept", "match")] * 2
    assert "time zone" in str(world.history[1].why)


@pytest.mark.parametrize("players", [(), (make_player(3, "Winner of Match 7"),)])
def test_a_known_match_without_players_upstream_follows_its_time_and_keeps_its_roster(
    world: World, players: tuple[Json, ...]
) -> None:
    before = world.match(75000)
    world.hear(episode(title="Moved", start=START + timedelta(hours=6), match1=make_match(*players)))
    after = world.match(75000)
    assert after.fields.scheduled_at == START + timedelta(hours=6)
    assert [entry for entry in after.entries if entry.role is Role.PLAYER] == [
        entry for entry in before.entries if entry.role is Role.PLAYER
    ]


def test_a_match_follows_again_once_it_is_not_held_any_more(world: World) -> None:
    world.hear(episode(75000, ANN, BEN, timezone="CET"))
    world.hear(CHANGED)
    assert world.match(75000).fields.scheduled_at == START + timedelta(hours=1)


# Deleted


def test_a_match_that_an_admin_deleted_is_not_resurrected_however_its_episode_changes(world: World) -> None:
    world.delete(75000)
    for heard in (IMPORTED, CHANGED):
        plan = world.hear(heard)
        assert not plan.changes_application
        assert [skip.reason for skip in plan.skips] == [SkipReason.DELETED]
    assert world.plan_of(CHANGED).is_empty


def deleted(plan: Plan) -> list[int]:
    return [skip.episode_id for skip in plan.left if skip.reason is SkipReason.DELETED]


def test_the_history_notes_once_that_somebody_deleted_a_match(world: World) -> None:
    world.delete(75000)
    assert deleted(world.hear(IMPORTED)) == [75000]
    assert deleted(world.hear(CHANGED)) == []
    assert world.history[-1].kind == "deleted"
    world.hear(CHANGED, requested=frozenset({75000}))
    world.delete(75000)
    assert deleted(world.hear(CHANGED)) == [75000]


def test_a_cancelled_match_that_an_admin_deletes_is_not_resurrected_either(world: World) -> None:
    world.do(world.plan(world.asked(75000, gone=True)))
    world.delete(75000)
    plan = world.hear(CHANGED)
    assert (plan.new_matches, deleted(plan)) == ((), [75000])
    assert world.plan_of(CHANGED).is_empty


def test_what_an_operator_deleted_with_the_setting_is_no_deletion_by_an_admin(world: World) -> None:
    world.do(world.plan(world.asked(75000, gone=True), delete_cancelled=True))
    assert deleted(world.hear(IMPORTED)) == []


def test_a_deleted_match_is_never_asked_for(world: World) -> None:
    world.delete(75000)
    assert world.run({}).to_confirm == ()
    assert world.ledger[75000].state is State.ACTIVE


def test_a_deleted_match_that_is_brought_back_follows_again(world: World) -> None:
    world.delete(75000)
    world.hear(IMPORTED, requested=frozenset({75000}))
    world.hear(CHANGED)
    assert world.match(75000).fields.title == "Finals"
    assert world.plan_of(CHANGED).is_empty


def test_a_match_that_was_cancelled_and_deleted_comes_back_with_its_episode(world: World) -> None:
    world.do(world.plan(world.asked(75000, gone=True), delete_cancelled=True))
    assert not world.has_match(75000)
    world.hear(CHANGED)
    assert world.match(75000).fields.title == "Finals"
    assert world.ledger[75000].state is State.ACTIVE


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_who_stood_in_a_deleted_match_does_not_count_as_removed_from_the_new_one(
    world: World, is_cancelled: bool
) -> None:
    """Nobody removed Ben: he was not signed up when the match came back, and is now."""
    world.hear(IMPORTED)
    if is_cancelled:
        world.do(world.plan(world.asked(75000, gone=True), delete_cancelled=True))
    else:
        world.delete(75000)
    world.hear(episode(75000, ANN, commentators=[]), requested=frozenset({75000}))
    world.hear(IMPORTED)
    assert world.names(75000) == ["Ann", "Ben"]
    assert world.names(75000, Role.COMMENTATOR) == ["quill"]


def test_a_match_that_came_back_is_untouched_like_any_new_one(world: World) -> None:
    world.hear(episode(75000, ANN, BEN, trackers=[make_crew(5, "Flo", discordId="109")]))
    world.do(world.plan(world.asked(75000, gone=True), delete_cancelled=True))
    world.hear(IMPORTED)
    (cancellation,) = world.plan(world.asked(75000, gone=True), delete_cancelled=True).cancellations
    assert cancellation.delete
