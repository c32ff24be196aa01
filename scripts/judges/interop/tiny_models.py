"""Tiny configurations of every class: networks that run in milliseconds, with every kind of tensor."""

QWEN3 = {
    "hidden_size": 48, "intermediate_size": 80, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 16, "vocab_size": 96, "max_position_embeddings": 64,
    "max_window_layers": 3, "bos_token_id": 1, "eos_token_id": 2,
}
CLIP = {
    "hidden_size": 32, "intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4,
    "projection_dim": 32, "vocab_size": 96, "max_position_embeddings": 77, "bos_token_id": 0,
    "eos_token_id": 2, "pad_token_id": 1, "hidden_act": "quick_gelu",
}
CONFIGURATIONS = {
    "Qwen3ForCausalLM": QWEN3 | {"tie_word_embeddings": False},
    "Qwen3Model": QWEN3,
    "T5EncoderModel": {
        "d_model": 40, "d_ff": 56, "d_kv": 8, "num_layers": 3, "num_heads": 4, "vocab_size": 96,
        "feed_forward_proj": "gated-gelu", "tie_word_embeddings": False},
    "CLIPTextModel": CLIP,
    "CLIPTextModelWithProjection": CLIP | {"hidden_size": 48, "projection_dim": 48,
                                           "hidden_act": "gelu"},
    "Mistral3ForConditionalGeneration": {
        "image_token_index": 10, "tie_word_embeddings": False, "spatial_merge_size": 2,
        "text_config": {
            "model_type": "mistral", "hidden_size": 48, "intermediate_size": 80, "head_dim": 16,
            "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 3,
            "vocab_size": 96, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
            "sliding_window": None},
        "vision_config": {
            "model_type": "pixtral", "hidden_size": 32, "intermediate_size": 64, "head_dim": 8,
            "num_attention_heads": 4, "num_hidden_layers": 2, "image_size": 56, "patch_size": 14,
            "hidden_act": "silu"}},
}


def tiny_configuration(class_name):
    return CONFIGURATIONS[class_name]
