"""Learning-rate schedules beside PyTorch's, step by step."""

from typing import Any

import pytest

from nn.optim.schedules import Cosine, Exponential, OneCycle, ReduceOnPlateau, Step

torch = pytest.importorskip("torch", reason="the oracle extra brings PyTorch")
pytestmark = pytest.mark.oracle


def sgd(lr: float) -> Any:
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Step(0.8, every=7, factor=0.3), lambda s, o: s.StepLR(o, 7, gamma=0.3)),
        (Exponential(0.8, factor=0.9), lambda s, o: s.ExponentialLR(o, 0.9)),
        (Cosine(0.8, steps=60, end=0.1), lambda s, o: s.CosineAnnealingLR(o, 60, eta_min=0.1)),
        (OneCycle(0.8, steps=60), lambda s, o: s.OneCycleLR(o, 0.8, total_steps=60)),
        (
            OneCycle(0.8, steps=60, rise=0.55),
            lambda s, o: s.OneCycleLR(o, 0.8, total_steps=60, pct_start=0.55),
        ),
    ],
)
def test_every_step_has_the_same_rate(ours: Any, theirs: Any) -> None:
    optimizer = sgd(0.8)
    schedule = theirs(torch.optim.lr_scheduler, optimizer)
    for t in range(59):
        assert ours(t) == pytest.approx(schedule.get_last_lr()[0], rel=1e-9)
        optimizer.step()
        schedule.step()


def test_a_plateau_is_noticed_at_the_same_observation() -> None:
    losses = [5.0, 4.0, 4.0, 3.95, 3.95, 3.8, *[3.8] * 9, 3.5, *[3.5] * 9]
    ours = ReduceOnPlateau(0.8, factor=0.5, patience=2, min_delta=0.1, least=0.1)
    optimizer = sgd(0.8)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=0.5, patience=2, threshold=0.1, threshold_mode="abs", min_lr=0.1
    )
    for loss in losses:
        ours.observe(loss)
        theirs.step(loss)
        assert ours(0) == pytest.approx(optimizer.param_groups[0]["lr"])
