"""The reader as a network: a question and a window of sentences in, one score a sentence and the ends of a span out.

One pass reads a whole window (see `qa.window`), so that a sentence is judged beside its neighbours: which of five
laboratories is the second is seen from all five. Needs torch; knows no files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor, nn

from qa.window import Tokens

MASKED = -1e4
"""Instead of -inf, whose gradients are not numbers."""


class Scores(NamedTuple):
    """For a batch of windows: `sentences` (b, s) and `none` (b,) in logits; `starts` and `ends` (b, t) in logits."""

    sentences: Tensor
    none: Tensor
    starts: Tensor
    ends: Tensor


class ReaderNetwork(nn.Module):
    """A BERT body with a score for each sentence, one for "none of these", and two for each token.

    A sentence scores by late interaction (ColBERT, Khattab and Zaharia, 2020): of each token of the question, weighted,
    the cosine of the token of the sentence that is most like it, all of them having read each other; and by what its
    own tokens say. Late interaction is what a sentence encoder can do already: an untrained reader is as good as one.
    """

    def __init__(self, body: Any) -> None:
        super().__init__()
        width = body.config.hidden_size
        self.body = body
        self.scale = nn.Parameter(torch.tensor(20.0))
        self.weight = nn.Linear(width, 1)
        self.mean = nn.Linear(width, 1)
        self.peak = nn.Linear(width, 1)
        self.none = nn.Linear(width, 1)
        self.ends = nn.Linear(width, 2)
        for head in (self.weight, self.mean, self.peak, self.none, self.ends):
            nn.init.zeros_(head.weight)
            nn.init.zeros_(head.bias)
        nn.init.constant_(self.none.bias, 9.0)

    def forward(self, batch: Sequence[Tokens]) -> Scores:
        """Score `batch`, padded to its longest window and to its largest number of sentences."""
        device = self.none.weight.device
        width, most = max(len(w.ids) for w in batch), max(w.count for w in batch)

        def padded(rows: list[list[int]]) -> Tensor:
            return torch.tensor([row + [0] * (width - len(row)) for row in rows], device=device)

        ids, of = padded([w.ids for w in batch]), padded([w.sentence for w in batch])
        asked = padded([[0] + [1] * w.question for w in batch]).bool()
        lengths = torch.tensor([len(w.ids) for w in batch], device=device)
        mask = (torch.arange(width, device=device)[None] < lengths[:, None]).long()
        hidden = self.body(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        member = of[:, None] == torch.arange(1, most + 1, device=device)[None, :, None]  # (b, s, t)
        sizes = member.sum(-1).clamp(min=1)
        mean = (member.float() @ self.mean(hidden))[..., 0] / sizes
        peak = self.peak(hidden)[..., 0][:, None].masked_fill(~member, MASKED).amax(-1)
        vectors = F.normalize(hidden, dim=-1)
        longest = max(w.question for w in batch) + 1
        cosines = vectors[:, :longest] @ vectors.transpose(1, 2)  # (b, q, t)
        matched = cosines[:, :, None].masked_fill(~member[:, None], -1.0).amax(-1)  # (b, q, s)
        weights = self.weight(hidden[:, :longest])[..., 0].masked_fill(~asked[:, :longest], MASKED).softmax(-1)
        interaction = self.scale * (weights[..., None] * matched).sum(1)
        scores = (interaction + mean + peak).masked_fill(~member.any(-1), MASKED)
        ends = self.ends(hidden).masked_fill((of == 0)[..., None], MASKED)
        return Scores(sentences=scores, none=self.none(hidden[:, 0])[:, 0], starts=ends[..., 0], ends=ends[..., 1])
