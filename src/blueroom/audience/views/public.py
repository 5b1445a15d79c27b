"""What is the same for everybody who asks, so that caches between here and there may keep it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe

from blueroom.room.access import NotFound, session_of
from blueroom.room.models import Session

SPOKEN = ("fr", "en")


def session_at(slug: str) -> Session:
    """The session at an address. Raises: Http404."""
    try:
        return session_of(slug)
    except NotFound as error:
        raise Http404 from error


def spoken_in(request: HttpRequest, session: Session) -> str:
    """`?lang=` where it is given, else the session's first language that we speak."""
    wanted = (request.GET.get("lang", ""), *session.languages)
    return next((language for language in wanted if language in SPOKEN), SPOKEN[1])


def public_file(kept: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A view of a session that sees no cookie and sets none; `kept` is its Cache-Control.

    The view is given the session, and speaks the language that the address says.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @require_safe
        @functools.wraps(view)
        def wrapped(request: HttpRequest, slug: str, **named: Any) -> HttpResponse:
            session = session_at(slug)
            language = spoken_in(request, session)
            with translation.override(language):
                answer = view(request, session, **named)
            answer.headers["Content-Language"] = language
            answer.headers.setdefault("Cache-Control", kept)
            return answer

        return wrapped

    return decorate
