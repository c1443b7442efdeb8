"""People on Discord hear what is new, moved, cancelled and short of crew: once, and without being woken up."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from sgsync.telling.teller import Teller
from tests.feed_json import make_crew, make_match, make_player
from tests.scene import Scene, logged_lines
from tests.telling.conftest import episode_in
from tests.telling.receiver import Receiver, Reply


def start_of(scene: Scene, episode_id: int = 75000) -> int:
    moment: datetime = scene.value(
        'SELECT scheduled_at FROM "match" WHERE speedgaming_episode_id = %s', episode_id
    )
    return int(moment.astimezone(UTC).timestamp())


def test_a_new_match_is_told_once(scene: Scene, receiver: Receiver) -> None:
    scene.import_all(discord_webhook_url=receiver.url)
    scene.import_all(discord_webhook_url=receiver.url)
    assert receiver.messages == [
        f"**New**\n• Standard \\- Week 1, Aurelio vs Bitwing (Season 9): <t:{start_of(scene)}:f>"
    ]
    assert receiver.notices[0].document["allowed_mentions"] == {"parse": []}


def test_one_message_tells_all_of_a_run(scene: Scene, receiver: Receiver) -> None:
    second = scene.add_tournament("other")
    scene.episodes = [episode_in(30, 1), episode_in(31, 2), episode_in(32, 3)]
    scene.import_all()
    scene.execute("DELETE FROM sgsync.change")
    before = start_of(scene, 1)
    scene.episodes = [
        episode_in(40, 1),
        episode_in(32, 3, commentators=[], trackers=[make_crew(approved=False)]),
        episode_in(50, 4, event={"id": 2, "slug": "other"}),
    ]
    scene.execute("UPDATE tournament SET name = 'Second' WHERE id = %s", second)
    scene.import_all(discord_webhook_url=receiver.url, crew_warning="33h")
    (message,) = receiver.messages
    headings = [line for line in message.splitlines() if line.startswith("**")]
    assert headings == ["**Crew missing**", "**Cancelled**", "**Moved**", "**New**"]
    assert "(Second)" in message
    assert f"<t:{before}:f> → <t:{start_of(scene, 1)}:f>" in message
    assert f"no commentator and no tracker yet, it starts <t:{start_of(scene, 3)}:R>" in message


def test_missing_crew_is_told_once_for_each_match(scene: Scene, receiver: Receiver) -> None:
    scene.episodes = [episode_in(30, commentators=[])]
    scene.import_all(discord_webhook_url=receiver.url, crew_warning="24h")
    assert "Crew missing" not in receiver.messages[-1]
    for _ in range(2):
        scene.import_all(discord_webhook_url=receiver.url, crew_warning="31h")
    assert len(receiver.messages) == 2
    assert receiver.messages[1].startswith("**Crew missing**")
    assert "no commentator yet" in receiver.messages[1]
    assert scene.value("SELECT what FROM sgsync.change WHERE kind = 'unstaffed'") == "commentator"


def test_a_match_that_is_not_broadcast_lacks_no_crew(scene: Scene, receiver: Receiver) -> None:
    scene.episodes = [episode_in(3, commentators=[], trackers=[], channels=[])]
    scene.import_all(discord_webhook_url=receiver.url)
    assert "Crew missing" not in receiver.messages[0]


def test_the_warning_can_be_turned_off(scene: Scene, receiver: Receiver) -> None:
    scene.episodes = [episode_in(3, commentators=[])]
    scene.import_all(discord_webhook_url=receiver.url, crew_warning="0")
    assert "Crew missing" not in receiver.messages[0]


def test_what_did_not_arrive_is_told_by_the_next_run(scene: Scene, receiver: Receiver) -> None:
    receiver.replies = [Reply(500), Reply(204)]
    scene.import_all(discord_webhook_url=receiver.url)
    scene.import_all(discord_webhook_url=receiver.url)
    scene.import_all(discord_webhook_url=receiver.url)
    assert len(receiver.messages) == 2
    assert receiver.messages[0] == receiver.messages[1]


def test_what_was_imported_by_hand_is_told_by_the_next_run(scene: Scene, receiver: Receiver) -> None:
    scene.import_into(1, schedule=[episode_in(30)])
    scene.import_all(discord_webhook_url=receiver.url)
    assert receiver.messages[0].startswith("**New**")


def test_what_has_begun_is_no_news(scene: Scene, receiver: Receiver) -> None:
    scene.episodes = [episode_in(-1)]
    scene.import_all(discord_webhook_url=receiver.url)
    assert receiver.notices == []


def test_names_say_nothing_to_discord(scene: Scene, receiver: Receiver) -> None:
    evil = make_player(1, "@everyone [x](https://evil.example) <@123> **b** `c`")
    scene.episodes = [episode_in(30, match1=make_match(evil, title="# ||Final||"))]
    scene.import_all(discord_webhook_url=receiver.url)
    (message,) = receiver.messages
    assert r"\@everyone \[x\]\(https\://evil.example\) \<\@123\> \*\*b\*\* \`c\`" in message
    assert r"\# \|\|Final\|\|" in message


def test_what_has_no_room_in_a_message_is_told_by_the_next_run(scene: Scene, receiver: Receiver) -> None:
    titles = [f"Round {number:03}" for number in range(100)]
    scene.episodes = [episode_in(30, 75000 + number, title=title) for number, title in enumerate(titles)]
    while len(receiver.messages) < 20:
        before = len(receiver.messages)
        scene.import_all(discord_webhook_url=receiver.url)
        if len(receiver.messages) == before:
            break
    first, *_, last = receiver.messages
    assert 1800 < len(first.encode("utf-16-le")) // 2 <= 2000
    assert first.endswith(f"… and {100 - first.count('•')} more")
    assert "more" not in last
    told = "\n".join(receiver.messages)
    assert [told.count(title) for title in titles] == [1] * 100


def test_what_is_urgent_does_not_wait_behind_what_had_no_room(scene: Scene, receiver: Receiver) -> None:
    scene.episodes = [episode_in(30 + number, 75000 + number) for number in range(60)]
    scene.import_all(discord_webhook_url=receiver.url)
    scene.episodes[0] = episode_in(30, commentators=[])
    scene.import_all(discord_webhook_url=receiver.url, crew_warning="30h")
    assert receiver.messages[1].startswith("**Crew missing**")
    assert "**New**" in receiver.messages[1]


def test_what_had_no_room_and_is_cancelled_meanwhile_is_no_news(scene: Scene, receiver: Receiver) -> None:
    scene.episodes = [
        episode_in(30 + number, 75000 + number, title=f"Round {number}") for number in range(40)
    ]
    scene.import_all(discord_webhook_url=receiver.url)
    assert "Round 39" not in receiver.messages[0]
    scene.episodes.pop()
    scene.import_all(discord_webhook_url=receiver.url)
    assert "Round 39" not in receiver.messages[1]
    assert "Round 38" in receiver.messages[1]


@pytest.mark.parametrize(
    ("first", "waits"),
    [
        (Reply(429, b'{"message": "slow down", "retry_after": 1.5}'), [1.5]),
        (Reply(429, headers={"Retry-After": "2"}), [2.0]),
    ],
)
def test_a_webhook_that_asks_for_patience_gets_it(
    scene: Scene, receiver: Receiver, first: Reply, waits: list[float]
) -> None:
    slept = said_again(scene, receiver, [first, Reply(204)])
    assert slept == waits
    assert len(receiver.notices) == 2
    assert scene.value("SELECT reader FROM sgsync.told") == "discord"


@pytest.mark.parametrize(
    "wish", [b'{"retry_after": 3600}', b'{"retry_after": -1}', b"{}", b"[", b'{"retry_after": "x"}']
)
def test_patience_has_an_end(scene: Scene, receiver: Receiver, wish: bytes) -> None:
    with logged_lines() as lines:
        assert said_again(scene, receiver, [Reply(429, wish)]) == []
    assert "The address in SGSYNC_DISCORD_WEBHOOK_URL did not take it: HTTP 429" in lines
    assert scene.count("sgsync.told WHERE change_id > 0") == 0


@pytest.mark.parametrize("hours", [1, 10_000])
def test_a_webhook_that_asks_for_more_is_left_alone_by_later_runs_for_so_long_and_no_day_longer(
    scene: Scene, receiver: Receiver, hours: int
) -> None:
    said_again(scene, receiver, [Reply(429, headers={"Retry-After": str(3600 * hours)}), Reply(204)])
    settings = scene.settings(discord_webhook_url=receiver.url)
    report, then = scene.import_all(), datetime.now(UTC)
    for minutes in (5, 55):
        Teller(settings, now=lambda: then + timedelta(minutes=minutes)).around(lambda: report)  # noqa: B023
        assert len(receiver.notices) == 1
    scene.execute("UPDATE sgsync.change SET happened_at = now() + interval '1 day'")
    Teller(settings, now=lambda: then + timedelta(hours=min(hours, 24), minutes=1)).around(lambda: report)
    assert len(receiver.notices) == 2
    assert scene.rows("SELECT change_id > 0, not_before FROM sgsync.told") == [(True, None)]


def said_again(scene: Scene, receiver: Receiver, replies: Sequence[Reply]) -> list[float]:
    """The seconds that were slept while a match was told."""
    receiver.replies = list(replies)
    slept: list[float] = []
    report = scene.import_all()
    Teller(scene.settings(discord_webhook_url=receiver.url), sleep=slept.append).around(lambda: report)
    return slept


def test_an_unchanged_run_writes_nothing_for_discord(scene: Scene, receiver: Receiver) -> None:
    scene.import_all(discord_webhook_url=receiver.url)
    before = scene.dump()
    scene.import_all(discord_webhook_url=receiver.url)
    changed = {name for name, rows in scene.dump().items() if before[name] != rows}
    assert changed == {"sgsync.run", "sequence sgsync.run_id_seq"}
