"""Matches that the application imported are kept from now on, not imported twice."""

import pytest

from sgsync.plan.actions import Memory, PlannedSignup, Revision
from sgsync.snapshot.values import Role
from tests.feed_json import make_crew, make_player
from tests.plan.episodes import episode
from tests.plan.world import World

ANN, BEN = make_player(1, "Ann", discordId="100"), make_player(2, "Ben", discordId="")
EPISODE = episode(
    75000, ANN, BEN, commentators=[make_crew(9, "Quill", discordId="102"), make_crew(10, "quill2")]
)


@pytest.fixture
def world() -> World:
    """A match that stands as SpeedGaming has it, and of which sgsync knows nothing."""
    world = World()
    world.hear(EPISODE)
    world.forget()
    return world


def test_an_adopted_match_stays_as_it_is_and_is_remembered(world: World) -> None:
    before = world.snapshot().matches[75000]
    plan = world.hear(EPISODE)
    assert plan.new_matches == ()
    assert plan.revisions == (Revision(before, is_adopted=True),)
    (memory,) = plan.memories
    assert (memory.match_id, memory.fields) == (before.id, before.fields)
    assert world.snapshot().matches[75000] == before


def test_the_base_of_an_adopted_match_is_what_speedgaming_says(world: World) -> None:
    (memory,) = world.plan_of(EPISODE).memories
    ann, ben, quill, quill2 = (world.user_id(name) for name in ("Ann", "Ben", "quill", "quill2"))
    assert memory == Memory(
        75000,
        world.match(75000).fields,
        world.match(75000).id,
        "alttprleague",
        remembered=(
            PlannedSignup(Role.PLAYER, ann, "Ann", (1,), approved=False),
            PlannedSignup(Role.PLAYER, ben, "Ben", (2,), approved=False),
            PlannedSignup(Role.COMMENTATOR, quill, "quill", (9,), approved=True),
            PlannedSignup(Role.COMMENTATOR, quill2, "quill2", (10,), approved=True),
        ),
    )


def test_an_adopted_match_follows_what_changed_since_it_was_imported(world: World) -> None:
    """The application locks editing: what stands there is what SpeedGaming said then."""
    world.hear(episode(75000, ANN, make_player(3, "Cid", discordId=""), title="Finals", commentators=[]))
    assert world.match(75000).fields.title == "Finals"
    assert world.names(75000) == ["Ann", "Cid"]
    assert world.names(75000, Role.COMMENTATOR) == []


def test_work_on_an_adopted_match_stays(world: World) -> None:
    world.seat(75000, Role.PLAYER, world.user_id("Ben"), is_pristine=False)
    world.hear(episode(75000, ANN, commentators=[]))
    assert world.names(75000) == ["Ann", "Ben"]


def test_whoever_stands_in_an_adopted_match_belongs_like_the_imported(world: World) -> None:
    world.registered.clear()
    outsider = world.people.add("outsider", discord_id=500)
    world.seat(75000, Role.PLAYER, outsider, is_pristine=False)
    plan = world.hear(EPISODE)
    assert plan.new_members == (outsider,)
    assert set(plan.new_registrations) == {world.user_id("Ann"), world.user_id("Ben"), outsider}


def test_a_match_is_adopted_once(world: World) -> None:
    world.hear(EPISODE)
    assert world.plan_of(EPISODE).is_empty


def test_a_match_of_another_tournament_is_not_adopted(world: World) -> None:
    world.tournaments[6] = world.tournaments[5]
    world.edit(75000, tournament_id=6)
    assert world.plan_of(EPISODE).is_empty


def test_a_frozen_match_is_adopted_as_it_stands_and_follows_once_it_thaws(world: World) -> None:
    world.freeze(75000)
    before = world.match(75000)
    changed = episode(75000, ANN, BEN, title="Finals")
    plan = world.hear(changed)
    assert [(each.is_adopted, each.changes_match) for each in plan.revisions] == [(True, False)]
    assert world.match(75000) == before
    assert world.plan_of(changed).is_empty
    world.freeze(75000, None)
    world.hear(changed)
    assert world.match(75000).fields.title == "Finals"


def test_a_match_that_was_frozen_when_first_seen_stays_deleted_when_an_admin_deletes_it(world: World) -> None:
    world.freeze(75000)
    world.hear(EPISODE)
    world.delete(75000)
    assert world.hear(EPISODE).new_matches == ()


def test_who_is_in_an_adopted_match_in_a_role_that_was_left_out_can_leave_later(world: World) -> None:
    world.hear(episode(75000, ANN, BEN, commentators=None))
    world.hear(episode(75000, ANN, BEN, commentators=[]))
    assert world.names(75000, Role.COMMENTATOR) == []
