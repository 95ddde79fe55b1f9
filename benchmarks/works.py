"""The works that are timed, and who takes part in each.

How a system performs a work is in `benchmarks.systems`; data and right answers are in
`benchmarks.problems`.
"""

from dataclasses import dataclass

from benchmarks.problems import costs

OURS = "autograd (ours)"
BY_HAND = "NumPy by hand"
OUT = "NumPy by hand, out="
FIT = "nn.fit (ours)"
JIT = "autograd jit (ours)"
NATIVE = "autograd jit, machine code (ours)"
FIT_NATIVE = "nn.fit, machine code (ours)"
STEP_OF_FIT = "the step of nn.fit (ours)"

STEPS = "benchmarks.systems.steps"
DERIVATIVES = "benchmarks.systems.derivatives"
SERIES = "benchmarks.systems.series"


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
    unit: str = "time"
    """What is measured: "time" or "memory"."""
    quotients: tuple[tuple[str, str], ...] = ()
    """Measures over others, of the same system."""


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
            "as matrices. The same program compiled is a function of the list of its 337 "
            "parameters, by `jit(value_and_grad(loss))`, or of `Value`s that are somewhere "
            "outside, by `jit` of `gradients`; compiling is not timed."
        ),
        contestants=(
            Contestant(OURS, "benchmarks.systems.ours", "Value"),
            Contestant(JIT, "benchmarks.systems.ours", "floats"),
            Contestant("autograd jit of Values (ours)", "benchmarks.systems.ours", "Values"),
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
            Contestant(OUT, "benchmarks.systems.numpy", "preallocated"),
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
            "epoch. `fit` compiles its step anew for each epoch, draws its progress bar and also "
            "keeps the norm of each gradient. Collector on. JAX takes its batches inside what is "
            "compiled; its compiling is not timed."
        ),
        contestants=(
            Contestant(FIT, "benchmarks.systems.epochs.ours", "fit"),
            Contestant(FIT_NATIVE, "benchmarks.systems.epochs.ours", "native"),
            Contestant("nn, a plain loop", "benchmarks.systems.epochs.ours", "loop"),
            Contestant(BY_HAND, "benchmarks.systems.epochs.numpy", "allocating"),
            Contestant(OUT, "benchmarks.systems.epochs.numpy", "preallocated"),
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
            Contestant(JIT, "benchmarks.systems.programs.ours", "jit"),
            Contestant("HIPS autograd", "benchmarks.systems.programs.hips"),
        ),
        tolerance=1e-4,
        plan=Plan(rounds=7, seconds=0.02),
        quick=Plan(rounds=1, seconds=0.005),
        baselines=(OURS,),
    ),
    Work(
        name="clients",
        title="simulations and libraries written for HIPS autograd",
        description=(
            "The value and gradient of pymanopt's cost on the Grassmannian, 12 x 3; of a "
            "two-dimensional wave by Fourier transforms, 32 x 32 and 20 steps; and of an optical "
            "field, the solution of sparse equations of 1,600 unknowns; by the same source in both "
            "libraries. Then whole fits by lifelines and pymanopt, where they are installed. "
            "Compiling is not timed. Collector on."
        ),
        contestants=(
            Contestant(OURS, "benchmarks.systems.clients.ours"),
            Contestant(JIT, "benchmarks.systems.clients.ours", "jit"),
            Contestant("HIPS autograd", "benchmarks.systems.clients.hips"),
        ),
        tolerance=1e-4,
        plan=Plan(rounds=9, seconds=0.05),
        quick=Plan(rounds=1, seconds=0.005),
        baselines=(OURS,),
    ),
    Work(
        name="compiled-step",
        title="a compiled training step, float32",
        description=(
            "Softmax cross-entropy and plain gradient descent on one batch, 784-30-10 with sigmoid "
            "and a batch of 10, 784-200-10 with ReLU and a batch of 100: loss, gradient and "
            "update. NumPy by hand has every array made once, `out=` throughout, and all "
            "parameters in one array; it is what a compiler on NumPy can reach at best. The step "
            "of `nn.fit` also tells the norm of the gradient and looks for what is not finite; "
            "`jit` is the same network written with the engine's functions, `jit(..., into=...)`. "
            "PyTorch is written as its users do, and with as few calls as there can be. JAX runs "
            "ahead of the program: the first row waits after 20 steps, the second after each."
        ),
        contestants=(
            Contestant(STEP_OF_FIT, f"{STEPS}.ours", "fit"),
            Contestant(JIT, f"{STEPS}.ours", "jit"),
            Contestant(NATIVE, f"{STEPS}.ours", "native"),
            Contestant(OURS, f"{STEPS}.ours", "eager"),
            Contestant(BY_HAND, f"{STEPS}.numpy"),
            Contestant("JAX jit", f"{STEPS}.jax", "running ahead"),
            Contestant("JAX jit, waiting", f"{STEPS}.jax", "waiting"),
            Contestant("PyTorch eager", f"{STEPS}.torch", "usual"),
            Contestant("PyTorch eager, lean", f"{STEPS}.torch", "lean"),
        ),
        tolerance=1e-4,
        plan=Plan(rounds=40, seconds=0.02),
        quick=Plan(rounds=6, seconds=0.01),
        baselines=(BY_HAND, STEP_OF_FIT),
    ),
    Work(
        name="rosenbrock",
        title="Rosenbrock's function and its derivatives, float64",
        description=(
            "Of 2 and of 100 single numbers by a loop over a list of floats, or over `Value`s that "
            "are somewhere outside; its Hessian and the product of that with a vector by arrays. "
            "By hand are the formulas: for 2 numbers in plain Python floats, else in NumPy with "
            "`out=`, for 100 numbers from array to array or from list to list. JAX and PyTorch are "
            "given arrays, but for 2 numbers JAX has floats. JAX is waited for."
        ),
        contestants=(
            Contestant(JIT, f"{DERIVATIVES}.ours", "jit"),
            Contestant(NATIVE, f"{DERIVATIVES}.ours", "native"),
            Contestant("autograd jit of Values (ours)", f"{DERIVATIVES}.ours", "Values"),
            Contestant(OURS, f"{DERIVATIVES}.ours", "eager"),
            Contestant(BY_HAND, f"{DERIVATIVES}.numpy"),
            Contestant("NumPy by hand, of a list", f"{DERIVATIVES}.numpy", "list"),
            Contestant("JAX jit", f"{DERIVATIVES}.jax"),
            Contestant("PyTorch eager", f"{DERIVATIVES}.torch"),
        ),
        tolerance=1e-9,
        plan=Plan(rounds=20, seconds=0.02),
        quick=Plan(rounds=3, seconds=0.005),
        baselines=(BY_HAND, JIT),
    ),
    Work(
        name="gradient-cost",
        title="what a derivative costs",
        description=(
            "A function, the same with its gradient, and the product of its Hessian with a vector: "
            "the loss of 784-200-10 with ReLU by all parameters, a chain of 1000 operations "
            "x ← x + 0.01 sin(x y) by its first x, and Rosenbrock's function of 10,000 numbers. "
            "NumPy by hand are the textbook's formulas, but for Rosenbrock's derivatives, which "
            "are as in `rosenbrock`. JAX is compiled, and waited for."
        ),
        contestants=(
            Contestant(JIT, f"{DERIVATIVES}.ours", "jit"),
            Contestant(NATIVE, f"{DERIVATIVES}.ours", "native"),
            Contestant(OURS, f"{DERIVATIVES}.ours", "eager"),
            Contestant(BY_HAND, f"{DERIVATIVES}.numpy"),
            Contestant("JAX jit", f"{DERIVATIVES}.jax"),
        ),
        tolerance=1e-4,
        plan=Plan(rounds=15, seconds=0.02),
        quick=Plan(rounds=2, seconds=0.005),
        baselines=(JIT,),
        quotients=costs.QUOTIENTS,
    ),
    Work(
        name="series",
        title="derivatives of high order, float64",
        description=(
            "Taylor coefficients of tanh at a number and of a network along a line; the loss of a "
            "physics-informed network for the equation of Korteweg and de Vries, with its gradient "
            "by all parameters; and a Laplacian, which is `laplacian` here and the trace of the "
            "Hessian in JAX. JAX has `jax.experimental.jet`, and is waited for. Nested derivatives "
            "are `elementwise_grad` of `elementwise_grad`, and the trace of the Hessian."
        ),
        contestants=(
            Contestant(JIT, f"{SERIES}.ours", "jit"),
            Contestant(NATIVE, f"{SERIES}.ours", "native"),
            Contestant(OURS, f"{SERIES}.ours", "eager"),
            Contestant("nested derivatives (ours)", f"{SERIES}.ours", "nested"),
            Contestant("JAX jit", f"{SERIES}.jax", "jit"),
            Contestant("JAX, not compiled", f"{SERIES}.jax", "eager"),
        ),
        tolerance=1e-8,
        plan=Plan(rounds=15, seconds=0.02),
        quick=Plan(rounds=2, seconds=0.005),
        baselines=(JIT, OURS),
    ),
    Work(
        name="compile-time",
        title="the first call of what is compiled",
        description=(
            "From a network that was just made to the end of its first step: recording, "
            "compiling and one run; and the same for the demonstration of micrograd, as a "
            "function of 337 floats. Neither is kept from an earlier one."
        ),
        contestants=(
            Contestant(STEP_OF_FIT, f"{STEPS}.ours", "fit"),
            Contestant("JAX jit", f"{STEPS}.jax"),
        ),
        tolerance=1e-4,
        plan=Plan(rounds=5, seconds=0.0),
        quick=Plan(rounds=1, seconds=0.0),
        baselines=(STEP_OF_FIT,),
    ),
    Work(
        name="memory",
        title="the memory of a training step",
        description=(
            "The most that is held in a step once all has been run a few times, less what there "
            "was before the network was made: parameters, gradients, buffers, and what the "
            "compiler keeps. What Python and NumPy ask for is known to the byte (`tracemalloc`); "
            "resident pages are what Linux has given to the process, other libraries included."
        ),
        contestants=(
            Contestant(STEP_OF_FIT, f"{STEPS}.ours", "fit"),
            Contestant(OURS, f"{STEPS}.ours", "eager"),
            Contestant(BY_HAND, f"{STEPS}.numpy"),
            Contestant("PyTorch eager", f"{STEPS}.torch"),
        ),
        tolerance=1e-4,
        plan=Plan(rounds=3, seconds=0.0),
        quick=Plan(rounds=1, seconds=0.0),
        baselines=(BY_HAND,),
        unit="memory",
    ),
)
