"""A person with an account on the test network: registers, posts, edits, deletes, looks."""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

POSTS = "app.bsky.feed.post"
PASSWORD = "a password of the tests"
_numbers = itertools.count(int(time.time()) % 100_000)


@dataclass(frozen=True)
class Posted:
    """A record as its author knows it."""

    uri: str
    cid: str

    @property
    def rkey(self) -> str:
        return self.uri.rpartition("/")[2]

    @property
    def ref(self) -> dict[str, str]:
        return {"uri": self.uri, "cid": self.cid}


class Person:
    """Someone new on the PDS; `name` begins the handle."""

    def __init__(self, pds_url: str, name: str, *, display_name: str = "") -> None:
        self.handle = f"{name}{next(_numbers)}.test"
        self.password = PASSWORD
        self._http = httpx.Client(base_url=f"{pds_url}/xrpc/", timeout=30, trust_env=False)
        account = {
            "handle": self.handle,
            "email": f"{self.handle}@mail.test",
            "password": self.password,
        }
        session = self.ask("com.atproto.server.createAccount", account)
        self.did: str = session["did"]
        self._http.headers["Authorization"] = f"Bearer {session['accessJwt']}"
        if display_name:
            profile = {"$type": "app.bsky.actor.profile", "displayName": display_name}
            self._write("putRecord", "app.bsky.actor.profile", rkey="self", record=profile)

    def __enter__(self) -> Person:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def ask(self, method: str, body: dict[str, Any] | None = None, **params: Any) -> dict[str, Any]:
        """One call: a procedure where there is a body, else a query."""
        if body is None:
            answer = self._http.get(method, params=params)
        else:
            answer = self._http.post(method, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def post(self, text: str, *, reply_to: Posted | None = None, **fields: Any) -> Posted:
        """Write a post, with facets for its hashtags as Bluesky's own app makes them."""
        return self._posted("createRecord", record=self._record(text, reply_to, fields))

    def edit(self, posted: Posted, text: str) -> Posted:
        return self._posted("putRecord", rkey=posted.rkey, record=self._record(text, None, {}))

    def delete(self, posted: Posted) -> None:
        self._write("deleteRecord", POSTS, rkey=posted.rkey)

    def posts(self) -> list[dict[str, Any]]:
        """One's own posts, as records with `uri`, `cid` and `value`, oldest first."""
        listed = self.ask(
            "com.atproto.repo.listRecords", repo=self.did, collection=POSTS, reverse=True
        )
        return listed["records"]

    def _record(self, text: str, to: Posted | None, fields: dict[str, Any]) -> dict[str, Any]:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record = {"$type": POSTS, "text": text, "createdAt": now, "langs": ["fr"]}
        if tags := [_facet(text, found) for found in re.finditer(r"#\w+", text)]:
            record["facets"] = tags
        if to:
            record["reply"] = {"root": to.ref, "parent": to.ref}
        return record | fields

    def _posted(self, method: str, **body: Any) -> Posted:
        made = self._write(method, POSTS, **body)
        return Posted(made["uri"], made["cid"])

    def _write(self, method: str, collection: str, **body: Any) -> dict[str, Any]:
        whole = {"repo": self.did, "collection": collection, **body}
        return self.ask(f"com.atproto.repo.{method}", whole)


def _facet(text: str, tag: re.Match[str]) -> dict[str, Any]:
    start, end = (len(text[:place].encode()) for place in tag.span())
    feature = {"$type": "app.bsky.richtext.facet#tag", "tag": tag[0][1:]}
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}
