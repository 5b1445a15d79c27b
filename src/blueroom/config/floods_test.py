from __future__ import annotations

import logging

from blueroom.config.floods import AGAIN_S, KINDS_MOST, NoFloods


def line(path: str, status: object, *, at_s: float = 0.0, name: str = "blueroom.access"):
    """A line as the front logs it, or as Django does."""
    is_django = name == "django.request"
    given = (path,) if is_django else ("127.0.0.1", "POST", path, status)
    record = logging.LogRecord(name, logging.INFO, "", 0, "%s", given, None)
    record.created = at_s
    if is_django:
        record.status_code = status
    return record


def passed(*records: logging.LogRecord) -> list[bool]:
    floods = NoFloods()
    return [floods.filter(record) for record in records]


def test_first_line_of_a_flood_is_said_and_then_one_a_minute() -> None:
    times = (0, 1, AGAIN_S - 1, AGAIN_S, AGAIN_S + 1)
    wanted = [True, False, False, True, False]

    assert passed(*(line("/s/a/ask", 429, at_s=at_s) for at_s in times)) == wanted
    assert passed(*(line("/s/a/hearts", 204, at_s=at_s) for at_s in times)) == wanted
    django = (line("/s/a/ask", 429, at_s=at_s, name="django.request") for at_s in times)
    assert passed(*django) == wanted


def test_each_kind_is_said_and_what_is_no_flood_always() -> None:
    assert (
        passed(
            line("/s/a/ask", 429),
            line("/s/b/ask", 429),
            line("/s/a/ask", 429, name="django.request"),
            line("/s/a/hearts", 429),
            line("/s/a/hearts", 204),
        )
        == [True] * 5
    )
    assert passed(line("/s/a/ask", 200), line("/s/a/ask", 200)) == [True, True]
    assert passed(line("/live/a/phone", "stream"), line("/live/a/phone", "stream")) == [True, True]


def test_paths_that_somebody_makes_up_do_not_add_up() -> None:
    floods = NoFloods()
    for number in range(3 * KINDS_MOST):
        floods.filter(line(f"/s/{number}", 429))

    assert len(floods._said_s) <= KINDS_MOST
