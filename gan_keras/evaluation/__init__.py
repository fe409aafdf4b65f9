"""Scores of images and points: arrays in, numbers out. Knows nothing of GANs."""
