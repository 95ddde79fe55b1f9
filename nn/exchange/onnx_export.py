"""``export_onnx``: write a network as an ONNX file, which runs without Python."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from nn.classifier import Classifier
from nn.data import Array
from nn.exchange import onnx_activations as onnx_activations  # these two fill the table
from nn.exchange import onnx_modules as onnx_modules
from nn.exchange.onnx_graph import OnnxGraph
from nn.exchange.onnx_operations import NoTranslation
from nn.exchange.onnx_recording import record
from nn.extras import require
from nn.files.arrayfile import PathLike, write_atomically
from nn.modules.module import Module

OPERATOR_SET = 17
IR_VERSION = 8
"""The oldest versions with all operations used (2022), so that older runtimes can read the file."""


def export_onnx(model: Module, path: PathLike, example: ArrayLike | None = None) -> None:
    """Write a model in evaluation mode as an ONNX file.

    example: an input of the model, with one example per row. It is needed for inputs other than
        (batch, features), and for modules with a ``forward`` of their own, such as recurrent
        layers and attention: ``forward`` is then run and its operations are recorded. The file is
        compared with the model on other numbers, another number of rows included, before it is
        written.

    The ONNX program maps ``input``, (batch, features) or of the example's shape, to ``output``, for
    any batch size. Numbers are of the type of the model's parameters; ``Embedding`` takes int64.
    (In float64 onnxruntime has no erf, tan, sinh, cosh, arcsin,
    arccos and arctan.) Weights have the names of ``state_dict``. The outputs are those of the
    model, so logits for a ``Classifier``, whose ``classes`` and ``outputs`` are in the metadata as
    JSON.

    ONNX's checker checks the file, which is written completely or not at all. Raises ``ValueError``
    with the path of a module that has no translation (``nn.exchange.translates`` adds one), for
    what depends on the examples otherwise than by operations,
    ``ImportError`` without onnx, and ``OSError`` if the file cannot be written.

    >>> import nn, pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "model.onnx")
    >>> nn.export_onnx(nn.MLP([4, 8, 3], "tanh"), path)
    >>> import onnx
    >>> [node.op_type for node in onnx.load(path).graph.node]
    ['Gemm', 'Tanh', 'Gemm']
    """
    onnx = require("onnx", extra="onnx")
    graph = OnnxGraph(model)
    shape = None
    if example is not None:
        data = _batch(example, graph)
        shape = data.shape
        graph.integers = data.dtype.kind == "i"
        graph.batches["input"] = data, _other(data)
        graph.record = _record
    program = _assemble(onnx, graph, graph.translate(model, "input"), shape)
    if isinstance(model, Classifier):
        properties = {"classes": model.classes, "outputs": model.outputs}
        metadata = {name: json.dumps(value) for name, value in properties.items()}
        onnx.helper.set_model_props(program, metadata)
    program = onnx.shape_inference.infer_shapes(program, check_type=True, strict_mode=True)
    onnx.checker.check_model(program, full_check=True)
    if graph.recorded:
        _compare(onnx, program, graph)
    write_atomically(path, program.SerializeToString(deterministic=True))


def _batch(example: ArrayLike, graph: OnnxGraph) -> Array:
    """Two rows of the example, in the type of the graph's input."""
    data = np.asarray(example)
    if data.ndim < 1 or not len(data) or data.dtype.kind not in "fiub":
        raise ValueError(
            f"export_onnx: the example has shape {data.shape} and type {data.dtype}; it must be an "
            "input of the model, numbers with one example per row"
        )
    kind = graph.dtype if data.dtype.kind == "f" else np.dtype(np.int64)
    return np.resize(data, (2, *data.shape[1:])).astype(kind)


def _other(data: Array) -> Array:
    """Three rows of other numbers."""
    more = np.resize(data, (3, *data.shape[1:]))
    if data.dtype.kind == "i":
        return np.ascontiguousarray(more[..., ::-1])
    noise = np.random.default_rng(0).normal(size=more.shape) * (1 + np.abs(more).max())
    return (noise - more).astype(data.dtype)


def _record(graph: OnnxGraph, module: Module, x: str) -> str:
    graph.recorded = True
    try:
        return record(graph, module, x)
    except NoTranslation as error:
        raise graph.unknown(module, str(error)) from error


def _compare(onnx: Any, program: Any, graph: OnnxGraph) -> None:
    """Raise ``ValueError`` unless ONNX's own evaluator finds the outputs of the model."""
    require("onnx.reference", extra="onnx")
    evaluator = onnx.reference.ReferenceEvaluator(program)
    first, second = graph.batches["input"]
    close = 1e-3 if graph.dtype == np.float32 else 1e-8
    for batch in (first, second, _other(second[:1])[:1]):
        with np.errstate(all="ignore"):
            (found,) = evaluator.run(None, {"input": batch})
            expected = graph.outputs(graph.model, batch)
        scale = float(np.nanmax(np.abs(expected), initial=1.0))
        if found.shape != expected.shape or not np.allclose(
            found, expected, rtol=close, atol=close * scale, equal_nan=True
        ):
            raise ValueError(
                f"export_onnx: the recorded program of {graph.model.title()} gives other outputs "
                "than the model for other inputs, since it depends on them otherwise than by "
                "operations, for example by an if"
            )


def _assemble(onnx: Any, graph: OnnxGraph, output: str, example: tuple[int, ...] | None) -> Any:
    """The graph as an ONNX model, with the last value named ``output``."""
    if graph.nodes and graph.nodes[-1][0] == output:
        new_names = {output: "output"}
    else:  # the output is an input, or the result of an earlier node
        graph.nodes.append(("output", "Identity", (output,), {}))
        new_names = {}
    make = onnx.helper
    nodes = [
        make.make_node(operation, inputs, [new_names.get(name, name)], name=name, **attributes)
        for name, operation, inputs, attributes in graph.nodes
    ]
    kind = make.np_dtype_to_tensor_dtype(graph.dtype)
    taken = onnx.TensorProto.INT64 if graph.integers else kind
    shape = ["batch", *(example[1:] if example else (graph.features or "features",))]
    body = make.make_graph(
        nodes,
        type(graph.model).__name__,
        [make.make_tensor_value_info("input", taken, shape)],
        [make.make_tensor_value_info("output", kind, None)],
        [onnx.numpy_helper.from_array(array, name) for name, array in graph.weights.items()],
    )
    return make.make_model(
        body,
        producer_name="wengert",
        ir_version=IR_VERSION,
        opset_imports=[make.make_opsetid("", OPERATOR_SET)],
    )
