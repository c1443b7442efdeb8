"""Work that can be interrupted anywhere: a database to begin with, and the command line that does the work."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from tests.cli.conftest import WIDE
from tests.feed_json import make_crew, make_match, make_player
from tests.postgres import Databases
from tests.scene import LEAGUE, LIVE, Scene, sample, scene_on, with_league

# Rows that nobody may see, at no moment: half of something.
NEVER_SEEN = {
    "an imported match without its players": """
        SELECT m.id FROM "match" m WHERE speedgaming_episode_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM matchplayers p WHERE p.match_id = m.id)
    """,
    "a roster that leads to a user in part": """
        SELECT 1 WHERE 1 < (
            SELECT count(DISTINCT user_id) FROM matchplayers JOIN users u ON u.id = user_id
            WHERE u.discord_username IN ('sg_4377', 'the real bitwing'))
    """,
}
BITWING = 300_000_000_000_004_377
NEWCOMER = 300_000_000_000_009_872


@dataclass(frozen=True)
class Story:
    """A database as it is before, what the feed says, and what is asked of sgsync."""

    name: str
    url: str
    episodes: Sequence[Any]
    arguments: tuple[str, ...]

    @contextmanager
    def told_on(self, url: str) -> Iterator[Scene]:
        """A scene on a copy of its database, with its feed."""
        with scene_on(url) as scene:
            scene.episodes = deepcopy(list(self.episodes))
            yield scene


def settings_for(url: str, feed_url: str) -> dict[str, str]:
    return WIDE | {"SGSYNC_DATABASE_URL": url.replace("+psycopg", "", 1), "SGSYNC_API_URL": feed_url}


def schedules() -> list[Any]:
    return sample("schedule_alttprleague") + sample("schedule_sglive")


def revised_schedules() -> list[Any]:
    """The same a day later: something of every kind has changed."""
    episodes = {entry["id"]: entry for entry in schedules()}
    del episodes[74612]  # vanished
    episodes[74611]["whenCountdown"] = "2026-11-29T20:10:00+00:00"
    episodes[74618]["title"] = "Moved to prime time"
    episodes[74620]["match1"]["players"][0] = make_player(9871, "Newcomer", discordId="")
    episodes[74620]["commentators"] = [make_crew(99871, "Fresh Voice", discordId="")]
    episodes[74618]["commentators"] = []
    for (
        episode
    ) in episodes.values():  # the Discord id of somebody who had none, and who has signed in meanwhile
        for match in (episode["match1"], episode["match2"]):
            for player in match["players"] if match else ():
                if player["id"] == 4377:
                    player["discordId"] = str(BITWING)
    newcomer = make_player(9872, "Another", discordId=str(NEWCOMER))
    extra = deepcopy(episodes[74611]) | {"id": 74990, "match1": make_match(newcomer)}
    return [*episodes.values(), extra]


def first_import(databases: Databases) -> Story:
    url = databases.create("app", migrated=True)
    with_league(Scene(url), LEAGUE, LIVE)
    return Story("a first import", url, schedules(), ("import-all",))


def later_import(databases: Databases) -> Story:
    """Updates, a cancellation and a merge."""
    url = _imported(databases)
    return Story("a later import", url, revised_schedules(), ("import-all",))


def link(databases: Databases) -> Story:
    url = _imported(databases)
    arguments = ("link-placeholder", "sg_4377", "--discord-id", str(BITWING), "--yes")
    return Story("a merge", url, schedules(), arguments)


def _imported(databases: Databases) -> str:
    url = databases.create("app", migrated=True)
    with scene_on(url) as scene:
        with_league(scene, LEAGUE, LIVE)
        scene.episodes = schedules()
        assert scene.import_all().exit_code == 0
        # Signed in, joined and seated beside the placeholder that he is.
        user = scene.add_user(BITWING, "the real bitwing")
        scene.execute("INSERT INTO organizationmember (organization_id, user_id) VALUES (1, %s)", user)
        scene.execute("INSERT INTO audit_logs (action, user_id) SELECT 'seen', id FROM users")
        scene.execute("UPDATE crew SET approved_by_id = %s WHERE role = 'tracker'", user)
    return url


def migration(databases: Databases) -> Story:
    url = databases.create("current", migrated=False)
    return Story("a migration", url, (), ("migrate",))


STORIES: dict[str, Callable[[Databases], Story]] = {
    "first import": first_import,
    "later import": later_import,
    "merge": link,
    "migration": migration,
}
