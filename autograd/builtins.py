"""HIPS autograd's `builtins`: containers, and `isinstance` and `type` of what nodes hold."""

from autograd.hips.boxes import Box, DictBox, SequenceBox
from autograd.hips.containers import (
    container_take,
    container_untake,
    dict,
    isinstance,
    list,
    make_sequence,
    sequence_extend_left,
    sequence_extend_right,
    tuple,
    type,
)
from autograd.hips.spaces import (
    ContainerVSpace,
    DictVSpace,
    ListVSpace,
    NamedTupleVSpace,
    SequenceVSpace,
    TupleVSpace,
)

__all__ = [
    "Box",
    "ContainerVSpace",
    "DictBox",
    "DictVSpace",
    "ListVSpace",
    "NamedTupleVSpace",
    "SequenceBox",
    "SequenceVSpace",
    "TupleVSpace",
    "container_take",
    "container_untake",
    "dict",
    "isinstance",
    "list",
    "make_sequence",
    "sequence_extend_left",
    "sequence_extend_right",
    "tuple",
    "type",
]
