"""PDF files, written here byte by byte: a font without glyphs is enough to carry Korean text."""

import io

import pytest

from index.formats import read_document
from index.pdfs import _declared_title
from index.records import ArticlesError

LIMIT = 1_000_000
_TO_UNICODE = (
    b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def /CMapType 2 def "
    b"1 begincodespacerange <0000> <FFFF> endcodespacerange "
    b"1 beginbfrange <0000> <FFFF> <0000> endbfrange endcmap end end"
)


def pdf(*pages: list[str], title: str = "") -> bytes:
    """Return a PDF with these lines on its pages."""
    objects = [
        _stream(_TO_UNICODE),
        b"<< /Type /FontDescriptor /FontName /K /Flags 4 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800"
        b" /Descent -200 /CapHeight 700 /StemV 80 >>",
        b"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /K /FontDescriptor 2 0 R /DW 1000"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> >>",
        b"<< /Type /Font /Subtype /Type0 /BaseFont /K /Encoding /Identity-H /DescendantFonts [3 0 R]"
        b" /ToUnicode 1 0 R >>",
    ]
    tree = len(objects) + 2 * len(pages) + 1
    for lines in pages:
        shown = b"\n".join(b"<%s> Tj T*" % line.encode("utf-16-be").hex().encode() for line in lines)
        objects.append(_stream(b"BT /F 12 Tf 50 780 Td 18 TL\n%s\nET" % shown))
        objects.append(
            b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F 4 0 R >> >> >>" % (tree, len(objects))
        )
    kids = b" ".join(b"%d 0 R" % number for number in range(6, tree, 2))
    objects.append(b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)))
    objects.append(b"<< /Type /Catalog /Pages %d 0 R >>" % tree)
    objects.append(b"<< /Title <%s> >>" % f"\ufeff{title}".encode("utf-16-be").hex().encode())
    data, offsets = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size, start = len(objects) + 1, len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return data + b"trailer << /Size %d /Root %d 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        size, tree + 1, tree + 2, start,
    )  # fmt: skip


def _stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)


def encrypted(data: bytes, password: str) -> bytes:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(user_password=password, owner_password="owner", algorithm="RC4-128")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def refused(data: bytes) -> str:
    with pytest.raises(ArticlesError) as caught:
        read_document(data, ".pdf", LIMIT)
    return str(caught.value)


def test_lines_and_pages_are_joined() -> None:
    """Words broken at line and page ends are whole, headings stay alone, headers and page numbers are gone."""
    document = read_document(
        pdf(
            [
                "21. 11. 1. 오후 3:12 네이버",
                "네이버가 그리는 벨트",
                "네이버가 국경을 초월한 인공지능(AI) 연구개발 네트워크 구축을 위해 소매를",
                "걷었다. 일본과 홍콩, 베트남 등 아시아 국가를 넘어 독일과 프랑스까지 연구 센",
                "터를 세웠다.",
                "독일과의 협력",
                "네이버는 튀빙겐대학교와 안전한 인공지능을 위한 업무협약을 체결했고, 두 기",
                "https://a.kr/1 1/2",
            ],
            ["21. 11. 1. 오후 3:12 네이버", "관은 공동 연구소를 설립한다.", "https://a.kr/1 2/2"],
            title="네이버 AI 벨트",
        ),
        ".pdf",
        LIMIT,
    )
    assert document.title == "네이버 AI 벨트"
    assert document.date == ""
    assert document.text == (
        "네이버가 그리는 벨트\n"
        "네이버가 국경을 초월한 인공지능(AI) 연구개발 네트워크 구축을 위해 소매를 걷었다. "
        "일본과 홍콩, 베트남 등 아시아 국가를 넘어 독일과 프랑스까지 연구 센터를 세웠다.\n"
        "독일과의 협력\n"
        "네이버는 튀빙겐대학교와 안전한 인공지능을 위한 업무협약을 체결했고, 두 기관은 공동 연구소를 설립한다."
    )


def test_latin_lines_are_joined_with_spaces() -> None:
    """An English paragraph on three lines is one line of text."""
    lines = [
        "Naver has set up a joint research centre with a university in",
        "Hanoi, and it plans to hire well over a hundred engineers in",
        "the city.",
    ]
    assert read_document(pdf(lines), ".pdf", LIMIT).text == " ".join(lines)


@pytest.mark.parametrize(
    "title",
    [
        "Microsoft Word - 기사.docx",
        "untitled",
        "Untitled-1",
        "제목 없음",
        "기사.hwp",
        "",
        "https://a.kr/1",
        "문서1",
        "---",
    ],
)
def test_a_title_that_nobody_wrote_is_ignored(title: str) -> None:
    """Instead of a program's default the headline is the title."""
    lines = ["네이버, 베트남으로", "네이버는 홍콩과학기술대학교와 손잡고 인공지능 연구소를 개소했다."]
    assert read_document(pdf(lines, title=title), ".pdf", LIMIT).title == "네이버, 베트남으로"


def test_a_title_in_the_wrong_encoding_is_repaired() -> None:
    """CP949 bytes shown as Latin-1 are turned back into Korean; French accents are left alone."""
    assert _declared_title("네이버의 연구소".encode("cp949").decode("latin-1")) == "네이버의 연구소"
    assert _declared_title("Où sont les élèves éèê ?") == "Où sont les élèves éèê ?"


def test_a_locked_pdf_is_refused_and_one_that_opens_is_read() -> None:
    """Without its password a PDF cannot be read; if it is only locked against printing it can."""
    plain = pdf(["네이버는 연구소를 개소했다."])
    assert refused(encrypted(plain, "secret")) == "encrypted PDF; save it without a password"
    assert read_document(encrypted(plain, ""), ".pdf", LIMIT).text == "네이버는 연구소를 개소했다."


def test_a_scan_is_refused() -> None:
    """Pages without text ask for text recognition."""
    assert refused(pdf([], [])) == "PDF without text, perhaps scanned; run text recognition (OCR) on it first"


@pytest.mark.parametrize("data", [b"hello", b"%PDF-1.7\n", pdf(["글"])[:200], b"%PDF-1.7\n" + bytes(range(256)) * 9])
def test_a_damaged_pdf_is_refused_in_one_line(data: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever the parser trips over becomes one short reason, and nothing is printed."""
    reason = refused(data)
    assert "\n" not in reason
    assert len(reason) < 200
    assert capfd.readouterr() == ("", "")
