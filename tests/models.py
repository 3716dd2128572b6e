"""Real models of sentence-transformers, small enough to be made and loaded in an instant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

LIKED = "hanoi"
"""The word that the cross-encoder looks for."""

_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def write_encoder(folder: Path) -> Path:
    """Save a transformer with random weights and a vocabulary of two words, and a mean over its tokens."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizer

    words = [*_SPECIAL, "lab", "river"]
    config = BertConfig(
        vocab_size=len(words), hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    BertModel(config).save_pretrained(str(folder))
    BertTokenizer(vocab={word: i for i, word in enumerate(words)}).save_pretrained(str(folder))
    SentenceTransformer(modules=[Transformer(str(folder)), Pooling(8)], device="cpu").save(str(folder))
    return folder


def write_cross_encoder(folder: Path, *, labels: int = 1, scale: float = 1000.0, as_modules: bool = False) -> Path:
    """Save a cross-encoder that scores a pair the higher, up to `scale`, the larger the share of `LIKED` in it is.

    Other words are one vector, `LIKED` another. The first token attends to all alike, so it becomes their mean, and the
    head takes one number of that. `as_modules` saves it as sentence-transformers does today, not as transformers does.
    """
    import torch
    from sentence_transformers import CrossEncoder
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    words = [*_SPECIAL, LIKED]
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=4,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=4,
        max_position_embeddings=4096,
        id2label={i: str(i) for i in range(labels)},
    )
    model = BertForSequenceClassification(config)
    body: Any = model.bert
    layer = body.encoder.layer[0]
    with torch.no_grad():
        for name, weights in model.named_parameters():
            weights.fill_(float(name.endswith("LayerNorm.weight")))
        root = 2**0.5  # mean 0 and variance 1, which a layer norm leaves as they are
        body.embeddings.word_embeddings.weight[:] = torch.tensor([root, -root, 0.0, 0.0])
        body.embeddings.word_embeddings.weight[words.index(LIKED)] = torch.tensor([0.0, 0.0, root, -root])
        for square in (layer.attention.self.value, layer.attention.output.dense, body.pooler.dense):
            square.weight.copy_(torch.eye(4))
        model.classifier.weight[:, 2] = scale
    model.save_pretrained(str(folder))
    BertTokenizer(vocab={word: i for i, word in enumerate(words)}).save_pretrained(str(folder))
    if as_modules:
        CrossEncoder(str(folder), device="cpu").save_pretrained(str(folder))
    return folder
