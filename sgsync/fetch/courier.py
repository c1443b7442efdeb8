"""Errands in a thread of their own, so that fetching does not wait for the database, nor the database for it."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_Errand = tuple[Callable[[], Any], "Future[Any]"]


class Courier:
    """Runs errands one after the other: what is used in errands only is used by one thread only.

    Leaving it drops what has not begun and waits for nothing: a run that is interrupted does not stay for
    an answer that may never come.
    """

    def __init__(self) -> None:
        self._errands: SimpleQueue[_Errand | None] = SimpleQueue()
        self._has_left = False

    def __enter__(self) -> Self:
        Thread(target=self._work, name="sgsync-courier", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._has_left = True
        self._errands.put(None)

    def send(self, errand: Callable[[], Result]) -> "Future[Result]":
        """Have `errand` run when its turn comes; what it returns or raises is the future's."""
        future: Future[Result] = Future()
        self._errands.put((errand, future))
        return future

    def _work(self) -> None:
        while (task := self._errands.get()) and not self._has_left:
            _run(*task)
            del task  # or its answer would stay in memory until the next one is there


def _run(errand: Callable[[], Any], future: "Future[Any]") -> None:
    try:
        future.set_result(errand())
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
        future.set_exception(error)


def one_ahead(items: Iterable[Item], start: Callable[[Item], Result]) -> Iterator[tuple[Item, Result]]:
    """Each of `items` and what `start` made of it, which is called for the next one before this one is given."""
    ahead: deque[tuple[Item, Result]] = deque()
    for item in items:
        ahead.append((item, start(item)))
        if len(ahead) > 1:
            yield ahead.popleft()
    yield from ahead
