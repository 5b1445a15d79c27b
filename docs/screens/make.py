"""Takes the pictures of the README: `python docs/screens/make.py`, in a development environment.

Starts the real program with a rehearsal in a temporary folder, decides on some questions as
moderators do, and photographs desk, walls, phones, the report and the page of addresses. The
rehearsal has a seed, so the same questions are there each time.
"""

from __future__ import annotations

import math
import sqlite3
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.journeys import chromium, crew  # noqa: E402 - found by the line above
from tests.running import House, running_house  # noqa: E402

HOST = "room.example.org"  # what codes and links say; led to this machine by the browser
ADDRESS = f"http://{HOST}"
BACKLOG = 420
MIX = "--mix=question=64 message=30 repeat=3 reply=3"  # no insults on pictures
REHEARSAL = ("--seed=pictures", f"--backlog={BACKLOG}", "--rate=40", "--script=steady", MIX)
TABLET = {"width": 1180, "height": 820}
SETTLED_MS = 1_500  # after the longest movement on a screen

# Their beginnings: what follows is typed in several ways.
ON_AIR = "Do you hear the words or the tune when you first wake up with an idea?"
NEXT = (
    "Plutôt 200 personnes dans une cave",
    "Have you ever lost a whole session because nobody pressed save?",
    "Est-ce que la pluie change le son d'un concert en plein air",
    "When you borrow a melody from a lullaby, do you tell anybody?",
)
ANSWERED = (
    (
        "What's the smallest crowd that ever gave you goosebumps?",
        "Eleven people and a dog, in Lorient. The dog stayed to the end.",
    ),
    (
        "Peut-on écrire une chanson joyeuse quand on va mal",
        "Ce sont les seules que j’écris ces jours-là.",
    ),
)
APPROVED, REJECTED, LATER = 11, 24, 6


class Hand:
    """Decides in a moderator's name, from the moderator's own page."""

    def __init__(self, page: Page, slug: str) -> None:
        self._page = page
        self._slug = slug

    def ask(self, path: str, body: dict[str, str] | None = None) -> Any:
        """One call of the API: a GET, or a POST where there is a body."""
        return self._page.evaluate(
            """async ([path, body]) => {
              const { csrf } = JSON.parse(document.getElementById('screen').dataset.boot);
              const post = {
                method: 'POST',
                headers: { 'Content-Type': 'application/json', 'X-CSRFToken': csrf },
                body: JSON.stringify(body),
              };
              const answer = await fetch(`/api/v1${path}`, body ? post : {});
              if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
              return answer.status === 204 ? null : await answer.json();
            }""",
            [path, body],
        )

    def decide(self, question: dict[str, Any], *verbs: str) -> None:
        for verb in verbs:
            self.ask(f"/questions/{question['id']}/{verb}", {})

    def questions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask(f"/sessions/{self._slug}/questions?limit=1000")[
            "items"
        ]
        return found

    def turn(self, verb: str) -> None:
        self.ask(f"/sessions/{self._slug}/{verb}", {})


def spread_counts(house: House) -> None:
    """Give the hour before the picture its waves: the backlog arrived at once, a minute ago."""
    with sqlite3.connect(house.data / "room.sqlite3", timeout=10) as database:
        (session, network, minute, posts) = database.execute(
            "SELECT session_id, network, min(minute), sum(posts) FROM posts_postcount"
        ).fetchone()
        database.execute("DELETE FROM posts_postcount")
        last = datetime.fromisoformat(minute).replace(tzinfo=UTC)
        heights = [
            2 + m / 12 + 2.2 * math.sin(m / 5) + 6 * math.exp(-(((m - 46) / 5) ** 2))
            for m in range(60)
        ]
        shares = [round(posts * height / sum(heights)) for height in heights]
        for number, share in enumerate(shares):
            at = last - timedelta(minutes=59 - number)
            row = (session, network, f"{at:%Y-%m-%d %H:%M:%S}", share)
            database.execute(
                "INSERT INTO posts_postcount (session_id, network, minute, posts)"
                " VALUES (?, ?, ?, ?)",
                row,
            )


def picture(page: Page, name: str) -> None:
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=HERE / f"{name}.png")


def named(items: list[dict[str, Any]], text: str) -> dict[str, Any]:
    return next(item for item in items if item["text"].startswith(text))


def arrived(hand: Hand, wanted: set[str]) -> list[dict[str, Any]]:
    """The questions, once all that are wanted are among them."""
    items = hand.questions()
    are_there = (any(item["text"].startswith(text) for item in items) for text in wanted)
    return items if all(are_there) else []


def prepare(hand: Hand) -> dict[str, Any]:
    """The decisions of an hour at the desk; the question that goes on air later."""
    wanted = {ON_AIR, *NEXT, *(text for text, _ in ANSWERED)}
    items = crew.within(60, lambda: arrived(hand, wanted))
    chosen = [named(items, text) for text in (ON_AIR, *NEXT)]
    answered = [(named(items, text), answer) for text, answer in ANSWERED]
    taken = {one["id"] for one in [*chosen, *(one for one, _ in answered)]}
    others = [item for item in items if item["id"] not in taken]
    for item in others[:APPROVED]:
        hand.decide(item, "approve")
    for item in others[APPROVED : APPROVED + REJECTED]:
        hand.decide(item, "reject")
    for item in others[APPROVED + REJECTED : APPROVED + REJECTED + LATER]:
        hand.decide(item, "later")
    for item, answer in answered:
        hand.decide(item, "approve", "air")
        hand.ask(f"/questions/{item['id']}/answer", {"text": answer})
        hand.ask(f"/questions/{item['id']}/reply", {})
    for item in chosen:
        hand.decide(item, "approve")
    for item in chosen[1:]:
        hand.decide(item, "line-up")
    return chosen[0]


def open_page(browser: Browser, size: dict[str, int], language: str, scale: float = 1) -> Page:
    context = browser.new_context(
        viewport=size, locale=language, device_scale_factor=scale, timezone_id="Europe/Paris"
    )
    return context.new_page()


def open_desk(browser: Browser, link: str, name: str, language: str) -> tuple[Page, str]:
    """Somebody of the crew at the desk, and the session's slug."""
    page = open_page(browser, crew.DESK, language)
    crew.come_in(page, link, name)
    page.get_by_role("link", name="Régie" if language == crew.FRENCH else "Desk").click()
    crew.rows(page).first.wait_for()
    return page, page.url.rstrip("/").rpartition("/")[2]


def invitation(page: Page) -> str:
    """A link for one more moderator, from the owner's page of people."""
    page.goto(f"{ADDRESS}/people/")
    page.get_by_role("button", name="Make a link").click()
    return page.get_by_label("Invitation link").input_value()


def take(house: House, browser: Browser) -> None:
    desk, slug = open_desk(browser, house.owner_link, "Jo", crew.ENGLISH)
    hand = Hand(desk, slug)
    star = prepare(hand)
    spread_counts(house)
    addresses = open_page(browser, crew.DESK, crew.ENGLISH)
    addresses.context.add_cookies(desk.context.cookies())
    addresses.goto(f"{ADDRESS}/sessions/{slug}/")
    picture(addresses, "session-en")
    wall_address = addresses.get_by_label("Address: Questions wall").input_value()
    tablet_address = addresses.get_by_label("Address: Prompter").input_value()
    link = invitation(addresses)

    desk.reload()
    crew.rows(desk).first.wait_for()
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    picture(desk, "desk-day-en")
    wall = open_page(browser, crew.WALL, crew.FRENCH)
    wall.goto(f"{wall_address}?lang=fr")
    picture(wall, "wall-day-fr")
    tablet = open_page(browser, TABLET, crew.FRENCH)
    tablet.goto(f"{tablet_address}?lang=fr")
    picture(tablet, "prompter-day-fr")
    phone = open_page(browser, crew.PHONE, crew.FRENCH, 2)
    phone.goto(f"{ADDRESS}/s/{slug}/")
    picture(phone, "phone-open-fr")

    hand.turn("start")
    hand.decide(star, "air")
    wall.goto(f"{wall_address}?lang=en")
    expect(crew.wall_question(wall)).to_contain_text("words or the tune")
    picture(wall, "wall-on-air-en")
    hand.ask(f"/sessions/{slug}/say", {"text": "Ten minutes left. The photo comes next."})
    tablet.goto(f"{tablet_address}?lang=en")
    expect(tablet.get_by_role("log")).to_contain_text("Ten minutes left")
    picture(tablet, "prompter-on-air-en")
    phone = open_page(browser, crew.PHONE, crew.ENGLISH, 2)
    phone.goto(f"{ADDRESS}/s/{slug}/")
    picture(phone, "phone-on-air-en")
    french, _ = open_desk(browser, link, "Léa", crew.FRENCH)
    french.keyboard.press("j")
    picture(french, "desk-on-air-fr")


HEAT_REHEARSAL = ("--seed=map", "--backlog=6000", "--rate=240", "--script=steady", MIX)
HEAT_MINUTES = 74
AIRED = 5


def spread_evening(house: House) -> None:
    """Tell an evening of what came at once: posts in waves, questions on air one after another."""
    last_s = int(datetime.now(UTC).timestamp())
    first_s = last_s - 60 * HEAT_MINUTES
    heights = [
        3 + 2 * math.sin(m / 6) + 9 * math.exp(-(((m - 33) / 3) ** 2)) + m / 20
        for m in range(HEAT_MINUTES)
    ]
    with sqlite3.connect(house.data / "room.sqlite3", timeout=10) as database:
        database.execute("DELETE FROM posts_postcount")
        posts = [row for (row,) in database.execute("SELECT id FROM posts_post ORDER BY id")]
        (session,) = database.execute("SELECT id FROM room_session").fetchone()
        done = 0
        for minute, height in enumerate(heights):
            share = posts[done : done + round(len(posts) * height / sum(heights))]
            done += len(share)
            at_s = first_s + 60 * minute
            database.execute(
                "INSERT INTO posts_postcount (session_id, network, minute, posts)"
                " VALUES (?, 'rehearsal', ?, ?)",
                (session, f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%d %H:%M}:00", len(share)),
            )
            database.executemany(
                "UPDATE posts_location SET received_s = ? WHERE post_id = ?",
                [(at_s + number * 60 // len(share), post) for number, post in enumerate(share)],
            )
        # Decisions never change: their guards go, with the whole room, when the pictures are taken.
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
        for (name,) in database.execute(guards, ["desk_decision"]).fetchall():
            database.execute(f"DROP TRIGGER {name}")
        aired = database.execute("SELECT id FROM desk_decision WHERE verb = 'air' ORDER BY id")
        for number, (decision,) in enumerate(aired.fetchall()):
            at = datetime.fromtimestamp(first_s + 60 * (20 + 11 * number), UTC)
            database.execute(
                "UPDATE desk_decision SET at = ? WHERE id = ?",
                (f"{at:%Y-%m-%d %H:%M:%S}", decision),
            )
        opened, on_air = (
            f"{datetime.fromtimestamp(first_s + 60 * minute, UTC):%Y-%m-%d %H:%M:%S}"
            for minute in (0, 12)
        )
        database.execute("UPDATE room_session SET opened_at = ?, on_air_at = ?", (opened, on_air))


def take_heat(house: House, browser: Browser) -> None:
    """The heat map before the show, on air, and gone through again."""
    with house.client() as api:
        session = api.get("/sessions").json()[0]
        path = f"/sessions/{session['slug']}"
        asked = f"{path}/questions?limit=50&order=oldest"
        found = crew.within(30, lambda: api.get(asked).json()["items"])
        api.post(f"{path}/start").raise_for_status()
        for question in found[:AIRED]:
            for verb in ("approve", "air"):
                api.post(f"/questions/{question['id']}/{verb}").raise_for_status()
        spread_evening(house)
        wall = open_page(browser, crew.WALL, crew.FRENCH)
        address = session["links"]["wall_heat"]
        wall.goto(f"{address}?lang=en&air=on")
        wall.wait_for_timeout(4_000)
        picture(wall, "heat-on-air-en")
        wall.goto(f"{address}?lang=fr&air=off&replay&speed=60")
        wall.wait_for_timeout(38_000)
        picture(wall, "heat-replay-day-fr")


REPORT_REHEARSAL = ("--seed=report", "--backlog=3200", "--rate=120", "--script=steady", MIX)
REPORT_ANSWERED, REPORT_APPROVED, REPORT_REJECTED = 12, 40, 150
REPORT_MINUTES, REPORT_AIR_AT = 75, 14
SAID = (
    "Le matin, avant que la maison se lève.",
    "Yes, and I still have the tape.",
    "Eleven people and a dog, in Lorient. The dog stayed to the end.",
    "Ce sont les seules que j’écris ces jours-là.",
)


def lay_out_hour(house: House) -> None:
    """Tell an hour of what came and was decided at once: posts in waves, answers one by one."""
    first = datetime.now(UTC).replace(second=0) - timedelta(minutes=REPORT_MINUTES + 9)

    def at(minutes: float) -> str:
        return f"{first + timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S}"

    heights = [
        3 + 2 * math.sin(m / 5) + 11 * math.exp(-(((m - 37) / 4) ** 2)) + m / 18
        for m in range(REPORT_MINUTES)
    ]
    with sqlite3.connect(house.data / "room.sqlite3", timeout=10) as database:
        run = database.execute
        guards = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?"
        for (name,) in run(guards, ["desk_decision"]).fetchall():
            run(f"DROP TRIGGER {name}")
        run("DELETE FROM posts_postcount")
        (session,) = run("SELECT id FROM room_session").fetchone()
        posts = [post for (post,) in run("SELECT id FROM posts_post ORDER BY id").fetchall()]
        came: dict[int, float] = {}
        for minute, height in enumerate(heights):
            share = posts[len(came) : len(came) + round(len(posts) * height / sum(heights))]
            came |= {post: minute + number / len(share) for number, post in enumerate(share)}
            counts = "INSERT INTO posts_postcount (session_id, network, minute, posts)"
            network = "rehearsal"
            run(f"{counts} VALUES (?, ?, ?, ?)", [session, network, at(minute), len(share)])
            if minute >= REPORT_AIR_AT:
                phones = round(140 + 9 * minute - minute**2 / 20 + 40 * math.sin(minute / 4))
                rows = "INSERT INTO report_audiencecount (session_id, minute, phones)"
                run(f"{rows} VALUES (?, ?, ?)", [session, at(minute), phones])
        for post, minute in came.items():
            times = [at(minute), at(minute), post]
            run("UPDATE posts_post SET published_at = ?, received_at = ? WHERE id = ?", times)
            run("UPDATE desk_question SET published_at = ? WHERE post_id = ?", times[1:])
        asked = dict(run("SELECT id, post_id FROM desk_question").fetchall())
        answered = run("SELECT id FROM desk_question WHERE state = 'answered' ORDER BY id")
        aired = {question: number for number, (question,) in enumerate(answered.fetchall())}
        decisions = run("SELECT id, question_id, verb FROM desk_decision ORDER BY id").fetchall()
        for decision, question, verb in decisions:
            minute = came.get(asked[question], 0) + 0.6 + decision * 7 % 19 / 4
            if question in aired and verb in ("air", "answer"):
                number = aired[question]
                minute = REPORT_AIR_AT + 1 + 4.8 * number
                minute += 2.6 + number * 5 % 7 / 4 if verb == "answer" else 0
            run("UPDATE desk_decision SET at = ? WHERE id = ?", [at(minute), decision])
            if verb == "answer":
                run("UPDATE desk_question SET answered_at = ? WHERE id = ?", [at(minute), question])
                sent = [at(minute + 0.2), question]
                run("UPDATE publish_reply SET sent_at = ? WHERE question_id = ?", sent)
        moments = [at(0), at(REPORT_AIR_AT), at(REPORT_MINUTES)]
        run("UPDATE room_session SET opened_at = ?, on_air_at = ?, closed_at = ?", moments)


def take_report(house: House, browser: Browser) -> None:
    """The report of an hour that is over."""
    with house.client() as api:
        session = api.get("/sessions").json()[0]
        path = f"/sessions/{session['slug']}"
        asked = f"{path}/questions?limit=400&state=waiting"
        found = crew.within(60, lambda: [*api.get(asked).json()["items"]][:300])
        found.sort(key=lambda question: -question["askers"])
        api.post(f"{path}/start").raise_for_status()
        verbs = ["approve"] * REPORT_APPROVED + ["reject"] * REPORT_REJECTED
        for question, verb in zip(found[4 + REPORT_ANSWERED :], verbs, strict=False):
            api.post(f"/questions/{question['id']}/{verb}").raise_for_status()
        for number, question in enumerate(found[4 : 4 + REPORT_ANSWERED]):
            one = f"/questions/{question['id']}"
            for verb in ("approve", "air"):
                api.post(f"{one}/{verb}").raise_for_status()
            text = SAID[number % len(SAID)]
            api.post(f"{one}/answer", json={"text": text}).raise_for_status()
            api.post(f"{one}/reply", json={}).raise_for_status()
        crew.within(20, lambda: replies_are_out(api, path))
        api.post(f"{path}/close").raise_for_status()
    lay_out_hour(house)
    page = open_page(browser, {"width": 1440, "height": 1130}, crew.ENGLISH)
    crew.come_in(page, house.owner_link, "Jo")
    page.goto(f"{house.url}{path}/report/")
    picture(page, "report-day-en")


def replies_are_out(api: Any, path: str) -> bool:
    replied = api.get(f"{path}/questions?limit=100&state=answered").json()["items"]
    return all(one["reply"] and one["reply"]["state"] == "sent" for one in replied)


def main() -> None:
    words = chromium.launch_words()
    with (
        tempfile.TemporaryDirectory(prefix="blueroom-pictures-") as folder,
        running_house(Path(folder) / "room", "--no-rehearsal") as house,
        sync_playwright() as playwright,
        playwright.chromium.launch(**words) as browser,
    ):
        house.tool("rehearse", *HEAT_REHEARSAL)
        take_heat(house, browser)
    with (
        tempfile.TemporaryDirectory(prefix="blueroom-pictures-") as folder,
        running_house(Path(folder) / "room", "--no-rehearsal") as house,
        sync_playwright() as playwright,
        playwright.chromium.launch(**words) as browser,
    ):
        house.tool("rehearse", *REPORT_REHEARSAL)
        take_report(house, browser)
    with (
        tempfile.TemporaryDirectory(prefix="blueroom-pictures-") as folder,
        running_house(Path(folder) / "room", "--no-rehearsal", BLUEROOM_URL=ADDRESS) as house,
        sync_playwright() as playwright,
    ):
        house.tool("rehearse", *REHEARSAL)
        words = chromium.launch_words()
        here = f"--host-resolver-rules=MAP {HOST}:80 127.0.0.1:{house.port}"
        with playwright.chromium.launch(**words | {"args": [*words["args"], here]}) as browser:
            take(house, browser)


if __name__ == "__main__":
    main()
