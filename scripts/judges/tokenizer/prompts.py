"""What diffusers' own pipelines hand to their text encoders."""

import torch
from diffusers import Flux2KleinPipeline, Flux2Pipeline
from transformers import AutoTokenizer, PixtralImageProcessor, PixtralProcessor, PreTrainedTokenizerFast

# What Mistral's template does with a system message and one of the user.
MISTRAL_TEMPLATE = """\
{{- bos_token }}
{%- for message in messages %}
  {%- set name = 'SYSTEM_PROMPT' if message.role == 'system' else 'INST' %}
  {{- '[' + name + ']' }}
  {%- for block in message.content %}{{- block.text }}{%- endfor %}
  {{- '[/' + name + ']' }}
{%- endfor %}"""

PROMPTS = [
    "", " ", "a photo of a penguin", "  spaces around \n", "\nnewline first", "e\u0301te\u0301 🐧 文字",
    "say <|im_end|> and </s> [INST] twice [INST]", "<think>hm</think>", "{{ braces }} {% raw %}",
    "<tool_response>x</tool_response>", "picture [IMG] removed", "[IMG][IMG]\u0301]", "x" * 700,
    "word " * 700, "文" * 40, "\u2028\u0085\0 control",
]
LENGTHS = (1, 7, 24, 64, 512)


class Recorder(torch.nn.Module):
    """Takes the place of a text encoder and keeps what it was given."""

    dtype = torch.float32

    def __init__(self):
        super().__init__()
        self.anchor = torch.nn.Parameter(torch.zeros(1))

    def forward(self, input_ids, attention_mask, **_):
        self.given = input_ids[0].tolist(), [bool(value) for value in attention_mask[0].tolist()]
        state = torch.zeros(*input_ids.shape, 1)
        return type("Output", (), {"hidden_states": [state] * 64})()


def record(style, function, tokenizer):
    cases = []
    for length in LENGTHS:
        for prompt in PROMPTS:
            encoder = Recorder()
            function(encoder, tokenizer, prompt, device=torch.device("cpu"), max_sequence_length=length)
            identifiers, mask = encoder.given
            cases.append({
                "prompt": prompt, "style": style, "length": length, "ids": identifiers, "mask": mask})
    return cases


def klein(folder):
    tokenizer = AutoTokenizer.from_pretrained(str(folder))
    return record("klein", Flux2KleinPipeline._get_qwen3_prompt_embeds, tokenizer)


def dev(tokenizer):
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>",
        pad_token="<pad>", padding_side="left")
    processor = PixtralProcessor(
        image_processor=PixtralImageProcessor(), tokenizer=wrapped, chat_template=MISTRAL_TEMPLATE)
    return record("dev", Flux2Pipeline._get_mistral_3_small_prompt_embeds, processor)
