"""The page: a question, the sentence that answers it in its passage, what is cited, and a button that rebuilds.

`create_app` makes the page and `create_site` what is served around it; `main` builds the index if it is out of date
and serves on this machine only. What an article says is shown as text: in components that escape it, and as HTML only
through `qa.present`. Nothing on the page comes from another host.
"""

# No `from __future__ import annotations` here: Gradio finds `gr.Request` among the hints of a handler only if they are
# classes, and these handlers are defined where gradio was imported, since importing it takes seconds.

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Protocol

import typer

from index.language import detect_language
from index.records import ArticleQAError
from qa.cli import ARTICLES, EXIT_ERROR, STORE, Articles, Device, Llm, LlmModel, Model, Reranker, Store, progress_bar
from qa.llm import llm_from
from qa.messages import LOCALES, labels, locale_of, message
from qa.present import ANSWER, CITED, Library, cards, dates_text, highlighted, other_cards, report_text, side_notes
from qa.records import Answer, Draft
from qa.serving import Guard, address, listen, serve

if TYPE_CHECKING:
    import gradio as gr
    from fastapi import FastAPI

    from index.build import BuildReport, Progress

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # read when gradio is imported; else it looks up hosts on the network
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # likewise, with it; see index.loading

TITLE = "article-qa"
EXAMPLES = (
    "네이버의 두 번째 베트남 연구소는 어디에 있나요?",
    "Where is Naver's second Vietnam lab?",
    "네이버와 협약을 맺은 독일 대학은 어디인가요?",
    "Who leads Naver's research in the US?",
    "Z홀딩스는 AI에 얼마를 투자하나요?",
    "What did Naver acquire in 2017?",
)

_QUESTIONS_AT_ONCE = 4
_LONGEST_QUESTION = 1000  # characters
_DRAFT_SECONDS = 0.1  # between two states of a draft; a model may write hundreds of words a second

_CSS = """
.gradio-container { max-width: 860px !important; margin: 0 auto !important; }
#ask, #rebuild, #take_off { align-self: flex-end; min-height: 44px; }
#answer textarea { font-size: 1.15rem; line-height: 1.6; word-break: keep-all; }
#aside textarea, #draft textarea { opacity: 0.75; }
#draft { border-left: 5px dashed #d97706 !important; }
#notice { border-left: 5px solid #d97706 !important; }
#passage .textfield { display: block; font-size: 0; word-break: keep-all; overflow-wrap: anywhere; }
#passage .line-break { display: block; height: 0.5rem; }
#passage .token-container, #passage .token { display: inline; margin: 0; padding: 0; border-radius: 0; }
#passage .text { font-size: var(--text-md); line-height: 1.8; white-space: pre-wrap; }
#passage .highlighted .text { color: #1c1917; background: inherit; padding: 2px 0; }
.cards { list-style: none; margin: 0; padding: 0; }
.cards li {
  border: 1px solid var(--border-color-primary); border-radius: 8px; padding: 10px 14px; margin-top: 8px;
  word-break: keep-all; overflow-wrap: anywhere;
}
.cards time { white-space: nowrap; }
.cards time, .cards small { opacity: 0.75; }
"""


class Answers(Protocol):
    """What the page asks of an answerer; `qa.Answerer` is one."""

    def ask(self, question: str) -> Answer:
        """Answer `question`, or raise ArticleQAError."""

    def stream(
        self, question: str, *, after: Answer | str | None = None, dates: bool = True
    ) -> Iterator[Draft | Answer]:
        """Yield what a language model drafts, if there is one, and at the end the answer; or raise ArticleQAError.

        The dates that the question names count, unless `dates` is False.
        """

    @property
    def index(self) -> Library:
        """Where cited articles are looked up."""


Rebuild = Callable[["Progress"], "BuildReport"]
"""Brings the index up to date, telling how far it is, or raises ArticleQAError."""


def create_app(answers: Answers, rebuild: Rebuild) -> "gr.Blocks":
    """Make the page over `answers`, with a button that calls `rebuild`."""
    import gradio as gr

    page = gr.Blocks(title=TITLE, analytics_enabled=False)
    with page:
        question, asked = _question_part()
        parts = _answer_part()
        report, button = _index_part()
        last = gr.State()  # the answer before, which the next question may follow up on
        for event in asked:
            event(
                _shower(answers, parts, last),
                [question, last],
                [*parts, last],
                show_progress_on=question,
                trigger_mode="always_last",  # a question sent while another is being answered waits for its turn
                api_visibility="private",
            )
        parts.take_off.click(
            _shower(answers, parts, last, dates=False),
            [parts.asked, parts.after],
            [*parts, last],
            show_progress_on=question,
            api_visibility="private",
        )
        button.click(
            _rebuilder(rebuild),
            outputs=report,
            concurrency_limit=1,
            concurrency_id="index",
            trigger_mode="once",
            api_visibility="private",
        )
        gr.api(_asker(answers), api_name="ask")  # type: ignore[attr-defined]  # public, though gradio does not list it
    page.queue(default_concurrency_limit=_QUESTIONS_AT_ONCE)
    return page


class _AnswerPart(NamedTuple):
    """The components that an answer, an abstention or a problem is shown in, and the question with the one before."""

    asked: "gr.State"
    after: "gr.State"
    draft: "gr.Textbox"
    aside: "gr.Textbox"
    dates: "gr.Row"
    told: "gr.Textbox"
    take_off: "gr.Button"
    notice: "gr.Textbox"
    found: "gr.Column"
    answer: "gr.Textbox"
    passage: "gr.HighlightedText"
    citation: "gr.HTML"
    searched: "gr.Accordion"
    others: "gr.HTML"


def _question_part() -> tuple["gr.Textbox", list[Callable[..., Any]]]:
    """Lay out where a question is put; return its box and the events by which it is asked."""
    import gradio as gr

    text = _translations()
    gr.Markdown(f"# {TITLE}")
    gr.Markdown(text("label_lead"))
    with gr.Row():
        question = gr.Textbox(
            label=text("label_question"),
            placeholder=text("label_placeholder"),
            max_length=_LONGEST_QUESTION,
            max_lines=4,
            autofocus=True,
            scale=5,
            min_width=400,
            elem_id="question",
        )
        button = gr.Button(text("label_ask"), variant="primary", scale=1, min_width=110, elem_id="ask")
    examples = gr.Examples(
        [[example] for example in EXAMPLES], question, label=text("label_examples"), api_visibility="private"
    )
    return question, [question.submit, button.click, examples.load_input_event.then]


def _answer_part() -> _AnswerPart:
    import gradio as gr

    text = _translations()
    asked, after = gr.State(""), gr.State()
    draft = gr.Textbox(label=text("label_draft"), visible=False, interactive=False, max_lines=12, elem_id="draft")
    aside = gr.Textbox(visible=False, interactive=False, show_label=False, max_lines=4, elem_id="aside")
    with gr.Row(visible=False, elem_id="dates") as dates:
        told = gr.Textbox(
            label=text("label_dates"), container=False, interactive=False, max_lines=3, scale=5, min_width=300
        )
        take_off = gr.Button(text("label_take_off"), scale=1, min_width=110, elem_id="take_off")
    notice = gr.Textbox(visible=False, interactive=False, max_lines=8, elem_id="notice")
    with gr.Column(visible=False) as found:
        answer = gr.Textbox(label=text("label_answer"), interactive=False, max_lines=12, elem_id="answer")
        passage = gr.HighlightedText(
            label=text("label_passage"),
            show_inline_category=False,
            color_map={CITED: "#fde68a", ANSWER: "#f59e0b"},
            elem_id="passage",
        )
        citation = gr.HTML(elem_id="citation")
    with gr.Accordion(open=False, visible=False, elem_id="searched") as searched:
        others = gr.HTML(elem_id="others")
    return _AnswerPart(
        asked, after, draft, aside, dates, told, take_off, notice, found, answer, passage, citation, searched, others
    )


def _index_part() -> tuple["gr.Textbox", "gr.Button"]:
    import gradio as gr

    text = _translations()
    with gr.Row():
        report = gr.Textbox(
            label=text("label_report"),
            placeholder=text("label_report_hint"),
            interactive=False,
            lines=2,
            max_lines=16,
            scale=5,
            min_width=400,
            elem_id="report",
        )
        button = gr.Button(text("label_rebuild"), scale=1, min_width=110, elem_id="rebuild")
    return report, button


def _shower(
    answers: Answers, parts: _AnswerPart, last: "gr.State", *, dates: bool = True
) -> Callable[..., Iterator[dict[Any, Any]]]:
    """Return the handler that answers a question, shows what comes of it in `parts` and keeps it in `last`.

    The dates that the question names count, unless `dates` is False.
    """
    import gradio as gr

    text = _translations()

    def show(question: str, before: Answer | None, request: gr.Request) -> Iterator[dict[Any, Any]]:
        if not question.strip():
            yield problem(message("empty_question", _locale(request)))
            return
        shown = 0.0
        try:
            for said in answers.stream(question, after=before, dates=dates):
                if isinstance(said, Answer):
                    yield {parts.asked: question, parts.after: before, **found(said, answers.index)}
                elif time.monotonic() > shown + _DRAFT_SECONDS:
                    yield drafted(said)
                    shown = time.monotonic()
        except ArticleQAError as error:
            yield problem(str(error))

    def drafted(draft: Draft) -> dict[Any, Any]:
        hidden = gr.update(visible=False)
        return {
            parts.draft: gr.update(visible=True, value=draft.text),
            **dict.fromkeys((parts.aside, parts.dates, parts.notice, parts.found, parts.searched), hidden),
        }

    def found(answer: Answer, library: Library) -> dict[Any, Any]:
        locale = locale_of(detect_language(answer.question))
        notes = "\n".join(side_notes(answer))
        others = other_cards(answer, library, locale)
        label = text("label_searched" if answer.abstained else "label_others")
        worded = text("label_answer_generated" if answer.method == "generative" else "label_answer")
        return {
            last: answer,
            parts.draft: gr.update(visible=False),
            parts.aside: gr.update(visible=bool(notes), value=notes),
            parts.dates: gr.update(visible=answer.dates is not None),
            parts.told: dates_text(answer.dates, locale) if answer.dates else "",
            parts.take_off: gr.update(visible=answer.dates is not None and not answer.dates.dropped),
            parts.notice: gr.update(visible=answer.abstained, value=answer.text, label=text("label_no_answer")),
            parts.found: gr.update(visible=not answer.abstained),
            parts.answer: gr.update(value=answer.text, label=worded),
            parts.passage: highlighted(answer, library),
            parts.citation: cards(answer, locale),
            parts.searched: gr.update(visible=bool(others), label=label),
            parts.others: others,
        }

    def problem(words: str) -> dict[Any, Any]:
        return {
            parts.draft: gr.update(visible=False),
            parts.aside: gr.update(visible=False),
            parts.dates: gr.update(visible=False),
            parts.notice: gr.update(visible=True, value=words, label=text("label_problem")),
            parts.found: gr.update(visible=False),
            parts.searched: gr.update(visible=False),
        }

    return show


def _rebuilder(rebuild: Rebuild) -> Callable[..., str]:
    """Return the handler that rebuilds the index and reports on it."""
    import gradio as gr

    def build_again(request: gr.Request, progress: gr.Progress = gr.Progress()) -> str:  # noqa: B008
        locale = _locale(request)

        def tell(stage: str, done: int, total: int) -> None:
            words = message(f"stage_{stage}", locale).format(done=done, total=total)
            progress(done / total if total else 1.0, desc=words)

        try:
            return report_text(rebuild(tell), locale)
        except ArticleQAError as error:
            return str(error)

    return build_again


def _asker(answers: Answers) -> Callable[[str], dict[str, Any]]:
    """Return the handler of the API."""
    import gradio as gr

    def ask(question: str) -> dict[str, Any]:
        """Answer a question from the articles, as `article-qa ask --json` does."""
        try:
            return answers.ask(question).to_json()
        except ArticleQAError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return ask


def create_site(page: "gr.Blocks", host: str = "127.0.0.1") -> "FastAPI":
    """Put `page` at the root of a web application that answers to this machine's names and to `host` alone."""
    import gradio as gr
    from fastapi import FastAPI

    site = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    site.add_middleware(Guard, host=host)

    @site.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    fonts = ["system-ui", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", "sans-serif"]
    gr.mount_gradio_app(
        site,
        page,
        path="/",
        theme=gr.themes.Default(font=fonts, font_mono=["ui-monospace", "monospace"]),
        css=_CSS,
        i18n=_translations(),
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
        pwa=False,
        show_error=False,
        max_file_size="1kb",  # the page takes no files
        app_kwargs={"openapi_url": None},
    )
    return site


def _translations() -> "gr.I18n":
    import gradio as gr

    return gr.I18n(**{locale: labels(locale) for locale in LOCALES})


def _locale(request: "gr.Request") -> str:
    """Return the locale of the browser, as the labels of the page are in it."""
    return locale_of(request.headers.get("accept-language", "")[:2].lower())


_command = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@_command.command()
def _open_page(
    articles: Articles = ARTICLES,
    store: Store = STORE,
    model: Model = None,
    reranker: Reranker = None,
    device: Device = None,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port; 0 takes a free one.", min=0, max=65535)] = 7860,
    llm: Llm = None,
    llm_model: LlmModel = None,
) -> None:
    """Build the index if it is missing or out of date, and open the page in which questions are asked."""
    language_model = llm_from(llm, llm_model)
    listener = listen(host, port)  # before the seconds that everything else takes
    os.environ["GRADIO_TEMP_DIR"] = str(store.resolve() / "page")  # else among the machine's temporary files
    os.environ["MPLCONFIGDIR"] = str(store.resolve() / "page" / "matplotlib")  # gradio imports it where it is installed

    from index.build import build, encoder_for
    from qa.answering import Answerer
    from qa.crossencoder import CrossEncoderReranker

    encoder = encoder_for(store, model, device)
    ordering = CrossEncoderReranker(reranker, device=device) if reranker is not None else None
    with progress_bar() as progress:
        print(report_text(build(articles, store, encoder, progress=progress), "en"), flush=True)
    answerer = Answerer(store, encoder=encoder, reranker=ordering, device=device, llm=language_model)

    def rebuild(progress: "Progress") -> "BuildReport":
        # With an encoder of its own: one at work takes no questions for half a minute at a time.
        return build(articles, store, encoder_for(store, model, device), progress=progress)

    site = create_site(create_app(answerer, rebuild), host)
    print(address(listener), flush=True)
    if language_model is None:  # which nobody asked anything yet
        # The first question loads dictionaries for seconds: better while the reader is still typing.
        threading.Thread(target=answerer.ask, args=(EXAMPLES[0],), daemon=True).start()
    serve(site, listener)


def main() -> None:
    """Run the page; turn errors a user can mend into one line and exit code 1."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that a build that is stopped cleans up
    try:
        _command()
    except ArticleQAError as error:
        print(f"{TITLE}: {error}", file=sys.stderr)
        raise SystemExit(EXIT_ERROR) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


if __name__ == "__main__":
    main()
