"""A placeholder stands in for somebody unknown, and always the same one: rule 3."""

from sgsync.people.identity import NewPlaceholder, identify
from sgsync.snapshot.values import Alias, Role
from tests.people.world import World, saw_crew, saw_player
from tests.snapshots import make_placeholder, make_snapshot, player_key


def test_an_unknown_player_gets_a_placeholder_named_after_the_player_id() -> None:
    sighting = saw_player(11111, label="John", tag="john")
    identities = identify([sighting], make_snapshot())
    assert identities.new_placeholders == (NewPlaceholder("sg_11111", "John", sighting),)
    assert identities.persons == {sighting: "sg_11111"}


def test_an_unknown_crew_member_gets_a_placeholder_named_after_the_sign_up() -> None:
    (placeholder,) = identify([saw_crew(9, label="Quill")], make_snapshot()).new_placeholders
    assert (placeholder.key, placeholder.display_name) == ("sg_crew_9", "Quill")


def test_a_player_and_a_crew_member_of_the_same_number_are_two_people() -> None:
    player, crew = World().poll(saw_player(60789), saw_crew(60789))
    assert player != crew


def test_the_placeholder_of_a_player_serves_all_episodes() -> None:
    world = World()
    first = world.poll(saw_player(5, label="Bob"), saw_player(5, label="Bob", episode_id=75001))
    assert {*first, *world.poll(saw_player(5, label="Renamed", episode_id=75002))} == {first[0]}


def test_a_placeholder_of_the_applications_own_importer_is_found_by_its_name() -> None:
    snapshot = make_snapshot(make_placeholder(7, "sg_4377"), make_placeholder(8, "sg_crew_9"))
    player, crew = saw_player(4377, label="bitwing"), saw_crew(9, label="Quill")
    identities = identify([player, crew], snapshot)
    assert identities.persons == {player: 7, crew: 8}
    assert not identities.new_placeholders


def test_a_volunteer_is_one_placeholder_however_many_episodes_and_roles_he_signs_up_for() -> None:
    world = World()
    first = world.poll(
        saw_crew(9, label="Quill"), saw_crew(10, label="QUILL", role=Role.TRACKER, episode_id=75001)
    )
    later = world.poll(saw_crew(11, label="quill", role=Role.RESTREAMER, episode_id=75002))
    assert len({*first, *later}) == 1


def test_a_volunteer_with_a_tag_is_one_placeholder_under_all_his_names() -> None:
    world = World()
    first = world.poll(saw_crew(9, label="Quill", tag="quill"), saw_crew(10, label="QuillTV", tag="quill"))
    assert len({*first, *world.poll(saw_crew(11, label="Feather", tag="Quill#0"))}) == 1


def test_a_volunteer_known_by_name_stays_the_same_when_a_tag_appears() -> None:
    world = World()
    (quill,) = world.poll(saw_crew(9, label="Quill"))
    assert world.poll(saw_crew(10, label="Quill", tag="quill", episode_id=75001)) == [quill]
    assert world.poll(saw_crew(11, label="Feather", tag="quill", episode_id=75002)) == [quill]


def test_namesakes_with_different_tags_are_different_people() -> None:
    one, other = saw_crew(9, label="Alex", tag="alex1"), saw_crew(10, label="Alex", tag="alex2")
    world = World()
    first, second = world.poll(one, other)
    assert first != second
    assert world.poll(saw_crew(11, label="Alex", tag="alex1"), saw_crew(12, label="Alex", tag="alex2")) == [
        first,
        second,
    ]


def test_namesakes_among_players_are_different_people() -> None:
    one, other = World().poll(saw_player(5, label="Alex"), saw_player(6, label="Alex"))
    assert one != other


def test_two_players_who_typed_the_same_tag_are_two_roster_entries() -> None:
    world = World()
    both = (saw_player(5, tag="bob"), saw_player(6, tag="bob"))
    first, second = world.poll(*both)
    assert first != second
    assert world.poll(*both) == [first, second]


def test_a_player_and_a_commentator_without_discord_id_are_one_person_by_their_tag() -> None:
    player, crew = World().poll(saw_player(5, tag="bob"), saw_crew(9, tag="bob"))
    assert player == crew


def test_a_crew_member_without_name_and_tag_is_remembered_by_the_sign_up() -> None:
    world = World()
    assert world.poll(saw_crew(9)) == world.poll(saw_crew(9, label="Now named", tag="typed"))


def test_the_alias_of_a_player_outranks_the_name_of_a_placeholder() -> None:
    """After a link or a merge the alias knows better than what a leftover row is called."""
    snapshot = make_snapshot(
        make_placeholder(7, "sg_5"), make_placeholder(8, "sg_6"), aliases=[Alias(player_key(5), 8)]
    )
    assert identify([saw_player(5)], snapshot).persons == {saw_player(5): 8}


def test_a_placeholder_without_any_name_is_called_what_it_is() -> None:
    players = identify([saw_player(5), saw_player(6, tag="bob#0")], make_snapshot()).new_placeholders
    assert [placeholder.display_name for placeholder in players] == ["sg_5", "bob"]


def test_names_fit_the_applications_columns() -> None:
    long = "n" * 5000
    identities = identify(
        [
            saw_player(5, label=long, tag=f"a{long}"),
            saw_player(6, discord_id=100, label=long, tag=f"{long}#1234"),
        ],
        make_snapshot(),
    )
    (placeholder,), (user,) = identities.new_placeholders, identities.new_users
    assert len(placeholder.display_name) == len(user.display_name) == len(user.username) == 255
    assert user.discriminator == "1234"
    assert max(len(alias.key.value) for alias in identities.aliases) == 255
