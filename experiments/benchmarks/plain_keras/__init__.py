"""The benchmarked GANs as one would write them after keras.io's examples: nothing made faster.

Same networks, losses, optimizers and batches as the suite's presets; Keras layers alone, float32,
one `train_step`, `fit` in graph mode. Each module has `make(image_shape, num_classes)`, which gives
a compiled model for batches of images in [-1, 1] and labels.
"""
