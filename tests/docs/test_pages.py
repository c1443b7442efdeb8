"""What the pages say of the database, of metrics, of cron and systemd, and where their links lead."""

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sgsync.database.tables import SCHEMA, Base
from sgsync.report import RunReport, TournamentReport
from sgsync.telling.ending import Ending
from sgsync.telling.metrics import registry_of
from tests.docs.pages import CRONTAB, PAGES, UNITS, tables_of
from tests.docs.reference import CHECKOUT

SCHEMA_PAGE = CHECKOUT / "docs" / "schema.md"
OPERATING_PAGE = CHECKOUT / "docs" / "operating.md"
LINK = re.compile(r"\]\(([^)#]*)(?:#([^)]*))?\)")
NOW = datetime(2030, 5, 1, tzinfo=UTC)


def test_the_database_page_has_every_table_of_ours() -> None:
    ours = {table.name for table in Base.metadata.sorted_tables if table.schema == SCHEMA}
    documented = {row[0].strip("`") for row in tables_of(SCHEMA_PAGE, "table in `sgsync`")}
    assert documented == ours | {"alembic_version"}


def test_the_database_page_has_every_column_of_the_applications() -> None:
    theirs = {
        table.name: {column.name for column in table.columns}
        for table in Base.metadata.sorted_tables
        if table.schema is None
    }
    documented = {
        row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1])) for row in tables_of(SCHEMA_PAGE, "table")
    }
    assert documented == theirs


def test_the_operating_page_has_every_metric() -> None:
    report = RunReport((TournamentReport(5, "Season 9", "league"),))
    metrics = registry_of(Ending(0, "ok", report), NOW, NOW, NOW.timestamp()).collect()
    found = {
        metric.name: {label for sample in metric.samples for label in sample.labels} for metric in metrics
    }
    documented = {
        row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1])) for row in tables_of(OPERATING_PAGE, "metric")
    }
    assert documented == found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        file = page.parent / target if target else page
        assert file.is_file(), target
        headings = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert not anchor or anchor in {heading.lower().replace(" ", "-") for heading in headings}


def test_every_page_is_linked_from_the_readme() -> None:
    targets = {target for target, _ in LINK.findall((CHECKOUT / "README.md").read_text(encoding="utf-8"))}
    assert {f"docs/{page.name}" for page in PAGES if page.parent.name == "docs"} <= targets


def test_the_crontab_has_a_line_for_each_duty() -> None:
    lines = [
        line
        for line in CRONTAB.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#") and not re.match(r"[A-Z]+=", line)
    ]
    assert all(re.match(r'(?:[\d*/]+ ){5}cd "\$HOME/sgsync" && ', line) for line in lines)
    assert not any("%" in line for line in lines), "cron makes a new line of it"
    assert all("--quiet" in line for line in lines)
    for duty in ("import-all", "prune", "status"):
        assert any(f"sgsync {duty} " in line for line in lines)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = tmp_path / "sgsync"
    program.touch(mode=0o755)
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/sgsync/.venv/bin/sgsync", str(program))
        (tmp_path / unit.name).write_text(text, encoding="utf-8")
    units = [str(tmp_path / unit.name) for unit in UNITS]
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    about_ours = [line for line in verified.stderr.splitlines() if "sgsync" in line]
    assert (verified.returncode, about_ours) == (0, [])
