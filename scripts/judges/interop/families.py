"""The families that conversion is judged for: a line each of what they need."""

import dataclasses
import inspect
from collections.abc import Callable

import diffusers
import original_layouts
import transformers
from conversion import DIFFUSERS, PREFIX, TRANSFORMERS
from diffusers.loaders import single_file_utils
from tiny_models import CONFIGURATIONS


@dataclasses.dataclass(frozen=True)
class Family:
    kind: type
    # diffusers' tensors → those of the reference, and back by diffusers' own converter.
    original: Callable | None = None
    converter: Callable | None = None
    beyond: tuple = ()  # beginnings of names that the converter leaves out
    for_comfyui: bool = False  # whether ComfyUI has the original names behind a prefix
    prefixes: tuple = ()  # what files put before original names, or transformers' own
    single_file: bool = False  # whether diffusers loads one file of it
    # What no tensor tells: a file without config.json is taken to be of a published model.
    untold: tuple = ()

    @property
    def name(self):
        return self.kind.__name__

    @property
    def of_transformers(self):
        return issubclass(self.kind, transformers.PreTrainedModel)

    @property
    def stem(self):
        return TRANSFORMERS if self.of_transformers else DIFFUSERS

    @property
    def variants(self):
        return CONFIGURATIONS[self.name]


def convert_flux1(checkpoint, config, **_):
    """diffusers' converter, which has the width of the published models as a number in its code."""
    written = inspect.getsource(single_file_utils.convert_flux_transformer_checkpoint_to_diffusers)
    assert written.count("inner_dim = 3072") == 1
    width = config["num_attention_heads"] * config["attention_head_dim"]
    space = dict(vars(single_file_utils))
    exec(written.replace("inner_dim = 3072", f"inner_dim = {width}"), space)
    return space["convert_flux_transformer_checkpoint_to_diffusers"](checkpoint)


def convert_sd3(checkpoint, config, **_):
    return single_file_utils.convert_sd3_transformer_checkpoint_to_diffusers(checkpoint)


def convert_autoencoder(checkpoint, config, **_):
    return single_file_utils.convert_ldm_vae_checkpoint(checkpoint, config)


# Of a text encoder's configuration only the sizes count for what it computes.
TEXT = ("bos_token_id", "eos_token_id", "pad_token_id", "max_position_embeddings",
        "max_window_layers", "use_cache", "initializer_range", "initializer_factor", "rms_norm_eps",
        "hidden_act", "decoder_start_token_id", "layer_types")
LATENTS = ("sample_size", "scaling_factor", "shift_factor", "force_upcast")

FAMILIES = {family.name: family for family in (
    Family(diffusers.FluxTransformer2DModel, original_layouts.flux1, convert_flux1,
           for_comfyui=True, prefixes=(PREFIX,), single_file=True),
    Family(diffusers.SD3Transformer2DModel, original_layouts.sd3, convert_sd3,
           for_comfyui=True, prefixes=(PREFIX,), single_file=True, untold=("sample_size",)),
    Family(diffusers.AutoencoderKL, original_layouts.autoencoder, convert_autoencoder,
           prefixes=("first_stage_model.", "vae."), single_file=True, untold=LATENTS),
    Family(diffusers.AutoencoderKLFlux2, original_layouts.autoencoder, convert_autoencoder,
           beyond=("quant_conv.", "post_quant_conv.", "bn."),
           prefixes=("first_stage_model.", "vae."), untold=LATENTS),
    Family(transformers.Qwen3ForCausalLM, untold=TEXT),
    Family(transformers.Qwen3Model, untold=(*TEXT, "tie_word_embeddings")),
    Family(transformers.T5EncoderModel, prefixes=("text_encoders.t5xxl.transformer.",),
           untold=(*TEXT, "tie_word_embeddings", "scale_decoder_outputs")),
    Family(transformers.CLIPTextModel, untold=(*TEXT, "projection_dim")),
    Family(transformers.CLIPTextModelWithProjection,
           prefixes=("text_encoders.clip_l.transformer.", "text_encoders.clip_g.transformer."),
           untold=TEXT),
    Family(transformers.Mistral3ForConditionalGeneration,
           untold=("text_config.max_position_embeddings", "vision_config.image_size",
                   "vision_config.num_attention_heads")),
)}
