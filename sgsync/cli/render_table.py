"""What every rendering stands on: stdout, colour that means something, lines, and tables that fit."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sgsync.text import clean

Column = str | tuple[str, str]
"""A column's head; a pair of them stands side by side where there is room, else one above the other."""

PIPE_WIDTH = 200  # at least: in a pipe each row is one line, for grep
GAP = 2
LONGEST_WORD_KEPT_WHOLE = 26  # ids, slugs, user names and settings can be copied as they stand
LONGEST_LINE_KEPT_WHOLE = 16  # a time


class Meaning(StrEnum):
    """What a colour says, as rich's styles."""

    GOOD = "green"
    DOUBTFUL = "yellow"
    BAD = "bold red"
    ASIDE = "dim"


def marked(text: str, meaning: Meaning | None) -> Text:
    return Text(clean(text), style=meaning.value if meaning else "")


def console(width: int | None = None) -> Console:
    """stdout, with colour only on a terminal (rich heeds NO_COLOR), and with markup off: names hold brackets."""
    if not sys.stdout.isatty():
        width = max(PIPE_WIDTH, width or 0)
    return Console(file=sys.stdout, width=width, markup=False, highlight=False, emoji=False)


def print_lines(lines: Iterable[str | Text]) -> None:
    out = console()
    for line in lines:
        out.print(line if isinstance(line, Text) else Text(line), soft_wrap=True)


def print_paragraphs(paragraphs: Iterable[str | Text]) -> None:
    """For reading: on a terminal they break between words, and go on below their beginning.

    `print_lines` leaves that to the terminal, so that what is to be copied stays in one piece.
    """
    out = console()
    for paragraph in paragraphs:
        text = paragraph if isinstance(paragraph, Text) else Text(paragraph)
        words = text.plain.lstrip(" ")
        indent = len(text.plain) - len(words)
        if not sys.stdout.isatty() or cell_len(text.plain) <= out.width:
            out.print(text, soft_wrap=True)
            continue
        below = indent + GAP
        first, *rest = text[indent:].wrap(out, max(out.width - below, 1))
        for depth, line in ((indent, first), *((below, line) for line in rest)):
            out.print(Text(" " * depth).append(line), soft_wrap=True)


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table of cells that may hold anything; `empty` is said instead of a table without rows.

    Where a column is a pair, so are its cells. Text is folded, never cut.
    """
    lines = [_spread(columns, row) for row in rows]
    if not lines:
        print_lines([empty])
        return
    heads = _spread(columns, columns)
    grid = [heads, *lines]
    wanted = sum(map(_natural_width, zip(*grid, strict=True))) + GAP * (len(heads) - 1)
    out = console(None if sys.stdout.isatty() else wanted)
    if wanted > out.width:
        grid = [_stacked(row, columns) for row in grid]
    _print_grid(out, grid)


def _spread(columns: Sequence[Column], cells: Sequence[object]) -> list[Text]:
    """The cells of a row side by side, those of pairs as well."""
    spread: list[Text] = []
    for column, cell in zip(columns, cells, strict=True):
        halves = cell if isinstance(column, tuple) and isinstance(cell, tuple) else (cell,)
        spread += map(_cell, halves)
    return spread


def _cell(content: object) -> Text:
    if isinstance(content, Text):
        return content
    return Text("" if content is None else clean(str(content)))


def _stacked(row: Sequence[Text], columns: Sequence[Column]) -> list[Text]:
    """The cells of `row` with each pair one above the other."""
    cells = iter(row)
    return [_one_above_the_other(cells, 1 if isinstance(column, str) else 2) for column in columns]


def _one_above_the_other(cells: Iterator[Text], number: int) -> Text:
    return Text("\n").join([cell for _ in range(number) if (cell := next(cells)).plain])


def _print_grid(out: Console, grid: Sequence[Sequence[Text]]) -> None:
    head, *rows = grid
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    by_column = list(zip(*grid, strict=True))
    for title, width in zip(head, widths(by_column, out.width - GAP * (len(head) - 1)), strict=True):
        table.add_column(title, width=width, overflow="fold")
    for row in rows:
        table.add_row(*row)
    out.print(table)


def widths(columns: Sequence[Sequence[Text]], room: int) -> list[int]:
    """How wide each column is, `room` in all: as wide as its cells if that fits.

    Where it does not, every column can still hold its words, if that fits, and those with more to say get more.
    """
    natural = [_natural_width(cells) for cells in columns]
    if sum(natural) <= room:
        return natural
    least = [_least_width(cells) for cells in columns]
    while sum(least) > room and max(least) > 1:
        least[least.index(max(least))] -= 1
    spare = room - sum(least)
    wishes = [wish - width for wish, width in zip(natural, least, strict=True)]
    return [
        width + max(spare, 0) * wish // max(sum(wishes), 1) for width, wish in zip(least, wishes, strict=True)
    ]


def _natural_width(cells: Iterable[Text]) -> int:
    return max(1, *(cell_len(line) for cell in cells for line in cell.plain.split("\n")))


def _least_width(cells: Iterable[Text]) -> int:
    return max(1, *(_kept_whole(line) for cell in cells for line in cell.plain.split("\n")))


def _kept_whole(line: str) -> int:
    """How much of `line` is not to be folded: all of it if it is short, else its longest word that is."""
    if cell_len(line) <= LONGEST_LINE_KEPT_WHOLE:
        return cell_len(line)
    return max(min(cell_len(word), LONGEST_WORD_KEPT_WHOLE) for word in line.split() or [""])
