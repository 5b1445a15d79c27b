from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.test import RequestFactory

from blueroom.clips import serving
from blueroom.clips.serving import file_answer

# An answer that is closed ends its request, and that looks at the database's connections.
pytestmark = pytest.mark.django_db
CONTENT = bytes(range(250)) * 4  # 1000 bytes
TAG = '"clip-1.mp4"'
CHANGED = "Mon, 23 Nov 2026 20:00:00 GMT"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "clip-1.mp4"
    path.write_bytes(CONTENT)
    os.utime(path, (1795464000, 1795464000))
    return path


@pytest.fixture
def ask(path):
    def ask(method="GET", **headers):
        names = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        request = RequestFactory().generic(method, "/", **names)
        answer = file_answer(request, path, media_type="video/mp4", cache="public, max-age=300")
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        answer.close()
        return answer, body

    return ask


def test_file_is_given_whole_to_who_asks_for_no_stretch(ask):
    answer, body = ask()

    assert (answer.status_code, body) == (200, CONTENT)
    assert dict(answer.headers) == {
        "Accept-Ranges": "bytes",
        "ETag": TAG,
        "Last-Modified": CHANGED,
        "Cache-Control": "public, max-age=300",
        "Content-Length": "1000",
        "Content-Type": "video/mp4",
    }


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-", 0, 1000),
        ("bytes=0-0", 0, 1),
        ("bytes=200-299", 200, 300),
        ("bytes=990-2000", 990, 1000),
        ("bytes=-10", 990, 1000),
        ("bytes=-2000", 0, 1000),
        ("bytes=999-999", 999, 1000),
    ],
)
def test_stretch_is_given_as_asked(ask, asked, start, end):
    answer, body = ask(range=asked)

    assert (answer.status_code, body) == (206, CONTENT[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/1000"
    assert answer.headers["Content-Length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=5000-6000", "bytes=-0"])
def test_stretch_beyond_the_file_is_refused_with_its_size(ask, asked):
    answer, body = ask(range=asked)

    assert (answer.status_code, body) == (416, b"")
    assert answer.headers["Content-Range"] == "bytes */1000"


@pytest.mark.parametrize(
    "asked", ["bytes=", "bytes=-", "bytes=9-3", "bytes=0-1,5-6", "lines=0-1", "bytes=a-b", "0-5"]
)
def test_what_is_no_range_gets_the_file_whole(ask, asked):
    answer, body = ask(range=asked)

    assert (answer.status_code, body) == (200, CONTENT)


@pytest.mark.parametrize(
    ("known", "status"), [(TAG, 206), (CHANGED, 206), ('"clip-0.mp4"', 200), ("W/" + TAG, 200)]
)
def test_stretch_goes_on_with_the_same_file_only(ask, known, status):
    answer, body = ask(range="bytes=10-19", if_range=known)

    assert (answer.status_code, len(body)) == (status, 10 if status == 206 else 1000)


@pytest.mark.parametrize(
    "headers",
    [
        {"if_none_match": TAG},
        {"if_none_match": f'"other", W/{TAG}'},
        {"if_none_match": "*"},
        {"if_modified_since": CHANGED},
        {"if_none_match": TAG, "range": "bytes=0-5"},
    ],
)
def test_file_that_is_known_is_not_sent_again(ask, headers):
    answer, body = ask(**headers)

    assert (answer.status_code, body, answer.headers["ETag"]) == (304, b"", TAG)


@pytest.mark.parametrize(
    "headers",
    [
        {"if_none_match": '"other"', "if_modified_since": CHANGED},
        {"if_modified_since": "Sun, 22 Nov 2026 20:00:00 GMT"},
        {"if_modified_since": "yesterday"},
    ],
)
def test_file_that_is_another_is_sent(ask, headers):
    assert ask(**headers)[0].status_code == 200


def test_head_says_all_and_sends_nothing(ask):
    answer, body = ask("HEAD", range="bytes=10-19")

    assert (answer.status_code, body) == (200, b"")
    assert (answer.headers["Content-Length"], answer.headers["Accept-Ranges"]) == ("1000", "bytes")


def test_long_stretch_is_cut_so_that_no_thread_waits_for_a_slow_reader(ask, monkeypatch):
    monkeypatch.setattr(serving, "STRETCH_BYTES", 300)

    answer, body = ask(range="bytes=100-")

    assert (answer.status_code, body) == (206, CONTENT[100:400])
    assert answer.headers["Content-Range"] == "bytes 100-399/1000"


def test_long_whole_files_leave_threads_for_pages(path, monkeypatch):
    monkeypatch.setattr(serving, "STRETCH_BYTES", 300)
    request = RequestFactory().get("/")

    def ask():
        return file_answer(request, path, media_type="video/mp4", cache="private")

    answers = [ask() for _ in range(serving.WHOLE_AT_ONCE + 1)]
    statuses = [answer.status_code for answer in answers]
    for answer in answers:
        answer.close()
    again = ask()
    again.close()

    assert statuses == [200] * serving.WHOLE_AT_ONCE + [503]
    assert answers[-1].headers["Retry-After"] == "5"
    assert again.status_code == 200


def test_file_is_saved_under_a_name_of_its_own(path):
    answer = file_answer(
        RequestFactory().get("/"),
        path,
        media_type="video/mp4",
        cache="private",
        download_as='Inès "la" Carat.mp4',
    )
    answer.close()

    assert answer.headers["Content-Disposition"].startswith(
        "attachment; filename*=utf-8''In%C3%A8s"
    )


def test_file_that_is_not_there_is_for_the_caller_to_tell(tmp_path):
    with pytest.raises(FileNotFoundError):
        file_answer(
            RequestFactory().get("/"), tmp_path / "none.mp4", media_type="video/mp4", cache=""
        )
