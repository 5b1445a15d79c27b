"""What every answer of the pages goes through."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext

Answer = Callable[[HttpRequest], HttpResponse]

POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def content_policy(answer: Answer) -> Answer:
    """Says in each answer that nothing but our own files may run or load."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault(
            "Permissions-Policy", "geolocation=(), microphone=(), camera=()"
        )
        return response

    return middleware


def json_only(answer: Answer) -> Answer:
    """Refuses to the API what is no JSON: a form posted from another site, for one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        has_body = request.META.get("CONTENT_LENGTH") not in (None, "", "0")
        if (
            request.path.startswith("/api/")
            and (has_body or "HTTP_TRANSFER_ENCODING" in request.META)
            and request.content_type != "application/json"
        ):
            sentence = gettext("Send JSON, with the header Content-Type: application/json.")
            return JsonResponse({"code": "not_json", "message": sentence}, status=415)
        return answer(request)

    return middleware
