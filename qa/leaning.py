"""Whether a sentence leans on the one before it: "이곳은 …", "The two …", a Korean sentence without a subject.

>>> leans("이곳은 두 번째 거점이다."), leans("The two firms will merge."), leans("Naver opened a lab.")
(True, True, False)
"""

from __future__ import annotations

import re

from index.tokens import has_subject

_KOREAN = re.compile(
    r"(?:^|[\s\"'“‘(])(?:(?:이|그|저|해당|당시|동)\s|(?:두|양)\s?(?:회사|기업|기관|대학|학교|나라|사람|정상|장관|팀|은행|측)"
    r"(?:[은는이가의과와도]|\s))"
    r"|^(?:이는|이를|이에|이로|이와|이곳|이들|이것|이후|이번|이날|이처럼|이같은|이러한|이런|그는|그가|그의|그녀|그들|그곳|그것|그러|그런"
    r"|여기|거기|양사|양측|양국|양교|또한?|하지만|그리고|따라서|반면|한편|다만|아울러|특히|앞서|당초|둘)"
)
_ENGLISH = re.compile(
    r"^[\"'“‘(]*(?:it|its|they|their|them|this|these|that|those|he|his|she|her|such|both|there|here|then|but|and|so|also"
    r"|however|instead|meanwhile|in addition|the (?:two|three|latter|former|same|other|company|firm|group|lab"
    r"|laboratory|centre|center|institute|university|unit|organi[sz]ation|team|deal|agreement|project|plan|move|site|facility"
    r"|merger|money|sum))\b"
    r"|\b(?:of|from|by|with|in|at|to|for) (?:that|this|these|those)\b"
    r"|^[\"'“‘(]*(?:of|from|by|with|in|at|to|for|under|through|among|after|before|since) (?:it|them|him|her)\b"
    r"|^[\"'“‘(]*(?:in|on|by|since|until|that) \w+(?: \w+)?,? (?-i:it|they|he|she|its|their|his|her)\b"
    r"|, (?:he|she|they) (?:said|says|added|noted|explained|stressed|told|argued|promised|pointed out)\b",
    re.IGNORECASE,
)
_JAPANESE = re.compile(r"^[「『（]*(?:これ|それ|あれ|この|その|あの|ここ|そこ|同|両)")
_HANGUL = re.compile(r"[가-힣]")


def leans(sentence: str) -> bool:
    """Tell whether `sentence` cannot be understood without the one before it."""
    if _HANGUL.search(sentence):
        return bool(_KOREAN.search(sentence)) or not has_subject(sentence)
    return bool(_ENGLISH.search(sentence) or _JAPANESE.search(sentence))
