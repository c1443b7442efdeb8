"""A run that is ended from outside: it says so, leaves nothing half done, and the next one finishes the work."""

import signal
import subprocess
from typing import NoReturn

import pytest

from sgsync.cli import app as command_line
from sgsync.cli import logs
from tests.command_line import Sgsync
from tests.postgres import connect
from tests.scene import RUN_RECORD, Scene, changed_tables, hanging_feed, somebody_waits, wait_until

LAST_OUTCOME = "SELECT outcome FROM sgsync.run ORDER BY id DESC LIMIT 1"


def stop(process: subprocess.Popen[str], number: signal.Signals) -> str:
    """What stood on stderr when the process had ended."""
    process.send_signal(number)
    _, stderr = process.communicate(timeout=20)
    return stderr


def test_a_run_can_be_interrupted_while_the_feed_hangs(scene: Scene, sgsync: Sgsync) -> None:
    before = scene.dump()
    with hanging_feed() as (url, asked), sgsync.started("import-all", SGSYNC_API_URL=url) as process:
        assert asked.wait(20)
        stderr = stop(process, signal.SIGTERM)
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert scene.value(LAST_OUTCOME) == "interrupted"
    assert changed_tables(before, scene.dump()) == RUN_RECORD


def test_a_run_waiting_for_the_database_can_be_interrupted_and_says_so(scene: Scene, sgsync: Sgsync) -> None:
    before = scene.dump()
    with connect(scene.url) as other, connect(scene.url) as watcher, other.transaction():
        other.execute("LOCK TABLE crew")
        with sgsync.started("import-all") as process:
            wait_until(lambda: somebody_waits(watcher))
            stderr = stop(process, signal.SIGINT)
    assert process.returncode == 130
    changed = {name for name in changed_tables(before, scene.dump()) if "sequence" not in name}
    assert changed == {"sgsync.run"}
    last = stderr.splitlines()[-1]
    assert not last.startswith("INFO"), "one sentence says why it ends"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interruption_that_a_library_made_an_error_of_its_own_is_one_all_the_same(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """While pydantic builds its models, for one: a run that is stopped as soon as it has begun."""

    def app(**_: object) -> NoReturn:
        try:
            signal.raise_signal(number)
        except KeyboardInterrupt as error:
            raise ValueError(f"Error building the validator: {error!r}") from None
        raise AssertionError

    handlers = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    monkeypatch.setattr(command_line, "app", app)
    monkeypatch.setattr(logs, "configure", lambda: None)
    try:
        with pytest.raises(SystemExit) as ended:
            command_line.main()
    finally:
        for each, handler in handlers.items():
            signal.signal(each, handler)
    assert ended.value.code == 130
    assert [record.message for record in caplog.records] == [
        "Interrupted. What is done stays done, nothing is left half done: run it again for the rest."
    ]


def test_after_a_kill_in_the_middle_the_next_run_does_it_all(scene: Scene, sgsync: Sgsync) -> None:
    with connect(scene.url) as other, connect(scene.url) as watcher, other.transaction():
        other.execute("LOCK TABLE crew")
        with sgsync.started("import-all") as process:
            wait_until(lambda: somebody_waits(watcher))
            process.kill()
            process.wait(20)
            assert scene.count('"match"') == 0
    assert scene.value(LAST_OUTCOME) == "running"
    assert scene.import_all().exit_code == 0
    assert scene.count('"match"') == 8
