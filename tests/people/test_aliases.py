"""Somebody without a Discord id is whom an alias leads to: rule 2."""

from typing import Any

import pytest

from sgsync.people.identity import identify
from sgsync.people.sightings import Sighting
from sgsync.snapshot.values import Alias, AliasSource, Role
from tests.people.world import World, saw_crew, saw_player
from tests.snapshots import make_placeholder, make_snapshot, make_user, name_key, player_key, tag_key


def test_someone_who_loses_his_discord_id_stays_himself() -> None:
    world = World()
    player, crew = world.poll(
        saw_player(5, tag="bob", discord_id=100, label="Bob"), saw_crew(9, tag="quill", discord_id=101)
    )
    assert world.poll(saw_player(5, label="Somebody")) == [player]
    assert world.poll(saw_player(77, tag="bob")) == [player]
    assert world.poll(saw_crew(14, tag="quill", episode_id=75001)) == [crew]


def test_a_lost_discord_id_is_made_up_for_within_one_poll() -> None:
    with_id = saw_player(5, discord_id=100, episode_id=75009)
    without = saw_player(5, episode_id=75001)
    identities = identify([without, with_id], make_snapshot())
    assert identities.persons[without] == identities.persons[with_id]
    assert not identities.new_placeholders


def test_a_crew_member_without_a_tag_who_loses_his_discord_id_stays_himself_in_that_sign_up() -> None:
    world = World()
    before = saw_crew(9, discord_id=100, label="Quill")
    assert world.poll(before) == world.poll(saw_crew(9, label="Quill"))


def test_a_sign_up_is_remembered_within_its_own_episode_and_role_only() -> None:
    world = World()
    (quill,) = world.poll(saw_crew(9, discord_id=100))
    others = world.poll(saw_crew(9, episode_id=75001), saw_crew(9, role=Role.TRACKER))
    assert quill not in others


@pytest.mark.parametrize("sighting", [saw_player(5), saw_player(6, tag="bob"), saw_crew(9, tag="Bob#0")])
def test_what_an_admin_linked_leads_to_the_real_person(sighting: Sighting) -> None:
    links = [
        Alias(player_key(5), 7, source=AliasSource.ADMIN),
        Alias(tag_key("bob"), 7, source=AliasSource.ADMIN),
    ]
    assert identify([sighting], make_snapshot(make_user(7, 100), aliases=links)).persons == {sighting: 7}


def test_evidence_outranks_the_placeholder_of_a_player() -> None:
    """Rule 2 comes before rule 3: a tag with evidence decides also for a player known without it."""
    world = World()
    (placeholder,) = world.poll(saw_player(5, label="Bob"))
    (bob,) = world.poll(saw_crew(9, tag="bob", discord_id=100))
    assert bob != placeholder
    assert world.poll(saw_player(5, label="Bob", tag="bob")) == [bob]


def test_someone_remembered_by_his_sign_up_does_not_become_anothers_placeholder_by_a_tag() -> None:
    """He lost his Discord id and typed a tag that some unknown volunteer typed too."""
    world = World()
    (quill,) = world.poll(saw_crew(9, discord_id=100))
    both = (saw_crew(9, tag="bob"), saw_crew(10, tag="bob"))
    assert world.poll(*both)[0] == quill
    assert world.poll(*both)[0] == quill


def test_an_admin_may_link_to_a_user_without_a_discord_id() -> None:
    snapshot = make_snapshot(make_user(7), aliases=[Alias(player_key(5), 7, source=AliasSource.ADMIN)])
    assert identify([saw_player(5)], snapshot).persons == {saw_player(5): 7}


@pytest.mark.parametrize("sighting", [saw_player(5, tag="bob"), saw_crew(9, tag="bob")])
def test_an_alias_without_evidence_never_leads_to_a_real_person(sighting: Sighting) -> None:
    snapshot = make_snapshot(make_user(7, 100), aliases=[Alias(player_key(5), 7), Alias(tag_key("bob"), 7)])
    identities = identify([sighting], snapshot)
    assert identities.persons[sighting] == sighting.placeholder_name
    assert {alias.person for alias in identities.aliases} == {sighting.placeholder_name}


@pytest.mark.parametrize("evidence", [{"discord_id": 100}, {"source": AliasSource.ADMIN}, {}])
def test_a_crew_name_never_leads_to_a_real_person(evidence: dict[str, Any]) -> None:
    snapshot = make_snapshot(
        make_user(7, 100, username="quill"),
        aliases=[Alias(name_key("Quill"), 7, **evidence)],
    )
    sighting = saw_crew(9, label="Quill")
    assert identify([sighting], snapshot).persons == {sighting: "sg_crew_9"}


def test_a_crew_name_never_leads_to_a_players_placeholder() -> None:
    snapshot = make_snapshot(make_placeholder(7, "sg_5"), aliases=[Alias(name_key("Quill"), 7)])
    sighting = saw_crew(9, label="Quill")
    assert identify([sighting], snapshot).persons == {sighting: "sg_crew_9"}


def test_a_crew_name_does_not_follow_a_placeholder_that_became_real() -> None:
    world = World()
    (quill,) = world.poll(saw_crew(9, tag="quill", label="Quill"))
    world.poll(saw_crew(14, tag="quill", discord_id=100, episode_id=75001))
    (namesake,) = world.poll(saw_crew(20, label="Quill", episode_id=75002))
    assert namesake != quill
    assert world.user(namesake).is_placeholder


def test_the_applications_own_user_name_is_no_evidence() -> None:
    """Matching a tag against `discord_username` would be a guess."""
    snapshot = make_snapshot(make_user(7, 100, username="bob"))
    assert identify([saw_player(5, tag="bob")], snapshot).persons == {saw_player(5, tag="bob"): "sg_5"}


@pytest.mark.parametrize("typed", ["synack", "SynAck", "SYNACK#0", "synack#0"])
def test_a_tag_is_the_same_in_any_case_and_with_the_artefact_zero(typed: str) -> None:
    world = World()
    (synack,) = world.poll(saw_player(5, tag="SynAck", discord_id=100))
    assert world.poll(saw_crew(9, tag=typed)) == [synack]


@pytest.mark.parametrize("typed", ["synack#1234", "synack#00", "synack0", "syn"])
def test_only_the_suffix_zero_is_dropped_from_a_tag(typed: str) -> None:
    world = World()
    (synack,) = world.poll(saw_player(5, tag="synack", discord_id=100))
    assert world.poll(saw_crew(9, tag=typed)) != [synack]


def test_old_style_tags_with_different_discriminators_are_different_people() -> None:
    world = World()
    one, other = world.poll(saw_crew(9, tag="bob#1111"), saw_crew(10, tag="bob#2222"))
    assert one != other


def test_a_composed_and_a_decomposed_letter_are_the_same_tag() -> None:
    world = World()
    (rene,) = world.poll(saw_player(5, tag="ren\u00e9", discord_id=100))
    assert world.poll(saw_crew(9, tag="rene\u0301")) == [rene]


def test_known_aliases_are_not_learned_again() -> None:
    world = World()
    sightings = [saw_player(5, tag="bob", discord_id=100), saw_crew(9, tag="quill", label="Quill")]
    world.poll(*sightings)
    assert identify(sightings, world.snapshot).aliases == ()
