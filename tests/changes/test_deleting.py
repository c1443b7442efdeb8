"""SGSYNC_ON_CANCEL=delete: a match of a cancelled episode goes, unless anybody worked on it."""

import pytest

from sgsync.cli.render_plans import print_plans
from sgsync.wiring import now
from tests.changes.feed import Feed
from tests.changes.helpers import (
    EPISODE,
    at,
    edit,
    events_of,
    field_of,
    imported,
    match_of,
    seat,
    totals,
    warnings,
)
from tests.feed_json import make_episode
from tests.scene import RUN_RECORD, Scene, changed_tables, logged_lines

OTHERS = range(EPISODE + 1, EPISODE + 4)
PLAYER = "(SELECT min(id) FROM matchplayers WHERE match_id = %s)"
CREW = "(SELECT min(id) FROM crew WHERE match_id = %s)"
ROOM = "INSERT INTO racetime_rooms (slug, category, room_name, match_id) VALUES ('a/b', 'a', 'b', %s)"


@pytest.fixture
def doomed(scene: Scene) -> Scene:
    """Four matches, the first of which has lost its episode."""
    imported(scene, *(make_episode(episode_id) for episode_id in (EPISODE, *OTHERS)))
    scene.episodes.pop(0)
    return scene


def is_there(scene: Scene) -> bool:
    return EPISODE in scene.imported_episodes()


def test_an_untouched_match_goes_and_its_people_stay(doomed: Scene) -> None:
    with warnings() as lines:
        assert totals(doomed.import_all(on_cancel="delete")) == {"cancelled": 1, "skipped": 3}
        before = doomed.dump()
        doomed.import_all(on_cancel="delete")
    assert not is_there(doomed)
    assert (doomed.count("users"), doomed.count("tournamentplayers"), doomed.count("crew")) == (3, 2, 3)
    assert [line.endswith("is deleted") for line in lines] == [True]
    assert events_of(doomed) == ["cancelled", "deleted"]
    assert doomed.audit()[-1]["deleted"] == 1
    assert changed_tables(before, doomed.dump()) == RUN_RECORD


def test_a_deleted_match_whose_episode_comes_back_is_made_again(doomed: Scene) -> None:
    doomed.import_all(on_cancel="delete")
    doomed.episodes.append(make_episode(EPISODE))
    assert totals(doomed.import_all(on_cancel="delete")) == {"imported": 1, "skipped": 3}
    assert (len(doomed.players_of(EPISODE)), events_of(doomed)[-1]) == (2, "imported")


RANKED = "somebody's place in it is not only SpeedGaming's: it has a rank or a station"
WORK = {
    "UPDATE matchplayers SET finish_rank = 1 WHERE match_id = %s": RANKED,
    "UPDATE matchplayers SET assigned_station = '3' WHERE match_id = %s": RANKED,
    "UPDATE \"match\" SET title = 'Showcase' WHERE id = %s": "it was edited here",
    'UPDATE "match" SET stream_channel_id = NULL WHERE id = %s': "it was edited here",
    "UPDATE crew SET approved = false WHERE match_id = %s": "an approval was changed here",
    "DELETE FROM crew WHERE match_id = %s": "its roster or crew was edited here",
    f"DELETE FROM matchplayers WHERE id = {PLAYER}": "its roster or crew was edited here",
    "SELECT %s": None,
}


def test_a_match_that_somebody_worked_on_is_kept_and_that_is_said(scene: Scene) -> None:
    ids = dict(zip(WORK, range(EPISODE, EPISODE + len(WORK)), strict=True))
    rest = [make_episode(EPISODE + 50 + number) for number in range(len(WORK))]
    imported(scene, *(make_episode(id_) for id_ in ids.values()), *rest)
    for statement, id_ in ids.items():
        scene.execute(statement, match_of(scene, id_))
    scene.episodes = rest
    with warnings() as lines:
        assert totals(scene.import_all(on_cancel="delete"))["cancelled"] == len(WORK)
        assert totals(scene.import_all(on_cancel="delete")) == {"skipped": len(rest)}
    for statement, why in WORK.items():
        (line,) = [line for line in lines if f"Episode {ids[statement]} " in line]
        assert line.endswith(f"is kept, because {why}" if why else "is deleted")
        assert (ids[statement] in scene.imported_episodes()) == bool(why)
        assert events_of(scene, ids[statement]) == ["cancelled", "kept" if why else "deleted"]
    assert scene.audit()[-1]["deleted"] == 1


def test_a_match_with_somebody_who_was_added_here_is_kept(doomed: Scene) -> None:
    seat(doomed, doomed.add_user(77, "Guest"))
    doomed.import_all(on_cancel="delete")
    assert is_there(doomed)


@pytest.mark.parametrize("has_room", [True, False], ids=["room", "result"])
def test_a_match_with_a_room_or_a_result_is_kept_and_that_is_said(doomed: Scene, has_room: bool) -> None:
    if has_room:
        doomed.execute(ROOM, match_of(doomed))
    else:
        edit(doomed, "finished_at", at())
    with logged_lines() as lines:
        doomed.import_all(on_cancel="delete")
        doomed.import_all(on_cancel="delete")
    assert is_there(doomed)
    assert len([line for line in lines if str(EPISODE) in line]) == 1


REFERENCES = {
    "match_cascade": ('REFERENCES "match" ON DELETE CASCADE', "%s"),
    "match_set_null": ('REFERENCES "match" ON DELETE SET NULL', "%s"),
    "Match no action": ('REFERENCES "match"', "%s"),
    "player_cascade": ("REFERENCES matchplayers ON DELETE CASCADE", PLAYER),
    "crew_no_action": ("REFERENCES crew", CREW),
}


def test_a_match_that_an_unknown_table_refers_to_is_kept_and_that_is_said(scene: Scene) -> None:
    """In whatever schema, however it refers, and be it to somebody in the match."""
    ids = dict(zip(REFERENCES, range(EPISODE, EPISODE + len(REFERENCES)), strict=True))
    free, rest = make_episode(EPISODE + 40), [make_episode(EPISODE + 50 + number) for number in range(6)]
    imported(scene, *(make_episode(id_) for id_ in ids.values()), free, *rest)
    scene.execute("CREATE SCHEMA elsewhere")
    for table, (column, target) in REFERENCES.items():
        scene.execute(f'CREATE TABLE elsewhere."{table}" (reference int {column})')
        scene.execute(f'INSERT INTO elsewhere."{table}" VALUES ({target})', match_of(scene, ids[table]))
    scene.episodes = rest
    with warnings() as lines:
        assert totals(scene.import_all(on_cancel="delete")) == {"cancelled": 6, "skipped": 6}
        assert totals(scene.import_all(on_cancel="delete")) == {"skipped": 6}
    assert scene.imported_episodes() == {*ids.values(), *(episode["id"] for episode in rest)}
    for table, id_ in ids.items():
        assert scene.column(f'SELECT reference IS NOT NULL FROM elsewhere."{table}"') == [True], table
        (line,) = (line for line in lines if str(id_) in line)
        assert line.replace('"', "").endswith(f"is kept, because table elsewhere.{table} refers to it")
        assert events_of(scene, id_) == ["cancelled", "kept"]
    assert scene.audit()[-1]["deleted"] == 1


def test_a_match_that_was_kept_and_that_an_admin_deletes_then_stays_deleted(doomed: Scene) -> None:
    """It was not sgsync that took it away, although the setting says to."""
    doomed.execute('CREATE TABLE seeds (match_id int REFERENCES "match" ON DELETE CASCADE)')
    doomed.execute("INSERT INTO seeds VALUES (%s)", match_of(doomed))
    doomed.import_all(on_cancel="delete")
    doomed.execute('DELETE FROM "match" WHERE id = %s', match_of(doomed))
    doomed.episodes.append(make_episode(EPISODE))
    assert totals(doomed.import_all(on_cancel="delete")) == {"skipped": 4}
    assert not is_there(doomed)


def test_what_was_cancelled_while_matches_were_kept_stays(doomed: Scene) -> None:
    doomed.import_all()
    assert totals(doomed.import_all(on_cancel="delete")) == {"skipped": 3}
    assert is_there(doomed)


def test_the_plan_that_is_shown_afterwards_does_not_claim_a_deletion_that_was_not(
    doomed: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    doomed.execute('CREATE TABLE seeds (match_id int REFERENCES "match" ON DELETE CASCADE)')
    doomed.execute("INSERT INTO seeds VALUES (%s)", match_of(doomed))
    print_plans(doomed.import_all(on_cancel="delete", show_actions=True), now())
    shown = capsys.readouterr().out
    assert is_there(doomed)
    assert f"- match {match_of(doomed)} for episode {EPISODE}: Standard - Week 1\n" in shown
    assert ("is kept" in shown, "is deleted" in shown) == (True, False)


def test_a_question_that_fails_deletes_nothing(doomed: Scene, feed: Feed) -> None:
    feed.episode = (200, b'{"error": "Database is down."}')
    assert totals(doomed.import_all(on_cancel="delete")) == {"skipped": 3}
    assert field_of(doomed, "title") is not None


def test_a_deletion_that_the_database_refuses_stops_no_other(scene: Scene) -> None:
    gone = [make_episode(EPISODE), make_episode(EPISODE + 1)]
    rest = [make_episode(EPISODE + 2), make_episode(EPISODE + 3)]
    imported(scene, *gone, *rest)
    scene.execute(f"""
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not this one'; END $$;
        CREATE TRIGGER refuse BEFORE DELETE ON "match" FOR EACH ROW
            WHEN (OLD.speedgaming_episode_id = {EPISODE}) EXECUTE FUNCTION refuse();
    """)
    scene.episodes = rest
    report = scene.import_all(on_cancel="delete")
    assert totals(report) == {"cancelled": 1, "skipped": 2, "failed": 1}
    (problem,) = report.tournaments[0].problems
    assert problem.startswith(f"Episode {EPISODE} was left out, the database refused it: not this one")
    assert scene.imported_episodes() == {EPISODE, EPISODE + 2, EPISODE + 3}


def test_a_match_that_somebody_saved_in_the_application_is_kept(doomed: Scene) -> None:
    """Whatever they wrote into it: the application has columns that sgsync does not know."""
    doomed.execute(
        "UPDATE \"match\" SET comment = 'VIP', updated_at = clock_timestamp() WHERE id = %s", match_of(doomed)
    )
    doomed.import_all(on_cancel="delete")
    assert is_there(doomed)
    assert "somebody saved it here" in doomed.value("SELECT why FROM sgsync.change WHERE kind = 'kept'")
    comment = f"Imported from SpeedGaming (Episode {EPISODE})"
    doomed.execute('UPDATE "match" SET comment = %s WHERE id = %s', comment, match_of(doomed))


def test_that_somebody_saved_a_match_is_not_forgotten_when_it_follows_meanwhile(scene: Scene) -> None:
    imported(scene, *(make_episode(episode_id) for episode_id in (EPISODE, *OTHERS)))
    scene.execute('UPDATE "match" SET updated_at = clock_timestamp() WHERE id = %s', match_of(scene))
    scene.episodes[0] = make_episode(EPISODE, title="Final")
    scene.import_all()
    scene.episodes.pop(0)
    scene.import_all(on_cancel="delete")
    assert is_there(scene)
