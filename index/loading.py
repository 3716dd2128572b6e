"""A model of sentence-transformers, by folder or by its name on the Hugging Face hub -> loaded, to one device.

The hub is asked for what is not whole in its cache, once and with a short time-out before anything is downloaded; code
that comes with a model is never run. sentence-transformers takes seconds to import, so nothing is imported before the
first model is loaded.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index.records import EncoderError

_HUB_TIMEOUT = 10.0  # seconds


def load(kind: str, source: str, device: str, *, cached: Sequence[str]) -> Any:
    """Return the model at `source`, an instance of the class `kind` of sentence-transformers, ready to be asked.

    `device` is one that is `usable`. A hub name may lack its organization, as sentence-transformers completes it. If
    its cache knows one of the files `cached`, it is loaded from there without a request; where that fails, and
    otherwise, from the hub, which is asked only for the files that are not there. Raises whatever sentence-transformers
    raises: a damaged folder raises anything.
    """
    _prepare()
    import sentence_transformers

    make = getattr(sentence_transformers, kind)
    if is_folder(source):
        return _made(make, str(Path(source).expanduser()), device, local=True)
    name = _full_name(source, make.default_huggingface_organization)
    is_known = _is_known(name, cached)
    refusal = None if is_known else _refusal(name)
    if is_known or refusal:
        try:
            return _made(make, name, device, local=True)
        except Exception as error:  # whatever is raised where a file is missing
            refusal = refusal or _refusal(name)
            if refusal:
                raise OSError(f"{refusal}; from the cache: {reason(error)}") from error
    return _made(make, name, device, local=False)


def usable(device: str | None) -> str:
    """Return torch's name ("cpu", "cuda") of `device`, or of an accelerator if it is None and there is one.

    Raises EncoderError if torch cannot use it.
    """
    _prepare()
    if device is None:
        from sentence_transformers.util import get_device_name

        return get_device_name()
    import torch

    try:
        torch.empty(1, device=device)
    except Exception as error:  # AssertionError, RuntimeError and others, by device
        raise EncoderError(
            f"The device {device!r} cannot be used ({reason(error)}). Expected one that torch has here, such as cpu. "
            "Name another with --device, or leave it out for the best there is."
        ) from error
    return device


def _prepare() -> None:
    """Set, before the first import of torch, what it, the tokenizers and huggingface_hub read then."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # else it warns when a server forks
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # else it asks the hub for a list of agents once a day
    if os.access(sys.prefix, os.W_OK):  # torch makes an empty folder among the machine's temporary files otherwise
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Path(sys.prefix) / "torchinductor"))


def is_folder(name: str) -> bool:
    """Tell whether `name` is a folder on this machine."""
    return Path(name).expanduser().is_dir()


def reason(error: Exception) -> str:
    """Return what `error` says, on one line that is not too long."""
    return " ".join(str(error).split())[:200]


def _made(make: Any, source: str, device: str, *, local: bool) -> Any:
    """Return the model of the class `make`, with no request if `local`."""
    from torch import float32
    from transformers import PreTrainedTokenizerBase
    from transformers.utils import logging

    # no bar for weights read from disk; a download still shows its own
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    # float32 in so many words: half-precision weights would else be run in half precision, which a CPU does slowly
    model = make(source, device=device, local_files_only=local, model_kwargs={"dtype": float32})
    tokenizer = getattr(model, "tokenizer", None)
    if isinstance(tokenizer, PreTrainedTokenizerBase) and not _has_words(tokenizer):
        raise ValueError("the tokenizer has no words: its files are missing")
    return model.eval()


def _has_words(tokenizer: Any) -> bool:
    """Tell whether there is more than special tokens: transformers makes an empty tokenizer where it finds no file."""
    special = {*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()}
    return any(char.isalnum() for word in tokenizer.get_vocab() if word not in special for char in word)


def _full_name(name: str, organization: str | None) -> str:
    """Complete a hub name as the loader itself does."""
    from sentence_transformers.util import ORIGINAL_TRANSFORMER_MODELS

    if organization is None or "/" in name or name.lower() in ORIGINAL_TRANSFORMER_MODELS:
        return name
    return f"{organization}/{name}"


def _is_known(name: str, files: Sequence[str]) -> bool:
    """Tell whether the cache has one of `files`, or knows that the hub has not. Raises HFValidationError if no name."""
    from huggingface_hub import try_to_load_from_cache

    cache = os.environ.get("SENTENCE_TRANSFORMERS_HOME")
    return any(try_to_load_from_cache(name, file, cache_dir=cache) is not None for file in files)


def _refusal(name: str) -> str | None:
    """Return why the hub does not give `name`, at once: the loader itself would try for minutes before it gives up."""
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(name, timeout=_HUB_TIMEOUT)
    except Exception as error:  # whatever its HTTP client raises
        return reason(error)
    return None
