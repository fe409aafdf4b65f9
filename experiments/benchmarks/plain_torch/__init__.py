"""The benchmarked GANs in PyTorch, layer for layer, with its own optimizers and dropout.

Each module has `make(image_shape, num_classes)`; `train_step(images, labels)` of what it gives does
one step on images `(n, c, h, w)` in [-1, 1].
"""
