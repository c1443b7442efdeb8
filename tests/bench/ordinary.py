"""The ordinary way: an ORM, row by row, look before you write, one commit per episode.

`python -m tests.bench.ordinary URL API_URL`. It knows nothing of aliases, local edits or vanished
episodes; it only brings the same schedules into the same tables of the application.
"""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from sgsync.database import tables as t
from tests.feed_json import Json

_CREW = {"commentators": "commentator", "trackers": "tracker", "broadcasters": "restreamer"}


def main(url: str, api_url: str) -> None:
    with Session(create_engine(url)) as session, httpx.Client() as client:
        enabled = select(t.Tournament).where(t.Tournament.speedgaming_enabled).order_by(t.Tournament.id)
        for tournament in session.scalars(enabled).all():
            for episode in _schedule(client, api_url, tournament.speedgaming_event_slug):
                _import(session, tournament, episode)
                session.commit()


def _schedule(client: httpx.Client, api_url: str, slug: str | None) -> Iterable[Json]:
    now = datetime.now(UTC)
    window = {"from": now.isoformat(), "to": (now + timedelta(days=30)).isoformat()}
    answer = client.get(f"{api_url}/schedule/", params={"event": slug, **window})
    episodes: list[Json] = answer.raise_for_status().json()
    return episodes


def _import(session: Session, tournament: t.Tournament, episode: Json) -> None:
    match = _match(session, tournament, episode)
    roster = {(match.id, _user(session, "sg_", person).id) for person in episode["match1"]["players"]}
    for match_id, user_id in roster:
        _row(session, t.MatchPlayer, match_id=match_id, user_id=user_id)
        _row(session, t.TournamentPlayer, tournament_id=tournament.id, user_id=user_id)
        _row(session, t.OrganizationMember, organization_id=tournament.organization_id, user_id=user_id)
    for seat in session.scalars(select(t.MatchPlayer).where(t.MatchPlayer.match_id == match.id)):
        if (seat.match_id, seat.user_id) not in roster:
            session.delete(seat)
    crew = {
        (_user(session, "sg_crew_", person).id, role)
        for name, role in _CREW.items()
        for person in episode[name]
    }
    for user_id, role in crew:
        _row(session, t.Crew, match_id=match.id, user_id=user_id, role=role).approved = True
        _row(session, t.OrganizationMember, organization_id=tournament.organization_id, user_id=user_id)
    for member in session.scalars(select(t.Crew).where(t.Crew.match_id == match.id)):
        if (member.user_id, member.role) not in crew:
            session.delete(member)


def _match(session: Session, tournament: t.Tournament, episode: Json) -> t.Match:
    match = session.scalar(select(t.Match).where(t.Match.speedgaming_episode_id == episode["id"]))
    if match is None:
        match = t.Match(speedgaming_episode_id=episode["id"], tournament_id=tournament.id)
        session.add(match)
    match.scheduled_at = datetime.fromisoformat(episode["whenCountdown"])
    match.title = episode["match1"]["title"]
    match.comment = f"Imported from SpeedGaming (Episode {episode['id']})"
    match.stream_channel_id = _channel(session, tournament, episode["channels"][0]["name"]).id
    session.flush()
    return match


def _channel(session: Session, tournament: t.Tournament, name: str) -> t.StreamChannel:
    channel = session.scalar(select(t.StreamChannel).where(t.StreamChannel.name == name))
    if channel is None:
        channel = t.StreamChannel(name=name, organization_id=tournament.organization_id)
        channel.stream_url = f"https://twitch.tv/{name.lower()}"
        session.add(channel)
        session.flush()
    return channel


def _user(session: Session, prefix: str, person: Json) -> t.User:
    placeholder = f"{prefix}{person['id']}"
    discord_id = int(person["discordId"] or 0)
    same = (
        t.User.discord_id == discord_id
        if discord_id
        else (t.User.discord_username == placeholder) & t.User.is_placeholder
    )
    user = session.scalar(select(t.User).where(same))
    if user is None:
        user = t.User(
            discord_id=discord_id, is_placeholder=not discord_id, display_name=person["displayName"]
        )
        user.discord_username = person["discordTag"] if discord_id else placeholder
        session.add(user)
        session.flush()
    return user


def _row(session: Session, model: type[Any], **key: object) -> Any:
    row = session.scalars(select(model).filter_by(**key)).first()
    if row is None:
        row = model(**key)
        session.add(row)
        session.flush()
    return row


if __name__ == "__main__":
    main(*sys.argv[1:])
