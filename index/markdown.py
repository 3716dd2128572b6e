"""Markdown -> the text that a reader sees. Knows nothing of files, encodings or what a title or date is for.

Headings keep their `#` (chunks begin there); lists, tables, quotations and code stay as they are. Link targets, images,
emphasis marks and comments go. HTML stays as literal text: it is shown, never run.

    >>> plain("# **AI** 벨트\\n[네이버](https://naver.com)는 ![로고](a.png) `2**3`<!-- x -->을 \\\\*썼다\\\\*.")
    '# AI 벨트\\n네이버는 로고 2**3을 *썼다*.'
"""

from __future__ import annotations

import html
import re

_LONGEST_FRONT_MATTER = 20_000  # characters: beyond that it is an article between two rules
_DEEPEST_YAML = 200  # open brackets: the reader takes the square of their number in time
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?P<block>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.M)
_FIELD = re.compile(r"(?P<key>[A-Za-z][\w-]*)[ \t]*:(?:[ \t]+(?P<value>.*))?$")

# All that may match far is bounded: on hostile input an open bracket at every letter must not read the rest each time.
_FENCED = re.compile(
    r"(^[ \t]*(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z))", re.DOTALL | re.M
)
_CODE_SPAN = re.compile(r"(?<![\\`])(`{1,9})(?!`)((?:[^\n]|\n(?!\n)){1,500}?)(?<!`)\1(?!`)")
_KEPT = re.compile(r"\0(\d+)\0")  # stands for a code span; clean text has no NUL
_DEFINITION = re.compile(
    r"^ {0,3}\[[^\]^\n][^\]\n]{0,200}\]:[ \t]+<?(?=\S*[./#:])\S+(?:[ \t]+[\"'(][^\n]*)?(?:\n|\Z)", re.M
)
_LABEL = r"(?:[^\[\]\\\n]|\\.|\[[^\[\]\n]{0,200}\])"
# A target has a dot, a slash or a hash: "[단독](서울=연합뉴스)" is no link to anyone who wrote it.
_TARGET = r"\(\s{0,9}(?:<[^>\n]{0,2000}>|(?=[^()\s]{0,500}[./#:])(?:[^()\s]|\([^()\s]{0,200}\)){1,2000})?"
_TARGET += r"(?:\s{1,9}(?:\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'))?\s{0,9}\)"
_IMAGE = re.compile(rf"(?<!\\)!\[({_LABEL}{{0,500}})\](?:{_TARGET}|\[[^\]\n]{{0,200}}\])")
_LINK = re.compile(rf"(?<![\\!])\[({_LABEL}{{1,500}})\]{_TARGET}")
_REFERENCE = re.compile(r"(?<![\\!])\[([^\[\]\n]{1,500})\]\[([^\[\]\n]{0,200})\]")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,2000})>")
_EMPHASIS = (
    re.compile(r"(?<![\\*\d])\*{2,3}(?=[^\s*])([^\n]{1,200}?)(?<=[^\s\\*])\*{2,3}(?!\*)"),
    re.compile(r"(?<![\\\w])_{1,3}(?=[^\s_])([^\n]{1,200}?)(?<=[^\s\\_])_{1,3}(?!\w)"),
    re.compile(r"(?<![\\*\w])\*(?=[^\s*])([^*\n]{1,500}?)(?<=[^\s\\*])\*(?![*\da-zA-Z])"),
)
_UNDERLINED = re.compile(
    r"^(?![ \t]*(?:[-+*>#|]|\d+[.)]))(?P<text>[^\n]{1,300})\n {0,3}(?P<line>=+|-{2,})[ \t]*$", re.M
)
_RULE = re.compile(r"^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$", re.M)
_CLOSING_HASHES = re.compile(r"^(#{1,6}[ \t][^\n]{0,300}?)[ \t]{1,9}#{1,9}$", re.M)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")


def front_matter(text: str) -> tuple[dict[str, str], str]:
    """Return the fields of the YAML block at the head of `text`, keys in lower case, and the text below it.

    Every value is a string as it was written. YAML that is not valid is read line by line, since unquoted headlines
    break it (`title: [단독] 네이버: AI 벨트`). A block that has no fields is no front matter: the text is kept whole.
    """
    match = _FRONT_MATTER.match(text)
    if not match or len(match["block"]) > _LONGEST_FRONT_MATTER:
        return {}, text
    fields = _yaml_fields(match["block"]) or _line_fields(match["block"])
    return (fields, text[match.end() :]) if fields else ({}, text)


def _yaml_fields(block: str) -> dict[str, str]:
    import yaml

    if block.count("[") + block.count("{") > _DEEPEST_YAML:
        return {}
    try:
        # The base loader makes strings of everything: no dates to fail on, no `lang: no` that means False, no objects.
        loaded = yaml.load(block, Loader=yaml.BaseLoader)
    except (yaml.YAMLError, RecursionError):
        return {}
    if not isinstance(loaded, dict):
        return {}
    written = _line_fields(block)  # "title: [단독]" is a list to YAML
    return {
        str(key).lower(): value if isinstance(value, str) else written.get(str(key).lower(), "")
        for key, value in loaded.items()
    }


def _line_fields(block: str) -> dict[str, str]:
    """Read `key: value` lines, if the block has no others than these, comments, list items and indented lines."""
    fields = {}
    for line in block.split("\n"):
        if not line.strip() or line[0] in " \t#" or re.match(r"- |-$", line):
            continue
        field = _FIELD.match(line)
        if not field:
            return {}
        value = (field["value"] or "").strip()
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        fields[field["key"].lower()] = value[1:-1] if quoted else value
    return fields


def plain(text: str) -> str:
    """Return clean Markdown `text` as a reader sees it. Fenced code is left as it is, the fences too."""
    # A split with two groups gives: prose, fenced block, its fence, prose, ...
    pieces = _FENCED.split(text)
    return "".join(_prose(piece) if i % 3 == 0 else piece for i, piece in enumerate(pieces) if i % 3 < 2)


def _prose(text: str) -> str:
    text = _UNDERLINED.sub(lambda m: f"{'#' if m['line'][0] == '=' else '##'} {m['text'].strip()}", text)
    text = _CLOSING_HASHES.sub(r"\1", _DEFINITION.sub("", _RULE.sub("", _without_comments(text))))
    code: list[str] = []

    def keep(match: re.Match[str]) -> str:
        code.append(match[2].strip())
        return f"\0{len(code) - 1}\0"

    text = _CODE_SPAN.sub(keep, text)
    for pattern in (_IMAGE, _LINK, _REFERENCE, _AUTOLINK, *_EMPHASIS):
        text = pattern.sub(r"\1", text)
    text = _ESCAPE.sub(r"\1", _ENTITY.sub(lambda m: html.unescape(m.group()), text))
    return _KEPT.sub(lambda m: code[int(m[1])], text)


def _without_comments(text: str) -> str:
    done, position = [], 0
    while (start := text.find("<!--", position)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        done.append(text[position:start])
        position = end + 3
    return "".join([*done, text[position:]])
