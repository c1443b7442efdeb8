"""`sgsync fetch`: the feed as people see it, and as `import --file` takes it."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from sgsync.fetch.answers import read_schedule
from sgsync.looking.verdicts import judge
from tests.command_line import Sgsync
from tests.feed_json import make_crew, make_episode, make_event, make_match, make_player
from tests.operating.conftest import Here
from tests.scene import LEAGUE, Scene, canned_feed, json_feed, sample

EMPTY = (HTTPStatus.OK, b"[]")


@pytest.fixture
def offline(process: Sgsync) -> Iterator[Sgsync]:
    """sgsync with a feed, and no database to go to."""
    with json_feed(sample("schedule_alttprleague")) as url:
        process.settings["SGSYNC_API_URL"] = url
        yield process


@pytest.mark.parametrize(
    ("fields", "word", "why"),
    [
        ({}, "import", None),
        ({"timezone": "Europe/Berlin"}, "held", "Europe/Berlin"),
        ({"match1": make_match()}, "no players", "no players yet"),
        ({"match1": make_match(make_player(publicStream="ignore"))}, "no players", "no players yet"),
        ({"event": make_event("other")}, "other event", "'other'"),
        ({"when": "tomorrow-ish"}, "malformed", "not a time"),
    ],
)
def test_a_verdict_says_what_an_import_does_and_why_not(
    fields: dict[str, object], word: str, why: str | None
) -> None:
    (verdict,) = judge(read_schedule([make_episode(75000, **fields)]), LEAGUE)
    assert (verdict.episode_id, verdict.word) == (75000, word)
    assert (why in verdict.why_not) if why and verdict.why_not else verdict.why_not is why


def test_episodes_come_in_the_order_of_their_races_and_malformed_ones_last() -> None:
    later = make_episode(1, when="2026-11-29T18:00:00Z", whenCountdown="")
    schedule = read_schedule([{"id": 7}, later, make_episode(2)])
    assert [verdict.episode_id for verdict in judge(schedule, LEAGUE)] == [2, 1, 7]


def test_an_episode_by_id_belongs_to_whatever_event_it_says() -> None:
    (verdict,) = judge(read_schedule([make_episode(event=make_event("other"))]), None)
    assert verdict.word == "import"


def test_the_schedule_is_shown_without_a_database(offline: Sgsync) -> None:
    shown = offline("fetch", LEAGUE)
    assert (shown.exit_code, shown.stderr) == (0, "")
    lines = {line.split()[0]: line for line in shown.stdout.splitlines() if line}
    assert "import" in lines["74612"]
    assert "2026-11-28 20:00" in lines["74612"]
    assert "corvidlane vs dunyazad *" in lines["74612"]
    assert "commentator tinker * (?)" in lines["74612"]
    assert "SpeedGaming" in lines["74612"]
    assert "no players" in lines["74624"]
    assert "Held episode 74641: its time zone field says 'Europe/Berlin'" in shown.stdout


def test_saved_json_goes_back_in_as_if_it_came_from_the_feed(
    scene: Scene, sgsync: Here, tmp_path: Path
) -> None:
    odd = make_episode(75002, make_player(5, "Zoë \x1b[31m"), title="café\x07")
    scene.episodes = [*sample("schedule_alttprleague"), odd, {"id": 75003, "when": "soon"}]
    saved = sgsync("fetch", LEAGUE, "--json")
    assert saved.document == scene.episodes
    assert saved.stdout.isascii()
    (tmp_path / "saved.json").write_text(saved.stdout, encoding="utf-8")
    by_file = sgsync("import", "1", "--file", "saved.json", "--dry-run", "--json").document
    by_feed = sgsync("import", "1", "--dry-run", "--json").document
    assert by_file["tournaments"] == by_feed["tournaments"]
    assert by_feed["totals"]["imported"] == 9


def test_one_episode_is_shown_or_printed_as_it_came(scene: Scene, sgsync: Here) -> None:
    scene.episodes = [make_episode(75000, commentators=[make_crew(approved=False)])]
    shown = sgsync("fetch", "--episode", "75000")
    assert "commentator quill (?)" in shown.stdout
    printed = sgsync("fetch", "--episode", "75000", "--json").document
    assert printed == scene.episodes[0]
    assert scene.import_into(1, schedule=[printed]).tournaments[0].imported == 1


def test_from_and_to_are_what_the_feed_is_asked_for(bare: Here) -> None:
    asked: list[dict[str, list[str]]] = []

    def answer(path: str) -> tuple[int, bytes]:
        asked.append(parse_qs(urlsplit(path).query))
        return EMPTY

    with canned_feed(answer) as url:
        shown = bare(
            "fetch", "a", "--from", "2026-11-01T00:00Z", "--to", "2026-11-02T01:00+01:00", SGSYNC_API_URL=url
        )
    assert "SpeedGaming has nothing" in shown.stdout
    assert asked == [
        {"event": ["a"], "from": ["2026-11-01T00:00:00+00:00"], "to": ["2026-11-02T00:00:00+00:00"]}
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["slug", "--episode", "1"],
        ["--episode", "1", "--from", "-2h"],
        ["slug", "--from", "soon"],
        ["slug", "--from", "2h", "--to", "-2h"],
    ],
)
def test_what_cannot_be_is_a_usage_error(arguments: list[str], bare: Here) -> None:
    told = bare("fetch", *arguments)
    assert (told.exit_code, told.stdout, len(told.lines)) == (2, "", 1)
    assert told.stderr.startswith("ERROR: ")


def test_an_event_that_speedgaming_does_not_know(sgsync: Here) -> None:
    told = sgsync("fetch", "nobody-knows-this", "--json")
    assert (told.exit_code, told.stdout, len(told.lines)) == (1, "", 1)
    assert "Failed to find event" in told.stderr


def test_text_of_the_feed_cannot_reach_the_terminal(scene: Scene, sgsync: Here) -> None:
    scene.episodes = json.loads((Path(__file__).parents[1] / "samples" / "hostile.json").read_text())
    shown = sgsync("fetch", LEAGUE)
    assert shown.exit_code == 0
    assert "\x1b" not in shown.stdout
    assert "\x07" not in shown.stdout
