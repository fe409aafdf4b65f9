"""Groups of options that several variants share, each stated once.

A variant's configuration inherits the groups that its `train_step` uses, so that a script has the
flags that it can use and no others. Every tool is off by default. A variant that fixes an option
of a group declares it anew as a `ClassVar`, which takes the flag away (the type checker wants a
`ty: ignore[incompatible-attribute-override]` beside it).
"""

import dataclasses

from gan_keras.configs.base import OptionGroup, option
from gan_keras.foundation.errors import UsageError

LOSSES = (
    "non_saturating",
    "minimax",
    "hinge",
    "least_squares",
    "wasserstein",
    "squared_hellinger",
)
# Losses with targets, the numbers that `--label_policy` changes.
WITH_TARGETS = ("non_saturating", "minimax", "least_squares")


def loss_option(*more: str) -> str:
    """Declares `--loss` with further choices."""
    return option("non_saturating", "Adversarial loss.", choices=(*LOSSES, *more))


@dataclasses.dataclass(frozen=True)
class LossOptions(OptionGroup):
    """The adversarial loss and its targets."""

    loss: str = loss_option()
    label_policy: str = option(
        "hard",
        "Targets of the discriminator: hard 1/0; one_sided real .9; two_sided .9/.1; soft, drawn "
        "for each batch, or once; flipped; noisy.",
        choices=(
            "hard",
            "one_sided",
            "two_sided",
            "soft",
            "soft_once",
            "flipped",
            "flipped_soft",
            "flipped_soft_once",
            "noisy",
        ),
    )

    def validate(self) -> None:
        """Checks that a loss whose targets are changed has some."""
        super().validate()
        if self.label_policy != "hard" and self.loss not in WITH_TARGETS:
            raise UsageError(
                f"--loss={self.loss} has no targets, so --label_policy={self.label_policy} "
                "cannot be used with it"
            )


@dataclasses.dataclass(frozen=True)
class PenaltyOptions(OptionGroup):
    """The penalty on the discriminator's gradient."""

    penalty: str = option(
        "none",
        "Penalty on the discriminator's gradient.",
        choices=("none", "gradient_penalty", "r1", "r2", "r1_r2"),
    )
    penalty_factor: float = option(
        10.0,
        "Weight of --penalty beside d_loss. With the losses wasserstein and relativistic that is "
        "the weight of the papers; with the others, whose d_loss is the mean over real and fake "
        "examples, papers that add the two up write twice that.",
        minimum=0.0,
    )
    penalty_every: int = option(
        1,
        "Steps between two uses of --penalty, which is scaled up to make up for it (lazy "
        "regularisation).",
        minimum=1,
    )
    penalty_final: float = option(
        0.0,
        "Weight of --penalty after --penalty_steps; 0: --penalty_factor stays.",
        minimum=0.0,
    )
    penalty_steps: int = option(
        0,
        "Steps over which the weight of --penalty falls to --penalty_final, its logarithm along "
        "half a cosine.",
        minimum=0,
    )

    def validate(self) -> None:
        """Checks what belongs together."""
        super().validate()
        if (self.penalty_final == 0) != (self.penalty_steps == 0):
            raise UsageError(
                "--penalty_final and --penalty_steps belong together; give both or none"
            )
        if self.penalty_final and (self.penalty == "none" or not self.penalty_factor):
            raise UsageError("--penalty_final needs --penalty, of a --penalty_factor above 0")


@dataclasses.dataclass(frozen=True)
class AugmentOptions(OptionGroup):
    """Changes of all that the discriminator sees."""

    instance_noise: float = option(
        0.0,
        "Standard deviation of noise on all that the discriminator sees; 0: none.",
        minimum=0.0,
    )
    instance_noise_steps: int = option(
        0, "Steps over which --instance_noise fades to 0; 0: it stays.", minimum=0
    )
    diff_augment: str = option(
        "",
        "Differentiable augmentation: any of color, translation, cutout, separated by commas.",
    )

    def validate(self) -> None:
        """Checks the names of the augmentations."""
        super().validate()
        known = {"color", "translation", "cutout"}
        given = {name.strip() for name in self.diff_augment.split(",")}
        if self.diff_augment and given - known:
            raise UsageError(
                f"--diff_augment={self.diff_augment}: any of {', '.join(sorted(known))}, "
                "separated by commas"
            )


@dataclasses.dataclass(frozen=True)
class StabilityOptions(OptionGroup):
    """Restraints of either network."""

    weight_clip: float = option(
        0.0,
        "Clips the discriminator's weights to [-this, this] after each of its updates; 0: never.",
        minimum=0.0,
    )
    historical_averaging: float = option(
        0.0,
        "Weight of the penalty that holds both networks near their mean over time; 0: none.",
        minimum=0.0,
    )
    pretraining: int = option(
        0, "Discriminator updates before the generator's first one.", minimum=0
    )


@dataclasses.dataclass(frozen=True)
class BatchOptions(OptionGroup):
    """Tools of a discriminator that sees reals and fakes in batches of their own."""

    n_critic: int = option(
        1,
        "Discriminator updates per generator update, each on images of its own.",
        minimum=1,
    )
    feature_matching: float = option(
        0.0,
        "Weight of matching the discriminator's mean features in the generator's loss; 0: none.",
        minimum=0.0,
    )
    spectral_norm: bool = option(
        False, "Divides the discriminator's kernels by their spectral norm."
    )
    minibatch_stddev: bool = option(
        False, "The discriminator sees the standard deviation over its batch."
    )
    minibatch_discrimination: int = option(
        0,
        "Closeness features (kernels) that the discriminator sees; 0: none.",
        minimum=0,
    )


@dataclasses.dataclass(frozen=True)
class UnlabelledOptions(OptionGroup):
    """Tools of a discriminator that is not told the class."""

    replay: int = option(
        0,
        "Past generated images that are kept; half of what the discriminator sees is drawn from "
        "them. 0: none.",
        minimum=0,
    )
    packing: int = option(1, "Images that the discriminator judges together (PacGAN).", minimum=1)


@dataclasses.dataclass(frozen=True)
class OptimizerOptions(OptionGroup):
    """Optimizers, learning rates and averaging."""

    lr_decay: str = option(
        "constant",
        "Decay of the learning rates: linear, cosine, exponential; inverse_sqrt begins at "
        "--lr_decay_steps and has no end, so that a run can always go on.",
        choices=("constant", "linear", "cosine", "exponential", "inverse_sqrt"),
    )
    lr_decay_steps: int = option(
        0,
        "Training steps until --lr_decay ends (inverse_sqrt: begins); 0 for a constant rate.",
        minimum=0,
    )
    optimizer: str = option(
        "adam",
        "Optimizer of both networks: adam; rmsprop, decay 0.99; sgd without momentum.",
        choices=("adam", "rmsprop", "sgd"),
    )
    lr: float = option(2e-4, "Learning rate of the discriminator.", minimum=0.0, exclusive=True)
    g_lr_mult: float = option(
        1.0, "Generator's learning rate in units of --lr.", minimum=0.0, exclusive=True
    )
    beta_1: float = option(0.5, "Adam's decay of the first moment.", minimum=0.0, maximum=0.9999)
    beta_2: float = option(0.999, "Adam's decay of the second moment.", minimum=0.0, maximum=0.9999)
    # 1e-8 in TensorFlow 1, Keras 2.0 and PyTorch, 1e-7 in Keras since.
    epsilon: float = option(1e-8, "Adam's epsilon.", minimum=0.0, exclusive=True)
    ema_decay: float = option(
        0.0,
        "Decay per step of the averaged generator used for samples; 0 turns averaging off.",
        minimum=0.0,
        maximum=0.99999,
    )

    def validate(self) -> None:
        """Checks what belongs together."""
        super().validate()
        if (self.lr_decay == "constant") != (self.lr_decay_steps == 0):
            raise UsageError("--lr_decay and --lr_decay_steps belong together; give both or none")


@dataclasses.dataclass(frozen=True)
class LatentOptions(OptionGroup):
    """The noise vector z."""

    latent_dim: int = option(100, "Length of the noise vector z.", minimum=1)
    latent: str = option(
        "normal",
        "Distribution of z: N(0, 1), U(-1, 1) or U(0, 1).",
        choices=("normal", "uniform", "uniform01"),
    )


@dataclasses.dataclass(frozen=True)
class LabelOptions(OptionGroup):
    """Scores of a generator that is told the class."""

    gan_train: bool = option(
        False,
        "Also train a fresh classifier on the generated images and test it on real ones "
        "(GAN-train; takes minutes).",
        identity=False,
    )


@dataclasses.dataclass(frozen=True)
class AuxiliaryOptions(LabelOptions):
    """The auxiliary classifier."""

    class_sampling: str = option(
        "uniform",
        "Probabilities of the labels of generated images: uniform; proportional to the class "
        "counts; inverse to them.",
        choices=("uniform", "proportional", "inverse"),
    )
    aux_on_fakes: bool = option(
        True,
        "Whether the discriminator's class loss also counts generated images (with the label "
        "that was asked for).",
    )
    d_class_weight: float = option(
        1.0, "Weight of the class loss in the discriminator's loss.", minimum=0.0
    )
    g_class_weight: float = option(
        1.0, "Weight of the class loss in the generator's loss.", minimum=0.0
    )


# The groups whose options are tools, all off by default.
GROUPS = (
    LossOptions,
    PenaltyOptions,
    AugmentOptions,
    StabilityOptions,
    BatchOptions,
    UnlabelledOptions,
)
