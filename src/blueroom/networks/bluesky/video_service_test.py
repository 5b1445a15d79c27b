"""The service at work is in tests/atproto/bluesky_media_test.py."""

from __future__ import annotations

from typing import Any

import pytest

from blueroom.networks.bluesky.video_service import BLUESKY, Job, service_url
from blueroom.networks.interface import Unavailable

BLOB = {"$type": "blob", "ref": {"$link": "bafk"}, "mimeType": "video/mp4", "size": 3}


@pytest.mark.parametrize(
    ("chosen", "server", "url"),
    [
        ("auto", "https://shimeji.us-east.host.bsky.network", BLUESKY),
        ("auto", "https://bsky.social", BLUESKY),
        ("auto", "https://pds.example.org", ""),
        ("auto", "https://host.bsky.network.example.org", ""),
        ("none", "https://shimeji.us-east.host.bsky.network", ""),
        ("https://video.example.org", "https://pds.example.org", "https://video.example.org"),
    ],
)
def test_service_url_is_bluesky_s_for_accounts_there(chosen: str, server: str, url: str) -> None:
    assert service_url(chosen, account_server=server) == url


@pytest.mark.parametrize(
    ("answer", "job", "is_over"),
    [
        # Each as it was seen: https://github.com/bluesky-social/atproto/issues/3097
        (
            {"did": "did:plc:x", "jobId": "j1", "state": "JOB_STATE_CREATED"},
            Job(job_id="j1", state="JOB_STATE_CREATED"),
            False,
        ),
        (
            {
                "did": "did:plc:x",
                "error": "already_exists",
                "jobId": "j1",
                "message": "Video already processed",
                "state": "JOB_STATE_COMPLETED",
            },
            Job(
                job_id="j1",
                state="JOB_STATE_COMPLETED",
                error="already_exists",
                message="Video already processed",
            ),
            True,
        ),
        (
            {"jobStatus": {"did": "", "error": "unconfirmed_email", "jobId": "", "state": ""}},
            Job(error="unconfirmed_email"),
            True,
        ),
        (
            {"jobStatus": {"jobId": "j1", "state": "JOB_STATE_COMPLETED", "blob": BLOB}},
            Job(job_id="j1", state="JOB_STATE_COMPLETED", blob=BLOB),
            True,
        ),
        (
            {"jobStatus": {"jobId": "j1", "state": "JOB_STATE_FAILED", "failureCode": "x"}},
            Job(job_id="j1", state="JOB_STATE_FAILED", failure_code="x"),
            True,
        ),
        ({}, Job(), True),
    ],
)
def test_job_is_read_in_each_form_that_the_service_has(
    answer: dict[str, Any], job: Job, is_over: bool
) -> None:
    found = Job.read(answer)

    assert (found, found.is_over) == (job, is_over)


def test_job_that_cannot_be_read_is_asked_for_again() -> None:
    with pytest.raises(Unavailable):
        Job.read({"jobStatus": {"jobId": 7}})
