"""The addresses of a room's pages."""

from __future__ import annotations

from django.urls import path

from blueroom.room import views
from blueroom.room.views import networks, people, sessions, themes

urlpatterns = [
    path("", sessions.home, name="home"),
    path("welcome/<str:secret>/", people.welcome, name="welcome"),
    path("language/", views.choose_language, name="choose_language"),
    path("sessions/new/", sessions.plan_session, name="plan_session"),
    path("sessions/<slug:slug>/", sessions.session, name="session"),
    path("sessions/<slug:slug>/edit/", sessions.change_session, name="change_session"),
    path("sessions/<slug:slug>/phone.svg", sessions.phone_code, name="phone_code"),
    path("sessions/<slug:slug>/open/", sessions.open_session, name="open_session"),
    path("sessions/<slug:slug>/start/", sessions.start_session, name="start_session"),
    path("sessions/<slug:slug>/close/", sessions.close_session, name="close_session"),
    path("sessions/<slug:slug>/links/<int:link_id>/renew/", sessions.renew_link, name="renew_link"),
    path(
        "sessions/<slug:slug>/links/<int:link_id>/revoke/", sessions.revoke_link, name="revoke_link"
    ),
    path("sessions/<slug:slug>/links/", sessions.make_link, name="make_link"),
    path("room/", people.change_room, name="change_room"),
    path("room/look/", themes.change_theme, name="change_theme"),
    path("room/look/try/", themes.try_theme, name="try_theme"),
    path("room/look/reset/", themes.reset_theme, name="reset_theme"),
    path("design/", themes.show_design, name="design"),
    path("themes/<slug:slug>/<slug:digest>.css", themes.theme_css, name="theme_css"),
    path("logos/<slug:digest>.png", themes.logo, name="logo"),
    path("people/", people.people, name="people"),
    path("people/<int:member_id>/role/", people.change_role, name="change_role"),
    path("people/<int:member_id>/remove/", people.remove_member, name="remove_member"),
    path(
        "people/invitations/<int:invitation_id>/withdraw/",
        people.withdraw_invitation,
        name="withdraw_invitation",
    ),
    path("networks/", networks.networks, name="networks"),
    path("networks/<slug:network>/accounts/", networks.keep_account, name="keep_account"),
    path(
        "networks/accounts/<int:account_id>/remove/", networks.remove_account, name="remove_account"
    ),
    path("networks/tokens/", networks.make_token, name="make_token"),
    path("networks/tokens/<int:token_id>/revoke/", networks.revoke_token, name="revoke_token"),
]
