"""The documentation names every command and option, and no others; its command lines are ones."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from sgsync.cli.app import app
from sgsync.errors import INTERRUPTED, SgsyncError, UsageError
from tests.docs.pages import CRONTAB, PAGES, UNITS, code_of, command_lines, mentions, tables_of
from tests.docs.reference import COMMANDS_PAGE, Command, commands, written

ROOT = get_command(app)
OPTION = re.compile(r"--[a-z][a-z-]*")


def options_of(command: Any) -> Iterator[str]:
    """The options of `command` and of all commands below it."""
    for parameter in command.params:
        if parameter.param_type_name == "option":
            yield from (*parameter.opts, *parameter.secondary_opts)
    for below in getattr(command, "commands", {}).values():
        yield from options_of(below)


def parse(arguments: list[str], command: Any = ROOT, name: str = "sgsync", parent: Any = None) -> None:
    """Parse a command line as the program does, without doing what it says. Raises what Typer raises."""
    context = command.make_context(name, list(arguments), parent=parent)
    rest = [*getattr(context, "_protected_args", ()), *context.args]
    if getattr(command, "commands", None) and rest:
        word, below, rest = command.resolve_command(context, rest)
        parse(rest, below, word, context)


def test_the_reference_is_that_of_this_command_line() -> None:
    page = COMMANDS_PAGE.read_text(encoding="utf-8")
    assert written(page) == page, "run `make docs`"


def test_the_reference_has_every_command() -> None:
    page = COMMANDS_PAGE.read_text(encoding="utf-8")
    assert re.findall(r"^## `(.*)`$", page, re.MULTILINE) == [command.name for command in commands()]


@pytest.mark.parametrize("command", commands(), ids=lambda command: command.name)
def test_every_command_is_explained_with_examples(command: Command) -> None:
    assert len(command.text) > 20
    assert command.examples
    assert all(parameter.meaning for parameter in command.parameters)


EXAMPLES = [
    (command.name, line.split("|")[0].split(">")[0].split()[1:])
    for command in commands()
    for line in command.examples
]
LINES = [*command_lines(), *EXAMPLES]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where command lines are parsed, with the files that they name."""
    monkeypatch.chdir(tmp_path)
    for word in (word for _, line in (*LINES, *mentions()) for word in line if word.endswith(".json")):
        (tmp_path / word).touch()
    return tmp_path


def listed(lines: Iterable[tuple[str, list[str]]]) -> pytest.MarkDecorator:
    params = [pytest.param(line, id=f"{place}: {' '.join(line)}") for place, line in lines]
    return pytest.mark.parametrize("arguments", params)


@listed(LINES)
@pytest.mark.usefixtures("folder")
def test_every_command_line_parses(arguments: list[str]) -> None:
    parse(arguments)


@listed(mentions())
@pytest.mark.usefixtures("folder")
def test_every_mention_parses_or_names_what_is_there(arguments: list[str]) -> None:
    if not names_something(arguments):
        parse(arguments)


def names_something(arguments: list[str]) -> bool:
    """Whether these are a command's name, perhaps with the bare names of some of its options."""
    words = [word for word in arguments if not word.startswith("--")]
    options = {word for word in arguments if word.startswith("--")}
    return any(
        command.name.split()[1:] == words
        and options <= set(OPTION.findall(" ".join(each.names for each in command.parameters)))
        for command in commands()
    )


def test_a_command_line_that_is_none_would_be_found() -> None:
    with pytest.raises(Exception, match="bogus"):
        parse(["import", "5", "--bogus"])
    with pytest.raises(Exception, match="bogus"):
        parse(["tournaments", "bogus"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_option_that_is_mentioned_exists(page: Path) -> None:
    if page.name == "performance.md":
        return  # its options are those of `make bench`
    mentioned = {option for code in code_of(page) if code.startswith("--") for option in OPTION.findall(code)}
    assert mentioned <= set(options_of(ROOT)) | {"--help"}


def exit_codes(kind: type[SgsyncError] = SgsyncError) -> set[int]:
    return {kind.exit_code}.union(*map(exit_codes, kind.__subclasses__()))


def test_the_exit_codes_are_those_of_the_program() -> None:
    documented = [int(code) for code, _ in tables_of(COMMANDS_PAGE, "code")]
    assert documented == sorted({0, INTERRUPTED} | exit_codes())
    assert UsageError.exit_code == 2, "what Typer says of a wrong command line, too"


def test_the_examples_of_cron_and_systemd_are_complete() -> None:
    found = {
        place: arguments
        for place, arguments in command_lines()
        if place in {CRONTAB.name, *(u.name for u in UNITS)}
    }
    assert {CRONTAB.name, "sgsync.service", "sgsync-prune.service"} == set(found)
