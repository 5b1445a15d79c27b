"""Files over HTTP in stretches, as players ask for them: RFC 9110, sections 13, 14 (read 2026-11).

Django's own FileResponse knows no ranges. Every answer here holds one of the few threads that
answer pages until its last byte is handed over, so a stretch is never longer than what the front
takes in at once: "a client MUST inspect a 206 response's Content-Type and Content-Range field(s) to
determine what parts are enclosed and whether additional requests are needed" (section 15.3.7), and
players do.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import BinaryIO

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header, http_date

PIECE_BYTES = 64 * 1024
STRETCH_BYTES = 8 * 1024 * 1024  # updates.front takes 256 pieces of an answer in
WHOLE_AT_ONCE = 3  # long whole files, for those that ask for no stretch; of 8 threads
RETRY_AFTER_S = 5
_whole = threading.BoundedSemaphore(WHOLE_AT_ONCE)
_one_range = re.compile(r"bytes=(\d*)-(\d*)")


def file_answer(
    request: HttpRequest, path: Path, *, media_type: str, cache: str, download_as: str = ""
) -> HttpResponse:
    """The file at `path`, or the stretch of it that was asked for.

    Its name must never have been another content's: the name is the entity tag. `cache` is the
    Cache-Control. `download_as` is the name to be saved under; without it the file is shown.

    Raises:
        FileNotFoundError: there is none.
    """
    file = path.open("rb")
    size = path.stat().st_size
    changed = http_date(path.stat().st_mtime)
    tag = f'"{path.name}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": tag,
        "Last-Modified": changed,
        "Cache-Control": cache,
    }
    if download_as:
        headers["Content-Disposition"] = content_disposition_header(True, download_as) or ""
    if _is_known(request, tag, changed):
        file.close()
        return HttpResponse(status=304, headers=headers)
    stretch = _stretch(request, tag, changed, size)
    if stretch is None:
        file.close()
        headers["Content-Range"] = f"bytes */{size}"
        return HttpResponse(status=416, headers=headers)
    start, end, is_part = stretch
    headers["Content-Length"] = str(end - start)
    headers["Content-Type"] = media_type
    if is_part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=200, headers=headers)
    is_long = end - start > STRETCH_BYTES
    if is_long and not _whole.acquire(blocking=False):
        file.close()
        return HttpResponse(status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
    answer = StreamingHttpResponse(
        _Pieces(file, start, end, holds_turn=is_long), status=206 if is_part else 200
    )
    for name, value in headers.items():
        answer.headers[name] = value
    return answer


def _is_known(request: HttpRequest, tag: str, changed: str) -> bool:
    """Whether the asker has this very file: If-None-Match, else If-Modified-Since."""
    match = request.headers.get("If-None-Match")
    if match is not None:
        tags = [one.strip().removeprefix("W/") for one in match.split(",")]
        return "*" in tags or tag in tags
    since = request.headers.get("If-Modified-Since")
    try:
        return since is not None and parsedate_to_datetime(changed) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


def _stretch(
    request: HttpRequest, tag: str, changed: str, size: int
) -> tuple[int, int, bool] | None:
    """Where to begin, where to end (not included), and whether that is a part; None for one that
    the file does not reach. What cannot be read as one range is no range: the file whole."""
    found = _one_range.fullmatch(request.headers.get("Range", "").strip())
    same = request.headers.get("If-Range", tag)
    if request.method != "GET" or not found or found[0] == "bytes=-" or same not in (tag, changed):
        return 0, size, False
    first, last = found[1], found[2]
    if not first:  # the last so many
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return 0, size, False
    if start >= end:
        return None
    return start, min(end, start + STRETCH_BYTES), True


class _Pieces:
    """The bytes of an answer; `close` gives back what it holds, whether it was read or not."""

    def __init__(self, file: BinaryIO, start: int, end: int, *, holds_turn: bool) -> None:
        self._file = file
        self._left = end - start
        self._holds_turn = holds_turn
        file.seek(start)

    def __iter__(self) -> Iterator[bytes]:
        while self._left > 0 and (piece := self._file.read(min(PIECE_BYTES, self._left))):
            self._left -= len(piece)
            yield piece

    def close(self) -> None:
        self._file.close()
        if self._holds_turn:
            self._holds_turn = False
            _whole.release()
