"""Conditional GAN on small labelled images: the class as input of both networks.

Papers: Mirza & Osindero 2014, "Conditional Generative Adversarial Nets", arXiv:1411.1784
(`concatenation`); Miyato & Koyama 2018, "cGANs with Projection Discriminator", arXiv:1802.05637
(`projection`, with hinge loss and spectral normalisation).

    make crohme-data
    python -m experiments.cgan
    python -m experiments.cgan --preset=concatenation --dataset=mnist
"""

from experiments import common
from gan_keras.configs.cgan import CGANConfig

if __name__ == "__main__":
    common.main(CGANConfig)
