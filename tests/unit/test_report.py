"""The document behind `--json`, and the exit code."""

import json
from typing import Any

import pytest

from sgsync.report import Outcome, RunReport, TournamentReport

QUIET = TournamentReport(
    5, "League", "alttprleague", fetched=3, imported=1, updated=1, skipped=1, is_unreachable=False
)
TROUBLED = TournamentReport(
    6,
    "いずみ",
    None,
    fetched=2,
    cancelled=1,
    failed=1,
    problems=("Skipped malformed episode 7: when: is missing",),
    is_unreachable=False,
)
NOT_ASKED = TournamentReport(8, "Draft", None, problems=("Tournament 8 is enabled but has no event slug",))
UNREACHABLE = TournamentReport(7, "Cup", "cup", problems=("Connection refused.",), is_unreachable=True)


def test_the_document_has_the_promised_form() -> None:
    assert RunReport((QUIET, TROUBLED), 1.23456).as_json() == {
        "schema": 1,
        "outcome": "problems",
        "tournaments": [
            {
                "id": 5,
                "name": "League",
                "slug": "alttprleague",
                "fetched": 3,
                "imported": 1,
                "updated": 1,
                "cancelled": 0,
                "skipped": 1,
                "failed": 0,
                "problems": [],
            },
            {
                "id": 6,
                "name": "いずみ",
                "slug": None,
                "fetched": 2,
                "imported": 0,
                "updated": 0,
                "cancelled": 1,
                "skipped": 0,
                "failed": 1,
                "problems": ["Skipped malformed episode 7: when: is missing"],
            },
        ],
        "totals": {"fetched": 5, "imported": 1, "updated": 1, "cancelled": 1, "skipped": 1, "failed": 1},
        "duration_seconds": 1.235,
    }


def test_the_document_is_json_whatever_happened() -> None:
    document = RunReport((QUIET, TROUBLED, UNREACHABLE), 0.1).as_json()
    assert json.loads(json.dumps(document)) == document


def test_the_actions_are_told_where_somebody_asked_for_them() -> None:
    action: dict[str, Any] = {"action": "create_channel", "name": "SpeedGaming"}
    planned = TournamentReport(5, "League", "alttprleague", actions=(action,))
    nothing = TournamentReport(5, "League", "alttprleague", actions=())
    assert "actions" not in QUIET.as_json()
    assert planned.as_json()["actions"] == [action]
    assert nothing.as_json()["actions"] == []


def test_the_record_of_a_run_does_not_repeat_what_the_history_knows() -> None:
    planned = TournamentReport(5, "League", "alttprleague", actions=({"action": "create_channel"},))
    assert "actions" not in RunReport((planned,)).as_record()["tournaments"][0]


@pytest.mark.parametrize(
    ("tournaments", "outcome", "exit_code"),
    [
        ((), Outcome.OK, 0),
        ((QUIET,), Outcome.OK, 0),
        ((QUIET, TROUBLED), Outcome.PROBLEMS, 1),
        ((QUIET, UNREACHABLE), Outcome.PROBLEMS, 1),
        ((TROUBLED, UNREACHABLE), Outcome.PROBLEMS, 1),
        ((NOT_ASKED,), Outcome.PROBLEMS, 1),
        ((UNREACHABLE,), Outcome.UNREACHABLE, 5),
        ((NOT_ASKED, UNREACHABLE), Outcome.UNREACHABLE, 5),
        ((UNREACHABLE, UNREACHABLE), Outcome.UNREACHABLE, 5),
    ],
)
def test_the_exit_code_says_how_bad_it_is(
    tournaments: tuple[TournamentReport, ...], outcome: Outcome, exit_code: int
) -> None:
    report = RunReport(tournaments)
    assert (report.outcome, report.exit_code) == (outcome, exit_code)
    assert report.as_json()["outcome"] == outcome.value


def test_a_run_that_ended_before_its_time_says_so_whatever_was_done() -> None:
    report = RunReport((QUIET,), ended=Outcome.FAILED)
    assert (report.as_json()["outcome"], report.exit_code) == ("failed", 4)
