"""How hard the tests of this folder try: bounded in `make test`, for hours where somebody asks.

SGSYNC_TEST_EFFORT=1 is the bounded form; 10 tries ten times as much, and enough of it tries everything.
SGSYNC_TEST_SEED chooses another sample.
"""

import itertools
import os
from collections.abc import Sequence
from random import Random
from typing import TypeVar

EFFORT = int(os.environ.get("SGSYNC_TEST_EFFORT", "1"))
SEED = os.environ.get("SGSYNC_TEST_SEED", "sgsync")

Item = TypeVar("Item")


def some_of(everything: Sequence[Item], bounded: int, *, about: str) -> list[Item]:
    """`bounded` items times the effort: the first and the last, and one from each stretch between them."""
    wanted = bounded * EFFORT
    if wanted >= len(everything):
        return list(everything)
    random = Random(f"{SEED} {about}")
    inner = wanted - 2
    bounds = [1 + (len(everything) - 2) * step // inner for step in range(inner + 1)]
    middle = [random.randrange(low, high) for low, high in itertools.pairwise(bounds)]
    return [everything[index] for index in (0, *middle, len(everything) - 1)]
