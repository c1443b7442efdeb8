"""A monitor is told of the start of a run and of its end, however it ends."""

import signal

import pytest

from sgsync.errors import DatabaseUnreachableError, SgsyncError
from sgsync.report import RunReport
from sgsync.telling import ping
from sgsync.telling.ending import Ending
from sgsync.telling.teller import Teller
from tests.command_line import Sgsync
from tests.scene import Scene, hanging_feed, unused_url
from tests.telling.receiver import Receiver

NOWHERE = "http://127.0.0.1:9/api"  # the port of "discard": nobody listens


def test_a_run_that_went_well(scene: Scene, receiver: Receiver) -> None:
    scene.import_all(ping_url=receiver.url)
    assert receiver.steps == ["/start", ""]
    assert receiver.notices[0].body == b""
    assert receiver.notices[1].body.startswith(b"exit code 0\nok: 1 tournament(s), 1 fetched, 1 imported")


def test_a_run_with_problems_tells_them(scene: Scene, receiver: Receiver) -> None:
    scene.execute("UPDATE tournament SET speedgaming_event_slug = 'nobody-knows-this'")
    scene.import_all(ping_url=receiver.url)
    assert receiver.steps == ["/start", "/fail"]
    assert b"exit code 1" in receiver.notices[1].body
    assert b"Failed to find event" in receiver.notices[1].body


def test_a_feed_out_of_reach(scene: Scene, receiver: Receiver) -> None:
    scene.import_all(ping_url=receiver.url, api_url=NOWHERE, deadline="1s")
    assert receiver.steps == ["/start", "/fail"]
    assert receiver.notices[1].body.startswith(b"exit code 5\nunreachable")


def test_a_database_out_of_reach(scene: Scene, receiver: Receiver) -> None:
    with pytest.raises(DatabaseUnreachableError):
        scene.import_all(ping_url=receiver.url, database_url=unused_url(scene.url, database="nobody_made_it"))
    assert receiver.steps == ["/start", "/fail"]
    assert receiver.notices[1].body.startswith(b"exit code 4\nfailed: Cannot use the database")


def test_an_interruption(sgsync: Sgsync, receiver: Receiver) -> None:
    settings = {"SGSYNC_PING_URL": receiver.url}
    with (
        hanging_feed() as (url, asked),
        sgsync.started("import-all", SGSYNC_API_URL=url, **settings) as process,
    ):
        assert asked.wait(20)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode == 130
    assert receiver.steps == ["/start", "/fail"]
    assert receiver.notices[1].body.startswith(b"exit code 130\ninterrupted")


def test_a_crash_is_told_without_its_words(scene: Scene, receiver: Receiver) -> None:
    def crash() -> RunReport:
        raise ZeroDivisionError("with who knows what in it")

    with pytest.raises(ZeroDivisionError):
        Teller(scene.settings(ping_url=receiver.url)).around(crash)
    assert receiver.steps == ["/start", "/fail"]
    assert b"ZeroDivisionError" in receiver.notices[1].body
    assert b"who knows" not in receiver.notices[1].body


def test_only_a_real_import_of_all_pings(scene: Scene, receiver: Receiver) -> None:
    scene.import_all(ping_url=receiver.url, dry_run=True)
    scene.import_into(1, ping_url=receiver.url)
    assert receiver.notices == []


def test_the_step_stands_behind_the_path_and_before_the_query() -> None:
    well, ill = Ending(0, "ok"), Ending.of_error(SgsyncError("no"))
    assert ping.start_url("https://hc.example/id/?create=1") == "https://hc.example/id/start?create=1"
    assert ping.end_url("https://hc.example/id", ill) == "https://hc.example/id/fail"
    assert ping.end_url("https://hc.example/id/?create=1", well) == "https://hc.example/id/?create=1"


def test_a_body_has_an_end_and_no_half_characters() -> None:
    body = ping.body_of(Ending(1, "ü" * ping.LONGEST_BODY))
    assert len(body) in {ping.LONGEST_BODY, ping.LONGEST_BODY - 1}
    assert body.decode().endswith("ü")
