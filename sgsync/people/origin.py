"""Where a placeholder comes from, told by its user name: `sg_11111`, `sg_crew_88103`."""

import re

from sgsync.snapshot.values import AliasKey, AliasKind

_PLAYER = re.compile(r"sg_(\d{1,18})", re.ASCII)
_CREW = re.compile(r"sg_crew_(\d{1,18})", re.ASCII)


def player_id_in(username: str) -> int | None:
    found = _PLAYER.fullmatch(username)
    return int(found[1]) if found else None


def crew_id_in(username: str) -> int | None:
    found = _CREW.fullmatch(username)
    return int(found[1]) if found else None


def player_alias_in(username: str) -> AliasKey | None:
    """The alias that a player's placeholder stands for, also when an importer without aliases made it."""
    player_id = player_id_in(username)
    return None if player_id is None else AliasKey(AliasKind.PLAYER, str(player_id))
