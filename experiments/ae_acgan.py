"""AC-GAN with an auto-encoder as stabiliser, on MNIST, Fashion-MNIST or EMNIST.

Original: github.com/markusmeingast/MNIST-GAN. Each step trains the discriminator, the generator,
and encoder and generator together as an auto-encoder of the real images.

    python -m experiments.ae_acgan --epochs=5
    python -m experiments.ae_acgan --preset=emnist --balance
    python -m experiments.ae_acgan --no_autoencoder
"""

from experiments import common
from gan_keras.configs.ae_acgan import AEACGANConfig

if __name__ == "__main__":
    common.main(AEACGANConfig)
