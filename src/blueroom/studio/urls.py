"""The addresses of the studio."""

from __future__ import annotations

from django.urls import path

from blueroom.studio import views

urlpatterns = [
    path("sessions/<slug:slug>/studio/", views.studio, name="studio"),
    path("sessions/<slug:slug>/studio/ticket", views.ticket, name="studio_ticket"),
    path("f/<str:secret>/", views.feed, name="feed"),
    path("a/photo/<slug:photo>.jpg", views.answer_photo, name="answer_photo"),
]
