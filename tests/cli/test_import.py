"""`sgsync import-all` and `sgsync import`, as users and cron see them."""

import json
import re
from pathlib import Path

from tests.command_line import Sgsync
from tests.feed_json import make_episode
from tests.scene import Scene, canned_feed, json_feed, sample

COUNTS = {"fetched": 10, "imported": 8, "updated": 0, "cancelled": 0, "skipped": 2, "failed": 0}


def test_import_all_logs_to_stderr_and_prints_nothing(scene: Scene, sgsync: Sgsync) -> None:
    known = scene.add_user(214358881903001601, "Aurelio")
    finished = sgsync("import-all")
    assert (finished.exit_code, finished.stdout) == (0, "")
    assert {
        "INFO: Fetched 10 upcoming episodes for event 'alttprleague'",
        f"INFO: Matched player 'Aurelio' to existing user {known}",
        "INFO: Completed import for tournament 1: 8 imported, 2 skipped",
    } <= set(finished.lines)
    forms = (
        r"INFO: Created placeholder user \d+ for SpeedGaming player 'bitwingtv' \(ID: 4377\)",
        r"INFO: Created match \d+ for episode 74611",
        rf"INFO: Added player {known} to match \d+",
    )
    for form in forms:
        assert any(re.fullmatch(form, line) for line in finished.lines), form
    assert all(re.match(r"(INFO|WARNING): \S", line) for line in finished.lines)


def test_cron_hears_nothing_when_all_is_well(scene: Scene, sgsync: Sgsync) -> None:
    finished = sgsync("import-all", "--quiet")
    assert (finished.exit_code, finished.stdout, finished.stderr) == (0, "", "")
    assert scene.count('"match"') == 8


def test_cron_hears_of_problems_only_and_json_tells_them_too(scene: Scene, sgsync: Sgsync) -> None:
    scene.episodes.append(make_episode(75001, when="tomorrow-ish"))
    finished = sgsync("import-all", "--quiet", "--json")
    assert (finished.exit_code, finished.document["outcome"]) == (1, "problems")
    (line,) = finished.lines
    (problem,) = finished.document["tournaments"][0]["problems"]
    assert line == f"WARNING: {problem}"
    assert "75001" in problem


def test_json_is_one_document_with_every_count(sgsync: Sgsync) -> None:
    finished = sgsync("import-all", "--json")
    document = finished.document
    assert document.pop("duration_seconds") > 0
    tournament = {"id": 1, "name": "Season 9", "slug": "alttprleague", **COUNTS, "problems": []}
    assert document == {"schema": 1, "outcome": "ok", "tournaments": [tournament], "totals": COUNTS}
    assert finished.exit_code == 0


def test_a_dry_run_shows_the_plan_and_writes_nothing(scene: Scene, sgsync: Sgsync) -> None:
    before = scene.dump()
    finished = sgsync("import-all", "--dry-run")
    assert scene.dump() == before
    assert finished.exit_code == 0
    assert "+ match for episode 74611: Standard - Week 1" in finished.stdout
    assert "2026-11-28 22:00 UTC" in finished.stdout
    assert "sg_4377" in finished.stdout
    assert "74641" in finished.stdout
    assert "Created" not in finished.stderr


def test_a_dry_run_as_json_has_the_planned_actions(scene: Scene, sgsync: Sgsync) -> None:
    before = scene.dump()
    (tournament,) = sgsync("import-all", "--dry-run", "--json").document["tournaments"]
    assert scene.dump() == before
    matches = [action for action in tournament["actions"] if action["action"] == "create_match"]
    assert len(matches) == tournament["imported"] == 8


def test_import_takes_a_tournament_and_episodes(scene: Scene, sgsync: Sgsync) -> None:
    other = scene.add_tournament("alttprleague")
    finished = sgsync("import", str(other), "--episode", "74611", "--episode", "74620", "--json")
    assert (finished.exit_code, finished.document["totals"]["imported"]) == (0, 2)
    assert scene.imported_episodes() == {74611, 74620}
    assert scene.column('SELECT DISTINCT tournament_id FROM "match"') == [other]


def test_import_takes_a_file_in_place_of_speedgaming(scene: Scene, sgsync: Sgsync, tmp_path: Path) -> None:
    (tmp_path / "saved.json").write_text(json.dumps(sample("schedule_alttprleague")), encoding="utf-8")
    finished = sgsync("import", "1", "--file", "saved.json", SGSYNC_API_URL="http://127.0.0.1:9/api")
    assert finished.exit_code == 0
    assert scene.count('"match"') == 8


def test_the_log_can_be_json_and_tell_more(sgsync: Sgsync) -> None:
    finished = sgsync("import-all", "--log-format", "json", "--verbose")
    entries = [json.loads(line) for line in finished.lines]
    assert all({"time", "level", "message"} <= entry.keys() for entry in entries)
    assert {"DEBUG", "INFO"} == {entry["level"] for entry in entries}
    assert entries[-1]["message"] == "Completed import for tournament 1: 8 imported, 2 skipped"


def test_nothing_of_the_feed_reaches_the_terminal_as_a_command(scene: Scene, sgsync: Sgsync) -> None:
    scene.execute("UPDATE tournament SET name = E'Season \\x1b]0;owned\\x07'")
    with json_feed(sample("hostile")) as url:
        for arguments in (["--dry-run", "--verbose"], ["--json"]):
            finished = sgsync("import-all", *arguments, SGSYNC_API_URL=url)
            shown = (finished.stdout + finished.stderr).replace("\n", "")
            assert [char for char in shown if not char.isprintable()] == []
            assert finished.exit_code == 1
    assert not any(line.startswith("ERROR: everything is fine") for line in finished.lines)


def test_an_answers_own_words_cannot_command_the_terminal_either(sgsync: Sgsync) -> None:
    error = {"error": "Failed to find \x1b[2J\x1b]0;owned\x07\nERROR: event.\u202e"}
    with canned_feed(lambda _: (200, json.dumps(error).encode())) as url:
        finished = sgsync("import-all", SGSYNC_API_URL=url)
    assert len(finished.lines) == 1
    assert finished.lines[0].isprintable()


def test_a_misspelt_setting_is_told_with_the_one_that_was_meant(sgsync: Sgsync) -> None:
    (sgsync.folder / ".env").write_text("SGSYNC_DATABSE_URL=x\nDATABASE_URL=y\n", encoding="utf-8")
    told = sgsync("import-all", "--quiet", SGSYNC_WINDOW_FUTUR="4d")
    assert told.exit_code == 0
    assert told.lines == [
        "WARNING: No setting is called SGSYNC_WINDOW_FUTUR (environment): is SGSYNC_WINDOW_FUTURE meant?",
        "WARNING: No setting is called SGSYNC_DATABSE_URL (.env): is SGSYNC_DATABASE_URL meant?",
    ]


def test_what_is_no_setting_and_near_none_is_nobodys_business(sgsync: Sgsync) -> None:
    others = {"SGSYNC_TEST_EFFORT": "1", "SGSYNC_TEST_DATABASE_URL": "x", "SGSYNC_TEST_SEED": "1"}
    told = sgsync("import-all", "--quiet", **others, SGSYNC_QZX="1")
    assert (told.exit_code, told.stderr) == (0, "")
