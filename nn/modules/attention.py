"""Attention, and the block that transformers repeat."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

import autograd as ag
from autograd import Tensor
from nn.data import Array, Rng
from nn.init import as_generator, weights
from nn.modules.activations import ActivationLike, as_module
from nn.modules.layers import Dropout, Linear, of_width
from nn.modules.module import Module
from nn.modules.normalization import LayerNorm
from nn.registry import register


def causal_mask(queries: int, keys: int, dtype: DTypeLike) -> Array:
    """0 where a query may look, and -∞ at all later keys: (queries, keys)."""
    mask: Array = np.triu(np.full((queries, keys), -np.inf, dtype), 1)
    return mask


def scaled_dot_product_attention(
    query: ArrayLike | Tensor,
    key: ArrayLike | Tensor,
    value: ArrayLike | Tensor,
    attn_mask: ArrayLike | Tensor | None = None,
    *,
    is_causal: bool = False,
    scale: float | None = None,
) -> Tensor | Any:
    """softmax(Q Kᵀ · scale + mask) V, the mean of the values whose keys are like the query.

    query is (..., queries, features), key (..., keys, features) and value (..., keys, width).
    attn_mask: broadcasts to (..., queries, keys); numbers are added, and booleans tell which keys
        take part.
    is_causal: whether query i looks at the keys up to i only.
    scale: by default 1/√features.

    Where all keys of a query are masked, its result is NaN, as in PyTorch. (Vaswani et al. 2017.)

    >>> import numpy as np
    >>> q = k = np.zeros((2, 1))
    >>> scaled_dot_product_attention(q, k, np.array([[1.0], [3.0]]), is_causal=True)
    array([[1.],
           [2.]])
    """
    q, k, v = ag.array(query), ag.array(key), ag.array(value)
    return _weights(q, k, attn_mask, is_causal, scale) @ v


def _weights(
    q: Any, k: Any, mask: Any = None, is_causal: bool = False, scale: float | None = None
) -> Any:
    """How much each query takes of each value."""
    scale = 1 / math.sqrt(q.shape[-1]) if scale is None else scale
    scores = (q * scale) @ ag.matrix_transpose(k)
    if is_causal:
        scores = scores + causal_mask(q.shape[-2], k.shape[-2], scores.dtype)
    if mask is not None:
        data = ag.captured(ag.array(mask))
        if data.dtype.kind == "b":
            scores = ag.where(data, scores, -np.inf)
        else:
            scores = scores + ag.cast(data, scores.dtype)
    return ag.softmax(scores)


@register
class MultiheadAttention(Module):
    """Attention by several heads, each with its own projections of queries, keys and values.

    embed_dim: the number of features, a multiple of ``num_heads``.
    dropout: the fraction of attention weights dropped in training mode.
    bias: whether the projections have a bias.
    kdim, vdim: the number of features of keys and of values, by default ``embed_dim``.
    batch_first: whether inputs are (n, length, embed_dim), and not (length, n, embed_dim). They may
        also be one sequence, (length, embed_dim).

    Called as ``attention(query, key, value)`` it returns the outputs and the weights, averaged over
    the heads:

    key_padding_mask: (n, keys), True for keys that are left out.
    need_weights: False returns None in place of the weights.
    attn_mask: (queries, keys) or (n · num_heads, queries, keys); numbers are added to the scores,
        and True leaves a key out.
    average_attn_weights: False returns the weights of each head.
    is_causal: leaves out the keys after each query; no attn_mask is needed for it.

    Parameters and arguments are PyTorch's. Raises ``ValueError`` for inputs of another width.
    (Vaswani et al. 2017.)

    >>> import numpy as np
    >>> attention = MultiheadAttention(8, 2, batch_first=True, rng=0)
    >>> x = np.ones((5, 3, 8))
    >>> outputs, shares = attention(x, x, x, is_causal=True)
    >>> outputs.shape, shares[0].numpy().round(2).tolist()
    ((5, 3, 8), [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.33, 0.33, 0.33]])
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        rng: Rng | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if num_heads < 1 or embed_dim < 1 or embed_dim % num_heads:
            raise ValueError(
                f"MultiheadAttention: embed_dim={embed_dim} must be a multiple of "
                f"num_heads={num_heads}"
            )
        generator = as_generator(rng)
        self.in_proj_weight: Tensor | None = None
        widths = {"q": embed_dim, "k": kdim or embed_dim, "v": vdim or embed_dim}
        if set(widths.values()) == {embed_dim}:
            rows = weights("xavier", (3 * embed_dim, embed_dim), generator, dtype)
            self.in_proj_weight = Tensor(rows, "in_proj_weight")
        else:
            for part, width in widths.items():
                rows = weights("xavier", (embed_dim, width), generator, dtype)
                setattr(self, f"{part}_proj_weight", Tensor(rows, f"{part}_proj_weight"))
        zeros = np.zeros(3 * embed_dim, dtype)
        self.in_proj_bias: Tensor | None = Tensor(zeros, "in_proj_bias") if bias else None
        self.out_proj: Linear = Linear(embed_dim, embed_dim, bias, rng=generator, dtype=dtype)
        self.dropout: Dropout | None = Dropout(dropout, generator) if dropout else None
        self.num_heads = num_heads
        self.batch_first = batch_first

    def forward(
        self,
        query: ArrayLike | Tensor,
        key: ArrayLike | Tensor,
        value: ArrayLike | Tensor,
        key_padding_mask: ArrayLike | Tensor | None = None,
        need_weights: bool = True,
        attn_mask: ArrayLike | Tensor | None = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        projections = self._projections()
        width = self.out_proj.weight.shape[0]
        same = query is key and key is value and self.in_proj_weight is not None
        inputs = [query] if same else [query, key, value]
        data = [
            of_width(self, x, weight.shape[1])
            for x, weight in zip(inputs, projections, strict=False)
        ]
        single = data[0].ndim == 2
        if single:
            data = [ag.expand_dims(x, 0) for x in data]
        elif not self.batch_first:
            data = [ag.swapaxes(x, 0, 1) for x in data]
        q, k, v = self._project(data, projections)
        mask = self._mask(key_padding_mask, attn_mask, q.shape, k.shape[2])
        shares = _weights(q, k, mask, is_causal)
        if self.dropout is not None:
            shares = self.dropout(shares)
        n, length = q.shape[0], q.shape[2]
        outputs = ag.reshape(ag.swapaxes(shares @ v, 1, 2), (n, length, width))
        outputs = self.out_proj(outputs)
        if average_attn_weights and need_weights:
            shares = ag.mean(shares, 1)
        if single:
            outputs, shares = outputs[0], shares[0]
        elif not self.batch_first:
            outputs = ag.swapaxes(outputs, 0, 1)
        return outputs, shares if need_weights else None

    def _projections(self) -> list[Any]:
        """The weights for all three, or those for queries, for keys and for values."""
        if self.in_proj_weight is not None:
            return [self.in_proj_weight] * 3
        return [getattr(self, f"{part}_proj_weight") for part in "qkv"]

    def _project(self, data: list[Any], projections: list[Any]) -> tuple[Any, Any, Any]:
        """Queries, keys and values of each head: (n, heads, length, features)."""
        bias, width = self.in_proj_bias, self.out_proj.weight.shape[0]
        if len(data) == 1:  # all three in one product
            z = data[0] @ projections[0].T
            z = z if bias is None else z + bias
            parts = ag.transpose(self._heads(z, 3), (2, 0, 3, 1, 4))
            return parts[0], parts[1], parts[2]
        found = []
        for number, (x, weight) in enumerate(zip(data, projections, strict=True)):
            rows = slice(number * width, (number + 1) * width)
            z = x @ (weight if self.in_proj_weight is None else weight[rows]).T
            z = z if bias is None else z + bias[rows]
            found.append(ag.transpose(self._heads(z, 1), (2, 0, 3, 1, 4))[0])
        q, k, v = found
        return q, k, v

    def _heads(self, z: Any, parts: int) -> Any:
        """The features of each part and head apart."""
        n, length, width = z.shape
        heads = self.num_heads
        return ag.reshape(z, (n, length, parts, heads, width // (parts * heads)))

    def _mask(self, padding: Any, attn_mask: Any, shape: Any, keys: int) -> Any:
        """What is added to the scores (n, heads, queries, keys); None for nothing."""
        n, heads, length, _ = shape
        total = None
        if attn_mask is not None:
            total = _as_numbers(attn_mask, self.out_proj.weight.dtype)
            if total.ndim == 3:
                total = ag.reshape(total, (n, heads, length, keys))
        if padding is not None:
            own = _as_numbers(padding, self.out_proj.weight.dtype)
            own = ag.reshape(own, (n, 1, 1, keys))
            total = own if total is None else total + own
        return total


def _as_numbers(mask: Any, dtype: DTypeLike) -> Any:
    """A mask as numbers to be added: -∞ where it is True."""
    data = ag.captured(ag.array(mask))
    if data.dtype.kind != "b":
        return data
    return ag.cast(ag.where(data, -np.inf, 0.0), dtype)


@register
class TransformerBlock(Module):
    """x + attention(norm(x)), and then x + mlp(norm(x)), from (n, length, d_model) to the same.

    d_model, nhead: the number of features, and of heads of the attention.
    dim_feedforward: the number of units of the MLP, by default 4 d_model.
    dropout: the fraction dropped of attention weights, units and results, in training mode.
    activation: of the MLP.
    norm_first: whether to normalise before each part, as GPT-2 does, or after it, as in the first
        paper: norm(x + attention(x)).
    causal: whether a place looks at those before it only, as for language models.

    Called with x and, where needed, ``mask``, the ``attn_mask`` of ``MultiheadAttention``, and
    ``key_padding_mask``. Parameters are those of PyTorch's ``TransformerEncoderLayer``. (Vaswani et
    al. 2017; Xiong et al. 2020.)

    >>> import numpy as np
    >>> block = TransformerBlock(8, 2, causal=True, rng=0)
    >>> block(np.zeros((5, 3, 8))).shape, block.num_parameters()
    ((5, 3, 8), 872)
    """

    def __init__(
        self,
        d_model: int,
        nhead: int,
        dim_feedforward: int | None = None,
        dropout: float = 0.0,
        activation: ActivationLike = "gelu",
        *,
        norm_first: bool = True,
        causal: bool = False,
        eps: float = 1e-5,
        rng: Rng | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        generator = as_generator(rng)
        units = dim_feedforward or 4 * d_model
        self.self_attn: MultiheadAttention = MultiheadAttention(
            d_model, nhead, dropout, batch_first=True, rng=generator, dtype=dtype
        )
        self.linear1: Linear = Linear(d_model, units, rng=generator, dtype=dtype)
        self.dropout: Dropout | None = Dropout(dropout, generator) if dropout else None
        self.linear2: Linear = Linear(units, d_model, rng=generator, dtype=dtype)
        self.norm1: LayerNorm = LayerNorm(d_model, eps=eps, dtype=dtype)
        self.norm2: LayerNorm = LayerNorm(d_model, eps=eps, dtype=dtype)
        self.activation: Module = as_module(activation, dtype)
        self.norm_first = norm_first
        self.causal = causal

    def forward(
        self,
        x: ArrayLike | Tensor,
        mask: ArrayLike | Tensor | None = None,
        key_padding_mask: ArrayLike | Tensor | None = None,
    ) -> Tensor | Any:
        data = of_width(self, x, self.norm1.weight.shape[0])
        if self.norm_first:
            data = data + self._attend(self.norm1(data), mask, key_padding_mask)
            return data + self._feed(self.norm2(data))
        data = self.norm1(data + self._attend(data, mask, key_padding_mask))
        return self.norm2(data + self._feed(data))

    def _attend(self, x: Any, mask: Any, padding: Any) -> Any:
        out, _ = self.self_attn(x, x, x, padding, False, mask, is_causal=self.causal)
        return self._dropped(out)

    def _feed(self, x: Any) -> Any:
        return self._dropped(self.linear2(self._dropped(self.activation(self.linear1(x)))))

    def _dropped(self, x: Any) -> Any:
        return x if self.dropout is None else self.dropout(x)
