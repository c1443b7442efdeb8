"""The README's promises name tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
SECTION = "## What sgsync promises"


def promised() -> list[tuple[str, str]]:
    section = (CHECKOUT / "README.md").read_text(encoding="utf-8").partition(SECTION)[2].partition("\n## ")[0]
    return re.findall(r"`(tests/\S+\.py)::(\w+)`", section)


@cache
def names_in(file: str) -> set[str]:
    tree = ast.parse((CHECKOUT / file).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_there_are_promises() -> None:
    assert len(promised()) > 15


@pytest.mark.parametrize(("file", "name"), sorted(set(promised())))
def test_the_test_that_keeps_a_promise_exists(file: str, name: str) -> None:
    assert name in names_in(file)
