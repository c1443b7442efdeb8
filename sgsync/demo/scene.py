"""What the demo starts from: an organization, two tournaments, a few people, and a schedule near now."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from sgsync.database import tables as t
from sgsync.database.engine import Database
from sgsync.database.writes import insert_rows

EVENTS = {"alttprleague": "ALTTPR League, autumn", "sglive26": "SpeedGaming Live qualifiers"}
KNOWN, HELD = 74612, 74641
"""Episodes of the first event: one that is imported, and one whose times are not to be trusted yet."""

_PEOPLE = {  # who has signed in to the application already
    "aurelio": 214358881903001601,
    "hollis.k": 623401190228140032,
    "quill": 811000000000000001,
    "vellum": 811000000000000006,
}
_TIMES = ("when", "whenCountdown")


def set_scene(database: Database) -> None:
    """Put into an empty, migrated database what an application would hold."""
    with database.transaction() as connection:
        if connection.scalar(sa.select(sa.func.count()).select_from(t.Organization)):
            return
        organization = insert_rows(connection, t.Organization, [{"name": "Demo League"}], t.Organization.id)[
            0
        ].id
        insert_rows(
            connection,
            t.Tournament,
            [
                {
                    "name": name,
                    "organization_id": organization,
                    "racetime_auto_create_rooms": True,
                    "speedgaming_enabled": True,
                    "speedgaming_event_slug": slug,
                }
                for slug, name in EVENTS.items()
            ],
        )
        people = [
            {"discord_id": discord_id, "discord_username": name, "display_name": name.title()}
            for name, discord_id in _PEOPLE.items()
        ]
        insert_rows(connection, t.User, people)


def write_schedules(folder: Path, now: datetime) -> None:
    """Write the bundled schedules into `folder`, unless they are there, moved so that they start soon.

    Once written they stay, so that the next demo finds nothing new; whoever edits them sees the change.
    """
    folder.mkdir(parents=True, exist_ok=True)
    samples = {slug: _sample(slug) for slug in EVENTS}
    first = min(_starts(episodes) for episodes in samples.values())
    soon = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    for slug, episodes in samples.items():
        file = folder / f"{slug}.json"
        if not file.exists():
            file.write_text(
                json.dumps(_moved(episodes, soon - first), indent=1, ensure_ascii=False), encoding="utf-8"
            )


def reader_of(folder: Path) -> Callable[[], list[Any]]:
    """What reads all schedules in `folder` as they are at the time."""
    return lambda: [
        episode
        for file in sorted(folder.glob("*.json"))
        for episode in json.loads(file.read_text(encoding="utf-8"))
    ]


def _sample(slug: str) -> list[dict[str, Any]]:
    text = files("sgsync.demo").joinpath("samples", f"{slug}.json").read_text(encoding="utf-8")
    episodes: list[dict[str, Any]] = json.loads(text)
    return episodes


def _starts(episodes: list[dict[str, Any]]) -> datetime:
    return min(datetime.fromisoformat(episode["when"]) for episode in episodes)


def _moved(episodes: list[dict[str, Any]], distance: timedelta) -> list[dict[str, Any]]:
    return [
        {
            **episode,
            **{
                key: (datetime.fromisoformat(episode[key]) + distance).isoformat()
                for key in _TIMES
                if episode[key]
            },
        }
        for episode in episodes
    ]
