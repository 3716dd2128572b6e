"""The command line: `article-qa build | ask | verify | eval | check | serve`. It alone prints and sets exit codes.

Exit codes: 0 done (an abstention is an answer), 1 an error (one line on stderr says found -> expected -> remedy), 2
wrong usage, 3 `check` found the index sound but older than the articles, 4 `verify` found an answer that does not hold.
`--help` loads neither torch nor gradio.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from index.records import AnswerError, ArticleQAError, DamagedIndexError, QuestionError

if TYPE_CHECKING:
    from index.build import BuildReport, Progress
    from qa.gold import Question
    from qa.judging import Outcome
    from qa.records import Answer

EXIT_ERROR = 1
EXIT_OUT_OF_DATE = 3
EXIT_MISMATCH = 4

app = typer.Typer(
    help="Ask a folder of articles; get the sentence that answers, with its citation.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Articles = Annotated[
    Path, typer.Option("--articles", envvar="ARTICLE_QA_ARTICLES", help="The folder of articles.", metavar="DIR")
]
Store = Annotated[
    Path, typer.Option("--store", envvar="ARTICLE_QA_STORE", help="Where the index is kept.", metavar="DIR")
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        envvar="ARTICLE_QA_MODEL",
        help='The embedding model: "bundled", a folder or a hub name. Default: the one the index has, else bundled.',
        metavar="NAME",
    ),
]
Device = Annotated[
    str | None,
    typer.Option(
        "--device", envvar="ARTICLE_QA_DEVICE", help="torch's name of the device: cpu, cuda, mps.", metavar="NAME"
    ),
]
Reranker = Annotated[
    str | None,
    typer.Option(
        "--reranker",
        envvar="ARTICLE_QA_RERANKER",
        help="A cross-encoder that puts the passages in order: a folder or a hub name. Default: none.",
        metavar="NAME",
    ),
]
Llm = Annotated[
    str | None,
    typer.Option(
        "--llm",
        envvar="ARTICLE_QA_LLM_URL",
        help="Base address of an OpenAI-compatible server whose language model words the answers.",
        metavar="URL",
    ),
]
LlmModel = Annotated[
    str | None,
    typer.Option(
        "--llm-model",
        envvar="ARTICLE_QA_LLM_MODEL",
        help="That model's name. Default: the only one the server has.",
        metavar="NAME",
    ),
]
MaxBytes = Annotated[int | None, typer.Option("--max-bytes", help="Skip files larger than this.", min=1, metavar="N")]
ARTICLES, STORE = Path("articles"), Path(".store")


@app.command()
def build(
    articles: Articles = ARTICLES,
    store: Store = STORE,
    model: Model = None,
    device: Device = None,
    full: Annotated[bool, typer.Option("--full", help="Read and embed everything again.")] = False,
    max_bytes: MaxBytes = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Bring the index up to date with the folder: only new and changed articles are read and embedded."""
    from index.articles import ReadOptions
    from index.build import BuildOptions, encoder_for
    from index.build import build as build_index

    options = BuildOptions() if max_bytes is None else BuildOptions(read=ReadOptions(max_bytes=max_bytes))
    with progress_bar() as progress:
        report = build_index(articles, store, encoder_for(store, model, device), options, full=full, progress=progress)
    if as_json:
        from dataclasses import asdict

        print(json.dumps(asdict(report), ensure_ascii=False))
    else:
        _print_report(report, store)


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question, in any language.")] = None,
    store: Store = STORE,
    articles: Articles = ARTICLES,
    questions: Annotated[
        Path | None,
        typer.Option("--questions", help="One question a line in; with --json one object a line out.", metavar="FILE"),
    ] = None,
    interactive: Annotated[
        bool, typer.Option("--interactive", "-i", help="Ask one question after another; each may follow up.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    k: Annotated[int, typer.Option("--k", help="How many passages to search.", min=1)] = 10,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Abstain below this support.", min=0.0, max=1.0)
    ] = None,
    since: Annotated[str, typer.Option("--since", help="Only articles of this date or later.", metavar="DATE")] = "",
    until: Annotated[str, typer.Option("--until", help="Only articles of this date or earlier.", metavar="DATE")] = "",
    lang: Annotated[str, typer.Option("--lang", help="Only articles in this language (ko, en, …).")] = "",
    article: Annotated[
        list[str] | None, typer.Option("--article", help="Only this article (its path); may be repeated.")
    ] = None,
    no_dates: Annotated[
        bool, typer.Option("--no-dates", help='Search all articles whatever the question says ("last week\'s news").')
    ] = False,
    reranker: Reranker = None,
    device: Device = None,
    llm: Llm = None,
    llm_model: LlmModel = None,
) -> None:
    """Ask one question, or a file of them. `--articles` is accepted everywhere; a question reads only the index."""
    from qa.answering import Answerer
    from qa.llm import llm_from
    from qa.records import Filters

    if [question is not None, questions is not None, interactive].count(True) != 1:
        raise QuestionError(
            f"{'Two kinds of questions' if question or questions else 'No question'} given. "
            "Expected one in quotation marks, --questions FILE or --interactive. "
            'Run: article-qa ask "네이버의 연구소는 어디에?"'
        )
    asked = _typed() if interactive else [question] if question is not None else _read_questions(questions)
    answerer = Answerer(store, reranker=reranker, device=device, threshold=threshold, llm=llm_from(llm, llm_model))
    filters = Filters(since=since, until=until, lang=lang, article_ids=tuple(article or ()))
    answer: Answer | None = None
    for one in asked:
        answer = answerer.ask(one, k=k, filters=filters, after=answer if interactive else None, dates=not no_dates)
        if as_json:
            print(json.dumps(answer.to_json(), ensure_ascii=False), flush=True)
        else:
            _print_answer(answer, with_question=questions is not None)


@app.command("eval")
def evaluate(
    questions: Annotated[Path, typer.Argument(help="Questions with their gold sentences, one JSON object a line.")],
    articles: Articles = ARTICLES,
    store: Store = STORE,
    model: Model = None,
    reranker: Reranker = None,
    device: Device = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Abstain below this support.", min=0.0, max=1.0)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Draw risk against coverage (.png, .svg).", metavar="FILE")
    ] = None,
    misses: Annotated[bool, typer.Option("--misses", help="List the questions that went wrong, too.")] = False,
) -> None:
    """Measure retrieval, answers and abstentions on questions whose answers are known.

    The index is brought up to date first, as when the page is opened, so that the figures are those of the articles and
    the program as they are now.
    """
    from qa.evaluation import evaluate as figures_of
    from qa.evaluation import need_ir_measures
    from qa.gold import read_questions
    from qa.plot import need_plot
    from qa.plot import plot as draw
    from qa.report import missed, misses_text, report
    from qa.support import support_model

    asked = read_questions(questions)
    need_ir_measures()
    if plot is not None:
        need_plot(plot)
    outcomes = _ask_all(asked, articles, store, model, reranker, device)
    figures = figures_of(outcomes, support_model().threshold if threshold is None else threshold)
    wrong = missed(outcomes, figures.threshold) if misses else []
    if plot is not None:
        draw(figures, plot)
    if as_json:
        from dataclasses import asdict

        print(json.dumps(asdict(figures) | ({"misses": wrong} if misses else {}), ensure_ascii=False))
    else:
        print(report(figures), *([misses_text(wrong)] if wrong else []), sep="\n\n")


@app.command()
def verify(
    answers: Annotated[Path, typer.Argument(help="Answers as `ask --json` prints them; - reads from stdin.")],
    articles: Articles = ARTICLES,
    max_bytes: MaxBytes = None,
) -> None:
    """Check kept answers: re-read the articles and find every quote of theirs at its place."""
    from index.articles import ReadOptions
    from qa.verify import read_answers
    from qa.verify import verify as check_answers

    options = ReadOptions() if max_bytes is None else ReadOptions(max_bytes=max_bytes)
    checked = check_answers(read_answers(_read_bytes(answers)), articles, options)
    for problem in checked.problems:
        print(problem)
    found = f"problems {len(checked.problems)}" if checked.problems else "all as in the articles"
    print(f"answers {checked.answers}, citations {checked.citations}: {found}")
    if checked.problems:
        raise typer.Exit(EXIT_MISMATCH)


@app.command()
def check(articles: Articles = ARTICLES, store: Store = STORE) -> None:
    """Check the index: every checksum, every slice, and whether it still matches the folder."""
    from index.articles import read_articles
    from index.store import open_index

    index = open_index(store)
    manifest = index.manifest
    for chunk in index.chunks:
        if not chunk.text or index.articles[chunk.article_id].text[chunk.start : chunk.end] != chunk.text:
            raise DamagedIndexError(
                f"A chunk of {chunk.article_id} at {chunk.start} is not in its article. Expected a slice of it. "
                "Run: article-qa build --full"
            )
    print(f"{store / index.generation}: sound")
    print(f"  articles  {len(index.articles)}")
    print(f"  chunks    {len(index.chunks)}")
    print(
        f"  model     {manifest.encoder.name} ({manifest.encoder.dim} dimensions, {manifest.encoder.fingerprint[:12]})"
    )
    for article in index.articles.values():
        print(f"  {article.id}  [{article.lang}] {article.date or '-'}  {article.title}")
    reading = read_articles(articles, known=index.articles)
    now = {article.id: article.sha256 for article in reading.articles}
    then = {article_id: stamp.sha256 for article_id, stamp in manifest.articles.items()}
    changes = [
        *(f"added    {i}" for i in sorted(now.keys() - then.keys())),
        *(f"changed  {i}" for i in sorted(now.keys() & then.keys()) if now[i] != then[i]),
        *(f"removed  {i}" for i in sorted(then.keys() - now.keys())),
    ]
    if changes:
        print(f"{articles} has changed since. Run: article-qa build", *changes, sep="\n  ")
        raise typer.Exit(EXIT_OUT_OF_DATE)
    print(f"{articles} has not changed since.")


@app.command()
def serve(
    articles: Articles = ARTICLES,
    store: Store = STORE,
    model: Model = None,
    reranker: Reranker = None,
    device: Device = None,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="The port to listen on.", min=1, max=65535)] = 7860,
    llm: Llm = None,
    llm_model: LlmModel = None,
) -> None:
    """Open the page in which questions are asked; the same as `python app.py`."""
    options = {
        "--articles": articles,
        "--store": store,
        "--model": model,
        "--reranker": reranker,
        "--device": device,
        "--host": host,
        "--port": port,
        "--llm": llm,
        "--llm-model": llm_model,
    }
    arguments = [word for name, value in options.items() if value is not None for word in (name, str(value))]
    # The page stands above this package, so it is started as a program, not imported; it takes over this process.
    os.execv(sys.executable, [sys.executable, "-m", "app", *arguments])


def main() -> None:
    """Run the command line; turn errors a user can mend into one line and exit code 1."""
    try:
        app()
    except ArticleQAError as error:
        print(f"article-qa: {error}", file=sys.stderr)
        raise SystemExit(EXIT_ERROR) from None
    except KeyboardInterrupt:
        print("article-qa: stopped; the index is as it was before.", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:  # `article-qa ask … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(EXIT_ERROR) from None


def _read_bytes(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise AnswerError(
            f"The file {path} cannot be read ({error}). Expected answers as JSON. Name another file, or - for stdin."
        ) from error


def _read_questions(path: Path | None) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8-sig") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(
            f"The file {path} cannot be read ({error}). Expected UTF-8 text with one question a line. "
            "Name another file."
        ) from error
    questions = [line.strip() for line in text.splitlines() if line.strip()]
    if not questions:
        raise QuestionError(f"The file {path} holds no question. Expected one a line. Write some into it.")
    return questions


def _typed() -> Iterator[str]:
    """Yield the questions that are typed, until the end of the input; prompt where somebody sees it."""
    while True:
        if sys.stdin.isatty():
            print("? ", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line.strip()


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """Show a bar on stderr while something is embedded; none where stderr is not a terminal."""
    from tqdm import tqdm

    bars: dict[str, Any] = {}

    def show(stage: str, done: int, total: int) -> None:
        if stage == "embed" and total:
            bar = bars.setdefault(stage, tqdm(total=total, desc="embedding", unit="chunk", disable=None))
            bar.update(done - bar.n)

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()


def _ask_all(
    questions: Sequence[Question],
    articles: Path,
    store: Path,
    model: str | None,
    reranker: str | None,
    device: str | None,
) -> list[Outcome]:
    """Bring the index up to date, ask every question and return what came of it."""
    from tqdm import tqdm

    from index.build import build as build_index
    from index.build import encoder_for
    from qa.answering import Answerer
    from qa.crossencoder import CrossEncoderReranker
    from qa.judging import judge_all

    encoder = encoder_for(store, model, device)
    ordering = CrossEncoderReranker(reranker, device=device) if reranker is not None else None
    with progress_bar() as progress:
        built = build_index(articles, store, encoder, progress=progress)
    if built.published:
        print(f"{store / built.generation}: built ({built.chunks} chunks, {built.seconds:.1f} s)", file=sys.stderr)
    answerer = Answerer(store, encoder=encoder, reranker=ordering, device=device, threshold=0.0)
    judged = judge_all(questions, answerer, articles, dict(built.duplicates))
    return list(tqdm(judged, total=len(questions), desc="asking", unit="question", disable=None))


def _print_report(report: BuildReport, store: Path) -> None:
    what = "built" if report.published else "nothing changed; kept"
    print(f"{store / report.generation}: {what} ({report.chunks} chunks, {report.seconds:.1f} s)")
    for name in ("added", "changed", "removed", "unchanged"):
        print(f"  {name:<10}{len(getattr(report, name))}")
    if report.remade_because and report.published:
        print(f"  everything was embedded: {report.remade_because}")
    for left_out, kept in report.duplicates:
        print(f"  duplicate {left_out}: the same text as {kept}")
    for skipped in report.skipped:
        print(f"  skipped   {skipped.id}: {skipped.reason}")


def _print_answer(answer: Answer, *, with_question: bool) -> None:
    from index.language import detect_language
    from qa.messages import locale_of, message
    from qa.present import dates_text, side_notes

    if with_question:
        print(f"? {answer.question}")
    for line in side_notes(answer):
        print(f"  {line}")
    print(answer.text)
    for citation in answer.citations:
        if answer.method == "generative":
            print(f"  “{citation.quote}”")
        about = ", ".join(part for part in (citation.title, citation.date, citation.url) if part)
        print(f"  — {about} ({citation.article_id}:{citation.start}-{citation.end})")
    locale = locale_of(detect_language(answer.question))
    if answer.dates is not None:
        take_off = "" if answer.dates.dropped else f"; {message('dates_take_off', locale)}"
        print(f"  {dates_text(answer.dates, locale)}{take_off}")
    if answer.differ:
        print(f"  {message('differ', locale)}")
    print(f"  support {answer.support:.2f}")
