"""Article text -> chunks: runs of whole sentences that fit the encoder, each the exact slice of its place.

Boundaries first, text second: the text is cut into lines and sentences, those are packed greedily, and only then is a
slice taken. A chunk never crosses a heading, prefers to end with a paragraph, and carries the heading it stands under.
A sentence longer than a chunk is cut at white space, or anywhere if it has none. A list of links to other articles at
the foot of a page ("관련기사") is left out: its lines are statements of other articles.

Knows nothing of files, vectors or questions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from index.records import Article, Chunk, Span
from index.sentences import sentences

CountTokens = Callable[[Sequence[str]], list[int]]
"""Texts -> the number of tokens of each, as the encoder counts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkOptions:
    """How large a chunk is, in the encoder's tokens.

    A chunk holds at most `max_tokens`, and is closed at the end of a paragraph once it holds `full_tokens`. Text with
    few tokens for its length (a word of 5,000 letters is one unknown token) counts as one for `_LETTERS_A_TOKEN`.
    """

    max_tokens: int = 160
    full_tokens: int = 80

    def __post_init__(self) -> None:
        """Refuse sizes that make no chunk."""
        if not 0 < self.full_tokens <= self.max_tokens:
            raise ValueError(f"full_tokens={self.full_tokens}, max_tokens={self.max_tokens}: expected 0 < full <= max")


_LETTERS_A_TOKEN = 10


_HEADING_MARK = re.compile(r"#{1,6}\s+")
_HEADING_TAIL = re.compile(r"(?:^|\s)#+$")  # closing marks stand apart: "## C# ##" is about C#
_LONGEST_HEADING = 60
_SHORTEST_PARAGRAPH = 80  # lines of scanned pages and tables are shorter: there a short line is no heading
_SENTENCE_END = re.compile(r"[.!?。！？:：,;)\]]$|[다요죠]$")
_LIST_ITEM = re.compile(r"\s*(?:[-*+•·▶▷■□○●◆◇※☞>|]|\d{1,3}[.)]\s|\(\d+\)|[①-⑳])")
_RELATED = re.compile(
    r"[\[(<【■▶#*\s]*(?:관련\s?기사|관련\s?뉴스|주요\s?기사|추천\s?기사|인기\s?기사"
    r"|함께\s?볼만한\s?기사|이 기자의 다른 기사"
    r"|related (?:articles?|stories|news|links|coverage)|read (?:more|also|next)|more (?:stories|from)"
    r"|関連記事|相关新闻|相關新聞|tin liên quan|verwandte artikel|articles liés|à lire aussi)[\])>】:：\s]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text that is not cut further: a sentence, or a part of one that is too long; and whether its line ends there."""

    start: int
    end: int
    tokens: int
    last_of_line: bool


def chunk_article(article: Article, count_tokens: CountTokens, options: ChunkOptions) -> list[Chunk]:
    """Return the chunks of `article` in order; none overlap, and `article.text[c.start:c.end] == c.text` for each.

    Every character that is not white space is in a chunk, but for headings with no text under them and for a closing
    list of related links.
    """
    return [
        Chunk(article_id=article.id, start=span.start, end=span.end, heading=heading, text=span.of(article.text))
        for heading, lines in _sections(article.text, _body_lines(article.text))
        for span in _packed(_pieces(article.text, lines, count_tokens, options.max_tokens), options)
    ]


def is_heading(line: str, following: str) -> bool:
    """Tell whether `line` is a heading, given the next line that is not blank ("" at the end of the text).

    It is one if Markdown marks it so, or if it is short, does not end like a sentence and a paragraph follows.
    """
    line = line.strip()
    if _HEADING_MARK.match(line):
        return True
    return (
        0 < len(line) <= _LONGEST_HEADING
        and len(following) >= _SHORTEST_PARAGRAPH
        and not _SENTENCE_END.search(line)
        and not _LIST_ITEM.match(line)
        and not _LIST_ITEM.match(following)
    )


def _body_lines(text: str) -> list[Span]:
    """Return the lines that are not blank, without a closing list of related links."""
    lines = [Span(start=m.start(), end=m.end()) for m in re.finditer(r"[^\n]+", text) if not m.group().isspace()]
    links = len(lines)  # the first of the lines that look like links, all the way down
    while links and _is_link(lines[links - 1].of(text)):
        links -= 1
    for i in range(max(1, links - 1), len(lines) - 1):
        if _RELATED.match(lines[i].of(text)):
            return lines[:i]
    return lines


def _is_link(line: str) -> bool:
    """Tell whether a line may be the headline of another article: no sentence, and short or an item of a list."""
    is_sentence = line.rstrip().endswith((".", "。"))
    return not is_sentence and (len(line) <= 2 * _LONGEST_HEADING or bool(_LIST_ITEM.match(line)))


def _sections(text: str, lines: Sequence[Span]) -> Iterator[tuple[str, list[Span]]]:
    """Yield each heading with the lines under it, its own line first."""
    heading, section = "", list[Span]()
    for i, line in enumerate(lines):
        following = lines[i + 1].of(text) if i + 1 < len(lines) else ""
        if is_heading(line.of(text), following):
            if len(section) > bool(heading):
                yield heading, section
            heading, section = _heading_text(line.of(text).strip()), [line]
        else:
            section.append(line)
    if section:
        yield heading, section


def _heading_text(line: str) -> str:
    mark = _HEADING_MARK.match(line)
    return _HEADING_TAIL.sub("", line[mark.end() :]).strip() if mark else line


def _pieces(text: str, lines: Sequence[Span], count_tokens: CountTokens, limit: int) -> list[_Piece]:
    spans = [
        (Span(start=line.start + s.start, end=line.start + s.end), line.start + s.end == line.end)
        for line in (_stripped(text, line) for line in lines)
        for s in sentences(line.of(text))
    ]
    counts = _costs([span.of(text) for span, _ in spans], count_tokens)
    pieces = []
    for (span, last), tokens in zip(spans, counts, strict=True):
        parts = [(span, tokens)] if tokens <= limit else _cut(text, span, count_tokens, limit)
        pieces += [
            _Piece(start=part.start, end=part.end, tokens=cost, last_of_line=last and part.end == span.end)
            for part, cost in parts
        ]
    return pieces


def _stripped(text: str, line: Span) -> Span:
    return Span(start=line.start, end=line.start + len(line.of(text).rstrip()))


def _costs(texts: Sequence[str], count_tokens: CountTokens) -> list[int]:
    return [
        max(1, tokens, len(text) // _LETTERS_A_TOKEN) for text, tokens in zip(texts, count_tokens(texts), strict=True)
    ]


def _cut(text: str, span: Span, count_tokens: CountTokens, limit: int) -> list[tuple[Span, int]]:
    """Cut a sentence that is too long at white space, and a word that is too long in the middle."""
    words = [Span(start=span.start + m.start(), end=span.start + m.end()) for m in re.finditer(r"\S+", span.of(text))]
    parts: list[tuple[Span, int]] = []
    for word, cost in zip(words, _costs([word.of(text) for word in words], count_tokens), strict=True):
        if cost > limit and word.end - word.start > 1:
            middle = (word.start + word.end) // 2
            for half in (Span(start=word.start, end=middle), Span(start=middle, end=word.end)):
                parts += _cut(text, half, count_tokens, limit)
        elif parts and parts[-1][1] + cost <= limit:
            parts[-1] = (Span(start=parts[-1][0].start, end=word.end), parts[-1][1] + cost)
        else:
            parts.append((word, cost))
    return parts


def _packed(pieces: Sequence[_Piece], options: ChunkOptions) -> Iterator[Span]:
    """Yield the spans of chunks: whole pieces, as many as fit, closed at the end of a paragraph when full enough."""
    start, end, tokens = -1, -1, 0
    for piece in pieces:
        if start >= 0 and tokens + piece.tokens > options.max_tokens:
            yield Span(start=start, end=end)
            start, tokens = -1, 0
        start, end, tokens = (piece.start if start < 0 else start), piece.end, tokens + piece.tokens
        if piece.last_of_line and tokens >= options.full_tokens:
            yield Span(start=start, end=end)
            start, tokens = -1, 0
    if start >= 0:
        yield Span(start=start, end=end)
