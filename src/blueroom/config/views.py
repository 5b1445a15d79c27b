"""What machines ask of the house: is it well, what does it count, what does the API take."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.db.utils import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

import blueroom
from blueroom.config.api import api
from blueroom.config.figures import registry
from blueroom.room.access import visitor_of_token


@require_safe
def openapi(request: HttpRequest) -> JsonResponse:
    """The API's description, OpenAPI 3.1."""
    return JsonResponse(api.get_openapi_schema(path_prefix="/api/v1/"))


@never_cache
@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """200 where pages and database answer, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        answer = {"code": "database_unavailable", "message": "The database does not answer."}
        return JsonResponse(answer, status=503)
    return JsonResponse({"status": "ok", "version": blueroom.__version__})


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures for Prometheus: to a token, or to a caller on this machine that comes by no proxy."""
    if not (_is_local(request) or _has_token(request)):
        answer = {"code": "not_logged_in", "message": "Send a token."}
        return JsonResponse(answer, status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _is_local(request: HttpRequest) -> bool:
    if settings.TRUSTED_PROXIES or "HTTP_X_FORWARDED_FOR" in request.META:
        return False
    return request.META.get("REMOTE_ADDR", "") in ("127.0.0.1", "::1")


def _has_token(request: HttpRequest) -> bool:
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    return kind.lower() == "bearer" and visitor_of_token(secret) is not None
