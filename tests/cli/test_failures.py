"""What goes wrong: a sentence on stderr, the documented exit code, nothing written, no traceback, no password."""

import traceback
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from sgsync.errors import ConfigurationError, DatabaseUnreachableError, NotMigratedError
from sgsync.settings import Settings, load_settings
from tests.command_line import Finished, Sgsync
from tests.postgres import MakeDatabase
from tests.scene import RUN_RECORD, Scene, canned_feed, changed_tables, unused_url

CANARY = "canary-7f3a"
NOWHERE = "http://127.0.0.1:9/api"  # the port of "discard": nobody listens
# The one row that tells the application's users of a failure.
FAILURE = RUN_RECORD | {"public.audit_logs", "sequence public.audit_logs_id_seq"}


def with_canary(url: str) -> str:
    return unused_url(url, password=CANARY).replace("+psycopg", "", 1)


def assert_told(finished: Finished, exit_code: int, *fragments: str) -> None:
    """One sentence, and nothing that it should not say."""
    assert finished.exit_code == exit_code, finished.stderr
    assert finished.stdout == ""
    assert len(finished.lines) == 1, finished.stderr
    assert finished.stderr.startswith("ERROR: ")
    for fragment in fragments:
        assert fragment in finished.stderr
    assert_discreet(finished)


def assert_discreet(finished: Finished) -> None:
    assert "Traceback" not in finished.stderr
    assert CANARY not in finished.stdout + finished.stderr


def test_no_settings_at_all(bare: Sgsync) -> None:
    finished = bare("import-all")
    assert finished.exit_code == 3
    assert "SGSYNC_DATABASE_URL is not set" in finished.stderr
    assert_discreet(finished)


def test_a_misspelt_name_is_told_beside_the_setting_that_is_missing(bare: Sgsync) -> None:
    finished = bare("status", "--quiet", SGSYNC_DATABSE_URL=f"postgresql://somebody:{CANARY}@localhost/app")
    assert finished.exit_code == 3
    assert "is SGSYNC_DATABASE_URL meant?" in finished.lines[0]
    assert "SGSYNC_DATABASE_URL is not set" in finished.stderr
    assert_discreet(finished)


def test_a_settings_file_that_is_broken_is_told_once(bare: Sgsync) -> None:
    (bare.folder / "sgsync.toml").write_text("= 1", encoding="utf-8")
    finished = bare("import-all")
    assert (finished.exit_code, finished.stderr.count("sgsync.toml")) == (3, 1)
    assert_discreet(finished)


def test_all_faults_of_the_settings_are_told_at_once(bare: Sgsync) -> None:
    finished = bare(
        "import-all",
        SGSYNC_DATABASE_URL=f"mysql://somebody:{CANARY}@localhost/app",
        SGSYNC_API_URL="ftp://speedgaming.org",
        SGSYNC_WINDOW_FUTURE="soon",
        SGSYNC_DEADLINE="0s",
        SGSYNC_LOG_FORMAT="xml",
    )
    assert (finished.exit_code, finished.stdout) == (3, "")
    for name in ("DATABASE_URL", "API_URL", "WINDOW_FUTURE", "DEADLINE", "LOG_FORMAT"):
        assert f"SGSYNC_{name}" in finished.stderr
    assert all(line.startswith("ERROR: ") for line in finished.lines)
    assert_discreet(finished)


MALFORMED = [
    f"postgresql://somebody:{CANARY}@localhost:port/app",
    f"postgresql://somebody:{CANARY}@half@localhost/app",
    f"postgresql://somebody:{CANARY}/half@localhost/app",
    f"postgresql://somebody:{CANARY}#half@localhost/app",
    f"postgresql://somebody:{CANARY}@[localhost/app",
    f"postgresql://somebody:{CANARY}@localhost",
    f"postgresql://somebody:{CANARY}\udcff@localhost/app",
    f"host=localhost password={CANARY}",
]


@pytest.mark.parametrize("url", MALFORMED)
def test_a_malformed_database_url_is_told_without_quoting_it(url: str) -> None:
    with pytest.raises(ConfigurationError, match="SGSYNC_DATABASE_URL") as told:
        load_settings(Settings, database_url=url)
    assert CANARY not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize("change", [{"database": "nobody_made_this"}, {"query": {"bogus": "1"}}])
def test_a_database_url_that_leads_nowhere_is_told_without_quoting_it(
    scene: Scene, change: dict[str, Any]
) -> None:
    with pytest.raises(DatabaseUnreachableError) as told:
        scene.import_all(database_url=unused_url(scene.url, password=CANARY, **change))
    assert CANARY not in "".join(traceback.format_exception(told.value))


def test_an_unreachable_database(bare: Sgsync) -> None:
    finished = bare("migrate", SGSYNC_DATABASE_URL=f"postgresql://somebody:{CANARY}@127.0.0.1:9/app")
    assert_told(finished, 4, "SGSYNC_DATABASE_URL")


def test_an_address_of_the_feed_that_is_no_text_is_told_without_quoting_it() -> None:
    url = f"http://somebody:{CANARY}\udcff@localhost/api"
    with pytest.raises(ConfigurationError, match="SGSYNC_API_URL is not UTF-8") as told:
        load_settings(Settings, database_url="postgresql://localhost/app", api_url=url)
    assert CANARY not in "".join(traceback.format_exception(told.value))


def test_verbose_shows_a_traceback_without_the_password(bare: Sgsync) -> None:
    url = f"postgresql://somebody:{CANARY}@127.0.0.1:9/app"
    finished = bare("import-all", "--verbose", SGSYNC_DATABASE_URL=url)
    assert finished.exit_code == 4
    assert "Traceback" in finished.stderr
    assert CANARY not in finished.stderr


def test_an_unmigrated_database(make_database: MakeDatabase, bare: Sgsync) -> None:
    url = with_canary(make_database(start="app", migrated=False))
    assert_told(bare("import-all", SGSYNC_DATABASE_URL=url), 4, "sgsync migrate")


def test_a_database_of_another_version(scene: Scene) -> None:
    scene.execute("UPDATE sgsync.alembic_version SET version_num = '9999'")
    before = scene.dump()
    with pytest.raises(NotMigratedError, match=r"9999.*sgsync migrate"):
        scene.import_all()
    assert scene.dump() == before


def test_an_unreachable_feed(scene: Scene, sgsync: Sgsync) -> None:
    before = scene.dump()
    url = with_canary(scene.url)
    finished = sgsync(
        "import-all", "--json", SGSYNC_API_URL=NOWHERE, SGSYNC_DATABASE_URL=url, SGSYNC_DEADLINE="1s"
    )
    assert finished.exit_code == 5
    assert finished.document["outcome"] == "unreachable"
    assert len(finished.lines) == 1
    assert "SGSYNC_API_URL" in finished.stderr
    assert_discreet(finished)
    assert changed_tables(before, scene.dump()) <= FAILURE


def test_an_answer_that_is_a_web_page(scene: Scene, sgsync: Sgsync) -> None:
    before = scene.dump()
    with canned_feed(lambda _: (HTTPStatus.OK, b"<!DOCTYPE html><p>We are moving</p>")) as url:
        finished = sgsync("import-all", SGSYNC_API_URL=url, SGSYNC_DATABASE_URL=with_canary(scene.url))
    assert_told(finished, 5, "web page")
    assert changed_tables(before, scene.dump()) <= FAILURE


def test_a_slug_that_speedgaming_does_not_know(scene: Scene, sgsync: Sgsync) -> None:
    scene.execute("UPDATE tournament SET speedgaming_event_slug = 'nobody-knows-this'")
    before = scene.dump()
    finished = sgsync("import-all", SGSYNC_DATABASE_URL=with_canary(scene.url))
    assert_told(finished, 1, "Failed to find event")
    assert changed_tables(before, scene.dump()) <= FAILURE


def test_the_password_of_the_feed_is_kept_too(sgsync: Sgsync) -> None:
    url = f"http://somebody:{CANARY}@127.0.0.1:9/api"
    finished = sgsync("import-all", "--verbose", SGSYNC_API_URL=url, SGSYNC_DEADLINE="1s")
    assert finished.exit_code == 5
    assert CANARY not in finished.stderr


@pytest.mark.parametrize("command", [["import", "4711"], ["import-all", "--bogus"]])
def test_a_wrong_command_line(scene: Scene, sgsync: Sgsync, command: list[str]) -> None:
    before = scene.dump()
    finished = sgsync(*command)
    assert (finished.exit_code, finished.stdout) == (2, "")
    assert "error: " in finished.stderr.lower()
    assert finished.stderr.isascii(), "what cron mails is drawn without boxes"
    assert_discreet(finished)
    assert scene.dump() == before


BEYOND_32_BITS, BEYOND_64_BITS, BELOW = "3000000000", "99999999999999999999", "-3000000000"


@pytest.mark.parametrize(
    "command",
    [
        ("explain", BEYOND_32_BITS),
        ("explain", BEYOND_64_BITS),
        ("history", "--", BELOW),
        ("import", BEYOND_32_BITS),
        ("import", "1", "--episode", BEYOND_64_BITS),
        ("tournaments", "disable", "--", BELOW),
        ("placeholders", "--tournament", BEYOND_64_BITS),
    ],
)
def test_a_number_that_can_be_no_id_is_told_in_a_sentence(
    scene: Scene, sgsync: Sgsync, command: tuple[str, ...]
) -> None:
    before = scene.dump()
    assert_told(sgsync(*command), 2, command[-1])
    assert scene.dump() == before


def test_a_database_url_can_stand_in_a_secret_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text(f"postgresql://somebody:{CANARY}@localhost/app\n", encoding="utf-8")
    settings = load_settings(Settings, database_url="", database_url_file=file)
    assert settings.database_url.get_secret_value().endswith(f":{CANARY}@localhost/app")
    assert CANARY not in repr(settings)


def test_a_missing_secret_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        load_settings(Settings, database_url="", database_url_file=tmp_path / "nowhere")
