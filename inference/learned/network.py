"""The network: an ONNX graph from the statistics on, run by onnxruntime on one thread.

The covariance of the quantities is ``diag(sigma²) + F Fᵀ``; of it, the diagonal is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ...models.moves import BYPASSES, INTENTS, MOVES, QUANTITIES, RESPONSE, WIDTH
from .estimate import Estimate
from .model_file import ModelFile, model_error

Array: TypeAlias = npt.NDArray[np.float64]
Feed: TypeAlias = Callable[[Array, Array], npt.NDArray[Any]]

_FEEDS: dict[str, Feed] = {
    "statistics": lambda mix, references: mix[None].astype(np.float32),
    "references": lambda mix, references: references[None].astype(np.float32),
    "present": lambda mix, references: np.ones((1, len(references)), np.float32),
    "intent": lambda mix, references: np.zeros((1, len(INTENTS)), np.float32),  # asks for nothing
    "studio": lambda mix, references: np.zeros(1, np.int64),
}
_OUTPUTS = {"moves": len(MOVES), "log_sigma": len(QUANTITIES), "bypass": len(BYPASSES)}
_MEANS, _FACTOR = "quantities", "factor"


class NetworkEstimator:
    """Estimates by the ONNX graph that lies beside a file of weights.

    Args:
        file: Of the kind ``network``; its metadata name the graph and its hash.

    Raises:
        ModelError: The graph is missing, another one, damaged, or wants or gives what is unknown.

    """

    def __init__(self, file: ModelFile) -> None:
        self._path = file.path.with_name(Path(file.metadata.get("onnx", "")).name)
        if self._path == file.path or "onnx" not in file.metadata:
            raise file.error("does not name its graph")
        self._session = _session(self._path, file.metadata.get("onnx_sha256", ""))
        self._inputs = [item.name for item in self._session.get_inputs()]
        self._outputs = [item.name for item in self._session.get_outputs()]
        unknown = {*self._inputs} - {*_FEEDS}
        missing = {*_OUTPUTS} - {*self._outputs}
        if unknown or missing or "statistics" not in self._inputs:
            what = f"wants {', '.join(self._inputs)} and gives {', '.join(self._outputs)}"
            raise model_error(self._path, f"{what}: of another version; export it again", "damaged")

    def estimate(self, statistics: Array, references: Array) -> Estimate:
        """Estimate what a master would do; see `Estimator`."""
        feed = {name: _FEEDS[name](statistics, references) for name in self._inputs}
        values = self._session.run(self._outputs, feed)
        found = {
            name: np.asarray(value, np.float64).ravel()
            for name, value in zip(self._outputs, values, strict=True)
        }
        for name, length in _OUTPUTS.items():
            if found[name].shape != (length,) or not np.all(np.isfinite(found[name])):
                what = f"gives no {length} finite numbers as {name}; export it again"
                raise model_error(self._path, what, "damaged_model")
        moves, variance = found["moves"], np.exp(2.0 * found["log_sigma"])
        if _FACTOR in found:
            variance += np.sum(found[_FACTOR].reshape(len(QUANTITIES), -1) ** 2, axis=1)
        means = found[_MEANS] if _MEANS in found else _means_of(moves)
        return Estimate(moves, means, np.sqrt(variance), found["bypass"])


def _means_of(moves: Array) -> Array:
    """Return the quantities that are moves themselves, NaN for the others."""
    means = np.full(len(QUANTITIES), np.nan)
    means[RESPONSE], means[WIDTH] = moves[RESPONSE], moves[WIDTH]
    return means


def _session(path: Path, sha256: str) -> Any:
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise model_error(path, f"cannot be read: {reason}", "unreadable_model") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        what = "is not the graph that belongs to the weights beside it; export both again"
        raise model_error(path, what, "damaged_model")
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        what = "needs onnxruntime: pip install onnxruntime, or choose --model linear"
        raise model_error(path, what, "no_onnxruntime") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its errors have no common base
        reason = " ".join(str(error).split())
        raise model_error(path, f"is no valid graph: {reason}", "damaged_model") from error
