"""The API's archives, and erasing."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja import Router, Schema, Status

from blueroom.archive import actions, queries
from blueroom.archive.errors import ExportNotReady
from blueroom.archive.models import Export
from blueroom.archive.views import zip_answer
from blueroom.base.clock import now
from blueroom.clips.models import WorkState
from blueroom.room.access import NotFound, session_of
from blueroom.room.actor import Actor

router = Router(tags=["archive"])


class ExportOut(Schema):
    """An archive in the making, or made. `folder` is on the server; `size_bytes` is the zip's."""

    id: int
    session: str
    state: Literal["due", "working", "ready", "failed"]
    progress: float
    size_bytes: int
    folder: str
    asked_at: datetime
    asked_by: str
    ready_at: datetime | None
    code: str
    message: str


def _told(export: Export) -> dict[str, Any]:
    return {
        "id": export.pk,
        "session": export.session.slug,
        "state": export.state,
        "progress": round(export.progress, 3),
        "size_bytes": export.size_bytes,
        "folder": str(queries.folder_of(export)) if export.state == WorkState.READY else "",
        "asked_at": export.asked_at,
        "asked_by": export.asked_by,
        "ready_at": export.ready_at,
        "code": export.code,
        "message": gettext(export.message) if export.message else "",
    }


def _export(request: HttpRequest, export_id: int) -> tuple[Export, Actor]:
    export = queries.export_by_id(export_id)
    return export, request.auth.actor_in(export.session.room_id, "export_session")


@router.post("/sessions/{slug}/exports", response={201: ExportOut}, summary="Make an archive")
def ask_for_export(request: HttpRequest, slug: str) -> Status[dict[str, Any]]:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, "export_session")
    return Status(201, _told(actions.ask_for_export(session=session, now=now(), by=by)))


@router.get("/sessions/{slug}/exports", response=list[ExportOut], summary="Archives, newest first")
def exports(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "export_session")
    return [_told(export) for export in queries.exports_of(session).select_related("session")]


@router.get("/exports/{export_id}", response=ExportOut, summary="One archive, and how far it is")
def export(request: HttpRequest, export_id: int) -> dict[str, Any]:
    return _told(_export(request, export_id)[0])


@router.get("/exports/{export_id}/zip", summary="The archive as one file; takes Range")
def download_export(request: HttpRequest, export_id: int) -> HttpResponse:
    found, _by = _export(request, export_id)
    if found.state != WorkState.READY:
        raise ExportNotReady
    if not queries.zip_of(found).is_file():
        raise NotFound
    return zip_answer(request, found)


@router.delete("/exports/{export_id}", response={204: None}, summary="Delete it, or stop making it")
def remove_export(request: HttpRequest, export_id: int) -> Status[None]:
    found, by = _export(request, export_id)
    actions.remove_export(export=found, now=now(), by=by)
    return Status(204, None)


class ErasedOut(Schema):
    """What was erased. `replies` still stand on their networks: take them back at the desk."""

    recordings: int
    size_bytes: int
    posts: int
    clips: int
    exports: int
    replies: list[str]


@router.delete(
    "/sessions/{slug}/recordings", response=ErasedOut, summary="Erase a session's recordings"
)
def erase_recordings(request: HttpRequest, slug: str, with_clips: bool = False) -> actions.Erased:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, "erase")
    return actions.erase_recordings(session=session, now=now(), by=by, with_clips=with_clips)


class AskerOut(Schema):
    """Somebody who posted in the session."""

    id: int
    network: str
    name: str
    handle: str
    posts_here: int


@router.get("/sessions/{slug}/askers", response=list[AskerOut], summary="Look for somebody")
def askers(request: HttpRequest, slug: str, words: str = "") -> list[Any]:
    session = session_of(slug)
    request.auth.actor_in(session.room_id, "erase")
    return queries.askers_like(session, words[:1000])


@router.delete(
    "/sessions/{slug}/askers/{author_id}", response=ErasedOut, summary="Erase somebody, everywhere"
)
def erase_asker(request: HttpRequest, slug: str, author_id: int) -> actions.Erased:
    session = session_of(slug)
    by = request.auth.actor_in(session.room_id, "erase")
    author = queries.author_in(session, author_id)
    return actions.erase_asker(author=author, now=now(), by=by)
