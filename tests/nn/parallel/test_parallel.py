"""Training in shards: the same bits whoever computes them, and one end for all whatever happens.

The ranks are threads here; processes of MPI are in ``test_mpi``.
"""

from __future__ import annotations

import functools
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import autograd as ag
import nn
from nn import SGD, Adam, RMSProp
from nn.command import main
from nn.optim.schedules import ReduceOnPlateau
from nn.parallel import Sum, Team, add_up, cut
from nn.parallel.watch import watch
from tests.nn.parallel.ranks import Threads, on_ranks

RNG = np.random.default_rng(0)
X = RNG.standard_normal((70, 5)).astype(np.float32)
Y = (X[:, 0] + X[:, 1] ** 2 > 1).astype(np.int64)
HELD_OUT = RNG.standard_normal((2500, 5)).astype(np.float32), RNG.integers(0, 2, 2500)

# --- cutting and adding up -----------------------------------------------------------------------


@given(st.integers(0, 1000), st.integers(1, 50))
def test_shards_follow_each_other_and_differ_by_one_example_at_most(count: int, n: int) -> None:
    parts = cut(count, n)
    assert [i for part in parts for i in range(count)[part]] == list(range(count))
    sizes = [part.stop - part.start for part in parts]
    assert len(sizes) == n
    assert sizes == sorted(sizes, reverse=True)
    assert max(sizes) - min(sizes) <= 1


@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_rows_are_added_up_in_pairs_of_pairs(count: int, seed: int) -> None:
    rows = np.random.default_rng(seed).standard_normal((count, 3)).astype(np.float32)

    def pairs(rows: list[Any]) -> Any:
        if len(rows) == 1:
            return rows[0]
        left = rows[-1:] if len(rows) % 2 else []
        return pairs([a + b for a, b in zip(rows[::2], rows[1::2], strict=False)] + left)

    expected = pairs(list(rows))
    np.testing.assert_array_equal(add_up(rows.copy()), expected)
    np.testing.assert_allclose(expected, rows.sum(0, dtype=np.float64), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("shards", "ranks"),
    [(1, 1), (2, 2), (4, 2), (6, 2), (6, 3), (12, 2), (12, 4), (5, 5), (7, 1), (24, 4)],
)
def test_the_sum_over_ranks_has_the_bits_of_the_sum_of_one(shards: int, ranks: int) -> None:
    rows = np.random.default_rng(shards).standard_normal((shards, 11)).astype(np.float32)
    each = shards // ranks

    def job(comm: Threads) -> Any:
        total = Sum(Team(comm), each, 11, np.float32)
        for _ in range(2):  # its memory is used again
            total.rows[...] = rows[comm.Get_rank() * each :][:each]
            found = total().copy()
        return found, comm.sent

    for found, sent in on_ranks(ranks, job):
        np.testing.assert_array_equal(found, add_up(rows.copy()))
        # Odd blocks are sent as they are; else no more than twice the length goes out of a rank.
        odd = each // (each & -each)
        assert sent <= 2 * (odd + 1) * 4 * (11 + ranks)


# --- the same bits -------------------------------------------------------------------------------


def classifier(**settings: Any) -> nn.Module:
    return nn.MLP([5, 8, 2], "tanh", rng=1, **settings)


def normalised() -> nn.Module:
    return nn.Sequential(
        nn.Linear(5, 8, rng=1),
        nn.BatchNorm(8),
        nn.ReLU(),
        nn.Dropout(0.3, rng=2),
        nn.Linear(8, 2, rng=3),
    )


def shared_generator() -> nn.Module:
    rng = np.random.default_rng(5)
    return nn.Sequential(
        nn.Dropout(0.1, rng=rng),
        nn.Linear(5, 8, rng=1),
        nn.Dropout(0.5, rng=rng),
        nn.Linear(8, 2, rng=3),
    )


def frozen() -> nn.Module:
    model = nn.MLP([5, 8, 2], "tanh", rng=1)
    model[0].freeze()
    return model


def convolutional() -> nn.Module:
    return nn.Sequential(
        nn.Unflatten(1, (1, 5)),
        nn.Conv1d(1, 4, 3, padding=1, rng=1),
        nn.GroupNorm(2, 4),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Flatten(),
        nn.Linear(8, 2, rng=2),
    )


class Sequences(nn.Module):
    """Attention with dropout, and the last state of an LSTM."""

    def __init__(self) -> None:
        self.first = nn.Linear(1, 4, rng=1)
        self.block = nn.TransformerBlock(4, 2, 8, dropout=0.2, causal=True, rng=2)
        self.lstm = nn.LSTM(4, 3, batch_first=True, rng=3)
        self.last = nn.Linear(3, 2, rng=4)

    def forward(self, x: Any) -> Any:
        outputs, _ = self.lstm(self.block(self.first(ag.expand_dims(x, -1))))
        return self.last(outputs[:, -1])


class Noisy(nn.Module):
    """Draws in training and in evaluation, as a network with random codes does."""

    def __init__(self) -> None:
        self.inner = nn.MLP([5, 8, 2], "tanh", rng=1)
        self.rng = np.random.default_rng(4)

    def forward(self, x: Any) -> Any:
        x = ag.array(x)
        return self.inner(x + ag.sample(self.rng, lambda g: g.normal(0, 0.1, x.shape).astype("f")))


class Partly(nn.Module):
    """A parameter that has no part in the loss."""

    def __init__(self) -> None:
        self.inner = nn.MLP([5, 8, 2], "tanh", rng=1)
        self.spare = ag.Tensor(np.ones(3, np.float32))

    def forward(self, x: Any) -> Any:
        return self.inner(x)


def summed(output: Any, y: Any) -> Any:
    return nn.cross_entropy(output, y, reduction="sum") * 0.02


def weighted(output: Any, y: Any) -> Any:
    """Targets with the examples' weights beside them."""
    return ag.mean(nn.cross_entropy(output, y[:, 0], "none") * y[:, 1].astype(np.float32))


WEIGHTED = np.column_stack([Y, np.linspace(0.5, 1.5, len(Y))])
SMOOTH = (0.9 * nn.one_hot(Y, 2) + 0.05).astype(np.float32)
VALUES = (X[:, :2] * 2).astype(np.float32)

RUNS: dict[str, tuple[Callable[[], nn.Module], dict[str, Any]]] = {
    "a mean": (classifier, {}),
    "a sum": (classifier, {"loss": summed}),
    "soft targets": (classifier, {"y": SMOOTH}),
    "weights of examples": (classifier, {"y": WEIGHTED, "loss": weighted}),
    "values": (classifier, {"y": VALUES, "loss": "mse"}),
    "float64": (functools.partial(classifier, dtype=np.float64), {"clip_norm": 0.1}),
    "weight decay, momentum, clipping": (
        classifier,
        {"optimizer": lambda m: SGD(m, 0.1, momentum=0.9, weight_decay=0.1), "clip_norm": 0.3},
    ),
    "Adam and metrics": (classifier, {"optimizer": Adam, "metrics": ("accuracy", "precision")}),
    "dropout": (functools.partial(classifier, dropout=0.4), {"optimizer": RMSProp}),
    "normalisation": (normalised, {"metrics": "accuracy"}),
    "convolutions": (convolutional, {"optimizer": Adam}),
    "attention and recurrence": (Sequences, {"optimizer": Adam}),
    "one generator twice": (shared_generator, {}),
    "frozen parameters": (frozen, {}),
    "noise": (Noisy, {"validation": HELD_OUT}),
    "a spare parameter": (Partly, {"warns": nn.IdleParameterWarning}),
    "in order": (classifier, {"rng": None}),
    "a last batch of two": (classifier, {"batch_size": 17}),
    "all at once": (classifier, {"batch_size": None}),
    "validation and stopping": (
        normalised,
        {
            "validation": HELD_OUT,
            "stop": lambda: nn.EarlyStopping(1),
            "schedule": lambda: ReduceOnPlateau(0.5, patience=0),
            "metrics": "accuracy",
            "epochs": 6,
        },
    ),
}


def train(
    make: Callable[[], nn.Module], comm: Threads | None = None, shards: int = 4, **settings: Any
) -> dict[str, Any]:
    """Everything that a run leaves, as bits."""
    model = make()
    optimizer = settings.pop("optimizer", functools.partial(SGD, lr=0.1))(model)
    y = settings.pop("y", Y)
    for name in ("stop", "schedule"):
        if name in settings:
            settings[name] = settings[name]()
    given = {"loss": "cross-entropy", "epochs": 3, "batch_size": 20, "progress": False} | settings
    history = nn.fit(model, (X, y), optimizer=optimizer, shards=shards, comm=comm, **given)
    arrays = model.state_dict() | {f"step {n}": c for n, c in history.steps.items()}
    arrays |= {f"validation {n}": c for n, c in history.validations.items()}
    generators = {path: g.bit_generator.state for path, g in model.named_generators().items()}
    return {
        **{name: array.tobytes() for name, array in arrays.items()},
        "generators": repr(generators),
        "stopped": history.stopped,
        "optimizer": repr(optimizer.state_dict()),
    }


@pytest.mark.parametrize("compile", [True, False], ids=["compiled", "uncompiled"])
@pytest.mark.parametrize("name", RUNS)
def test_ranks_give_the_bits_of_one_process(name: str, compile: bool) -> None:
    make, given = RUNS[name]
    settings = dict(given) | {"compile": compile}
    warns = settings.pop("warns", None)

    def job(comm: Threads | None) -> dict[str, Any]:
        return train(make, comm, **settings)

    ranks = 4 if compile else 2
    if warns is None:
        alone, *together = job(None), *on_ranks(ranks, job)
    else:
        with pytest.warns(warns) as caught:
            alone, *together = job(None), *on_ranks(ranks, job)
        assert len(caught) == 2  # of rank 0 alone
        assert {warning.filename for warning in caught} == {__file__}
    for found in together:
        assert found == alone


@pytest.mark.parametrize(
    "name",
    [
        *("a mean", "a sum", "soft targets", "weights of examples", "values", "float64"),
        *("weight decay, momentum, clipping", "Adam and metrics", "frozen parameters"),
        *("in order", "a last batch of two", "all at once"),
    ],
)
def test_shards_give_what_whole_mini_batches_give_but_for_rounding(name: str) -> None:
    """Where no example has to do with another: each shard counts by how many examples it has."""
    make, given = RUNS[name]
    whole, cut_up = make(), make()
    settings = {"loss": "cross-entropy", "epochs": 3, "batch_size": 20, "progress": False} | given
    optimizer = settings.pop("optimizer", functools.partial(SGD, lr=0.1))
    y = settings.pop("y", Y)
    one = nn.fit(whole, (X, y), optimizer=optimizer(whole), **settings)
    other = nn.fit(cut_up, (X, y), optimizer=optimizer(cut_up), shards=3, **settings)
    np.testing.assert_allclose(cut_up.to_vector(), whole.to_vector(), rtol=1e-3, atol=1e-5)
    for column in one.steps:
        np.testing.assert_allclose(other.steps[column], one.steps[column], rtol=1e-3, atol=1e-6)


def test_running_figures_are_the_mean_of_what_the_shards_make_of_them() -> None:
    x = np.array([[1.0], [3.0], [5.0], [5.0], [7.0]], np.float32)  # shards of 3 and 2
    norm = nn.BatchNorm(1)
    model = nn.Sequential(norm, nn.Linear(1, 1, rng=0))
    nn.fit(model, (x, x), loss="mse", lr=0.01, epochs=1, batch_size=5, rng=None, shards=2,
           progress=False)  # fmt: skip
    means, variances = np.array([3.0, 6.0]), np.array([4.0, 2.0])  # n - 1 in the denominator
    np.testing.assert_allclose(norm.running_mean, 0.1 * means @ [0.6, 0.4], rtol=1e-6)
    np.testing.assert_allclose(norm.running_var, 0.9 + 0.1 * variances @ [0.6, 0.4], rtol=1e-6)
    assert norm.num_batches_tracked == 1


def test_each_shard_drops_other_units() -> None:
    seen: list[Any] = []

    class Watched(nn.Dropout):
        def forward(self, x: Any) -> Any:
            out = super().forward(x)
            seen.append(np.asarray(out.numpy() if isinstance(out, ag.Tensor) else out).ravel() == 0)
            return out

    x = np.ones((40, 4), np.float32)
    model = nn.Sequential(Watched(0.5, rng=0), nn.Linear(4, 1, rng=0))
    nn.fit(model, (x, x[:, :1]), loss="mse", epochs=1, batch_size=40, shards=4, compile=False,
           progress=False)  # fmt: skip
    dropped = [mask for mask in seen if mask.any()]
    assert len(dropped) == 4
    assert len({mask.tobytes() for mask in dropped}) == 4


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shards": 0}, "shards=0 cannot be shared"),
        ({"shards": 21}, "mini-batches of 20 examples cannot be cut into 21 shards"),
        ({"shards": 71, "batch_size": None}, "mini-batches of 70 examples"),
        ({"optimizer": nn.RandomSearch}, "RandomSearch has no gradient"),
        ({"loss": lambda o, y: ag.max(nn.cross_entropy(o, y, "none"))}, "the mean or the sum"),
        ({"loss": lambda o, y: nn.mse(o, o.numpy())}, "the mean or the sum"),
    ],
)
def test_what_cannot_be_cut_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        train(classifier, **settings)


def test_a_mean_weighted_anew_in_each_mini_batch_is_refused() -> None:
    def loss(output: Any, y: Any) -> Any:
        weights = y[:, 1].astype(np.float32)
        return ag.sum(nn.cross_entropy(output, y[:, 0], "none") * weights) / weights.sum()

    with pytest.raises(ValueError, match="the mean or the sum over the examples"):
        train(classifier, loss=loss, y=WEIGHTED)


def test_parameters_of_two_types_are_refused() -> None:
    def mixed() -> nn.Module:
        return nn.Sequential(nn.Linear(5, 3, rng=0), nn.Linear(3, 2, rng=0, dtype=np.float64))

    with pytest.raises(ValueError, match="of one type, not float32 and float64"):
        train(mixed)


def test_shards_that_ranks_cannot_share_are_refused_on_all() -> None:
    errors = on_ranks(3, lambda comm: train(classifier, comm, shards=4))
    assert {str(error) for error in errors} == {
        "shards=4 cannot be shared equally by 3 ranks: give a multiple of their number"
    }


def test_single_numbers_are_trained_in_shards_too() -> None:
    def line() -> nn.Module:
        model = nn.Module()
        model.a, model.b = ag.Value(1.0), ag.Value(0.0)
        model.forward = lambda x: [model.a * float(row[0]) + model.b for row in x]
        return model

    def loss(output: Any, y: Any) -> Any:
        return sum((o - float(t)) ** 2 for o, t in zip(output, y, strict=True)) / len(y)

    settings = {"loss": loss, "y": 3 * X[:, 0] + 1, "compile": False}
    found = on_ranks(2, lambda comm: train(line, comm, **settings))
    assert found == [train(line, **settings)] * 2
    assert np.frombuffer(found[0]["b"])[0] > 0.9


def test_one_example_makes_one_shard() -> None:
    one = nn.fit(classifier(), (X[:1], Y[:1]), loss="cross-entropy", shards=1, progress=False)
    assert one.steps.rows == 10


def test_without_shards_each_rank_has_one() -> None:
    found = on_ranks(2, lambda comm: train(classifier, comm, shards=None))
    assert found == [train(classifier, shards=2)] * 2


def drawn(seed: int) -> Callable[[], nn.Module]:
    return lambda: nn.MLP([5, 8, 2], "tanh", rng=seed)


@pytest.mark.parametrize(
    ("of_rank", "named"),
    [
        (lambda rank: {"make": drawn(rank)}, "weights of the model"),
        (lambda rank: {"make": lambda: nn.MLP([5, 8 + rank, 2], rng=0)}, "model: "),
        (lambda rank: {"make": lambda: nn.MLP([5, 8, 2], rng=rank, init="zeros", dropout=0.5)},
         "random generators"),
        (lambda rank: {"rng": rank}, "state of rng"),
        (lambda rank: {"batch_size": 20 + rank}, "batch_size: 20 on rank 0, 21 on rank 1"),
        (lambda rank: {"epochs": 3 + rank}, "epochs: 3 on rank 0, 4 on rank 1"),
        (lambda rank: {"optimizer": lambda m: SGD(m, 0.1 + rank)}, "optimizer settings"),
        (lambda rank: {"optimizer": [SGD, Adam][rank]}, "optimizer: 'SGD' on rank 0"),
        (lambda rank: {"loss": [summed, nn.cross_entropy][rank]}, "loss: "),
        (lambda rank: {"loss": [lambda o, y: nn.cross_entropy(o, y) * 2,
                                lambda o, y: nn.cross_entropy(o, y) * 3][rank]}, "code of loss"),
        (lambda rank: {"y": 1 - Y if rank else Y}, "the first examples"),
        (lambda rank: {"y": Y.astype([np.int64, np.int32][rank])}, "shapes of the data"),
        (lambda rank: {"compile": bool(rank)}, "compile: False on rank 0, True on rank 1"),
    ],
)  # fmt: skip
def test_ranks_that_are_not_told_the_same_are_all_told_what_differs(
    of_rank: Callable[[int], dict[str, Any]], named: str
) -> None:
    errors = on_ranks(2, lambda comm: train(
        comm=comm, **{"make": classifier} | of_rank(comm.Get_rank())))  # fmt: skip
    for error in errors:
        assert isinstance(error, ValueError)
        assert "all ranks must have the same arguments, with equal seeds" in str(error)
        assert named in str(error)


# --- one end for all -----------------------------------------------------------------------------


def failing(comm: Threads, rank: int, error: BaseException, **settings: Any) -> Any:
    def callback(run: Any) -> None:
        if run.step == 5 and comm.Get_rank() == rank:
            raise error

    return train(classifier, comm, callbacks=[callback], **settings)


def test_an_error_of_one_rank_ends_all_and_names_it() -> None:
    own = OSError("no space left")
    errors = on_ranks(4, lambda comm: failing(comm, 2, own))
    assert errors[2] is own
    assert "This was on rank 2 of 4. All have stopped: " in own.__notes__[0]
    for rank in (0, 1, 3):
        assert isinstance(errors[rank], nn.RankError)
        assert str(errors[rank]).startswith("rank 2 of 4: OSError: no space left. All have stopped")
        assert "there is no checkpoint" in str(errors[rank])


def test_an_error_in_a_shard_ends_all() -> None:
    class Touchy(nn.MLP):
        def forward(self, x: Any) -> Any:
            if self.training and len(x) == 4 and not ag.is_compiling():
                raise RuntimeError("four are too few")
            return super().forward(x)

    def make() -> nn.Module:
        return Touchy([5, 8, 2], "tanh", rng=1)

    errors = on_ranks(2, lambda comm: train(make, comm, batch_size=18, shards=4, compile=False))
    assert isinstance(errors[1], RuntimeError)
    assert "four are too few" in str(errors[0])
    assert str(errors[0]).startswith("rank 1 of 2: RuntimeError")


def test_a_rank_that_stops_alone_is_noticed() -> None:
    def callback(comm: Threads, run: Any) -> None:
        if run.step == 3 and comm.Get_rank() == 1:
            run.stop("enough")

    def job(comm: Threads) -> Any:
        return train(classifier, comm, callbacks=[functools.partial(callback, comm)], compile=False)

    for error in on_ranks(2, job):
        assert isinstance(error, nn.RankError)
        assert str(error).startswith(
            "rank 0 is at step 4, and rank 1 at the end: all ranks must do the same"
        )


def test_weights_that_a_callback_changes_on_one_rank_are_noticed() -> None:
    def job(comm: Threads) -> Any:
        def callback(run: Any) -> None:
            if comm.Get_rank() == 1:
                run.model[0].bias.data = run.model[0].bias.numpy() + 1

        return train(classifier, comm, callbacks=[callback])

    for error in on_ranks(2, job):
        assert "after epoch 1 rank 1 has other weights than rank 0" in str(error)


class Root(nn.Module):
    """A parameter that becomes negative in the first step, or 0 where ``lr`` is 2."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.inner = nn.Linear(5, 2, init="zeros")
        self.root = ag.Tensor(np.ones(1, np.float32))
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.inner(x) * 0 + self.function(self.root)


def first_output(output: Any, y: Any) -> Any:
    return ag.mean(output[:, 0])


@pytest.mark.parametrize("compile", [True, False], ids=["compiled", "uncompiled"])
@pytest.mark.parametrize(
    ("function", "lr", "says"),
    [(ag.sqrt, 3.0, "the loss is nan"), (ag.sqrt, 2.0, "but the gradient of 'root' holds inf")],
)
def test_what_is_not_finite_is_explained_on_all_ranks(
    function: Callable[[Any], Any], lr: float, says: str, compile: bool
) -> None:
    def job(comm: Threads | None) -> Any:
        make, optimizer = functools.partial(Root, function), functools.partial(SGD, lr=lr)
        return train(make, comm, optimizer=optimizer, loss=first_output, compile=compile)

    with pytest.raises(nn.NonFiniteError) as alone:
        job(None)
    assert says in str(alone.value)
    assert alone.value.operation == "sqrt"
    assert alone.value.step == 2
    for error in on_ranks(2, job):
        assert isinstance(error, nn.NonFiniteError)
        assert str(error) == str(alone.value)


def test_what_is_not_finite_at_the_beginning_is_explained() -> None:
    make = functools.partial(Root, lambda root: ag.log(root - 2))
    with pytest.raises(nn.NonFiniteError, match=r"step 1 \(epoch 1\): the loss is nan"):
        train(make, loss=first_output)


# --- what cannot be compiled ---------------------------------------------------------------------


class Stubborn(SGD):
    """Its rule takes a number out of the program."""

    def rule(self, theta: Any, g: Any, *rest: Any, **more: Any) -> Any:
        return super().rule(theta, g * (1.0 if float(g.sum()) < 1e9 else 0.5), *rest, **more)


def taken_out(output: Any, y: Any) -> Any:
    return nn.cross_entropy(output, y) * (1.0 if float(output.sum()) < 1e9 else 0.5)


@pytest.mark.parametrize(
    "settings",
    [{"loss": taken_out}, {"optimizer": functools.partial(Stubborn, lr=0.1)}],
    ids=["loss", "rule"],
)
def test_what_cannot_be_compiled_runs_uncompiled_on_all_ranks(
    settings: dict[str, Any],
) -> None:
    expected = train(normalised, compile=False, **settings)
    with pytest.warns(ag.JitNotice, match=r"runs uncompiled, since .*float\(\)") as caught:
        found = on_ranks(2, lambda comm: train(normalised, comm, **settings))
    assert [warning.filename for warning in caught] == [__file__]
    assert found == [expected] * 2


# --- a rank that dies without a word -------------------------------------------------------------


def watched() -> tuple[Callable[[str], socket.socket], Callable[[], str]]:
    """How a rank introduces itself to the process that watches, and what that says at its end."""
    server = socket.create_server(("127.0.0.1", 0))
    said: list[str] = []
    thread = threading.Thread(target=lambda: said.append(watch(server, "token")))
    thread.start()

    def rank(words: str) -> socket.socket:
        connection = socket.create_connection(server.getsockname(), 10)
        connection.sendall(words.encode())
        return connection

    def end() -> str:
        thread.join(10)
        server.close()
        return said[0]

    return rank, end


def test_a_connection_that_breaks_off_is_the_death_of_a_rank() -> None:
    rank, end = watched()
    with rank("token rank 0 of 3 (here)\nfirst advice\nrun it again\n") as first:
        with rank("other rank 2 of 3 (a stranger)\n"), rank("not\neven"):
            pass  # who does not know the token is nobody
        with rank("token rank 1 of 3 (there)\ndone\n") as second:
            second.shutdown(socket.SHUT_WR)
            time.sleep(0.1)
        rank("token rank 2 of 3 (there)\n").close()
        assert first.recv(10) == b"!"  # the word to end
    assert end() == "rank 2 of 3 (there) died without a message. All stop: run it again\n"


def test_nothing_is_said_where_all_come_to_their_end() -> None:
    rank, end = watched()
    with rank("token rank 1 of 2 (there)\ndone\n"), rank("token rank 0 of 2 (here)\n") as first:
        first.sendall(b"done\n")
        first.shutdown(socket.SHUT_WR)
        assert end() == ""


ENDED_BY_ANOTHER = """
import socket, time
from nn.parallel import watch

class First:
    def Get_rank(self):
        return 0

    def allgather(self, place):
        self.host, self.port, self.token = place
        return [place, None]

watch.GRACE = 0.1
first = First()
watched = watch.Watch(first, "rank 0 of 2 (here)", local=True)
watched.say("run it again")
time.sleep(0.2)
with socket.create_connection((first.host, first.port)) as second:
    second.sendall(f"{first.token} rank 1 of 2 (there)\\n".encode())
time.sleep(60)
"""


def test_a_rank_ends_itself_where_the_launcher_does_not() -> None:
    began = time.monotonic()
    process = subprocess.run(
        [sys.executable, "-c", ENDED_BY_ANOTHER], capture_output=True, text=True, check=False
    )
    assert process.returncode == 1
    assert process.stderr == "rank 1 of 2 (there) died without a message. All stop: run it again\n"
    assert time.monotonic() - began < 60


# --- checkpoints ---------------------------------------------------------------------------------


@pytest.mark.parametrize("compile", [True, False], ids=["compiled", "uncompiled"])
@pytest.mark.parametrize(("before", "after"), [(4, 1), (1, 2), (2, 4)])
def test_a_run_goes_on_with_the_same_bits_on_any_number_of_ranks(
    before: int, after: int, compile: bool, tmp_path: Path
) -> None:
    settings: dict[str, Any] = {
        "optimizer": Adam, "compile": compile, "validation": HELD_OUT, "metrics": "accuracy",
    }  # fmt: skip

    def job(comm: Threads | None, **more: Any) -> Any:
        rank = 0 if comm is None else comm.Get_rank()
        path = nn.Checkpoint(tmp_path / f"rank {rank}", every=1)
        return train(normalised, comm, checkpoint=path, **settings, **more)

    def interrupted(comm: Threads) -> Any:
        def stop(run: Any) -> None:
            if run.step == 6 and comm.Get_rank() == before - 1:
                raise RuntimeError("killed")

        return job(comm, callbacks=[stop])

    errors = on_ranks(before, interrupted)
    assert all(isinstance(error, RuntimeError) for error in errors)
    assert [path.name for path in tmp_path.iterdir()] == ["rank 0"]
    expected = train(normalised, **settings)
    for found in on_ranks(after, job):
        assert found == expected


def test_a_checkpoint_of_other_shards_is_refused_on_all_ranks(tmp_path: Path) -> None:
    path = tmp_path / "run"
    train(classifier, shards=2, checkpoint=path)
    for error in on_ranks(2, lambda comm: train(classifier, comm, shards=4, checkpoint=path)):
        assert "shards was 2 and is 4" in str(error)
    with pytest.raises(nn.CheckpointError, match="shards was 2 and is 1"):
        train(classifier, shards=None, checkpoint=path)  # type: ignore[arg-type]


def test_a_full_disk_ends_all_ranks(tmp_path: Path) -> None:
    path = tmp_path / "no such folder" / "run"
    first, second = on_ranks(2, lambda comm: train(classifier, comm, checkpoint=path))
    assert isinstance(first, nn.CheckpointError)
    assert re.match("rank 0 of 2: CheckpointError: there is no folder", str(second))


# --- the command ---------------------------------------------------------------------------------


def test_without_mpi4py_the_command_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    assert main(["train"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("python -m nn: this needs the package mpi4py")
    assert error.endswith(': pip install "wengert[mpi]"\n')


def test_the_command_refuses_more_shards_than_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--shards", "11"]) == 2
    assert "--shards 11 is more than the 10 examples of a mini-batch" in capsys.readouterr().err
