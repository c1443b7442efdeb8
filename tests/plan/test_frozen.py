"""A match that is under way or over is left as it is."""

from datetime import timedelta

import pytest

from sgsync.database.tables import FREEZING
from sgsync.plan.actions import Plan
from sgsync.snapshot.values import Role
from tests.feed_json import make_channel, make_crew, make_player
from tests.plan.episodes import episode
from tests.plan.world import World
from tests.snapshots import START, make_known_channel

REASONS = [*FREEZING.values(), "it has a race room"]

ANN, BEN = make_player(1, "Ann", discordId="100"), make_player(2, "Ben", discordId="")
IMPORTED = episode(75000, ANN, BEN)
CHANGED = episode(
    75000, ANN, start=START + timedelta(hours=1), title="Finals", channels=[make_channel("ALTTPR1")]
)


@pytest.fixture
def world() -> World:
    world = World()
    world.hear(IMPORTED)
    world.freeze(75000)
    return world


def said(plan: Plan) -> list[str]:
    return [revision.frozen_by for revision in plan.revisions if revision.frozen_by]


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_frozen_match_stays_as_it_is_whatever_froze_it(world: World, reason: str, overwrite: bool) -> None:
    world.freeze(75000, reason)
    before = world.match(75000)
    plan = world.hear(CHANGED, overwrite=overwrite)
    assert said(plan) == [reason]
    assert world.match(75000) == before


def test_a_frozen_match_that_did_not_change_is_not_worth_a_word(world: World) -> None:
    assert world.plan_of(IMPORTED).is_empty
    assert world.plan_of(IMPORTED).revisions == ()


def test_that_a_frozen_match_should_change_is_said_once(world: World) -> None:
    world.hear(CHANGED)
    plan = world.plan_of(CHANGED)
    assert plan.is_empty
    assert plan.revisions == ()


def test_another_change_of_a_frozen_match_is_said_again(world: World) -> None:
    world.hear(CHANGED)
    assert said(world.hear(episode(75000, ANN, BEN, title="Grand Finals"))) == ["it has started"]


@pytest.mark.parametrize(
    "changed",
    [
        episode(75000, ANN, BEN, start=START + timedelta(hours=1)),
        episode(75000, ANN, BEN, title="Finals"),
        episode(75000, ANN, BEN, channels=[]),
        episode(75000, ANN),
        episode(75000, ANN, BEN, commentators=[]),
        episode(75000, ANN, BEN, trackers=[make_crew(5, "Flo")]),
    ],
)
def test_every_kind_of_change_is_said(world: World, changed: Plan) -> None:
    assert said(world.hear(changed)) == ["it has started"]  # type: ignore[arg-type]


def test_that_its_new_channel_was_created_meanwhile_is_no_change_of_a_frozen_match(world: World) -> None:
    world.hear(CHANGED)
    world.channels["ALTTPR1"] = make_known_channel(77, "ALTTPR1")
    assert said(world.hear(CHANGED)) == []


def test_a_frozen_match_that_flaps_between_two_new_titles_says_each_once(world: World) -> None:
    approved = make_crew(5, "Flo", approved=False)
    feeds = [
        episode(75000, ANN, BEN, title="B"),
        episode(75000, ANN, BEN, title="C", commentators=[approved]),
    ]
    for _ in range(4):
        for feed in feeds:
            world.hear(feed)
    assert [event.after for event in world.history if event.what == "title"] == ["B", "C"]
    assert len([event for event in world.history if event.kind == "frozen"]) == len(set(world.history[1:]))


def test_a_match_that_thaws_follows_what_changed_while_it_was_frozen(world: World) -> None:
    world.hear(CHANGED)
    world.freeze(75000, None)
    world.hear(CHANGED)
    assert world.match(75000).fields.title == "Finals"
    assert world.names(75000) == ["Ann"]
    assert world.plan_of(CHANGED).is_empty


def test_no_channel_is_created_for_a_frozen_match(world: World) -> None:
    assert world.plan_of(CHANGED).new_channels == ()


@pytest.mark.parametrize("discord_id", ["", "555"])
def test_nobody_is_created_for_a_frozen_match(world: World, discord_id: str) -> None:
    """He would stand in no match, and belong to no organization."""
    plan = world.plan_of(episode(75000, ANN, BEN, make_player(3, "Cid", discordId=discord_id)))
    assert (plan.identities.new_users, plan.identities.new_placeholders) == ((), ())


def test_a_placeholder_becomes_a_person_also_in_a_frozen_match(world: World) -> None:
    plan = world.hear(episode(75000, ANN, {**BEN, "discordId": "101"}))
    assert len(plan.identities.upgrades) == 1
    assert world.people.users[world.user_id("Ben")].discord_id == 101


def test_a_placeholder_is_merged_also_in_a_frozen_match(world: World) -> None:
    ben = world.people.add("ben", discord_id=101)
    world.hear(episode(75000, ANN, {**BEN, "discordId": "101"}))
    assert world.row(75000, Role.PLAYER, ben)
    assert world.plan_of(episode(75000, ANN, {**BEN, "discordId": "101"})).is_empty


def test_a_discord_id_in_a_frozen_match_counts_for_whoever_is_new_elsewhere(world: World) -> None:
    cid = make_player(3, "Cid", discordId="")
    both = (
        episode(75000, ANN, BEN, {**cid, "discordId": "103"}),
        episode(75001, ANN, cid),
    )
    world.hear(*both)
    assert world.plan_of(*both).is_empty


def test_whoever_becomes_a_person_in_a_frozen_match_is_known_by_all_his_names_at_once(world: World) -> None:
    ben = {**BEN, "discordId": "101"}
    also_ben = make_crew(9, "Benjamin", discordId="101")
    world.hear(episode(75000, ANN, ben, commentators=[also_ben]))
    assert world.plan_of(episode(75000, ANN, ben, commentators=[also_ben])).is_empty
