"""Every sentence of ours that a reader can see, by key and locale. What articles say is never in here."""

from __future__ import annotations

LOCALES = ("ko", "en")

_MESSAGES = {
    "no_passage": {
        "ko": "기사에서 관련된 내용을 찾지 못했습니다.",
        "en": "The articles do not say: nothing in them is about this.",
    },
    "low_support": {
        "ko": "기사에는 이 질문의 답이 나와 있지 않습니다.",
        "en": "The articles do not say.",
    },
    "model_abstained": {
        "ko": "기사에는 이 질문의 답이 나와 있지 않습니다.",
        "en": "The articles do not say.",
    },
    "asked": {"ko": "이렇게 물었습니다: {question}", "en": "Asked as: {question}"},
    # Why the answer is a sentence of an article although a language model was asked (`qa.records.Note`).
    "llm_unreachable": {
        "ko": "언어 모델 서버에 연결되지 않아 기사 문장으로 답했습니다. 서버가 켜져 있는지 확인하세요.",
        "en": "The language model's server cannot be reached, so a sentence of an article answers. Is it running?",
    },
    "llm_timeout": {
        "ko": "언어 모델이 제시간에 답하지 않아 기사 문장으로 답했습니다.",
        "en": "The language model took too long, so a sentence of an article answers.",
    },
    "llm_rate_limited": {
        "ko": "언어 모델 서버의 사용 한도에 걸려 기사 문장으로 답했습니다. 잠시 뒤에 다시 물어보세요.",
        "en": "The language model's server takes no more questions now, so a sentence of an article answers.",
    },
    "llm_unauthorized": {
        "ko": "언어 모델 서버가 접근을 거부해 기사 문장으로 답했습니다. ARTICLE_QA_LLM_KEY를 확인하세요.",
        "en": "The language model's server refused access, so a sentence of an article answers. "
        "Check ARTICLE_QA_LLM_KEY.",
    },
    "llm_not_found": {
        "ko": "언어 모델을 찾지 못해 기사 문장으로 답했습니다. 모델 이름과, 보통 /v1로 끝나는 주소를 확인하세요.",
        "en": "There is no such language model, so a sentence of an article answers. Check its name and the address, "
        "which mostly ends in /v1.",
    },
    "llm_error": {
        "ko": "언어 모델 서버에 오류가 나서 기사 문장으로 답했습니다.",
        "en": "The language model's server reported an error, so a sentence of an article answers.",
    },
    "llm_refused": {
        "ko": "언어 모델이 답하기를 거절해 기사 문장으로 답했습니다.",
        "en": "The language model refused, so a sentence of an article answers.",
    },
    "llm_empty": {
        "ko": "언어 모델이 빈 답을 보내 기사 문장으로 답했습니다.",
        "en": "The language model said nothing, so a sentence of an article answers.",
    },
    "llm_bad_reply": {
        "ko": "언어 모델의 답이 약속한 형식이 아니어서 기사 문장으로 답했습니다.",
        "en": "The language model's reply is not in the form that was asked for, so a sentence of an article answers.",
    },
    "llm_unproved": {
        "ko": "언어 모델의 답을 기사에서 확인하지 못해 기사 문장으로 답했습니다.",
        "en": "The articles do not prove what the language model said, so a sentence of an article answers.",
    },
    # The page: labels that its browser picks by locale …
    "label_lead": {
        "ko": "기사에 적힌 문장을 그대로 잘라 보여 드립니다. 기사에 없으면 없다고 합니다.",
        "en": "Answers stand on sentences cut from the articles, word for word. Where they do not say, neither do we.",
    },
    "label_question": {"ko": "질문", "en": "Question"},
    "label_placeholder": {"ko": "기사에 대해 물어보세요", "en": "Ask about the articles"},
    "label_ask": {"ko": "물어보기", "en": "Ask"},
    "label_examples": {"ko": "예시", "en": "Examples"},
    "label_answer": {"ko": "답", "en": "Answer"},
    "label_answer_generated": {
        "ko": "답 (언어 모델이 씀, 아래 표시한 문장으로 확인함)",
        "en": "Answer (worded by a language model, proved by the sentences marked below)",
    },
    "label_draft": {
        "ko": "언어 모델이 쓰는 중 · 아직 확인되지 않음",
        "en": "The language model is writing · not verified yet",
    },
    "label_passage": {"ko": "기사 본문 (답한 문장을 표시함)", "en": "In the article (the answer is marked)"},
    "label_no_answer": {"ko": "답 없음", "en": "No answer"},
    "label_problem": {"ko": "답하지 못했습니다", "en": "This did not work"},
    "label_others": {"ko": "검색한 다른 대목", "en": "Other passages that were searched"},
    "label_searched": {"ko": "검색한 대목", "en": "Passages that were searched"},
    "label_dates": {"ko": "질문에서 읽은 날짜", "en": "Dates in the question"},
    "label_take_off": {"ko": "빼고 다시 찾기", "en": "Take it off"},
    "label_rebuild": {"ko": "색인 다시 만들기", "en": "Rebuild index"},
    "label_report": {"ko": "색인 결과", "en": "Index"},
    "label_report_hint": {
        "ko": "기사를 더하거나 고친 뒤에 누르면 달라진 것만 다시 읽습니다.",
        "en": "After adding or editing articles: only what changed is read again.",
    },
    # … and sentences that the server writes.
    "empty_question": {"ko": "질문을 먼저 적어 주세요.", "en": "Please type a question first."},
    "support": {"ko": "근거 신뢰도 {percent}%", "en": "Support {percent}%"},
    "dates_between": {"ko": "{since}부터 {until}까지의 기사만", "en": "Only articles from {since} to {until}"},
    "dates_since": {"ko": "{since}부터의 기사만", "en": "Only articles since {since}"},
    "dates_until": {"ko": "{until}까지의 기사만", "en": "Only articles until {until}"},
    "dates_newest": {"ko": "최신 기사 먼저", "en": "Newest articles first"},
    "dates_dropped": {
        "ko": "{since}부터의 기사에 더 나은 답이 없어 모든 기사에서 찾음",
        "en": "No article since {since} answers as well: all were searched",
    },
    "dates_take_off": {"ko": "빼려면 --no-dates", "en": "take it off with --no-dates"},
    "differ": {
        "ko": "기사마다 내용이 다릅니다. 최신 기사부터 보입니다.",
        "en": "The articles differ; the newest comes first.",
    },
    "place": {"ko": "{article_id}, {ranges}번째 글자", "en": "{article_id}, characters {ranges}"},
    "stage_read": {"ko": "기사 읽기", "en": "Reading the articles"},
    "stage_embed": {"ko": "새 대목 {done}/{total} 임베딩", "en": "Embedding new passages, {done} of {total}"},
    "stage_write": {"ko": "색인 쓰기", "en": "Writing the index"},
    "report_built": {
        "ko": "색인을 새로 썼습니다: 대목 {chunks}개, {seconds}초",
        "en": "The index was rebuilt: {chunks} passages, {seconds} s",
    },
    "report_kept": {
        "ko": "달라진 기사가 없어 색인을 그대로 둡니다: 대목 {chunks}개, {seconds}초",
        "en": "Nothing changed; the index was kept: {chunks} passages, {seconds} s",
    },
    "report_remade": {"ko": "모두 새로 임베딩함: {reason}", "en": "Everything was embedded: {reason}"},
    "report_added": {"ko": "추가 {count}", "en": "added {count}"},
    "report_changed": {"ko": "변경 {count}", "en": "changed {count}"},
    "report_removed": {"ko": "삭제 {count}", "en": "removed {count}"},
    "report_unchanged": {"ko": "그대로 {count}", "en": "unchanged {count}"},
    "report_skipped": {"ko": "건너뜀 {count}", "en": "skipped {count}"},
    "report_duplicates": {"ko": "중복 {count}", "en": "duplicates {count}"},
    "report_same_as": {"ko": "{kept}와(과) 같음", "en": "the same text as {kept}"},
}


def locale_of(language: str) -> str:
    """Return the locale for a language: its own if we speak it, otherwise English."""
    return language if language in LOCALES else "en"


def message(key: str, locale: str) -> str:
    """Return the sentence `key` in `locale`. Raises KeyError for a key or locale that does not exist."""
    return _MESSAGES[key][locale]


def labels(locale: str) -> dict[str, str]:
    """Return the labels of the page in `locale`, by key."""
    return {key: texts[locale] for key, texts in _MESSAGES.items() if key.startswith("label_")}
