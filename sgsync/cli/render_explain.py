"""What is known of one episode on all sides made visible, the reason first."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from sgsync.cli.render import print_events
from sgsync.cli.render_feed import print_verdicts
from sgsync.cli.render_plans import plan_lines
from sgsync.cli.render_table import Meaning, marked, print_lines, print_paragraphs, print_table
from sgsync.durations import from_now
from sgsync.explain.values import Answer, Evidence, Explanation, Why
from sgsync.fetch.answers import Schedule
from sgsync.looking.verdicts import judge
from sgsync.snapshot.values import MatchFields
from sgsync.text import clean

_GOOD = {Why.UP_TO_DATE, Why.WAITING}
_BAD = {
    Why.NO_ANSWER,
    Why.MALFORMED,
    Why.NO_TOURNAMENT,
    Why.NOT_ENABLED,
    Why.NOT_ON_SPEEDGAMING,
    Why.FAILED,
}


def print_explanation(explanation: Explanation, language: str, now: datetime) -> None:
    reason, evidence = explanation.reason, explanation.evidence
    meaning = Meaning.GOOD if reason.why in _GOOD else Meaning.BAD if reason.why in _BAD else Meaning.DOUBTFUL
    head = marked(f"Episode {evidence.episode_id}: ", None).append(" ").append(reason.why, meaning.value)
    print_paragraphs([head, f"{clean(reason.sentence).removesuffix('.')}."])
    print_paragraphs(line for action in reason.actions for line in plan_lines(action, now))
    _print_feed(evidence, language, now)
    print_paragraphs(["", *_known(evidence, now), "", *_match(evidence, now)])
    if evidence.entry or evidence.match:
        _print_people(evidence)
    if explanation.history:
        print_lines(["", "What happened last:"])
        print_events(explanation.history)


def _print_feed(evidence: Evidence, language: str, now: datetime) -> None:
    feed = evidence.feed
    if feed.answer is not Answer.FOUND or feed.episode is None:
        words = clean(feed.sentence or feed.answer)
        print_paragraphs(["", words if "SpeedGaming" in words else f"SpeedGaming: {words}"])
        return
    print_lines(["", f"SpeedGaming has it in the event {clean(feed.event or 'none')}:"])
    (verdict,) = judge(Schedule((feed.episode,)), None)
    print_verdicts([replace(verdict, why_not=None)], language, now)  # that is the reason, and has been said


def _known(evidence: Evidence, now: datetime) -> Iterator[str]:
    entry = evidence.entry
    if entry is None:
        yield "sgsync has never imported it."
        return
    yield f"sgsync imported it ({entry.state}), last as: {_fields(entry.base, evidence, now)}"
    for alias in evidence.aliases:
        who = f"{evidence.name_of(alias.user_id)} (user {alias.user_id})"
        yield "  " + clean(f"{alias.key.kind} {alias.key.value} is {who}")


def _match(evidence: Evidence, now: datetime) -> Iterator[str]:
    match = evidence.match
    if match is None:
        yield "The application has no match for it."
        return
    frozen = f"; frozen: {match.frozen_by}" if match.frozen_by else ""
    yield f"The application has match {match.id}: {_fields(match.fields, evidence, now)}{frozen}"


def _fields(fields: MatchFields, evidence: Evidence, now: datetime) -> str:
    start = fields.scheduled_at
    when = f"{start:%Y-%m-%d %H:%M} UTC ({from_now(start, now)})" if start else "no time"
    channel = evidence.channel_name(fields.channel) or "no stream"
    return clean(f"{when}, '{fields.title or ''}' on {channel}, tournament {fields.tournament_id}")


def _print_people(evidence: Evidence) -> None:
    """Everybody in the match or in sgsync's memory of it."""
    there = {(row.role, row.user_id): row for row in evidence.match.entries} if evidence.match else {}
    remembered = {(signup.role, signup.user_id): signup for signup in evidence.signups}
    print_table(
        ("Role", "User", "Name", "Imported as", "In the match"),
        (
            (
                role,
                user_id,
                evidence.name_of(user_id),
                ", ".join(map(str, remembered[role, user_id].feed_ids))
                if (role, user_id) in remembered
                else None,
                _presence(there[role, user_id].approved, role) if (role, user_id) in there else None,
            )
            for role, user_id in dict.fromkeys((*there, *remembered))
        ),
        empty="Nobody is in it.",
    )


def _presence(approved: bool, role: str) -> str:
    return "yes" if role == "player" or approved else "yes, not approved"
