"""Wasserstein GAN with gradient penalty, 28 to 64 px: decorated initials, rebuilt.

Paper: Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", arXiv:1704.00028,
algorithm 1. Original: BenoitLeguay/GAN_IconClass, presets `initials_january` and
`initials_february`, with the BatchNorm and sigmoid that its critic had at the time.

    make data DATASET=mnist
    python -m experiments.wgan_gp
    python -m experiments.wgan_gp --preset=initials_february --dataset=folder:initials.zip
    python -m experiments.wgan_gp --preset=initials_february --nosigmoid --norm=layer

February differs from January by --g_dropout=0.5, --instance_noise=0.05 and --init=normal, each a
flag of its own; its text also names --g_slope=0.2. At full width the networks need a GPU.

Measured (seed 0, 2,927 initials at 64 px, --preset=initials_february --nosigmoid --norm=layer
--width_mult=0.25, 0.13 CPU-seconds a step): after 1,800 steps frames and dark shapes under a fine
mesh, after 5,100 stripes in frames. The original describes such a texture too.
"""

from experiments import common
from gan_keras.configs.wgan_gp import WGANGPConfig

if __name__ == "__main__":
    common.main(WGANGPConfig)
