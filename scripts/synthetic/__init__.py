"""Checkpoints with the shapes of published models, and random numbers or holes for weights."""
