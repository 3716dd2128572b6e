"""The risk-coverage curve as a picture. matplotlib is an optional extra, imported when a picture is drawn."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from index.records import ArticleQAError
from qa.evaluation import Evaluation, missing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SUFFIXES = (".png", ".svg")


def need_plot(path: Path) -> type[Figure]:
    """Return matplotlib's figure if a picture can be drawn to `path`; raises ArticleQAError if not.

    Cheap: ask it before the minutes that the figures take.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise ArticleQAError(
            f"The plot {path} has the suffix {path.suffix!r}. Expected {' or '.join(_SUFFIXES)}. Name it so."
        )
    if not path.parent.is_dir():
        raise ArticleQAError(f"No folder {path.parent} for the plot. Expected one. Create it, or name another file.")
    if os.access(sys.prefix, os.W_OK):  # matplotlib keeps its list of fonts in the home folder otherwise
        os.environ.setdefault("MPLCONFIGDIR", str(Path(sys.prefix) / "matplotlib"))
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ArticleQAError(missing("matplotlib", "for --plot")) from error
    return Figure


def plot(evaluation: Evaluation, path: Path) -> None:
    """Draw risk against coverage to `path`, PNG or SVG by its suffix, with the threshold in use as a dot.

    Raises ArticleQAError if that cannot be done.
    """
    figure = need_plot(path)(figsize=(6.4, 4.2), layout="constrained")
    axes = figure.add_subplot(
        xlabel="coverage: share of the questions answered",
        ylabel="risk: share of these answered wrongly",
        xlim=(0, 1.01),
        ylim=(0, 1),
        title=f"{evaluation.everything.questions} questions, AURC {evaluation.aurc:.3f}",
    )
    curve = evaluation.curve
    axes.step([p.coverage for p in curve], [p.risk for p in curve], where="post", label="by support")
    in_use = [p for p in curve if p.threshold >= evaluation.threshold]
    if in_use:
        axes.plot(in_use[-1].coverage, in_use[-1].risk, "o", label=f"threshold {evaluation.threshold:.2f}, in use")
    axes.grid(alpha=0.3)
    axes.legend()
    try:
        figure.savefig(path, dpi=150)
    except OSError as error:
        raise ArticleQAError(
            f"The plot could not be written to {path} ({error}). Expected room and permission. Name another file."
        ) from error
