"""R3GAN on small images: the modern baseline.

Paper: Huang et al. 2024, "The GAN is dead; long live the GAN! A Modern Baseline GAN",
arXiv:2501.05441: a relativistic pairing loss with R1 and R2, on residual networks without
normalisation and without tricks, here small ones for a CPU.

    make data DATASET=mnist
    python -m experiments.r3gan
    python -m experiments.r3gan --preset=initials --penalty=r1
"""

from experiments import common
from gan_keras.configs.r3gan import R3GANConfig

if __name__ == "__main__":
    common.main(R3GANConfig)
