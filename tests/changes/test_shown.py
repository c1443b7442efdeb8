"""A plan as people and programs read it: before it is done, and afterwards."""

import pytest

from sgsync.cli.render_plans import print_plans
from sgsync.wiring import now
from tests.changes.helpers import EPISODE, at, edit, imported, match_of, starting, warnings
from tests.command_line import Finished, Sgsync
from tests.feed_json import Json, make_channel, make_crew, make_episode, make_match, make_player
from tests.scene import Scene

CHANGED, KEPT, FROZEN, GONE, NEW, HELD, SAME = range(EPISODE, EPISODE + 7)
SOON, LATER = at(hours=3, minutes=10), at(hours=27, minutes=10)
BITWING = make_player(4377, "Bitwing", discordId="")
CORVID = make_player(4500, "Corvid", discordId="300000000000000003")


def in_utc(start: str) -> str:
    return f"{start[:10]} {start[11:16]} UTC"


@pytest.fixture
def league(scene: Scene) -> Scene:
    """A schedule in which everything that can happen has happened since it was imported."""
    waiting = make_crew(approved=False)
    imported(
        scene,
        starting(CHANGED, SOON, make_player(), BITWING, commentators=[waiting]),
        *(starting(id_, SOON, commentators=[]) for id_ in (KEPT, FROZEN, GONE, SAME)),
    )
    edit(scene, "title", "Showcase", KEPT)
    edit(scene, "started_at", at(), FROZEN)
    scene.episodes = [
        starting(
            CHANGED,
            LATER,
            make_player(),
            CORVID,
            title="Grand final",
            channels=[make_channel("SpeedGaming2")],
            trackers=[make_crew(88102, "Rosetta", discordId="")],
        ),
        starting(KEPT, SOON, title="Semifinal", commentators=[]),
        starting(FROZEN, LATER, commentators=[]),
        starting(NEW, SOON, make_player(), make_player(4600, "Dorian", discordId=""), commentators=[]),
        starting(HELD, SOON, timezone="Europe/Berlin"),
        starting(SAME, SOON, commentators=[]),
    ]
    return scene


def block(stdout: str, start: str) -> list[str]:
    """The line that starts so, and what is indented under it."""
    lines = stdout.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(start))
    rest = lines[first + 1 :]
    length = next((number for number, line in enumerate(rest) if not line.startswith("    ")), len(rest))
    return lines[first : first + 1 + length]


def assert_shows_everything(scene: Scene, finished: Finished) -> None:
    shown = finished.stdout
    changed, kept, frozen, gone = (match_of(scene, id_) for id_ in (CHANGED, KEPT, FROZEN, GONE))
    assert finished.exit_code == 0
    assert shown.startswith("Tournament 1 (Season 9):\n")
    update = block(shown, f"~ match {changed} for episode {CHANGED}: Standard - Week 1")
    assert {
        f"    time: {in_utc(SOON)} (in 3 hours) -> {in_utc(LATER)} (in 27 hours)",
        "    title: Standard - Week 1 -> Grand final",
        "    channel: SpeedGaming -> SpeedGaming2",
        "    - player Bitwing",
        "    + player Corvid (new user)",
        "    + tracker rosetta (new placeholder)",
        "    commentator quill: approved",
    } == set(update[1:])
    assert block(shown, f"! match {kept} for episode {KEPT}")[1:] == [
        f"    {in_utc(SOON)} (in 3 hours)",
        "    kept local edit of title: Showcase, SpeedGaming says Semifinal",
    ]
    assert block(shown, f"! match {frozen} for episode {FROZEN}: Standard - Week 1 (frozen: ")[1:] == [
        f"    {in_utc(SOON)} (in 3 hours)",
        f"    not followed: time {in_utc(SOON)} (in 3 hours) -> {in_utc(LATER)} (in 27 hours)",
    ]
    assert block(shown, f"- match {gone} for episode {GONE}: Standard - Week 1")[1:] == [
        f"    {in_utc(SOON)} (in 3 hours)",
        "    SpeedGaming no longer has the episode; its match is kept",
    ]
    new = block(shown, f"+ match for episode {NEW}: Standard - Week 1")
    assert f"    {in_utc(SOON)} (in 3 hours) on SpeedGaming" in new
    assert any("Dorian (new placeholder)" in line for line in new)
    assert "Europe/Berlin" in shown
    assert {"+ channel SpeedGaming2", "+ placeholder sg_4600 for Dorian"} <= set(shown.splitlines())
    assert str(SAME) not in shown


def test_a_dry_run_reads_like_a_diff_and_verbose_shows_the_same_afterwards(
    league: Scene, sgsync: Sgsync
) -> None:
    before = league.dump()
    planned = sgsync("import-all", "--dry-run")
    assert league.dump() == before
    done = sgsync("import-all", "--verbose")
    for finished in (planned, done):
        assert_shows_everything(league, finished)


def test_as_json_a_dry_run_has_the_same_as_values(league: Scene, sgsync: Sgsync) -> None:
    before = league.dump()
    finished = sgsync("import", "1", "--dry-run", "--json")
    assert (finished.exit_code, league.dump()) == (0, before)
    (tournament,) = finished.document["tournaments"]
    actions: list[Json] = tournament["actions"]
    about = {action["episode_id"]: action for action in actions if "episode_id" in action}
    assert {id_: action["action"] for id_, action in about.items()} == {
        CHANGED: "update_match",
        KEPT: "leave_match",
        FROZEN: "leave_match",
        GONE: "cancel_match",
        NEW: "create_match",
        HELD: "skip",
    }
    changed = about[CHANGED]
    assert changed["match_id"] == match_of(league, CHANGED)
    assert changed["changes"] == [
        {"field": "time", "old": SOON, "new": LATER},
        {"field": "title", "old": "Standard - Week 1", "new": "Grand final"},
        {"field": "channel", "old": "SpeedGaming", "new": "SpeedGaming2"},
    ]
    assert [(each["role"], each["name"]) for each in changed["added"]] == [
        ("player", "Corvid"),
        ("tracker", "rosetta"),
    ]
    assert [(each["role"], each["name"]) for each in changed["removed"]] == [("player", "Bitwing")]
    assert [(each["role"], each["approved"]) for each in changed["approvals"]] == [("commentator", True)]
    assert about[KEPT]["kept"] == [
        {"what": "title", "ours": "Showcase", "theirs": "Semifinal", "why": "it was edited here"}
    ]
    assert about[FROZEN]["frozen"]
    assert (about[GONE]["delete"], about[NEW]["scheduled_at"]) == (False, SOON)
    assert {"create_user", "create_placeholder", "create_channel"} <= {action["action"] for action in actions}


def test_nothing_to_do_is_said_so(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    imported(scene)
    print_plans(scene.import_all(dry_run=True), now())
    assert capsys.readouterr().out == "Tournament 1 (Season 9):\n  nothing to do\n"


def test_no_update_by_flag_or_by_environment(scene: Scene, sgsync: Sgsync) -> None:
    imported(scene)
    scene.episodes = [make_episode(EPISODE, title="Grand final", match1=make_match(make_player()))]
    before = scene.rows('SELECT ctid::text, xmin::text, m.* FROM "match" m')
    assert sgsync("import-all", "--no-update").exit_code == 0
    assert sgsync("import-all", SGSYNC_UPDATE="false").exit_code == 0
    assert scene.rows('SELECT ctid::text, xmin::text, m.* FROM "match" m') == before


def test_what_was_kept_and_what_was_cancelled_is_what_cron_mails_once(league: Scene) -> None:
    with warnings() as first:
        league.import_all()
    with warnings() as second:
        league.import_all()
    assert sorted(line.partition(" match")[0] for line in first) == [
        f"Episode {GONE} is cancelled (SpeedGaming no longer has the episode):",
        "Kept local edit in",
    ]
    assert second == []
