"""Who is who, as far as the database has a say: matched, made, registered, once each."""

from tests.feed_json import Json, make_crew, make_episode, make_player
from tests.scene import Scene

AURELIO = 214358881903001601
USER = "SELECT ctid, xmin::text, * FROM users WHERE id = %s"


def lone_episode(*players: Json, **fields: object) -> Json:
    """An episode with these players and no crew."""
    return make_episode(75000, *players, **{"commentators": [], **fields})


def test_a_known_user_is_matched_by_discord_id_and_stays_as_he_is(scene: Scene) -> None:
    known = scene.add_user(AURELIO, "Somebody Else")
    before = scene.rows(USER, known)
    scene.episodes = [lone_episode(make_player())]
    scene.import_all()
    assert scene.column("SELECT user_id FROM matchplayers") == [known]
    assert scene.rows(USER, known) == before


def test_a_known_user_becomes_a_member_and_is_registered(scene: Scene) -> None:
    known = scene.add_user(AURELIO)
    scene.episodes = [lone_episode(make_player())]
    scene.import_all()
    assert scene.rows("SELECT organization_id, user_id FROM organizationmember") == [(1, known)]
    assert scene.rows("SELECT tournament_id, user_id FROM tournamentplayers") == [(1, known)]


def test_a_member_and_registered_player_is_left_at_that(scene: Scene) -> None:
    known = scene.add_user(AURELIO)
    scene.execute("INSERT INTO organizationmember (organization_id, user_id) VALUES (1, %s)", known)
    scene.execute("INSERT INTO tournamentplayers (tournament_id, user_id) VALUES (1, %s)", known)
    scene.episodes = [lone_episode(make_player())]
    scene.import_all()
    assert (scene.count("organizationmember"), scene.count("tournamentplayers")) == (1, 1)


def test_crew_is_a_member_but_no_player(scene: Scene) -> None:
    scene.episodes = [lone_episode(make_player(), commentators=[make_crew()])]
    scene.import_all()
    assert (scene.count("organizationmember"), scene.count("tournamentplayers")) == (2, 1)


def test_an_unknown_discord_id_makes_an_ordinary_user(scene: Scene) -> None:
    scene.episodes = [lone_episode(make_player(discordTag="aurelio#4821"))]
    scene.import_all()
    assert scene.rows(
        "SELECT discord_id, discord_username, discord_discriminator, display_name, is_placeholder, is_active"
        " FROM users"
    ) == [(AURELIO, "aurelio", "4821", "Aurelio", False, True)]


def test_who_has_no_discord_id_gets_a_placeholder(scene: Scene) -> None:
    scene.episodes = [
        lone_episode(
            make_player(4377, "Bitwing", discordId="", streamingFrom="bitwingtv"),
            trackers=[make_crew(88103, "Rosetta", discordId="", publicStream="")],
        )
    ]
    scene.import_all()
    assert scene.rows(
        "SELECT discord_id, discord_username, display_name, is_placeholder FROM users ORDER BY id"
    ) == [(0, "sg_4377", "bitwingtv", True), (0, "sg_crew_88103", "Rosetta", True)]


def test_the_same_volunteer_with_a_new_sign_up_is_the_same_placeholder(scene: Scene) -> None:
    rosetta = make_crew(88103, "Rosetta", discordId="", discordTag="")
    scene.episodes = [make_episode(75000, commentators=[rosetta])]
    scene.import_all()
    scene.episodes = [make_episode(75001, commentators=[rosetta | {"id": 88119}])]
    scene.import_all()
    assert scene.column("SELECT count(DISTINCT user_id) FROM crew") == [1]
    assert scene.column("SELECT discord_username FROM users WHERE discord_username ~ '^sg_crew'") == [
        "sg_crew_88103"
    ]


def test_a_placeholder_becomes_the_user_whose_discord_id_appears(scene: Scene) -> None:
    scene.episodes = [lone_episode(make_player(4211, discordId="", discordTag=""))]
    scene.import_all()
    placeholder = scene.value("SELECT id FROM users WHERE is_placeholder")
    scene.episodes = [make_episode(75001, make_player(4211), commentators=[])]
    scene.import_all()
    assert scene.rows("SELECT id, discord_id, discord_username, is_placeholder FROM users") == [
        (placeholder, AURELIO, "aurelio", False)
    ]


def test_who_loses_his_discord_id_stays_himself(scene: Scene) -> None:
    known = scene.add_user(AURELIO)
    scene.episodes = [lone_episode(make_player())]
    scene.import_all()
    scene.episodes = [make_episode(75001, make_player(discordId=""), commentators=[])]
    scene.import_all()
    assert scene.column("SELECT user_id FROM matchplayers") == [known, known]


def test_a_user_of_another_organization_joins_this_one(scene: Scene) -> None:
    known = scene.add_user(AURELIO)
    other = scene.add_organization("Another League")
    scene.execute("INSERT INTO organizationmember (organization_id, user_id) VALUES (%s, %s)", other, known)
    scene.episodes = [lone_episode(make_player())]
    scene.import_all()
    assert scene.column("SELECT organization_id FROM organizationmember ORDER BY 1") == [1, other]


def test_who_has_a_discord_id_keeps_it_although_he_is_still_flagged_as_a_placeholder(scene: Scene) -> None:
    scene.execute(
        "INSERT INTO users (discord_id, discord_username, is_placeholder) VALUES (555, 'sg_7', true)"
    )
    scene.episodes = [lone_episode(make_player(7, "Bob", discordId="777", discordTag="bob"))]
    scene.import_all()
    assert scene.column("SELECT discord_id FROM users ORDER BY id") == [555, 777]
    assert scene.column("SELECT discord_username FROM users ORDER BY id") == ["sg_7", "bob"]
    scene.execute("UPDATE users SET is_placeholder = false")  # as the application would have to
