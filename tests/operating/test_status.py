"""`sgsync status`: what ran, what waits for somebody, and whether anything runs at all."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sgsync.database.engine import Database
from sgsync.database.news import note_missing_crew
from sgsync.database.status import RunRecord, UpcomingMatch
from sgsync.linking import link_placeholder
from sgsync.report import COUNTS
from sgsync.status.operations import status_at
from sgsync.status.values import ProblemKind, Status, lacking, state_of
from tests.feed_json import make_crew, make_episode, make_event, make_player
from tests.operating.conftest import Here
from tests.scene import LIVE, Scene, canned_feed

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)  # before every race of the sample schedules
MINUTE = timedelta(minutes=1)


def status_of(scene: Scene, moment: datetime = NOW) -> Status:
    with Database(scene.url) as database, database.transaction() as connection:
        return status_at(moment, connection)


def problems_of(scene: Scene) -> list[tuple[str, int, int | None]]:
    return [(each.kind, each.tournament_id, each.episode_id) for each in status_of(scene).problems]


def add_run(
    scene: Scene, began: datetime, outcome: str = "ok", *, command: str = "import-all", **entry: Any
) -> None:
    """The record of a run that took ten seconds, with one tournament's share."""
    share = {"id": 1, **dict.fromkeys(COUNTS, 0), "fetched": 1, "problems": [], "held": [], **entry}
    ended = None if outcome == "running" else began + timedelta(seconds=10)
    report = None if outcome == "running" else json.dumps({"tournaments": [share]})
    scene.execute(
        "INSERT INTO sgsync.run (command, started_at, finished_at, outcome, report, host)"
        " VALUES (%s, %s, %s, %s, %s, 'here')",
        command,
        began,
        ended,
        outcome,
        report,
    )


FAILED: dict[str, Any] = {"fetched": 0, "problems": ["SpeedGaming does not answer"]}


class TestStaleness:
    @pytest.mark.parametrize(
        ("outcome", "age", "entry", "stale"),
        [
            ("ok", 10 * MINUTE, {}, False),
            ("ok", 16 * MINUTE, {}, True),
            ("problems", 10 * MINUTE, {"problems": ["Skipped malformed episode 1"], "skipped": 1}, False),
            ("problems", 10 * MINUTE, {"problems": ["Skipped malformed episode 1"], "imported": 1}, False),
            ("problems", 10 * MINUTE, {"problems": ["Skipped malformed episode 1"], "failed": 1}, True),
            ("problems", 10 * MINUTE, FAILED, True),
            ("unreachable", 10 * MINUTE, FAILED, True),
            ("failed", 10 * MINUTE, {}, True),
            ("interrupted", 10 * MINUTE, {}, True),
            ("running", 10 * MINUTE, {}, True),
        ],
    )
    def test_only_a_run_that_imported_something_counts(
        self, scene: Scene, outcome: str, age: timedelta, entry: dict[str, Any], stale: bool
    ) -> None:
        add_run(scene, NOW - age, outcome, **entry)
        assert status_of(scene).is_stale is stale

    def test_an_answer_that_was_not_believed_does_not(self, scene: Scene) -> None:
        scene.episodes = [make_episode(each) for each in range(75000, 75005)]
        scene.import_all()
        success = status_of(scene).last_sync
        del scene.episodes[1:]
        scene.import_all()
        status = status_of(scene)
        assert (status.last_sync, status.records[1].failures_in_a_row) == (success, 1)

    def test_an_import_by_hand_does_not_prove_that_cron_runs(self, scene: Scene) -> None:
        add_run(scene, NOW - MINUTE, command="import")
        status = status_of(scene)
        assert status.is_stale
        assert status.last_run is not None

    def test_nothing_ever_ran(self, scene: Scene) -> None:
        status = status_of(scene)
        assert (status.is_stale, status.last_run) == (True, None)


@pytest.mark.parametrize(
    ("finished_at", "age", "state"),
    [(NOW, MINUTE, "ok"), (None, MINUTE, "running"), (None, 20 * MINUTE, "killed")],
)
def test_a_run_without_an_end_is_running_or_was_killed(
    finished_at: datetime | None, age: timedelta, state: str
) -> None:
    run = RunRecord(1, "import-all", NOW - age, finished_at, "ok" if finished_at else "running", "here")
    assert state_of(run, NOW, 15 * MINUTE) == state


def match(**crew: int) -> UpcomingMatch:
    numbers = {"commentators": 0, "trackers": 0, "approved_commentators": 0, "approved_trackers": 0, **crew}
    return UpcomingMatch(1, 75000, 1, "A match", NOW, is_cancelled=False, is_understaffed=True, **numbers)


@pytest.mark.parametrize(
    ("crew", "lacks"),
    [
        ({}, ("no commentator", "no tracker")),
        ({"commentators": 2, "trackers": 1, "approved_trackers": 1}, ("commentator not approved",)),
        (
            {"commentators": 2, "approved_commentators": 1, "trackers": 1, "approved_trackers": 1},
            (),
        ),
    ],
)
def test_a_match_lacks_whoever_is_not_there_or_not_approved(
    crew: dict[str, int], lacks: tuple[str, ...]
) -> None:
    assert lacking(match(**crew)) == lacks


class TestTournaments:
    def test_the_last_success_and_the_failures_since(self, scene: Scene) -> None:
        add_run(scene, NOW - 30 * MINUTE)
        for minutes in (20, 15, 10):
            add_run(scene, NOW - minutes * MINUTE, "unreachable", **FAILED)
        record = status_of(scene).records[1]
        assert record.last_success == NOW - 30 * MINUTE + timedelta(seconds=10)
        assert record.failures_in_a_row == 3
        assert {(ProblemKind.FAILING, 1, None), (ProblemKind.PROBLEM, 1, None)} == set(problems_of(scene))

    def test_one_success_ends_the_row(self, scene: Scene) -> None:
        add_run(scene, NOW - 20 * MINUTE, "unreachable", **FAILED)
        add_run(scene, NOW - 15 * MINUTE)
        assert status_of(scene).records[1].failures_in_a_row == 0
        assert problems_of(scene) == []

    def test_what_was_imported_is_counted(self, scene: Scene) -> None:
        scene.import_all()
        totals = status_of(scene).totals[1]
        assert (totals.episodes, totals.upcoming, totals.cancelled) == (8, 8, 0)
        assert status_of(scene, datetime(2026, 12, 31, tzinfo=UTC)).totals[1].upcoming == 0

    def test_one_without_an_event_is_a_problem(self, scene: Scene) -> None:
        without = scene.add_tournament(None)
        assert problems_of(scene) == [(ProblemKind.NO_EVENT, without, None)]

    def test_one_that_is_not_synced_is_not(self, scene: Scene) -> None:
        scene.add_tournament(None, enabled=False)
        scene.add_tournament(None, active=False)
        assert problems_of(scene) == []


class TestEpisodes:
    def test_a_held_one_is_a_problem_until_it_is_released(self, scene: Scene) -> None:
        scene.import_all()
        assert problems_of(scene) == [(ProblemKind.HELD, 1, 74641)]
        next(each for each in scene.episodes if each["id"] == 74641)["timezone"] = ""
        scene.import_all()
        assert problems_of(scene) == []

    def test_a_kept_edit_is_a_problem_as_long_as_the_two_differ(self, scene: Scene) -> None:
        scene.episodes = [make_episode(75000)]
        scene.import_all()
        scene.execute('UPDATE "match" SET title = %s', "Our final")
        scene.episodes[0]["title"] = "Their final"
        scene.import_all()
        assert problems_of(scene) == [(ProblemKind.KEPT, 1, 75000)]
        (problem,) = status_of(scene).problems
        assert "Our final" in problem.sentence
        assert "Their final" in problem.sentence
        scene.execute('UPDATE "match" SET title = %s', "Their final")
        assert problems_of(scene) == []

    def test_a_person_who_stays_is_a_problem_as_long_as_speedgaming_does_not_list_them(
        self, scene: Scene
    ) -> None:
        listed, left = make_player(), make_player(4377, "Bitwing", discordId="")
        scene.episodes = [make_episode(75000, listed, left)]
        scene.import_all()
        scene.execute(
            "UPDATE matchplayers SET assigned_station = '3' FROM users"
            " WHERE users.id = user_id AND discord_username = 'sg_4377'"
        )
        scene.episodes = [make_episode(75000, listed)]
        scene.import_all()
        (problem,) = status_of(scene).problems
        assert "player Bitwing is listed, SpeedGaming says not listed" in problem.sentence
        scene.episodes = [make_episode(75000, listed, left)]
        scene.import_all()
        assert problems_of(scene) == []

    def test_and_no_longer_than_they_stand_here(self, scene: Scene) -> None:
        scene.episodes = [make_episode(75000, make_player(), make_player(4377, "Bitwing", discordId=""))]
        scene.import_all()
        scene.execute("UPDATE matchplayers SET assigned_station = '3'")
        scene.episodes = [make_episode(75000, make_player())]
        scene.import_all()
        assert problems_of(scene) == [(ProblemKind.KEPT, 1, 75000)]
        scene.execute(
            "DELETE FROM matchplayers USING users WHERE users.id = user_id AND discord_username = 'sg_4377'"
        )
        assert problems_of(scene) == []

    def test_nor_is_an_approval_that_both_sides_agree_about(self, scene: Scene) -> None:
        scene.episodes = [make_episode(75000, commentators=[make_crew(approved=False)])]
        scene.import_all()
        scene.execute("UPDATE crew SET approved = true, approved_by_id = %s", scene.add_user(77, "Staff"))
        for approved in (True, False):
            scene.episodes = [make_episode(75000, commentators=[make_crew(approved=approved)])]
            scene.import_all()
        (problem,) = status_of(scene).problems
        assert "commentator quill is approved, SpeedGaming says not approved" in problem.sentence
        scene.execute("UPDATE crew SET approved = false")
        assert problems_of(scene) == []

    def test_who_became_a_real_user_meanwhile_goes_by_the_new_name(self, scene: Scene) -> None:
        scene.episodes = [make_episode(75000, make_player(), make_player(4377, "Bitwing", discordId=""))]
        scene.import_all()
        scene.execute("UPDATE matchplayers SET assigned_station = '3'")
        scene.episodes = [make_episode(75000, make_player())]
        scene.import_all()
        user = scene.add_user(78, "Bit Wing")
        link_placeholder("sg_4377", user_id=user, settings=scene.settings())
        (problem,) = status_of(scene).problems
        assert "player Bit Wing is listed" in problem.sentence

    def test_a_match_that_could_not_be_deleted_and_came_back_is_no_edit(self, scene: Scene) -> None:
        scene.episodes = [make_episode(75000), make_episode(75001)]
        scene.import_all()
        scene.execute('CREATE TABLE notes (match_id int REFERENCES "match" (id))')
        scene.execute('INSERT INTO notes SELECT id FROM "match"')
        gone = scene.episodes.pop()
        scene.import_all(on_cancel="delete")
        assert scene.value("SELECT what FROM sgsync.change WHERE kind = 'kept'") == "match"
        scene.episodes.append(gone)
        scene.import_all()
        assert problems_of(scene) == []

    def test_a_cancelled_one_whose_match_still_stands_is_a_problem(self, scene: Scene) -> None:
        scene.episodes = [make_episode(75000), make_episode(75001)]
        scene.import_all()
        scene.episodes.pop()
        scene.import_all()
        assert problems_of(scene) == [(ProblemKind.CANCELLED, 1, 75001)]
        assert status_of(scene).totals[1].cancelled == 1

    def test_a_cancelled_one_is_not_to_come(self, scene: Scene, sgsync: Here) -> None:
        unlinked = make_player(5, "Later", discordId="")
        scene.episodes = [make_episode(75000, make_player()), make_episode(75001, unlinked)]
        scene.import_all()
        scene.episodes.pop()
        scene.import_all()
        first_line = "1 match is still to come, 1 placeholder is in none of them."
        assert first_line in sgsync("status").stdout
        scene.episodes.pop()
        scene.execute("DELETE FROM users WHERE is_placeholder")
        assert "1 match is still to come.\n" in sgsync("status").stdout
        assert (status_of(scene).totals[1].upcoming, status_of(scene).waiting) == (1, ())

    def test_upcoming_matches_without_crew_are_named(self, scene: Scene) -> None:
        scene.episodes = [
            make_episode(75000, trackers=[make_crew(88102, "Tally", discordId="811000000000000002")]),
            make_episode(75001, commentators=[make_crew(88103, approved=False)]),
            make_episode(75002, commentators=[]),
        ]
        scene.import_all()
        lacks = {each.episode_id: lacking(each) for each in status_of(scene).understaffed}
        assert lacks == {
            75001: ("commentator not approved", "no tracker"),
            75002: ("no commentator", "no tracker"),
        }

    def test_status_and_discord_mean_the_same_matches_without_crew(self, scene: Scene) -> None:
        nobody: dict[str, Any] = {"commentators": [], "trackers": []}
        scene.add_tournament("over")
        scene.episodes = [
            make_episode(75000, **nobody),
            make_episode(75001, **nobody, channels=[]),
            make_episode(75002, **nobody, event=make_event("over")),
            make_episode(75003, **nobody),
        ]
        scene.import_all()
        scene.execute("UPDATE tournament SET speedgaming_enabled = false WHERE id = 2")
        scene.episodes.pop()
        scene.import_all()
        with Database(scene.url) as database, database.transaction() as connection:
            note_missing_crew(connection, NOW, NOW + timedelta(days=30))
        told = scene.column("SELECT episode_id FROM sgsync.change WHERE kind = 'unstaffed'")
        assert [each.episode_id for each in status_of(scene).understaffed] == told == [75000]

    def test_placeholders_wait_for_their_next_match(self, scene: Scene) -> None:
        scene.episodes = [make_episode(75000, make_player(5, "Later", discordId=""))]
        scene.import_all()
        (waiting,) = status_of(scene).waiting
        assert (waiting.username, waiting.name) == ("sg_5", "Later")
        afterwards = status_of(scene, datetime(2027, 1, 1, tzinfo=UTC))
        assert (afterwards.waiting, len(afterwards.placeholders)) == ((), 1)


@pytest.fixture
def just_ran(scene: Scene) -> Scene:
    scene.import_all()
    return scene


class TestCommand:
    def test_a_monitor_hears_nothing_when_all_is_well(self, just_ran: Scene, sgsync: Here) -> None:
        assert just_ran.count("sgsync.run") == 1
        told = sgsync("status", "--quiet")
        assert (told.exit_code, told.stdout, told.stderr) == (0, "", "")

    def test_and_one_sentence_when_nothing_runs(self, sgsync: Here) -> None:
        told = sgsync("status", "--quiet", "--max-age", "30m")
        assert (told.exit_code, told.stdout, len(told.lines)) == (1, "", 1)
        assert told.stderr.startswith("ERROR: No run of import-all has succeeded yet")
        assert "30m" in told.stderr

    def test_a_broken_feed_makes_it_stale(self, scene: Scene, sgsync: Here) -> None:
        with canned_feed(lambda _: (404, b"")) as url:
            scene.import_all(api_url=url)
        told = sgsync("status")
        assert told.exit_code == 1
        assert "SpeedGaming has no such page" in told.stdout

    def test_json_has_it_all(self, just_ran: Scene, sgsync: Here) -> None:
        without = just_ran.add_tournament(None, name="Qualifier")
        just_ran.add_tournament(LIVE)
        told = sgsync("status", "--json")
        document = told.document
        assert (told.exit_code, document["schema"], document["stale"]) == (0, 1, False)
        assert document["last_run"]["state"] == "ok"
        assert [each["id"] for each in document["tournaments"]] == [1, without, without + 1]
        assert document["tournaments"][0]["held"] == [74641]
        assert {each["kind"] for each in document["problems"]} == {"held", "no event"}
        assert document["placeholders"]["total"] > 0

    def test_a_max_age_that_is_none_is_refused(self, sgsync: Here) -> None:
        assert sgsync("status", "--max-age", "soon").exit_code == 2

    def test_it_writes_nothing(self, just_ran: Scene, sgsync: Here) -> None:
        before = just_ran.dump()
        sgsync("status")
        assert just_ran.dump() == before
