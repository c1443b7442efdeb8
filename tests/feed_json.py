"""Builders of SpeedGaming's wire JSON: an ordinary value each, with any field overridden.

Overrides have the feed's own names: `make_player(5, discordId="")`.
"""

from typing import Any

Json = dict[str, Any]


def make_player(player_id: Any = 4211, name: str = "Aurelio", **fields: Any) -> Json:
    return {
        "id": player_id,
        "displayName": name,
        "discordId": "214358881903001601",
        "discordTag": name.lower(),
        "publicStream": "",
        "streamingFrom": name,
        **fields,
    }


def make_crew(signup_id: Any = 88101, name: str = "Quill", **fields: Any) -> Json:
    return {
        "id": signup_id,
        "displayName": name,
        "discordId": "811000000000000001",
        "discordTag": name.lower(),
        "publicStream": name.lower(),
        "approved": True,
        "ready": True,
        "partner": "",
        "language": "en",
        **fields,
    }


def make_match(*players: Any, **fields: Any) -> Json:
    return {"id": 41003, "title": "Standard - Week 1", "note": "", "players": list(players), **fields}


def make_channel(name: str = "SpeedGaming", **fields: Any) -> Json:
    return {"id": 25, "name": name, "slug": name.lower(), "initials": "S", "language": "en", **fields}


def make_event(slug: str = "alttprleague", **fields: Any) -> Json:
    return {"id": 612, "slug": slug, "name": "ALTTPR League", "shortName": "League", "active": True, **fields}


def make_episode(episode_id: Any = 75000, *players: Any, **fields: Any) -> Json:
    """An episode of one match between `players`, or between two ordinary ones."""
    return {
        "id": episode_id,
        "title": "",
        "when": "2026-11-28T18:00:00+00:00",
        "whenCountdown": "2026-11-28T18:10:00+00:00",
        "length": 90,
        "timezone": "",
        "approved": True,
        "externalRestream": False,
        "event": make_event(),
        "match1": make_match(*(players or (make_player(), make_player(4377, "Bitwing", discordId="")))),
        "match2": None,
        "channels": [make_channel()],
        "commentators": [make_crew()],
        "trackers": [],
        "broadcasters": [],
        "helpers": [],
        **fields,
    }
