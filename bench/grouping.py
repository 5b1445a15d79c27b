"""Which questions are put together, of pairs and groups whose truth is known, and how fast.

    python bench/grouping.py [--errors 20] [--model DIR] [--quick]

Our own pairs (grouping/texts), the half that was never looked at while rules and words were made;
the rehearsal's groups and themes; hostile variants of one text at 5,000 a minute; speed; ranking.
`--model` adds a sentence model (see grouping/semantic.py). Speed is processor time, BLAS on one
thread.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import itertools
import random
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from machine import machine

from blueroom import grouping
from blueroom.grouping.heads import Asked, Heads, Key, Limits, Placed, Row
from blueroom.grouping.meanings import Meanings
from blueroom.grouping.ranking import Candidate, rank
from blueroom.grouping.semantic import SentenceModel
from blueroom.grouping.themes import Themes
from blueroom.networks.rehearsal.labels import labelled_posts, written_texts
from blueroom.networks.rehearsal.options import Options

TEXTS = Path(grouping.__file__).parent / "texts"
START = datetime(2026, 1, 1, 20, 0, tzinfo=UTC)
RUNS = 5
MERGED = ("exact", "merged")
HOSTILE = (
    "Pourquoi le gouvernement refuse-t-il de publier les comptes de la campagne présidentielle ?",
    "Why did your company close the Sheffield factory and sack 400 workers before Christmas?",
    "Allez-vous démissionner après le scandale des factures impayées ?",
    "Will you apologise to the families of the victims?",
)


class Pair(NamedTuple):
    one: str
    other: str
    is_same: bool


def pairs(name: str, *, testing: bool) -> list[Pair]:
    """Our pairs; every second one was never looked at while rules and words were made."""
    kind, number, found = "", 0, []
    for line in (TEXTS / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind, number = line.strip("[]"), 0
        elif " | " in line:
            one, other = line.split(" | ")
            found += [Pair(one, other, kind == "same")] if number % 2 == testing else []
            number += 1
    return found


def placed(pair: Pair, languages: tuple[str, str], model: SentenceModel | None) -> Placed:
    heads = Heads([Row(1, pair.one, languages[0], 1)])
    found = heads.place([Asked(2, pair.other, languages[1])], at=START)[0]
    if model is None or found.how != "new":
        return found
    _, near = Meanings(model, most=2).place([(1, pair.one), (2, pair.other)])
    return Placed(2, near.key, "proposed", near.score) if near else found


def share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "none"


def show_pairs(model: SentenceModel | None, errors: int) -> None:
    print("\n### Our pairs\n")
    print("| pairs | merged: precision | same: merged | same: merged or proposed | different: "
          "proposed |\n| --- | ---: | ---: | ---: | ---: |")  # fmt: skip
    wrong: list[str] = []
    for name, testing in itertools.product(("fr", "en", "across"), (False, True)):
        rows = pairs(name, testing=testing)
        languages = ("fr", "en") if name == "across" else (name, name)
        results = [placed(row, languages, model) for row in rows]
        both = list(zip(rows, results, strict=True))
        merged = [row.is_same for row, each in both if each.how in MERGED]
        found = [row.is_same for row, each in both if each.how != "new"]
        same = sum(row.is_same for row in rows)
        print(
            f"| {name}, {'bench alone' if testing else 'for tuning'} "
            f"| {share(sum(merged), len(merged))} | {share(sum(merged), same)} "
            f"| {share(sum(found), same)} | {share(len(found) - sum(found), len(rows) - same)} |"
        )
        if testing:
            wrong += [
                f"- {name}, {'missed' if row.is_same else p.how} {p.score:.2f}: "
                f"{row.one} | {row.other}"
                for row, p in zip(rows, results, strict=True)
                if row.is_same == (p.how == "new")
            ]
    print("\n" + "\n".join(wrong[:errors]) if errors else "")


def show_rehearsal(model: SentenceModel | None, errors: int) -> None:
    """Every question that we wrote for the rehearsal, once as written and once as it comes."""
    print("\n### The rehearsal's groups\n")
    print(
        "| texts | heads | groups | merged: precision "
        "| within a language: merged or proposed to the right one | across: proposed right "
        "| proposals to a hundred questions | right |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    written = [
        (line.text.replace("{guest}", "Nour"), line.language, line.group)
        for line in written_texts()
        if line.kind == "question"
    ]
    came = [
        (post.text, post.lang or "", label.group)
        for post, label in labelled_posts(Options(seed="bench"), count=3_000)
        if label.kind == "question" and post.text
    ]
    for name, texts in (("as written", written), ("as they come", came)):
        heads = Heads(ignored=["Nour"])
        meanings = Meanings(model, most=len(texts)) if model else None
        seen: dict[str, set[str]] = {}
        group_of = dict(enumerate(group for _, _, group in texts))
        tally: Counter[tuple[str, bool]] = Counter()
        wrong = []
        for key, (text, language, group) in enumerate(texts):
            result = heads.place([Asked(key, text, language)], at=START + timedelta(seconds=key))[0]
            if meanings and result.how in ("new", "proposed"):  # a line: as the desk does it
                [near] = meanings.place([(key, text)])
                if near and result.how == "new":
                    result = Placed(key, near.key, "proposed", near.score)
            is_right = result.how != "new" and group_of[int(result.head_key)] == group
            met = seen.setdefault(group, set())
            kind = "within" if language in met else "across" if met else "first"
            met.add(language)
            tally[kind, is_right] += 1
            if result.how == "proposed":
                tally["proposed", is_right] += 1
            if result.how in MERGED:
                tally["merged", is_right] += 1
                if not is_right:
                    wrong.append(f"- {result.score:.2f}: {text} | {texts[int(result.head_key)][0]}")
        cells = [
            share(tally[kind, True], tally[kind, True] + tally[kind, False])
            for kind in ("merged", "within", "across", "proposed")
        ]
        proposed = tally["proposed", True] + tally["proposed", False]
        cells.insert(3, f"{100 * proposed / len(texts):.0f}")
        print(f"| {len(texts)} {name} | {len(heads)} | {len(seen)} | {' | '.join(cells)} |")
        print("\n".join(wrong[:errors]) if errors else "", end="")


def show_themes() -> None:
    """The lines of the rehearsal's questions, whose themes we wrote down; and what it costs."""
    print("\n### Themes\n")
    came = [
        (post.text, post.lang or "", label)
        for post, label in labelled_posts(Options(seed="bench"), count=6_000)
        if label.kind == "question" and post.text
    ]
    placed = Heads(ignored=["Nour"]).place(
        [Asked(key, text, language) for key, (text, language, _) in enumerate(came)], at=START
    )
    lines = [one for one, each in zip(came, placed, strict=True) if each.how not in MERGED]
    themes = Themes(ignored=["Nour"])
    for key, (text, language, _) in enumerate(lines):
        themes.add(key, text, language)
    made = themes.made()
    ours: dict[str, Counter[str]] = {}
    for key, theme in made.of.items():
        ours.setdefault(theme, Counter())[lines[int(key)][2].theme] += 1
    pure = sum(max(each.values()) for each in ours.values())
    chance = Counter(label.theme for *_, label in lines).most_common(1)[0][1]
    print(
        "| lines | themes | of a theme | of them, of what is commonest there "
        "| of all, of what is commonest |\n| ---: | ---: | ---: | ---: | ---: |"
    )
    print(f"| {len(lines):,} | {len(made.themes)} | {share(len(made.of), len(lines))} "
          f"| {share(pure, len(made.of))} | {share(chance, len(lines))} |\n")  # fmt: skip
    texts = [(text, language) for text, language, _ in (came * 4)[:10_000]]
    many = Themes(ignored=["Nour"])
    began_s = time.process_time()
    for key, (text, language) in enumerate(texts):
        many.add(key, text, language)
    added_s = time.process_time()
    many.made()
    print(f"10,000 questions taken in: {added_s - began_s:.2f} s; their themes made: "
          f"{(time.process_time() - added_s) * 1e3:.0f} ms")  # fmt: skip


def vary(text: str, words: Sequence[str], chance: random.Random) -> str:
    """The text as somebody would send it who wants many lines: one to three tricks at once."""
    tricks = chance.sample(["edits", "words", "emoji", "invisible", "order"], chance.randint(1, 3))
    parts = text.split()
    if "order" in tricks:
        chance.shuffle(parts)
    if "words" in tricks:
        for _ in range(chance.randint(1, 6)):
            parts.insert(chance.randint(0, len(parts)), chance.choice(words))
    letters = list(" ".join(parts))
    if "edits" in tricks:
        for _ in range(chance.randint(1, 20)):
            at, other = chance.randrange(len(letters)), chance.choice("abcdefghijklmnopqrstuvwxyz ")
            trick = chance.randrange(3)
            letters[at : at + (trick > 0)] = [other] if trick < 2 else []
    for trick, characters in (("emoji", "🔥😀🎶💣"), ("invisible", "\u200b\u2060")):
        if trick in tricks:
            for _ in range(chance.randint(1, 8)):
                letters.insert(chance.randint(0, len(letters)), chance.choice(characters))
    return "".join(letters)


def show_hostile(number: int) -> None:
    print(f"\n### {number:,} hostile variants of one text in a minute, lawful questions between\n")
    print("| text | lines added | piled up | lawful on a line | lawful piled up |\n"
          "| --- | ---: | ---: | ---: | ---: |")  # fmt: skip
    ours = [
        pair
        for name in ("fr", "en")
        for half in (False, True)
        for pair in pairs(name, testing=half)
    ]
    lawful_texts = [text for pair in ours for text in (pair.one, pair.other)]
    words = [word for text in lawful_texts for word in text.split()]
    for text in HOSTILE:
        chance = random.Random(7)
        heads = Heads()
        heads.place([Asked("text", text)], at=START)
        lawful = list(dict.fromkeys(lawful_texts))
        chance.shuffle(lawful)
        tally: Counter[str] = Counter()
        for first in range(0, number, 10):
            asked = [Asked(f"hostile {first + at}", vary(text, words, chance)) for at in range(10)]
            asked += [Asked(f"lawful {first}", lawful.pop())] if lawful else []
            at = START + timedelta(seconds=60 * first / number)
            for each in heads.place(asked, at=at):
                is_line = each.how in ("new", "proposed")
                went = "piled" if each.is_piled else "line" if is_line else "under"
                tally[f"{str(each.key).split()[0]} {went}"] += 1
        print(
            f"| {text[:40]}… | {tally['hostile line']} | {tally['hostile piled']} "
            f"| {tally['lawful line'] + tally['lawful under']} | {tally['lawful piled']} |"
        )


def invented(number: int, seed: int) -> list[str]:
    """Questions that nobody asked twice, of the words of ours and some that nobody knows."""
    chance = random.Random(seed)
    words = sorted({word for line in written_texts() for word in line.text.split()})
    letters = "bcdfglmnprstvaeiou"
    return [
        " ".join(
            [*chance.sample(words, chance.randint(6, 12)), "".join(chance.choices(letters, k=8))]
        )
        for _ in range(number)
    ]


def median_s(work: Sequence[float]) -> float:
    return statistics.median(work)


def show_speed(runs: int) -> None:
    print("\n### Speed\n\n| what | median |\n| --- | ---: |")
    texts = invented(10_000, 1)
    rows = [Row(at, text, "", at) for at, text in enumerate(texts)]
    built_s, placed_s, again_s = [], [], []
    for run in range(runs):
        began_s = time.process_time()
        heads = Heads(rows, limits=Limits(wordings=10_000))
        built_s.append(time.process_time() - began_s)
        fresh = [Asked(f"new {at}", text) for at, text in enumerate(invented(1_300, 100 + run))]
        began_s = time.process_time()
        heads.place(fresh, at=START)
        placed_s.append(time.process_time() - began_s)
        began_s = time.process_time()
        heads.place([Asked(f"again {each.key}", each.text) for each in fresh], at=START)
        again_s.append(time.process_time() - began_s)
    print(f"| 10,000 heads built again | {median_s(built_s):.2f} s |")
    print(f"| 1,300 new questions beside 10,000 heads | {median_s(placed_s):.2f} s "
          f"({1_300 / median_s(placed_s):,.0f} a second of a core) |")  # fmt: skip
    print(f"| 1,300 said before, word for word | {median_s(again_s) * 1e3:.0f} ms |")
    show_ranking(heads, [row.key for row in rows[-5_000:]], runs)


def show_ranking(heads: Heads, keys: Sequence[Key], runs: int) -> None:
    chance = random.Random(3)
    candidates = [
        Candidate(
            key=at,
            asked_at=START - timedelta(seconds=chance.randrange(3_600)),
            askers=1 + int(chance.paretovariate(1.2)),
            votes={"page": chance.randrange(80), "bluesky": chance.randrange(900)},
            author=f"a{chance.randrange(4_000)}",
            followers=int(10 ** chance.uniform(0, 6)),
            language=chance.choice(["fr", "en"]),
            theme=chance.choice(["craft", "stage", "work", "life", ""]),
            place=chance.choice(["Lyon", "Leeds", "Lille", ""]),
        )
        for at in range(len(keys))
    ]
    vectors = heads.vectors(keys)
    took_s = []
    for _ in range(runs):
        began_s = time.process_time()
        rank(
            candidates,
            vectors=vectors,
            answered=vectors[:40],
            voters={"page": 300, "bluesky": 20_000},
            now=START,
        )
        took_s.append(time.process_time() - began_s)
    print(f"| {len(keys):,} candidates ranked, 40 answered | {median_s(took_s) * 1e3:.0f} ms |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--errors", type=int, default=0, help="how many errors to list of each set")
    parser.add_argument("--model", type=Path, help="the folder of a sentence model")
    parser.add_argument("--quick", action="store_true", help="one run, fewer hostile texts")
    options = parser.parse_args()
    model = SentenceModel(options.model) if options.model else None
    show_pairs(model, options.errors)
    show_rehearsal(model, options.errors)
    show_themes()
    if not model:
        show_hostile(1_000 if options.quick else 5_000)
        show_speed(1 if options.quick else RUNS)
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
