"""Bluesky's video service: takes a video, converts it, and puts it on the account's own server.

How: https://docs.bsky.app/docs/tutorials/video, "Recommended method"; what it answers:
https://github.com/bluesky-social/atproto/blob/main/lexicons/app/bsky/video/defs.json. Both read
2026-11. Beside what these say, errors come without the `jobStatus` around them, and a video that
was sent before is an error that names its job:
https://github.com/bluesky-social/atproto/issues/3097.
"""

from __future__ import annotations

import logging
from typing import Any

import msgspec

from blueroom.base.outbound import Door
from blueroom.networks.bluesky.identity import find_home
from blueroom.networks.bluesky.session import Session
from blueroom.networks.bluesky.xrpc import NotDone, Service
from blueroom.networks.interface import Attachment, MediaRefused, Unavailable, reply_limit_s

log = logging.getLogger(__name__)

AUTO, NONE = "auto", "none"
BLUESKY = "https://video.bsky.app"
TOKEN_LASTS_S = 30 * 60  # for the whole of the conversion, as the tutorial says
ASK_AGAIN_S = 3.0
TRIES = 3  # conversions also fail for reasons of the service's own

Blob = dict[str, Any]


class VideoUnderWay(Unavailable):
    """The service has the video and is at work."""

    code = "bluesky_video_under_way"
    sentence = "Bluesky is converting the video. The reply goes out by itself when that is done."


class VideoRefused(MediaRefused):
    """The service will not have this video, or could not convert it."""

    code = "bluesky_video_refused"
    sentence = "Bluesky does not take this video. Send the reply with a link instead."


class VideoNotAllowed(MediaRefused):
    """The account may upload no videos, or none any more today."""

    code = "bluesky_video_not_allowed"
    sentence = (
        "Bluesky takes no video from this account now: its e-mail address is not confirmed, or it "
        "has sent as many as it may in a day. Send the reply with a link, or try again tomorrow."
    )


class Job(msgspec.Struct, rename="camel"):
    """How far a conversion is: app.bsky.video.defs#jobStatus."""

    job_id: str = ""
    state: str = ""
    blob: Blob | None = None
    error: str = ""
    message: str = ""
    failure_code: str = ""

    @classmethod
    def read(cls, answer: dict[str, Any]) -> Job:
        """A job as the service tells of it, with or without `jobStatus` around it."""
        told = answer.get("jobStatus")
        try:
            job = msgspec.convert(told if isinstance(told, dict) else answer, cls)
        except msgspec.ValidationError as error:
            raise Unavailable("The video service does not answer as Bluesky's does.") from error
        job.error = job.error or str(answer.get("error") or "")
        return job

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ("JOB_STATE_COMPLETED", "JOB_STATE_FAILED") or not self.job_id


def service_url(chosen: str, *, account_server: str) -> str:
    """The video service for an account that is kept on this server; "" for none."""
    if chosen == NONE:
        return ""
    if chosen != AUTO:
        return chosen
    host = account_server.partition("://")[2].partition("/")[0]
    return BLUESKY if host == "bsky.social" or host.endswith(".host.bsky.network") else ""


class VideoService:
    """Converts the videos of one account."""

    def __init__(self, url: str, *, session: Session, directory: str, door: Door) -> None:
        self._service = Service(url, door)
        self._session = session
        self._directory = directory
        self._door = door

    async def blob(self, video: Attachment, memory: dict[str, Any]) -> Blob:
        """The converted video, as a record may name it.

        `memory` keeps the job between calls: "job" is its id, "failed" how many came to nothing.

        Raises:
            VideoUnderWay: it is not ready; call again.
            VideoRefused, VideoNotAllowed: it never will be.
            Unavailable, Refused: as other calls.
        """
        job = await self._job(memory["job"]) if "job" in memory else await self._begun(video)
        if job.blob:
            return job.blob
        if job.is_over:
            self._give_up(job, memory)
        memory["job"] = job.job_id
        raise VideoUnderWay(retry_after_s=ASK_AGAIN_S)

    async def close(self) -> None:
        await self._service.close()

    def _give_up(self, job: Job, memory: dict[str, Any]) -> None:
        """Begin anew, or raise what a person has to know."""
        log.warning("a video was not converted: %s %s %s", job.job_id, job.error, job.message)
        memory.pop("job", None)
        memory["failed"] = memory.get("failed", 0) + 1
        if job.error == "unconfirmed_email":
            raise VideoNotAllowed
        if job.failure_code in ("validation_failure", "pds_upload_unsupported_blob_size"):
            raise VideoRefused(reason=job.failure_code)
        if memory["failed"] >= TRIES:
            raise VideoRefused(reason=job.failure_code or job.error)
        raise VideoUnderWay(retry_after_s=ASK_AGAIN_S)

    async def _begun(self, video: Attachment) -> Job:
        """The job of a video that is sent now; the one there is, where it was sent before."""
        await self._check_allowance(video)
        did = await self._session.did()
        token = await self._session.service_token(
            audience=await self._home_did(did),
            method="com.atproto.repo.uploadBlob",
            lasts_s=TOKEN_LASTS_S,
        )
        try:
            answer = await self._service.upload(
                "app.bsky.video.uploadVideo",
                video.path,
                media_type=video.media_type,
                within_s=reply_limit_s([video]),
                token=token,
                did=did,
                name=video.path.name,
            )
        except NotDone as error:
            if error.status == 413:
                raise VideoRefused(reason="too large") from error
            job = Job.read(error.answer)
            if error.status == 409 and job.job_id:  # "already_exists": this job has the blob
                return await self._job(job.job_id)
            if job.error == "unconfirmed_email":
                return job
            raise
        return Job.read(answer)

    async def _job(self, job_id: str) -> Job:
        try:
            return Job.read(await self._service.get("app.bsky.video.getJobStatus", jobId=job_id))
        except NotDone as error:
            job = Job.read(error.answer)
            if job.blob:  # "already_exists" is told as an error, and has the blob
                return job
            log.warning("the video's job %s is not known any more: %s", job_id, error.message)
            return Job(error=error.error, message=error.message)

    async def _check_allowance(self, video: Attachment) -> None:
        """Raises VideoNotAllowed before anything is sent."""
        method = "app.bsky.video.getUploadLimits"
        token = await self._session.service_token(
            audience=_web_did(self._service.url), method=method, lasts_s=60
        )
        limits = await self._service.get(method, token=token)
        left = limits.get("remainingDailyBytes")
        is_over = isinstance(left, int) and left < video.size_bytes
        if not limits.get("canUpload", True) or is_over:
            log.warning("no video can be sent: %s", limits.get("message") or limits.get("error"))
            raise VideoNotAllowed

    async def _home_did(self, did: str) -> str:
        """The id of the account's own server, which the service brings the video to."""
        home = await find_home(did, directory=self._directory, door=self._door)
        server = Service(home.service_url, self._door)
        try:
            return str((await server.get("com.atproto.server.describeServer"))["did"])
        finally:
            await server.close()


def _web_did(url: str) -> str:
    """https://atproto.com/specs/did#blessed-did-methods: the port is allowed on localhost only."""
    return "did:web:" + url.partition("://")[2].replace(":", "%3A")
