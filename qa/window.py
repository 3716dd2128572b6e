"""What the reader reads at once, and how it is laid out in tokens.

[CLS] question [SEP] title [SEP] sentence sentence … [SEP]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

QUESTION_TOKENS, TITLE_TOKENS, WINDOW_TOKENS = 48, 24, 384


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What is read at once: consecutive sentences of an article under its title."""

    question: str
    title: str
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """A window in tokens: [CLS], then `question` tokens of the question, then the rest.

    `sentence[t]` is 1 + the number of the sentence that token t belongs to, or 0; `offsets[t]` are its characters in
    that sentence, `count` is how many sentences there are.
    """

    ids: list[int]
    question: int
    sentence: list[int]
    offsets: list[tuple[int, int]]
    count: int


def tokens_of(window: Window, tokenizer: Any) -> Tokens:
    """Lay `window` out as tokens; sentences beyond `WINDOW_TOKENS` keep no token (and the score of an empty one)."""
    texts = [window.question, window.title, *window.sentences]
    encoded = tokenizer(texts, add_special_tokens=False, truncation=False, return_offsets_mapping=True, verbose=False)
    all_ids, all_offsets = encoded["input_ids"], encoded["offset_mapping"]
    question, title = all_ids[0][:QUESTION_TOKENS], all_ids[1][:TITLE_TOKENS]
    first, second = [tokenizer.cls_token_id, *question, tokenizer.sep_token_id], [*title, tokenizer.sep_token_id]
    ids, sentence = first + second, [0] * (len(first) + len(second))
    offsets = [(0, 0)] * len(ids)
    for number, (own, places) in enumerate(zip(all_ids[2:], all_offsets[2:], strict=True), 1):
        room = WINDOW_TOKENS - 1 - len(ids)
        ids += own[:room]
        offsets += [(int(a), int(b)) for a, b in places[:room]]
        sentence += [number] * min(room, len(own))
    ids.append(tokenizer.sep_token_id)
    return Tokens(
        ids=ids,
        question=len(question),
        sentence=[*sentence, 0],
        offsets=[*offsets, (0, 0)],
        count=len(window.sentences),
    )
