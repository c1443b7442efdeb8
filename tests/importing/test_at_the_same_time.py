"""Somebody else writes the same thing at the same moment: it stands there once."""

from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier
from typing import Any

import psycopg
import pytest

from sgsync.report import Outcome, RunReport
from tests.feed_json import make_episode, make_player
from tests.postgres import connect
from tests.scene import LIVE, Scene, canned_feed, sample, somebody_waits, wait_until

AURELIO = 214358881903001601
INSERT_AURELIO = f"INSERT INTO users (discord_id, discord_username) VALUES ({AURELIO}, 'aurelio')"


@pytest.fixture
def league(scene: Scene) -> Scene:
    scene.episodes = [make_episode(75000, make_player(), commentators=[])]
    return scene


def import_during(scene: Scene, statement: str, *values: Any) -> RunReport:
    """Import while another session has run `statement` and commits only once the import waits for it."""
    with (
        connect(scene.url) as watcher,
        psycopg.connect(scene.url.replace("+psycopg", "", 1)) as other,
        ThreadPoolExecutor(1) as pool,
    ):
        other.execute(statement.encode(), values or None)
        running: Future[RunReport] = pool.submit(scene.import_all)
        wait_until(lambda: running.done() or somebody_waits(watcher))
        assert not running.done(), "the import did not even look"
        other.commit()
        return running.result(timeout=30)


def test_somebody_signs_in_for_the_first_time(league: Scene) -> None:
    report = import_during(league, INSERT_AURELIO)
    assert (report.outcome, report.tournaments[0].imported) == (Outcome.OK, 1)
    assert league.players_of(75000) == {"aurelio"}
    assert league.count("users") == 1


@pytest.mark.parametrize(
    ("table", "column"), [("organizationmember", "organization_id"), ("tournamentplayers", "tournament_id")]
)
def test_somebody_joins_by_himself(league: Scene, table: str, column: str) -> None:
    known = league.add_user(AURELIO)
    report = import_during(league, f"INSERT INTO {table} ({column}, user_id) VALUES (1, %s)", known)
    assert report.outcome is Outcome.OK
    assert league.column(f"SELECT user_id FROM {table}") == [known]


def test_a_placeholder_joins_while_his_discord_id_appears(league: Scene) -> None:
    league.episodes[0]["match1"]["players"][0]["discordId"] = ""
    league.import_all()
    league.execute("DELETE FROM organizationmember")
    league.episodes = [make_episode(75001, make_player(), commentators=[])]
    import_during(league, "INSERT INTO organizationmember (organization_id, user_id) SELECT 1, id FROM users")
    assert league.count("organizationmember") == 1


def test_the_applications_importer_makes_the_match(league: Scene) -> None:
    report = import_during(
        league,
        'INSERT INTO "match" (tournament_id, scheduled_at, comment, speedgaming_episode_id) VALUES'
        " (1, '2026-11-28T18:10Z', 'Imported from SpeedGaming (Episode 75000)', 75000)",
    )
    assert (report.outcome, report.tournaments[0].imported) == (Outcome.OK, 0)
    assert league.count('"match"') == 1


def test_somebody_makes_the_channel(league: Scene) -> None:
    report = import_during(
        league, "INSERT INTO streamchannel (name, organization_id) VALUES ('SpeedGaming', 1)"
    )
    assert report.outcome is Outcome.OK
    assert league.value('SELECT stream_channel_id FROM "match"') == league.value(
        "SELECT id FROM streamchannel"
    )


def test_somebody_upgrades_the_placeholder(league: Scene) -> None:
    league.episodes[0]["match1"]["players"][0]["discordId"] = ""
    league.import_all()
    league.episodes = [make_episode(75001, make_player(), commentators=[])]
    report = import_during(
        league,
        f"UPDATE users SET discord_id = {AURELIO}, discord_username = 'himself', is_placeholder = false",
    )
    assert report.outcome is Outcome.OK
    assert league.rows("SELECT discord_id, discord_username FROM users") == [(AURELIO, "himself")]


def test_the_owner_of_a_placeholder_signs_in(league: Scene) -> None:
    league.episodes[0]["match1"]["players"][0]["discordId"] = ""
    league.import_all()
    league.episodes = [make_episode(75001, make_player(), commentators=[])]
    report = import_during(league, INSERT_AURELIO)
    assert report.outcome is Outcome.OK
    assert league.players_of(75001) == {"aurelio"}


def test_an_admin_deletes_the_user(league: Scene) -> None:
    known = league.add_user(AURELIO)
    report = import_during(league, "DELETE FROM users WHERE id = %s", known)
    assert (report.outcome, report.tournaments[0].imported) == (Outcome.OK, 1)
    assert league.players_of(75000) == {"aurelio"}


def test_an_organization_that_is_deleted_meanwhile_costs_its_own_tournaments(scene: Scene) -> None:
    other = scene.add_organization("Another")
    scene.add_tournament(LIVE, organization=other)
    scene.episodes = sample("schedule_alttprleague") + sample("schedule_sglive")
    scene.on_request = lambda: scene.execute("DELETE FROM organization WHERE id = 1")
    first, second = scene.import_all().tournaments
    assert first.problems == (
        "Tournament 1 ('Season 9'): There is no tournament 1: `sgsync tournaments` lists them.",
    )
    assert second.imported == 16


def test_two_imports_take_turns(scene: Scene) -> None:
    scene.episodes = sample("schedule_alttprleague")
    both_have_asked = Barrier(2, timeout=20)
    scene.on_request = both_have_asked.wait
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(scene.import_all) for _ in range(2)]
        reports = [each.result(timeout=30) for each in running]
    assert sorted(report.tournaments[0].imported for report in reports) == [0, 8]
    assert all(report.outcome is Outcome.OK for report in reports)


def test_a_connection_that_is_cut_while_http_waits_costs_nothing(scene: Scene) -> None:
    scene.episodes = sample("schedule_alttprleague")
    scene.on_request = lambda: scene.rows(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = 'sgsync'"
    )
    report = scene.import_all()
    assert (report.outcome, report.tournaments[0].imported) == (Outcome.OK, 8)


def test_a_connection_that_is_cut_while_a_request_fails_costs_nothing(scene: Scene) -> None:
    def cut(_: str) -> tuple[int, bytes]:
        scene.rows(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'sgsync'"
        )
        return 404, b""

    with canned_feed(cut) as url:
        assert scene.import_all(api_url=url).exit_code == 5
