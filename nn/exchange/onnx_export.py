"""``export_onnx``: a network as an ONNX file, which runs where there is no Python.

How each module is written is in ``onnx_modules``.
"""

from __future__ import annotations

import json
from typing import Any

from nn.classifier import Classifier
from nn.exchange import onnx_modules as onnx_modules  # it fills the table of translations
from nn.exchange.onnx_graph import OnnxGraph
from nn.extras import require
from nn.files.arrayfile import PathLike, write_atomically
from nn.modules.module import Module

OPERATOR_SET = 17
IR_VERSION = 8
"""The oldest that have every operation used (2022), so that older runtimes read the file too."""


def export_onnx(model: Module, path: PathLike) -> None:
    """Write what the model computes in evaluation mode as an ONNX file.

    It takes ``input``, (batch, features) for any batch, and gives ``output``, both in the type of
    the model's parameters, float32 as a rule. (In float64 onnxruntime knows neither ELU nor
    softplus.) Weights have the names of ``state_dict``. The outputs are those of the model: logits
    from a ``Classifier``, whose ``classes`` and ``outputs`` are in the file's metadata as JSON.

    The file is checked by ONNX's own checker before it is written, whole or not at all. Raises
    ``ValueError`` for a module that has no translation, naming its path (``nn.exchange.translates``
    adds one), ``ImportError`` without onnx, ``OSError`` where the file cannot be written.

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
        described = {"classes": model.classes, "outputs": model.outputs}
        metadata = {name: json.dumps(value) for name, value in described.items()}
        onnx.helper.set_model_props(program, metadata)
    program = onnx.shape_inference.infer_shapes(program, check_type=True, strict_mode=True)
    onnx.checker.check_model(program, full_check=True)
    write_atomically(path, program.SerializeToString(deterministic=True))


def _assemble(onnx: Any, graph: OnnxGraph, output: str) -> Any:
    """The graph as ONNX's own objects, with its last value named ``output``."""
    if graph.nodes and graph.nodes[-1][0] == output:
        renamed = {output: "output"}
    else:  # nothing is computed, or not last
        graph.nodes.append(("output", "Identity", (output,), {}))
        renamed = {}
    make = onnx.helper
    nodes = [
        make.make_node(operation, inputs, [renamed.get(name, name)], name=name, **attributes)
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
