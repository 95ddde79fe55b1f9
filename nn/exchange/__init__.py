"""Exchange of networks with other programs: ONNX and PyTorch."""

from nn.exchange.onnx_export import export_onnx
from nn.exchange.onnx_graph import OnnxGraph, translates
from nn.exchange.torch_state import load_torch_state, save_torch_state

__all__ = ["OnnxGraph", "export_onnx", "load_torch_state", "save_torch_state", "translates"]
