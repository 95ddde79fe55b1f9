"""What makes a trained network usable on raw numbers: standardised inputs, named classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Tensor, check_grads
from nn import DataError

RAW = np.array([[1e5, 3.0, 0.001], [2e5, 3.0, 0.002], [4e5, 3.0, 0.009]], dtype=np.float32)


def test_standardize_does_what_the_function_of_that_name_does() -> None:
    layer = nn.Standardize(3).fit(RAW)
    np.testing.assert_allclose(layer(RAW), nn.standardize(RAW), rtol=1e-5)
    assert layer(RAW).dtype == np.float32


def test_the_inverse_takes_values_back_to_their_units() -> None:
    forth, back = (nn.Standardize(3, inverse=inverse).fit(RAW) for inverse in (False, True))
    np.testing.assert_allclose(back(forth(RAW)), RAW, rtol=1e-5)


def test_standardize_is_differentiated_and_not_trained() -> None:
    layer = nn.Standardize(3, dtype=np.float64).fit(RAW)
    check_grads(lambda x: layer(x).sum(), RAW.astype(np.float64) / 1e5)
    assert layer.parameters() == []
    assert list(layer.state_dict()) == ["mean", "std"]


def test_standardize_refuses_examples_of_another_width() -> None:
    with pytest.raises(DataError, match=r"Standardize\(2\) cannot be fitted"):
        nn.Standardize(2).fit(RAW)


def test_a_classifier_comes_back_from_its_file_with_its_classes_and_scaling(
    tmp_path: Path,
) -> None:
    model = nn.Classifier(
        nn.Standardize(3).fit(RAW), nn.Linear(3, 2, rng=0), classes=["no", "yes"], limits=(0, 4e5)
    )
    nn.save(model, tmp_path / "model.safetensors")
    loaded = nn.load(tmp_path / "model.safetensors")
    assert loaded.classes == ("no", "yes")
    assert tuple(loaded.limits) == (0, 4e5)
    np.testing.assert_array_equal(loaded.probabilities(RAW), model.probabilities(RAW))
    assert loaded.classify(RAW) == model.classify(RAW)


@pytest.mark.parametrize("outputs", ["softmax", "sigmoid"])
def test_probabilities_are_those_that_the_loss_takes_the_logits_for(outputs: str) -> None:
    model = nn.Classifier(nn.Linear(3, 2, rng=0), classes=["no", "yes"], outputs=outputs)
    logits = model(RAW / 1e5).numpy()
    squash = nn.softmax if outputs == "softmax" else nn.sigmoid
    np.testing.assert_allclose(
        model.probabilities(RAW / 1e5), squash(Tensor(logits)).numpy(), rtol=1e-6
    )


def test_a_classifier_refuses_what_it_cannot_be() -> None:
    with pytest.raises(ValueError, match="outputs='step' is neither"):
        nn.Classifier(nn.Linear(3, 2), classes=["no", "yes"], outputs="step")
    with pytest.raises(DataError, match=r"outputs of shape \(3, 2\) for 3 classes"):
        nn.Classifier(nn.Linear(3, 2), classes=["a", "b", "c"]).classify(RAW)
