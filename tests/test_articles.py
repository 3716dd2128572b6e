"""The folder: what is found, read, reused, left out and why."""

import os
import sys
import unicodedata
from pathlib import Path
from subprocess import run

import pytest

from index.articles import Reading, ReadOptions, read_article, read_articles, scan
from index.records import ArticlesError

KOREAN = "네이버는 홍콩과학기술대학교와 손잡고 인공지능 연구소를 개소했다."
ENGLISH = "Naver opened a laboratory together with a university in Vietnam."


def write(folder: Path, name: str, content: str | bytes = KOREAN) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def reasons(reading: Reading) -> dict[str, str]:
    return {skip.id: skip.reason for skip in reading.skipped}


def test_articles_are_found_in_nested_folders_and_sorted(tmp_path: Path) -> None:
    """Every file below the folder is an article under its posix path, in order."""
    write(tmp_path, "나/하위/다.txt", KOREAN + "다")
    write(tmp_path, "B.MD", ENGLISH)
    write(tmp_path, "a.html", f"<p>{KOREAN}a</p>")
    reading = read_articles(tmp_path)
    assert [(a.id, a.lang) for a in reading.articles] == [("B.MD", "en"), ("a.html", "ko"), ("나/하위/다.txt", "ko")]
    assert (reading.skipped, reading.duplicates) == ((), ())


def test_an_article_has_its_fields(tmp_path: Path) -> None:
    """Without a title the file's name is one; the hash is that of the bytes; nothing else is made up."""
    path = write(tmp_path, "2021_global-ai belt.txt", KOREAN.encode("cp949"))
    article = read_article(path, "2021_global-ai belt.txt")
    assert (article.text, article.title, article.date, article.url) == (KOREAN, "2021 global ai belt", "", "")
    assert [file.sha256 for file in scan(tmp_path).files] == [article.sha256]


def test_names_and_text_are_composed(tmp_path: Path) -> None:
    """A file from a Mac, with decomposed name and text, has the id and text that people type."""
    write(tmp_path, unicodedata.normalize("NFD", "네이버.txt"), unicodedata.normalize("NFD", KOREAN))
    (article,) = read_articles(tmp_path).articles
    assert (article.id, article.title, article.text) == ("네이버.txt", "네이버", KOREAN)


def test_two_spellings_of_one_name_are_not_mixed_up(tmp_path: Path) -> None:
    """Two files whose names differ in code points only cannot have the same id."""
    for form in ("NFC", "NFD"):
        write(tmp_path, unicodedata.normalize(form, "네이버.txt"), KOREAN + form)
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("this file system takes the names for one")
    reading = read_articles(tmp_path)
    assert [a.id for a in reading.articles] == ["네이버.txt"]
    assert reasons(reading) == {"네이버.txt": "another file has the same name, spelled with other code points"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_in_cp949_is_read(tmp_path: Path) -> None:
    """A name unpacked from a Korean zip file is legible, also below a folder with a name in UTF-8."""
    folder = tmp_path / "기사"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/" + "네이버.txt".encode("cp949"))).write_text(KOREAN, encoding="utf-8")
    assert [a.id for a in read_articles(tmp_path).articles] == ["기사/네이버.txt"]


def test_hidden_files_are_passed_over(tmp_path: Path) -> None:
    """What an editor, git or the system puts there is not mentioned."""
    for name in (".git/a.txt", ".DS_Store", "~$a.docx", "Thumbs.db", "__MACOSX/._a.txt", "a.txt"):
        write(tmp_path, name)
    reading = read_articles(tmp_path)
    assert [a.id for a in reading.articles] == ["a.txt"]
    assert reading.skipped == ()


def test_each_file_left_out_is_reported(tmp_path: Path) -> None:
    """One bad file never stops the rest, and each has its reason."""
    write(tmp_path, "a.txt")
    write(tmp_path, "b.docx", b"PK\x03\x04")
    write(tmp_path, "c.txt", b"\x89PNG\r\n\x1a\n\x00\x00")
    write(tmp_path, "d.txt", " \n")
    write(tmp_path, "e.txt", "가" * 1000)
    write(tmp_path, "f.pdf", "not a pdf")
    write(tmp_path, "noextension")
    reading = read_articles(tmp_path, ReadOptions(max_bytes=2999))
    assert [a.id for a in reading.articles] == ["a.txt"]
    found = reasons(reading)
    assert found.pop("f.pdf").startswith("damaged .pdf file (")
    assert found == {
        "b.docx": "not a .txt, .md, .html or .pdf file",
        "c.txt": "not text but binary content",
        "d.txt": "empty",
        "e.txt": "3,000 bytes, over the limit of 2,999",
        "noextension": "not a .txt, .md, .html or .pdf file",
    }


def test_links_are_followed_inside_the_folder_only(tmp_path: Path) -> None:
    """A link to a file inside is another name of it; others are reported, and a loop ends."""
    folder = tmp_path / "articles"
    write(folder, "sub/a.txt")
    write(tmp_path, "secret.txt", "secret")
    (folder / "z.txt").symlink_to(folder / "sub/a.txt")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "gone.txt").symlink_to(tmp_path / "gone.txt")
    (folder / "loop.txt").symlink_to(folder / "loop.txt")
    (folder / "sub/up").symlink_to(folder, target_is_directory=True)
    (folder / "outside").symlink_to(tmp_path, target_is_directory=True)
    reading = read_articles(folder)
    assert [a.id for a in reading.articles] == ["sub/a.txt"]
    assert reading.duplicates == (("z.txt", "sub/a.txt"),)
    assert reasons(reading) == {
        "gone.txt": "a link that leads nowhere",
        "loop.txt": "a link that leads nowhere",
        "out.txt": "a link that leads out of the articles folder",
        "outside": "a link that leads out of the articles folder",
        "sub/up": "a link to a folder; only links to files are followed",
    }


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    """What is not a regular file is not opened."""
    write(tmp_path, "a.txt")
    os.mkfifo(tmp_path / "b.txt")
    assert reasons(read_articles(tmp_path)) == {"b.txt": "not a regular file"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to root")
def test_forbidden_files_and_folders_are_reported(tmp_path: Path) -> None:
    """A file or folder that may not be read is left out."""
    write(tmp_path, "a.txt")
    write(tmp_path, "b.txt").chmod(0)
    folder = write(tmp_path, "c/d.txt").parent
    folder.chmod(0)
    try:
        assert reasons(read_articles(tmp_path)) == dict.fromkeys(("b.txt", "c"), "cannot be read: permission denied")
    finally:
        folder.chmod(0o700)


def test_a_file_that_vanished_is_reported(tmp_path: Path) -> None:
    """A file may be gone between finding and reading it."""
    with pytest.raises(ArticlesError, match=r"^cannot be read: no such file or directory$"):
        read_article(tmp_path / "gone.txt", "gone.txt")


def test_a_file_that_grew_is_reported(tmp_path: Path) -> None:
    """The limit holds for what is read, not only for what was found."""
    with pytest.raises(ArticlesError, match=r"over the limit of 10$"):
        read_article(write(tmp_path, "a.txt"), "a.txt", ReadOptions(max_bytes=10))


def test_duplicates_are_indexed_once(tmp_path: Path) -> None:
    """Of files with the same bytes, or the same text once cleaned, the first by id is kept."""
    write(tmp_path, "b.txt", KOREAN)
    write(tmp_path, "c.txt", KOREAN)
    write(tmp_path, "d.txt", f"{KOREAN}\r\n".encode("cp949"))
    write(tmp_path, "e.txt", f"{KOREAN}\r\n".encode("cp949"))
    write(tmp_path, "a.txt", ENGLISH)
    reading = read_articles(tmp_path)
    assert [a.id for a in reading.articles] == ["a.txt", "b.txt"]
    assert reading.duplicates == (("c.txt", "b.txt"), ("d.txt", "b.txt"), ("e.txt", "b.txt"))


def test_known_articles_are_not_read_again(tmp_path: Path) -> None:
    """The article of a file whose bytes are the same is taken as it is; a changed file is read."""
    write(tmp_path, "a.txt", KOREAN)
    write(tmp_path, "b.txt", ENGLISH)
    first = read_articles(tmp_path).articles
    write(tmp_path, "b.txt", ENGLISH + " New.")
    again = read_articles(tmp_path, known={a.id: a for a in first}).articles
    assert again[0] is first[0]
    assert again[1].text == ENGLISH + " New."


def test_scanning_parses_nothing(tmp_path: Path) -> None:
    """The first stage lists and hashes also what cannot be parsed."""
    write(tmp_path, "a.pdf", "not a pdf")
    found = scan(tmp_path)
    assert [(file.id, len(file.sha256)) for file in found.files] == [("a.pdf", 64)]
    assert found.skipped == ()


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    """The message names what was found, what was expected and the way out."""
    missing = tmp_path / "articles"
    with pytest.raises(ArticlesError) as caught:
        read_articles(missing)
    assert str(caught.value) == (
        f"No folder at {missing}. Expected a folder of .txt, .md, .html or .pdf files. "
        "Create it, or name one with --articles DIR."
    )


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """A file in the folder's place is named as such."""
    with pytest.raises(ArticlesError, match=r"a\.txt is a file, not a folder\. Expected"):
        read_articles(write(tmp_path, "a.txt"))


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    """There is nothing to index in an empty folder."""
    with pytest.raises(ArticlesError, match=r"has no files\. Expected at least one \.txt, .* Add one, or"):
        read_articles(tmp_path)


def test_when_nothing_is_readable_the_first_reasons_are_shown(tmp_path: Path) -> None:
    """The message says why, in one line, without listing every file."""
    for name in "abcde":
        write(tmp_path, f"{name}.docx")
    with pytest.raises(ArticlesError, match=r"could be read \(a\.docx: not a .*; and 2 more\)\. Expected") as caught:
        read_articles(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_seed_like_article_is_kept_to_the_letter(tmp_path: Path) -> None:
    """Korean news with headings on lines of their own, one line a paragraph, is not touched."""
    lines = [
        KOREAN * 4,
        "일본부터 베트남까지...亞 인재 유치 '총력전'",
        KOREAN * 3,
        "관련기사",
        "- 네이버, 동맹",
        "- 네이버, 벨트",
    ]
    text = "\n".join(lines)
    write(tmp_path, "a.txt", text)
    (article,) = read_articles(tmp_path).articles
    assert (article.text, article.lang, article.title) == (text, "ko", "a")


def test_importing_the_reader_is_light() -> None:
    """Parsers and models are loaded when they are first needed, not before."""
    heavy = "trafilatura lxml pypdf py3langid yaml charset_normalizer kiwipiepy numpy".split()
    code = f"import sys, index.articles; print(*set({heavy}) & set(sys.modules))"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("\n", "")


@pytest.mark.parametrize("size", [0, -1])
def test_a_senseless_limit_is_refused(size: int) -> None:
    """A limit below one byte would leave out everything."""
    with pytest.raises(ValueError, match=f"max_bytes={size}: expected at least 1"):
        ReadOptions(max_bytes=size)
