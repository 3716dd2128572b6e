"""Which language a text or a question is in."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from index.language import detect_language, language_code, script_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("네이버 베트남 연구소 어디?", "ko"),
        ("Z홀딩스 investment?", "ko"),
        ("亞 인재 유치 총력전", "ko"),
        ("Where is Naver's second Vietnam lab?", "en"),
        ("What is 네이버?", "en"),
        ("What does カワイイ mean?", "en"),
        ("日本の研究所はどこ？", "ja"),
        ("ソフトバンクとNAVERの経営統合", "ja"),
        ("北京的研究所在哪里？", "zh"),
        ("Où est le laboratoire ?", "fr"),
        ("Phòng thí nghiệm thứ hai ở đâu?", "vi"),
        ("Wo ist das zweite Labor?", "de"),
        ("PTIT", "und"),
        ("Z Holdings", "und"),
        ("2021!", "und"),
        ("", "und"),
    ],
)
def test_short_questions(text: str, language: str) -> None:
    """A question of a few words is told apart, and a bare name is not guessed at."""
    assert detect_language(text) == language


def test_a_korean_article_with_many_english_names_is_korean() -> None:
    """Hangul decides although most of the letters are Latin."""
    text = "네이버는 NAVER LABS Europe, Xerox Research Centre Europe, HUST, PTIT 등과 협력한다. " * 5
    assert detect_language(text) == "ko"


def test_an_english_article_that_quotes_korean_is_english() -> None:
    """A few Hangul names do not make a text Korean."""
    text = "Naver (네이버) opened a joint research centre with a university in Vietnam and hired local engineers. " * 5
    assert detect_language(text) == "en"


def test_latin_text_has_no_language_by_script() -> None:
    """The script says nothing about texts in Latin letters."""
    assert script_language("Naver opened a laboratory.") == ""


@pytest.mark.parametrize(
    ("declared", "code"),
    [
        ("ko-KR", "ko"),
        ("EN_us.UTF-8", "en"),
        (" kr ", "ko"),
        ("no", "no"),
        ("klingon", ""),
        ("", ""),
        ("x-default", ""),
    ],
)
def test_declared_codes_are_normalised(declared: str, code: str) -> None:
    """A declared language becomes its ISO 639-1 code, or nothing if it has none."""
    assert language_code(declared) == code


def test_many_threads_agree() -> None:
    """The first call may come from many threads at once."""
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(detect_language, ["Where is the second laboratory?"] * 32)) == {"en"}
