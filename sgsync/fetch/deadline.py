"""How long something may take in all."""

import time
from collections.abc import Callable
from datetime import timedelta

from sgsync.errors import FeedUnreachableError

_RUN_IS_OVER = (
    "The time for asking SpeedGaming is used up. What is left waits for the next run; "
    "raise SGSYNC_DEADLINE if this happens often."
)


class Deadline:
    """A point in time, `length` after its construction, by which SpeedGaming must have answered.

    `clock` gives seconds and never runs backwards; `sentence` tells people that the time has passed.
    """

    def __init__(
        self,
        length: timedelta,
        clock: Callable[[], float] = time.monotonic,
        sentence: str = _RUN_IS_OVER,
    ) -> None:
        self._clock = clock
        self._end = clock() + length.total_seconds()
        self.sentence = sentence

    def remaining(self) -> float:
        """The seconds that are left, more than 0. Raises FeedUnreachableError when none are."""
        left = self._end - self._clock()
        if left <= 0:
            raise FeedUnreachableError(self.sentence)
        return left

    def allows(self, seconds: float) -> bool:
        """Whether there is time left after waiting for `seconds`."""
        return self._clock() + seconds < self._end
