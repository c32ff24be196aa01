"""diffusers' FLUX.2 transformer with the factors of its products rounded, as an emulation of a runtime
that multiplies in bfloat16 or in W8A8: what is rounded is rounded before a product in wide floats.

In the blocks, every linear layer has both factors rounded; `context_embedder` has them in bfloat16 in
both arithmetics, as have queries, keys, probabilities and values of attention. The rest of the network
(embedders of latents and of noise level, modulations, norms, the last projection) is left alone.
"""

import contextlib
import types

import torch
from diffusers import Flux2Transformer2DModel
from diffusers.models.transformers import transformer_flux2
from safetensors.torch import load_file

BLOCKS = ("transformer_blocks.", "single_transformer_blocks.")


def bfloat16(values):
    """The nearest numbers with 8 significant bits, ties to even."""
    return values.to(torch.float32).to(torch.bfloat16).to(values.dtype)


def codes_by_row(values):
    """Integers -127 … 127 and the scale of each row, its largest magnitude / 127."""
    scales = values.abs().amax(dim=-1, keepdim=True) / 127
    return torch.where(scales > 0, torch.round(values / scales), 0.0), scales


def codes_by_tensor(values):
    """The same with one scale for the whole tensor: not what W8A8 by token is."""
    scale = values.abs().amax() / 127
    return torch.round(values / scale), scale.reshape(1, 1)


def product_bfloat16(tokens, weights):
    return bfloat16(tokens) @ bfloat16(weights).T


def product_int8(tokens, weights, token_codes=codes_by_row):
    (tokens, token_scales), (weights, weight_scales) = token_codes(tokens), codes_by_row(weights)
    # Sums of integers below 2^53, so exact.
    sums = (tokens.double() @ weights.double().T).to(token_scales.dtype)
    return sums * token_scales * weight_scales.reshape(1, -1)


def product_weights_only(tokens, weights):
    """Weights in int8 and tokens as they are."""
    codes, scales = codes_by_row(weights)
    return tokens @ (codes * scales).T


def attention(round_factor):
    def attend(query, key, value, attn_mask=None, **_):
        # [B, S, H, K] → [B, H, S, K]
        query, key, value = (factor.transpose(1, 2) for factor in (query, key, value))
        scores = round_factor(query * query.shape[-1] ** -0.5) @ round_factor(key).transpose(2, 3)
        return (round_factor(scores.softmax(dim=-1)) @ round_factor(value)).transpose(1, 2)
    return attend


class RoundedNetwork:
    """A transformer from a folder's configuration and some weights, in a float type."""

    def __init__(self, folder, weights, dtype):
        config = Flux2Transformer2DModel.load_config(folder)
        self.dtype = dtype
        self.model = Flux2Transformer2DModel.from_config(config)
        self.model.load_state_dict({name: value.float() for name, value in weights.items()})
        self.model.eval().to(dtype)

    @contextlib.contextmanager
    def rounded(self, product, round_attention=bfloat16, round_text=product_bfloat16):
        """Inside, products of blocks are `product`, those of attention and text as given."""
        linears = [(name, module) for name, module in self.model.named_modules()
                   if isinstance(module, torch.nn.Linear)]
        usual = transformer_flux2.dispatch_attention_fn
        for name, module in linears:
            chosen = product if name.startswith(BLOCKS) else (
                round_text if name == "context_embedder" else None)
            if chosen:
                assert module.bias is None, f"{name} has a bias"
                module.forward = types.MethodType(
                    lambda self, x, chosen=chosen: chosen(
                        x.reshape(-1, x.shape[-1]), self.weight).reshape(*x.shape[:-1], -1), module)
        transformer_flux2.dispatch_attention_fn = attention(round_attention)
        try:
            yield
        finally:
            transformer_flux2.dispatch_attention_fn = usual
            for _, module in linears:
                module.__dict__.pop("forward", None)

    def velocity(self, latents, text, sigma, height, width):
        """The prediction `[T, C]` in float64."""
        rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        zeros = torch.zeros_like(rows)
        image_ids = torch.stack([zeros, rows, columns, zeros], dim=-1).reshape(1, -1, 4)
        text_ids = torch.zeros(1, text.shape[0], 4, dtype=torch.long)
        text_ids[0, :, 3] = torch.arange(text.shape[0])
        with torch.no_grad():
            return self.model(
                hidden_states=latents[None].to(self.dtype),
                encoder_hidden_states=text[None].to(self.dtype),
                timestep=torch.tensor([sigma], dtype=self.dtype), img_ids=image_ids,
                txt_ids=text_ids, guidance=None, return_dict=False)[0][0].double()


def load_transformer(folder):
    """The weights of a folder of shards, in float32."""
    weights = {}
    for path in sorted(folder.glob("*.safetensors")):
        weights |= {name: value.float() for name, value in load_file(path).items()}
    return weights
