"""BM25 behind one door: what is asked for in, rows and scores out. tantivy stores and ranks; the terms are ours.

Knows nothing of text, languages or articles: a row is a number, a group is a number (the article it comes from).

The index is written whole, from terms that are kept beside it, and never changed afterwards. Deleting and adding would
be quicker, but tantivy's document frequencies count deleted rows until they are merged away, so an index that was
updated would score otherwise than the same index built at once (200,000 rows take 3 s).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.records import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The terms of one row: of its title and headings, and of its text. `group` is the number of its article."""

    group: int
    title: tuple[str, ...]
    text: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One thing that a question asks for: its own `terms`, any of which count, and other `ways` to say the same.

    A way is there when all of its terms are.
    """

    terms: tuple[str, ...]
    ways: tuple[tuple[str, ...], ...] = ()

    def held(self, present: Set[str]) -> float:
        """Return how much of it the terms `present` say: 1.0 if they hold one of its ways, else the share of `terms`.

        >>> rich = Concept(terms=("500", "billion"), ways=(("5000억",),))
        >>> rich.held({"500", "yen"}), rich.held({"5000억", "엔"})
        (0.5, 1.0)
        """
        if any(present >= set(way) for way in self.ways):
            return 1.0
        return sum(term in present for term in self.terms) / len(self.terms)


Asked = str | Concept
"""A term is a concept that is said in one way."""


# A chunk is found by its own terms, and half as much by those around it: what a question names once is often told some
# sentences away. (benchmarks/quality.py, BM25 alone, with the boost at 0: AutoRAG-ko .911 nDCG@10 instead of .930.)
_AROUND = 3  # rows of the same article, on each side
_AROUND_BOOST = 0.5
_TITLE_BOOST = 0.45
_WRITER_BYTES = 256_000_000  # enough for one segment of some 500,000 rows, so that equal scores keep the order of rows
_SPARE = 32  # hits fetched beyond k, so that rows of equal score at the edge are cut in order


class LexicalIndex:
    """A BM25 index (k1 = 1.2, b = 0.75, tantivy's own) that is safe to search from many threads."""

    def __init__(self, folder: Path) -> None:
        """Open the index in `folder`. Raises ValueError if tantivy cannot read it."""
        import tantivy

        self._index = tantivy.Index.open(str(folder))
        self._searcher = self._index.searcher()

    @staticmethod
    def write(folder: Path, rows: Sequence[Terms]) -> None:
        """Write an index of `rows`, numbered from 0 in their order, into the empty `folder`.

        Raises OSError if the disk refuses.
        """
        import tantivy

        schema = (
            tantivy.SchemaBuilder()
            .add_text_field("title", tokenizer_name="whitespace", index_option="freq")
            .add_text_field("text", tokenizer_name="whitespace", index_option="freq")
            .add_text_field("around", tokenizer_name="whitespace", index_option="freq")
            .add_unsigned_field("group", indexed=True)
            .add_unsigned_field("row", stored=True)
            .build()
        )
        try:
            index = tantivy.Index(schema, path=str(folder))
            writer = index.writer(heap_size=_WRITER_BYTES, num_threads=1)
            for row, terms in enumerate(rows):
                document = tantivy.Document()
                document.add_text("title", " ".join(terms.title))
                document.add_text("text", " ".join(terms.text))
                document.add_text("around", " ".join(_around(rows, row)))
                document.add_unsigned("group", terms.group)
                document.add_unsigned("row", row)
                writer.add_document(document)
            writer.commit()
            writer.wait_merging_threads()
        except ValueError as error:  # tantivy's name for a full disk
            raise OSError(str(error)) from error

    def search(self, asked: Sequence[Asked], k: int, groups: Sequence[int] | None = None) -> list[Hit]:
        """Return the `k` best rows that hold any of what is `asked`, best first, equal scores in the order of rows.

        A score is BM25 as a share of what a row of average length that holds every concept once would get: near 1 when
        all of the question is there, near 0 when only its least telling terms are. A concept counts in the way in which
        the row has most of it. One that no row holds counts as the rarest, so a question in another language that was
        not translated stays near 0. With `groups`, only rows of these groups are found; the scores stay the same.
        """
        import tantivy

        concepts = list(dict.fromkeys(map(_concept, asked)))
        if not concepts or k < 1 or (groups is not None and not groups):
            return []
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, self._said(concept)) for concept in concepts])
        if groups is not None:
            chosen = tantivy.Query.term_set_query(self._index.schema, "group", list(groups))
            query = tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, query),
                    (tantivy.Occur.Must, tantivy.Query.const_score_query(chosen, 0.0)),
                ]
            )
        found = self._searcher.search(query, limit=k + _SPARE, count=False).hits
        full = (1 + _AROUND_BOOST) * sum(self.weights(concepts))
        hits = [Hit(row=self._row(address), score=float(score) / full) for score, address in found]
        return sorted(hits, key=lambda hit: (-hit.score, hit.row))[:k]

    def weights(self, asked: Sequence[Asked]) -> list[float]:
        """Return how much each concept tells: the sum of its own terms' weights or, if no row holds any of them, the
        weight of its most telling way.

        A term weighs ln(1 + (N - n + 0.5) / (n + 0.5)) for n of N rows, as Lucene has it.
        """
        return [self._concept_weight(_concept(one)) for one in asked]

    def vocabulary(self) -> list[str]:
        """Return the terms of all rows, of their texts and of their titles, sorted."""
        fields = (self._searcher.terms_with_prefix(field, "") for field in ("text", "title"))
        return sorted({term for field in fields for term, _ in field})

    def _concept_weight(self, concept: Concept) -> float:
        if not concept.ways or any(self._frequency(term) for term in concept.terms):
            return sum(map(self._weight, concept.terms))
        return max(max(map(self._weight, way)) for way in concept.ways)

    def _weight(self, term: str) -> float:
        n = self._frequency(term)
        return math.log1p((self._searcher.num_docs - n + 0.5) / (n + 0.5))

    def _frequency(self, term: str) -> int:
        return int(self._searcher.doc_freq("text", term))

    def _said(self, concept: Concept) -> Any:
        """Return the query for the best of a concept's ways.

        A way of several terms counts as its most telling one, and none for more than the concept weighs.
        """
        import tantivy

        own = tantivy.Query.boolean_query([(tantivy.Occur.Should, self._anywhere(term)) for term in concept.terms])
        if not concept.ways:
            return own
        said, most = [own], self._concept_weight(concept)
        for way in concept.ways:
            weights = list(map(self._weight, way))
            whole = tantivy.Query.boolean_query([(tantivy.Occur.Must, self._anywhere(term)) for term in way])
            said.append(tantivy.Query.boost_query(whole, min(most, max(weights)) / sum(weights)))
        return tantivy.Query.disjunction_max_query(said)

    def _anywhere(self, term: str) -> Any:
        import tantivy

        clauses: list[Any] = [(tantivy.Occur.Should, self._term("text", term))]
        for field, boost in (("around", _AROUND_BOOST), ("title", _TITLE_BOOST)):
            clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(self._term(field, term), boost)))
        return tantivy.Query.boolean_query(clauses)

    def _term(self, field: str, term: str) -> Any:
        import tantivy

        return tantivy.Query.term_query(self._index.schema, field, term, index_option="freq")

    def _row(self, address: Any) -> int:
        return int(self._searcher.doc(address)["row"][0])


def _concept(asked: Asked) -> Concept:
    return asked if isinstance(asked, Concept) else Concept(terms=(asked,))


def _around(rows: Sequence[Terms], row: int) -> Iterator[str]:
    """Yield the terms of `row` and of its neighbours in the same article."""
    for near in rows[max(0, row - _AROUND) : row + _AROUND + 1]:
        if near.group == rows[row].group:
            yield from near.text
