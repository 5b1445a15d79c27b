"""The addresses of reports."""

from __future__ import annotations

from django.urls import path

from blueroom.report import views

urlpatterns = [
    path("sessions/<slug:slug>/report/", views.report, name="report"),
    path("sessions/<slug:slug>/report/questions.csv", views.report_csv, name="report_csv"),
    path("sessions/<slug:slug>/report/share/", views.share_report, name="share_report"),
    path("sessions/<slug:slug>/report/revoke/", views.revoke_share, name="revoke_share"),
    path("report/<str:secret>/", views.shared_report, name="shared_report"),
]
