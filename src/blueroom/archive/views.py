"""The page of a session's archives: make one, take it away, erase what should not be kept."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_GET, require_POST, require_safe

from blueroom.archive import actions, queries
from blueroom.archive.models import Export
from blueroom.base.clock import now
from blueroom.base.errors import BlueRoomError
from blueroom.clips.models import WorkState
from blueroom.clips.serving import file_answer
from blueroom.desk.models import Question
from blueroom.posts.models import Post
from blueroom.room import rules
from blueroom.room.access import NotFound
from blueroom.room.models import Session
from blueroom.room.views import crew, session_for, tell

UNDER_WAY = (WorkState.DUE, WorkState.WORKING)


@crew
@require_GET
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """What there is, what was made of it, and what may be erased; `?asker=` looks for somebody."""
    session, by = session_for(request, slug, "export_session")
    exports = list(queries.exports_of(session))
    for export in exports:
        export.percent = round(export.progress * 100)  # type: ignore[attr-defined]
        export.folder = queries.folder_of(export)  # type: ignore[attr-defined]
        export.told = gettext(export.message) if export.message else ""  # type: ignore[attr-defined]
    may_erase = rules.may(by.role, "erase")
    asker = request.GET.get("asker", "")[:1000] if may_erase else ""
    with timezone.override(ZoneInfo(session.room.time_zone)):
        context = {
            "session": session,
            "exports": exports,
            "is_under_way": any(export.state in UNDER_WAY for export in exports),
            "posts": Post.objects.filter(session=session, deleted_at=None).count(),
            "questions": Question.objects.filter(session=session, withdrawn_at=None).count(),
            "recorded": queries.recorded(session),
            "may_erase": may_erase,
            "asker": asker,
            "askers": queries.askers_like(session, asker),
        }
        return render(request, "archive/archive.html", context)


@crew
@require_POST
def ask_for_export(request: HttpRequest, slug: str) -> HttpResponse:
    session, by = session_for(request, slug, "export_session")
    try:
        actions.ask_for_export(session=session, now=now(), by=by)
    except BlueRoomError as error:
        tell(request, error)
    return redirect("archive", session.slug)


def _export(session: Session, export_id: int) -> Export:
    export = queries.export_by_id(export_id)
    if export.session_id != session.pk:
        raise NotFound
    return export


@crew
@require_safe
def download_export(request: HttpRequest, slug: str, export_id: int) -> HttpResponse:
    """The archive as one file, in stretches where they are asked for."""
    session, _by = session_for(request, slug, "export_session")
    return zip_answer(request, _export(session, export_id))


def zip_answer(request: HttpRequest, export: Export) -> HttpResponse:
    """The zip of an archive that is ready. Raises Http404."""
    if export.state != WorkState.READY:
        raise Http404
    try:
        return file_answer(
            request,
            queries.zip_of(export),
            media_type="application/zip",
            cache="private, no-store",
            download_as=f"{export.name}.zip",
        )
    except FileNotFoundError as error:
        raise Http404 from error


@crew
@require_POST
def remove_export(request: HttpRequest, slug: str, export_id: int) -> HttpResponse:
    session, by = session_for(request, slug, "export_session")
    actions.remove_export(export=_export(session, export_id), now=now(), by=by)
    messages.success(request, gettext("The archive is deleted."))
    return redirect("archive", session.slug)


@crew
@require_POST
def erase_recordings(request: HttpRequest, slug: str) -> HttpResponse:
    session, by = session_for(request, slug, "erase")
    with_clips = bool(request.POST.get("with_clips"))
    try:
        erased = actions.erase_recordings(session=session, now=now(), by=by, with_clips=with_clips)
    except BlueRoomError as error:
        tell(request, error)
    else:
        _say(request, erased)
    return redirect("archive", session.slug)


@crew
@require_POST
def erase_asker(request: HttpRequest, slug: str, author_id: int) -> HttpResponse:
    session, by = session_for(request, slug, "erase")
    author = queries.author_in(session, author_id)
    _say(request, actions.erase_asker(author=author, now=now(), by=by))
    return redirect("archive", session.slug)


def _say(request: HttpRequest, erased: actions.Erased) -> None:
    """What was erased, and what is left elsewhere."""
    parts = [
        ngettext("%(n)d post", "%(n)d posts", erased.posts) % {"n": erased.posts},
        ngettext("%(n)d recording", "%(n)d recordings", erased.recordings)
        % {"n": erased.recordings},
        ngettext("%(n)d clip", "%(n)d clips", erased.clips) % {"n": erased.clips},
        ngettext("%(n)d archive", "%(n)d archives", erased.exports) % {"n": erased.exports},
    ]
    numbers = (erased.posts, erased.recordings, erased.clips, erased.exports)
    said = ", ".join(part for part, n in zip(parts, numbers, strict=True) if n)
    messages.success(
        request,
        gettext("Erased: %(what)s.") % {"what": said} if said else gettext("Nothing was left."),
    )
    if erased.replies:
        links = format_html_join(
            " ", '<a href="{0}" rel="noreferrer noopener">{0}</a>', ((u,) for u in erased.replies)
        )
        sentence = gettext("Replies still stand on networks; take each back at the desk:")
        messages.warning(request, format_html("{} {}", sentence, links))
