"""Models of the registry: from ``models:/name@alias`` to a folder with their files."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..models.errors import ModelError, UsageError

TRACKING_VARIABLE = "MLFLOW_TRACKING_URI"

_ADDRESS = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>\d+))")


def locate_model(uri: str, tracking_uri: str | None = None) -> Path:
    """Return the file of weights of a registered model, fetched if it lies on a server.

    Args:
        uri: ``models:/name@alias`` or ``models:/name/version``.
        tracking_uri: Of the store, as in ``sqlite:///…/mlflow.db``; without it the environment
            variable ``MLFLOW_TRACKING_URI``.

    Raises:
        UsageError: The address is malformed, or nothing says where the registry is.
        ModelError: There is no such model, or its files cannot be fetched.

    """
    found = _ADDRESS.fullmatch(uri)
    if found is None:
        raise UsageError(
            f"{uri} is no address of a model; write models:/NAME@ALIAS or models:/NAME/VERSION",
            code="bad_model_address",
        )
    store = tracking_uri or os.environ.get(TRACKING_VARIABLE)
    if not store:
        raise UsageError(
            f"{uri}: nothing says where the registry is; set {TRACKING_VARIABLE}, for example to "
            "sqlite:///RUN/mlflow.db",
            code="no_registry",
        )
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    from mlflow import MlflowClient
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    client = MlflowClient(store, store)
    name, alias, version = found["name"], found["alias"], found["version"]
    try:
        entry = (
            client.get_model_version_by_alias(name, alias)
            if alias
            else client.get_model_version(name, version)
        )
        folder = Path(download_artifacts(artifact_uri=entry.source, tracking_uri=store))
    except (MlflowException, OSError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(
            f"{uri}: the registry {store} does not give it: {reason}", code="unknown_model"
        ) from error
    weights = sorted(folder.glob("*.safetensors"))
    if len(weights) != 1:
        raise ModelError(
            f"{uri}: its folder holds {len(weights)} files of weights; register one model alone",
            code="damaged_model",
            path=folder,
        )
    return weights[0]
