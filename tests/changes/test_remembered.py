"""`sgsync history` and `sgsync prune`: what happened to an episode, until it is old."""

from datetime import timedelta

import pytest

from sgsync.administration import prune, read_history
from sgsync.errors import UsageError
from tests.changes.helpers import EPISODE, edit, imported, match_of
from tests.command_line import Sgsync
from tests.feed_json import make_episode, make_player
from tests.scene import Scene, logged_lines

OTHERS = range(EPISODE + 1, EPISODE + 4)
LATER = "2026-11-28T18:40:00+00:00"


@pytest.fixture
def eventful(scene: Scene) -> Scene:
    """An episode that was moved, then kept back, then cancelled."""
    others = [make_episode(episode_id) for episode_id in OTHERS]
    imported(scene, make_episode(EPISODE), *others)
    scene.episodes = [make_episode(EPISODE, make_player(), whenCountdown=LATER), *others]
    scene.import_all()
    edit(scene, "title", "Showcase")
    scene.episodes = [make_episode(EPISODE, make_player(), whenCountdown=LATER, title="Grand final"), *others]
    scene.import_all()
    scene.import_all()
    scene.episodes = others
    scene.import_all()
    return scene


EVENTS = [
    ("imported", None, None, "2026-11-28 18:10 UTC", "Aurelio vs Bitwing"),
    ("changed", "time", "2026-11-28 18:10 UTC", "2026-11-28 18:40 UTC", None),
    ("removed", "player", "Bitwing", None, None),
    ("kept", "title", "Showcase", "Grand final", "it was edited here"),
    ("cancelled", None, None, None, "SpeedGaming no longer has the episode"),
]


def test_the_history_of_an_episode_is_what_changed_and_why(eventful: Scene, sgsync: Sgsync) -> None:
    match = match_of(eventful)
    eventful.execute("SELECT setval('match_id_seq', 500)")
    by_episode = sgsync("history", str(EPISODE))
    assert by_episode.exit_code == 0
    head, _, *rows = by_episode.stdout.splitlines()
    assert head.startswith(f"Episode {EPISODE}: cancelled, match {match}, tournament 1, first seen ")
    assert len(rows) == len(EVENTS)
    for row, event in zip(rows, EVENTS, strict=True):
        assert all(value in row for value in event if value)
    by_match = sgsync("history", str(match), "--json").document
    assert (by_match.pop("schema"), by_match["episode_id"], by_match["match_id"]) == (1, EPISODE, match)
    assert (by_match["state"], by_match["tournament_id"]) == ("cancelled", 1)
    keys = ("kind", "what", "before", "after", "why")
    assert [tuple(event[key] for key in keys) for event in by_match["events"]] == EVENTS
    assert all(event["happened_at"] >= by_match["first_seen_at"] for event in by_match["events"])


def test_a_deleted_match_still_has_its_history(eventful: Scene) -> None:
    eventful.execute('DELETE FROM "match" WHERE speedgaming_episode_id = %s', EPISODE)
    found = read_history(EPISODE, settings=eventful.settings())
    assert (found.match_id, len(found.events)) == (None, len(EVENTS))


def test_an_episode_comes_before_a_match_of_the_same_number(scene: Scene) -> None:
    imported(scene, make_episode(2), make_episode(1))
    scene.import_into(1, schedule=[make_episode(3)])
    assert {match_of(scene, episode_id) for episode_id in (1, 2, 3)} == {1, 2, 3}
    for episode_id in (1, 2, 3):
        assert read_history(episode_id, settings=scene.settings()).episode_id == episode_id


def test_nothing_is_known_of_a_strange_number(scene: Scene) -> None:
    for number in (4711, 10**22):
        with pytest.raises(UsageError, match=f"knows no episode {number}, and no match {number}"):
            read_history(number, settings=scene.settings())


def test_prune_forgets_old_runs_and_history_and_nothing_else(eventful: Scene, sgsync: Sgsync) -> None:
    eventful.execute("UPDATE sgsync.run SET started_at = now() - interval '100 days' WHERE id <= 3")
    eventful.execute(
        "UPDATE sgsync.change SET happened_at = now() - interval '91 days' WHERE kind IN ('imported', 'changed')"
    )
    before = eventful.dump()
    told = "3 runs and 5 history entries from before"
    with logged_lines() as lines:
        prune(timedelta(days=90), dry_run=True, settings=eventful.settings())
    assert eventful.dump() == before
    assert lines[0].startswith(f"Would forget {told}")
    finished = sgsync("prune")
    after = eventful.dump()
    assert (finished.exit_code, f"Forgot {told}" in finished.stderr) == (0, True)
    assert {name for name in before if before[name] != after[name]} == {"sgsync.run", "sgsync.change"}
    assert (len(after["sgsync.run"]), len(after["sgsync.change"])) == (2, 3)
    assert eventful.import_all().exit_code == 0


def test_prune_refuses_a_length_of_time_beyond_the_calendar(scene: Scene) -> None:
    with pytest.raises(UsageError):
        prune(timedelta(days=99_999_999), settings=scene.settings())


def test_a_match_that_was_deleted_is_still_found_by_its_id(scene: Scene) -> None:
    imported(scene, make_episode(EPISODE))
    match = match_of(scene)
    scene.execute('DELETE FROM "match"')
    scene.import_all()
    history = read_history(match, settings=scene.settings())
    assert (history.episode_id, history.match_id) == (EPISODE, None)
    assert [event.kind for event in history.events] == ["imported", "deleted"]


def test_a_match_that_was_given_to_another_episode_is_found_by_that_one(scene: Scene) -> None:
    imported(scene, make_episode(EPISODE), make_episode(OTHERS[0]))
    match = match_of(scene)
    scene.execute('DELETE FROM "match" WHERE id <> %s', match)
    edit(scene, "comment", f"Imported from SpeedGaming (Episode {OTHERS[0]})")
    edit(scene, "speedgaming_episode_id", OTHERS[0])
    for title in ("Semifinal", "Grand final"):
        scene.episodes[1] = make_episode(OTHERS[0], title=title)
        scene.import_all()
    assert read_history(match, settings=scene.settings()).episode_id == OTHERS[0]


def test_the_history_says_what_was_overwritten(scene: Scene) -> None:
    imported(scene, make_episode(EPISODE))
    edit(scene, "title", "Showcase")
    scene.import_into(1, overwrite=True)
    event = read_history(EPISODE, settings=scene.settings()).events[-1]
    assert (event.kind, event.before, event.why) == (
        "changed",
        "Showcase",
        "it was edited here, and an import overwrote that",
    )
