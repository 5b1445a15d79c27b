"""The addresses of the phone page."""

from __future__ import annotations

from django.urls import path

from blueroom.audience import views

urlpatterns = [
    path("s/<slug:slug>/", views.phone, name="phone"),
    path("s/<slug:slug>/ask", views.ask_question, name="ask_question"),
    path("s/<slug:slug>/video", views.ask_by_video, name="ask_by_video"),
    path("s/<slug:slug>/hearts", views.send_hearts, name="send_hearts"),
    path("s/<slug:slug>/mine", views.mine, name="own_questions"),
]
