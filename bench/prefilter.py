"""How many posts a second the search for hashtags looks through, on one core.

    python bench/prefilter.py

Makes lines such as Jetstream sends (our own words; sizes, links, pictures, replies and hashtags in
the proportions of the real network), and searches them in blocks, as the source does. A tenth of
the lines are deletions, which are read wherever they are. Each figure is the median of five runs.
"""

from __future__ import annotations

import json
import platform
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from blueroom.networks.bluesky.prefilter import Prefilter
from blueroom.networks.bluesky.source import as_post
from blueroom.networks.bluesky.tags import Tags
from blueroom.networks.bluesky.wire import read_event

LINES = 60_000
BLOCK_LINES = 1_500  # about the megabyte that a source takes at once
RUNS = 5
WORDS = (  # noqa: SIM905 - a hundred quotation marks less
    "bonjour ce soir la radio passe un disque que j'aime beaucoup et le chat dort déjà ☕ "
    "good morning everyone the rain has stopped so we are going out to buy bread and flowers 🌻 "
    "なんでもない日 heute gibt es Kuchen mañana será otro día"
).split()
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
POST = "app.bsky.feed.post"


def letters(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(LETTERS, k=count))


def line(chance: random.Random, *, tagged: float, tag: str = "") -> bytes:
    """One line; `tagged` is the share of posts with hashtags of others."""
    did, rkey = f"did:plc:{letters(chance, 24)}", letters(chance, 13)
    commit = {"rev": letters(chance, 13), "operation": "create", "collection": POST, "rkey": rkey}
    if chance.random() < 0.1 and not tag:
        commit["operation"] = "delete"
    else:
        record = post(chance, tagged=tagged, tag=tag)
        commit |= {"record": record, "cid": f"bafyrei{letters(chance, 52)}"}
    whole = {"did": did, "time_us": 1_795_204_800_000_000, "kind": "commit", "commit": commit}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def post(chance: random.Random, *, tagged: float, tag: str) -> dict[str, Any]:
    text = " ".join(chance.choices(WORDS, k=chance.randint(4, 40)))
    facets, embed = [], None
    tags = [tag] if tag else []
    if chance.random() < tagged:
        # Few hashtags are frequent, many are rare.
        tags += [f"mot{int(chance.paretovariate(0.7))}" for _ in range(chance.randint(1, 4))]
    for word in tags:
        text += f" #{word}"
        facets.append(facet(text, {"$type": "app.bsky.richtext.facet#tag", "tag": word}))
    if chance.random() < 0.2:
        uri = f"https://example.org/{letters(chance, 20)}"
        facets.append(facet(text, {"$type": "app.bsky.richtext.facet#link", "uri": uri}))
        external = {"description": text, "title": text[:40], "uri": uri}
        embed = {"$type": "app.bsky.embed.external", "external": external}
    elif chance.random() < 0.2:
        ref = {"$link": f"bafkrei{letters(chance, 52)}"}
        blob = {"$type": "blob", "ref": ref, "mimeType": "image/jpeg", "size": 119_635}
        image = {"alt": "", "aspectRatio": {"height": 1200, "width": 900}, "image": blob}
        embed = {"$type": "app.bsky.embed.images", "images": [image]}
    record: dict[str, Any] = {"$type": POST, "createdAt": "2026-11-20T20:00:00.000Z"}
    record |= {"embed": embed} if embed else {}
    record |= {"facets": facets} if facets else {}
    record["langs"] = ["fr"]
    if chance.random() < 0.45:
        record["reply"] = {"parent": ref_to_post(chance), "root": ref_to_post(chance)}
    return record | {"text": text}


def facet(text: str, feature: dict[str, str]) -> dict[str, Any]:
    end = len(text.encode())
    return {"features": [feature], "index": {"byteEnd": end, "byteStart": end - 1}}


def ref_to_post(chance: random.Random) -> dict[str, str]:
    uri = f"at://did:plc:{letters(chance, 24)}/{POST}/{letters(chance, 13)}"
    return {"cid": f"bafyrei{letters(chance, 52)}", "uri": uri}


def blocks(lines: Sequence[bytes]) -> list[list[bytes]]:
    return [list(lines[at : at + BLOCK_LINES]) for at in range(0, len(lines), BLOCK_LINES)]


def median_s(run: Callable[[], object]) -> float:
    took = []
    for _ in range(RUNS):
        started_at = time.perf_counter()
        run()
        took.append(time.perf_counter() - started_at)
    return statistics.median(took)


def search(tags: Sequence[str], every: Sequence[list[bytes]]) -> int:
    """Search and read, as the source does; gives how many posts are ours."""
    prefilter, checked, ours = Prefilter(tags), Tags(tags), 0
    for block in every:
        for found in prefilter.lines(block):
            event = read_event(found, v2=False)
            if event.commit and event.commit.record and checked.are_in(event.commit.record):
                as_post(event, raw=found)
                ours += 1
    return ours


def main() -> None:
    chance = random.Random(1)
    print(f"{platform.machine()}, Python {platform.python_version()}, one core, median of {RUNS}")
    print("\n| tags | hashtags of others in | bytes a line | posts a second |")
    print("| ---: | ---: | ---: | ---: |")
    for tagged in (0.2, 1.0):
        lines = [line(chance, tagged=tagged) for _ in range(LINES)]
        every, size = blocks(lines), sum(map(len, lines)) // LINES
        for count in (1, 5, 50):
            tags = [f"AskGuetta{number}" for number in range(count)]
            assert search(tags, every) == 0
            took_s = median_s(lambda tags=tags, every=every: search(tags, every))  # type: ignore[misc]
            print(f"| {count} | {tagged:.0%} of posts | {size} | {LINES / took_s:,.0f} |")
    ours = blocks([line(chance, tagged=0.2, tag="AskGuetta0") for _ in range(LINES // 6)])
    took_s = median_s(lambda: search(["AskGuetta0"], ours))
    print(f"\nA post that is ours costs {took_s / (LINES // 6) * 1e6:.1f} µs, read and made ready.")


if __name__ == "__main__":
    main()
