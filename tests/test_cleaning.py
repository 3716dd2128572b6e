"""Bytes to characters, clean characters, and lines re-joined."""

import textwrap
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.cleaning import clean, one_line
from index.decoding import decode
from index.records import ArticlesError
from index.unwrapping import unwrap, unwrap_pdf

KOREAN = "네이버는 홍콩과학기술대학교와 손잡고 인공지능 연구소를 열었다. 똠방각하라는 말도 나온다."
JAPANESE = "ネイバーは香港科技大学と協力して研究所を開設した。人材の確保を急ぐ。"
CHINESE = "公司与香港科技大学合作成立了人工智能研究所，并计划在未来五年内扩大在越南和日本的投资。"
ENGLISH = "Naver’s laboratory – the “second” one – is in Vietnam’s capital, and the company’s plans don’t end there."

awkward = st.text(
    alphabet=st.sampled_from("a가\u1100\u1161\u11a8é\u0301 \t\n\r\f\xa0\xad\u200b\u200c\u200d\ufeff\u2028😀α\x00")
)


@given(st.one_of(st.text(), awkward))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """Clean text is a fixed point of cleaning."""
    assert clean(clean(text)) == clean(text)


@given(st.one_of(st.text(), awkward))
def test_clean_text_is_normal(text: str) -> None:
    """Clean text is NFC, has \\n line ends only, no space at a line end, and at most one blank line in a row."""
    cleaned = clean(text)
    assert unicodedata.is_normalized("NFC", cleaned)
    assert "\n\n\n" not in cleaned
    assert all(line == line.rstrip() for line in cleaned.split("\n"))
    assert not set(cleaned) & set("\r\f\x00\xa0\xad\u200b\ufeff\u2028")
    assert one_line(text).split() == cleaned.split()


def test_invisible_characters_go_and_emoji_stay() -> None:
    """Zero-width characters vanish between letters, but join an emoji."""
    assert clean("네\u200b이\u200d버\ufeff \u202e👨\u200d👩\u200d👧") == "네이버 👨\u200d👩\u200d👧"


def test_a_soft_hyphen_at_a_line_end_joins_the_word() -> None:
    """A word that was broken at a soft hyphen is whole again."""
    assert clean("infor\u00ad\nmation") == "information"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (KOREAN, "utf-8"),
        (KOREAN, "utf-8-sig"),
        (KOREAN, "cp949"),
        (KOREAN, "utf-16"),
        (KOREAN, "utf-16-le"),
        (KOREAN, "utf-16-be"),
        (KOREAN, "utf-32"),
        (KOREAN.replace("똠", ""), "iso2022_kr"),
        (ENGLISH, "utf-16-le"),
        (ENGLISH * 3, "cp1252"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "iso2022_jp"),
        (CHINESE, "gb18030"),
        ("네이버 똠", "cp949"),
        ("“AI”…", "cp949"),
    ],
)
def test_encodings_are_recognised(text: str, encoding: str) -> None:
    """Each text is read back from its encoding, though nothing names it."""
    assert decode(text.encode(encoding)) == text


def test_a_declared_encoding_is_believed_only_if_it_fits() -> None:
    """A declaration decides what cannot be told, and is overruled by what can."""
    assert decode("研究所".encode("shift_jis"), "shift_jis") == "研究所"
    assert decode(KOREAN.encode("cp949"), "iso-8859-1") == KOREAN
    assert decode(KOREAN.encode("cp949"), "no-such-encoding") == KOREAN


@pytest.mark.parametrize("encoding", ["utf-8", "cp949"])
def test_a_file_cut_within_a_character_is_still_read(encoding: str) -> None:
    """One broken character does not cost the article."""
    text = KOREAN * 10 + "끝"
    assert decode(text.encode(encoding)[:-1]) == KOREAN * 10 + "\ufffd"


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 4,
        b"PK\x03\x04 a document",
        b"text \x00\x00 with zeros \x00",
        bytes(range(1, 32)) * 50,
        b"%PDF-1.7\nascii only",
    ],
)
def test_binary_content_is_refused(data: bytes) -> None:
    """A picture or an archive under a text name is not taken for text."""
    with pytest.raises(ArticlesError, match="binary content"):
        decode(data)


PARAGRAPHS = [
    "네이버의 연구 거점",
    "네이버는 홍콩과학기술대학교와 손잡고 AI 연구소를 개소했다. 네이버랩스유럽에 이어 세워진 두 번째 AI 연구소로, "
    "아시아 연구 거점으로는 첫 번째다. 기술 연구의 발전을 목표로 다양한 최첨단 연구를 진행한다는 계획이다.",
    "베트남으로",
    "이후 아시아 국가 곳곳에 연구 기지를 구축하고 인재 확보에 주력해왔다. 대표적인 전초기지는 베트남과 일본이다. "
    "베트남 우정통신대학(PTIT)과 공동 연구센터를 설립했다.",
    "The company opened a joint research centre with a university in Hanoi, and plans to hire well-known "
    "engineers there over the next five years.",
]


@pytest.mark.parametrize("width", [50, 60, 72, 80])
@pytest.mark.parametrize("gap", ["\n\n", "\n"])
def test_wrapped_paragraphs_are_rejoined_and_headings_stay_alone(width: int, gap: str) -> None:
    """Text wrapped at any usual width is what it was before."""
    wrapped = gap.join(textwrap.fill(paragraph, width) for paragraph in PARAGRAPHS)
    assert unwrap(wrapped) == gap.join(PARAGRAPHS)


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(PARAGRAPHS),  # one line each
        "- 첫째 항목은 이 줄에 있다\n- 둘째 항목은 이 줄에 있다\n- 셋째 항목은 이 줄에 있다\n- 넷째",
        "\n".join(f"{i}번째 문장은 여기에서 끝난다고 기자가 현장에서 말했다." for i in range(9)),
        "이 줄은 짧다\n저 줄도 짧다\n그 줄도\n",
        "\n".join(f"| 국가 {i} | 기관의 이름이 길게 쓰여 있는 칸 | 비고가 있는 칸이다 |" for i in range(9)),
        "\n".join(f"    code = wrapped(at, the, same, width)  # line {i} of them" for i in range(9)),
        "",
    ],
)
def test_text_that_was_not_wrapped_is_left_alone(text: str) -> None:
    """Lists, tables, code, verses and one-line paragraphs keep their lines."""
    assert unwrap(text) == text


def test_structure_inside_wrapped_text_keeps_its_lines() -> None:
    """In a wrapped article, fenced code, quotations, lists and Markdown headings stay as they are."""
    kept = "## A heading that is quite long but stays\n> quoted line\n- item\n```\na b c\nd e f\n```"
    prose = textwrap.fill(PARAGRAPHS[4] * 3, 60)
    assert unwrap(f"{prose}\n\n{kept}\n\n{prose}") == f"{PARAGRAPHS[4] * 3}\n\n{kept}\n\n{PARAGRAPHS[4] * 3}"


def test_japanese_lines_are_joined_without_a_space() -> None:
    """A language that writes no spaces gets none at the seam."""
    text = JAPANESE * 4
    assert unwrap("\n".join(text[i : i + 40] for i in range(0, len(text), 40))) == text


def test_korean_words_broken_in_a_pdf_are_whole_again() -> None:
    """Where a PDF breaks lines between any two syllables, words are told from spaces by sense."""
    lines = [
        "네이버의 연구 거점",
        "네이버는 홍콩과학기술대학교와 손잡고 연구소를 개소했다. 아시아 국",
        "가를 넘어 '독일' '프랑스'까지 인공지능 연구 센터를 구축했고 '베트",
        "남'에는 두 곳을 세웠다. 앞으로 5000억엔(약 5조3000억원) 규모로 투자",
        "할 예정이다.",
    ]
    assert unwrap_pdf("\n".join(lines)) == (
        "네이버의 연구 거점\n네이버는 홍콩과학기술대학교와 손잡고 연구소를 개소했다. 아시아 국가를 넘어 '독일' "
        "'프랑스'까지 인공지능 연구 센터를 구축했고 '베트남'에는 두 곳을 세웠다. 앞으로 5000억엔(약 5조3000억원) "
        "규모로 투자할 예정이다."
    )


def test_spaces_that_a_pdf_keeps_at_line_ends_are_believed() -> None:
    """If some lines end in a space, a line without one was broken within a word."""
    lines = [
        "네이버는 홍콩과학기술대학교와 손잡고 연구소를 개소하고 ",
        "아시아 국가를 넘어 독일과 프랑스까지 인공지능 연구 센",
        "터를 세웠다.",
    ]
    assert unwrap_pdf("\n".join(lines)) == (
        "네이버는 홍콩과학기술대학교와 손잡고 연구소를 개소하고 아시아 국가를 넘어 독일과 프랑스까지 인공지능 연구 "
        "센터를 세웠다."
    )


lines = st.lists(st.text(alphabet="가나다a1 .,-'()`", min_size=20, max_size=50), max_size=6).map("\n".join)


@settings(max_examples=40, deadline=None)  # the first example loads Kiwi
@given(lines)
def test_rejoining_only_touches_white_space(text: str) -> None:
    """No letter is lost or moved when lines are re-joined."""
    for joined in (unwrap(text), unwrap_pdf(text)):
        assert "".join(joined.split()) == "".join(text.split())
