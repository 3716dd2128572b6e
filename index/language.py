"""Text -> the language it is written in. Knows nothing of files; articles and questions are told apart the same way.

The script decides where it can: Hangul is Korean, kana is Japanese, Han without kana is Chinese. A fair share is
enough, since Korean news is full of English names. Only what is left goes to py3langid.

    >>> detect_language("Z홀딩스 investment?"), detect_language("What is 네이버?"), detect_language("PTIT")
    ('ko', 'en', 'und')
"""

from __future__ import annotations

import re
import threading
from functools import cache
from typing import Any

UNDECIDED = "und"

_SCRIPTS = {
    "ko": re.compile(r"[\u1100-\u11ff\u3131-\u318e\uac00-\ud7a3]+"),
    "ja": re.compile(r"[\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\uff66-\uff9d]+"),
    "zh": re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"),
}
_LETTER = re.compile(r"[^\W\d_]")
_SHARE = 0.15  # of the letters. One syllable or Han character says as much as two or three Latin letters
_JAPANESE_SHARE = 0.1  # of kana among kana and Han; a Chinese text may quote a Japanese name

# A sentence built with these is English, whatever names it asks about: "What is 네이버?"
_ENGLISH = re.compile(
    r"\b(?:an?|and|are|at|by|did|do|does|for|from|had|has|have|how|in|is|its?|much|many|of|on|or|that|the|this|to|was"
    r"|were|what|when|where|which|who|whose|why|will|with)\b",
    re.IGNORECASE,
)

# Languages of news likely to be kept beside Korean. With all 140 of py3langid a short English question may be Latin.
_GUESSED = "ar bg bn cs da de el en es fa fi fr he hi hu id it ms nl no pl pt ro ru sk sv ta th tr uk vi".split()
_CONFIDENCE = (
    0.4  # measured on single sentences: .97 of French, German, Vietnamese and English lie above, few errors do
)
_SAMPLE = 10_000  # characters; the rest of an article is in the same language

_ISO_639_1 = frozenset(
    """aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka
    kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl
    nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw
    ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu""".split()
)
# Country codes and three-letter codes that people write instead. (`kr` is Kanuri, but nobody means that here.)
_ALIASES = {
    "kr": "ko", "kor": "ko", "korean": "ko", "jp": "ja", "jpn": "ja", "japanese": "ja", "cn": "zh", "chi": "zh",
    "zho": "zh", "chinese": "zh", "eng": "en", "english": "en", "vn": "vi", "vie": "vi", "vietnamese": "vi",
    "ger": "de", "deu": "de", "german": "de", "fre": "fr", "fra": "fr", "french": "fr",
}  # fmt: skip

_lock = threading.Lock()


def detect_language(text: str) -> str:
    """Return the ISO 639-1 code of the language of `text`, or `und` if it is too short or too unlike any to tell."""
    by_script = script_language(text)
    if by_script or not _LETTER.search(text):
        return by_script or UNDECIDED
    language, confidence = _identifier().classify(text[:_SAMPLE])
    return str(language) if confidence >= _CONFIDENCE else UNDECIDED


def script_language(text: str) -> str:
    """Return `ko`, `ja` or `zh` if the script of `text` says so, else the empty string."""
    runs = {language: pattern.findall(text) for language, pattern in _SCRIPTS.items()}
    count = {language: sum(map(len, found)) for language, found in runs.items()}
    east_asian = sum(count.values())
    if not east_asian or east_asian < _SHARE * len(_LETTER.findall(text)):
        return ""
    if len(_ENGLISH.findall(text)) >= sum(map(len, runs.values())):
        return ""
    if count["ko"] >= max(count["ja"], count["zh"] / 2):  # Hanja stand beside Hangul in Korean headlines
        return "ko"
    return "ja" if count["ja"] > _JAPANESE_SHARE * (count["ja"] + count["zh"]) else "zh"


def language_code(declared: str) -> str:
    """Return the ISO 639-1 code that `declared` means (`ko-KR` is `ko`), or the empty string if it means none."""
    primary = re.split(r"[-_.\s]", declared.strip().lower(), maxsplit=1)[0]
    code = _ALIASES.get(primary, primary)
    return code if code in _ISO_639_1 else ""


def _identifier() -> Any:
    with _lock:  # loading twice is harmless but takes a second
        return _load_identifier()


@cache
def _load_identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_GUESSED)
    return identifier
