"""The part of docs/commands.md that the command line itself knows. `make docs` writes it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.main import get_command

from sgsync.cli.app import app

CHECKOUT = Path(__file__).parents[2]
COMMANDS_PAGE = CHECKOUT / "docs" / "commands.md"
MARK = "<!-- `make docs` writes everything below from the command line itself. -->\n"

_SHARED = 3  # an option that so many commands have is explained once
_EXAMPLES = re.compile(r"Examples?: ")


@dataclass(frozen=True)
class Parameter:
    """An option or an argument, as the reference shows it."""

    names: str
    meaning: str
    is_option: bool


@dataclass(frozen=True)
class Command:
    """A command with its whole name, such as `sgsync tournaments enable`."""

    name: str
    text: str
    examples: tuple[str, ...]
    parameters: tuple[Parameter, ...]


def commands() -> tuple[Command, ...]:
    """Every command, in the order of `--help`; a group is one, too, if it does something by itself."""
    return tuple(_commands("sgsync", get_command(app)))


def _commands(name: str, command: Any) -> Iterator[Command]:
    below: Mapping[str, Any] = getattr(command, "commands", {})
    if not below or command.invoke_without_command:
        yield _command(name, command)
    for word, each in below.items():
        if not each.hidden:
            yield from _commands(f"{name} {word}", each)


def _command(name: str, command: Any) -> Command:
    # A group has two texts: its callback's is the one about the command.
    text = command.callback.__doc__ or command.help
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    told = [part for part in paragraphs if not _EXAMPLES.match(part)]
    examples = [_EXAMPLES.sub("", part) for part in paragraphs if _EXAMPLES.match(part)]
    return Command(
        name,
        "\n\n".join(told).replace("*", "\\*"),
        tuple(line.strip() for part in examples for line in part.split(";")),
        tuple(map(_parameter, command.params)),
    )


def _parameter(parameter: Any) -> Parameter:
    is_option = parameter.param_type_name == "option"
    value = "" if getattr(parameter, "is_flag", False) else f" {_value_name(parameter)}"
    names = [f"`{name}{value}`" for name in (*parameter.opts, *parameter.secondary_opts)]
    meaning = [parameter.help or ""]
    if parameter.required and is_option:
        meaning.append("Required.")
    if isinstance(parameter.default, str | int) and not isinstance(parameter.default, bool):
        meaning.append(f"Usually `{parameter.default}`.")
    shown = ", ".join(names) if is_option else f"`{_value_name(parameter)}`"
    return Parameter(shown, " ".join(meaning).replace("|", "\\|"), is_option)


def _value_name(parameter: Any) -> str:
    name: str = parameter.metavar or parameter.name.upper()
    return name


def reference() -> str:
    """All commands and their options in Markdown."""
    known = commands()
    number = Counter(parameter for command in known for parameter in command.parameters)
    shared = [parameter for parameter, count in number.items() if count >= _SHARED]
    parts = [
        "## Options of many commands",
        _table(shared),
        *(part for command in known for part in _section(command, shared)),
    ]
    return "\n\n".join(parts) + "\n"


def _section(command: Command, shared: list[Parameter]) -> Iterator[str]:
    yield f"## `{command.name}`"
    yield command.text
    if command.examples:
        yield "\n".join(f"    {example}" for example in command.examples)
    own = [parameter for parameter in command.parameters if parameter not in shared]
    if own:
        yield _table(own)
    also = [parameter.names for parameter in command.parameters if parameter in shared]
    if also:
        yield f"Also: {'; '.join(also)}."


def _table(parameters: Iterable[Parameter]) -> str:
    rows = (f"| {parameter.names} | {parameter.meaning} |" for parameter in parameters)
    return "\n".join(("| option or argument | what it is |", "|---|---|", *rows))


def written(page: str) -> str:
    """`page` with its generated part brought up to date."""
    by_hand, mark, _ = page.partition(MARK)
    assert mark, f"{COMMANDS_PAGE} has lost the line that its generated part begins with"
    return f"{by_hand}{mark}\n{reference()}"


if __name__ == "__main__":
    COMMANDS_PAGE.write_text(written(COMMANDS_PAGE.read_text(encoding="utf-8")), encoding="utf-8")
