"""A receiver that fails never fails an import, and its address is never shown."""

import traceback
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest

from sgsync.errors import ConfigurationError
from sgsync.fetch.http import Answer, UndeliveredError, post_notice
from sgsync.settings import Settings, load_settings
from sgsync.telling.teller import Teller
from tests.command_line import Sgsync
from tests.fetch.loopback import Connection, loopback
from tests.scene import Scene, logged_lines
from tests.telling.receiver import CANARY, Receiver, Reply

NOWHERE = f"http://127.0.0.1:9/{CANARY}"
SOON = timedelta(seconds=0.2)

post_soon = partial(post_notice, timeout=SOON)


@pytest.fixture(params=["refusing", "hanging", "dripping", "failing", "redirecting", "impossible"])
def unwilling(request: pytest.FixtureRequest, receiver: Receiver) -> Iterator[str]:
    """The address of a receiver that takes nothing."""
    match request.param:
        case "refusing":
            yield NOWHERE
        case "impossible":
            yield f"http://xn--/{CANARY}"
        case "dripping":
            with loopback(lambda connection: connection.send_slowly(b"HTTP/1.1 204 " * 100)) as server:
                yield f"{server.url}/{CANARY}"
        case "hanging":
            receiver.replies = []
            yield receiver.url
        case "failing":
            receiver.replies = [Reply(500, b"oops")]
            yield receiver.url
        case "redirecting":
            receiver.replies = [Reply(302, headers={"Location": NOWHERE})]
            yield receiver.url


def test_the_import_goes_its_way(scene: Scene, unwilling: str) -> None:
    settings = scene.settings(ping_url=unwilling, discord_webhook_url=unwilling)
    with logged_lines() as lines:
        report = Teller(settings, post=post_soon).around(scene.import_all)
    assert report.exit_code == 0
    assert scene.imported_episodes() == {75000}
    warnings = [line for line in lines if "The address in" in line]
    assert len(warnings) == 3
    assert CANARY not in "\n".join(lines)


@pytest.mark.parametrize("url", [f"http://[::1/{CANARY}", f"mailto:{CANARY}", ""])
def test_what_is_no_address_is_told_without_quoting_it(url: str) -> None:
    with pytest.raises(UndeliveredError, match="its address is not one") as told:
        post_notice(url, b"", "text/plain")
    assert CANARY not in "".join(traceback.format_exception(told.value))


def test_a_bug_in_the_telling_is_a_warning(scene: Scene) -> None:
    def fail(url: str, *_: object) -> Answer:
        raise ZeroDivisionError(url)

    with logged_lines() as lines:
        report = Teller(scene.settings(ping_url=NOWHERE), post=fail).around(scene.import_all)
    assert report.exit_code == 0
    assert "Telling others went wrong in a way that sgsync does not know: ZeroDivisionError" in lines
    assert CANARY not in "\n".join(lines)


def test_a_slow_header_ends_in_time() -> None:
    def drip(connection: Connection) -> None:
        connection.send_slowly(b"HTTP/1.1 204 No Content\r\n" + b"X: y\r\n" * 1000)

    with loopback(drip) as server, pytest.raises(UndeliveredError, match="in time"):
        post_soon(server.url, b"", "text/plain")


def test_an_answer_without_end_is_cut() -> None:
    def flood(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 429 Slow down\r\nContent-Length: 999999999\r\n\r\n")
        while True:
            connection.send(b"x" * 65_536)

    with loopback(flood) as server:
        assert post_notice(server.url, b"", "text/plain").retry_after is None


def test_no_address_is_shown(sgsync: Sgsync, receiver: Receiver) -> None:
    receiver.replies = [Reply(404, b"{}")]
    finished = sgsync(
        "import-all",
        "--verbose",
        "--json",
        SGSYNC_PING_URL=NOWHERE,
        SGSYNC_DISCORD_WEBHOOK_URL=receiver.url,
    )
    assert finished.exit_code == 0
    assert "SGSYNC_PING_URL" in finished.stderr
    assert "SGSYNC_DISCORD_WEBHOOK_URL did not take it: HTTP 404" in finished.stderr
    assert CANARY not in finished.stdout + finished.stderr


@pytest.mark.parametrize("name", ["ping_url", "discord_webhook_url"])
def test_a_malformed_address_is_told_without_quoting_it(scene: Scene, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"SGSYNC_{name.upper()}") as told:
        scene.settings(**{name: f"hc-ping.com/{CANARY}"})
    assert CANARY not in "".join(traceback.format_exception(told.value))


def test_settings_do_not_show_addresses(scene: Scene) -> None:
    settings = scene.settings(ping_url=NOWHERE, discord_webhook_url=NOWHERE)
    assert CANARY not in repr(settings)
    assert CANARY not in settings.model_dump_json()


def test_nobody_is_told_without_settings(scene: Scene) -> None:
    settings = load_settings(Settings, database_url=scene.url)
    assert (settings.ping_url, settings.metrics_file, settings.discord_webhook_url) == (None, None, None)
