"""A soak: many runs in one process against a feed that changes and fails by chance; nothing may grow.

    make soak RUNS=2000 SEED=1

It prints what it measured, and ends with 1 where rows, memory, connections or file descriptors are not flat.
"""

import argparse
import json
import logging
import os
import random
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from sgsync import administration, linking
from sgsync.errors import SgsyncError
from tests.consumers import check_consumers
from tests.feed_json import Json, make_channel, make_crew, make_episode, make_event, make_player
from tests.postgres import Databases, connect, running_server
from tests.scene import Scene, with_league

SLUGS = ("one", "two", "three")
EPISODES_EACH = 25
PEOPLE = 60
SAMPLES = 20
MOST_MEMORY_GROWTH = 8 * 2**20
PAGE = os.sysconf("SC_PAGE_SIZE")
OURS = ("episode", "signup", "alias", "change", "link", "run")
THEIRS = (
    "users",
    '"match"',
    "matchplayers",
    "crew",
    "organizationmember",
    "tournamentplayers",
    "streamchannel",
)


@dataclass
class ChangingFeed:
    """A bounded world: the same episodes and people, in ever new combinations."""

    chance: random.Random
    episodes: dict[int, Json] = field(default_factory=dict)
    hidden: dict[int, Json] = field(default_factory=dict)
    fault: Callable[["Handler"], None] | None = None

    def __post_init__(self) -> None:
        for place, slug in enumerate(SLUGS):
            for index in range(EPISODES_EACH):
                episode_id = 70_000 + 1000 * place + index
                self.episodes[episode_id] = self._episode(episode_id, slug)

    def live_through_a_moment(self) -> None:
        """A few things change, some of them back again; now and then, the site fails."""
        for episode_id in self.chance.sample(sorted(self.episodes), 3):
            slug = self.episodes[episode_id]["event"]["slug"]
            self.episodes[episode_id] = self._episode(episode_id, slug)
        if self.chance.random() < 0.2:
            vanished = self.chance.choice(sorted(self.episodes))
            self.hidden[vanished] = self.episodes.pop(vanished)
        if self.hidden and self.chance.random() < 0.3:
            returned = self.chance.choice(sorted(self.hidden))
            self.episodes[returned] = self.hidden.pop(returned)
        self.fault = self.chance.choice(FAULTS) if self.chance.random() < 0.25 else None

    def answer(self, path: str) -> Any:
        """To the two questions that an import asks."""
        address = urlsplit(path)
        query = {name: values[-1] for name, values in parse_qs(address.query).items()}
        if address.path.endswith("/episode/"):
            wanted = query["id"]
            return self.episodes.get(int(wanted), {"error": f"Failed to find episode with id {wanted}."})
        return [episode for episode in self.episodes.values() if episode["event"]["slug"] == query["event"]]

    def _episode(self, episode_id: int, slug: str) -> Json:
        chance = self.chance
        start = f"2026-11-{chance.randrange(10, 30)}T{chance.randrange(24):02}:00:00+00:00"
        return make_episode(
            episode_id,
            *(
                self._player(number)
                for number in chance.sample(range(PEOPLE), chance.choice((1, 2, 2, 2, 4)))
            ),
            event=make_event(slug),
            title=f"Round {chance.randrange(9)}",
            when=start,
            whenCountdown=start,
            channels=[make_channel(f"Channel{chance.randrange(5)}")],
            commentators=[self._volunteer() for _ in range(chance.randrange(3))],
            trackers=[self._volunteer() for _ in range(chance.randrange(2))],
            timezone="Europe/Berlin" if chance.random() < 0.02 else "",
        )

    def _player(self, number: int) -> Json:
        """Discord ids come and go, as they do."""
        known = number % 2 and self.chance.random() < 0.8
        return make_player(
            50_000 + number, f"Player {number}", discordId=str(10**17 + number) if known else ""
        )

    def _volunteer(self) -> Json:
        """A new sign-up id every time; the people are the same."""
        number = self.chance.randrange(PEOPLE)
        return make_crew(
            self.chance.randrange(10**9),
            f"Voice {number}",
            discordId=str(2 * 10**17 + number) if number % 3 == 0 else "",
            approved=self.chance.random() < 0.5,
        )


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    feed: ChangingFeed

    def do_GET(self) -> None:
        if self.feed.fault and self.feed.chance.random() < 0.5:
            self.feed.fault(self)
            return
        self.send(200, json.dumps(self.feed.answer(self.path)).encode())

    def send(self, status: int, body: bytes, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def break_off(self) -> None:
        self.send(200, b'[{"id": 7', length=1000)
        self.close_connection = True

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has hung up is no news."""


FAULTS: tuple[Callable[[Handler], None], ...] = (
    lambda handler: handler.send(503, b""),
    lambda handler: handler.send(404, b"<h1>gone</h1>"),
    lambda handler: handler.send(200, b"<!DOCTYPE html>"),
    lambda handler: handler.send(200, b'{"error": "Failed to find event."}'),
    lambda handler: handler.send(200, b'[{"id": "?"}]'),
    Handler.break_off,
    Handler.reset,
)


@dataclass(frozen=True)
class Figures:
    """What was counted at one moment."""

    run: int
    memory: int
    descriptors: int
    connections: int
    rows: dict[str, int]

    def __str__(self) -> str:
        rows = " ".join(f"{table.strip(chr(34))}={count}" for table, count in self.rows.items())
        return (
            f"run {self.run:5}  {self.memory / 2**20:6.1f} MiB  {self.descriptors:3} descriptors"
            f"  {self.connections} connections  {rows}"
        )


@dataclass
class Soak:
    scene: Scene
    feed: ChangingFeed
    chance: random.Random
    outcomes: dict[str, int] = field(default_factory=dict)

    def run(self, runs: int) -> list[Figures]:
        figures = []
        for number in range(1, runs + 1):
            self.feed.live_through_a_moment()
            self._do_something()
            if number % max(runs // SAMPLES, 1) == 0:
                figures.append(self._count(number))
                print(figures[-1], flush=True)  # noqa: T201 - what it is for
        return figures

    def _do_something(self) -> None:
        kind = self.chance.random()
        if kind < 0.8:
            self._note(lambda: self.scene.import_all(deadline="5s").outcome.value)
        elif kind < 0.9:
            self._note(
                lambda: self.scene.import_into(self.chance.randrange(1, 4), deadline="5s").outcome.value
            )
        elif kind < 0.93:
            self._note(self._link)
        elif kind < 0.96:
            self._write_as_the_application()
        else:
            self._cut_connections()

    def _note(self, work: Callable[[], str]) -> None:
        try:
            outcome = work()
        except SgsyncError as error:
            outcome = type(error).__name__
        self.outcomes[outcome] = self.outcomes.get(outcome, 0) + 1

    def _link(self) -> str:
        placeholders = self.scene.column(
            "SELECT id FROM users WHERE is_placeholder AND discord_username NOT LIKE 'sg_crew%' ORDER BY 1"
        )
        users = self.scene.column("SELECT id FROM users WHERE discord_id BETWEEN 1 AND 2 * 10^17 ORDER BY 1")
        if not placeholders or not users:
            return "nobody to link"
        who, whom = str(self.chance.choice(placeholders)), self.chance.choice(users)
        return (
            "link " + linking.link_placeholder(who, user_id=whom, settings=self.scene.settings()).state.value
        )

    def _write_as_the_application(self) -> None:
        somewhere = '(SELECT id FROM "match" ORDER BY random() LIMIT 1)'
        self.scene.execute(
            self.chance.choice(
                (
                    f"UPDATE \"match\" SET title = 'Ours', updated_at = now() WHERE id = {somewhere}",
                    f'UPDATE "match" SET checked_in_at = now() WHERE id = {somewhere}',
                    'UPDATE "match" SET checked_in_at = NULL',
                    f"UPDATE matchplayers SET finish_rank = 1 WHERE match_id = {somewhere}",
                )
            )
        )

    def _cut_connections(self) -> None:
        """In the middle of a run, while HTTP waits."""
        cut = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'sgsync'"
        )

        def cut_and_fail(handler: Handler) -> None:
            self.scene.rows(cut)
            handler.send(503, b"")

        self.feed.fault = cut_and_fail
        self._note(lambda: self.scene.import_all(deadline="5s").outcome.value)

    def _count(self, run: int) -> Figures:
        """After what cron would do once a day: forgetting what is old, here all of it."""
        administration.prune(timedelta(0), settings=self.scene.settings())
        return Figures(
            run=run,
            memory=int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE,
            descriptors=len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - only their number counts
            connections=self.scene.value(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sgsync'"
            ),
            rows={name: self.scene.count(f"sgsync.{name}") for name in OURS}
            | {name: self.scene.count(name) for name in THEIRS},
        )


def not_flat(figures: list[Figures]) -> list[str]:
    """What grew between the second quarter, when everybody has been seen once, and the end."""
    quarter = len(figures) // 4
    early, late = figures[quarter : 2 * quarter], figures[-quarter:]
    faults = []
    grown = max(each.memory for each in late) - max(each.memory for each in early)
    if grown > MOST_MEMORY_GROWTH:
        faults.append(f"memory grew by {grown / 2**20:.1f} MiB")
    for name in ("descriptors", "connections"):
        before, after = (max(getattr(each, name) for each in part) for part in (early, late))
        if after > before + (name == "descriptors") * 2:
            faults.append(f"{name} grew from {before} to {after}")
    for table in figures[0].rows:
        before, after = (max(each.rows[table] for each in part) for part in (early, late))
        if after > before * 1.15 + 10:
            faults.append(f"rows of {table} grew from {before} to {after}")
    return faults


def soak(runs: int, seed: int) -> list[str]:
    """Run it; the faults found."""
    chance = random.Random(seed)
    feed = ChangingFeed(chance)
    handler = cast("type[BaseHTTPRequestHandler]", type("Bound", (Handler,), {"feed": feed}))
    server = Server(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    with running_server() as server_url:
        databases = Databases(server_url)
        url = databases.create("app", migrated=True)
        scene = with_league(Scene(url, f"http://127.0.0.1:{server.server_port}/api"), *SLUGS)
        begun = time.monotonic()
        work = Soak(scene, feed, chance)
        figures = work.run(runs)
        seconds = time.monotonic() - begun
        scene.execute('UPDATE "match" SET checked_in_at = NULL')
        with connect(url) as connection:
            check_consumers(connection)
        locks = scene.count("pg_locks WHERE locktype = 'advisory'")
        databases.drop(url)
        databases.drop_templates()
    server.shutdown()
    server.server_close()
    print(f"{runs} runs with seed {seed} in {seconds:.0f} s: {dict(sorted(work.outcomes.items()))}")  # noqa: T201
    return [*not_flat(figures), *([f"{locks} advisory locks are left"] if locks else [])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    logging.getLogger("sgsync").setLevel(logging.CRITICAL)  # faults are what happens here all the time
    with suppress(BrokenPipeError):
        faults = soak(arguments.runs, arguments.seed)
    for fault in faults:
        print(f"NOT FLAT: {fault}")  # noqa: T201
    print("flat" if not faults else f"{len(faults)} things are not flat")  # noqa: T201
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
