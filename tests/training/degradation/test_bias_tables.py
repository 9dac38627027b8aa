from __future__ import annotations

from dataclasses import fields
from importlib.resources import files
from typing import Any

import hydra
import numpy as np
import pytest
import yaml

from glassmaster.inference.baseline.prior import default_prior
from glassmaster.training.degradation.prior import DegradationPrior
from glassmaster.training.learning.styles import StylePrior


def configuration(group: str, name: str) -> dict[str, Any]:
    text = (files("glassmaster.configs") / group / f"{name}.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    return document


def test_tables_of_the_bias_agree() -> None:
    prior, frozen = DegradationPrior(), configuration("benchmark", "deg_v1")["bias"]
    np.testing.assert_allclose(prior.bias_edges_hz, frozen["edges_hz"])
    np.testing.assert_allclose(prior.bias_db, frozen["difference_db"], atol=1e-9)


def test_tables_of_masters_agree() -> None:
    spectra, frozen = default_prior().spectra, configuration("benchmark", "commercial_v1")
    bands = len(frozen["mean_db"])
    assert bands == len(spectra.unmastered_db[0])
    np.testing.assert_allclose(spectra.masters_db[:bands], frozen["mean_db"])
    np.testing.assert_allclose(spectra.edges_hz[: bands + 1], frozen["edges_hz"])


@pytest.mark.parametrize(
    ("group", "prior", "left_out"),
    [("degradation", DegradationPrior, {"bias_edges_hz", "bias_db"}), ("style", StylePrior, set())],
)
def test_configurations_show_the_defaults(group: str, prior: Any, left_out: set[str]) -> None:
    shown = configuration(group, "default")
    assert set(shown) - {"_target_"} == {field.name for field in fields(prior)} - left_out
    assert hydra.utils.instantiate(shown) == prior()
