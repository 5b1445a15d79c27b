"""What the pages answer. Who may open which is in tests/permissions_test.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from blueroom.room import actions
from blueroom.room.actor import house
from blueroom.room.models import (
    Invitation,
    Membership,
    Person,
    Role,
    Room,
    Session,
    SessionState,
    Token,
)

PASSWORD = "une phrase assez longue"


@pytest.fixture
def producer(make_member: Callable[..., Membership], client: Client) -> Client:
    """A browser in which a producer, who speaks English, is logged in."""
    member = make_member(Role.PRODUCER, "Ana")
    Person.objects.filter(pk=member.person.pk).update(language="en")
    client.login(username="ana@example.org", password=PASSWORD)
    return client


def plan(**changes: object) -> dict[str, object]:
    return {
        "guest": "David Guetta",
        "hashtags": "#AskGuetta",
        "title": "",
        "date": "2026-12-01",
        "time": "20:30",
        "minutes": "60",
        "languages": ["fr", "en"],
        "format": "interview",
    } | changes


def invitation_of(room: Room, role: str = "moderator") -> str:
    _, secret = actions.invite(room=room, role=role, now=timezone.now(), by=house(room.pk))
    return f"/welcome/{secret}/"


def test_home_lists_sessions_at_the_same_cost_whatever_their_number(
    producer: Client, session: Session, room: Room, django_assert_num_queries: Callable[..., object]
) -> None:
    producer.get("/")
    with django_assert_num_queries(5):
        one = producer.get("/").content.decode()
    for guest in ("David Guetta", "Claire Vallée"):
        actions.plan_session(
            room=room,
            guest=guest,
            hashtags=["Ask"],
            starts_at=datetime(2026, 12, 1, tzinfo=UTC),
            now=timezone.now(),
            by=house(room.pk),
        )
    with django_assert_num_queries(5):
        three = producer.get("/").content.decode()

    assert (one.count('class="session '), three.count('class="session ')) == (1, 3)


def test_plan_session_keeps_what_was_typed_beside_the_refusal(producer: Client, room: Room) -> None:
    answer = producer.post("/sessions/new/", plan(hashtags="#ask-guetta", title="Une heure"))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“#ask-guetta” would break: a hashtag holds letters, digits and _ only." in page
    assert 'value="David Guetta"' in page
    assert 'value="Une heure"' in page
    assert not Session.objects.exists()


def test_plan_session_leads_to_the_addresses(producer: Client, room: Room) -> None:
    answer = producer.post("/sessions/new/", plan(), follow=True)

    session = Session.objects.get()
    page = answer.content.decode()
    assert answer.redirect_chain == [("/sessions/david-guetta/", 302)]
    assert session.starts_at == datetime(2026, 12, 1, 19, 30, tzinfo=UTC)
    assert "http://testserver/s/david-guetta/" in page
    assert "http://testserver/desk/david-guetta/" in page
    assert "http://testserver/sessions/david-guetta/studio/" in page
    assert "http://testserver/w/" in page
    assert "http://testserver/o/" in page
    assert "http://testserver/p/" in page
    assert page.count('class="qr"') == 9


def test_session_steps_ask_first_and_then_do_it(producer: Client, session: Session) -> None:
    asked = producer.get("/sessions/askines/start/").content.decode()
    done = producer.post("/sessions/askines/start/", follow=True).content.decode()
    twice = producer.post("/sessions/askines/start/", follow=True).content.decode()

    assert "Go on air now?" in asked
    assert "You are on air." in done
    assert "The session is in the state “On air”" in twice
    assert Session.objects.get().state == SessionState.ON_AIR


def test_links_are_revoked_renewed_and_added_from_the_page(
    producer: Client, session: Session
) -> None:
    producer.post("/sessions/askines/links/", {"screen": "wall_questions"})
    first = session.links.get()
    producer.post(f"/sessions/askines/links/{first.pk}/renew/")
    second = session.links.exclude(pk=first.pk).get()
    producer.post(f"/sessions/askines/links/{second.pk}/revoke/")
    bad = producer.post("/sessions/askines/links/", {"screen": "oven"}, follow=True)

    assert [link.revoked_at is None for link in session.links.order_by("id")] == [False, False]
    assert "Choose a screen." in bad.content.decode()


def test_links_of_another_session_are_not_there(producer: Client, session: Session) -> None:
    other = Session.objects.create(
        room=Room.objects.create(slug="b", name="B", created_at=session.created_at),
        guest=session.guest,
        slug="other",
        title="Other",
        starts_at=session.starts_at,
        created_at=session.created_at,
    )
    link = other.links.create(screen="wall_questions", nonce="n", created_at=session.created_at)

    assert producer.post(f"/sessions/askines/links/{link.pk}/revoke/").status_code == 404
    assert producer.get("/sessions/other/").status_code == 404
    assert producer.get("/people/?room=b").status_code == 404


def test_phone_code_is_a_drawing_to_keep(producer: Client, session: Session) -> None:
    answer = producer.get("/sessions/askines/phone.svg")

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<?xml")


def test_invite_shows_a_link_once_that_lets_somebody_in(producer: Client, room: Room) -> None:
    page = producer.post("/people/", {"role": "moderator"}).content.decode()
    secret = page.split("http://testserver/welcome/")[1].split("/")[0]
    newcomer = Client(headers={"accept-language": "en"})
    entered = {"name": "Yanis", "email": "yanis@example.org", "password": "short", "language": "fr"}

    refused = newcomer.post(f"/welcome/{secret}/", entered)
    answer = newcomer.post(f"/welcome/{secret}/", entered | {"password": PASSWORD}, follow=True)
    again = Client().get(f"/welcome/{secret}/")

    assert secret not in producer.get("/people/").content.decode()
    assert refused.status_code == 422
    assert "This password is too short" in refused.content.decode()
    assert answer.redirect_chain == [("/", 302)]
    assert newcomer.cookies["django_language"].value == "fr"
    assert Membership.objects.get(person__email="yanis@example.org").role == "moderator"
    assert again.status_code == 410


def test_welcome_lets_somebody_who_is_logged_in_join(
    make_member: Callable[..., Membership], room: Room, client: Client
) -> None:
    Person.objects.create_user(
        username="zoe@example.org", email="zoe@example.org", password=PASSWORD
    )
    client.login(username="zoe@example.org", password=PASSWORD)
    path = invitation_of(room, "coach")

    assert client.get(path).status_code == 200
    client.post(path)

    assert Membership.objects.get().role == "coach"


def test_people_changes_roles_and_keeps_the_last_owner(
    make_member: Callable[..., Membership], client: Client
) -> None:
    owner = make_member(Role.OWNER, "Own")
    other = make_member(Role.VIEWER, "Vi")
    client.login(username="own@example.org", password=PASSWORD)

    client.post(f"/people/{other.pk}/role/", {"role": "producer"})
    alone = client.post(f"/people/{owner.pk}/role/", {"role": "coach"}, follow=True)
    unknown = client.post(f"/people/{other.pk}/role/", {"role": "king"}, follow=True)
    client.post(f"/people/{other.pk}/remove/")

    assert "Une chambre garde au moins un propriétaire" in alone.content.decode()
    assert "Choisissez un rôle." in unknown.content.decode()
    assert [(m.person.first_name, m.role) for m in Membership.objects.all()] == [("Own", "owner")]


def test_a_role_too_weak_gets_a_friendly_403(
    make_member: Callable[..., Membership], session: Session, client: Client
) -> None:
    make_member(Role.MODERATOR, "Mo")
    client.login(username="mo@example.org", password=PASSWORD)

    answer = client.get("/people/")

    assert answer.status_code == 403
    assert "Votre rôle n’ouvre pas cette porte" in answer.content.decode()
    assert "Préparer une session" not in client.get("/").content.decode()


def test_keys_of_the_api_are_shown_once(producer: Client, room: Room) -> None:
    page = producer.post("/networks/tokens/", {"label": "OBS", "role": "moderator"})
    secret = page.content.decode().split('value="room_')[1].split('"')[0]
    token = Token.objects.get()
    told = Client().get("/api/v1/sessions", headers={"authorization": f"Bearer room_{secret}"})
    producer.post(f"/networks/tokens/{token.pk}/revoke/")
    gone = Client().get("/api/v1/sessions", headers={"authorization": f"Bearer room_{secret}"})

    assert secret not in producer.get("/networks/").content.decode()
    assert (told.status_code, gone.status_code) == (200, 401)
    assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def test_an_account_is_tried_before_it_is_kept(producer: Client, room: Room) -> None:
    entered = {
        "bluesky-handle": "room.example.test",
        "bluesky-password": "app-password",
        "bluesky-service": "http://127.0.0.1:9",
    }

    answer = producer.post("/networks/bluesky/accounts/", entered)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="room.example.test"' in page
    assert "app-password" not in page
    assert not room.accounts.exists()


@pytest.mark.parametrize(
    "next_page", ["https://evil.example/", "//evil.example", "/\\evil.example"]
)
def test_choose_language_goes_nowhere_else(client: Client, next_page: str, db: None) -> None:
    answer = client.post("/language/", {"language": "fr", "next": next_page})

    assert answer["Location"] == "/"
    assert client.cookies["django_language"].value == "fr"


def test_choose_language_is_kept_for_a_person(producer: Client) -> None:
    answer = producer.post("/language/", {"language": "fr", "next": "/people/"})
    producer.post("/language/", {"language": "xx", "next": "/people/"})

    assert answer["Location"] == "/people/"
    assert Person.objects.get().language == "fr"
    assert "Inviter quelqu’un" in producer.get("/people/").content.decode()


def test_logging_in_speaks_the_person_s_language(
    make_member: Callable[..., Membership], client: Client
) -> None:
    member = make_member(Role.OWNER, "Own")
    Person.objects.filter(pk=member.person.pk).update(language="en")
    wrong = client.post("/accounts/login/", {"login": "own@example.org", "password": "nope"})

    answer = client.post(
        "/accounts/login/?next=https://evil.example/",
        {"login": "OWN@example.org", "password": PASSWORD},
    )

    assert wrong.status_code == 200
    assert answer["Location"] == "/"
    assert client.cookies["django_language"].value == "en"
    assert client.cookies["sessionid"]["httponly"]


def test_a_lost_password_comes_back_by_mail(
    make_member: Callable[..., Membership], client: Client
) -> None:
    make_member(Role.OWNER, "Own")

    client.post("/accounts/password/reset/", {"email": "own@example.org"})
    [letter] = mail.outbox
    path = letter.body.split("http://testserver")[1].split()[0]
    form = client.get(path, follow=True)
    client.post(
        form.redirect_chain[-1][0],
        {"password1": "un autre long secret", "password2": "un autre long secret"},
    )

    assert client.login(username="own@example.org", password="un autre long secret")


def test_sign_up_is_closed(client: Client, db: None) -> None:
    page = client.get("/accounts/signup/", headers={"accept-language": "en"}).content.decode()

    assert "By invitation" in page
    assert 'name="password1"' not in page


@pytest.mark.parametrize("path", ["/accounts/2fa/", "/accounts/password/change/", "/room/"])
def test_pages_of_one_s_own_open_in_our_look(producer: Client, path: str) -> None:
    answer = producer.get(path)

    assert answer.status_code == 200
    assert 'class="brand"' in answer.content.decode()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_nothing_is_there_is_said_in_our_look(client: Client, language: str, db: None) -> None:
    answer = client.get("/nothing/here/", headers={"accept-language": language})

    heading = {"fr": "Un coin vide", "en": "An empty corner"}[language]
    assert answer.status_code == 404
    assert heading in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/people/99999999999999999999999/remove/",
        "/networks/tokens/99999999999999999999999/revoke/",
        "/sessions/askines/links/99999999999999999999999/revoke/",
        "/networks/nowhere/accounts/",
        "/sessions/nobody/start/",
    ],
)
def test_what_is_not_there_is_not_there(producer: Client, session: Session, path: str) -> None:
    assert producer.post(path).status_code == 404


@pytest.mark.parametrize("bad", ["a\x00b", "\u202e" * 50, "🎹" * 5000, "<script>alert(1)</script>"])
def test_bad_words_are_refused_or_inert_everywhere(
    producer: Client, room: Room, session: Session, bad: str
) -> None:
    typed = plan(guest=bad, title=bad, hashtags=bad, date=bad, minutes=bad, format=bad)
    answers = [
        producer.post("/sessions/new/", typed),
        producer.post("/room/", {"name": bad, "languages": bad, "time_zone": bad}),
        producer.post("/people/", {"role": bad}),
        producer.post("/networks/tokens/", {"label": bad, "role": bad}),
        producer.post("/networks/bluesky/accounts/", {"bluesky-handle": bad}),
        Client().post(invitation_of(room), {"name": bad, "email": bad, "password": bad}),
        Client().post("/accounts/login/", {"login": bad, "password": bad}),
        producer.post("/language/", {"language": bad, "next": bad}),
    ]

    assert [answer.status_code for answer in answers] == [422] * 6 + [200, 302]
    for answer in answers:
        assert b"<script>alert" not in answer.content


def test_a_form_without_its_token_is_refused_kindly(room: Room, db: None) -> None:
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en"})

    answer = client.post(invitation_of(room), {"name": "Eve"})

    assert answer.status_code == 403
    assert "what you typed is still there" in answer.content.decode()
    assert Invitation.objects.get().used_at is None


def test_pages_carry_no_script_and_no_style_of_their_own(
    producer: Client, session: Session
) -> None:
    for path in ("/", "/sessions/new/", "/sessions/askines/", "/people/", "/networks/", "/room/"):
        page = producer.get(path).content.decode()
        assert "<script>" not in page
        assert " style=" not in page
        assert " onclick=" not in page
