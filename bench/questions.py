"""What the house takes for a question, and for which language, of posts whose truth is known.

    python bench/questions.py [--data DIR] [--tuning] [--errors 200] [--sample 0]

Without `--data` on our own texts and the rehearsal only. Of our texts the half that nobody looks at
while writing signs; with `--tuning` the other half. With `--data` also on sets of others (their
README names them): questions by the thousand, which tell how many are missed; tweets with their
language; a live chat, of which `--sample` prints so many posts of each verdict, to be judged by
hand. Beside each figure stands what a question mark alone would give. Speed is CPU time of one
core, the median of five runs.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from machine import machine

from blueroom.language import asking
from blueroom.language.asking import asks
from blueroom.language.letters import MARKS
from blueroom.language.spoken import language_of
from blueroom.networks.rehearsal.labels import labelled_posts
from blueroom.networks.rehearsal.options import Options

OWN = Path(asking.__file__).parent / "texts"
LANGUAGES = ("fr", "en")
QUESTIONS = ("question", "unmarked", "request")
RUNS = 5


class Labelled(NamedTuple):
    text: str
    language: str
    kind: str

    @property
    def is_question(self) -> bool:
        return self.kind in QUESTIONS


def own_texts(*, tuning: bool) -> Iterator[Labelled]:
    for language in LANGUAGES:
        kind, number = "", 0
        for line in (OWN / f"{language}.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("["):
                kind, number = line.strip("[]"), 0
            elif not line.startswith("# "):
                if number % 2 != tuning:
                    yield Labelled(line, language, kind)
                number += 1


def rehearsed() -> list[Labelled]:
    """What the rehearsal says in an hour, each text once, but for what is unwanted anyway."""
    found = {
        post.text: Labelled(post.text, label.language, label.kind)
        for post, label in labelled_posts(Options(seed="bench"), count=6_000)
        if label.kind in ("question", "message", "reply") and post.text and not post.deleted
    }
    return list(found.values())


def french_questions(data: Path) -> list[Labelled]:
    lines = (data / "questions/fqb_fr.txt").read_text(encoding="utf-8").splitlines()
    return [Labelled(line, "fr", "question") for line in lines if line.strip()]


def english_questions(data: Path) -> list[Labelled]:
    rows = json.loads((data / "questions/ethhub_ama.json").read_text(encoding="utf-8"))
    return [Labelled(row["question"], "en", "question") for row in rows if row.get("question")]


def tweets(data: Path) -> Iterator[Labelled]:
    for language in LANGUAGES:
        with (data / f"moderation/mlma_{language}.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                text = row["tweet"].replace("@user", "").replace("@url", "")
                yield Labelled(text, language, "")


def chat(data: Path) -> list[str]:
    return [
        message
        for file in sorted((data / "events").glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
        if (message := json.loads(line).get("message"))
    ]


def is_marked(text: str) -> bool:
    return any(mark in text for mark in MARKS)


def by_language(name: str, rows: Sequence[Labelled], *, errors: int) -> None:
    """Precision, recall and F1 of our rules and of the mark alone, then the errors."""
    print(f"\n### {name}\n")
    print("| | texts | precision | recall | F1 | the mark alone: precision | recall | F1 |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for language in LANGUAGES:
        some = [row for row in rows if row.language == language]
        cells = [f"{value:.3f}" for rule in (asks, is_marked) for value in scores(some, rule)]
        print(f"| {language} | {len(some)} | {' | '.join(cells)} |")
    kinds = Counter(row.kind for row in rows)
    wrong = [row for row in rows if asks(row.text) != row.is_question]
    missed = Counter(row.kind for row in wrong)
    print("\nWrong: " + ", ".join(f"{kind} {missed[kind]}/{of}" for kind, of in kinds.items()))
    for row in random.Random(1).sample(wrong, min(errors, len(wrong))):
        word = "missed" if row.is_question else "taken"
        print(f"- {row.language}, {word} ({row.kind}): {row.text[:160]}")


def scores(rows: Sequence[Labelled], rule: Callable[[str], bool]) -> tuple[float, float, float]:
    """Precision, recall, F1."""
    taken = [row for row in rows if rule(row.text)]
    right = sum(row.is_question for row in taken)
    precision = right / len(taken) if taken else 0.0
    recall = right / sum(row.is_question for row in rows)
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def only_questions(name: str, rows: Sequence[Labelled]) -> None:
    """How many of nothing but questions are found, as they are and without their marks."""
    bare = ["".join(" " if letter in MARKS else letter for letter in row.text) for row in rows]
    found = statistics.mean(asks(row.text, row.language) for row in rows)
    found_bare = statistics.mean(
        asks(text, row.language) for text, row in zip(bare, rows, strict=True)
    )
    marked = statistics.mean(is_marked(row.text) for row in rows)
    print(f"| {name} | {len(rows)} | {found:.3f} | {marked:.3f} | {found_bare:.3f} |")


def languages(sets: dict[str, Sequence[Labelled]]) -> None:
    print("\n### Language\n\n| | language | texts | right | not told | wrong |")
    print("| --- | --- | ---: | ---: | ---: | ---: |")
    for name, rows in sets.items():
        for language in LANGUAGES:
            told = [language_of(row.text) for row in rows if row.language == language]
            if told:
                right, none = (told.count(each) / len(told) for each in (language, ""))
                shares = (right, none, 1 - right - none)
                cells = " | ".join(f"{share:.3f}" for share in shares)
                print(f"| {name} | {language} | {len(told)} | {cells} |")


def live_chat(messages: Sequence[str], *, sample: int) -> None:
    verdicts: dict[str, list[str]] = {}
    for text in messages:
        verdict = f"{'taken' if asks(text) else 'left'}, {'marked' if is_marked(text) else 'bare'}"
        verdicts.setdefault(verdict, []).append(text)
    print("\n### A live chat\n")
    for verdict, some in sorted(verdicts.items()):
        print(f"- {verdict}: {len(some)} of {len(messages)}")
        if verdict != "left, bare":
            for text in random.Random(1).sample(some, min(sample, len(some))):
                print(f"  - {text[:120]}")


def speed(sets: dict[str, Sequence[str]]) -> None:
    print("\n### Speed\n\n| posts | characters each | language/s | asks/s | both/s |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, texts in sets.items():
        told, asked = (rate(step, texts) for step in (language_of, asks))
        both = 1 / (1 / told + 1 / asked)
        mean = statistics.mean(map(len, texts))
        print(f"| {name} | {mean:.0f} | {told:,.0f} | {asked:,.0f} | {both:,.0f} |")


def rate(step: Callable[[str], object], texts: Sequence[str]) -> float:
    """Texts a second of CPU time."""
    took = []
    for _ in range(RUNS):
        started_at = time.process_time()
        for text in texts:
            step(text)
        took.append(time.process_time() - started_at)
    return len(texts) / statistics.median(took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, help="the folder with the sets of others")
    parser.add_argument("--tuning", action="store_true", help="our texts for tuning instead")
    parser.add_argument("--errors", type=int, default=200, help="how many to list of each set")
    parser.add_argument("--sample", type=int, default=0, help="how many posts of a chat to list")
    options = parser.parse_args()

    own, rehearsal = list(own_texts(tuning=options.tuning)), rehearsed()
    by_language("Our texts", own, errors=options.errors)
    by_language("The rehearsal", rehearsal, errors=options.errors)
    told: dict[str, Sequence[Labelled]] = {"our texts": own, "the rehearsal": rehearsal}
    posts = {"the rehearsal": [row.text for row in rehearsal]}
    if options.data:
        french, english = french_questions(options.data), english_questions(options.data)
        print("\n### Nothing but questions\n")
        print("| | texts | recall | with a mark | recall without any mark |")
        print("| --- | ---: | ---: | ---: | ---: |")
        only_questions("French questions", french)
        only_questions("an English AMA", english)
        messages = chat(options.data)
        live_chat(messages, sample=options.sample)
        told |= {"questions": [*french, *english], "tweets": list(tweets(options.data))}
        posts["a live chat"] = messages
    languages(told)
    speed(posts)
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
