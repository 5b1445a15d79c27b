"""The addresses of clips: their public pages, and the crew's page of a session's clips."""

from __future__ import annotations

from django.urls import path

from blueroom.clips import views

urlpatterns = [
    path("a/<slug:clip>/", views.clip, name="clip"),
    path("a/<slug:clip>/embed", views.embed, name="clip_embed"),
    path("a/<slug:clip>/oembed.json", views.oembed, name="clip_oembed"),
    path("a/<slug:clip>/captions-<slug:language>.vtt", views.captions, name="clip_captions"),
    path("a/<slug:clip>/<str:file>", views.clip_file, name="clip_file"),
    path("sessions/<slug:slug>/clips/", views.clips, name="clips"),
    path("sessions/<slug:slug>/clips/ticket", views.ticket, name="clips_ticket"),
]
