"""Tells whoever the settings name: at the start of a run, and at its end, however it ends.

What goes wrong here is a warning. Discord and the rest come after the imports are committed, and each
receiver has some seconds.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus

from sgsync.database import news
from sgsync.database.engine import Database
from sgsync.errors import DatabaseError
from sgsync.fetch.http import Answer, UndeliveredError, post_notice
from sgsync.report import RunReport
from sgsync.settings import Settings
from sgsync.telling import ping
from sgsync.telling.discord import message_of
from sgsync.telling.ending import Ending
from sgsync.telling.news import Happening, behind, digest
from sgsync.wiring import now, open_database

log = logging.getLogger(__name__)

NEWS_LAST = timedelta(days=1)
"""What could not be told for that long is no news any more."""

_LONGEST_WAIT = 5.0  # seconds, for a webhook that asks for patience; if it asks for more, a later run tells
_DISCORD = "discord"
_TEXT, _JSON = "text/plain; charset=utf-8", "application/json"


@dataclass(frozen=True, slots=True)
class Teller:
    """What the settings want to be told, and the ways to do it."""

    settings: Settings
    now: Callable[[], datetime] = now
    post: Callable[[str, bytes, str], Answer] = post_notice
    sleep: Callable[[float], None] = time.sleep

    def around(self, run: Callable[[], RunReport]) -> RunReport:
        """Tell of the start of `run`, and of its end."""
        started = self.now()
        with _warned_only():
            self._ping_start()
        try:
            report = run()
        except BaseException as error:
            with _warned_only():
                self._tell_end(Ending.of_error(error), started)
            raise
        with _warned_only():
            self._tell_end(Ending.of_report(report), started)
        with _warned_only():
            self._tell_discord()
        return report

    def _tell_end(self, ending: Ending, started: datetime) -> None:
        self._write_metrics(ending, started)
        if url := self.settings.ping_url:
            address = ping.end_url(url.get_secret_value(), ending)
            self._deliver("SGSYNC_PING_URL", address, ping.body_of(ending), _TEXT)

    def _ping_start(self) -> None:
        if url := self.settings.ping_url:
            self._deliver("SGSYNC_PING_URL", ping.start_url(url.get_secret_value()), b"", _TEXT)

    def _write_metrics(self, ending: Ending, started: datetime) -> None:
        file = self.settings.metrics_file
        if file is None:
            return
        from sgsync.telling.metrics import write_metrics  # noqa: PLC0415 - few want it, and it takes time to load

        try:
            write_metrics(file, ending, started, self.now())
        except OSError as error:
            log.warning("The metrics cannot be written to %s: %s", file, error.strerror)

    def _tell_discord(self) -> None:
        url = self.settings.discord_webhook_url
        if url is None:
            return
        try:
            with open_database(self.settings) as database:
                self._tell_news(database, url.get_secret_value())
        except DatabaseError as error:
            log.warning("Discord is not told what is new: %s", error)

    def _tell_news(self, database: Database, url: str) -> None:
        """A kill between the two loses nothing: the next run tells again."""
        happenings = self._untold(database)
        items = digest(happenings, self.now())
        if not items:
            return
        message = message_of(items)
        answer = self._deliver("SGSYNC_DISCORD_WEBHOOK_URL", url, json.dumps(message.payload).encode(), _JSON)
        if answer is None:
            return
        with database.transaction() as connection:
            if answer.is_taken:
                left_out = behind(message.left_out, happenings)
                news.note_told(connection, _DISCORD, happenings, left_out, self.now())
            elif answer.retry_after:
                news.note_patience(connection, _DISCORD, self.now() + _patience(answer.retry_after))

    def _untold(self, database: Database) -> tuple[Happening, ...]:
        """In turn with the imports: what another run is writing has smaller numbers and is not there yet."""
        moment = self.now()
        with database.told_plainly(), database.exclusive_transaction() as connection:
            if news.wants_patience(connection, _DISCORD, moment):
                return ()
            if self.settings.crew_warning:
                news.note_missing_crew(connection, moment, moment + self.settings.crew_warning)
            return news.read_untold(connection, _DISCORD, moment - NEWS_LAST)

    def _deliver(self, setting: str, url: str, body: bytes, content_type: str) -> Answer | None:
        """What the receiver said, if it was reached. The name of the setting says where: the address is a secret."""
        try:
            answer = self._post_patiently(url, body, content_type)
        except UndeliveredError as error:
            log.warning("The address in %s was not told: %s", setting, error)
            return None
        if not answer.is_taken:
            log.warning("The address in %s did not take it: HTTP %d", setting, answer.status)
        return answer

    def _post_patiently(self, url: str, body: bytes, content_type: str) -> Answer:
        answer = self.post(url, body, content_type)
        wait = answer.retry_after
        if answer.status != HTTPStatus.TOO_MANY_REQUESTS or wait is None or not 0 <= wait <= _LONGEST_WAIT:
            return answer
        self.sleep(wait)
        return self.post(url, body, content_type)


def _patience(seconds: float) -> timedelta:
    """How long to leave somebody alone who asks for so many `seconds`; then it would be no news any more."""
    return timedelta(seconds=min(max(seconds, 0), NEWS_LAST.total_seconds()))


@contextmanager
def _warned_only() -> Iterator[None]:
    """Whatever goes wrong in the block, the import goes its way."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - and its message may hold an address
        log.warning("Telling others went wrong in a way that sgsync does not know: %s", type(error).__name__)
