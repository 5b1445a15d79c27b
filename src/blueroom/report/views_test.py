import csv
import json

import pytest
from django.test import Client
from django.urls import reverse

from blueroom.desk.actions import sort_posts
from blueroom.posts.actions import erase_author
from blueroom.report.actions import share_report
from blueroom.report.conftest import ARABIC, LONG
from blueroom.report.models import SharedReport
from blueroom.report.queries import secret_of
from blueroom.room.actor import actor_of_membership, house
from blueroom.room.models import Role


@pytest.fixture
def shared(evening, make_member):
    """The secret of the evening's shared report."""
    by = actor_of_membership(make_member(Role.PRODUCER, "Ximena"))
    return secret_of(share_report(session=evening.session, now=evening.at(41), by=by))


def path_of(session, name="report"):
    return reverse(name, args=[session.slug])


@pytest.mark.parametrize(("language", "words"), [("en", "What was answered"), ("fr", "Bilan")])
def test_page_tells_a_full_session_in_both_languages(
    evening, clip, replies, log_in, language, words
):
    html = log_in(Role.PRODUCER, language).get(path_of(evening.session)).content.decode()
    assert words in html
    assert 'href="/a/matin/"' in html
    assert "data-final" in html
    assert 'stroke-dasharray="60 100"' in html  # three of five


def test_page_of_an_empty_rehearsal_says_what_it_is(session, log_in):
    session.is_rehearsal = True
    session.save()
    html = log_in(Role.MODERATOR).get(path_of(session)).content.decode()
    assert "Report of a rehearsal" in html
    assert "No posts have come." in html
    assert "data-live" in html
    assert "Share it" not in html


def test_pages_of_session_lead_to_the_report_once_it_began(session, log_in):
    client = log_in(Role.PRODUCER)
    assert path_of(session) in client.get(path_of(session, "session")).content.decode()
    session.opened_at = None
    session.save()
    assert path_of(session) not in client.get(path_of(session, "session")).content.decode()


def test_spreadsheet_holds_every_question_and_no_formula(evening, clip, replies, log_in):
    answer = log_in(Role.MODERATOR, "fr").get(path_of(evening.session, "report_csv"))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="askines-' in answer["Content-Disposition"]
    text = answer.content.decode()
    assert text.startswith("\ufeffNuméro de la réponse;État;Question;")
    _head, *rows = csv.reader(text.splitlines(), delimiter=";")
    assert [(row[0], row[2]) for row in rows] == [
        ("1", "Vous écrivez le matin ?"),
        ("", ARABIC),
        ("2", "'=Quel plat de votre mère cuisinez-vous encore ?"),
        ("", LONG),
    ]
    assert rows[0][8:] == [
        "",
        "2026-11-23 21:01:00",
        "2",
        "0",
        "2026-11-23 21:12:00",
        "180",
        "2026-11-23 21:15:00",
        "Oui.",
        "90.0",
        "http://testserver/a/matin/",
        "Publiée",
        "https://bsky.example/1",
        "2026-11-23 21:15:00",
        "1",
    ]


def test_shared_report_names_nobody_of_the_crew(evening, clip, replies, shared):
    answer = Client().get(f"/report/{shared}/?lang=fr")
    html = answer.content.decode()
    assert (answer.status_code, answer["X-Robots-Tag"]) == (200, "noindex")
    assert "no-store" in answer["Cache-Control"]
    assert all(word in html for word in ("Vous écrivez le matin ?", "Ana"))
    assert all(word not in html for word in ("Léa", "Nora", "Ximena", LONG))
    assert "sessions/" not in html


def test_shared_report_forgets_whoever_is_erased(evening, shared):
    assert "Eva" in Client().get(f"/report/{shared}/").content.decode()
    erase_author(author=evening.eva, now=evening.at(50), by=house(evening.session.room_id))
    sort_posts(session_id=evening.session.pk, now=evening.at(50))
    assert "Eva" not in Client().get(f"/report/{shared}/").content.decode()


def test_shared_report_is_gone_once_it_is_revoked_or_renewed(evening, shared, log_in):
    client = log_in(Role.PRODUCER)
    assert f"/report/{shared}/" in client.get(path_of(evening.session)).content.decode()
    client.post(path_of(evening.session, "share_report"))
    again = secret_of(SharedReport.objects.get(revoked_at=None))
    assert Client().get(f"/report/{shared}/").status_code == 404
    assert Client().get(f"/report/{again}/").status_code == 200
    client.post(path_of(evening.session, "revoke_share"))
    assert Client().get(f"/report/{again}/").status_code == 404


def test_moderator_shares_nothing(evening, log_in):
    client = log_in(Role.MODERATOR)
    for name in ("share_report", "revoke_share"):
        assert client.post(path_of(evening.session, name)).status_code == 403
    assert not SharedReport.objects.exists()


def test_api_tells_the_report_to_each_role_as_the_page_does(evening, clip, log_in):
    path = f"/api/v1/sessions/{evening.session.slug}/report"
    told = log_in(Role.PRODUCER).get(path).json()
    assert told["glance"]["askers_answered"] == 3
    assert told["answers"][0]["on_air"] == [
        {"from_at": "2026-11-23T20:12:00Z", "until_at": "2026-11-23T20:15:00Z"}
    ]
    assert told["moderation"]["people"][0]["name"] == "Léa"
    described = json.loads(Client().get("/api/openapi.json").content)
    assert "/api/v1/sessions/{slug}/report" in described["paths"]


def test_api_shares_the_report_and_takes_that_back(evening, log_in):
    client = log_in(Role.PRODUCER)
    path = f"/api/v1/sessions/{evening.session.slug}/report/share"
    assert client.get(path).status_code == 404
    made = client.post(path, content_type="application/json")
    assert (made.status_code, client.get(path).json()) == (201, made.json())
    assert Client().get(made.json()["url"]).status_code == 200
    assert client.delete(path, content_type="application/json").status_code == 204
    assert Client().get(made.json()["url"]).status_code == 404
