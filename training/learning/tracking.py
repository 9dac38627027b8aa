"""Records of a run in MLflow: by default in the run's folder, and nothing leaves the machine."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning

NO_RECORDS = "none"
"""In place of an address: nothing is recorded."""

RUN_FILE = "mlflow_run.txt"
MODEL_FOLDER = "model"

_LONGEST_VALUE = 500  # of a parameter, in characters


class Records:
    """One run; one that is resumed goes on where it was.

    Args:
        folder: Of the run.
        uri: Of a server; None is a SQLite file in the folder, ``none`` keeps no records.
        experiment: Under which the run is found.
        every: Steps between two lots of metrics.

    """

    def __init__(self, folder: Path, uri: str | None, experiment: str, every: int) -> None:
        self.every = every
        self._client: Any = None
        self.run_id = ""
        if uri == NO_RECORDS:
            return
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ["DO_NOT_TRACK"] = "true"
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
        logging.getLogger("alembic").setLevel(logging.WARNING)
        from mlflow import MlflowClient

        self._client = MlflowClient(local_uri(folder) if uri is None else uri)
        self.run_id = self._open(folder, experiment, (folder / "artifacts").resolve().as_uri())

    @property
    def kept(self) -> bool:
        """Whether there are records at all."""
        return self._client is not None

    def parameters(self, values: Mapping[str, Any]) -> None:
        """Record parameters, once and for all."""
        if self.kept:
            from mlflow.entities import Param

            given = [Param(key, str(value)[:_LONGEST_VALUE]) for key, value in values.items()]
            known = self._client.get_run(self.run_id).data.params
            new = [one for one in given if one.key not in known]
            for start in range(0, len(new), 100):
                self._client.log_batch(self.run_id, params=new[start : start + 100])

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
                self._client.log_batch(self.run_id, metrics=found[start : start + 1000])

    def files(self, folder: Path, place: str) -> None:
        """Record what lies in a folder."""
        if self.kept:
            self._client.log_artifacts(self.run_id, str(folder), place)

    def register(self, name: str, alias: str) -> str:
        """Register the run's model and give it an alias; return its version."""
        if not self.kept:
            return ""
        from mlflow.exceptions import MlflowException

        try:
            self._client.get_registered_model(name)
        except MlflowException:
            self._client.create_registered_model(name)
        source = f"{self._client.get_run(self.run_id).info.artifact_uri}/{MODEL_FOLDER}"
        version = str(self._client.create_model_version(name, source, self.run_id).version)
        self._client.set_registered_model_alias(name, alias, version)
        return version

    def finish(self) -> None:
        """Mark the run as complete."""
        if self.kept:
            self._client.set_terminated(self.run_id)

    def _open(self, folder: Path, experiment: str, artifacts: str) -> str:
        noted = folder / RUN_FILE
        if noted.is_file():
            return noted.read_text("utf-8").strip()
        found = self._client.get_experiment_by_name(experiment)
        identity = (
            self._client.create_experiment(experiment, artifact_location=artifacts)
            if found is None
            else found.experiment_id
        )
        run_id = str(self._client.create_run(identity, run_name=folder.name).info.run_id)
        noted.write_text(run_id, "utf-8")
        return run_id


def local_uri(folder: Path) -> str:
    """Return the address of a run's own store."""
    return f"sqlite:///{(folder / 'mlflow.db').resolve()}"


class MetricsCallback(lightning.Callback):
    """Collects metrics and records them in lots.

    Args:
        records: Where to.

    """

    def __init__(self, records: Records) -> None:
        self._records = records
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
        due = pl_module.validation or step >= trainer.max_steps
        if self._rows and (due or len(self._rows) >= self._records.every):
            self._records.metrics(self._rows)
            self._rows = {}
