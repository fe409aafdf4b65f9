"""GANs on small images in Keras 3 / TensorFlow.

Importing this package imports neither TensorFlow nor anything else that is slow: configurations and
command-line flags must be there at once.
"""

import os

# TensorFlow turns oneDNN's kernels on by itself only where the processor has instructions made for
# neural networks. With AVX2 alone they are faster as well: a step of the compact AC-GAN takes 0.75
# times the CPU time, one of the AE-AC-GAN 0.4 times. Heard only before TensorFlow is imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

__version__ = "0.1.0"
