"""What the house holds, of texts whose truth is known, and how many posts a second it looks at.

    python bench/holding.py [--data DIR] [--errors 50]

Without `--data` on our own texts only. With it also on sets that others labelled (their README
names them); they are for measuring, the word lists were not tuned to them. Speed is CPU time of one
core, the median of five runs.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import random
import statistics
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, get_args

from blueroom.holding import reasons
from blueroom.holding.reasons import Strictness, findings, reasons_to_hold
from blueroom.holding.words import Words
from blueroom.networks.rehearsal.labels import labelled_posts, written_texts
from blueroom.networks.rehearsal.options import Options

OWN = Path(reasons.__file__).parent / "texts"
RUNS = 5
HOSTILE = ("insult", "hate", "threat", "sexual", "profanity")
SPAM = ("spam", "link")


class Labelled(NamedTuple):
    text: str
    language: str
    kind: str  # "lawful", or what to hold it for


def own_texts(language: str, *, testing: bool) -> list[Labelled]:
    """Our texts; the half for testing was never looked at while the lists were written."""
    kind, rows, number = "", [], 0
    for line in (OWN / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind, number = line.strip("[]"), 0
        elif not line.startswith("#"):
            rows += [Labelled(line, language, kind)] if number % 2 == testing else []
            number += 1
    return rows


def rehearsed() -> list[Labelled]:
    kinds = {"insult": "insult", "spam": "spam", "private": "private"}
    return [
        Labelled(
            line.text.replace("{guest}", "Nour"), line.language, kinds.get(line.kind, "lawful")
        )
        for line in written_texts()
        if line.kind != "flood" and not (line.kind == "private" and "{n" in line.text)
    ]


def mlma(data: Path, language: str) -> list[Labelled]:
    """Tweets with the labels of several annotators: lawful where all said normal, left out where
    they did not agree."""
    with (data / f"moderation/mlma_{language}.csv").open(encoding="utf-8") as file:
        rows = [(row["tweet"], set(row["sentiment"].split("_"))) for row in csv.DictReader(file)]
    return [
        Labelled(
            text.replace("@user", "").replace("@url", ""),
            language,
            "lawful" if labels == {"normal"} else "hostile",
        )
        for text, labels in rows
        if labels == {"normal"} or "normal" not in labels
    ]


def spam(data: Path) -> list[Labelled]:
    with (data / "moderation/spam_youtube.csv").open(encoding="utf-8") as file:
        return [
            Labelled(row["text"], "en", "spam" if row["spam"] == "1" else "lawful")
            for row in csv.DictReader(file)
        ]


def lawful_questions(data: Path) -> list[Labelled]:
    french = (data / "questions/fqb_fr.txt").read_text(encoding="utf-8").splitlines()
    english = json.loads((data / "questions/ethhub_ama.json").read_text(encoding="utf-8"))
    return [
        *(Labelled(line, "fr", "lawful") for line in french if line.strip()),
        *(Labelled(row["question"], "en", "lawful") for row in english if row.get("question")),
    ]


def score(row: Labelled, codes: Sequence[str], words: Words) -> float:
    """The worst severity, and a little more for each further finding: what the curve goes along."""
    found = [
        each.severity
        for each in findings(row.text, language=row.language, words=words)
        if each.code in codes
    ]
    return max(found) + min(len(found), 9) / 10 if found else 0.0


def share(rows: Iterable[bool]) -> str:
    every = list(rows)
    return f"{sum(every) / len(every):.3f} ({sum(every)}/{len(every)})" if every else "none"


def by_kind(name: str, rows: Sequence[Labelled], words: Words, *, errors: int) -> None:
    print(f"\n### {name}\n\n| held | " + " | ".join(get_args(Strictness)) + " |")
    print("| --- | --- | --- | --- |")
    kinds = list(dict.fromkeys(row.kind for row in rows))
    held = {
        strictness: [
            bool(
                reasons_to_hold(row.text, language=row.language, strictness=strictness, words=words)
            )
            for row in rows
        ]
        for strictness in get_args(Strictness)
    }
    for kind in kinds:
        cells = (
            share(is_held for row, is_held in zip(rows, each, strict=True) if row.kind == kind)
            for each in held.values()
        )
        print(f"| {kind} | {' | '.join(cells)} |")
    wrong = [
        row
        for row, is_held in zip(rows, held["normal"], strict=True)
        if is_held == (row.kind == "lawful")
    ]
    for row in random.Random(1).sample(wrong, min(errors, len(wrong))):
        print(f"- {'held' if row.kind == 'lawful' else 'passed'} ({row.kind}): {row.text[:140]}")


def curve(name: str, rows: Sequence[Labelled], codes: Sequence[str], words: Words) -> None:
    scored = [(row.kind != "lawful", score(row, codes, words)) for row in rows]
    print(f"\n### {name}: the whole curve\n\n| score from | recall | lawful held |")
    print("| ---: | ---: | ---: |")
    for least in sorted({each for _, each in scored if each}, reverse=True):
        recall = share(each >= least for is_hostile, each in scored if is_hostile)
        false = share(each >= least for is_hostile, each in scored if not is_hostile)
        print(f"| {least:.1f} | {recall} | {false} |")


def speed(words: Words) -> None:
    posts = labelled_posts(Options(seed="bench"), count=6_000)
    clean = [post for post, label in posts if label.kind in ("question", "message") and post.text]
    print("\n### Speed\n\n| posts | characters each | posts/s of CPU |\n| --- | ---: | ---: |")
    for name, some in (
        ("questions and messages", clean),
        ("all kinds", [post for post, _ in posts]),
    ):
        took = []
        for _ in range(RUNS):
            started_at = time.process_time()
            for post in some:
                reasons_to_hold(
                    post.text,
                    name=post.author.name,
                    handle=post.author.handle,
                    language=post.lang,
                    strictness="normal",
                    words=words,
                )
            took.append(time.process_time() - started_at)
        length = statistics.mean(len(post.text) for post in some)
        print(f"| {name} | {length:.0f} | {len(some) / statistics.median(took):,.0f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, help="the folder of real inputs")
    parser.add_argument("--errors", type=int, default=0, help="how many errors to list of each set")
    options = parser.parse_args()
    words = Words()
    print(f"{platform.machine()}, Python {platform.python_version()}, one core")
    for language in ("fr", "en"):
        for testing in (False, True):
            rows = own_texts(language, testing=testing)
            half = "testing" if testing else "looked at"
            by_kind(f"Our texts, {language}, {half}", rows, words, errors=options.errors)
    by_kind("The rehearsal's audience, as written", rehearsed(), words, errors=options.errors)
    if options.data:
        for language in ("fr", "en"):
            rows = mlma(options.data, language)
            by_kind(f"MLMA, {language}", rows, words, errors=options.errors)
            curve(f"MLMA, {language}", rows, HOSTILE, words)
        by_kind("YouTube spam", spam(options.data), words, errors=options.errors)
        curve("YouTube spam", spam(options.data), SPAM, words)
        by_kind("Lawful questions", lawful_questions(options.data), words, errors=options.errors)
    speed(words)


if __name__ == "__main__":
    main()
