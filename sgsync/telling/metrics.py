"""A run's numbers for node_exporter's textfile collector."""

from datetime import datetime
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile
from prometheus_client.parser import text_string_to_metric_families

from sgsync.report import COUNTS, TournamentReport
from sgsync.telling.ending import Ending

LAST_SUCCESS = "sgsync_last_success_timestamp_seconds"
_TOURNAMENT = ("tournament", "slug")


def write_metrics(file: Path, ending: Ending, started: datetime, ended: datetime) -> None:
    """Replace `file` in one step, so that nobody reads half of it. Raises OSError."""
    success = ended.timestamp() if ending.is_well else last_success(file)
    write_to_textfile(str(file), registry_of(ending, started, ended, success))


def registry_of(
    ending: Ending, started: datetime, ended: datetime, success: float | None
) -> CollectorRegistry:
    """The numbers of one run; `success` is when one last went well."""
    registry = CollectorRegistry()
    single = {
        "sgsync_last_run_timestamp_seconds": ("When the last run ended.", ended.timestamp()),
        "sgsync_last_run_duration_seconds": ("How long it took.", (ended - started).total_seconds()),
        "sgsync_last_run_exit_code": ("How it ended: 0 is well.", ending.exit_code),
        LAST_SUCCESS: ("When a run last ended with exit code 0.", success),
    }
    for name, (meaning, value) in single.items():
        if value is not None:
            Gauge(name, meaning, registry=registry).set(value)
    _add_tournaments(registry, ending)
    return registry


def _add_tournaments(registry: CollectorRegistry, ending: Ending) -> None:
    episodes = Gauge(
        "sgsync_last_run_episodes",
        "Episodes by what became of them; `fetched` are all.",
        (*_TOURNAMENT, "result"),
        registry=registry,
    )
    problems = Gauge("sgsync_last_run_problems", "Problems of a tournament.", _TOURNAMENT, registry=registry)
    for report in ending.report.tournaments:
        problems.labels(*_labels(report)).set(len(report.problems))
        for count in COUNTS:
            episodes.labels(*_labels(report), count).set(getattr(report, count))


def _labels(report: TournamentReport) -> tuple[str, str]:
    return str(report.id), report.slug or ""


def last_success(file: Path) -> float | None:
    """What `file` says of it: a run that fails must not forget it."""
    try:
        families = list(text_string_to_metric_families(file.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return None
    values = (sample.value for family in families for sample in family.samples if sample.name == LAST_SUCCESS)
    return next(values, None)
