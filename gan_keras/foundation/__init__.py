"""Errors, files and the command line, used by all packages. No TensorFlow."""
