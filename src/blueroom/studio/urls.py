"""The addresses of the studio."""

from __future__ import annotations

from django.urls import path

from blueroom.studio import views

urlpatterns = [
    path("sessions/<slug:slug>/studio/", views.studio, name="studio"),
    path("sessions/<slug:slug>/studio/ticket", views.ticket, name="studio_ticket"),
    path("f/<str:secret>/", views.feed, name="feed"),
    path("f/<str:secret>/messages", views.feed_messages, name="feed_messages"),
    path(
        "f/<str:secret>/messages/<int:message_id>/delivered",
        views.feed_receipt,
        {"is_seen": False},
        name="feed_message_delivered",
    ),
    path(
        "f/<str:secret>/messages/<int:message_id>/seen",
        views.feed_receipt,
        {"is_seen": True},
        name="feed_message_seen",
    ),
    path("a/photo/<slug:photo>.jpg", views.answer_photo, name="answer_photo"),
]
