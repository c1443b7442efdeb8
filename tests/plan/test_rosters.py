"""Who stands in a new match, and what else they need: memberships and registrations."""

from sgsync.plan.actions import Plan, PlannedSignup
from sgsync.snapshot.values import Alias, Role
from tests.feed_json import make_crew, make_match, make_player
from tests.plan.episodes import episode, plan_for
from tests.snapshots import make_placeholder, make_snapshot, make_user, player_key

ANN, BEN = make_player(1, "Ann", discordId="100"), make_player(2, "Ben", discordId="101")


def signups(plan: Plan, *roles: Role) -> list[PlannedSignup]:
    (match,) = plan.new_matches
    return [signup for signup in match.signups if signup.role in roles]


def test_a_roster_lists_nobody_twice() -> None:
    second_account = make_player(3, "Ann again", discordId="100")
    plan = plan_for(
        episode(match1=make_match(ANN, BEN, ANN), match2=make_match(second_account, BEN)),
        snapshot=make_snapshot(make_user(7, 100), make_user(8, 101)),
    )
    players = signups(plan, Role.PLAYER)
    assert [(player.person, player.name, player.feed_ids) for player in players] == [
        (7, "Ann", (1, 3)),
        (8, "Ben", (2,)),
    ]


def test_a_roster_is_any_number_of_players() -> None:
    for count in (1, 3, 9):
        players = [make_player(number, f"P{number}", discordId="") for number in range(1, count + 1)]
        assert len(signups(plan_for(episode(75000, *players)), Role.PLAYER)) == count


def test_the_crew_has_the_applications_roles_and_the_feeds_approval() -> None:
    plan = plan_for(
        episode(
            commentators=[make_crew(1, discordId="", discordTag="a")],
            trackers=[make_crew(2, discordId="", discordTag="b", approved=False)],
            broadcasters=[make_crew(3, discordId="", discordTag="c")],
            helpers=[make_crew(4, discordId="", discordTag="d")],
        )
    )
    crew = signups(plan, Role.COMMENTATOR, Role.TRACKER, Role.RESTREAMER)
    assert [(each.role.value, each.approved) for each in crew] == [
        ("commentator", True),
        ("tracker", False),
        ("restreamer", True),
    ]


def test_the_same_commentator_in_two_languages_is_one_row_approved_if_either_is() -> None:
    plan = plan_for(
        episode(
            commentators=[
                make_crew(1, approved=False, language="en"),
                make_crew(2, approved=True, language="de"),
            ]
        )
    )
    (quill,) = signups(plan, Role.COMMENTATOR)
    assert (quill.feed_ids, quill.approved) == ((1, 2), True)


def test_somebody_may_play_and_comment_and_track_the_same_match() -> None:
    crew = make_crew(9, discordId="100")
    plan = plan_for(episode(75000, ANN, BEN, commentators=[crew], trackers=[crew]))
    assert [each.role.value for each in signups(plan, *Role) if each.person == "discord:100"] == [
        "player",
        "commentator",
        "tracker",
    ]


def test_everybody_becomes_a_member_once_and_only_where_lacking() -> None:
    snapshot = make_snapshot(make_user(7, 100, is_member=True), make_user(8, 101))
    crew = make_crew(9, discordId="102")
    plan = plan_for(
        episode(75000, ANN, BEN, commentators=[crew]),
        episode(75001, ANN, BEN, commentators=[], trackers=[crew]),
        snapshot=snapshot,
    )
    assert plan.new_members == (8, "discord:102")


def test_players_are_registered_once_and_only_where_lacking_and_crew_never_is() -> None:
    snapshot = make_snapshot(make_user(7, 100, is_registered=True), make_user(8, 101), make_user(9, 102))
    crew = make_crew(9, discordId="102")
    plan = plan_for(
        episode(75000, ANN, BEN, commentators=[crew]),
        episode(75001, ANN, BEN, commentators=[crew]),
        snapshot=snapshot,
    )
    assert plan.new_registrations == (8,)


def test_a_placeholder_and_an_upgraded_one_belong_like_anybody() -> None:
    snapshot = make_snapshot(make_placeholder(7, "sg_1"), aliases=[Alias(player_key(1), 7)])
    unknown = make_player(2, "Ben", discordId="")
    plan = plan_for(episode(75000, ANN, unknown, commentators=[]), snapshot=snapshot)
    assert [upgrade.user_id for upgrade in plan.identities.upgrades] == [7]
    assert plan.new_registrations == plan.new_members == (7, "sg_2")


def test_one_person_in_many_episodes_is_created_once() -> None:
    plan = plan_for(*(episode(number, ANN, BEN, commentators=[]) for number in range(1, 20)))
    assert [user.discord_id for user in plan.identities.new_users] == [100, 101]
