from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from blueroom.updates import hub as hub_module
from blueroom.updates import live as live_module
from blueroom.updates.conftest import Event, Following, House, Told
from blueroom.updates.live import Limits

pytestmark = pytest.mark.alone

OpenHouse = Callable[..., House]


class Lamp(msgspec.Struct, frozen=True, tag_field="kind", tag="lamp"):
    is_on: bool


def wait_until(holds: Callable[[], bool], *, for_s: float = 3.0) -> None:
    end_s = time.monotonic() + for_s
    while not holds():
        assert time.monotonic() < end_s, "it did not come to be in time"
        time.sleep(0.01)


def test_stream_begins_with_headers_and_the_snapshot(house: House) -> None:
    house.set("show/phone", 1, 7)

    client = house.follow("/live/show/phone")

    assert client.status == 200
    assert client.answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert client.answer.headers["cache-control"] == "no-store"
    assert client.answer.headers["x-accel-buffering"] == "no"
    assert client.answer.headers["server"] is None
    event = client.next()
    assert event is not None
    at = datetime.fromisoformat(event.data.pop("at"))
    assert abs((datetime.now(UTC) - at).total_seconds()) < 5
    assert event == Event(
        "snapshot",
        f"{house.hub.epoch}.0",
        {
            "topic": "show/phone",
            "id": f"{house.hub.epoch}.0",
            "state": {"values": {"1": 7}, "padding": ""},
        },
    )


def test_changes_follow_the_snapshot_without_gap_while_others_announce(house: House) -> None:
    house.snapshot_s = 0.03
    stop = threading.Event()

    def work(number: int) -> None:
        for count in range(number * 10_000, (number + 1) * 10_000):
            if stop.is_set():
                return
            # A number of its own each time: nothing told later would make good what was missed.
            house.set("show/phone", count, count, at_once=count % 3 == 0)
            time.sleep(0.002)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    clients = []
    for _ in range(30):
        clients.append(house.follow("/live/show/phone"))
        time.sleep(random.random() / 30)
    stop.set()
    for worker in workers:
        worker.join()
    house.set("show/phone", 99_999, 1, at_once=True)

    for client in clients:
        first = client.next()
        assert first is not None
        assert first.name == "snapshot"
        known, number = dict(first.data["state"]["values"]), first.number
        while "99999" not in known:
            event = client.next()
            assert event is not None
            assert (event.name, event.number) == ("changes", number + 1)
            number = event.number
            for change in event.data["changes"]:
                known[str(change["id"])] = change["value"]
        assert known == house.values["show/phone"]


def values_from_snapshot(client: Following, *, until: dict[str, int]) -> dict[str, int]:
    """What a client knows once it knows as much as `until`; its first event is a snapshot."""
    event = client.next()
    assert event is not None
    assert event.name == "snapshot"
    known: dict[str, int] = dict(event.data["state"]["values"])
    while len(known) < len(until):
        event = client.next()
        assert event is not None
        assert event.name == "changes"
        known.update({str(change["id"]): change["value"] for change in event.data["changes"]})
    return known


def announce_apart(house: House, values: list[int]) -> None:
    for value in values:
        house.set("show/phone", value, value, at_once=True)


def told(event: Event | None) -> list[int]:
    assert event is not None
    assert event.name == "changes"
    return [change["value"] for change in event.data["changes"]]


@pytest.mark.parametrize("way", ["header", "query"])
def test_stream_resumed_by_id_replays_exactly_what_was_missed(house: House, way: str) -> None:
    client = house.follow("/live/show/phone")
    client.next()
    announce_apart(house, [1, 2])
    assert told(client.next()) == [1]
    last = client.next()
    assert last is not None
    client.close()
    announce_apart(house, [3, 4, 5])

    if way == "header":
        again = house.follow("/live/show/phone", Last_Event_ID=last.id)
    else:
        again = house.follow(f"/live/show/phone?after={last.id}")
    announce_apart(house, [6])

    assert [told(again.next()) for _ in range(4)] == [[3], [4], [5], [6]]


@pytest.mark.parametrize(
    "made_up",
    [
        lambda last: "0123456789ab." + last.partition(".")[2],
        lambda last: last.partition(".")[0] + ".999",
        lambda last: last.partition(".")[0] + ".",
        lambda last: last.partition(".")[0] + "." + "9" * 5000,
        lambda _: "nonsense",
    ],
)
def test_stream_resumed_by_an_id_of_elsewhere_gets_a_snapshot(
    house: House, made_up: Callable[[str], str]
) -> None:
    client = house.follow("/live/show/phone")
    client.next()
    announce_apart(house, [1, 2])
    client.next()
    last = client.next()
    assert last is not None

    again = house.follow("/live/show/phone", Last_Event_ID=made_up(last.id))

    values = {"1": 1, "2": 2}
    assert values_from_snapshot(again, until=values) == values


def test_stream_resumed_after_the_log_ran_over_gets_a_snapshot(house: House) -> None:
    client = house.follow("/live/show/phone")
    first = client.next()
    assert first is not None
    announce_apart(house, list(range(600)))

    again = house.follow("/live/show/phone", Last_Event_ID=first.id)

    event = again.next()
    assert event is not None
    assert (event.name, event.number) == ("snapshot", 600)


def test_topic_dropped_and_made_again_takes_no_old_position_for_its_own(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "KEPT_WITHOUT_STREAMS_S", 0.1)
    client = house.follow("/live/show/phone")
    client.next()
    announce_apart(house, [1, 2])
    client.next()
    last = client.next()
    assert last is not None
    client.close()
    wait_until(lambda: not house.hub._topics)
    announce_apart(house, [3])
    other = house.follow("/live/show/phone")
    other.next()
    announce_apart(house, [4, 5, 6])

    again = house.follow("/live/show/phone", Last_Event_ID=last.id)

    values = {str(value): value for value in range(1, 7)}
    assert values_from_snapshot(again, until=values) == values


def test_changes_are_grouped_to_five_messages_a_second_and_the_later_wins(house: House) -> None:
    client = house.follow("/live/show/phone")
    client.next()

    began_s = time.monotonic()
    value = 0
    while time.monotonic() - began_s < 1.5:
        value += 1
        house.set("show/phone", value % 3, value)
        time.sleep(0.002)

    arrived: list[float] = []
    last: dict[int, int] = {}
    while last.get(value % 3) != value:
        event = client.next()
        assert event is not None
        arrived.append(time.monotonic() - began_s)
        keys = [change["id"] for change in event.data["changes"]]
        assert len(keys) == len(set(keys))
        last.update({change["id"]: change["value"] for change in event.data["changes"]})
    assert last == {int(key): number for key, number in house.values["show/phone"].items()}
    assert 6 <= len(arrived) <= 9  # one at once, then one each 0.2 s


def test_change_at_once_takes_along_what_waited_in_order(house: House) -> None:
    client = house.follow("/live/show/phone")
    client.next()
    house.set("show/phone", 1, 1)
    assert told(client.next()) == [1]

    began_s = time.monotonic()
    for number in (2, 3, 4):
        house.set("show/phone", number, number)
    house.set("show/phone", 3, 33)
    house.set("show/phone", 9, 9, at_once=True)

    assert told(client.next()) == [2, 4, 33, 9]
    assert time.monotonic() - began_s < 0.15


def test_what_was_told_word_for_word_is_told_again_after_a_snapshot_alone(house: House) -> None:
    client = house.follow("/live/show/phone")
    client.next()

    def tell(lamp: Lamp) -> object:
        house.hub.announce("show/phone", [lamp, Told(1, 7)], at_once=True)
        event = client.next()
        assert event is not None
        return [change["kind"] for change in event.data["changes"]]

    lamps = [tell(Lamp(True)), tell(Lamp(True)), tell(Lamp(False)), tell(Lamp(False))]
    house.hub.stale("show/phone")
    snapshot = client.next()

    assert lamps == [["lamp", "told"], ["told"], ["lamp", "told"], ["told"]]
    assert snapshot is not None
    assert snapshot.name == "snapshot"
    assert tell(Lamp(False)) == ["lamp", "told"]


def test_stale_topic_gets_a_new_snapshot_and_then_changes(house: House) -> None:
    client = house.follow("/live/show/phone")
    first = client.next()
    assert first is not None
    with house.lock:
        house.values["show/phone"] = {"1": 5}
    house.hub.stale("show/phone")

    event = client.next()
    assert event is not None
    assert (event.name, event.data["state"]["values"]) == ("snapshot", {"1": 5})
    assert event.number > first.number
    house.set("show/phone", 2, 6)
    assert told(client.next()) == [6]


def test_snapshot_is_taken_once_for_all_who_come_together(house: House) -> None:
    house.snapshot_s = 0.1
    names: list[str] = []

    def come() -> None:
        event = house.follow("/live/show/phone").next()
        assert event is not None
        names.append(event.name)

    threads = [threading.Thread(target=come) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert names == ["snapshot"] * 20
    assert house.snapshots_taken <= 2


def test_large_snapshot_arrives_whole_and_changes_after_it(house: House) -> None:
    house.padding = "é" * 500_000

    client = house.follow("/live/show/phone")
    first = client.next()
    house.set("show/phone", 1, 1)

    assert first is not None
    assert len(first.data["state"]["padding"]) == 500_000
    assert told(client.next()) == [1]


def test_beat_comes_while_nothing_changes(
    open_house: OpenHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "BEAT_S", 0.2)
    client = open_house().follow("/live/show/phone")
    client.next()

    event = client.next()

    assert event is not None
    assert (event.name, event.id, list(event.data)) == ("beat", "", ["at"])


def test_revoked_stream_ends_within_two_seconds_and_no_other(house: House) -> None:
    kept = house.follow("/live/show/desk?ticket=t:person:1")
    lost = house.follow("/live/show/desk?ticket=t:person:2")
    public = house.follow("/live/show/phone")
    for client in (kept, lost, public):
        client.next()

    house.revoked.add("person:2")
    began_s = time.monotonic()

    assert lost.rest() == [Event("bye", "", {"reason": "forbidden", "topic": "show/desk"})]
    assert time.monotonic() - began_s < 2
    house.set("show/desk", 1, 1)
    house.set("show/phone", 1, 2)
    assert (told(kept.next()), told(public.next())) == ([1], [2])
    assert house.follow("/live/show/desk?ticket=t:person:2").status == 403


def test_expired_stream_is_closed(house: House) -> None:
    house.expires_at = datetime.now(UTC) + timedelta(seconds=0.5)
    client = house.follow("/live/show/phone")
    client.next()

    assert client.rest() == [Event("bye", "", {"reason": "closed"})]


def test_private_streams_end_when_rights_cannot_be_checked_for_long(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "UNCHECKED_AT_MOST_S", 0.5)
    private = house.follow("/live/show/desk?ticket=t:person:1")
    public = house.follow("/live/show/phone")
    private.next()
    public.next()

    house.check_fails = True

    assert private.rest() == [Event("bye", "", {"reason": "closed"})]
    house.set("show/phone", 1, 2)
    assert told(public.next()) == [2]


def test_several_topics_come_in_one_stream_each_from_its_position(house: House) -> None:
    before = house.follow("/live/show/desk?ticket=t:person:1")
    first = before.next()
    assert first is not None
    house.set("show/desk", 1, 1)
    before.next()
    house.follow("/live/show/wall?ticket=t:link:7").next()

    both = house.follow(
        f"/live/show/wall?ticket=t:link:7&also=show/desk:person-1:{first.id}",
        Last_Event_ID=f"{house.hub.epoch}.0",
    )
    events = [both.next(), both.next()]
    house.set("show/desk", 2, 2)
    house.set("show/wall", 3, 3)
    events += [both.next(), both.next()]

    seen = sorted((event.name, event.data["topic"]) for event in events if event is not None)
    assert seen == [
        ("changes", "show/desk"),
        ("changes", "show/desk"),
        ("changes", "show/wall"),
        ("snapshot", "show/wall"),
    ]


def test_stream_of_several_topics_is_refused_by_the_name_of_the_one(house: House) -> None:
    client = house.follow("/live/show/phone?also=show/desk::")

    assert client.status == 403
    assert client.refusal() == {"code": "not_acceptable", "message": "No.", "topic": "show/desk"}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/live/show/desk", 403, "not_acceptable"),
        ("/live/nowhere/phone", 404, "unknown"),
        ("/live/gone/phone", 404, "unknown"),
        ("/live/show", 400, "bad_request"),
        ("/live/show/desk/more", 400, "bad_request"),
        ("/live/../desk", 400, "bad_request"),
        ("/live/sh%00w/phone", 400, "bad_request"),
        ("/live/show/phone?" + "also=a/b::&" * 40, 400, "bad_request"),
        (
            "/live/show/phone?also=" + "&also=".join(f"a/s{n}::" for n in range(9)),
            400,
            "bad_request",
        ),
    ],
)
def test_stream_is_refused_with_code_and_sentence(
    house: House, path: str, status: int, code: str
) -> None:
    client = house.follow(path)

    refusal = client.refusal()
    assert (client.status, refusal["code"]) == (status, code)
    assert refusal["message"]
    assert house.hub.figures.refused == {code: 1}


@pytest.mark.parametrize("method", ["HEAD", "POST", "OPTIONS"])
def test_stream_is_opened_by_get_alone(house: House, method: str) -> None:
    status, headers, _ = house.request(method, "/live/show/phone")

    assert (status, headers["allow"]) == (405, "GET")


def test_stream_above_the_limit_is_told_to_come_later(open_house: OpenHouse) -> None:
    house = open_house(limits=Limits(streams=2))
    first = house.follow("/live/show/phone")
    house.follow("/live/show/phone")

    third = house.follow("/live/show/phone")
    assert (third.status, third.answer.headers["retry-after"]) == (503, "10")
    first.close()
    wait_until(lambda: house.follow("/live/show/phone").status == 200)


def test_one_subject_holds_so_many_streams_and_another_is_served(open_house: OpenHouse) -> None:
    house = open_house(limits=Limits(per_subject=2))

    statuses = [house.follow("/live/show/desk?ticket=t:person:1").status for _ in range(3)]

    assert statuses == [200, 200, 429]
    assert house.follow("/live/show/desk?ticket=t:person:2").status == 200


def test_failing_snapshot_is_a_503_and_a_word_in_the_log(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(topic: str) -> None:
        raise OSError("no database")

    monkeypatch.setattr(house.hub, "_take_snapshot", fail)

    client = house.follow("/live/show/phone")

    assert (client.status, client.refusal()["code"]) == (503, "snapshot_failed")
    assert "the snapshot of show/phone failed" in caplog.text


def test_closed_client_is_forgotten_at_once(house: House) -> None:
    client = house.follow("/live/show/phone")
    client.next()
    assert house.hub.figures.open == {"phone": 1}

    client.close()

    wait_until(lambda: not house.hub.streams, for_s=0.5)
    assert house.hub.figures.open == {"phone": 0}


def follow_without_reading(house: House, path: str = "/live/show/phone") -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", house.port))
    client.sendall(f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
    return client


def test_clients_that_do_not_read_harm_nobody_and_cost_a_bounded_memory(house: House) -> None:
    stuck = [follow_without_reading(house) for _ in range(40)]
    wait_until(lambda: len(house.hub.streams) == 40)
    healthy = house.follow("/live/show/phone")
    first = healthy.next()
    assert first is not None
    count, padding = 1500, "x" * 8000

    def announce() -> None:
        for value in range(count):
            change: Any = Told(value, value, padding)
            house.hub.announce("show/phone", [change], at_once=True)
            time.sleep(0.001)

    announcing = threading.Thread(target=announce)
    announcing.start()
    values: list[int] = []
    while len(values) < count:
        event = healthy.next()
        assert event is not None
        assert event.name == "changes"
        values += [change["value"] for change in event.data["changes"]]
    announcing.join()

    assert values == list(range(count))
    buffers = [
        connection.transport.get_write_buffer_size()
        for connection in list(house.server.server_state.connections)
    ]
    assert sum(size > 0 for size in buffers) == 40
    assert max(buffers) <= 192 * 1024
    for client in stuck:
        client.close()


def test_client_that_does_not_read_a_large_snapshot_costs_a_bounded_memory(house: House) -> None:
    house.padding = "x" * 20_000_000
    stuck = follow_without_reading(house)
    wait_until(lambda: len(house.hub.streams) == 1)
    time.sleep(0.3)

    (connection,) = house.server.server_state.connections
    assert 0 < connection.transport.get_write_buffer_size() <= 192 * 1024
    stuck.close()


def test_client_that_reads_again_after_a_pause_gets_a_snapshot_and_what_follows(
    house: House,
) -> None:
    stuck = follow_without_reading(house)
    wait_until(lambda: len(house.hub.streams) == 1)
    for value in range(900):
        house.hub.announce("show/phone", [Told(value, value, "x" * 8000)], at_once=True)
        time.sleep(0.0005)
    house.values["show/phone"] = {"1": 1}

    stuck.settimeout(3)
    read = b""
    while b'"values":{"1":1}' not in read[-200_000:]:
        read += stuck.recv(1 << 20)
    house.set("show/phone", 2, 4242, at_once=True)
    while b"4242" not in read[-10_000:]:
        read += stuck.recv(1 << 20)

    assert house.hub.figures.fell_behind == {"phone": 1}
    stuck.close()


def test_revoked_client_is_not_sent_the_rest_of_what_it_did_not_read(house: House) -> None:
    house.padding = "x" * 50_000_000
    client = follow_without_reading(house, "/live/show/desk?ticket=t:person:1")
    wait_until(lambda: len(house.hub.streams) == 1)
    time.sleep(0.3)

    house.revoked.add("person:1")
    wait_until(lambda: not house.hub.streams)

    client.settimeout(3)
    read, end = 0, b""
    while not end.endswith(b"0\r\n\r\n"):
        piece = client.recv(1 << 20)
        read += len(piece)
        end = (end + piece)[-100:]
    assert read < 25_000_000  # what the kernel and the connection had taken before
    assert b"bye" not in end  # it would have been read as part of the snapshot
    client.close()


def test_figures_count_what_happened(house: House) -> None:
    client = house.follow("/live/show/phone")
    client.next()
    house.set("show/phone", 1, 1)
    client.next()

    figures = {
        (figure.name, *figure.labels.values()): figure.value for figure in house.hub.figures.read()
    }
    took_s = figures.pop(("blueroom_snapshot_seconds_total", "phone"))
    assert 0 < took_s < 1
    assert figures == {
        ("blueroom_streams_open", "phone"): 1,
        ("blueroom_messages_published_total", "phone"): 1,
        ("blueroom_messages_told_total", "phone"): 2,
        ("blueroom_snapshots_total", "phone"): 1,
    }
