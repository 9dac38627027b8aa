"""Records of a run in MLflow: by default in the run's folder, and nothing leaves the machine."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import lightning

from ...models.errors import GlassmasterError

NO_RECORDS = "none"
"""In place of an address: nothing is recorded."""

RUN_FILE = "mlflow_run.json"
MODEL_FOLDER = "model"

_LONGEST_VALUE = 500  # of a parameter, in characters


class Records:
    """One run; one that is resumed goes on where it was, in another store as a new one.

    As a context manager it marks the run as finished, failed or killed.

    Args:
        folder: Of the run.
        uri: Of a server; None is a SQLite file in the folder, ``none`` keeps no records.
        experiment: Under which the run is found.
        every: Steps between two lots of metrics.

    Raises:
        GlassmasterError: The store is not there; so do all methods.

    """

    def __init__(self, folder: Path, uri: str | None, experiment: str, every: int) -> None:
        self.every = every
        self._client: Any = None
        self._store = ""
        self.run_id = ""
        if uri == NO_RECORDS:
            return
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ["DO_NOT_TRACK"] = "true"
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
        logging.getLogger("alembic").setLevel(logging.WARNING)
        from mlflow import MlflowClient

        self._store = local_uri(folder) if uri is None else uri
        self._client = self._told(MlflowClient, self._store)
        self.run_id = self._open(folder, experiment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: object
    ) -> None:
        if not self.kept:
            return
        if kind is None:
            self._ask("set_terminated", self.run_id)
            return
        with contextlib.suppress(GlassmasterError):  # what went wrong first is what counts
            status = "FAILED" if issubclass(kind, Exception) else "KILLED"
            self._ask("set_terminated", self.run_id, status)

    @property
    def kept(self) -> bool:
        """Whether there are records at all."""
        return self._client is not None

    def parameters(self, values: Mapping[str, Any]) -> None:
        """Record parameters, once and for all."""
        if self.kept:
            from mlflow.entities import Param

            given = [Param(key, str(value)[:_LONGEST_VALUE]) for key, value in values.items()]
            known = self._ask("get_run", self.run_id).data.params
            new = [one for one in given if one.key not in known]
            for start in range(0, len(new), 100):
                self._ask("log_batch", self.run_id, params=new[start : start + 100])

    def metrics(self, rows: Mapping[int, Mapping[str, float]]) -> None:
        """Record metrics of several steps in one request."""
        if self.kept and rows:
            from mlflow.entities import Metric

            now = int(1000 * time.time())
            found = [
                Metric(name, value, now, step)
                for step, values in rows.items()
                for name, value in values.items()
            ]
            for start in range(0, len(found), 1000):
                self._ask("log_batch", self.run_id, metrics=found[start : start + 1000])

    def files(self, folder: Path, place: str) -> None:
        """Record what lies in a folder."""
        if self.kept:
            self._ask("log_artifacts", self.run_id, str(folder), place)

    def file(self, path: Path, place: str) -> None:
        """Record a file."""
        if self.kept:
            self._ask("log_artifact", self.run_id, str(path), place)

    def register(self, name: str, alias: str | None) -> str:
        """Register the run's model and give it an alias, if there is one; return its version."""
        if not self.kept:
            return ""
        known = self._ask("search_registered_models", f"name = '{name}'")
        if not known:
            self._ask("create_registered_model", name)
        source = f"{self._ask('get_run', self.run_id).info.artifact_uri}/{MODEL_FOLDER}"
        version = str(self._ask("create_model_version", name, source, self.run_id).version)
        if alias is not None:
            self._ask("set_registered_model_alias", name, alias, version)
        return version

    def _open(self, folder: Path, experiment: str) -> str:
        """Return the run that the folder belongs to in this store; a new one if there is none."""
        noted = folder / RUN_FILE
        with contextlib.suppress(OSError, ValueError, KeyError, GlassmasterError):
            known = json.loads(noted.read_text("utf-8"))
            if known["store"] == self._store:
                self._ask("update_run", known["run_id"], "RUNNING")
                return str(known["run_id"])
        found = self._ask("get_experiment_by_name", experiment)
        if found is None:
            # where artifacts of a server lie is its own business
            is_file = self._store.startswith("sqlite:")
            place = (folder / "artifacts").resolve().as_uri() if is_file else None
            identity = self._ask("create_experiment", experiment, artifact_location=place)
        else:
            identity = found.experiment_id
        run_id = str(self._ask("create_run", identity, run_name=folder.name).info.run_id)
        noted.write_text(json.dumps({"store": self._store, "run_id": run_id}), "utf-8")
        return run_id

    def _ask(self, method: str, *arguments: Any, **named: Any) -> Any:
        return self._told(getattr(self._client, method), *arguments, **named)

    def _told(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        from mlflow.exceptions import MlflowException

        try:
            return function(*arguments, **named)
        except (MlflowException, OSError) as error:
            reason = " ".join(str(error).split())
            raise GlassmasterError(
                f"the store {self._store} does not take records: {reason}; name another one with "
                "logging.uri=…, or leave records out with logging=none",
                code="no_records",
            ) from error


def local_uri(folder: Path) -> str:
    """Return the address of a run's own store."""
    return f"sqlite:///{(folder / 'mlflow.db').resolve()}"


class MetricsCallback(lightning.Callback):
    """Collects metrics and records them in lots, and whenever a checkpoint is saved.

    Args:
        records: Where to.
        saved_every: Steps between two checkpoints: what is not recorded by then would be lost with
            a run that is killed and goes on from there.

    """

    def __init__(self, records: Records, saved_every: int) -> None:
        self._records, self._saved_every = records, saved_every
        self._rows: dict[int, dict[str, float]] = {}

    def on_train_batch_end(
        self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Collect this step's metrics."""
        if not (trainer.is_global_zero and self._records.kept):
            return
        step = trainer.global_step
        if step % self._records.every == 0:
            found = {f"train/{name}": float(v) for name, v in pl_module.metrics.items()}
            self._rows[step] = found
        if pl_module.validation:
            validated = {f"validation/{name}": v for name, v in pl_module.validation.items()}
            self._rows.setdefault(step, {}).update(validated)
        due = pl_module.validation or step >= trainer.max_steps or step % self._saved_every == 0
        if self._rows and (due or len(self._rows) >= self._records.every):
            self._records.metrics(self._rows)
            self._rows = {}
