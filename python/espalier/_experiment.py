"""Training, pruning and retraining by a recipe, and what it leaves behind."""

import html
import os
import pathlib
import tempfile
from collections.abc import Callable, Sequence
from typing import Any, Literal

from espalier import _core
from espalier._program import trainer
from espalier.errors import InvalidArgument


class Run:
    """A run folder."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._stored = _core.StoredRun(pathlib.Path(folder))

    @property
    def folder(self) -> pathlib.Path:
        return self._stored.folder

    @property
    def recipe(self) -> str:
        """TOML with every value that was used."""
        return self._stored.recipe

    @property
    def facts(self) -> dict[str, str]:
        """The machine, when it started, and the like."""
        return self._stored.facts

    @property
    def metrics(self) -> dict[str, Any]:
        """One entry a stage, by name: arm, level, replicate, weights_left, test_accuracy, ...

        Numbers are NumPy arrays, so pandas.DataFrame(run.metrics) is a table.
        """
        return self._stored.metrics

    @property
    def ticket(self) -> pathlib.Path:
        """The ONNX file of the last level, of the replicate that validated best."""
        return self._stored.last_ticket()

    def __str__(self) -> str:
        return self._stored.table(100)

    def __repr__(self) -> str:
        return f"<espalier.Run {str(self.folder)!r}>"

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(self._stored.table(0))}</pre>"


def run_experiment(recipe: _core.Recipe | str | os.PathLike[str], *,
                   kind: Literal["ticket", "prune", "train", "study"] = "ticket", study: str = "",
                   folder: str | os.PathLike[str] = "", changes: Sequence[str] = (), jobs: int = 0,
                   progress: Callable[[float, str], object] | None = None) -> Run:
    """Runs what a recipe says, in processes of the program espalier-train, and measures the result.

    What the run's folder has already is not done again: after Ctrl-C, which stops at a safe point, the same call goes on.
    `progress(share, what)` is called now and then, on the thread that called. `changes` are "KEY=VALUE" pairs.
    Raises Unsupported where espalier-train is not installed.
    """
    _core.check_trainer(trainer() or "")
    if study and kind != "study":
        raise InvalidArgument(f"study {study!r} is for kind=\"study\"")
    if not isinstance(recipe, _core.Recipe):
        return _run(pathlib.Path(recipe), kind, study, folder, changes, jobs, progress)
    with tempfile.TemporaryDirectory() as scratch:
        path = pathlib.Path(scratch) / (pathlib.Path(recipe.file_name).stem + ".toml")
        path.write_text(recipe.resolved())
        return _run(path, kind, study, folder, changes, jobs, progress)


def _run(path: pathlib.Path, kind: str, study: str, folder: str | os.PathLike[str], changes: Sequence[str], jobs: int,
         progress: Callable[[float, str], object] | None) -> Run:
    stored = _core.run(path, kind=kind, study=study, folder=pathlib.Path(folder), changes=list(changes), jobs=jobs,
                       trainer=trainer() or "", progress=progress)
    return Run(stored.folder)


def report(run: Run, path: str | os.PathLike[str] | None = None) -> pathlib.Path:
    """Writes the report of a run, one HTML file that opens offline (default: report.html in its folder)."""
    target = pathlib.Path(path) if path is not None else run.folder / "report.html"
    run._stored.write_report(target)
    return target
