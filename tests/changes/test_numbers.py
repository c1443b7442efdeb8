"""Staff gives a match the number of another episode: from then on, it is that one's."""

import logging

from tests.changes.helpers import EPISODE, field_of, imported, match_of, totals
from tests.feed_json import make_episode
from tests.scene import LIVE, RUN_RECORD, Scene, changed_tables, logged_lines

OTHER = EPISODE + 1


def renumber(scene: Scene, *numbers: tuple[int, int]) -> None:
    """Give matches, by id, other episodes."""
    scene.execute('UPDATE "match" SET speedgaming_episode_id = -id')
    for match_id, episode_id in numbers:
        scene.execute(
            'UPDATE "match" SET speedgaming_episode_id = %s, comment = %s, updated_at = now() WHERE id = %s',
            episode_id,
            f"Imported from SpeedGaming (Episode {episode_id})",
            match_id,
        )


def assert_settled(scene: Scene) -> None:
    """Another import writes nothing."""
    before = scene.dump()
    scene.import_all()
    assert changed_tables(before, scene.dump()) == RUN_RECORD


def test_a_match_given_to_an_episode_that_nobody_knew_follows_that_one(scene: Scene) -> None:
    match_id = match_of(imported(scene, make_episode(EPISODE)))
    renumber(scene, (match_id, OTHER))
    scene.episodes = [make_episode(EPISODE), make_episode(OTHER, title="Grand final")]
    with logged_lines(logging.DEBUG) as lines:
        report = scene.import_all()
    assert not [line for line in lines if "Planning again" in line]
    assert (report.exit_code, match_of(scene, OTHER)) == (0, match_id)
    assert field_of(scene, "title", OTHER) == "Grand final"
    assert scene.rows("SELECT episode_id, match_id FROM sgsync.episode ORDER BY 1") == [
        (EPISODE, None),
        (OTHER, match_id),
    ]
    assert_settled(scene)


def test_matches_whose_episodes_were_mixed_up_can_be_exchanged(scene: Scene) -> None:
    imported(scene, make_episode(EPISODE), make_episode(OTHER))
    first, second = match_of(scene, EPISODE), match_of(scene, OTHER)
    renumber(scene, (first, OTHER), (second, EPISODE))
    scene.episodes = [make_episode(EPISODE, title="Semifinal"), make_episode(OTHER, title="Grand final")]
    report = scene.import_all()
    assert (report.exit_code, totals(report).get("failed", 0)) == (0, 0)
    assert (match_of(scene, EPISODE), match_of(scene, OTHER)) == (second, first)
    assert scene.rows("SELECT episode_id, match_id FROM sgsync.episode ORDER BY 1") == [
        (EPISODE, second),
        (OTHER, first),
    ]
    assert_settled(scene)


def test_so_does_one_of_another_tournament(scene: Scene) -> None:
    """Its ledger is none of those that this tournament's import reads."""
    scene.add_tournament(LIVE)
    from_elsewhere = make_episode(EPISODE)
    from_elsewhere["event"] = {**from_elsewhere["event"], "slug": LIVE}
    match_id = match_of(imported(scene, from_elsewhere))
    renumber(scene, (match_id, OTHER))
    scene.execute('UPDATE "match" SET tournament_id = 1')
    scene.episodes.append(make_episode(OTHER, title="Grand final"))
    assert totals(scene.import_all())["updated"] == 1
    assert match_of(scene, OTHER) == match_id
    assert_settled(scene)
