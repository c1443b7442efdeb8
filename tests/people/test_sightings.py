"""Whom an episode shows, and under which names."""

import pytest

from sgsync.fetch.answers import read_episode
from sgsync.people.sightings import Sighting, sightings_of
from tests.feed_json import make_crew, make_episode, make_match, make_player


def see(*players: object, **fields: object) -> tuple[Sighting, ...]:
    episode = make_episode(75000, *players, **{"commentators": [], **fields})
    return sightings_of(read_episode(episode))


def test_every_list_is_seen_in_the_role_that_the_application_knows() -> None:
    seen = see(
        make_player(5),
        commentators=[make_crew(1)],
        trackers=[make_crew(2)],
        broadcasters=[make_crew(3)],
        helpers=[make_crew(4)],
    )
    assert [(each.role.value, each.feed_id) for each in seen] == [
        ("player", 5),
        ("commentator", 1),
        ("tracker", 2),
        ("restreamer", 3),
    ]


def test_both_matches_of_an_episode_are_seen() -> None:
    seen = see(match1=make_match(make_player(5)), match2=make_match(make_player(6)))
    assert [each.feed_id for each in seen] == [5, 6]


@pytest.mark.parametrize(
    "fields",
    [
        {"publicStream": "ignore"},
        {"displayName": "Winner of Match 3"},
        {"streamingFrom": "Loser of Match 3"},
    ],
)
def test_what_only_fills_a_seat_is_not_seen(fields: dict[str, str]) -> None:
    assert [each.feed_id for each in see(make_player(5), make_player(6, **fields))] == [5]


def test_approval_is_the_crews_only() -> None:
    player, crew = see(make_player(5), commentators=[make_crew(1, approved=True)])
    assert (player.approved, crew.approved) == (False, True)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"streamingFrom": "From", "publicStream": "Stream", "displayName": "Name"}, "From"),
        ({"streamingFrom": "", "publicStream": "Stream", "displayName": "Name"}, "Stream"),
        ({"streamingFrom": "", "publicStream": "", "displayName": "Name"}, "Name"),
        ({"streamingFrom": "", "publicStream": "", "displayName": "", "discordTag": "tag#0"}, "tag"),
        ({"streamingFrom": "", "publicStream": "", "displayName": "", "discordTag": ""}, "sg_5"),
    ],
)
def test_a_player_is_called_by_the_first_name_that_says_something(fields: dict[str, str], name: str) -> None:
    (seen,) = see(make_player(5, **fields))
    assert seen.name == name


@pytest.mark.parametrize(
    ("tag", "username", "discriminator"),
    [
        ("bob", "bob", None),
        ("bob#0", "bob", None),
        ("bob#1234", "bob", "1234"),
        ("bob#12345", "bob#12345", None),
        ("a#b#1234", "a#b", "1234"),
        ("#1234", "#1234", None),
        ("bob#１２３４", "bob#１２３４", None),  # noqa: RUF001 - full-width digits are none
        ("", None, None),
    ],
)
def test_a_tag_splits_into_user_name_and_discriminator(
    tag: str, username: str | None, discriminator: str | None
) -> None:
    (seen,) = see(make_player(5, discordTag=tag))
    assert (seen.username, seen.discriminator) == (username, discriminator)
