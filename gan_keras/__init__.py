"""gan_keras: a Keras 3 suite for GAN experiments on small images.

Importing this package is cheap: TensorFlow is imported by the modules that need it.
"""

__version__ = "0.1.0"
