"""``export_onnx``: write a network as an ONNX file, which runs without Python."""

from __future__ import annotations

import json
from typing import Any

from nn.classifier import Classifier
from nn.exchange import onnx_modules as onnx_modules  # fills the table of translations
from nn.exchange.onnx_graph import OnnxGraph
from nn.extras import require
from nn.files.arrayfile import PathLike, write_atomically
from nn.modules.module import Module

OPERATOR_SET = 17
IR_VERSION = 8
"""The oldest versions with all operations used (2022), so that older runtimes can read the file."""


def export_onnx(model: Module, path: PathLike) -> None:
    """Write a model in evaluation mode as an ONNX file.

    The ONNX program maps ``input``, (batch, features) for any batch size, to ``output``, both of
    the type of the model's parameters. (In float64 onnxruntime has no erf, tan, sinh, cosh, arcsin,
    arccos and arctan.) Weights have the names of ``state_dict``. The outputs are those of the
    model, so logits for a ``Classifier``, whose ``classes`` and ``outputs`` are in the metadata as
    JSON.

    ONNX's checker checks the file, which is written completely or not at all. Raises ``ValueError``
    with the path of a module that has no translation (``nn.exchange.translates`` adds one),
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
    program = _assemble(onnx, graph, graph.translate(model, "input"))
    if isinstance(model, Classifier):
        properties = {"classes": model.classes, "outputs": model.outputs}
        metadata = {name: json.dumps(value) for name, value in properties.items()}
        onnx.helper.set_model_props(program, metadata)
    program = onnx.shape_inference.infer_shapes(program, check_type=True, strict_mode=True)
    onnx.checker.check_model(program, full_check=True)
    write_atomically(path, program.SerializeToString(deterministic=True))


def _assemble(onnx: Any, graph: OnnxGraph, output: str) -> Any:
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
    shape = ["batch", graph.features or "features"]
    body = make.make_graph(
        nodes,
        type(graph.model).__name__,
        [make.make_tensor_value_info("input", kind, shape)],
        [make.make_tensor_value_info("output", kind, None)],
        [onnx.numpy_helper.from_array(array, name) for name, array in graph.weights.items()],
    )
    return make.make_model(
        body,
        producer_name="wengert",
        ir_version=IR_VERSION,
        opset_imports=[make.make_opsetid("", OPERATOR_SET)],
    )
