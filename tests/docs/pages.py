"""The documentation as text: its pages, its code, the command lines in it."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from tests.docs.reference import CHECKOUT

PAGES = (CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md")))
UNITS = sorted((CHECKOUT / "docs" / "systemd").iterdir())
CRONTAB = CHECKOUT / "crontab.example"

_INLINE = re.compile(r"`([^`\n]+)`")
_BLOCK = re.compile(r"(?:^|\n)(?: {4,})(\S[^\n]*)")
_PROGRAM = re.compile(r"(?:^|[\s=])(?:\S*/)?sgsync\s+(\S.*)")
_BETWEEN_CELLS = re.compile(r"(?<!\\)\|")
_SHELL_ENDS_IT = frozenset("|<>&;")


def code_of(page: Path) -> Iterator[str]:
    """Every line of code and every piece of it inside a sentence."""
    text = page.read_text(encoding="utf-8")
    yield from _BLOCK.findall(text)
    yield from _INLINE.findall(text)


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Where a command line of sgsync stands for people or machines to run, and its arguments."""
    for page in PAGES:
        for line in _BLOCK.findall(page.read_text(encoding="utf-8")):
            if line.startswith(("sgsync ", ".venv/bin/sgsync ")):
                yield page.name, arguments_in(line)
    for file in (CRONTAB, *UNITS):
        for line in file.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#") and "/bin/sgsync " in line:
                yield file.name, arguments_in(line)


def mentions() -> Iterator[tuple[str, list[str]]]:
    """Where a sentence mentions a command of sgsync, and what follows `sgsync` there."""
    for page in PAGES:
        for code in _INLINE.findall(page.read_text(encoding="utf-8")):
            if code.startswith("sgsync "):
                yield page.name, arguments_in(code)


def arguments_in(line: str) -> list[str]:
    """What follows `sgsync` in a line of a shell, up to the end of that command."""
    found = _PROGRAM.search(line)
    assert found, line
    arguments: list[str] = []
    for word in shlex.split(found[1]):
        if _SHELL_ENDS_IT & {word[0]}:
            break
        arguments.append(word)
    return arguments


def tables_of(page: Path, heading: str) -> list[list[str]]:
    """The rows of all tables whose first column is headed so, without their headings."""
    rows: list[list[str]] = []
    inside = False
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [
            cell.strip() for cell in _BETWEEN_CELLS.split(line.strip().removeprefix("|").removesuffix("|"))
        ]
        if not line.startswith("|"):
            inside = False
        elif cells[0] == heading:
            inside = True
        elif inside and not line.startswith("|---"):
            rows.append(cells)
    return rows
