"""Tiny networks of every class: they run in milliseconds and have every kind of tensor.

Head sizes, groups of norms and axes of rotary embeddings are the published ones, for no shape tells
them; widths and depths have nothing in common with those of published models or with each other.
"""

import torch
import transformers

FLUX1 = {
    "num_attention_heads": 2, "attention_head_dim": 128, "axes_dims_rope": (16, 56, 56),
    "num_layers": 2, "num_single_layers": 3, "joint_attention_dim": 40, "pooled_projection_dim": 24,
    "in_channels": 12, "guidance_embeds": True,
}
SD3 = {
    "sample_size": 8, "patch_size": 2, "in_channels": 16, "out_channels": 16, "num_layers": 3,
    "attention_head_dim": 64, "num_attention_heads": 2, "joint_attention_dim": 40,
    "caption_projection_dim": 128, "pooled_projection_dim": 24, "pos_embed_max_size": 6,
}
AUTOENCODER = {
    "down_block_types": ("DownEncoderBlock2D",) * 4, "up_block_types": ("UpDecoderBlock2D",) * 4,
    "block_out_channels": (32, 32, 64, 96), "layers_per_block": 2, "norm_num_groups": 32,
    "sample_size": 32,
}
AUTOENCODER_16 = AUTOENCODER | {
    "latent_channels": 16, "use_quant_conv": False, "use_post_quant_conv": False,
    "scaling_factor": 0.3611, "shift_factor": 0.1159,
}
QWEN3 = {
    "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 128, "vocab_size": 96, "max_position_embeddings": 64,
    "max_window_layers": 3, "bos_token_id": 1, "eos_token_id": 2, "rope_theta": 1000000,
    "rms_norm_eps": 1e-6,
}
CLIP = {
    "hidden_size": 128, "intermediate_size": 512, "num_hidden_layers": 3, "num_attention_heads": 2,
    "projection_dim": 128, "vocab_size": 96, "max_position_embeddings": 77, "bos_token_id": 0,
    "eos_token_id": 2, "pad_token_id": 1, "hidden_act": "quick_gelu",
}
MISTRAL3 = {
    "image_token_index": 10, "tie_word_embeddings": False, "spatial_merge_size": 2,
    "text_config": {
        "model_type": "mistral", "hidden_size": 48, "intermediate_size": 80, "head_dim": 128,
        "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 3,
        "vocab_size": 96, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
        "rope_theta": 1000000000.0, "sliding_window": None},
    "vision_config": {
        "model_type": "pixtral", "hidden_size": 128, "intermediate_size": 96, "head_dim": 64,
        "num_attention_heads": 2, "num_hidden_layers": 2, "image_size": 56, "patch_size": 14,
        "hidden_act": "silu", "rope_theta": 10000.0},
}
T5 = {
    "d_model": 40, "d_ff": 56, "d_kv": 64, "num_layers": 3, "num_heads": 2, "vocab_size": 96,
    "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False,
}

# class → variant → configuration
CONFIGURATIONS = {
    "FluxTransformer2DModel": {
        "dev": FLUX1,
        "schnell": FLUX1 | {"guidance_embeds": False, "num_attention_heads": 1},
        # More than nine blocks of a kind: "10" sorts before "2".
        "deep": FLUX1 | {"num_layers": 11, "num_single_layers": 12, "num_attention_heads": 1}},
    "SD3Transformer2DModel": {
        "3": SD3,
        "3.5-large": SD3 | {"qk_norm": "rms_norm", "num_attention_heads": 3,
                            "caption_projection_dim": 192},
        "3.5-medium": SD3 | {"qk_norm": "rms_norm", "dual_attention_layers": (0, 1)},
        "deep": SD3 | {"num_layers": 11, "qk_norm": "rms_norm", "num_attention_heads": 1,
                       "caption_projection_dim": 64, "dual_attention_layers": (0, 1, 2)}},
    "AutoencoderKL": {"flux": AUTOENCODER_16,
                      "sd3": AUTOENCODER_16 | {"scaling_factor": 1.5305, "shift_factor": 0.0609}},
    "AutoencoderKLFlux2": {
        "full": AUTOENCODER | {"latent_channels": 32},
        "small-decoder": AUTOENCODER | {"latent_channels": 32,
                                        "decoder_block_out_channels": (32, 64, 64, 32)}},
    "Qwen3ForCausalLM": {"8b": QWEN3 | {"tie_word_embeddings": False},
                         "4b": QWEN3 | {"tie_word_embeddings": True}},
    "Qwen3Model": {"": QWEN3},
    "T5EncoderModel": {"xxl": T5},
    "CLIPTextModel": {"l": CLIP},
    "CLIPTextModelWithProjection": {
        "l": CLIP, "g": CLIP | {"hidden_size": 192, "num_attention_heads": 3,
                                "projection_dim": 192, "intermediate_size": 768,
                                "hidden_act": "gelu"}},
    "Mistral3ForConditionalGeneration": {"small": MISTRAL3},
}


def tiny_configuration(class_name, variant=None):
    variants = CONFIGURATIONS[class_name]
    return variants[variant if variant is not None else next(iter(variants))]


def fill(network, generator):
    """Random weights everywhere, also where a new network has ones, zeros or sines."""
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                values = 0.1 * torch.randn(tensor.shape, generator=generator)
                tensor.copy_(1 + values.abs() if name.endswith("running_var") else values)


def build(kind, configuration, dtype=torch.float32, seed=0):
    """A network of the class with random weights."""
    network = kind(kind.config_class(**configuration)) \
        if issubclass(kind, transformers.PreTrainedModel) else kind(**configuration)
    # Only what is saved: the frequencies of rotary embeddings stay in float32, as in a loaded network.
    names = network.state_dict().keys()
    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        if name in names and tensor.is_floating_point():
            tensor.data = tensor.data.to(dtype)
    fill(network, torch.Generator().manual_seed(seed))
    return network.eval()


def outputs(network, seed=1):
    """What the network computes from inputs that are the same for all of its configuration."""
    generator = torch.Generator().manual_seed(seed)
    dtype = next(network.parameters()).dtype

    def random(*shape):
        return torch.randn(shape, generator=generator).to(dtype)

    with torch.no_grad():
        return OUTPUTS[type(network).__name__](network, random)


def flux1(network, random):
    config = network.config
    return [network(
        hidden_states=random(1, 6, config.in_channels),
        encoder_hidden_states=random(1, 3, config.joint_attention_dim),
        pooled_projections=random(1, config.pooled_projection_dim),
        timestep=torch.tensor([0.7]).to(network.dtype),
        guidance=torch.tensor([4.0]).to(network.dtype) if config.guidance_embeds else None,
        img_ids=torch.tensor([[0, row, column] for row in range(2) for column in range(3)]),
        txt_ids=torch.zeros(3, 3)).sample]


def sd3(network, random):
    config = network.config
    return [network(
        hidden_states=random(1, config.in_channels, 8, 8),
        encoder_hidden_states=random(1, 3, config.joint_attention_dim),
        pooled_projections=random(1, config.pooled_projection_dim),
        timestep=torch.tensor([700.0]).to(network.dtype)).sample]


def autoencoder(network, random):
    latent = network.encode(random(1, 3, 16, 16)).latent_dist.mean
    return [latent, network.decode(latent).sample]


TOKENS = torch.tensor([[5, 9, 33, 71, 2, 1, 1]])


def text(network, _):
    """The states after every layer, of which pipelines pick some, and what comes of the last."""
    result = network(input_ids=TOKENS, output_hidden_states=True)
    last = [result[key] for key in ("logits", "text_embeds", "pooler_output", "last_hidden_state")
            if result.get(key) is not None]
    return [*result.hidden_states, *last]


def text_and_image(network, random):
    tokens = torch.tensor([[5, 9, 10, 10, 33, 71, 2]])  # both 10 are the picture
    result = network(input_ids=tokens, pixel_values=random(1, 3, 28, 56),
                     image_sizes=torch.tensor([[28, 56]]), output_hidden_states=True)
    return [*result.hidden_states, result.logits]


OUTPUTS = {
    "FluxTransformer2DModel": flux1, "SD3Transformer2DModel": sd3, "AutoencoderKL": autoencoder,
    "AutoencoderKLFlux2": autoencoder, "Qwen3ForCausalLM": text, "Qwen3Model": text,
    "T5EncoderModel": text, "CLIPTextModel": text, "CLIPTextModelWithProjection": text,
    "Mistral3ForConditionalGeneration": text_and_image,
}
