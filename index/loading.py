"""A model of sentence-transformers, by folder or by its name on the Hugging Face hub -> loaded, to one device.

The hub is asked for hub names that are not in its cache, once and with a short time-out; code that comes with a model
is never run. sentence-transformers takes seconds to import, so nothing is imported before the first model is loaded.
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

    `device` is one that is `usable`. A hub name of which one of the files `cached` was downloaded before is loaded
    without a request. Raises whatever sentence-transformers raises: a damaged folder raises anything.
    """
    _prepare()
    import sentence_transformers
    from torch import float32
    from transformers.utils import logging

    is_local = is_folder(source)
    # no bar for weights read from disk; a download still shows its own
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    model = getattr(sentence_transformers, kind)(
        str(Path(source).expanduser()) if is_local else source,
        device=device,
        local_files_only=is_local or _is_cached_or_offline(source, cached),
        # float32 in so many words: half-precision weights would else be run in half precision, which a CPU does slowly
        model_kwargs={"dtype": float32},
    )
    return model.eval()


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
    """Set, before the first import of torch, what it and the tokenizers read then."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # else it warns when a server forks
    if os.access(sys.prefix, os.W_OK):  # torch makes an empty folder among the machine's temporary files otherwise
        os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(Path(sys.prefix) / "torchinductor"))


def is_folder(name: str) -> bool:
    """Tell whether `name` is a folder on this machine."""
    return Path(name).expanduser().is_dir()


def reason(error: Exception) -> str:
    """Return what `error` says, on one line that is not too long."""
    return " ".join(str(error).split())[:200]


def _is_cached_or_offline(name: str, cached: Sequence[str]) -> bool:
    """Ask the hub once, with a short time-out: the loader itself would try for minutes before it gives up."""
    from huggingface_hub import HfApi, try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        if any(isinstance(try_to_load_from_cache(name, file), str) for file in cached):
            return True
        HfApi().model_info(name, timeout=_HUB_TIMEOUT)
    except HFValidationError:  # no name of the hub's
        raise
    except Exception:  # whatever its HTTP client raises: the loader then says what is missing, at once
        return True
    return False
