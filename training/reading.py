"""Windows to learn reading from: a question, consecutive sentences of one article, and which of them answer.

Where they come from, and how a window is drawn:

own_reader_*   articles with questions in Korean and English and their gold sentences; windows are cut anywhere in the
               article, with the gold sentence or without it; near misses, and windows of articles that are alike, hold
               no answer, nor do those of the other articles of a family (three on one subject, which tell other facts)
tydiqa_en      passages of Wikipedia in English; the sentences that hold the answer
tydiqa_ko      Korean passages, whose answers are unreliable: only that some sentence answers (with our translations)
own_qa_*       short Korean passages, questions in both languages: some sentence answers
parallel       consecutive sentences in one language, a stretch of one of them in the other: that one "answers"

Nothing whose text stands in `eval/` is drawn.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.sentences import sentences as spans_of
from qa.window import Window
from training.texts import Held, clean, read_jsonl

HELD_OUT = 8
"""One article or family of so many of the own_reader files is not trained on: the support model is fitted on those."""
LONGEST, SHORTEST = 13, 3  # sentences in a window
PARALLEL = {"bible_kids_web": 6_000, "bible_okb_web": 3_000, "python_docs": 5_000, "opensource_guide": 1_200,
            "gnome_user_docs": 3_000, "react_docs": 3_000, "parknews_dev": 975, "own_sents_tech": 1_209,
            "own_sents_gen": 1_209, "korsts_train": 4_000, "pawsx_dev": 2_000}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A window with the numbers of its sentences that answer (none: no sentence does) and of those not to be judged.

    `answer` is the span that answers, verbatim in the first sentence of `right`, or empty where unknown.
    """

    window: Window
    right: tuple[int, ...]
    left_out: tuple[int, ...] = ()
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """An own_reader article; `family` is that of the articles on its subject, or empty."""

    key: str
    family: str
    lang: str
    title: str
    sentences: tuple[str, ...]
    questions: tuple[dict[str, Any], ...]
    held_out: bool


def stories(*folders: Path) -> list[Story]:
    """Every article of the own_reader files of `folders`, in a fixed order."""
    found = []
    for folder in folders:
        for path in sorted(folder.glob("own_reader_*.jsonl")):
            groups: dict[str, int] = {}
            for number, record in enumerate(read_jsonl(path)):
                group = groups.setdefault(record.get("cluster", str(number)), len(groups))
                found.append(
                    Story(
                        key=f"{path.stem}-{number:03d}",
                        family=f"{path.stem}-{group:03d}" if "cluster" in record else "",
                        lang=record.get("lang", "ko"),
                        title=record["title"],
                        sentences=tuple(record["sentences"]),
                        questions=tuple(record["questions"]),
                        held_out=group % HELD_OUT == HELD_OUT - 1,
                    )
                )
    return found


def cut(length: int, inside: Sequence[int], rng: random.Random) -> tuple[int, int]:
    """A random stretch [start, end) of `length` sentences with all of `inside` in it."""
    size = min(length, max(rng.randint(SHORTEST, LONGEST), max(inside) - min(inside) + 1))
    start = rng.randint(max(0, max(inside) + 1 - size), min(min(inside), length - size))
    return start, start + size


class Sampler:
    """Draws examples, endless; the same seed draws the same."""

    def __init__(self, data: Path, own: Sequence[Path], rng: random.Random) -> None:
        self.rng = rng
        held = Held(data / "eval")
        self.stories = [s for s in stories(data / "qa", *own) if not s.held_out]
        self.alike = _alike(self.stories)
        families: dict[str, list[Story]] = {}
        for story in self.stories:
            families.setdefault(story.family, []).append(story)
        self.sisters = [[s for s in families[x.family] if x.family and s is not x] for x in self.stories]
        self.passages: list[tuple[list[str], tuple[str, ...], str, str]] = []  # questions, sentences, answer, kind
        translated = {
            r["ko_q"]: r["en_q"] for folder in own for p in folder.glob("own_tydi_en.jsonl") for r in read_jsonl(p)
        }
        for name in ("tydiqa_en_train", "tydiqa_ko_train"):
            for r in read_jsonl(data / "qa" / f"{name}.jsonl"):
                question, passage = clean(r["question"]), re.sub(r"\[\d+\](?::\d+)?", "", clean(r["passage"]))
                if held.has(question) or held.shares(passage):
                    continue
                asked = [question, *([translated[question]] if question in translated else [])]
                answer = clean(r["answer"]) if name == "tydiqa_en_train" else ""
                self.passages.append((asked, _sentences(passage), answer, name))
        for path in sorted((data / "qa").glob("own_qa_*.jsonl")):
            for r in read_jsonl(path):
                self.passages.append(([r["ko_q"], r["en_q"]], _sentences(r["ko_passage"]), "", path.stem))
        self.of_kind: dict[str, list[int]] = {}
        for i, (_, _, _, kind) in enumerate(self.passages):
            self.of_kind.setdefault(kind.replace("_tech", "").replace("_gen", ""), []).append(i)
        self.parallel = [
            list(_parallel(data / "parallel" / f"{name}.tsv", most, held)) for name, most in PARALLEL.items()
        ]
        self.sources = [(self._story, 0.8), (self._passage, 0.13), (self._translation, 0.07)]

    def __iter__(self) -> Iterator[Example]:
        """Draw for ever."""
        draws, weights = zip(*self.sources, strict=True)
        while True:
            example = self.rng.choices(draws, weights)[0]()
            if example is not None:
                yield example

    def _story(self) -> Example | None:
        i = self.rng.randrange(len(self.stories))
        story = self.stories[i]
        asked = self.rng.choice(story.questions)
        question = asked[self.rng.choice(("ko", "en"))]
        gold, length = asked["gold"], len(story.sentences)
        fate = self.rng.random()
        if fate < 0.25 and self.sisters[i]:
            return self._window_of_another(self.rng.choice(self.sisters[i]), question)
        if gold and fate < 0.14 and self.alike[i]:
            other = self.stories[self.rng.choice(self.alike[i])]
            if _named(asked, story, other):
                return self._window_of_another(other, question)
        if gold and fate > 0.8:  # the same article, but not where it answers
            others = [k for k in range(length) if k not in gold]
            before, after = [k for k in others if k < min(gold)], [k for k in others if k > max(gold)]
            side = self.rng.choice([s for s in (before, after) if s] or [[]])
            if not side:
                return None
            size = min(len(side), self.rng.randint(SHORTEST, LONGEST))
            start = self.rng.randint(side[0], side[-1] + 1 - size)
            return self._window(story, question, (start, start + size), (), (), "")
        inside = gold if gold and self.rng.random() < 0.9 else gold[:1] or [self.rng.randrange(length)]
        place = cut(length, inside, self.rng)
        return self._window(story, question, place, tuple(gold[:1]), tuple(gold[1:]), asked["answer"])

    def _window_of_another(self, story: Story, question: str) -> Example:
        place = cut(len(story.sentences), [self.rng.randrange(len(story.sentences))], self.rng)
        return self._window(story, question, place, (), (), "")

    def _window(
        self, story: Story, question: str, place: tuple[int, int], right: tuple[int, ...], left_out: tuple[int, ...],
        answer: str,
    ) -> Example:  # fmt: skip
        start, end = place
        title = story.title if self.rng.random() < 0.85 else ""
        return Example(
            window=Window(question=question, title=title, sentences=story.sentences[start:end]),
            right=tuple(k - start for k in right if start <= k < end),
            left_out=tuple(k - start for k in left_out if start <= k < end),
            answer=answer,
        )

    def _passage(self) -> Example | None:
        kinds = ["tydiqa_en_train", "tydiqa_ko_train", "own_qa"]
        members = self.of_kind[self.rng.choices(kinds, (0.5, 0.25, 0.25))[0]]
        asked, said, answer, _ = self.passages[self.rng.choice(members)]
        question = self.rng.choice(asked)
        if self.rng.random() < 0.25:
            other = self.passages[self.rng.choice(members)]
            if other[0] == asked:
                return None
            return Example(window=Window(question=question, title="", sentences=other[1][:LONGEST]), right=())
        if answer:
            right = tuple(i for i, s in enumerate(said) if answer in s)
            if not right:
                return None
            start, end = cut(len(said), right[:1], self.rng)
            right = tuple(i - start for i in right if start <= i < end)
            window = Window(question=question, title="", sentences=said[start:end])
            return Example(window=window, right=right, answer=answer)
        said = said[:LONGEST]
        return Example(window=Window(question=question, title="", sentences=said), right=tuple(range(len(said))))

    def _translation(self) -> Example | None:
        rows = self.rng.choice(self.parallel)
        size = self.rng.randint(4, LONGEST)
        start = self.rng.randrange(len(rows) - size)
        here = rows[start : start + size]
        side = self.rng.randrange(2)
        right = self.rng.randrange(size)
        question = _stretch(here[right][1 - side], self.rng)
        said = [row[side] for row in here]
        if self.rng.random() < 0.2:
            said[right] = rows[(start + 2 * LONGEST + right) % len(rows)][side]
            return Example(window=Window(question=question, title="", sentences=tuple(said)), right=())
        return Example(window=Window(question=question, title="", sentences=tuple(said)), right=(right,))


def _sentences(passage: str) -> tuple[str, ...]:
    return tuple(span.of(passage) for span in spans_of(passage)) or (passage,)


def _parallel(path: Path, most: int, held: Held) -> Iterator[tuple[str, str]]:
    """(Korean, English) lines in their order."""
    count = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        ko, _, en = line.partition("\t")
        ko, en = clean(ko), clean(en.split("\t")[0])
        if 15 <= len(ko) <= 160 and 15 <= len(en) <= 320 and not held.has(ko) and not held.has(en):
            yield ko, en
            count += 1
            if count == most:
                return


def _stretch(text: str, rng: random.Random) -> str:
    """Some of the words of `text`, in order."""
    words = text.split()
    size = max(3, round(len(words) * rng.uniform(0.35, 0.9)))
    start = rng.randint(0, max(0, len(words) - size))
    return " ".join(w for w in words[start : start + size] if rng.random() > 0.1).strip(".,\"'") or text


def _words(text: str) -> set[str]:
    return {w[:3] if re.match(r"[가-힣]", w) else w for w in re.findall(r"[가-힣]{2,}|[a-z]{3,}|\d+", text.lower())}


def _alike(all_stories: Sequence[Story], most: int = 12) -> list[list[int]]:
    """For each story, those in its language that are most like it by the words they share."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [" ".join((s.title, *s.sentences)) for s in all_stories]
    matrix = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), min_df=2).fit_transform(texts)
    likeness = (matrix @ matrix.T).toarray()
    return [
        [int(j) for j in likeness[i].argsort()[::-1][: most + 1] if j != i and all_stories[j].lang == story.lang]
        for i, story in enumerate(all_stories)
    ]


def _named(asked: dict[str, Any], story: Story, other: Story) -> bool:
    """The question names something of its own article's title that the other article does not speak of."""
    question = _words(asked["ko"] if story.lang == "ko" else asked["en"])
    return bool(question & _words(story.title) - _words(" ".join((other.title, *other.sentences))))
