"""Others write at the same time: the end is that of some order, one after the other, and nobody hears of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import permutations
from random import Random
from threading import Event
from typing import Any

import psycopg
import pytest

from sgsync import linking
from tests.command_line import Finished, Sgsync
from tests.consumers import check_consumers, watch_updates
from tests.faults.effort import EFFORT, SEED, some_of
from tests.faults.proxy import Incident, Moment, postgres_proxy
from tests.faults.state import State, difference, state_of
from tests.faults.stories import BITWING, NEWCOMER, Story, later_import, revised_schedules, settings_for
from tests.feed_json import make_crew, make_player
from tests.nursery import Nursery
from tests.postgres import Databases, connect
from tests.scene import RUN_RECORD, Scene, changed_tables, scene_on, somebody_waits, wait_until

Connection = psycopg.Connection[Any]
Write = Callable[[Connection], object]
Deed = Callable[[Scene], object]

BOUNDED = 3
"""How often the application writes one of its things at some statement of an import."""

ALWAYS = {
    "somebody whom the import creates signs in": 0,
    "an admin edits the title that changes": 0,
    "a match that moves is checked in": 0,
    "the placeholder is deleted": 0,
    "the channel is deleted": 1,
}
"""What it always writes between what an import reads and what it writes: so many statements after the reading."""

ROUNDS = EFFORT

UPDATED_AT = 'SELECT updated_at FROM "match" WHERE speedgaming_episode_id = 74611'

LOCKS_LEFT = """
    SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


def sign_in(connection: Connection) -> None:
    """As the application does it: look for the Discord id, make the user or refresh its name."""
    refresh = (
        "UPDATE users SET discord_username = 'self', updated_at = now() WHERE discord_id = %s RETURNING id"
    )
    create = "INSERT INTO users (discord_id, discord_username, display_name) VALUES (%s, 'self', 'Self')"
    if not connection.execute(refresh, [NEWCOMER]).fetchall():
        try:
            connection.execute(create, [NEWCOMER])
        except psycopg.errors.UniqueViolation:
            connection.execute(refresh, [NEWCOMER])


def statement(text: str) -> Write:
    return lambda connection: connection.execute(text.encode())


def on_match(episode_id: int, changes: str) -> Write:
    return statement(
        f'UPDATE "match" SET {changes}, updated_at = now() WHERE speedgaming_episode_id = {episode_id}'
    )


# One row each: several, in one statement of the application, are not all read at the same moment.
_PLAYER = """
    match_id = (SELECT id FROM "match" WHERE speedgaming_episode_id = 74620)
    AND user_id = (SELECT id FROM users WHERE discord_username = 'sg_4755')
"""
_COMMENTATOR = """
    match_id = (SELECT id FROM "match" WHERE speedgaming_episode_id = 74618) AND role = 'commentator'
"""

WRITES: dict[str, Write] = {
    "somebody whom the import creates signs in": sign_in,
    "an admin edits the title that changes": on_match(74618, "title = 'Ours'"),
    "an admin edits the time that changes": on_match(74611, "scheduled_at = '2026-12-24T18:00Z'"),
    "a match that moves is checked in": on_match(74611, "checked_in_at = '2026-11-28T20:00Z'"),
    "a match that moves starts": on_match(74618, "started_at = '2026-11-28T20:00Z'"),
    "a match that moves is deleted": statement('DELETE FROM "match" WHERE speedgaming_episode_id = 74611'),
    "a race room opens": statement(
        "INSERT INTO racetime_rooms (slug, category, room_name, match_id) SELECT 'x/y', 'x', 'y', id"
        ' FROM "match" WHERE speedgaming_episode_id = 74611'
    ),
    "somebody who leaves the roster gets a rank": statement(
        f"UPDATE matchplayers SET finish_rank = 1, updated_at = now() WHERE {_PLAYER}"
    ),
    "a commentator who leaves is approved by an admin": statement(
        f"UPDATE crew SET approved_by_id = 1, updated_at = now() WHERE {_COMMENTATOR}"
    ),
    "a player who leaves is removed by an admin": statement(f"DELETE FROM matchplayers WHERE {_PLAYER}"),
    "the channel is deleted": statement("DELETE FROM streamchannel"),
    "the placeholder is deleted": statement("DELETE FROM users WHERE discord_username = 'sg_4377'"),
    "the user behind the placeholder is deleted": statement(
        f"DELETE FROM users WHERE discord_id = {BITWING}"
    ),
}


# What any number of runs come to: whoever comes second to a tournament finds nothing to do.
IMPORTS: tuple[Deed, ...] = (lambda scene: scene.import_into(1), lambda scene: scene.import_into(2))


def write_into(what: str, scene: Scene) -> None:
    with connect(scene.url) as application:
        WRITES[what](application)


@dataclass(eq=False)
class Orders:
    """An import and writes of the application, in any order and in the middle of each other."""

    databases: Databases
    sgsync: Sgsync
    story: Story

    @contextmanager
    def copy(self) -> Iterator[Scene]:
        url = self.databases.copy(self.story.url)
        try:
            with self.story.told_on(url) as scene:
                yield scene
        finally:
            self.databases.drop(url)

    def run(self, scene: Scene, url: str) -> Finished:
        return self.sgsync(*self.story.arguments, **settings_for(url, scene.feed_url))

    @cache  # noqa: B019 - lives as long as the module's tests
    def end(self, what: str, turn: int) -> State:
        """Where it ends if the application writes when so many tournaments have been imported."""
        return self.end_of((*IMPORTS[:turn], partial(write_into, what), *IMPORTS[turn:]))

    @cache  # noqa: B019
    def end_of(self, deeds: tuple[Deed, ...]) -> State:
        """Where some deeds end, one after the other."""
        with self.copy() as scene:
            for deed in deeds:
                deed(scene)
            return state_of(scene.url)

    def critical_statements(self) -> range:
        """Those from the first look at a tournament to the COMMIT of what is written into it."""
        statements = self.statements()
        last = _first(statements, "COMMIT", after=_first(statements, 'UPDATE "match"'))
        return range(_first(statements, "advisory") + 1, last + 1)

    def between(self) -> int:
        """The first statement after the look on which everything written rests."""
        update = _first(self.statements(), 'UPDATE "match"')
        looks = [at for at, text in enumerate(self.statements(), 1) if "wanted_tournament" in text]
        return 1 + max(at for at in looks if at < update)

    @cache  # noqa: B019
    def statements(self) -> Sequence[str]:
        """Those of an import that nobody disturbs."""
        with self.copy() as scene, postgres_proxy(scene.url) as proxy:
            assert self.run(scene, proxy.proxied_url).exit_code == 0
        return proxy.statements


def _first(statements: Sequence[str], words: str, after: int = 0) -> int:
    """The number, counted from 1, of the first statement after another one that has these words."""
    return next(at for at, text in enumerate(statements, 1) if at > after and words in text)


@pytest.fixture(scope="module")
def orders(
    databases: Databases, nursery: Nursery, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Orders]:
    story = later_import(databases)
    yield Orders(databases, Sgsync(nursery, tmp_path_factory.mktemp("sgsync")), story)
    databases.drop(story.url)


@contextmanager
def written_at(scene: Scene, at: int, write: Write) -> Iterator[str]:
    """The URL of a way to the database on which, before statement `at`, the application writes.

    Where it has to wait for sgsync, sgsync goes on.
    """
    written = list[Future[object]]()

    def start() -> None:
        written.append(pool.submit(write, application))
        wait_until(lambda: written[0].done() or waits(watcher, application))

    with (
        ThreadPoolExecutor(1) as pool,
        connect(scene.url) as application,
        connect(scene.url) as watcher,
        postgres_proxy(scene.url, Incident(at, Moment.BEFORE, start, spares=True)) as proxy,
    ):
        yield proxy.proxied_url
        assert written, "the import ended before"
        written[0].result(timeout=30)


def waits(watcher: Connection, other: Connection) -> bool:
    blockers = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
    row = watcher.execute(blockers.encode(), [other.info.backend_pid]).fetchone()
    return bool(row and row[0])


def test_a_write_in_the_middle_of_an_import_counts_as_before_or_after(orders: Orders) -> None:
    everything = [(what, at) for what in WRITES for at in orders.critical_statements()]
    always = [(what, orders.between() + statements) for what, statements in ALWAYS.items()]
    for what, at in (*always, *some_of(everything, BOUNDED, about="writes")):
        with orders.copy() as scene:
            with written_at(scene, at, WRITES[what]) as url:
                ended = orders.run(scene, url)
            about = f"{what}, at {at}\n{ended.stderr}"
            assert_undisturbed(ended, about)
            ends = (orders.end(what, turn) for turn in range(len(IMPORTS) + 1))
            assert_one_of(ends, state_of(scene.url), about)
            assert scene.value(LOCKS_LEFT) == 0


def assert_one_of(ends: Iterable[State], found: State, about: str) -> None:
    differences = [about]
    for end in ends:
        differences.append(difference(end, found))
        if not differences[-1]:
            return
    pytest.fail("\nor\n".join(differences))


def assert_undisturbed(ended: Finished, about: str) -> None:
    assert ended.exit_code in {0, 1}, about
    for word in ("Traceback", "deadlock", "SQLSTATE"):
        assert word not in ended.stderr, about


COMMANDS = (
    ("import-all",),
    ("import-all",),
    ("import-all", "--quiet"),
    ("import", "1"),
    ("import", "2"),
    ("import", "1", "--episode", "74611"),
    ("link-placeholder", "sg_4377", "--discord-id", str(BITWING), "--yes"),
    ("migrate",),
)


def link_bitwing(scene: Scene) -> object:
    return linking.link_placeholder("sg_4377", discord_id=str(BITWING), settings=scene.settings())


def test_eight_processes_end_as_if_they_had_come_one_after_the_other(orders: Orders, sgsync: Sgsync) -> None:
    random = Random(SEED)
    commands = [command for command in COMMANDS if "--episode" not in command] + [("import", "2")]
    for _ in range(ROUNDS):
        with orders.copy() as scene:
            settings = settings_for(scene.url, scene.feed_url)
            running = [
                sgsync.start(*command, **settings) for command in random.sample(commands, len(commands))
            ]
            for each in running:
                ended = each.wait()
                assert ended.exit_code == 0, ended.stderr
            found = state_of(scene.url)
        ends = (orders.end_of(deeds) for deeds in permutations((*IMPORTS, link_bitwing)))
        assert_one_of(ends, found, "eight at once")


def test_eight_processes_and_the_application_at_once(databases: Databases, sgsync: Sgsync) -> None:
    url = later_import(databases).url
    with scene_on(url) as scene, connect(url) as connection:
        watch_updates(connection)
        random = Random(SEED)
        for _ in range(ROUNDS):
            scene.episodes = changed(revised_schedules(), random)
            with application_writing(url, random):
                running = [
                    sgsync.start(*command, **settings_for(url, scene.feed_url))
                    for command in random.sample(COMMANDS, len(COMMANDS))
                ]
                finished = [each.wait() for each in running]
            for ended in finished:
                assert_undisturbed(ended, ended.stderr)
            assert scene.value(LOCKS_LEFT) == 0
        settle(scene)
        check_consumers(connection)
    databases.drop(url)


def settle(scene: Scene) -> None:
    """When nobody else writes any more, one import brings everything to rest."""
    scene.execute('UPDATE "match" SET checked_in_at = NULL')
    assert scene.import_all().exit_code in {0, 1}
    before = scene.dump()
    scene.import_all()
    assert changed_tables(before, scene.dump()) == RUN_RECORD


def changed(episodes: list[Any], random: Random) -> list[Any]:
    """A schedule in which somebody new plays and something moves, by chance."""
    for episode in random.sample(episodes, 8):
        episode["whenCountdown"] = f"2026-11-{random.randrange(10, 30)}T20:10:00+00:00"
        episode["match1"]["players"].append(_somebody(random))
        episode["commentators"] = [
            make_crew(random.randrange(10**6), f"Voice {random.randrange(9)}", discordId="")
        ]
    return episodes


def _somebody(random: Random) -> Any:
    number = random.randrange(12)
    discord_id = random.choice(("", str(10**17 + number)))
    return make_player(50_000 + number, f"Player {number}", discordId=discord_id)


def test_an_update_is_dated_when_it_is_made_not_when_its_run_began_to_wait(orders: Orders) -> None:
    edit = on_match(74611, "comment = comment")
    with orders.copy() as scene, connect(scene.url) as application, ThreadPoolExecutor(1) as pool:
        with connect(scene.url) as other, other.transaction():
            other.execute("LOCK TABLE crew")
            running = pool.submit(scene.import_into, 1, 74611)
            wait_until(lambda: somebody_waits(application))
            edit(application)
            edited = scene.value(UPDATED_AT)
        assert running.result(timeout=30).exit_code == 0
        assert scene.value(UPDATED_AT) > edited


@contextmanager
def application_writing(url: str, random: Random) -> Iterator[None]:
    """Three sessions of the application that sign people in, edit, check in and join, until the block ends."""
    over = Event()
    with ThreadPoolExecutor(3) as pool:
        sessions = [pool.submit(_write_until, over, url, Random(random.random())) for _ in range(3)]
        try:
            yield
        finally:
            over.set()
    for session in sessions:
        assert session.result() > 0


def _write_until(over: Event, url: str, random: Random) -> int:
    written = 0
    with connect(url) as connection:
        while not over.wait(0.005):
            random.choice(_BUSY)(connection, random)
            written += 1
    return written


def _signs_in(connection: Connection, random: Random) -> None:
    discord_id = 10**17 + random.randrange(12)
    connection.execute(
        "INSERT INTO users (discord_id, discord_username) SELECT %s, %s"
        " WHERE NOT EXISTS (SELECT FROM users WHERE discord_id = %s) ON CONFLICT DO NOTHING",
        [discord_id, f"self {discord_id}", discord_id],
    )


def _edits(connection: Connection, random: Random) -> None:
    changes = random.choice(
        ("title = 'Ours'", "scheduled_at = scheduled_at + interval '1 day'", "comment = comment")
    )
    _some_match(connection, random, f'UPDATE "match" SET {changes}, updated_at = now() WHERE id = %s')


def _checks_in(connection: Connection, random: Random) -> None:
    moment = random.choice(("NULL", "now()"))
    _some_match(connection, random, f'UPDATE "match" SET checked_in_at = {moment} WHERE id = %s')


def _deletes(connection: Connection, random: Random) -> None:
    if not random.randrange(200):
        _some_match(connection, random, 'DELETE FROM "match" WHERE id = %s')


def _ranks(connection: Connection, random: Random) -> None:
    _some_match(connection, random, "UPDATE matchplayers SET finish_rank = 1 WHERE match_id = %s")


def _some_match(connection: Connection, random: Random, text: str) -> None:
    ids = [row[0] for row in connection.execute('SELECT id FROM "match" ORDER BY 1')]
    if ids:
        connection.execute(text.encode(), [random.choice(ids)])


_BUSY = (_signs_in, _edits, _checks_in, _deletes, _ranks)
