"""Turning the listening on a network on and off, from the session's page."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from blueroom.base.clock import now
from blueroom.posts import actions
from blueroom.posts.models import Channel
from blueroom.room.access import NotFound, session_of, visitor_of_request
from blueroom.room.actions import NotAllowed


@login_required
@require_POST
def switch_channel(request: HttpRequest, slug: str, network: str) -> HttpResponse:
    """Listen on that network or no longer, then back to the session's page."""
    visitor = visitor_of_request(request)
    try:
        session = session_of(slug)
        if visitor is None:
            raise NotFound
        by = visitor.actor_in(session.room_id, "switch_channel")
        channel = Channel.objects.filter(session=session, network=network).first()
        if channel is None:
            raise NotFound
    except NotFound as error:
        raise Http404 from error
    except NotAllowed as error:
        raise PermissionDenied(str(error.message)) from error
    enabled = bool(request.POST.get("enabled"))
    actions.switch_channel(channel=channel, enabled=enabled, now=now(), by=by)
    return redirect("session", slug)
