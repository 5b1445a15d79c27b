"""Plays Bluesky's video service on 127.0.0.1: nobody can install the real one.

What it answers: https://docs.bsky.app/docs/tutorials/video ("Recommended method") and
https://github.com/bluesky-social/atproto/tree/main/lexicons/app/bsky/video; without `jobStatus`
around an upload's answer, and with 409 for a video that it has, as the real one does
(https://github.com/bluesky-social/atproto/issues/3026 and 3097). All read 2026-11.

As the real one it trusts nobody: a token must be signed by the account's own key, which the
directory publishes, for the method and the server that it is shown to. And as the real one it
brings the converted video to the account's server itself, with the token of the upload.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

UPLOAD_BLOB = "com.atproto.repo.uploadBlob"
# https://atproto.com/specs/cryptography#public-key-encoding: the multicodec before a compressed key
CURVES: dict[bytes, ec.EllipticCurve] = {b"\xe7\x01": ec.SECP256K1(), b"\x80\x24": ec.SECP256R1()}
OLD_CURVES: dict[str, ec.EllipticCurve] = {
    "EcdsaSecp256k1VerificationKey2019": ec.SECP256K1(),
    "EcdsaSecp256r1VerificationKey2019": ec.SECP256R1(),
}
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
# What stands for converting: an empty box, which any player passes over (ISO/IEC 14496-12, 8.1.2).
FREE_BOX = b"\x00\x00\x00\x08free"


class NotTrusted(Exception):
    """The token is not good for this."""


@dataclass
class Job:
    """One video on its way. `polls_left` is how often it will be asked for before it is ready."""

    id: str
    did: str
    token: str
    server: str
    video: bytes
    polls_left: int
    blob: dict[str, Any] | None = None


@dataclass
class VideoServer:
    """The running service. A test sets how it is to behave, and looks at what it was sent."""

    plc_url: str
    port: int = 0
    polls: int = 2
    failure_code: str = ""  # of every conversion
    failures_left: int = 10**6  # so many conversions fail, then they succeed
    can_upload: bool = True
    jobs: dict[str, Job] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def did(self) -> str:
        return f"did:web:localhost%3A{self.port}"

    def limits(self, token: str) -> dict[str, Any]:
        self.trusted(token, method="app.bsky.video.getUploadLimits", audience=self.did)
        if not self.can_upload:
            return {
                "canUpload": False,
                "remainingDailyVideos": 0,
                "remainingDailyBytes": 0,
                "error": "unconfirmed_email",
                "message": "You must confirm your email before uploading videos",
            }
        return {"canUpload": True, "remainingDailyVideos": 25, "remainingDailyBytes": 10**10}

    def upload(self, did: str, video: bytes, token: str) -> tuple[int, dict[str, Any]]:
        server = _server_of(_document(self.plc_url, did))
        audience = httpx.get(f"{server}/xrpc/com.atproto.server.describeServer").json()["did"]
        claims = self.trusted(token, method=UPLOAD_BLOB, audience=audience)
        if claims["iss"] != did:
            raise NotTrusted("the token is of another account")
        job_id = hashlib.sha256(did.encode() + video).hexdigest()[:20]
        if job_id in self.jobs:
            told = {"error": "already_exists", "message": "Video already processed"}
            return 409, {"jobId": job_id, "did": did, "state": "JOB_STATE_COMPLETED", **told}
        self.jobs[job_id] = Job(job_id, did, token, server, video, self.polls)
        return 200, {"jobId": job_id, "did": did, "state": "JOB_STATE_CREATED"}

    def status(self, job_id: str) -> tuple[int, dict[str, Any]]:
        job = self.jobs.get(job_id)
        if job is None:
            return 404, {"error": "JobNotFound", "message": "job not found"}
        told: dict[str, Any] = {"jobId": job.id, "did": job.did}
        job.polls_left -= 1
        if job.polls_left >= 0:
            return 200, {"jobStatus": {**told, "state": "JOB_STATE_ENCODING", "progress": 50}}
        if self.failure_code and self.failures_left:
            self.failures_left -= 1
            del self.jobs[job.id]
            failed = {"failureCode": self.failure_code, "error": "Failed to process video"}
            return 200, {"jobStatus": {**told, "state": "JOB_STATE_FAILED", **failed}}
        job.blob = job.blob or _brought(job)
        done = {"state": "JOB_STATE_COMPLETED", "progress": 100, "blob": job.blob}
        return 200, {"jobStatus": {**told, **done}}

    def trusted(self, token: str, *, method: str, audience: str) -> dict[str, Any]:
        """What a token says, once it is known to be true."""
        head, claims, signature = _parsed(token)
        if claims.get("lxm") != method or claims.get("aud") != audience:
            raise NotTrusted(f"for {claims.get('lxm')} at {claims.get('aud')}, not {audience}")
        if not time.time() < claims["exp"] <= time.time() + 3600:
            raise NotTrusted("expired, or good for too long")
        key = _public_key(_document(self.plc_url, claims["iss"]))
        half = len(signature) // 2
        numbers = (int.from_bytes(part) for part in (signature[:half], signature[half:]))
        try:
            key.verify(encode_dss_signature(*numbers), head, ec.ECDSA(SHA256()))
        except InvalidSignature as error:
            raise NotTrusted("not signed by the account") from error
        return claims


def _parsed(token: str) -> tuple[bytes, dict[str, Any], bytes]:
    """What is signed, what it says, and the signature (RFC 7515, section 3.1)."""
    try:
        head, claims, signature = token.split(".")
        return f"{head}.{claims}".encode(), json.loads(_decoded(claims)), _decoded(signature)
    except ValueError as error:
        raise NotTrusted("no token") from error


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _document(plc_url: str, did: str) -> dict[str, Any]:
    document: dict[str, Any] = httpx.get(f"{plc_url}/{did}").raise_for_status().json()
    return document


def _server_of(document: dict[str, Any]) -> str:
    found = next(one for one in document["service"] if one["id"].endswith("#atproto_pds"))
    return str(found["serviceEndpoint"])


def _public_key(document: dict[str, Any]) -> ec.EllipticCurvePublicKey:
    method = next(one for one in document["verificationMethod"] if one["id"].endswith("#atproto"))
    number = 0
    for letter in method["publicKeyMultibase"].removeprefix("z"):
        number = number * 58 + BASE58.index(letter)
    raw = number.to_bytes((number.bit_length() + 7) // 8)
    # The directory of the tests is old, and writes the whole point without a multicodec:
    # https://atproto.com/specs/did#legacy-representation
    is_old = method["type"].endswith("VerificationKey2019")
    curve = OLD_CURVES[method["type"]] if is_old else CURVES[raw[:2]]
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, raw if is_old else raw[2:])


def _brought(job: Job) -> dict[str, Any]:
    """The converted video on the account's own server."""
    answer = httpx.post(
        f"{job.server}/xrpc/{UPLOAD_BLOB}",
        content=job.video + FREE_BOX,
        headers={"Authorization": f"Bearer {job.token}", "Content-Type": "video/mp4"},
    )
    blob: dict[str, Any] = answer.raise_for_status().json()["blob"]
    return blob


class _Handler(BaseHTTPRequestHandler):
    service: VideoServer

    def do_GET(self) -> None:
        self._answer(self._query)

    def do_POST(self) -> None:
        self._answer(self._procedure)

    def log_message(self, *_: object) -> None:
        """Tests say what they saw."""

    def _query(self, method: str, params: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if method == "app.bsky.video.getJobStatus":
            return self.service.status(params["jobId"])
        assert method == "app.bsky.video.getUploadLimits", method
        return 200, self.service.limits(self._token())

    def _procedure(self, method: str, params: dict[str, str]) -> tuple[int, dict[str, Any]]:
        assert method == "app.bsky.video.uploadVideo", method
        video = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Type"] != "video/mp4" or not params["name"].endswith(".mp4"):
            return 400, {"error": "UnsupportedContentType", "message": "no MP4"}
        return self.service.upload(params["did"], video, self._token())

    def _token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def _answer(self, answer: Callable[[str, dict[str, str]], tuple[int, dict[str, Any]]]) -> None:
        parts = urlsplit(self.path)
        method = parts.path.removeprefix("/xrpc/")
        self.service.asked.append(method.rpartition(".")[2])
        try:
            status, said = answer(method, dict(parse_qsl(parts.query)))
        except NotTrusted as error:
            status, said = 401, {"error": "AuthenticationRequired", "message": str(error)}
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def video_server(plc_url: str) -> Iterator[VideoServer]:
    """A running service, empty at first, for as long as the block lasts."""
    service = VideoServer(plc_url)
    handler = type("Handler", (_Handler,), {"service": service})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        service.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield service
        finally:
            server.shutdown()
            thread.join()
