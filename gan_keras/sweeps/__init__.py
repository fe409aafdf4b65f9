"""Sweeps: the runs of a study, here or on a cluster, and what they say. No TensorFlow."""
