"""What a runtime makes of an export."""

import typing

import torch


class Loaded(typing.NamedTuple):
    """`values` are the weights by diffusers' names; `velocities` what the network predicts with them.

    `limit` is how far the velocities may be from float32, which follows from the arithmetic.
    """

    values: dict[str, torch.Tensor]
    velocities: torch.Tensor
    arithmetic: str
    limit: float
    note: str = ""
