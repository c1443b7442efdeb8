"""The log on stderr: `LEVEL: message` for people and cron mails, or one JSON object a line."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from sgsync.text import clean


def _harmless(line: str) -> str:
    """`line` of a traceback cleaned, with its indentation and more: an error's own words may look like a log line."""
    indentation = len(line) - len(line.lstrip(" "))
    return " " * (indentation + 2) + clean(line)


class TextFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = f"{record.levelname}: {clean(record.getMessage())}"
        if not record.exc_info:
            return line
        traceback = (_harmless(part) for part in self.formatException(record.exc_info).splitlines())
        return "\n".join((line, *traceback))


class JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": clean(record.getMessage()),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)


def write_to(stream: TextIO) -> None:
    """Send the log somewhere else from now on: above a progress bar, and back."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(stream)


def configure(*, quiet: bool = False, verbose: bool = False, as_json: bool = False) -> None:
    """Send sgsync's log to stderr: problems only, everything, or what happened."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if as_json else TextFormatter())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)  # libraries speak up when something is wrong
    level = logging.WARNING if quiet else logging.DEBUG if verbose else logging.INFO
    logging.getLogger("sgsync").setLevel(level)
