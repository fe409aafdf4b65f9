"""DCGAN on small images, 28x28x1 to 64x64x3: the 2-D image sets of jomian78, rebuilt.

Paper: Radford, Metz & Chintala 2016, "Unsupervised Representation Learning with Deep
Convolutional Generative Adversarial Networks", arXiv:1511.06434.

    make data DATASET=mnist
    python -m experiments.dcgan
    python -m experiments.dcgan --dataset=fashion_mnist
    python -m experiments.dcgan --dataset=cifar10
    python -m experiments.dcgan --preset=image_sets --depth=5 --upsampling=resize

Known failure: `image_sets`, the original's settings without its bugs, collapses. On MNIST (one
seed, 8 epochs, 3.5 CPU-minutes) every z gives the same woven lattice, also with equal learning
rates. In the original each update of the generator also trained the discriminator to call images
real. The default, `paper`, draws all ten digits after 2 epochs (one seed, 0.8 CPU-minutes:
entropy of the classes 0.90 of ln 10, a classifier's median confidence 0.91).

The original's pictures of deep networks show a woven lattice; `--depth`, `--kernel_size`,
`--stride`, `--beta_1` and `--upsampling` show its cause. Its labels are flipped (real 0) and soft,
drawn once; `--label_policy=hard` is the plain GAN.
"""

from experiments import common
from gan_keras.configs.dcgan import DCGANConfig

if __name__ == "__main__":
    common.main(DCGANConfig)
