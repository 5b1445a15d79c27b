"""The addresses of a session's archives."""

from __future__ import annotations

from django.urls import path

from blueroom.archive import views

urlpatterns = [
    path("sessions/<slug:slug>/archive/", views.archive, name="archive"),
    path("sessions/<slug:slug>/archive/exports/", views.ask_for_export, name="ask_for_export"),
    path(
        "sessions/<slug:slug>/archive/exports/<int:export_id>/download",
        views.download_export,
        name="download_export",
    ),
    path(
        "sessions/<slug:slug>/archive/exports/<int:export_id>/remove/",
        views.remove_export,
        name="remove_export",
    ),
    path(
        "sessions/<slug:slug>/archive/erase-recordings/",
        views.erase_recordings,
        name="erase_recordings",
    ),
    path(
        "sessions/<slug:slug>/archive/askers/<int:author_id>/erase/",
        views.erase_asker,
        name="erase_asker",
    ),
]
