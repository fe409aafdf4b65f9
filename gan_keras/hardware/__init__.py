"""Devices, and what a step must do to be the same on several of them."""
