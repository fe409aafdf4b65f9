"""Wasserstein GAN with weight clipping on small images.

Paper: Arjovsky, Chintala & Bottou 2017, "Wasserstein GAN", arXiv:1701.07875, algorithm 1.

    make data DATASET=mnist
    python -m experiments.wgan
    python -m experiments.wgan --preset=paper

Uses the networks of the digit GAN. One step updates the critic --n_critic times, each time on a new
batch. `-d_loss` estimates the Wasserstein distance up to a factor: it should fall while samples
improve.
"""

from experiments import common
from gan_keras.configs.wgan import WGANConfig

if __name__ == "__main__":
    common.main(WGANConfig)
