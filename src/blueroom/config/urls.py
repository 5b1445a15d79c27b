"""Every address of the house."""

from __future__ import annotations

from django.urls import include, path

from blueroom.config import views
from blueroom.config.api import api

urlpatterns = [
    path("api/v1/", api.urls),
    path("api/openapi.json", views.openapi, name="openapi"),
    path("healthz", views.health, name="health"),
    path("metrics", views.metrics, name="metrics"),
    path("accounts/", include("allauth.urls")),
    path("", include("blueroom.desk.urls")),
    path("", include("blueroom.studio.urls")),
    path("", include("blueroom.clips.urls")),
    path("", include("blueroom.report.urls")),
    path("", include("blueroom.archive.urls")),
    path("", include("blueroom.walls.urls")),
    path("", include("blueroom.prompter.urls")),
    path("", include("blueroom.audience.urls")),
    path("", include("blueroom.posts.urls")),
    path("", include("blueroom.room.urls")),
]
handler400 = "blueroom.room.views.error_400"
handler403 = "blueroom.room.views.error_403"
handler404 = "blueroom.room.views.error_404"
handler500 = "blueroom.room.views.error_500"
