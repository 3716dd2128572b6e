"""Where two articles answer a question with different values, both of them. In doubt they do not differ.

"The lab employs 50 people" and "The lab employs 70 people" differ, if both are about equally good answers, from two
articles, on the same names and times, and nearly the same sentence but for the value that was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from index.records import Article
from index.tokens import tokenize
from qa.evidence import Candidate, Weighed
from qa.leaning import leans
from qa.newest import AS_GOOD
from qa.periods import Period
from qa.question import asked_for
from qa.values import Stated, stated

_HIGH = 0.5
"""The support that both sentences have at least."""

_SHARED = 0.6
"""Of the words of both sentences, values left out, the share that both have."""

_ROUNDING = 0.1
"""By which share two amounts may differ and yet be the same, if one is a round one."""

_LONGEST_MONTH = 31  # days


def differing(
    question: str,
    found: Sequence[Weighed],
    supports: Sequence[float],
    best: int,
    articles: Mapping[str, Article],
) -> list[int]:
    """Return `best` and the candidate of the newest article that says otherwise, newest first; or `best` alone."""
    kind = asked_for(question)
    if kind not in ("how_much", "when", "who") or supports[best] < _HIGH:
        return [best]

    def article(i: int) -> Article:
        return articles[found[i].candidate.passage.chunk.article_id]

    terms = {term for term in tokenize(question) if len(term) > 1}
    asked = stated(question)
    must = terms.intersection(tokenize(" ".join(asked.names | asked.persons)))
    told, about = _told(found[best].candidate, article(best)), _named(terms, found[best].candidate, article(best))
    if told is None or not must <= about:
        return [best]
    for i in sorted(range(len(found)), key=lambda i: (article(i).date, supports[i]), reverse=True):
        is_as_good = supports[i] >= max(_HIGH, supports[best] - AS_GOOD)
        is_other = article(i).id != article(best).id and article(i).lang == article(best).lang
        if is_other and is_as_good and _named(terms, found[i].candidate, article(i)) == about:
            other = _told(found[i].candidate, article(i))
            if other is not None and disagree(kind, told, other):
                return sorted((best, i), key=lambda i: article(i).date, reverse=True)
    return [best]


def _told(candidate: Candidate, article: Article) -> Stated | None:
    """Return what the sentence states with the one that it leans on; None if that is not there."""
    sentence = candidate.span.of(article.text)
    if not leans(sentence):
        return stated(sentence)
    return stated(f"{candidate.before.of(article.text)} {sentence}") if candidate.before else None


def _named(terms: Set[str], candidate: Candidate, article: Article) -> set[str]:
    """Return which of `terms` stand in the title, the sentence or the one before, as parts of words, too.

    (Kiwi does not cut a name alike wherever it stands.)
    """
    before = candidate.before.of(article.text) if candidate.before else ""
    text = f"{article.title}\n{before}\n{candidate.span.of(article.text)}".lower()
    return {term for term in terms if term in text}


def disagree(kind: str, one: Stated, other: Stated) -> bool:
    """Tell whether they say the same but for one value of `kind`."""
    if one.is_relative or other.is_relative or one.names != other.names:
        return False
    if len(one.words & other.words) < _SHARED * len(one.words | other.words):
        return False
    same_amounts, same_persons = one.amounts == other.amounts, one.persons == other.persons
    only_one, only_other = _unshared(one.periods, other.periods), _unshared(other.periods, one.periods)
    same_times = not only_one and not only_other
    if kind == "how_much":
        return same_times and same_persons and _amounts_differ(one, other)
    if kind == "when":
        return same_amounts and same_persons and _times_differ(only_one, only_other)
    return same_amounts and same_times and len(one.persons - other.persons) == 1 == len(other.persons - one.persons)


def _amounts_differ(one: Stated, other: Stated) -> bool:
    only_one, only_other = list(one.amounts - other.amounts), list(other.amounts - one.amounts)
    if len(only_one) != 1 or len(only_other) != 1:
        return False
    (unit, amount), (other_unit, other_amount) = only_one[0], only_other[0]
    rounding = _ROUNDING if one.is_rounded or other.is_rounded else 0.0
    return unit == other_unit and abs(amount - other_amount) > rounding * max(amount, other_amount)


def _unshared(some: Sequence[Period], others: Sequence[Period]) -> list[Period]:
    shared = {(period.first, period.last) for period in others}
    return [period for period in some if (period.first, period.last) not in shared]


def _times_differ(some: Sequence[Period], others: Sequence[Period]) -> bool:
    """Tell whether there is one time on each side and no day in both; "in March" may be March of any year."""
    if len(some) != 1 or len(others) != 1:
        return False
    one, other = some[0], others[0]
    if one.first is None or one.last is None or other.first is None or other.last is None:
        return False
    first, last, other_first, other_last = one.first, one.last, other.first, other.last
    if one.has_year != other.has_year:
        if max(last - first, other_last - other_first).days > _LONGEST_MONTH:
            return False
        first, last, other_first, other_last = (
            day.replace(year=2000) for day in (first, last, other_first, other_last)
        )
    return last < other_first or other_last < first
