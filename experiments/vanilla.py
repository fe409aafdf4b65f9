"""The plain GAN, minimax or non-saturating, on small images: two originals rebuilt.

Paper: Goodfellow et al. 2014, "Generative Adversarial Nets", arXiv:1406.2661.

    make data DATASET=mnist
    python -m experiments.vanilla
    python -m experiments.vanilla --shared_optimizer_bug --d_features=8
    python -m experiments.vanilla --preset=dense

`digit_gan` is a TensorFlow 1 notebook that studied mode collapse: sharp digits, then ever fewer
classes (ten 3s in ten samples at step 60,000). `--shared_optimizer_bug` updates the generator with
the discriminator's optimizer, at 3e-4 instead of 1e-4, as in its published results. `dense` is
naoki shibuya's fully connected GAN.
"""

from experiments import common
from gan_keras.configs.vanilla import VanillaConfig

if __name__ == "__main__":
    common.main(VanillaConfig)
