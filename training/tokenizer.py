"""Korean pieces beside an English WordPiece vocabulary, and where their vectors start.

The English pieces keep their numbers and vectors. Each new row starts at the weighted mean of the English rows it
co-occurs with in the bitext, which is worth an hour of training.

Trap: BERT's normaliser strips accents by decomposing, and decomposed Hangul falls apart into jamo, three pieces a
syllable. NFC has to follow it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoModel, PreTrainedTokenizerFast

from training.texts import read_jsonl

PIECES = 28_000
MAX_PIECES_A_TEXT = 256
NEIGHBOURS = 8
NOISE = 0.02

HANGUL = [bytes([a, b]).decode("euc-kr") for a in range(0xB0, 0xC9) for b in range(0xA1, 0xFF)]
"""The 2,350 syllables of KS X 1001: with each as a piece of its own, no usual word is unknown."""


def _hangul(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        if words := re.findall(r"[가-힣]+", text):
            yield " ".join(words)


def korean_pieces(texts: Iterable[str]) -> list[str]:
    """Pieces worth having, the frequent first, learned from the Hangul of `texts`."""
    small = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    small.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=PIECES, limit_alphabet=2_600, min_frequency=2, special_tokens=["[UNK]"],
        continuing_subword_prefix="##",
    )  # fmt: skip
    small.train_from_iterator(_hangul(texts), trainer)
    by_number = sorted(small.get_vocab().items(), key=lambda item: item[1])
    learned = [piece for piece, _ in by_number if re.search(r"[가-힣]", piece)]
    return list(dict.fromkeys(learned + [p for s in HANGUL for p in (s, "##" + s)]))


def extended(vocabulary: dict[str, int], pieces: list[str]) -> Any:
    """A tokenizer with `pieces` numbered after the English ones."""
    vocabulary = dict(vocabulary)
    for piece in pieces:
        vocabulary.setdefault(piece, len(vocabulary))
    full: Any = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    bert = normalizers.BertNormalizer(strip_accents=True, lowercase=True)
    full.normalizer = normalizers.Sequence([bert, normalizers.NFC()])
    full.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    full.decoder = decoders.WordPiece(prefix="##")
    ends = [(mark, vocabulary[mark]) for mark in ("[CLS]", "[SEP]")]
    full.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ends
    )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=full, unk_token="[UNK]", sep_token="[SEP]", pad_token="[PAD]",
        cls_token="[CLS]", mask_token="[MASK]", model_max_length=MAX_PIECES_A_TEXT,
    )  # fmt: skip


def _incidence(texts: list[str], tokenizer: Any) -> Any:
    lists = tokenizer(texts, truncation=True, max_length=64)["input_ids"]
    cells = [(i, piece) for i, pieces in enumerate(lists) for piece in set(pieces[1:-1])]
    rows, columns = zip(*cells, strict=True)
    ones = np.ones(len(rows), dtype=np.float32)
    return sp.csr_matrix((ones, (rows, columns)), shape=(len(lists), len(tokenizer)))


def start_rows(rows: torch.Tensor, old: int, tokenizer: Any, ko: list[str], en: list[str]) -> None:
    """Fill the rows from `old` on: the mean of the English rows a piece keeps company with."""
    korean, english = _incidence(ko, tokenizer), _incidence(en, tokenizer)
    together = (korean.T @ english).tocsr()
    often_ko, often_en = (np.asarray(m.sum(0)).ravel() for m in (korean, english))
    middle = rows[:old].mean(0)
    for i in range(old, len(tokenizer)):
        cells = slice(together.indptr[i], together.indptr[i + 1])
        others, count = together.indices[cells], together.data[cells]
        if not len(others):
            rows[i] = middle + NOISE * torch.randn(len(middle))
            continue
        weight = count**2 / (often_ko[i] * often_en[others] + 5 * np.sqrt(often_ko[i]))
        best = np.argsort(-weight)[:NEIGHBOURS]
        share = torch.from_numpy((weight[best] ** 1.5).astype(np.float32))
        rows[i] = (share / share.sum()) @ rows[torch.from_numpy(others[best]).long()]


def begin(teacher: Path | str, data: Path, work: Path) -> None:
    """The English model with Korean rows added: the folder `work`/start."""
    out = work / "start"
    if out.exists():
        return
    torch.manual_seed(0)
    pairs = list(read_jsonl(work / "bitext.jsonl"))
    mono = (p.read_text(encoding="utf-8") for p in sorted((data / "mono").glob("*.txt")))
    pieces = korean_pieces([*(r["ko"] for r in pairs), *mono])
    source = SentenceTransformer(str(teacher), device="cpu")
    tokenizer = extended(source.tokenizer.get_vocab(), pieces)
    body: Any = AutoModel.from_pretrained(str(teacher), dtype=torch.float32)
    old = body.config.vocab_size
    body.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    with torch.no_grad():
        rows = body.get_input_embeddings().weight
        start_rows(rows, old, tokenizer, [r["ko"] for r in pairs], [r["en"] for r in pairs])
    part = work / "start-body"
    body.save_pretrained(part)
    tokenizer.save_pretrained(part)
    transformer = Transformer(str(part), max_seq_length=MAX_PIECES_A_TEXT)
    pooling = Pooling(transformer.get_embedding_dimension(), pooling_mode="mean")
    SentenceTransformer(modules=[transformer, pooling, Normalize()]).save_pretrained(str(out))
