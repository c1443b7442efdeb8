"""Rosters and crews follow SpeedGaming as sets: each seat by itself, and local work in it stays."""

from typing import Any

import pytest

from sgsync.fetch.wire import SpeedGamingEpisode
from sgsync.plan.actions import Kept
from sgsync.plan.reconcile import work_on
from sgsync.snapshot.values import Role
from tests.feed_json import Json, make_crew, make_player
from tests.plan.episodes import episode
from tests.plan.world import World

ANN, BEN, CID = (
    make_player(number, name, discordId=str(99 + number))
    for number, name in ((1, "Ann"), (2, "Ben"), (3, "Cid"))
)
QUILL = make_crew(9, "quill", discordId="200", approved=False)
APPROVED = {**QUILL, "approved": True}
FLO = make_crew(10, "flo", discordId="201")

ONE_OF_EACH = [(Role.PLAYER, "Ben"), (Role.COMMENTATOR, "quill")]


def schedule(*players: Json, crew: tuple[Json, ...] = (QUILL,), **fields: Any) -> SpeedGamingEpisode:
    return episode(75000, *players, **{"commentators": list(crew), **fields})


BOTH = schedule(ANN, BEN)
WITHOUT = schedule(ANN, crew=())


@pytest.fixture
def world() -> World:
    """A match between Ann and Ben, with a commentator who is not approved yet."""
    world = World()
    world.hear(BOTH)
    return world


def test_who_is_added_upstream_is_added(world: World) -> None:
    changed = schedule(ANN, BEN, CID, crew=(QUILL, FLO))
    world.hear(changed)
    assert world.names(75000) == ["Ann", "Ben", "Cid"]
    assert world.names(75000, Role.COMMENTATOR) == ["flo", "quill"]
    assert world.plan_of(changed).is_empty


def test_who_is_removed_upstream_is_removed(world: World) -> None:
    world.hear(WITHOUT)
    assert world.names(75000) == ["Ann"]
    assert world.names(75000, Role.COMMENTATOR) == []
    assert world.plan_of(WITHOUT).is_empty


def test_a_replaced_player_is_one_change_of_one_match(world: World) -> None:
    before = world.row(75000, Role.PLAYER, world.user_id("Ann"))
    (revision,) = world.hear(schedule(ANN, CID)).revisions
    assert (len(revision.added), len(revision.removed), revision.changes) == (1, 1, ())
    assert world.names(75000) == ["Ann", "Cid"]
    assert world.row(75000, Role.PLAYER, world.user_id("Ann")) == before


def test_somebody_may_change_sides_between_roster_and_crew(world: World) -> None:
    world.hear(schedule(ANN, CID, crew=(QUILL, {**FLO, "discordId": BEN["discordId"]})))
    assert world.names(75000) == ["Ann", "Cid"]
    assert world.names(75000, Role.COMMENTATOR) == ["Ben", "quill"]


def test_a_payload_that_leaves_the_crew_and_the_channel_out_takes_nobody_and_nothing_away(
    world: World,
) -> None:
    before = world.match(75000)
    world.hear(episode(75000, ANN, BEN, commentators=None, trackers=None, broadcasters=None, channels=None))
    assert world.match(75000) == before
    assert world.plan_of(BOTH).is_empty


def test_a_new_sign_up_of_the_same_volunteer_changes_no_row(world: World) -> None:
    again = schedule(ANN, BEN, crew=({**QUILL, "id": 77},))
    assert not any(revision.changes_match for revision in world.hear(again).revisions)
    assert world.plan_of(again).is_empty


@pytest.mark.parametrize(("role", "name"), ONE_OF_EACH)
def test_who_was_worked_on_stays_when_removed_upstream_and_that_is_said_once(
    world: World, role: Role, name: str
) -> None:
    """A rank, a station or an approver."""
    user_id = world.user_id(name)
    world.seat(75000, role, user_id, is_pristine=False)
    (revision,) = world.hear(WITHOUT).revisions
    assert revision.kept == (Kept(role, "listed", "not listed", user_id, work_on(role)),)
    assert name in world.names(75000, role)
    assert world.plan_of(WITHOUT).is_empty


@pytest.mark.parametrize(("role", "name"), ONE_OF_EACH)
def test_who_stayed_for_the_work_on_his_row_leaves_once_that_is_taken_back(
    world: World, role: Role, name: str
) -> None:
    user_id = world.user_id(name)
    world.seat(75000, role, user_id, is_pristine=False)
    world.hear(WITHOUT)
    world.seat(75000, role, user_id, is_pristine=True)
    world.hear(WITHOUT)
    assert name not in world.names(75000, role)


@pytest.mark.parametrize(("role", "name"), ONE_OF_EACH)
def test_who_was_worked_on_keeps_his_row_when_he_comes_back_upstream(
    world: World, role: Role, name: str
) -> None:
    world.seat(75000, role, world.user_id(name), is_pristine=False)
    row = world.row(75000, role, world.user_id(name))
    for _ in range(2):
        world.hear(WITHOUT)
        world.hear(BOTH)
    assert world.row(75000, role, world.user_id(name)) == row


@pytest.mark.parametrize("role", Role)
def test_who_was_added_locally_stays(world: World, role: Role) -> None:
    guest = world.people.add("guest", discord_id=500)
    world.seat(75000, role, guest)
    for changed in (BOTH, schedule(ANN, CID, crew=()), BOTH):
        world.hear(changed)
        assert "guest" in world.names(75000, role)
    assert world.plan_of(BOTH).is_empty


@pytest.mark.parametrize(("role", "name"), ONE_OF_EACH)
def test_who_was_removed_locally_stays_removed(world: World, role: Role, name: str) -> None:
    world.unseat(75000, role, world.user_id(name))
    assert world.plan_of(BOTH).is_empty
    world.hear(schedule(ANN, BEN, CID, title="Finals"))
    assert name not in world.names(75000, role)


@pytest.mark.parametrize(("role", "name"), ONE_OF_EACH)
def test_who_was_removed_locally_comes_back_only_once_signed_up_anew(
    world: World, role: Role, name: str
) -> None:
    world.unseat(75000, role, world.user_id(name))
    world.hear(WITHOUT)
    world.hear(BOTH)
    assert name in world.names(75000, role)


def test_who_was_removed_on_both_sides_is_no_conflict(world: World) -> None:
    world.unseat(75000, Role.PLAYER, world.user_id("Ben"))
    plan = world.hear(schedule(ANN))
    assert plan.revisions == ()
    assert world.plan_of(schedule(ANN)).is_empty


def test_who_was_added_on_both_sides_is_listed_once(world: World) -> None:
    cid = world.people.add("Cid", discord_id=102)
    world.seat(75000, Role.PLAYER, cid)
    world.hear(schedule(ANN, BEN, CID))
    assert world.names(75000) == ["Ann", "Ben", "Cid"]


@pytest.mark.parametrize("role", [Role.PLAYER, Role.COMMENTATOR])
def test_who_was_added_on_both_sides_belongs_like_the_imported(world: World, role: Role) -> None:
    cid = world.people.add("Cid", discord_id=102)
    world.seat(75000, role, cid)
    world.hear(schedule(ANN, BEN, CID, crew=(QUILL, {**FLO, "discordId": "102"})))
    assert world.people.users[cid].is_member
    assert (5, cid) in world.registered


def test_a_player_who_gets_a_discord_id_keeps_his_row_and_rank() -> None:
    """Removing and adding him anew would lose it."""
    world = World()
    unknown = {**BEN, "discordId": "", "discordTag": ""}
    world.hear(schedule(ANN, unknown))
    world.seat(75000, Role.PLAYER, world.user_id("Ben"), is_pristine=False)
    plan = world.hear(BOTH)
    assert len(plan.identities.upgrades) == 1
    assert not plan.revisions
    assert world.names(75000) == ["Ann", "Ben"]


def test_a_placeholder_in_a_match_becomes_the_real_user_there() -> None:
    world = World()
    world.people.add("Ben", discord_id=101)
    world.hear(schedule(ANN, {**BEN, "discordId": "", "displayName": "Who", "streamingFrom": ""}))
    world.seat(75000, Role.PLAYER, world.user_id("Who"), is_pristine=False)
    plan = world.hear(BOTH)
    assert [revision for revision in plan.revisions if revision.changes_match] == []
    assert world.names(75000) == ["Ann", "Ben"]
    row = world.row(75000, Role.PLAYER, world.user_id("Ben"))
    assert row is not None
    assert not row.is_pristine
    assert world.plan_of(BOTH).is_empty


def test_a_placeholder_beside_the_real_user_in_one_match_becomes_one_row_with_him() -> None:
    world = World()
    stand_in = {**BEN, "id": 4, "displayName": "Who", "streamingFrom": "", "discordId": "", "discordTag": ""}
    world.hear(schedule(ANN, BEN, stand_in))
    both = schedule(ANN, BEN, {**stand_in, "discordId": BEN["discordId"]})
    world.hear(both)
    assert world.names(75000) == ["Ann", "Ben"]
    assert world.plan_of(both).is_empty


@pytest.mark.parametrize("stand_in_first", [False, True])
def test_who_left_while_his_placeholder_was_merged_is_forgotten_in_the_same_run(stand_in_first: bool) -> None:
    """Both were signed up; the merge unites what is remembered of them."""
    world = World()
    stand_in = {**BEN, "id": 4, "displayName": "Who", "streamingFrom": "", "discordId": "", "discordTag": ""}
    world.hear(schedule(ANN, stand_in, BEN) if stand_in_first else schedule(ANN, BEN, stand_in))
    elsewhere = episode(75001, {**stand_in, "discordId": BEN["discordId"]}, commentators=[])
    world.hear(BOTH, elsewhere)
    assert world.names(75000) == ["Ann", "Ben"]
    assert world.plan_of(BOTH, elsewhere).is_empty


# Approvals


def approved(world: World) -> bool:
    row = world.row(75000, Role.COMMENTATOR, world.user_id("quill"))
    assert row is not None
    return row.approved


def test_an_approval_follows_speedgaming_both_ways(world: World) -> None:
    world.hear(schedule(ANN, BEN, crew=(APPROVED,)))
    assert approved(world)
    assert world.plan_of(schedule(ANN, BEN, crew=(APPROVED,))).is_empty
    world.hear(BOTH)
    assert not approved(world)


def test_an_approval_given_here_stays_while_speedgaming_says_nothing_new(world: World) -> None:
    world.seat(75000, Role.COMMENTATOR, world.user_id("quill"), approved=True, is_pristine=False)
    assert world.plan_of(BOTH).is_empty


def test_an_approval_given_on_both_sides_is_no_conflict(world: World) -> None:
    world.seat(75000, Role.COMMENTATOR, world.user_id("quill"), approved=True, is_pristine=False)
    plan = world.hear(schedule(ANN, BEN, crew=(APPROVED,)))
    assert plan.revisions == ()


def test_what_an_approver_decided_stays_and_that_is_said_once(world: World) -> None:
    quill = world.user_id("quill")
    world.hear(schedule(ANN, BEN, crew=(APPROVED,)))
    world.seat(75000, Role.COMMENTATOR, quill, is_pristine=False)
    (revision,) = world.hear(BOTH).revisions
    assert revision.kept == (
        Kept(Role.COMMENTATOR, "approved", "not approved", quill, work_on(Role.COMMENTATOR)),
    )
    assert approved(world)
    assert world.plan_of(BOTH).is_empty


def test_an_approval_edited_without_an_approver_stays_while_speedgaming_says_the_same(world: World) -> None:
    world.seat(75000, Role.COMMENTATOR, world.user_id("quill"), approved=True)
    assert world.plan_of(BOTH).is_empty


def test_players_have_no_approval(world: World) -> None:
    (revision,) = world.hear(schedule(ANN, BEN, crew=(APPROVED,))).revisions
    assert [signup.role for signup in revision.approvals] == [Role.COMMENTATOR]


# Overwriting


def test_an_overwrite_brings_the_people_to_what_speedgaming_says(world: World) -> None:
    guest = world.people.add("guest", discord_id=500)
    world.seat(75000, Role.PLAYER, guest)
    world.unseat(75000, Role.PLAYER, world.user_id("Ben"))
    world.seat(75000, Role.COMMENTATOR, world.user_id("quill"), approved=True)
    world.hear(BOTH, overwrite=True)
    assert world.names(75000) == ["Ann", "Ben"]
    assert not approved(world)


def test_an_overwrite_loses_no_rank_station_or_approver(world: World) -> None:
    guest = world.people.add("guest", discord_id=500)
    world.seat(75000, Role.PLAYER, guest, is_pristine=False)
    world.seat(75000, Role.COMMENTATOR, world.user_id("quill"), approved=True, is_pristine=False)
    before = world.match(75000)
    world.hear(BOTH, overwrite=True)
    assert set(world.match(75000).entries) == set(before.entries)


def test_an_overwrite_claims_no_approval_that_it_does_not_write(world: World) -> None:
    """Whoever approved in the application stays the one who did: the row is not written."""
    quill = world.user_id("quill")
    world.seat(75000, Role.COMMENTATOR, quill, approved=True, is_pristine=False)
    (revision,) = world.hear(BOTH, overwrite=True).revisions
    assert revision.approvals == ()
    assert revision.kept == (
        Kept(Role.COMMENTATOR, "approved", "not approved", quill, work_on(Role.COMMENTATOR)),
    )
    (again,) = world.plan_of(BOTH, overwrite=True).revisions
    assert (again.changes_match, again.kept) == (False, revision.kept)


def test_an_overwrite_says_each_time_who_stays_and_why(world: World) -> None:
    ben = world.user_id("Ben")
    world.seat(75000, Role.PLAYER, ben, is_pristine=False)
    world.hear(WITHOUT)
    (revision,) = world.hear(WITHOUT, overwrite=True).revisions
    assert revision.kept == (Kept(Role.PLAYER, "listed", "not listed", ben, "it has a rank or a station"),)
