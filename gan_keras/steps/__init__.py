"""Pure pieces of a training step: losses, penalties, noise, targets, updates."""
