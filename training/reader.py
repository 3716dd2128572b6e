"""Train the reader: windows with their answering sentences -> `qa/reader/`. Resumable; CPU or GPU.

usage: python -m training.reader DATA_DIR WORK_DIR [--own FOLDER ...] [--minutes M] [--export qa/model]
       with a GPU: --device cuda --bf16 --tokens 32768

The body starts as the bundled encoder; its word embeddings stay as they are, since the shipped reader borrows them. The
loss is that of a choice among the sentences of the window and "none of these" (where several may be the right one, of
any of them), and of the two ends of the answer where it is known. Prints, for articles that were held out, how often
the right sentence comes first among all of the article, and how well near misses are told from answerable questions.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
import time
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from string import Template
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from qa.network import MASKED, ReaderNetwork, Scores
from qa.window import Tokens, Window, tokens_of
from training.export import checksums
from training.reading import Example, Sampler, Story, stories

CARD = Path(__file__).with_name("reader_card.md")
WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"
SPAN_WEIGHT = 0.3
STRETCH = 5  # sentences read at once when held-out articles are measured, and one before them
LONGEST_STEP = 30.0  # seconds; what lasts longer is a machine asleep or a process stopped
POOL = 256  # examples that are sorted by length into batches


def body_and_tokenizer(folder: Path) -> tuple[Any, Any]:
    """The encoder in `folder` in single precision with its word embeddings frozen, and its tokenizer."""
    from transformers import AutoModel, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(str(folder))
    body: Any = AutoModel.from_pretrained(
        str(folder),
        dtype=torch.float32,
        add_pooling_layer=False,
        attention_probs_dropout_prob=0.0,  # it would shut out the quick kernel, a sixth of the step
        hidden_dropout_prob=0.0,  # a few passes over the questions do not overfit
    )
    body.embeddings.word_embeddings.weight.requires_grad_(False)
    return body, tokenizer


def loss_of(scores: Scores, batch: Sequence[Tokens], examples: Sequence[Example]) -> Tensor:
    """The mean loss of `examples`."""
    logits = torch.cat([scores.none[:, None], scores.sentences], 1)
    right = torch.zeros_like(logits, dtype=torch.bool)
    allowed = logits > MASKED / 2
    for row, example in enumerate(examples):
        allowed[row, [1 + i for i in example.left_out]] = False
        right[row, [1 + i for i in example.right] or [0]] = True
    masked = logits.masked_fill(~allowed, MASKED)
    judged = (right & allowed).any(1)  # but for the few windows whose right sentence was too far down to be read
    choice = torch.logsumexp(masked, 1) - torch.logsumexp(masked.masked_fill(~right, MASKED), 1)
    spans = []
    for row, (tokens, example) in enumerate(zip(batch, examples, strict=True)):
        if not example.answer or len(example.right) != 1:
            continue
        begin = example.window.sentences[example.right[0]].find(example.answer)
        places = [t for t, s in enumerate(tokens.sentence) if s == 1 + example.right[0]]
        inside = [
            k for k, t in enumerate(places)
            if tokens.offsets[t][0] < begin + len(example.answer) and tokens.offsets[t][1] > begin
        ]  # fmt: skip
        if begin >= 0 and inside:
            for ends, target in ((scores.starts, inside[0]), (scores.ends, inside[-1])):
                spans.append(F.cross_entropy(ends[row, places][None], torch.tensor([target], device=ends.device)))
    extra = SPAN_WEIGHT * torch.stack(spans).sum() / len(batch) if spans else 0.0
    return choice[judged].sum() / judged.sum().clamp(min=1) + extra


class Batches:
    """Examples with their tokens, in batches of like length."""

    def __init__(self, sampler: Sampler, tokenizer: Any, most_tokens: int) -> None:
        self.draws, self.tokenizer, self.most_tokens = iter(sampler), tokenizer, most_tokens
        self.rng = random.Random(0)

    def __iter__(self) -> Iterator[tuple[list[Tokens], list[Example]]]:
        """Draw for ever."""
        while True:
            pool = [(tokens_of(e.window, self.tokenizer), e) for e in (next(self.draws) for _ in range(POOL))]
            pool.sort(key=lambda pair: len(pair[0].ids))
            batches: list[list[tuple[Tokens, Example]]] = [[]]
            for pair in pool:
                if batches[-1] and (len(batches[-1]) + 1) * len(pair[0].ids) > self.most_tokens:
                    batches.append([])
                batches[-1].append(pair)
            self.rng.shuffle(batches)
            for batch in batches:
                yield [tokens for tokens, _ in batch], [example for _, example in batch]


@torch.no_grad()
def log_odds(network: ReaderNetwork, tokenizer: Any, question: str, title: str, said: Sequence[str]) -> list[float]:
    """The log-odds of each sentence of an article against "none", each judged once with one sentence before."""
    found: list[float] = []
    for start in range(0, len(said), STRETCH):
        first = max(0, start - 1)
        window = Window(question=question, title=title, sentences=tuple(said[first : start + STRETCH]))
        scores = network([tokens_of(window, tokenizer)])
        found += (scores.sentences[0] - scores.none[0])[start - first :].tolist()
    return found


def measure(network: ReaderNetwork, tokenizer: Any, held_out: Sequence[Story]) -> dict[str, float]:
    """Top-1 accuracy by language pair, and the area under the ROC curve of answerable against near miss."""
    from sklearn.metrics import roc_auc_score

    network.eval()
    right, best = defaultdict(list), defaultdict(list)
    for story in held_out:
        for asked in story.questions:
            for lang in ("ko", "en"):
                odds = log_odds(network, tokenizer, asked[lang], story.title, story.sentences)
                top = max(range(len(odds)), key=odds.__getitem__)
                pair = f"{lang}->{story.lang}"
                best[lang].append((bool(asked["gold"]), odds[top]))
                if asked["gold"]:
                    right[pair].append(top == asked["gold"][0])
    network.train()
    found = {pair: sum(flags) / len(flags) for pair, flags in sorted(right.items()) if len(flags) > 20}
    for lang, values in best.items():
        found[f"near-miss AUC {lang}"] = float(roc_auc_score(*zip(*values, strict=True)))
    return found


def train(options: argparse.Namespace) -> None:
    """Train for `minutes`, restarts included; the time spent decides the learning rate."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    options.work.mkdir(parents=True, exist_ok=True)
    checkpoint = options.work / "reader.pt"
    body, tokenizer = body_and_tokenizer(options.start)
    network = ReaderNetwork(body).to(options.device)
    state: dict[str, Any] = {"spent": 0.0, "step": 0}
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=options.device)
    sampler = Sampler(options.data, options.own, random.Random(f"{options.seed} {state['step']}"))
    held_out = [s for s in stories(options.data / "qa", *options.own) if s.held_out]
    print(f"{len(sampler.stories)} articles, {len(sampler.passages)} passages; {len(held_out)} articles held out")
    trained = [p for p in network.parameters() if p.requires_grad]
    groups = [{"params": [p for p in trained if p.ndim > 1], "weight_decay": 0.01},
              {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0}]  # fmt: skip
    optimizer = torch.optim.AdamW(groups, lr=options.lr, betas=(0.9, 0.98))
    step, spent = state["step"], state["spent"]
    if "network" in state:
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
    if options.warm_from and not step:
        network.load_state_dict(torch.load(options.warm_from, map_location=options.device)["network"])
    network.train()
    losses: deque[float] = deque(maxlen=100)
    saved = measured = last = time.monotonic()
    autocast = torch.autocast(options.device, dtype=torch.bfloat16) if options.bf16 else nullcontext()

    def save() -> None:
        part = checkpoint.with_suffix(".part")
        torch.save({"network": network.state_dict(), "optimizer": optimizer.state_dict(), "spent": spent,
                    "step": step}, part)  # fmt: skip
        part.replace(checkpoint)

    for batch, examples in Batches(sampler, tokenizer, options.tokens):
        now = time.monotonic()
        spent, last = spent + min(now - last, LONGEST_STEP), now
        done = spent / (60 * options.minutes)
        if done >= 1:
            break
        scale = min(1.0, done / 0.04) * max(0.02, 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimizer.param_groups:
            group["lr"] = options.lr * scale
        with autocast:
            loss = loss_of(network(batch), batch, examples)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        step += 1
        losses.append(loss.item())
        if step % 50 == 0:
            print(f"step {step} done {done:.3f} loss {sum(losses) / len(losses):.3f}", flush=True)
        if now - saved > 240:
            saved = now
            save()
        if now - measured > 60 * options.measure_every:
            print(
                {k: round(v, 3) for k, v in measure(network, tokenizer, held_out[:: options.thin]).items()}, flush=True
            )
            measured = last = time.monotonic()
    save()
    figures = measure(network, tokenizer, held_out)
    print({k: round(v, 3) for k, v in figures.items()}, flush=True)
    if options.export:
        recipe = (
            f"{step} steps in {options.minutes:g} minutes on {options.device}, learning rate {options.lr:g}, batches "
            f"of {options.tokens} tokens; {len(sampler.stories)} articles, {len(sampler.passages)} passages."
        )
        export(checkpoint, options.start, options.export, figures, recipe)


def export(checkpoint: Path, start: Path, out: Path, figures: dict[str, float], recipe: str) -> None:
    """Write what ships: all weights but the word embeddings in half precision, card, checksums."""
    out.mkdir(parents=True, exist_ok=True)
    weights = torch.load(checkpoint, map_location="cpu")["network"]
    half = {name: w.half().contiguous() for name, w in weights.items() if name != f"body.{WORD_EMBEDDINGS}"}
    save_file(half, out / "model.safetensors", metadata={"format": "pt"})
    encoder = hashlib.sha256((start / "model.safetensors").read_bytes()).hexdigest()
    (out / "reader.json").write_text(json.dumps({"encoder_sha256": encoder}) + "\n", encoding="utf-8")
    table = "\n".join(f"| {name} | {value:.3f} |" for name, value in figures.items())
    card = Template(CARD.read_text(encoding="utf-8")).substitute(table=table, recipe=recipe)
    (out / "README.md").write_text(card, encoding="utf-8")
    (out / "SHA256SUMS").write_text(checksums(out), encoding="utf-8")


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("work", type=Path)
    own = Path(__file__).parent / "own"
    parser.add_argument("--own", type=Path, nargs="*", default=[own], help="folders with more own_* files")
    parser.add_argument("--start", type=Path, default=Path("index/model"), help="the encoder to start from")
    parser.add_argument("--warm-from", type=Path, help="a checkpoint whose weights to start from")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--export", type=Path, help="write what ships to this folder when done")
    parser.add_argument("--lr", type=float, default=1.5e-4)
    parser.add_argument("--tokens", type=int, default=3072, help="padded tokens in a batch")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true", help="autocast; slower on most CPUs")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--measure-every", type=float, default=15, help="minutes")
    parser.add_argument("--thin", type=int, default=2, help="measure every so manyeth held-out article on the way")
    parser.add_argument("--seed", type=int, default=0)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
