"""Text that strangers typed, through every way out: never a command to a terminal, never a forged line, never a crash.

tests/importing/test_hostile.py looks at what is imported of the hostile corpus; here is what is shown and stored.
"""

import json
import logging
import os
import pty
import re
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sgsync.cli import render_table
from sgsync.cli.console import print_json
from sgsync.cli.logs import JsonFormatter, TextFormatter
from sgsync.text import clean
from tests.command_line import Finished, Sgsync
from tests.faults.effort import EFFORT
from tests.faults.stories import settings_for
from tests.feed_json import Json, make_channel, make_crew, make_episode, make_match, make_player
from tests.postgres import Databases
from tests.scene import LEAGUE, Scene, canned_feed, sample, with_league

BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
FORGED = "ERROR: forged by a player"
ORDINARY = (
    "é",
    "e\u0301",
    "いずみ",
    "👩\u200d👩\u200d👧",
    "👍🏽",
    "O'Brien",
    "[bold]not bold[/bold]",
    "[/nope]",
    "שלום",
    "ไทย",
    "a\u00adb",
    "100 % {sure}",
)
NASTY = (
    f"\x1b]0;owned\x07\n{FORGED}",
    f"x\r\n{FORGED}",
    f"x\u2028{FORGED}\u2029{FORGED}\x85{FORGED}",
    "\x1b[2J\x1b[31mred",
    "\u202egnp.exe",
    "\x9b31m C1",
    "\x00nul\x7fdel\x08back",
    "lone \ud800 surrogate \udfff",
    "[link=https://evil.example]click[/link]",
    "%(message)s %s {0}",
    "\x1bP+q544e\x1b\\ DCS \x1b_APC\x1b\\",
    *BIDI,
)

characters = st.one_of(
    st.characters(),  # all of Unicode, but for surrogates
    st.characters(categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs", "Mn"]),
    st.sampled_from("[]/\\%{}'\"\x1b\n\r\x9b" + BIDI),
)
texts = st.one_of(st.text(characters, max_size=60), st.sampled_from(NASTY), st.sampled_from(ORDINARY))


def is_harmful(char: str) -> bool:
    """Written down a second time on purpose, and as broadly as can be."""
    code = ord(char)
    is_control = code < 32 or 0x7F <= code <= 0x9F
    return is_control or char in BIDI or code in {0x2028, 0x2029} or 0xD800 <= code <= 0xDFFF


def harmful_in(text: str, *, allowed: str = "") -> list[str]:
    return [f"U+{ord(char):04X}" for char in text if is_harmful(char) and char not in allowed]


def quick(examples: int) -> settings:
    """Bounded, and the same every time; `SGSYNC_TEST_EFFORT` looks further."""
    health = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=examples * EFFORT,
        deadline=None,
        derandomize=EFFORT == 1,
        database=None,
        suppress_health_check=health,
    )


@quick(200)
@given(texts)
def test_cleaned_text_is_harmless_one_line_and_settled(text: str) -> None:
    cleaned = clean(text)
    assert harmful_in(cleaned) == []
    assert clean(cleaned) == cleaned
    assert len(cleaned.splitlines()) <= 1
    assert [char for char in text if not is_harmful(char) and not char.isspace()] == [
        char for char in cleaned if not char.isspace()
    ]


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_name_passes_unharmed(name: str) -> None:
    assert clean(name) == name


@quick(100)
@given(texts, texts)
def test_a_log_line_is_one_line_whatever_it_tells(message: str, reason: str) -> None:
    error = ValueError(reason)
    exception = (ValueError, error, error.__traceback__)
    plain = logging.LogRecord("sgsync", logging.INFO, "", 0, "%s", (message,), None)
    told = TextFormatter().format(plain)
    assert harmful_in(told) == []
    assert told.startswith("INFO: ")
    with_traceback = logging.LogRecord("sgsync", logging.ERROR, "", 0, "%s", (message,), exception)
    text = TextFormatter().format(with_traceback)
    assert harmful_in(text, allowed="\n") == []
    assert FORGED not in text.split("\n")
    as_json = JsonFormatter().format(with_traceback)
    assert as_json.isascii()
    assert as_json.isprintable()
    assert json.loads(as_json)["message"] == clean(message)


@quick(100)
@given(st.lists(texts, min_size=1, max_size=5))
def test_what_is_printed_is_harmless(cells: list[str]) -> None:
    out = StringIO()
    with stdout_as(out):
        render_table.print_table(("A", "B"), [(cell, cell) for cell in cells], empty="")
        print_json({"cells": cells})
    assert harmful_in(out.getvalue(), allowed="\n") == []


@contextmanager
def stdout_as(out: StringIO) -> Iterator[None]:
    before, sys.stdout = sys.stdout, out
    try:
        yield
    finally:
        sys.stdout = before


def nasty_schedule(names: list[str]) -> list[Json]:
    """Each text in every place that holds text."""
    return [
        make_episode(
            75_000 + index,
            make_player(
                5_000 + index, name, discordId="", discordTag=name, publicStream=name, streamingFrom=name
            ),
            make_player(
                6_000 + index, name, discordId=str(10**17 + index), discordTag=name, streamingFrom=name
            ),
            title=name,
            match2=make_match(title=name, note=name),
            channels=[make_channel(name, id=100 + index, slug=name, initials=name)],
            commentators=[make_crew(7_000 + index, name, discordId="", discordTag=name, publicStream=name)],
            timezone=name if index % 10 == 9 else "",  # not imported, with a line that quotes it
            when=name if index % 10 == 8 else "2026-11-28T18:00:00+00:00",
        )
        for index, name in enumerate(names)
    ]


@pytest.fixture(scope="module")
def league_url(databases: Databases) -> Iterator[str]:
    url = databases.create("app", migrated=True)
    with_league(Scene(url))
    yield url
    databases.drop(url)


@quick(2)
@given(names=st.lists(texts, min_size=40, max_size=40))
def test_generated_names_go_through_the_whole_program(
    databases: Databases, league_url: str, sgsync: Sgsync, names: list[str]
) -> None:
    go_through(databases, league_url, sgsync, nasty_schedule([*NASTY, *ORDINARY, *names]))


def test_the_hostile_corpus_goes_through_the_whole_program(
    databases: Databases, league_url: str, sgsync: Sgsync
) -> None:
    go_through(databases, league_url, sgsync, sample("hostile"))


def go_through(databases: Databases, league_url: str, sgsync: Sgsync, entries: list[Any]) -> None:
    scene = Scene(databases.copy(league_url))
    answer = json.dumps(entries).encode()
    try:
        with canned_feed(lambda _: (200, answer)) as feed_url:
            sgsync.settings = settings_for(scene.url, feed_url)
            look_everywhere(scene, sgsync)
    finally:
        databases.drop(scene.url)


def look_everywhere(scene: Scene, sgsync: Sgsync) -> None:
    for arguments in ("--dry-run --verbose", "--dry-run --json", "--dry-run --log-format json", "--verbose"):
        assert_harmless(sgsync("import-all", *arguments.split()), exit_codes={0, 1})
    assert_stored_harmlessly(scene)
    nickname = NASTY[0]
    scene.execute("UPDATE tournament SET name = %s", nickname)
    scene.execute("UPDATE users SET display_name = %s WHERE discord_username = 'sg_5000'", nickname)
    placeholder = scene.value("SELECT id FROM users WHERE is_placeholder ORDER BY id LIMIT 1")
    episode = scene.value("SELECT episode_id FROM sgsync.episode ORDER BY 1 LIMIT 1")
    user = scene.add_user(4711, nickname)
    link = f"link-placeholder {placeholder} --user {user}"
    looks = (
        "tournaments",
        "placeholders",
        f"history {episode}",
        f"explain {episode}",
        "status",
        f"{link} --dry-run",
    )
    for look in looks:
        for form in ("", "--json"):
            assert_harmless(sgsync(*look.split(), *form.split()))
    for look in (f"fetch {LEAGUE}", f"fetch --episode {episode}", "doctor"):
        for form in ("", "--json"):
            assert_harmless(sgsync(*look.split(), *form.split()), exit_codes={0, 1, 5})
    assert_harmless(sgsync(*link.split(), "--yes"))
    assert_harmless(sgsync("import-all", "--verbose"), exit_codes={0, 1})
    assert_harmless(sgsync("link-placeholder", NASTY[0], "--user", "1"), exit_codes={2})
    shown = "".join(
        on_terminal(sgsync, *look.split())
        for look in ("placeholders", f"fetch {LEAGUE}", "status", "import-all --dry-run --verbose")
    )
    assert harmful_in(shown, allowed="\r\n") == []
    assert FORGED not in shown.splitlines()


def assert_harmless(ended: Finished, exit_codes: frozenset[int] | set[int] = frozenset({0})) -> None:
    assert ended.exit_code in exit_codes, ended.stderr
    assert harmful_in(ended.stdout + ended.stderr, allowed="\n") == []
    for line in ended.lines:
        assert re.match(r"(DEBUG|INFO|WARNING|ERROR): \S|\{\"time\"", line), line
        assert not line.startswith(FORGED)
    assert not any(line.startswith(FORGED) for line in ended.stdout.splitlines())


def assert_stored_harmlessly(scene: Scene) -> None:
    """In every column of every table, sgsync's own and the application's."""
    tables = scene.column(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'sgsync')"
    )
    for table in tables:
        for entry in scene.column(f"SELECT to_jsonb(entry) FROM {table} AS entry"):
            assert harmful_in(json.dumps(entry, ensure_ascii=False)) == [], (table, entry)
            assert not any(harmful_in(text) for text in strings_in(entry)), (table, entry)


def strings_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from strings_in(part)


# Of the commands to a terminal, the program itself may use colours and what a progress bar needs.
_OWN_COMMANDS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[[12]?K|\x1b\[[0-9]*A|\x1b\[\?25[lh]")


def on_terminal(sgsync: Sgsync, *arguments: str, **settings: str) -> str:
    """What a terminal gets, without the program's own commands to it."""
    ours, theirs = pty.openpty()
    running = sgsync.start_on(
        theirs, *arguments, is_fresh=False, TERM="xterm-256color", NO_COLOR="", **settings
    )
    os.close(theirs)
    received = bytearray()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 0.2)[0]:
            try:
                data = os.read(ours, 65_536)
            except OSError:  # everybody has hung up
                break
            received += data
    os.close(ours)
    running.wait()
    return _OWN_COMMANDS.sub("", received.decode())


def test_ordinary_names_are_shown_and_stored_as_they_are(
    databases: Databases, league_url: str, sgsync: Sgsync
) -> None:
    scene = Scene(databases.copy(league_url))
    entries = [
        make_episode(
            75_000 + index, make_player(5_000 + index, name, discordId="", streamingFrom=name), title=name
        )
        for index, name in enumerate(ORDINARY)
    ]
    with canned_feed(lambda _: (200, json.dumps(entries).encode())) as feed_url:
        sgsync.settings = settings_for(scene.url, feed_url)
        plan, log = sgsync("import-all", "--dry-run").stdout, sgsync("import-all").stderr
    stored = scene.column("SELECT display_name FROM users") + scene.column('SELECT title FROM "match"')
    listed = sgsync("placeholders").stdout
    on_a_terminal = on_terminal(sgsync, "placeholders", COLUMNS="250")
    for name in ORDINARY:
        assert stored.count(name) == 2
        for shown in (plan, log, listed, on_a_terminal):
            assert name in shown, name
    databases.drop(scene.url)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_stream_that_cannot_hold_a_name_is_no_reason_to_crash(
    databases: Databases, league_url: str, sgsync: Sgsync, encoding: str
) -> None:
    """As where cron or a container has no UTF-8 locale."""
    scene = Scene(databases.copy(league_url))
    answer = json.dumps(nasty_schedule(list(ORDINARY))).encode()
    with canned_feed(lambda _: (200, answer)) as feed_url:
        sgsync.settings = settings_for(scene.url, feed_url) | {
            "PYTHONIOENCODING": encoding,
            "PYTHONUTF8": "0",
        }
        for arguments in ("import-all --verbose", "placeholders"):
            ended = sgsync.fresh(*arguments.split())
            assert ended.exit_code in {0, 1}, ended.stderr
            assert "Traceback" not in ended.stderr
            assert "does not know" not in ended.stderr
    databases.drop(scene.url)
