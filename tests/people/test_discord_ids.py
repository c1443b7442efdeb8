"""A Discord id decides who somebody is: rule 1."""

import pytest

from sgsync.people.identity import NewUser, Upgrade, identify
from sgsync.people.sightings import Sighting
from sgsync.snapshot.values import Alias, AliasKey, AliasKind, AliasSource, User
from tests.people.world import World, saw_crew, saw_player
from tests.snapshots import make_placeholder, make_snapshot, make_user, name_key, player_key, tag_key


def test_a_discord_id_leads_to_the_user_who_has_it() -> None:
    sighting = saw_player(5, discord_id=100, tag="anything", label="Anybody")
    identities = identify([sighting], make_snapshot(make_user(7, 100), make_user(8, 101)))
    assert identities.persons == {sighting: 7}
    assert (identities.new_users, identities.new_placeholders, identities.upgrades) == ((), (), ())


def test_a_discord_id_that_nobody_has_makes_an_ordinary_user() -> None:
    sighting = saw_player(5, discord_id=100, tag="Bob#1234", label="BobTV")
    identities = identify([sighting], make_snapshot())
    assert identities.new_users == (NewUser("discord:100", 100, "Bob", "1234", "BobTV"),)
    assert identities.persons == {sighting: "discord:100"}
    assert not identities.new_placeholders


def test_one_discord_id_in_all_roles_and_under_all_names_is_one_user() -> None:
    sightings = [
        saw_player(5, discord_id=100, tag="bob", label="Bob"),
        saw_player(6, discord_id=100, tag="bobby", label="Robert", episode_id=75001),
        saw_crew(5, discord_id=100, label="Quill"),
    ]
    assert len(identify(sightings, make_snapshot()).new_users) == 1


def test_a_user_who_has_the_discord_id_is_found_even_while_flagged_as_a_placeholder() -> None:
    """The application never clears the flag; a second row with this Discord id cannot be."""
    snapshot = make_snapshot(User(7, "bob", 100, is_placeholder=True))
    sighting = saw_player(5, discord_id=100, tag="bob")
    identities = identify([sighting], snapshot)
    assert identities.persons == {sighting: 7}
    assert not identities.new_users


@pytest.mark.parametrize(
    "sighting",
    [
        saw_player(7, discord_id=777, tag="bob"),  # by the player id in his name
        saw_player(21, discord_id=777, tag="t20"),  # by a tag that he was once seen with
        saw_crew(6, label="Rosetta"),  # by a name
    ],
)
def test_whoever_has_a_discord_id_keeps_it_whatever_the_flag_says(sighting: Sighting) -> None:
    flagged = User(7, "sg_7", 555, is_placeholder=True), User(8, "sg_crew_5", 556, is_placeholder=True)
    aliases = (
        Alias(AliasKey(AliasKind.TAG, "t20"), user_id=7),
        Alias(AliasKey(AliasKind.CREW_NAME, "rosetta"), user_id=8),
    )
    identities = identify([sighting], make_snapshot(*flagged, aliases=aliases))
    assert identities.persons[sighting] not in (7, 8)
    assert (identities.upgrades, identities.merges) == ((), ())


def test_a_placeholder_is_upgraded_in_place_when_its_player_gets_a_discord_id() -> None:
    world = World()
    (placeholder,) = world.poll(saw_player(5, label="Bob"))
    sighting = saw_player(5, discord_id=100, tag="bob", label="Bob")
    assert identify([sighting], world.snapshot).upgrades == (Upgrade(placeholder, "sg_5", 100, "bob", None),)
    assert world.poll(sighting) == [placeholder]
    assert world.user(placeholder) == User(placeholder, "bob", 100, display_name="Bob")


def test_a_placeholder_of_the_applications_own_importer_is_upgraded_by_its_player_id() -> None:
    snapshot = make_snapshot(make_placeholder(7, "sg_5"))
    assert identify([saw_player(5, discord_id=100)], snapshot).persons == {saw_player(5, discord_id=100): 7}


def test_a_crew_placeholder_is_upgraded_by_its_tag() -> None:
    world = World()
    (placeholder,) = world.poll(saw_crew(9, tag="Quill#0", label="Quill"))
    later = saw_crew(14, tag="quill", discord_id=100, episode_id=75001)
    assert world.poll(later) == [placeholder]
    assert world.user(placeholder).discord_id == 100


def test_a_placeholder_is_never_upgraded_by_a_name_alone() -> None:
    world = World()
    player, crew = world.poll(saw_player(5, label="Quill"), saw_crew(9, label="Quill"))
    others = world.poll(
        saw_player(6, discord_id=100, label="Quill"), saw_crew(14, discord_id=101, label="Quill")
    )
    assert not {player, crew} & set(others)
    assert world.user(player).is_placeholder
    assert world.user(crew).is_placeholder


def test_a_crew_member_with_a_discord_id_is_not_the_player_of_the_same_number() -> None:
    snapshot = make_snapshot(make_placeholder(7, "sg_5"), aliases=[Alias(player_key(5), 7)])
    assert not identify([saw_crew(5, discord_id=100)], snapshot).upgrades


def test_a_display_name_cannot_imitate_a_placeholder() -> None:
    """A real user may call himself `sg_5`: only rows flagged as placeholders are found by that name."""
    imitator = make_user(7, 200, username="sg_5")
    nobody = make_user(8, username="sg_5")
    for sighting in (saw_player(5), saw_player(5, discord_id=100)):
        identities = identify([sighting], make_snapshot(imitator, nobody))
        assert identities.persons[sighting] not in (7, 8)
        assert not identities.upgrades


def test_two_people_with_one_tag_do_not_share_a_placeholders_upgrade() -> None:
    world = World()
    (placeholder,) = world.poll(saw_player(5, tag="bob"))
    first, second = world.poll(
        saw_player(5, tag="bob", discord_id=100), saw_player(6, tag="bob", discord_id=101)
    )
    assert first == placeholder
    assert second != placeholder
    assert (world.user(first).discord_id, world.user(second).discord_id) == (100, 101)


def test_an_alias_seen_with_another_discord_id_moves_there() -> None:
    world = World()
    first, second = world.poll(
        saw_player(5, tag="bob", discord_id=100), saw_player(6, tag="old", discord_id=101)
    )
    world.poll(saw_player(6, tag="bob", discord_id=101, episode_id=75001))
    assert world.poll(saw_crew(9, tag="bob")) == [second]
    assert world.poll(saw_player(5)) == [first]


def test_a_discord_id_outranks_what_an_admin_linked() -> None:
    snapshot = make_snapshot(
        make_user(7, 100), make_user(8, 101), aliases=[Alias(player_key(5), 7, source=AliasSource.ADMIN)]
    )
    sighting = saw_player(5, discord_id=101)
    identities = identify([sighting], snapshot)
    assert identities.persons == {sighting: 8}
    (learned,) = identities.aliases
    assert (learned.person, learned.discord_id, learned.source) == (8, 101, AliasSource.FEED)


def test_a_link_of_an_admin_stays_marked_when_the_feed_confirms_it() -> None:
    snapshot = make_snapshot(make_user(7, 100), aliases=[Alias(player_key(5), 7, source=AliasSource.ADMIN)])
    (learned,) = identify([saw_player(5, discord_id=100)], snapshot).aliases
    assert (learned.person, learned.discord_id, learned.source) == (7, 100, AliasSource.ADMIN)


def test_a_crew_name_is_not_remembered_of_a_real_person() -> None:
    aliases = identify([saw_crew(9, discord_id=100, tag="quill", label="Quill")], make_snapshot()).aliases
    assert [alias.key for alias in aliases] == [tag_key("quill")]
    assert name_key("Quill") not in {alias.key for alias in aliases}
