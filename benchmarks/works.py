"""The works that are timed, and who takes part in each.

How a system performs a work is in `benchmarks.systems`; data and right answers are in
`benchmarks.problems`.
"""

from dataclasses import dataclass

OURS = "autograd (ours)"
BY_HAND = "NumPy by hand"
FIT = "nn.fit (ours)"


@dataclass(frozen=True)
class Contestant:
    """A system, in one way of using it, in a process of its own."""

    title: str
    module: str
    variant: str = ""


@dataclass(frozen=True)
class Plan:
    """How long a work is measured: rounds in which every contestant has a turn at every measure.

    A turn warms up for `seconds` and takes one sample of about as long. Many short turns rather
    than few long ones: what slows the machine for a while then falls on all.
    """

    rounds: int
    seconds: float


@dataclass(frozen=True)
class Work:
    """A program every contestant runs; the same answer is asked of all before any is timed."""

    name: str
    title: str
    description: str
    contestants: tuple[Contestant, ...]
    tolerance: float
    plan: Plan
    quick: Plan
    baselines: tuple[str, ...] = (OURS, BY_HAND)


NUMPY = Contestant(BY_HAND, "benchmarks.systems.numpy", "allocating")
TENSOR = Contestant(OURS, "benchmarks.systems.ours", "Tensor")
MICROGRAD = Contestant("micrograd", "benchmarks.systems.micrograd")
HIPS = Contestant("HIPS autograd", "benchmarks.systems.hips")
MYGRAD = Contestant("MyGrad", "benchmarks.systems.mygrad", "guard on")
MYGRAD_UNGUARDED = Contestant("MyGrad, guard off", "benchmarks.systems.mygrad", "guard off")
TORCH = Contestant("PyTorch eager", "benchmarks.systems.torch")

WORKS = (
    Work(
        name="scalars",
        title="micrograd's demonstration, one number at a time",
        description=(
            "A network 2-16-16-1 of `Value` with ReLU on 100 points of two moons: hinge loss with "
            "1e-4 of squared parameters, loss and `backward()`, 65,818 nodes a step in micrograd. "
            "Both libraries run the same program with only the import changed. With the collector "
            "on, a sample is a loop of 4 steps after one to warm up, since the cost of Python's "
            "collector falls unevenly on the steps; with it off, one step, after a full "
            "collection. The notebook's inputs are NumPy numbers; where not said otherwise they "
            "are Python floats here, which is faster for both. NumPy by hand is the same network "
            "as matrices."
        ),
        contestants=(
            Contestant(OURS, "benchmarks.systems.ours", "Value"),
            MICROGRAD,
            NUMPY,
        ),
        tolerance=1e-9,
        plan=Plan(rounds=4, seconds=0.02),
        quick=Plan(rounds=1, seconds=0.01),
    ),
    Work(
        name="step",
        title="one training step, 784-128-10, batch 64, float32",
        description=(
            "ReLU hidden layer, softmax cross-entropy, plain gradient descent; loss, gradients "
            "and update, as a user of each library writes it. Collector on. The data is already "
            "in each library's own arrays. JAX runs ahead of the program: the first row waits "
            "after 20 steps, the second after each."
        ),
        contestants=(
            TENSOR,
            NUMPY,
            Contestant("NumPy by hand, out=", "benchmarks.systems.numpy", "preallocated"),
            HIPS,
            MYGRAD,
            MYGRAD_UNGUARDED,
            TORCH,
            Contestant("JAX jit", "benchmarks.systems.jax", "running ahead"),
            Contestant("JAX jit, waiting", "benchmarks.systems.jax", "waiting"),
        ),
        tolerance=1e-4,
        plan=Plan(rounds=40, seconds=0.02),
        quick=Plan(rounds=10, seconds=0.01),
        baselines=(BY_HAND, OURS),
    ),
    Work(
        name="operations",
        title="what one operation costs",
        description=(
            "One operation on float64 arrays of 1, 10 and 1000 numbers, recorded for "
            "differentiation; then the same with a backward pass from it, seeded with ones, to "
            "all its inputs. `W @ x` has a W of that many numbers: 1 x 1, 2 x 5, 25 x 40. "
            "`chain` is 100 operations in a row and one backward pass, divided by 100, so that "
            "what a pass costs once hardly counts. Collector on. NumPy by hand is the arithmetic "
            "alone. HIPS autograd is timed inside a trace that is already open, without what "
            "`grad` costs per call."
        ),
        contestants=(
            TENSOR,
            NUMPY,
            HIPS,
            MYGRAD,
            MYGRAD_UNGUARDED,
            TORCH,
            Contestant("autograd Value (ours)", "benchmarks.systems.ours", "Value"),
            MICROGRAD,
        ),
        tolerance=1e-12,
        plan=Plan(rounds=6, seconds=0.02),
        quick=Plan(rounds=1, seconds=0.01),
    ),
    Work(
        name="epoch",
        title="one epoch of 60,000 examples, float32",
        description=(
            "Softmax cross-entropy and plain gradient descent on shuffled mini-batches of noise: "
            "784-30-10 with sigmoid and batches of 10, which is 6,000 steps, and 784-200-10 with "
            "ReLU and batches of 100, which is 600. The loss of each step is kept. A sample is one "
            "epoch. `fit` also keeps the norm of each gradient. Collector on. JAX takes its "
            "batches inside what is compiled; compiling is not timed."
        ),
        contestants=(
            Contestant(FIT, "benchmarks.systems.epochs.ours", "fit"),
            Contestant("nn, a plain loop", "benchmarks.systems.epochs.ours", "loop"),
            Contestant(BY_HAND, "benchmarks.systems.epochs.numpy", "allocating"),
            Contestant("NumPy by hand, out=", "benchmarks.systems.epochs.numpy", "preallocated"),
            Contestant("PyTorch eager", "benchmarks.systems.epochs.torch"),
            Contestant("JAX jit, a step", "benchmarks.systems.epochs.jax", "loop"),
            Contestant("JAX jit, the epoch", "benchmarks.systems.epochs.jax", "scan"),
        ),
        tolerance=1e-4,
        plan=Plan(rounds=7, seconds=0.0),
        quick=Plan(rounds=1, seconds=0.0),
        baselines=(BY_HAND, FIT),
    ),
    Work(
        name="programs",
        title="programs in HIPS autograd's style",
        description=(
            "The value and gradient of the objectives of twenty small programs that say `import "
            "autograd.numpy as np`: the same source in both libraries, on float64. Compiling is "
            "not timed. Collector on."
        ),
        contestants=(
            Contestant(OURS, "benchmarks.systems.programs.ours"),
            Contestant("autograd jit (ours)", "benchmarks.systems.programs.ours", "jit"),
            Contestant("HIPS autograd", "benchmarks.systems.programs.hips"),
        ),
        tolerance=1e-4,
        plan=Plan(rounds=7, seconds=0.02),
        quick=Plan(rounds=1, seconds=0.005),
        baselines=(OURS,),
    ),
)
