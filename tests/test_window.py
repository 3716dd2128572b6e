"""How a window is laid out in tokens, with the bundled tokenizer."""

from typing import Any

import pytest

from qa.window import QUESTION_TOKENS, TITLE_TOKENS, WINDOW_TOKENS, Tokens, Window, tokens_of

SENTENCES = ("네이버가 하노이에 연구소를 열었다.", "It is the second one.", "세 번째는 파리에 있다.")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    from qa.reader import ENCODER_FOLDER

    return AutoTokenizer.from_pretrained(str(ENCODER_FOLDER))


def words(tokens: Tokens, number: int, sentence: str) -> str:
    """The characters of `sentence` that its tokens cover, white space aside."""
    places = [t for t, of in enumerate(tokens.sentence) if of == number + 1]
    return "".join(sentence[slice(*tokens.offsets[t])] for t in places)


def test_every_token_of_a_sentence_knows_its_characters(tokenizer: Any) -> None:
    """The tokens of each sentence cover it, in order, and nothing else is counted as a sentence."""
    tokens = tokens_of(Window(question="어디에 있나?", title="연구소", sentences=SENTENCES), tokenizer)
    assert [words(tokens, i, s) for i, s in enumerate(SENTENCES)] == [s.replace(" ", "") for s in SENTENCES]
    assert tokens.count == 3
    assert len(tokens.ids) == len(tokens.sentence) == len(tokens.offsets)
    assert tokens.ids[0] == tokenizer.cls_token_id
    assert tokens.ids[tokens.question + 1] == tokens.ids[-1] == tokenizer.sep_token_id
    asked = tokenizer.decode(tokens.ids[1 : tokens.question + 1])
    assert asked.replace(" ", "") == "어디에있나?"


def test_long_parts_are_cut_and_the_window_never_grows_beyond_its_limit(tokenizer: Any) -> None:
    """A question and a title leave room for the sentences, and the last sentences are cut first."""
    window = Window(question="왜 " * 500, title="제목 " * 500, sentences=("처음이다.", "낱말 " * 900, "끝이다."))
    tokens = tokens_of(window, tokenizer)
    assert tokens.question == QUESTION_TOKENS
    assert len(tokens.ids) == WINDOW_TOKENS
    assert tokens.sentence.index(1) == QUESTION_TOKENS + TITLE_TOKENS + 3
    assert words(tokens, 0, "처음이다.") == "처음이다."
    assert 3 not in tokens.sentence
    assert tokens.count == 3
