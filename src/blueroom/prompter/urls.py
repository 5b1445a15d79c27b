"""The addresses of the prompter."""

from __future__ import annotations

from django.urls import path

from blueroom.prompter import views

QUESTION = "p/<str:secret>/questions/<int:question_id>"
MESSAGE = "p/<str:secret>/messages/<int:message_id>"

urlpatterns = [
    path("p/<str:secret>/", views.prompter, name="prompter"),
    path("p/<str:secret>/ticket", views.ticket, name="prompter_ticket"),
    path(f"{QUESTION}/later", views.act, {"act": "later"}, name="prompter_later"),
    path(f"{QUESTION}/take", views.act, {"act": "take"}, name="prompter_take"),
    path(f"{QUESTION}/undo", views.act, {"act": "undo"}, name="prompter_undo"),
    path(
        f"{MESSAGE}/delivered",
        views.receipt,
        {"is_seen": False},
        name="prompter_message_delivered",
    ),
    path(f"{MESSAGE}/seen", views.receipt, {"is_seen": True}, name="prompter_message_seen"),
]
