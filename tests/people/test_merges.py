"""A placeholder and a real user who turn out to be one person become one user, without anyone's doing."""

import pytest

from sgsync.people.identity import Merge, identify
from sgsync.people.sightings import Sighting
from sgsync.snapshot.values import Alias, AliasKind, AliasSource, User
from tests.people.world import World, saw_crew, saw_player
from tests.snapshots import make_placeholder, make_snapshot, make_user, name_key, player_key, tag_key

BOB, STAND_IN = make_user(7, 100), make_placeholder(8, "sg_5")


def test_the_placeholder_of_a_player_id_is_merged_into_the_user_of_its_discord_id() -> None:
    snapshot = make_snapshot(BOB, STAND_IN, aliases=[Alias(player_key(5), 8)])
    sighting = saw_player(5, discord_id=100)
    identities = identify([sighting], snapshot)
    assert identities.merges == (Merge(8, "sg_5", 7),)
    assert identities.persons == {sighting: 7}


def test_the_placeholder_of_a_tag_is_merged_into_the_user_of_its_discord_id() -> None:
    world = World(make_snapshot(BOB))
    (stand_in,) = world.poll(saw_crew(9, tag="bob#0", label="Bob"))
    world.poll(saw_crew(14, tag="Bob", discord_id=100, episode_id=75001))
    assert stand_in not in world.people.users


def test_a_placeholder_of_the_applications_own_importer_is_merged_by_its_player_id() -> None:
    assert identify([saw_player(5, discord_id=100)], make_snapshot(BOB, STAND_IN)).merges == (
        Merge(8, "sg_5", 7),
    )


def test_a_placeholder_is_never_merged_by_a_name_alone() -> None:
    snapshot = make_snapshot(BOB, make_placeholder(8, "sg_crew_9"), aliases=[Alias(name_key("Bob"), 8)])
    assert identify([saw_crew(9, label="Bob", discord_id=100)], snapshot).merges == ()


def test_a_real_user_is_never_merged() -> None:
    snapshot = make_snapshot(BOB, make_user(8, 101), aliases=[Alias(player_key(5), 8, 101)])
    assert identify([saw_player(5, discord_id=100)], snapshot).merges == ()


def test_everybody_known_by_two_placeholders_becomes_one_user() -> None:
    """A volunteer and a player, until SpeedGaming learns that both are Bob."""
    world = World(make_snapshot(BOB))
    player, crew = world.poll(saw_player(5), saw_crew(9, tag="bob"))
    assert world.poll(saw_player(5, tag="bob", discord_id=100)) == [7]
    assert not {player, crew} & set(world.people.users)


def test_of_two_placeholders_of_a_person_without_an_account_one_is_upgraded_and_takes_the_other_in() -> None:
    world = World()
    player, crew = world.poll(saw_player(5), saw_crew(9, tag="bob"))
    assert world.poll(saw_player(5, tag="bob", discord_id=100)) == [player]
    assert world.user(player).discord_id == 100
    assert crew not in world.people.users


def test_a_person_with_two_player_ids_is_upgraded_by_whichever_has_a_placeholder() -> None:
    """Or the placeholder would be merged in the run after, and nothing new would have happened."""
    world = World(make_snapshot(make_placeholder(8, "sg_6")))
    both = (saw_player(5, discord_id=100), saw_player(6, discord_id=100, episode_id=75001))
    world.poll(*both)
    assert identify(both, world.snapshot).is_empty


def test_whatever_led_to_a_merged_placeholder_leads_to_the_user() -> None:
    world = World(make_snapshot(BOB))
    world.poll(saw_player(5, tag="bob"), saw_crew(9, tag="bob", label="Bob"))
    world.poll(saw_player(5, discord_id=100, tag="bob"))
    assert world.poll(saw_player(5), saw_crew(9), saw_crew(10, tag="bob")) == [7, 7, 7]


def test_a_crew_name_does_not_follow_a_merged_placeholder() -> None:
    world = World(make_snapshot(BOB))
    world.poll(saw_crew(9, tag="bob", label="Bob"))
    world.poll(saw_crew(14, tag="bob", label="Bob", discord_id=100, episode_id=75001))
    (namesake,) = world.poll(saw_crew(20, label="Bob", episode_id=75002))
    assert world.user(namesake).is_placeholder


def test_a_crew_name_is_not_remembered_of_a_merged_person() -> None:
    world = World(make_snapshot(BOB))
    world.poll(saw_crew(9, tag="bob", label="Bob"))
    world.poll(saw_crew(14, tag="bob", label="Bob", discord_id=100, episode_id=75001))
    assert AliasKind.CREW_NAME not in {key.kind for key in world.snapshot.aliases}


@pytest.mark.parametrize("sighting", [saw_player(5), saw_player(5, discord_id=100)])
def test_nobody_resurrects_a_merged_placeholder(sighting: Sighting) -> None:
    world = World(make_snapshot(BOB))
    world.poll(saw_player(5))
    world.poll(saw_player(5, discord_id=100))
    assert world.poll(sighting) == [7]
    assert identify([sighting], world.snapshot).is_empty


def test_a_placeholder_that_cannot_be_merged_stays_and_the_person_is_the_user_all_the_same() -> None:
    sighting = saw_player(5, discord_id=100)
    identities = identify([sighting], make_snapshot(BOB, STAND_IN), unmergeable=frozenset({8}))
    assert identities.persons == {sighting: 7}
    assert identities.merges == ()


def test_the_tag_that_is_one_users_name_leads_there_only_where_the_guess_is_allowed() -> None:
    snapshot = make_snapshot(make_user(7, 100, username="Bob"))
    sighting = saw_player(5, tag="bob#0")
    guessed = identify([sighting], snapshot, match_tags=True)
    assert guessed.persons == {sighting: 7}
    assert guessed.new_placeholders == ()
    assert identify([sighting], snapshot).persons == {sighting: "sg_5"}


def test_a_guess_is_remembered_as_one() -> None:
    world = World(make_snapshot(make_user(7, 100, username="bob")))
    (learned,) = identify([saw_player(5, tag="bob")], world.snapshot, match_tags=True).aliases
    assert (learned.key, learned.person, learned.source) == (tag_key("bob"), 7, AliasSource.TAG)


@pytest.mark.parametrize(
    ("tag", "users"),
    [
        ("bob", [make_user(7, 100, username="bob"), make_user(8, 101, username="BOB")]),
        ("bob", [make_user(7, 100, username="bob", discriminator="1234")]),
        ("bob#1234", [make_user(7, 100, username="bob")]),
        ("bob#1234", [make_user(7, 100, username="bob", discriminator="4321")]),
        ("bob", [make_user(7, 100, username="bob", is_active=False)]),
        ("bob", [make_user(7, username="bob")]),
        ("bob", [make_user(7, 100, username="bobby")]),
    ],
)
def test_a_guess_is_made_only_where_exactly_one_user_fits(tag: str, users: list[User]) -> None:
    identities = identify([saw_player(5, tag=tag)], make_snapshot(*users), match_tags=True)
    assert identities.persons == {saw_player(5, tag=tag): "sg_5"}


def test_an_old_style_tag_is_guessed_with_its_discriminator() -> None:
    snapshot = make_snapshot(make_user(7, 100, username="bob", discriminator="1234"))
    sighting = saw_crew(9, tag="Bob#1234")
    assert identify([sighting], snapshot, match_tags=True).persons == {sighting: 7}


def test_a_guess_never_outranks_what_is_known() -> None:
    snapshot = make_snapshot(
        make_user(7, 100, username="bob"), make_user(8, 101), aliases=[Alias(player_key(5), 8, 101)]
    )
    sighting = saw_player(5, tag="bob")
    assert identify([sighting], snapshot, match_tags=True).persons == {sighting: 8}
