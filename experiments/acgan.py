"""AC-GAN on small labelled images: the LaTeX Writer, rebuilt.

Paper: Odena, Olah & Shlens 2017, "Conditional Image Synthesis with Auxiliary Classifier GANs",
arXiv:1610.09585. Original: github.com/karan1149/latex-writer.

    make crohme-data
    python -m experiments.acgan --g_lr_mult=1.5 --class_weighting
"""

from experiments import common
from gan_keras.configs.acgan import ACGANConfig

if __name__ == "__main__":
    common.main(ACGANConfig)
