"""GAN on points: a 2-D or 3-D Gaussian, 8 modes on a ring, 25 modes on a grid.

Originals: github.com/BenoitLeguay/GAN_IconClass (z of length 1 or 100; its pictures show the limits
of a generator with too little noise) and PacGAN, Lin et al. 2018, arXiv:1712.04086 (ring, grid).

    python -m experiments.gaussian
    python -m experiments.gaussian --preset=z100 --dataset=gaussian3d
    python -m experiments.gaussian --preset=grid --packing=4 --batch_size=400 --steps_per_epoch=1000
    python -m experiments.gaussian --preset=grid_relativistic
"""

from experiments import common
from gan_keras.configs.gaussian import GaussianConfig

if __name__ == "__main__":
    common.main(GaussianConfig)
