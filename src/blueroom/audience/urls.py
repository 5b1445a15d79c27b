"""The addresses of the phone page."""

from __future__ import annotations

from django.urls import path

from blueroom.audience import views
from blueroom.audience.views import announcing, installing

urlpatterns = [
    path("s/worker.js", installing.service_worker, name="phone_worker"),
    path("s/icon-<slug:name>.png", installing.icon, name="phone_icon"),
    path("s/<slug:slug>/", views.phone, name="phone"),
    path("s/<slug:slug>/ask", views.ask_question, name="ask_question"),
    path("s/<slug:slug>/video", views.ask_by_video, name="ask_by_video"),
    path("s/<slug:slug>/hearts", views.send_hearts, name="send_hearts"),
    path("s/<slug:slug>/mine", views.mine, name="own_questions"),
    path("s/<slug:slug>/vote", views.vote, name="vote"),
    path("s/<slug:slug>/calendar.ics", announcing.calendar, name="calendar"),
    path("s/<slug:slug>/picture.jpg", announcing.picture, name="phone_picture"),
    path("s/<slug:slug>/app.webmanifest", installing.app_manifest, name="phone_manifest"),
    path("s/<slug:slug>/offline", installing.offline, name="phone_offline"),
]
