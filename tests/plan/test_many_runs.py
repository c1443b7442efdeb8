"""Hundreds of runs: what does not change costs nothing, and what flaps costs only its history."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from sgsync.plan.chronicle import Event, chronicle
from tests.feed_json import make_channel, make_crew, make_event, make_player
from tests.plan.episodes import episode
from tests.plan.world import World
from tests.snapshots import make_tournament

RUNS = 200
EPISODES = {number: episode(number) for number in range(1, 7)}

FLAPPING = [
    {"title": "Finals"},
    {"channels": []},
    {"channels": [make_channel("Fresh")]},
    {"commentators": [make_crew(approved=False)]},
    {"commentators": []},
    {"trackers": [make_crew(7, "Flo", discordId="")]},
    {"match1": {"title": "Standard - Week 1", "players": [make_player(5, "Eva", discordId="")]}},
]


@pytest.fixture
def world() -> World:
    world = World()
    world.run(EPISODES)
    return world


def without_history(world: World) -> World:
    return replace(deepcopy(world), history=[])


def test_runs_without_a_change_change_nothing(world: World) -> None:
    """Also with an edit, a frozen match, a deleted one, a cancelled one and an episode without players."""
    world.edit(1, title="Edited")
    world.freeze(2)
    world.delete(3)
    feed = {**EPISODES, 2: episode(2, title="Frozen"), 5: episode(5, match1=None)}
    del feed[4]
    world.run(feed)
    before = deepcopy(world)
    for _ in range(RUNS):
        assert world.run(feed).is_empty
    assert world == before


@pytest.mark.parametrize("changed", FLAPPING)
def test_what_flaps_grows_nothing_but_the_history(world: World, changed: dict[str, Any]) -> None:
    other = {**EPISODES, 1: episode(1, **changed)}
    world.run(other)
    there = without_history(world)
    world.run(EPISODES)
    back = without_history(world)
    for _ in range(RUNS // 2):
        world.run(other)
        assert without_history(world) == there
        world.run(EPISODES)
        assert without_history(world) == back


@pytest.mark.parametrize("changed", FLAPPING)
def test_what_flaps_against_an_edit_settles(world: World, changed: dict[str, Any]) -> None:
    """The ledger remembers only so much of what was said."""
    world.edit(1, title="Edited", channel=None)
    other = {**EPISODES, 1: episode(1, **changed)}
    for feed in (other, EPISODES, other, EPISODES):
        world.run(feed)
    settled = deepcopy(world.ledger[1])
    for _ in range(20):
        world.run(other)
        world.run(EPISODES)
    assert world.ledger[1] == settled


def test_what_was_said_of_a_restless_episode_does_not_pile_up(world: World) -> None:
    world.edit(1, title="Edited")
    for number in range(RUNS):
        world.run({**EPISODES, 1: episode(1, title=f"Title {number}")})
    assert len(repr(world.ledger[1].told)) < 500


def test_a_volunteer_who_signs_up_again_and_again_is_one_person(world: World) -> None:
    users = len(world.people.users)
    for number in range(RUNS):
        crew = make_crew(1000 + number, "Flo", discordId="", discordTag="")
        world.run({**EPISODES, 1: episode(1, trackers=[crew])})
    assert len(world.people.users) == users + 1
    assert len(world.match(1).entries) == 4


def test_an_episode_that_comes_and_goes_is_one_match(world: World) -> None:
    without = {number: each for number, each in EPISODES.items() if number != 1}
    for _ in range(20):
        assert len(world.run(without).cancellations) == 1
        assert world.run(EPISODES).revisions[0].is_back
    assert world.match(1).id == 901


def test_an_episode_that_moves_between_two_events_is_one_match(world: World) -> None:
    world.tournaments[6] = make_tournament(6, slug="smz3")
    moved = {**EPISODES, 1: episode(1, event=make_event("smz3"))}
    for _ in range(20):
        world.run(moved)
        world.run(moved, 6)
        assert world.match(1).fields.tournament_id == 6
        world.run(EPISODES)
        world.run(EPISODES, 6)
        assert world.match(1).fields.tournament_id == 5
    assert world.match(1).id == 901


# The history


def history(world: World, changed: dict[str, Any]) -> list[Event]:
    return list(chronicle(world.plan_of(episode(1, **changed))))


@pytest.mark.parametrize(
    ("changed", "event"),
    [
        ({"title": "Finals"}, Event(1, "changed", "title", "Standard - Week 1", "Finals")),
        ({"channels": []}, Event(1, "changed", "channel", "SpeedGaming", None)),
        (
            {"channels": [make_channel("Fresh")]},
            Event(1, "changed", "channel", "SpeedGaming", "Fresh"),
        ),
        ({"commentators": []}, Event(1, "removed", "commentator", "quill", None)),
        (
            {"commentators": [make_crew(approved=False)]},
            Event(1, "changed", "commentator quill", "approved", "not approved"),
        ),
    ],
)
def test_the_history_tells_from_what_to_what(world: World, changed: dict[str, Any], event: Event) -> None:
    assert history(world, changed) == [event]


def test_the_history_tells_what_was_kept_back_and_why(world: World) -> None:
    world.edit(1, title="Edited")
    assert history(world, {"title": "Finals"}) == [
        Event(1, "kept", "title", "Edited", "Finals", "it was edited here")
    ]


def test_the_history_tells_what_a_frozen_match_did_not_follow(world: World) -> None:
    world.freeze(1, "it has started")
    assert history(world, {"title": "Finals"}) == [
        Event(1, "frozen", "title", "Standard - Week 1", "Finals", "it has started")
    ]


def test_the_history_of_an_episode_from_beginning_to_end() -> None:
    world = World()
    world.hear(episode(1))
    world.do(world.plan(world.asked(1, gone=True)))
    world.hear(episode(1, title="Finals"))
    assert [event.kind for event in world.history] == ["imported", "cancelled", "returned", "changed"]
