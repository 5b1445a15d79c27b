"""The API: whatever a page can change, with a token or as the person who is logged in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.security import APIKeyCookie, HttpBearer

from blueroom.archive import errors as archive_errors
from blueroom.archive.api import router as archive
from blueroom.audience.api import router as audience
from blueroom.audience.errors import AskedTooOften
from blueroom.base.errors import BlueRoomError, NeedsPerson, NotAcceptable, TryLater
from blueroom.clips import errors as clips_errors
from blueroom.clips.api import router as clips
from blueroom.desk import errors as desk_errors
from blueroom.desk.api import router as desk
from blueroom.desk.api import told
from blueroom.desk.filters_api import router as filters
from blueroom.desk.groups_api import router as groups
from blueroom.desk.location_api import router as map_locations
from blueroom.desk.order_api import router as orders
from blueroom.desk.posts_api import router as posts
from blueroom.desk.queries import row_of
from blueroom.desk.themes_api import router as themes
from blueroom.publish import errors as publish_errors
from blueroom.publish.api import router as publish
from blueroom.report.api import router as reports
from blueroom.room.access import NotFound, Visitor, visitor_of_request, visitor_of_token
from blueroom.room.actions import NotAllowed, WrongState
from blueroom.room.api import router as sessions
from blueroom.room.crew_api import router as crew
from blueroom.studio import errors as studio_errors
from blueroom.studio.api import router as studio
from blueroom.walls.api import router as walls
from blueroom.walls.relay_api import router as relays

CONFLICTS = (
    archive_errors.ExportNotReady,
    archive_errors.StillRecording,
    desk_errors.StaleRevision,
    desk_errors.NotAllowedFrom,
    desk_errors.Withdrawn,
    desk_errors.NothingToUndo,
    desk_errors.AlreadyReplied,
    desk_errors.AlreadyQuestion,
    desk_errors.NotInGroup,
    desk_errors.NotMergeable,
    desk_errors.NoProposal,
    desk_errors.SecondPersonNeeded,
    desk_errors.PersonNeeded,
    publish_errors.NotAnswered,
    publish_errors.NoAccount,
    publish_errors.CannotReply,
    publish_errors.ReplyOnItsWay,
    publish_errors.NotPublished,
    publish_errors.NotAsked,
    publish_errors.NotToClarify,
    publish_errors.ClarificationOnItsWay,
    desk_errors.SessionClosed,
    clips_errors.CaptionsChanged,
    clips_errors.CaptionsKept,
    clips_errors.ClipNotReady,
    studio_errors.AlreadyAskedByVideo,
    studio_errors.AnswerChanged,
    studio_errors.FeedRefused,
    studio_errors.NoAnswerOpen,
    studio_errors.NoFeed,
    studio_errors.NothingHeld,
    studio_errors.NothingRecorded,
    studio_errors.NotApprovedForAir,
    studio_errors.QuestionElsewhere,
    studio_errors.SessionNotOpen,
    WrongState,
)


class Bearer(HttpBearer):
    """A token in the Authorization header."""

    def authenticate(self, request: HttpRequest, token: str) -> Visitor | None:
        return visitor_of_token(token)


class LoggedIn(APIKeyCookie):
    """The person of the session cookie; changes need the CSRF token, which ninja checks."""

    param_name = settings.SESSION_COOKIE_NAME

    def _get_key(self, request: HttpRequest) -> str | None:
        if self.param_name not in request.COOKIES:  # nobody: 401 rather than a word about CSRF
            return None
        return super()._get_key(request)

    def authenticate(self, request: HttpRequest, key: str | None) -> Visitor | None:
        return visitor_of_request(request)


api = NinjaAPI(
    title="Blue Room",
    version="1",
    description="Whatever a page can change, with a token.",
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,  # served beside the versions, see config.urls
    auth=[Bearer(), LoggedIn()],
)
for router in (
    crew,
    sessions,
    posts,
    filters,
    desk,
    groups,
    orders,
    themes,
    map_locations,
    studio,
    clips,
    publish,
    audience,
    walls,
    relays,
    archive,
    reports,
):
    api.add_router("", router)


def status_of(error: BlueRoomError) -> int:
    """The HTTP status that says what kind of failure it is."""
    if isinstance(error, NotFound):
        return 404
    if isinstance(error, NotAllowed):
        return 403
    if isinstance(error, AskedTooOften):
        return 429
    if isinstance(error, CONFLICTS):
        return 409
    if isinstance(error, TryLater):
        return 503
    return (
        422 if isinstance(error, NotAcceptable) else 409 if isinstance(error, NeedsPerson) else 400
    )


def refusal(
    request: HttpRequest, status: int, code: str, message: str, **more: Any
) -> HttpResponse:
    """An error as every caller finds it: a stable code, a sentence, and what goes with it."""
    return api.create_response(request, {"code": code, "message": message, **more}, status=status)


@api.exception_handler(BlueRoomError)
def tell_error(request: HttpRequest, error: BlueRoomError) -> HttpResponse:
    more = {
        name: value
        for name, value in error.details.items()
        if isinstance(value, str | int | float | list | None)
    }
    if isinstance(error, desk_errors.StaleRevision):
        more["question"] = told(row_of(int(request.resolver_match.kwargs["question_id"])))
    response = refusal(request, status_of(error), error.code, _(str(error.message)), **more)
    if isinstance(error, TryLater) and error.retry_after_s:
        response.headers["Retry-After"] = str(max(1, round(error.retry_after_s)))
    return response


@api.exception_handler(ValidationError)
def tell_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    problems = [
        {"field": ".".join(str(part) for part in one["loc"][1:]), "message": one["msg"]}
        for one in error.errors[:20]
    ]
    first = problems[0] if problems else {"field": "", "message": ""}
    sentence = f"{first['field']}: {first['message']}".lstrip(": ")
    return refusal(request, 422, "invalid", sentence, errors=problems)


@api.exception_handler(HttpError)
def tell_http(request: HttpRequest, error: HttpError) -> HttpResponse:
    codes = {400: "not_json", 403: "csrf", 404: "not_found"}
    return refusal(request, error.status_code, codes.get(error.status_code, "refused"), str(error))


@api.exception_handler(AuthenticationError)
def tell_unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = refusal(request, 401, "not_logged_in", _("Log in, or send a valid token."))
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(RequestDataTooBig)
def tell_too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return refusal(request, 413, "too_big", _("That is more than one call may carry."))
