"""Whether an English question leans on the one before it, and what that one was about. By rule, on words alone.

>>> follows("And when did it open?", "Where is Naver's second Vietnam lab?")
True
>>> follows("Why does a cat lick its paws?", "Where is Naver's second Vietnam lab?")
False
>>> topics("Which fields does Naver's second lab in Vietnam study?")
["Naver's second lab", 'Vietnam']
"""

from __future__ import annotations

import re
from functools import cache

from index.tokens import tokenize
from qa.names import names

_MOST_WORDS = 10  # of a question that leaves out what it is about
_THING = (
    r"(?:two |same |other |new )?(?:company|companies|firms?|labs?|laborator(?:y|ies)|cent(?:er|re)s?"
    r"|universit(?:y|ies)|institut(?:e|ion)s?|schools?|groups?|teams?|organi[sz]ations?|agreement|deal|merger|project|plan|network|person"
    r"|event|conference)\b"
)
_THE_THING = re.compile(rf"\bthe {_THING}", re.IGNORECASE)  # says nothing by itself, but may be said more of
_POINTER = re.compile(
    r"\b(?:it|its|they|them|their|he|him|his|she|her|there)\b"
    r"|\b(?:the (?:first|second|other|latter|former)|this|that|which) one\b"
    rf"|\b(?:this|that|these|those) {_THING}"
    r"|\b(?:this|that|these|those)(?=\W*$)",
    re.IGNORECASE,
)
_POSSESSIVE = frozenset(("its", "their", "his", "her"))
_EXISTENTIAL = re.compile(r"\b(?:is|are|was|were|will|be) there\b|\bthere (?:is|are|was|were)\b", re.IGNORECASE)
_IMPERSONAL = re.compile(
    r"\b(?:time|day|date|year|month) is it\b"
    r"|\b(?:is|was|will) it (?:be |going to |still )*(?:rain|snow|hot|cold|warm|sunny|late|early|dark|safe|true"
    r"|possible|legal|worth|ok|okay|good|bad|better|necessary|normal|hard|easy)"
    r"|\bit (?:\w+ly )?(?:takes?|took|costs?|rains?|snows?|feels?|called)\b.*\b(?:to|when|if)\b"
    r"|\bis it (?:that|like)\b",
    re.IGNORECASE,
)
_FIRST_OR_SECOND_PERSON = re.compile(r"\b(?:i|me|my|we|us|our|you|your)\b", re.IGNORECASE)
_OPENING = re.compile(
    r"^(?:(?:and|so|but|then|also)\b,? ?)*(?:(?:(?:can|could|would) you )?(?:please )?tell me|do you know)?",
    re.IGNORECASE,
)
_DEFINITION = re.compile(r"^what(?:'s| is| are| was| were) (?!the\b)", re.IGNORECASE)
_ASKS = re.compile(r"\b(?:who|whom|whose|what|which|when|where|why|how)\b", re.IGNORECASE)
_ASKS_FOR_NOUN = re.compile(r"\b(?:which|what|whose|how (?:many|much))\b", re.IGNORECASE)
_AUXILIARY = re.compile(
    r"\b(?:do|does|did|is|are|was|were|will|would|has|have|had|can|could|should|might)\b", re.IGNORECASE
)
_MODIFIERS = frozenset("first second third fourth next last other new old own large main joint".split())
# What a question may say without saying what it is about: verbs of news, and nouns that are of something.
_SAYS_NOTHING = """
    accord acquire add agree aim announce begin belong build buy change come cooperate create decide establish
    expect find found fund go head hire host invest join launch lead leave let live locate make mean merge move
    open operate own plan receive run say see set sign start stay stop study support take tell use want work

    charge day goal number period people part partner place purpose reason role size thing time way year boss
    director ceo chief leader manager founder budget cost price amount employee staff headquarters location date
    field topic subject result name

    again also already another different early ever exactly far just kind late later long many much now still
    today together about after before between during from since until over out up down off under than per
    """
_WORD = re.compile(r"[^\W_]+(?:[-'’.&][^\W_]+)*")


def follows(question: str, before: str, told: str = "") -> bool:
    """Tell whether `question` cannot stand without the question `before`, to which `told` was the answer.

    It cannot if it points back before it says anything new ("Who founded it?"), or says nothing new and names nothing.
    """
    question = _OPENING.sub("", question, count=1)
    if _IMPERSONAL.search(question):
        return False
    seen = set(tokenize(before))
    own_names = _names(question, f"{before} {told}")
    pointer = _POINTER.search(_EXISTENTIAL.sub(lambda match: "-" * len(match[0]), question))
    if pointer is not None:
        known = seen | set(tokenize(told))
        return all(set(tokenize(name)) <= known for name in own_names) and not _says_before(question, pointer, known)
    return (
        len(question.split()) <= _MOST_WORDS
        and not own_names
        and not _FIRST_OR_SECOND_PERSON.search(question)
        and not _DEFINITION.search(question)
        and not _new(_THE_THING.sub(" ", question), seen)
    )


def topics(before: str, *, everything: bool = False) -> list[str]:
    """Return the phrases of `before` that say what it is about, without the noun that it asks for ("Which company …").

    With `everything` its verbs are said, too.
    """
    asked_from, asked_to = _noun_asked_for(before)
    named = set(names(before))
    phrases: list[str] = []
    following: re.Match[str] | None = None  # the word that the last of the phrases begins with, if it goes on there
    for word in reversed(list(_WORD.finditer(before))):
        is_asked_for = asked_from <= word.start() < asked_to
        goes_on = following is not None and not before[word.end() : following.start()].strip()
        if (
            word[0].removesuffix("'s").removesuffix("’s") in named
            or (not is_asked_for and (tokenize(word[0]) if everything else _new(word[0], set())))
            or (goes_on and word[0].lower() in _MODIFIERS)
        ):
            phrases[-1:] = [f"{word[0]} {phrases[-1]}"] if goes_on else [*phrases[-1:], word[0]]
            following = word
        else:
            following = None
    return phrases[::-1]


def _new(text: str, known: set[str]) -> list[str]:
    """Return the terms of `text` that say something and are not in `known`; numbers say nothing by themselves."""
    return [t for t in tokenize(text) if not t.isdigit() and t not in known and t not in _says_nothing()]


@cache
def _says_nothing() -> frozenset[str]:
    return frozenset(tokenize(" ".join([_SAYS_NOTHING, *_MODIFIERS])))


def _names(question: str, context: str) -> list[str]:
    """Return the names in `question`, also those that `context` writes with a capital and `question` does not."""
    named = {name.casefold() for name in names(context)}
    return [*names(question), *(word for word in _WORD.findall(question) if word.casefold() in named)]


def _says_before(question: str, pointer: re.Match[str], known: set[str]) -> bool:
    """Tell whether `question` says something new before `pointer`, which then means that: "a cat … its paws".

    What it asks for does not count ("Which fields do they …"), nor does the verb of "Who founded it?".
    """
    prefix = question[: pointer.start()]
    auxiliary = _AUXILIARY.search(prefix)
    if auxiliary is not None:
        asks = _ASKS.search(prefix[: auxiliary.start()])
        return bool(_new(prefix[auxiliary.end() :] if asks else prefix, known))
    may_say = 0
    if pointer[0].lower() not in _POSSESSIVE and _ASKS.search(prefix) is not None:
        may_say = 2 if _ASKS_FOR_NOUN.search(prefix) else 1
    return len(_new(prefix, known)) > may_say


def _noun_asked_for(question: str) -> tuple[int, int]:
    """Return where "company" stands in "Which company does …": up to the auxiliary, or one word."""
    asks = _ASKS_FOR_NOUN.search(question)
    if asks is None:
        return 0, 0
    auxiliary = _AUXILIARY.search(question, asks.end())
    word = _WORD.search(question, asks.end())
    end = auxiliary.start() if auxiliary is not None else word.end() if word is not None else asks.end()
    return asks.start(), end
