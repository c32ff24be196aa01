"""The configurations of the published models: what their config.json says of the architecture.

Written down from knowledge of those files, without access to them. What a class takes by default
and the file does not say otherwise is left out.
"""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Model:
    package: str  # diffusers or transformers
    class_name: str
    configuration: dict
    repositories: tuple
    original: str | None = None  # the function of original_layouts, or the prefix in one file
    unchecked: tuple = ()


FLUX2 = {
    "patch_size": 1, "in_channels": 128, "out_channels": None, "attention_head_dim": 128,
    "timestep_guidance_channels": 256, "mlp_ratio": 3.0, "axes_dims_rope": [32, 32, 32, 32],
    "rope_theta": 2000, "eps": 1e-6,
}
FLUX1 = {
    "patch_size": 1, "in_channels": 64, "num_layers": 19, "num_single_layers": 38,
    "attention_head_dim": 128, "num_attention_heads": 24, "joint_attention_dim": 4096,
    "pooled_projection_dim": 768,
}
SD3 = {
    "sample_size": 128, "patch_size": 2, "in_channels": 16, "out_channels": 16, "num_layers": 24,
    "attention_head_dim": 64, "num_attention_heads": 24, "joint_attention_dim": 4096,
    "caption_projection_dim": 1536, "pooled_projection_dim": 2048, "pos_embed_max_size": 192,
}
AUTOENCODER = {
    "in_channels": 3, "out_channels": 3, "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4, "block_out_channels": [128, 256, 512, 512],
    "layers_per_block": 2, "act_fn": "silu", "norm_num_groups": 32, "sample_size": 1024,
    "mid_block_add_attention": True,
}
AUTOENCODER_16 = AUTOENCODER | {
    "latent_channels": 16, "force_upcast": True, "use_quant_conv": False,
    "use_post_quant_conv": False,
}
QWEN3 = {
    "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128,
    "vocab_size": 151936, "rms_norm_eps": 1e-6, "rope_theta": 1000000,
    "max_position_embeddings": 40960, "max_window_layers": 36, "bos_token_id": 151643,
    "eos_token_id": 151645,
}
CLIP = {"max_position_embeddings": 77, "vocab_size": 49408, "bos_token_id": 0, "eos_token_id": 2,
        "pad_token_id": 1, "layer_norm_eps": 1e-5}
CLIP_L = CLIP | {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
                 "num_attention_heads": 12, "projection_dim": 768, "hidden_act": "quick_gelu"}
CLIP_G = CLIP | {"hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32,
                 "num_attention_heads": 20, "projection_dim": 1280, "hidden_act": "gelu"}
MISTRAL3 = {
    "image_token_index": 10, "multimodal_projector_bias": False, "projector_hidden_act": "gelu",
    "spatial_merge_size": 2, "vision_feature_layer": -1, "tie_word_embeddings": False,
    "text_config": {
        "model_type": "mistral", "attention_dropout": 0.0, "head_dim": 128, "hidden_act": "silu",
        "hidden_size": 5120, "intermediate_size": 32768, "max_position_embeddings": 131072,
        "num_attention_heads": 32, "num_hidden_layers": 40, "num_key_value_heads": 8,
        "rms_norm_eps": 1e-5, "rope_theta": 1000000000.0, "sliding_window": None,
        "vocab_size": 131072,
    },
    "vision_config": {
        "model_type": "pixtral", "attention_dropout": 0.0, "head_dim": 64, "hidden_act": "silu",
        "hidden_size": 1024, "image_size": 1540, "intermediate_size": 4096,
        "num_attention_heads": 16, "num_channels": 3, "num_hidden_layers": 24, "patch_size": 14,
        "rope_theta": 10000.0,
    },
}
T5_XXL = {
    "d_model": 4096, "d_ff": 10240, "d_kv": 64, "num_layers": 24, "num_heads": 64,
    "vocab_size": 32128, "feed_forward_proj": "gated-gelu", "relative_attention_num_buckets": 32,
    "relative_attention_max_distance": 128, "layer_norm_epsilon": 1e-6, "eos_token_id": 1,
    "pad_token_id": 0, "decoder_start_token_id": 0, "tie_word_embeddings": False,
}


def diffusers(class_name, configuration, *repositories, original, unchecked=()):
    return Model("diffusers", class_name, configuration, repositories, original, unchecked)


def transformers(class_name, configuration, *repositories, original=None, unchecked=()):
    return Model("transformers", class_name, configuration, repositories, original, unchecked)


BFL = "black-forest-labs"
STABILITY = "stabilityai"
POSITION_IDS = ("Files of older versions of transformers may also have "
                "text_model.embeddings.position_ids, I64 [1, 77].")
EMBED_TOKENS = ("T5 files of other programs may also have encoder.embed_tokens.weight, which is "
                "shared.weight again.")

MODELS = {
    "flux2-dev": diffusers(
        "Flux2Transformer2DModel", FLUX2 | {
            "num_layers": 8, "num_single_layers": 48, "num_attention_heads": 48,
            "joint_attention_dim": 15360, "guidance_embeds": True},
        f"{BFL}/FLUX.2-dev", original="flux2"),
    "flux2-klein-9b": diffusers(
        "Flux2Transformer2DModel", FLUX2 | {
            "num_layers": 8, "num_single_layers": 24, "num_attention_heads": 32,
            "joint_attention_dim": 12288, "guidance_embeds": False},
        f"{BFL}/FLUX.2-klein-9B", f"{BFL}/FLUX.2-klein-base-9B", original="flux2"),
    "flux2-klein-4b": diffusers(
        "Flux2Transformer2DModel", FLUX2 | {
            "num_layers": 5, "num_single_layers": 20, "num_attention_heads": 24,
            "joint_attention_dim": 7680, "guidance_embeds": False},
        f"{BFL}/FLUX.2-klein-4B", f"{BFL}/FLUX.2-klein-base-4B", original="flux2"),
    "flux1-dev": diffusers(
        "FluxTransformer2DModel", FLUX1 | {"guidance_embeds": True},
        f"{BFL}/FLUX.1-dev", original="flux1"),
    "flux1-schnell": diffusers(
        "FluxTransformer2DModel", FLUX1 | {"guidance_embeds": False},
        f"{BFL}/FLUX.1-schnell", original="flux1"),
    "sd3-medium": diffusers(
        "SD3Transformer2DModel", SD3,
        f"{STABILITY}/stable-diffusion-3-medium-diffusers", original="sd3"),
    "sd3.5-medium": diffusers(
        "SD3Transformer2DModel", SD3 | {
            "pos_embed_max_size": 384, "qk_norm": "rms_norm",
            "dual_attention_layers": list(range(13))},
        f"{STABILITY}/stable-diffusion-3.5-medium", original="sd3"),
    "sd3.5-large": diffusers(
        "SD3Transformer2DModel", SD3 | {
            "num_layers": 38, "num_attention_heads": 38, "caption_projection_dim": 2432,
            "qk_norm": "rms_norm"},
        f"{STABILITY}/stable-diffusion-3.5-large", original="sd3"),
    "mistral-small-3.2-24b": transformers(
        "Mistral3ForConditionalGeneration", MISTRAL3,
        "mistralai/Mistral-Small-3.2-24B-Instruct-2506", f"{BFL}/FLUX.2-dev"),
    "qwen3-8b": transformers(
        "Qwen3ForCausalLM", QWEN3 | {
            "hidden_size": 4096, "intermediate_size": 12288, "tie_word_embeddings": False},
        "Qwen/Qwen3-8B", f"{BFL}/FLUX.2-klein-9B"),
    "qwen3-4b": transformers(
        "Qwen3ForCausalLM", QWEN3 | {
            "hidden_size": 2560, "intermediate_size": 9728, "tie_word_embeddings": True},
        "Qwen/Qwen3-4B", f"{BFL}/FLUX.2-klein-4B"),
    "t5-xxl": transformers(
        "T5EncoderModel", T5_XXL, "google/t5-v1_1-xxl", f"{BFL}/FLUX.1-dev",
        f"{STABILITY}/stable-diffusion-3-medium-diffusers",
        original="text_encoders.t5xxl.transformer.", unchecked=(EMBED_TOKENS,)),
    "clip-l": transformers(
        "CLIPTextModel", CLIP_L, "openai/clip-vit-large-patch14", f"{BFL}/FLUX.1-dev",
        unchecked=(POSITION_IDS,)),
    "clip-l-projection": transformers(
        "CLIPTextModelWithProjection", CLIP_L, "openai/clip-vit-large-patch14",
        f"{STABILITY}/stable-diffusion-3-medium-diffusers",
        original="text_encoders.clip_l.transformer.", unchecked=(
            POSITION_IDS,
            "diffusers takes the identity for text_projection.weight of CLIP-L in one file, "
            "whether the file has it or not.")),
    "clip-g": transformers(
        "CLIPTextModelWithProjection", CLIP_G, "laion/CLIP-ViT-bigG-14-laion2B-39B-b160k",
        f"{STABILITY}/stable-diffusion-3-medium-diffusers",
        original="text_encoders.clip_g.transformer.", unchecked=(POSITION_IDS,)),
    "autoencoder-flux2": diffusers(
        "AutoencoderKLFlux2", AUTOENCODER | {
            "latent_channels": 32, "use_quant_conv": True,
            "use_post_quant_conv": True, "batch_norm_eps": 1e-4, "batch_norm_momentum": 0.1,
            "patch_size": [2, 2]},
        f"{BFL}/FLUX.2-dev", f"{BFL}/FLUX.2-klein-4B", f"{BFL}/FLUX.2-klein-9B",
        original="autoencoder"),
    "autoencoder-flux2-small-decoder": diffusers(
        "AutoencoderKLFlux2", AUTOENCODER | {
            "latent_channels": 32, "use_quant_conv": True,
            "use_post_quant_conv": True, "batch_norm_eps": 1e-4, "batch_norm_momentum": 0.1,
            "patch_size": [2, 2], "decoder_block_out_channels": [96, 192, 384, 384]},
        f"{BFL}/FLUX.2-small-decoder", original="autoencoder"),
    "autoencoder-flux1": diffusers(
        "AutoencoderKL", AUTOENCODER_16 | {"scaling_factor": 0.3611, "shift_factor": 0.1159},
        f"{BFL}/FLUX.1-dev", f"{BFL}/FLUX.1-schnell", original="autoencoder"),
    "autoencoder-sd3": diffusers(
        "AutoencoderKL", AUTOENCODER_16 | {"scaling_factor": 1.5305, "shift_factor": 0.0609},
        f"{STABILITY}/stable-diffusion-3-medium-diffusers",
        f"{STABILITY}/stable-diffusion-3.5-large", original="autoencoder"),
}
