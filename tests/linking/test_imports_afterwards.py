"""After a link, the imports know who it is."""

from typing import Any

import pytest

from sgsync.fetch.answers import read_schedule
from sgsync.linking import link_placeholder
from sgsync.operations import import_episodes_for_tournament
from tests.consumers import check_consumers
from tests.feed_json import make_crew, make_episode, make_player
from tests.linking.league import NEW_DISCORD_ID, PLACEHOLDER, USER, League

PLAYER = make_player(11111, "Synack", discordId="", discordTag="synack#0")
OPPONENT = make_player(5, "Opponent", discordId="5")
VOLUNTEER = make_crew(88103, "Quill", discordId="", discordTag="")


def bring_in(league: League, *episodes: Any) -> None:
    report = import_episodes_for_tournament(
        1,
        schedule=read_schedule(list(episodes)),
        settings=league.settings(api_url="http://127.0.0.1:9/api"),
    )
    assert report.exit_code == 0


def placeholders(league: League) -> list[str]:
    return [
        name for (name,) in league.rows("SELECT discord_username FROM users WHERE is_placeholder ORDER BY 1")
    ]


@pytest.mark.parametrize("target", [{"user_id": USER}, {"discord_id": str(NEW_DISCORD_ID)}])
def test_nobody_resurrects_a_linked_placeholder(league: League, target: dict[str, Any]) -> None:
    league.execute("DELETE FROM users WHERE id = %s", PLACEHOLDER)
    episodes = [make_episode(75000, PLAYER, OPPONENT, commentators=[VOLUNTEER])]
    bring_in(league, *episodes)
    assert placeholders(league) == ["sg_11111", "sg_crew_88103"]

    linked = link_placeholder("sg_11111", settings=league.settings(), **target)
    for number in range(10):
        episodes.append(make_episode(75001 + number, PLAYER, OPPONENT, commentators=[]))
        bring_in(league, *episodes)

    assert placeholders(league) == ["sg_crew_88103"]
    assert linked.user
    assert league.value("SELECT count(*) FROM matchplayers WHERE user_id = %s", linked.user.id) == 11
    check_consumers(league.connection)


def test_a_volunteer_who_was_linked_stays_linked_in_what_he_signed_up_for(league: League) -> None:
    episode = make_episode(75000, PLAYER, OPPONENT, commentators=[VOLUNTEER])
    bring_in(league, episode)

    link_placeholder("sg_crew_88103", user_id=USER, settings=league.settings())
    bring_in(league, episode)

    assert placeholders(league) == ["sg_11111"]
    assert league.rows("SELECT user_id FROM crew") == [(USER,)]


def test_a_placeholder_of_the_applications_own_importer_stays_linked(league: League) -> None:
    """It has no alias: its name alone tells the player id."""
    link_placeholder("sg_11111", user_id=USER, settings=league.settings())

    bring_in(league, make_episode(75000, PLAYER, OPPONENT))

    assert placeholders(league) == []
