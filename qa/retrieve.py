"""A question -> the passages that may answer it: BM25 and cosine, mixed by what each is worth for the two languages.

Reciprocal rank fusion was the first choice and lost to BM25 alone on KorQuAD and AutoRAG-ko: it forgets how much better
the first hit is than the second, so the weaker side pulls the stronger one down. Here each side keeps its scale: BM25
as the share of the question that is found in the passage (`LexicalIndex.search`), the encoder as the cosine.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Set

from index.bridge import BRIDGED
from index.encoder import Encoder, Vectors
from index.language import detect_language
from index.records import Article, Hit, QuestionError
from index.store import Index
from index.tokens import tokenize
from qa.records import Filters, Passage

_POOL = 100  # hits that each side brings; every one of them gets its cosine

# The share of the dense side. Where question and passage are in the same language, words say most; translated words say
# less; where nothing is translated, only names and numbers can be shared. (The second was chosen on the held-out
# questions of training.reading whose article is in the other language, 492 English and 208 Korean ones among 906
# articles, without the words aligned in them. Mean reciprocal rank of the article: .62 and .59 with .6, .60 and .55
# with .8, .53 and .55 by BM25 alone, .46 and .39 by the encoder alone.)
_DENSE_SHARE_SAME_LANGUAGE = 0.3
_DENSE_SHARE_TRANSLATED = 0.6
_DENSE_SHARE_OTHER_LANGUAGE = 0.8


def retrieve(
    question: str, index: Index, encoder: Encoder, *, k: int = 10, filters: Filters | None = None
) -> list[Passage]:
    """Return the `k` passages of `index` most likely to answer `question`, best first; equal scores by place.

    Raises QuestionError if the question is empty or a filter makes no sense.
    """
    _check(question)
    only = None if filters is None else _allowed(index.articles, filters)
    vector: Vectors = encoder.encode_queries([question])[0]
    language = detect_language(question)
    lexical = search_words(question, language, index, _POOL, only)
    dense = index.search_dense(vector, _POOL, only)
    lexical_rank = {hit.row: rank for rank, hit in enumerate(lexical, 1)}
    dense_rank = {hit.row: rank for rank, hit in enumerate(dense, 1)}
    coverage = {hit.row: hit.score for hit in lexical}
    rows = sorted(lexical_rank.keys() | dense_rank.keys())
    passages = []
    for row, cosine in zip(rows, index.cosines(vector, rows), strict=True):
        chunk = index.chunks[row]
        share = _dense_share(language, index.articles[chunk.article_id].lang)
        passages.append(
            Passage(
                chunk=chunk,
                score=(1 - share) * coverage.get(row, 0.0) + share * cosine,
                lexical_rank=lexical_rank.get(row),
                dense_rank=dense_rank.get(row),
            )
        )
    passages.sort(key=lambda p: (-p.score, p.chunk.article_id, p.chunk.start))
    return passages[:k]


def search_words(question: str, language: str, index: Index, k: int, only: Set[str] | None = None) -> list[Hit]:
    """Return the best rows by BM25, best first: at most `k` in the `language` of the question, and `k` in others.

    The former are found by the question's own terms; the latter also by what says the same in their language, which
    would only blur the former. With `only`, rows of these articles.
    """
    own = index.search_lexical(tokenize(question), k, only)
    foreign = index.foreign(language) if only is None else index.foreign(language) & only
    if not foreign:
        return own
    home = [hit for hit in own if index.chunks[hit.row].article_id not in foreign]
    away = index.search_lexical(index.concepts(question, language), k, foreign)
    return sorted([*home, *away], key=lambda hit: (-hit.score, hit.row))


def _dense_share(question_language: str, passage_language: str) -> float:
    if "und" in (question_language, passage_language) or question_language == passage_language:
        return _DENSE_SHARE_SAME_LANGUAGE
    is_translated = {question_language, passage_language} <= BRIDGED
    return _DENSE_SHARE_TRANSLATED if is_translated else _DENSE_SHARE_OTHER_LANGUAGE


def _check(question: str) -> None:
    if not question.strip():
        raise QuestionError("The question is empty. Expected a question in words. Type one.")
    if any("\ud800" <= character <= "\udfff" for character in question):
        raise QuestionError("The question holds half a character. Expected text in Unicode. Type it again.")


def _is_date(text: str) -> bool:
    try:
        return datetime.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _allowed(articles: Mapping[str, Article], filters: Filters) -> set[str]:
    """Return the ids of the articles that `filters` lets through."""
    for date in (filters.since, filters.until):
        if date and not _is_date(date):
            raise QuestionError(f"{date!r} is not a date. Expected YYYY-MM-DD, like 2021-11-01. Write it so.")
    if filters.since and filters.until and filters.since > filters.until:
        raise QuestionError(
            f"The dates run backwards: since {filters.since} until {filters.until}. Expected the earlier one first. "
            "Swap them."
        )
    for article_id in filters.article_ids:
        if article_id not in articles:
            raise QuestionError(
                f"No article {article_id!r} in the index. Expected a path below the articles folder. "
                "List them with: article-qa check"
            )
    return {
        article.id
        for article in articles.values()
        if (not filters.since or (article.date and article.date >= filters.since))
        and (not filters.until or (article.date and article.date <= filters.until))
        and (not filters.lang or article.lang == filters.lang)
        and (not filters.article_ids or article.id in filters.article_ids)
    }
