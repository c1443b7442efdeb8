"""The commands as people and scripts meet them."""

import json
import logging
import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from sgsync.cli.app import main
from sgsync.linking.values import Identity, Link
from tests.linking.league import DISCORD_ID, NEW_DISCORD_ID, PLACEHOLDER, USER, League


@dataclass(frozen=True)
class Result:
    exit_code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture
def run(league: League, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs the command line in this process; its stdin is no terminal."""
    handlers, level = logging.root.handlers, logging.root.level
    on_terminate = signal.getsignal(signal.SIGTERM)
    monkeypatch.setenv("SGSYNC_DATABASE_URL", league.url)

    def run(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["sgsync", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return Result(ended.value.code, *capsys.readouterr())

    yield run
    logging.root.handlers = handlers
    logging.root.setLevel(level)
    signal.signal(signal.SIGTERM, on_terminate)


class TestLink:
    def test_shows_both_people_and_what_will_move(self, league: League, run: Run) -> None:
        match = league.add_match()
        league.add_player(match)
        league.add_player(match, USER)
        before = league.dump()

        result = run("link-placeholder", "sg_11111", "--user", str(USER), "--dry-run")

        lines = [line.split() for line in result.out.splitlines()]
        assert result.exit_code == 0
        assert ["placeholder", str(PLACEHOLDER), "Synack", "sg_11111"] in lines
        assert ["becomes", str(USER), "Synack", "the", "Real", "synack", str(DISCORD_ID)] in lines
        assert ["matchplayers", "user_id", "1", "1"] in lines
        assert league.dump() == before

    def test_does_it_and_says_so(self, league: League, run: Run) -> None:
        league.fill()
        result = run("link-placeholder", "sg_11111", "--user", str(USER), "--yes")
        assert result.exit_code == 0
        assert (
            "INFO: Linked placeholder 'sg_11111' (user 900001) to user 700001 ('Synack the Real'): 9 row(s)"
            in result.err
        )
        assert league.tables_naming(PLACEHOLDER) == {"sgsync.link"}

    def test_does_not_without_being_sure(self, league: League, run: Run) -> None:
        before = league.dump()
        result = run("link-placeholder", "sg_11111", "--user", str(USER))
        assert result.exit_code == 2
        assert "--yes" in result.err
        assert league.dump() == before

    def test_twice_is_no_error(self, run: Run) -> None:
        arguments = ("link-placeholder", "sg_11111", "--user", str(USER))
        assert run(*arguments, "--yes").exit_code == 0
        again = run(*arguments)
        assert again.exit_code == 0
        assert "already linked to user 700001" in again.err

    def test_quietly(self, run: Run) -> None:
        result = run("link-placeholder", "sg_11111", "--discord-id", str(NEW_DISCORD_ID), "--yes", "--quiet")
        assert (result.exit_code, result.err) == (0, "")
        assert "the placeholder itself goes on" in result.out

    @pytest.mark.parametrize(
        "arguments",
        [
            ("link-placeholder", "sg_404", "--user", "1", "--yes"),
            ("link-placeholder", "sg_11111", "--yes"),
            ("link-placeholder", "sg_11111", "--user", "x", "--yes"),
            ("link-placeholder", "sg_11111", "--discord-id", "-1", "--yes"),
            ("placeholders", "--tournament", "404"),
            ("placeholders", "prune"),
            ("placeholders", "prune", "--older-than", "soon"),
            ("placeholders", "prune", "--older-than", "999999999d"),
        ],
    )
    def test_refusals_are_usage_errors(self, run: Run, arguments: tuple[str, ...]) -> None:
        result = run(*arguments)
        assert result.exit_code == 2
        assert "Traceback" not in result.err

    def test_a_conflict_is_a_problem(self, league: League, run: Run) -> None:
        league.execute("CREATE TABLE badge (user_id int PRIMARY KEY REFERENCES users ON DELETE CASCADE)")
        league.execute("INSERT INTO badge VALUES (%s), (%s)", PLACEHOLDER, USER)
        result = run("link-placeholder", "sg_11111", "--user", str(USER), "--yes")
        assert result.exit_code == 1
        assert result.err.startswith("ERROR: Nothing was changed: table public.badge")

    def test_as_json(self, league: League, run: Run) -> None:
        league.add_player(league.add_match())
        arguments = ("link-placeholder", "sg_11111", "--user", str(USER), "--json")

        planned = json.loads(run(*arguments, "--dry-run").out)
        linked = json.loads(run(*arguments, "--yes").out)
        again = json.loads(run(*arguments).out)

        assert planned == {
            "schema": 1,
            "state": "planned",
            "placeholder": {"id": PLACEHOLDER, "username": "sg_11111", "name": "Synack"},
            "user": {
                "id": USER,
                "username": "synack",
                "name": "Synack the Real",
                "discord_id": str(DISCORD_ID),
            },
            "upgrade": None,
            "moves": [{"table": "matchplayers", "column": "user_id", "rows": 1, "doubles": 0}],
            "moved": {},
            "linked_at": None,
            "linked_by": None,
        }
        assert linked["state"] == "linked"
        assert linked["moved"] == {"matchplayers.user_id": 1, "sgsync.alias.user_id": 1}
        assert linked["linked_at"]
        assert linked["linked_by"]
        assert again["state"] == "already_linked"
        assert {key for document in (planned, linked, again) for key in document} == planned.keys()

    def test_an_upgrade_as_json(self, run: Run) -> None:
        result = run(
            "link-placeholder", "sg_11111", "--discord-id", str(NEW_DISCORD_ID), "--username", "syn#1234",
            "--dry-run", "--json",
        )  # fmt: skip
        document = json.loads(result.out)
        assert document["user"] is None
        assert document["upgrade"] == {
            "discord_id": str(NEW_DISCORD_ID),
            "username": "syn",
            "discriminator": "1234",
        }


class TestPlaceholders:
    def test_as_a_table(self, league: League, run: Run) -> None:
        league.add_alias("tag", "synack")
        league.execute("UPDATE users SET display_name = E'Evil\\x1b]0;title [bold]' WHERE is_placeholder")

        result = run("placeholders")

        assert result.exit_code == 0
        assert "player 11111, tag synack" in result.out
        assert "\x1b" not in result.out
        assert f"\n    sgsync link-placeholder sg_11111 --user {USER}\n" in result.out
        assert "may be Synack the Real (tag equals Discord user name)" in result.out

    def test_the_ids_of_a_busy_volunteer_do_not_fill_the_page(self, league: League, run: Run) -> None:
        league.add_episode(1)
        league.add_signup(1, feed_ids=tuple(range(100, 120)), role="tracker")
        assert "player 11111, crew 100, crew 101, crew 102, 17 more" in run("placeholders").out

    def test_as_json(self, run: Run) -> None:
        document = json.loads(run("placeholders", "--json").out)
        assert document["schema"] == 1
        assert [each["id"] for each in document["placeholders"]] == [PLACEHOLDER]

    def test_when_there_are_none(self, league: League, run: Run) -> None:
        league.execute("DELETE FROM users WHERE is_placeholder")
        assert run("placeholders").out == "There are no placeholders: everybody is linked.\n"
        assert json.loads(run("placeholders", "--json").out) == {"schema": 1, "placeholders": []}

    def test_prune_says_what_it_removed(self, league: League, run: Run) -> None:
        dry = run("placeholders", "prune", "--older-than", "30d", "--dry-run")
        assert "INFO: Would remove placeholder 'sg_11111' (user 900001, 'Synack')" in dry.err

        wet = run("placeholders", "prune", "--older-than", "30d", "--json")

        assert "INFO: Removed 1 placeholder(s)" in wet.err
        assert json.loads(wet.out) == {
            "schema": 1,
            "dry_run": False,
            "placeholders": [{"id": PLACEHOLDER, "username": "sg_11111", "name": "Synack"}],
        }
        assert league.rows("SELECT id FROM users WHERE is_placeholder") == []


class Terminal:
    """`sgsync link-placeholder` on a terminal of its own."""

    def __init__(self, league: League) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sgsync", "link-placeholder", "sg_11111", "--user", str(USER)],
            env=os.environ | {"SGSYNC_DATABASE_URL": league.url},
            stdin=slave,
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        self.shown = ""

    def read_until(self, text: str) -> None:
        while text not in self.shown:
            assert select.select([self._master], [], [], 30)[0], f"no '{text}' in {self.shown!r}"
            self.shown += os.read(self._master, 4096).decode()

    def answer(self, line: str) -> None:
        os.write(self._master, line.encode())

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def end(self) -> int:
        exit_code = self._process.wait(30)
        os.close(self._master)
        return exit_code


class TestOnATerminal:
    @pytest.mark.parametrize(("answer", "exit_code"), [("y\n", 0), ("\n", 1), ("\x04", 1)])
    def test_it_asks(self, league: League, answer: str, exit_code: int) -> None:
        league.fill()
        before = league.dump()
        terminal = Terminal(league)

        terminal.read_until("[y/N]")
        assert "Synack the Real" in terminal.shown
        assert "matchplayers" in terminal.shown
        question = (
            f"Link placeholder 'sg_11111' (user {PLACEHOLDER}) to user {USER} ('Synack the Real')"
            " and move 9 rows there? [y/N]"
        )
        assert question in terminal.shown
        assert league.dump() == before
        terminal.answer(answer)

        assert terminal.end() == exit_code
        assert (league.dump() == before) == bool(exit_code)

    def test_an_interrupt_is_no_answer(self, league: League) -> None:
        before = league.dump()
        terminal = Terminal(league)
        terminal.read_until("[y/N]")
        terminal.interrupt()
        assert terminal.end() == 130
        assert league.dump() == before


def test_the_question_about_somebody_new_names_the_discord_account() -> None:
    link = Link(456, "sg_11111", upgrade=Identity(21435888190300, "synack", None))
    assert link.question == (
        "Let placeholder 'sg_11111' (user 456) go on as 'synack' with the Discord ID 21435888190300?"
    )


def test_help_answers_at_once_and_shows_examples() -> None:
    script = (
        "import sys\n"
        "from sgsync.cli.app import app\n"
        "slow = {'sqlalchemy', 'httpx', 'pydantic', 'rapidfuzz', 'psycopg'}\n"
        "app(['--help'], standalone_mode=False)\n"
        "assert slow.isdisjoint(sys.modules)\n"
        "for command in ('link-placeholder', 'placeholders'):\n"
        "    app([command, '--help'], standalone_mode=False)\n"
        "assert (slow - {'pydantic'}).isdisjoint(sys.modules)\n"  # Typer needs it to read arguments
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    words = " ".join(shown.stdout.split())  # wherever lines end
    assert "sgsync link-placeholder sg_11111 --user 123" in words
    assert "sgsync placeholders --tournament 5" in words
