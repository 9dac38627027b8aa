"""From a trained network to the two files that ship: safetensors, and an ONNX graph beside it.

Masters are made with the weights themselves (`glassmaster.inference.learned.network`); the graph is
for programs that speak another language. Torch, weights and graph have to agree.

The graph begins at the statistics. Inputs: ``statistics`` of the mix, shape ``(1, statistics)``;
``references``, ``(1, reference, statistics)``, any number of them; ``present``, ``(1, reference)``;
``intent``, ``(1, 8)``; ``studio``, ``(1,)``. Outputs as `NetworkOutput`: ``moves``, ``quantities``,
``log_sigma``, ``factor``, ``bypass``.
"""

from __future__ import annotations

import copy
import hashlib
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save
from torch import Tensor, nn

from ..data.files.replacing import replace_file
from ..data.files.tensors import in_order
from ..inference.learned.model_file import ModelFile
from ..inference.learned.network import NetworkEstimator
from ..inference.learned.signature import signature
from ..inference.predictor import Company
from ..models.errors import ModelError
from ..models.mel_statistics import STATISTICS
from ..models.moves import INTENTS
from ..models.network.network import MoveNetwork

Array = npt.NDArray[np.float64]

INPUTS = ("statistics", "references", "present", "intent", "studio")
OUTPUTS = ("moves", "quantities", "log_sigma", "factor", "bypass")

CHECKED_REFERENCES = (0, 1, 3, 16)
"""Numbers of references with which graph and weights are held against torch."""

AGREEMENT = 1e-4
"""Largest difference allowed between them, in the outputs' units."""

_OPSET = 17


class _Graph(nn.Module):
    """The network as a function of tensors that returns tensors."""

    def __init__(self, network: MoveNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        output = self.network(*inputs)
        return tuple(getattr(output, name) for name in OUTPUTS)


def export_network(
    network: MoveNetwork,
    folder: Path,
    name: str,
    metadata: Mapping[str, str],
    extra: Mapping[str, Array] | None = None,
) -> Path:
    """Check graph and weights against torch; write ``NAME.onnx`` and ``NAME.safetensors``.

    Args:
        network: Trained, on any device.
        folder: Where to; made if it is not there.
        name: Of both files.
        metadata: What a person should know: command, seed, hashes of the shard and the like.
        extra: More arrays for the file of weights, such as those of calibration.

    Returns:
        The file of weights.

    Raises:
        ModelError: They do not agree; what was there before is left as it was.

    """
    folder.mkdir(parents=True, exist_ok=True)
    frozen = copy.deepcopy(network).cpu().eval()
    graph = _onnx(frozen)
    path = folder / f"{name}.safetensors"
    arrays = {key: value.contiguous() for key, value in frozen.state_dict().items()}
    for key, value in (extra or {}).items():
        arrays[key] = torch.from_numpy(np.array(value, np.float64))
    told = {
        **metadata,
        **signature(),
        "kind": "network",
        "heads": str(frozen.heads),
        "onnx": f"{name}.onnx",
        "onnx_sha256": hashlib.sha256(graph).hexdigest(),
    }
    _check(path, "graph", graph_difference(frozen, graph))
    _check(path, "weights", weights_difference(frozen, path, told, arrays))
    replace_file(folder / f"{name}.onnx", graph)
    replace_file(path, in_order(save(arrays, told)))
    return path


def _check(path: Path, what: str, difference: float) -> None:
    if not difference <= AGREEMENT:  # nor where it is no number
        message = f"{what} and network differ by {difference:.1e}; it is not to be shipped"
        raise ModelError(f"{path.name}: {message}", code="export_differs", path=path)


def graph_difference(network: MoveNetwork, graph: bytes) -> float:
    """Return the largest difference of a graph's outputs from the network's; NaN if one is.

    With noise as statistics, and each number of references in `CHECKED_REFERENCES`.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    differences = []
    for count in CHECKED_REFERENCES:
        inputs = _inputs(network, count)
        feed = {key: value.numpy() for key, value in zip(INPUTS, inputs, strict=True)}
        with torch.no_grad():
            wanted = _Graph(network)(*inputs)
        for found, tensor in zip(session.run(OUTPUTS, feed), wanted, strict=True):
            differences.append(np.abs(found - tensor.numpy()).max())
    return float(np.max(differences))


def weights_difference(
    network: MoveNetwork, path: Path, metadata: Mapping[str, str], arrays: Mapping[str, Tensor]
) -> float:
    """Return the largest difference of what masters are made with from the network; as above."""
    held = {key: value.double().numpy() for key, value in arrays.items()}
    estimator = NetworkEstimator(ModelFile(path, "", "network", metadata, held))
    differences = []
    for count in CHECKED_REFERENCES:
        inputs = _inputs(network, count)
        mix, references, counted, intent, _ = (value[0].double().numpy() for value in inputs)
        with torch.no_grad():
            wanted = network(*inputs)
        found = estimator.estimate(mix, Company(references, counted), intent)
        variance = (2.0 * wanted.log_sigma).exp() + (wanted.factor**2).sum(-1)
        for value, tensor in (
            (found.moves, wanted.moves),
            (found.quantities, wanted.quantities),
            (found.sigma, variance.sqrt()),
            (found.bypass, wanted.bypass),
        ):
            differences.append(np.abs(value - tensor[0].numpy()).max())
    return float(np.max(differences))


def _onnx(network: MoveNetwork) -> bytes:
    counted = {1: "reference"}
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder) / "network.onnx"
        # the exporter that needs nothing beside torch is called the legacy one at every turn
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Graph(network).eval(),  # its mode is that of all inside after the export
            _inputs(network, 2),
            path,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={"references": counted, "present": counted},
            opset_version=_OPSET,
            dynamo=False,
        )
        return path.read_bytes()


def _inputs(network: MoveNetwork, references: int) -> tuple[Tensor, ...]:
    drawn = torch.Generator().manual_seed(references)

    def like_songs(*shape: int) -> Tensor:
        noise = torch.randn(*shape, len(STATISTICS), generator=drawn)
        return network.mean + network.scale * noise

    return (
        like_songs(1),
        like_songs(1, references),
        0.2 + 1.8 * torch.rand(1, references, generator=drawn),
        torch.rand(1, len(INTENTS), generator=drawn) * 2.0 - 1.0,
        torch.zeros(1, dtype=torch.int64),
    )
