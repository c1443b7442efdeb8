"""Where settings come from, what they may be, and that they never tell a secret."""

import os
import traceback
from datetime import timedelta
from pathlib import Path

import pytest

from sgsync.errors import ConfigurationError
from sgsync.settings import FeedSettings, LogFormat, Settings, load_settings

CANARY = "c4n4ry-s3cret"
URL = f"postgresql://sgsync:{CANARY}@db.example:5432/saha"


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings are read from where one stands: stand where there are none."""
    for name in os.environ:
        if name.upper().startswith("SGSYNC_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def database_url(**flags: object) -> str:
    return load_settings(Settings, **flags).database_url.get_secret_value()


def faults(kind: type[FeedSettings] = FeedSettings, /, **flags: object) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(kind, **flags)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_the_feed_needs_no_settings_at_all() -> None:
    settings = load_settings(FeedSettings)
    assert settings.api_url == "https://speedgaming.org/api"
    assert settings.request_interval == timedelta(seconds=1)
    assert settings.window_past == timedelta(hours=2)
    assert settings.window_future == timedelta(days=30)
    assert settings.deadline == timedelta(minutes=4)
    assert settings.log_format is LogFormat.TEXT


def test_flags_outrank_the_environment_which_outranks_env_file_which_outranks_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    (tmp_path / "sgsync.toml").write_text('window_past = "1h"')
    seen.append(load_settings(FeedSettings).window_past)
    (tmp_path / ".env").write_text("SGSYNC_WINDOW_PAST=2m")
    seen.append(load_settings(FeedSettings).window_past)
    monkeypatch.setenv("SGSYNC_WINDOW_PAST", "3d")
    seen.append(load_settings(FeedSettings).window_past)
    seen.append(load_settings(FeedSettings, window_past="4w").window_past)
    assert seen == [timedelta(hours=1), timedelta(minutes=2), timedelta(days=3), timedelta(weeks=4)]


def test_a_flag_that_was_not_given_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SGSYNC_LOG_FORMAT", "json")
    assert load_settings(FeedSettings, log_format=None).log_format is LogFormat.JSON


def test_an_empty_variable_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SGSYNC_DEADLINE", "")
    assert load_settings(FeedSettings).deadline == timedelta(minutes=4)


def test_the_settings_of_other_programs_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("DISCORD_TOKEN=x\nDEADLINE=never\nSGSYNC_NOT_OURS=1\n")
    monkeypatch.setenv("SGSYNC_TEST_DATABASE_URL", "postgresql://test")
    monkeypatch.setenv("LOG_FORMAT", "xml")
    assert load_settings(FeedSettings) == load_settings(FeedSettings, deadline="4m")


def test_all_faults_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SGSYNC_WINDOW_PAST", "yesterday")
    monkeypatch.setenv("SGSYNC_DEADLINE", "0s")
    monkeypatch.setenv("SGSYNC_API_URL", "ftp://speedgaming.org")
    monkeypatch.setenv("SGSYNC_LOG_FORMAT", "xml")
    told = faults(Settings)
    assert [line.split()[0] for line in sorted(told)] == [
        "SGSYNC_API_URL",
        "SGSYNC_DATABASE_URL",
        "SGSYNC_DEADLINE",
        "SGSYNC_LOG_FORMAT",
        "SGSYNC_WINDOW_PAST",
    ]
    assert "SGSYNC_WINDOW_PAST is not a duration such as 90s, 5m, 2h or 30d" in told
    assert "SGSYNC_DEADLINE must be longer than zero" in told


@pytest.mark.parametrize(
    "url", ["", "speedgaming.org", "ftp://x.org", "http://", "https://x.org:port", "http://[x"]
)
def test_an_api_url_must_be_an_http_address(url: str) -> None:
    assert faults(api_url=url) == ["SGSYNC_API_URL is not an http:// or https:// address"]


def test_an_api_url_may_end_in_a_slash() -> None:
    assert load_settings(FeedSettings, api_url=" http://127.0.0.1:8000/api/ ").api_url == (
        "http://127.0.0.1:8000/api"
    )


@pytest.mark.parametrize(
    "text", ["not = valid = toml", "window_past = ", "\ufeff[", "window_past = 1h"], ids=range(4)
)
def test_a_broken_toml_file_is_a_fault_of_the_configuration(tmp_path: Path, text: str) -> None:
    (tmp_path / "sgsync.toml").write_text(text, encoding="utf-8")
    (told,) = faults()
    assert told.startswith("sgsync.toml is not valid TOML")


@pytest.mark.parametrize("name", [".env", "sgsync.toml"])
def test_a_settings_file_that_is_no_text_is_a_fault_of_the_configuration(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\xff\xfe\x00SGSYNC")
    assert faults()


@pytest.mark.parametrize(
    "name", ["database_url", "database_url_file", "api_url", "log_format", "window_past"]
)
@pytest.mark.parametrize("value", ["5", "true", '["x"]', '{x = "y"}', "1979-05-27"])
def test_a_value_of_another_kind_is_a_fault_and_no_crash(tmp_path: Path, name: str, value: str) -> None:
    (tmp_path / "sgsync.toml").write_text(f"{name} = {value}")
    assert any(line.startswith(f"SGSYNC_{name.upper()} ") for line in faults(Settings))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('update = "maybe"', "SGSYNC_UPDATE must be true or false"),
        ("match_tags = 3.5", "SGSYNC_MATCH_TAGS must be true or false"),
        ('on_cancel = "forget"', "SGSYNC_ON_CANCEL must be 'keep' or 'delete'"),
        ("channel_language = 3", "SGSYNC_CHANNEL_LANGUAGE must be text"),
        ("metrics_file = 3", "SGSYNC_METRICS_FILE must be the name of a file"),
    ],
)
def test_a_fault_is_told_in_words_for_people(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "sgsync.toml").write_text(text)
    assert faults(Settings, database_url=URL) == [fault]


@pytest.mark.parametrize("name", ["window_past", "window_future"])
def test_a_window_beyond_the_calendar_is_a_fault(name: str) -> None:
    (told,) = faults(**{name: "3000000d"})
    assert told.startswith(f"SGSYNC_{name.upper()} ")


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
@pytest.mark.parametrize(
    "rest",
    [
        "db.example/saha",
        "sgsync@db.example/saha",
        "sgsync:p%40ss%2Fw%23rd@db.example:5432/saha",
        "sgsync:pw@[::1]:5432/saha?sslmode=require",
        "/saha?host=/var/run/postgresql",
    ],
)
def test_a_database_url_is_plain_postgresql(scheme: str, rest: str) -> None:
    assert database_url(database_url=f" {scheme}://{rest}\n") == f"postgresql+psycopg://{rest}"


@pytest.mark.parametrize(
    "url",
    [
        CANARY,
        f"sgsync:{CANARY}@db.example/saha",
        f"mysql://sgsync:{CANARY}@db.example/saha",
        f"sqlite:///{CANARY}.db",
        f"postgresql+asyncpg://sgsync:{CANARY}@db.example/saha",
        f"postgresql://sgsync:{CANARY}@db.example",
        f"postgresql://sgsync:{CANARY}@db.example/",
        f"postgresql://sgsync:{CANARY}@db.example:port/saha",
        f"postgresql://sgsync:{CANARY}@[db.example/saha",
        f"postgresql://sgsync:{CANARY}@x@db.example/saha",
        f"postgresql://sgsync:{CANARY}/x@db.example/saha",
        f"postgresql://sgsync:{CANARY}#x@db.example/saha",
        f"postgresql://sgsync:{CANARY}?x@db.example/saha",
        f"postgresql://sgsync:{CANARY}[x@db.example/saha",
    ],
)
def test_a_database_url_that_will_not_do_is_refused_without_quoting_it(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SGSYNC_DATABASE_URL", url)
    (told,) = faults(Settings)
    assert told.startswith("SGSYNC_DATABASE_URL ")
    assert CANARY not in told


def test_a_missing_database_url_says_what_to_do() -> None:
    (told,) = faults(Settings)
    assert told.startswith("SGSYNC_DATABASE_URL is not set; export it or write it into .env")
    assert told.endswith("postgresql://user:password@host/name")


def test_a_database_url_may_stand_in_a_secret_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{URL}\n")
    assert database_url(database_url_file=secret) == URL.replace("postgresql:", "postgresql+psycopg:")


def test_a_database_url_outranks_the_secret_file(tmp_path: Path) -> None:
    flags = {"database_url": "postgresql://db/one", "database_url_file": tmp_path / "is not there"}
    assert database_url(**flags) == "postgresql+psycopg://db/one"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file or directory"), (b"\xff\xfe", "it is not UTF-8 text"), (b" \n", "is not set")],
)
def test_a_secret_file_that_will_not_do_is_named(tmp_path: Path, content: bytes | None, reason: str) -> None:
    secret = tmp_path / "secret"
    if content is not None:
        secret.write_bytes(content)
    (told,) = faults(Settings, database_url_file=secret)
    assert reason in told


def test_settings_never_show_the_password(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"SGSYNC_DATABASE_URL={URL}")
    settings = load_settings(Settings)
    assert CANARY in settings.database_url.get_secret_value()
    shown = (str(settings), repr(settings), f"{settings.model_dump()}", settings.model_dump_json())
    assert not [text for text in shown if CANARY in text]


@pytest.mark.parametrize("name", ["SGSYNC_DATABASE_URL", "SGSYNC_DATABASE_URL_FILE"])
def test_a_fault_elsewhere_never_shows_the_password(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the address was put into the variable that wants a file's name."""
    monkeypatch.setenv(name, URL)
    monkeypatch.setenv("SGSYNC_DEADLINE", "never")
    with pytest.raises(ConfigurationError) as caught:
        load_settings(Settings)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert CANARY not in repr(caught.value)
