"""Votes over real connections: what forged headers and a trusted proxy change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from blueroom.audience.rules import NETWORK_MOST, VOTE_AFTER_S
from tests.journeys.crew import within
from tests.running import House, running_house

VOTERS = 60


@pytest.fixture(params=["", "127.0.0.1"], ids=["no proxy", "behind a proxy"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    proxies = {"BLUEROOM_TRUSTED_PROXIES": request.param} if request.param else {}
    with running_house(tmp_path / "room", "--no-rehearsal", **proxies) as house:
        yield house


def test_forged_addresses_count_only_where_a_trusted_proxy_gives_them(house: House) -> None:
    with house.client() as client:
        planned = client.post("/sessions", json={"guest": "Inès", "hashtags": ["AskInes"]})
        slug = planned.json()["slug"]
        client.post(f"/sessions/{slug}/open").raise_for_status()
        ids = [
            client.post(f"/sessions/{slug}/ask", json={"text": text}).json()["id"]
            for text in ("Poussée ?", "Aimée ?")
        ]
        for number in ids:
            client.post(f"/questions/{number}/approve").raise_for_status()

        def vote(phone: httpx.Client, number: int, address: str) -> httpx.Response:
            token = phone.cookies["csrftoken"]
            headers = {"X-CSRFToken": token, "X-Forwarded-For": address}
            path = f"/s/{slug}/vote"
            return phone.post(path, json={"question": number, "vote": True}, headers=headers)

        phones = []
        with httpx.Client(base_url=house.url) as script:
            # A cookie for each voter; all of them by the same connection.
            for _ in range(VOTERS):
                script.cookies.clear()
                script.get(f"/s/{slug}/").raise_for_status()
                phones.append(dict(script.cookies))

            def give(cookies: dict[str, str], number: int, address: str) -> int:
                script.cookies.clear()
                script.cookies.update(cookies)
                return vote(script, number, address).status_code

            # The last cookie has to be old enough; the others are by then.
            within(VOTE_AFTER_S + 10, lambda: give(phones[-1], ids[0], "203.0.113.1") == 200)
            statuses = [give(cookies, ids[0], f"203.0.113.{n}") for n, cookies in enumerate(phones)]
            statuses += [
                give(cookies, ids[1], f"203.{n}.113.1") for n, cookies in enumerate(phones)
            ]

        def counted() -> list[tuple[int, int, bool]] | None:
            rows = [client.get(f"/questions/{number}").json() for number in ids]
            told = [(row["votes"], row["votes_given"], row["are_votes_odd"]) for row in rows]
            return told if all(given == VOTERS for _, given, _ in told) else None

        one_network, many_networks = within(10, counted)

    assert set(statuses) == {200}
    # One network, whatever the script says of itself.
    assert one_network[0] <= NETWORK_MOST
    assert one_network[2] is True
    if "BLUEROOM_TRUSTED_PROXIES" in house.environment:
        assert many_networks == (VOTERS, VOTERS, False)
    else:
        assert many_networks == one_network
