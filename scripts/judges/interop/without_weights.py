"""What save_pretrained writes of networks of any size, built without weights."""

import json
import pathlib
import tempfile
from unittest import mock

import torch
import transformers


def shapes(tensors):
    return {name: list(tensor.shape) for name, tensor in tensors.items()}


def saved(kind, configuration):
    """config.json, the tensors that are written, and all that the class has in memory."""
    written = {}
    of_transformers = issubclass(kind, transformers.PreTrainedModel)
    with torch.device("meta"):
        network = kind(kind.config_class(**configuration)) if of_transformers \
            else kind.from_config(configuration)
    with tempfile.TemporaryDirectory() as folder:
        if of_transformers:
            with mock.patch.object(transformers.modeling_utils, "safe_save_file",
                                   lambda tensors, *_, **__: written.update(tensors)):
                network.save_pretrained(folder)
        else:
            network.save_config(folder)
            written = network.state_dict()  # save_pretrained changes nothing
        values = json.loads((pathlib.Path(folder) / "config.json").read_text())
    return values, written, network.state_dict()
