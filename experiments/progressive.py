"""Progressive growing: small images first, then twice the size, with new layers faded in.

Paper: Karras et al. 2018, arXiv:1710.10196. The size of the data must be 2 or 4 times that of the
first stage: 32 pixels grow from 16, 64 from 16 and 32.

    python -m experiments.progressive --dataset=mnist --stable_steps=2000 --fade_steps=2000
    python -m experiments.progressive --preset=r1 --dataset=folder:pictures --image_size=64
"""

from experiments import common
from gan_keras.configs.progressive import ProgressiveConfig

if __name__ == "__main__":
    common.main(ProgressiveConfig)
