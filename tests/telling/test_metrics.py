"""The file for node_exporter: whole at every moment, and it remembers the last success."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sgsync.errors import DatabaseUnreachableError
from sgsync.telling.ending import Ending
from sgsync.telling.metrics import write_metrics
from tests.scene import Scene, logged_lines, unused_url
from tests.telling.conftest import episode_in

STARTED, ENDED = (datetime(2030, 5, 1, 12, minute, tzinfo=UTC) for minute in (0, 1))
LATER = datetime(2030, 5, 1, 13, tzinfo=UTC)


def samples(file: Path) -> dict[tuple[str, ...], float]:
    """The values by name, tournament and result."""
    families = text_string_to_metric_families(file.read_text(encoding="utf-8"))
    return {
        (
            sample.name.removeprefix("sgsync_last_"),
            *(sample.labels[label] for label in ("tournament", "slug", "result") if label in sample.labels),
        ): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sgsync.prom"


def test_the_numbers_of_a_run(scene: Scene, file: Path) -> None:
    scene.add_tournament("nobody-knows-this")
    scene.episodes = [episode_in(30), "malformed"]
    scene.import_all(metrics_file=file)
    found = samples(file)
    assert found["run_exit_code",] == 1
    assert ("success_timestamp_seconds",) not in found
    assert found["run_duration_seconds",] > 0
    assert found["run_episodes", "1", "alttprleague", "fetched"] == 2
    assert found["run_episodes", "1", "alttprleague", "imported"] == 1
    assert found["run_episodes", "1", "alttprleague", "failed"] == 1
    assert found["run_problems", "1", "alttprleague"] == 1
    assert found["run_problems", "2", "nobody-knows-this"] == 1


def test_a_failed_run_remembers_the_last_success(file: Path) -> None:
    write_metrics(file, Ending(0, "ok"), STARTED, ENDED)
    write_metrics(file, Ending(5, "unreachable"), LATER, LATER)
    found = samples(file)
    assert found["success_timestamp_seconds",] == ENDED.timestamp()
    assert found["run_timestamp_seconds",] == LATER.timestamp()
    assert found["run_exit_code",] == 5


def test_a_damaged_file_is_replaced(file: Path) -> None:
    file.write_bytes(b"\xff not { metrics")
    write_metrics(file, Ending(1, "problems"), STARTED, ENDED)
    assert samples(file)["run_exit_code",] == 1


def test_a_run_without_a_database_leaves_numbers_too(scene: Scene, file: Path) -> None:
    with pytest.raises(DatabaseUnreachableError):
        scene.import_all(metrics_file=file, database_url=unused_url(scene.url, database="nobody_made_it"))
    assert samples(file)["run_exit_code",] == 4


def test_the_file_is_replaced_in_one_step(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_metrics(file, Ending(0, "ok"), STARTED, ENDED)
    before = file.read_bytes()

    def refuse(*_: Any) -> None:
        assert file.read_bytes() == before, "until the rename, readers see the old file"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OSError, match="No space"):
        write_metrics(file, Ending(1, "problems"), LATER, LATER)
    assert file.read_bytes() == before
    assert list(file.parent.iterdir()) == [file]


def test_a_folder_that_is_not_there_is_a_warning(scene: Scene, file: Path) -> None:
    with logged_lines() as lines:
        report = scene.import_all(metrics_file=file.parent / "nowhere" / "sgsync.prom")
    assert report.exit_code == 0
    assert [line for line in lines if "cannot be written" in line and "No such file" in line]


def test_a_dry_run_writes_no_metrics(scene: Scene, file: Path) -> None:
    scene.import_all(metrics_file=file, dry_run=True)
    assert not file.exists()
