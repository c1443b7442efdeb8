"""A known match follows SpeedGaming field by field, except where somebody edited it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sgsync.plan.actions import FieldChange, Kept
from sgsync.plan.reconcile import FIELDS, reconcile_fields
from tests.feed_json import make_channel, make_event, make_match
from tests.plan.episodes import episode
from tests.plan.world import World
from tests.snapshots import START, make_fields, make_known_channel, make_tournament

LATER = START + timedelta(minutes=30)

EACH_FIELD = [
    ("scheduled_at", {"start": LATER}, LATER, START + timedelta(hours=5)),
    ("title", {"title": "Finals"}, "Finals", "Edited"),
    ("channel", {"channels": [make_channel("ALTTPR1")]}, 32, 33),
    ("channel", {"channels": []}, None, 33),
]
"""A field, how SpeedGaming changes it, its value then, and what somebody edited it to."""


@pytest.fixture
def world() -> World:
    """One match as it was imported, on channel 31; channels 32 and 33 are there as well."""
    names = {31: "SpeedGaming", 32: "ALTTPR1", 33: "ALTTPR2"}
    world = World(channels={name: make_known_channel(id_, name) for id_, name in names.items()})
    world.hear(episode())
    return world


def test_an_unchanged_match_is_left_alone(world: World) -> None:
    plan = world.plan_of(episode())
    assert plan.is_empty
    assert [skip.sentence for skip in plan.skips] == ["Episode 75000 is known as match 901"]


@pytest.mark.parametrize(("field", "_changed", "_theirs", "edited"), EACH_FIELD)
def test_an_edit_stays_while_speedgaming_says_the_same(
    world: World, field: str, _changed: dict[str, Any], _theirs: Any, edited: Any
) -> None:
    world.edit(75000, **{field: edited})
    assert world.plan_of(episode()).is_empty


@pytest.mark.parametrize(("field", "changed", "theirs", "_edited"), EACH_FIELD)
def test_an_unedited_field_follows_speedgaming(
    world: World, field: str, changed: dict[str, Any], theirs: Any, _edited: Any
) -> None:
    before = world.match(75000).fields
    (revision,) = world.hear(episode(**changed)).revisions
    assert revision.changes == (FieldChange(field, getattr(before, field), theirs),)
    assert revision.kept == ()
    assert world.match(75000).fields == replace(before, **{field: theirs})
    assert world.plan_of(episode(**changed)).is_empty


@pytest.mark.parametrize(("field", "changed", "theirs", "edited"), EACH_FIELD)
def test_where_both_changed_the_edit_stays_and_that_is_said_once(
    world: World, field: str, changed: dict[str, Any], theirs: Any, edited: Any
) -> None:
    world.edit(75000, **{field: edited})
    edited_match = world.match(75000)
    (revision,) = world.hear(episode(**changed)).revisions
    assert (revision.changes, revision.kept) == ((), (Kept(field, edited, theirs),))
    assert world.match(75000) == edited_match
    assert world.plan_of(episode(**changed)).is_empty


@pytest.mark.parametrize(("field", "changed", "theirs", "_edited"), EACH_FIELD)
def test_the_same_change_on_both_sides_is_no_conflict(
    world: World, field: str, changed: dict[str, Any], theirs: Any, _edited: Any
) -> None:
    world.edit(75000, **{field: theirs})
    assert world.hear(episode(**changed)).revisions == ()
    assert world.plan_of(episode(**changed)).is_empty


@pytest.mark.parametrize(("field", "changed", "theirs", "_edited"), EACH_FIELD)
def test_what_both_changed_to_follows_again(
    world: World, field: str, changed: dict[str, Any], theirs: Any, _edited: Any
) -> None:
    world.edit(75000, **{field: theirs})
    world.hear(episode(**changed))
    world.hear(episode())
    assert world.match(75000).fields == world.ledger[75000].base


@pytest.mark.parametrize(("field", "changed", "_theirs", "edited"), EACH_FIELD)
def test_an_edit_outlives_a_change_that_is_taken_back(
    world: World, field: str, changed: dict[str, Any], _theirs: Any, edited: Any
) -> None:
    world.edit(75000, **{field: edited})
    for _ in range(3):
        world.hear(episode(**changed))
        world.hear(episode())
    assert getattr(world.match(75000).fields, field) == edited


@pytest.mark.parametrize(
    ("field", "changed", "_theirs", "edited"),
    [*EACH_FIELD, ("channel", {"channels": [make_channel("Fresh")]}, 34, 33)],
)
def test_what_flaps_upstream_is_said_once(
    world: World, field: str, changed: dict[str, Any], _theirs: Any, edited: Any
) -> None:
    world.edit(75000, **{field: edited})
    plans = [world.hear(each) for _ in range(4) for each in (episode(**changed), episode())]
    said = [kept for plan in plans for revision in plan.revisions for kept in revision.kept]
    assert len(said) <= 2
    assert world.plan_of(episode()).is_empty


@pytest.mark.parametrize(("field", "changed", "theirs", "_edited"), EACH_FIELD)
def test_an_edit_that_speedgaming_comes_round_to_is_settled_at_once(
    world: World, field: str, changed: dict[str, Any], theirs: Any, _edited: Any
) -> None:
    """Although it was told that the edit stayed against something else meanwhile."""
    other: dict[str, Any] = {
        "title": "Another",
        "start": START + timedelta(hours=9),
        "channels": [make_channel("Fresh")],
    }
    world.edit(75000, **{field: theirs})
    world.hear(episode(**other))
    assert world.match(75000).fields != world.ledger[75000].base
    world.hear(episode(**{**other, **changed}))
    assert world.plan_of(episode(**{**other, **changed})).is_empty


def test_a_new_edit_is_said_anew(world: World) -> None:
    world.edit(75000, title="Edited")
    assert world.hear(episode(title="Finals")).revisions[0].kept
    world.edit(75000, title="Finals")
    world.hear(episode())
    world.edit(75000, title="Edited")
    assert world.hear(episode(title="Finals")).revisions[0].kept


@pytest.mark.parametrize(("field", "edited"), [(field, edited) for field, _, _, edited in EACH_FIELD[:3]])
def test_an_edit_of_one_field_does_not_keep_the_others_from_following(
    world: World, field: str, edited: Any
) -> None:
    world.edit(75000, **{field: edited})
    everything: dict[str, Any] = {"title": "New", "start": LATER, "channels": [make_channel("ALTTPR1")]}
    (revision,) = world.hear(episode(**everything)).revisions
    assert {change.field for change in revision.changes} == {"scheduled_at", "title", "channel"} - {field}
    assert [kept.what for kept in revision.kept] == [field]


def test_a_title_made_of_names_follows_the_names(world: World) -> None:
    nameless = make_match(title="")
    world.hear(episode(match1={**nameless, "players": [{"id": 1, "displayName": "Ann"}]}))
    world.hear(episode(match1={**nameless, "players": [{"id": 1, "displayName": "Anna"}]}))
    assert world.match(75000).fields.title == "Anna"


def test_a_match_without_a_time_gets_back_only_a_new_one(world: World) -> None:
    world.edit(75000, scheduled_at=None)
    world.hear(episode())
    assert world.match(75000).fields.scheduled_at is None


def test_a_channel_that_a_match_moves_to_is_created(world: World) -> None:
    plan = world.hear(episode(channels=[make_channel("Fresh", slug="fresh")]))
    assert [channel.name for channel in plan.new_channels] == ["Fresh"]
    assert world.match(75000).fields.channel == world.channels["Fresh"].id
    assert world.plan_of(episode(channels=[make_channel("Fresh", slug="fresh")])).is_empty


def test_a_channel_of_another_organization_is_warned_of_once(world: World) -> None:
    world.channels["Foreign"] = make_known_channel(40, "Foreign", organization_id=99)
    moved = episode(channels=[make_channel("Foreign")])
    assert len(world.hear(moved).warnings) == 1
    assert world.match(75000).fields.channel is None
    assert world.plan_of(moved).warnings == ()


# The tournament


@pytest.fixture
def two(world: World) -> World:
    """A second tournament, of another event."""
    world.tournaments[6] = make_tournament(6, name="SMZ3", slug="smz3")
    return world


MOVED = episode(event=make_event("smz3"))


def test_a_match_follows_its_episode_to_the_tournament_of_another_event(two: World) -> None:
    plan = two.plan_of(MOVED, tournament_id=6)
    assert plan.new_matches == ()
    assert plan.revisions[0].changes == (FieldChange("tournament_id", 5, 6),)
    two.do(plan)
    assert two.match(75000).fields.tournament_id == 6
    assert two.plan_of(MOVED, tournament_id=6).is_empty


def test_the_players_of_a_match_that_moved_are_registered_in_its_new_tournament(two: World) -> None:
    two.hear(MOVED, tournament_id=6)
    players = {row.user_id for row in two.match(75000).entries if row.role == "player"}
    assert {user_id for tournament, user_id in two.registered if tournament == 6} == players


def test_the_players_of_a_match_that_both_sides_moved_are_registered(two: World) -> None:
    two.edit(75000, tournament_id=6)
    two.hear(MOVED, tournament_id=6)
    players = {row.user_id for row in two.match(75000).entries if row.role == "player"}
    assert {user_id for tournament, user_id in two.registered if tournament == 6} == players


def test_the_old_tournament_lets_go_of_a_match_that_moved(two: World) -> None:
    two.hear(MOVED, tournament_id=6)
    assert two.plan_of(MOVED).is_empty
    assert two.run({75000: MOVED}).is_empty


def test_a_match_comes_back_with_its_episode(two: World) -> None:
    two.hear(MOVED, tournament_id=6)
    two.hear(episode())
    assert two.match(75000).fields.tournament_id == 5


def test_a_match_that_somebody_moved_stays_there(two: World) -> None:
    two.edit(75000, tournament_id=6)
    assert two.plan_of(episode()).is_empty
    two.hear(episode(title="Finals"))
    assert (two.match(75000).fields.tournament_id, two.match(75000).fields.title) == (6, "Finals")


def test_a_match_imported_by_hand_into_a_tournament_without_an_event_stays_there() -> None:
    """Its episode never moved: an operator asked for it by id."""
    world = World({5: make_tournament(5), 6: make_tournament(6, slug=None)})
    world.hear(episode(), tournament_id=6, requested=frozenset({75000}))
    plan = world.plan_of(episode())
    assert plan.is_empty
    assert [skip.reason for skip in plan.skips] == ["other tournament"]


def test_two_tournaments_on_one_event_do_not_take_matches_from_each_other(two: World) -> None:
    two.tournaments[6] = make_tournament(6, slug="alttprleague")
    plan = two.plan_of(episode(title="Finals"), tournament_id=6)
    assert plan.is_empty
    assert [skip.reason for skip in plan.skips] == ["other tournament"]


# The comparison itself


@pytest.mark.parametrize("field", FIELDS)
def test_an_overwrite_lets_theirs_win_whatever_was_edited(field: str) -> None:
    values: dict[str, Any] = {
        "scheduled_at": LATER,
        "title": "Edited",
        "channel": 33,
        "tournament_id": 6,
    }
    base, ours = make_fields(), make_fields(**{field: values[field]})
    changes, kept = reconcile_fields(base, base, ours, overwrite=True)
    assert changes == (FieldChange(field, values[field], getattr(base, field), is_overwritten=True),)
    assert kept == ()
