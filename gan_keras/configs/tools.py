"""Options of the tools that variants share: losses, penalties, tricks against collapse.

Every tool is off by default. `capabilities` says which variant can use which.
"""

import dataclasses
from typing import Any

from gan_keras.configs import capabilities
from gan_keras.configs.base import RunConfig, option
from gan_keras.foundation.errors import UsageError


def tool(name: str, off: Any, help: str, **limits: Any) -> Any:
    """Declares an option that turns a tool of `capabilities.TOOLS` on.

    Args:
        name: The tool.
        off: Value at which the tool is not used; also the default.
        help: As for `option`.
        **limits: As for `option`.
    """
    field = option(off, help, **limits)
    metadata = {**field.metadata, "tool": name, "off": off}
    return dataclasses.field(default=off, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class ToolConfig(RunConfig):
    """Options of a GAN that can use the toolbox."""

    loss: str = option(
        "non_saturating",
        "Adversarial loss.",
        choices=(
            "non_saturating",
            "minimax",
            "hinge",
            "least_squares",
            "wasserstein",
            "relativistic",
            "squared_hellinger",
        ),
    )
    label_policy: str = tool(
        "label_policy",
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
    penalty: str = tool(
        "gradient_penalty",
        "none",
        "Penalty on the discriminator's gradient.",
        choices=("none", "gradient_penalty", "r1", "r2", "r1_r2"),
    )
    penalty_factor: float = option(
        10.0,
        "Weight of --penalty beside the mean of the losses on reals and on fakes; papers that add "
        "the two up write twice that.",
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
    weight_clip: float = tool(
        "weight_clipping",
        0.0,
        "Clips the discriminator's weights to [-this, this] after each of its updates; 0: never.",
        minimum=0.0,
    )
    instance_noise: float = tool(
        "instance_noise",
        0.0,
        "Standard deviation of noise on all that the discriminator sees; 0: none.",
        minimum=0.0,
    )
    instance_noise_steps: int = option(
        0, "Steps over which --instance_noise fades to 0; 0: it stays.", minimum=0
    )
    diff_augment: str = tool(
        "diff_augment",
        "",
        "Differentiable augmentation: any of color, translation, cutout, separated by commas.",
    )
    historical_averaging: float = tool(
        "historical_averaging",
        0.0,
        "Weight of the penalty that holds both networks near their mean over time; 0: none.",
        minimum=0.0,
    )
    pretraining: int = tool(
        "pretraining", 0, "Discriminator updates before the generator's first one.", minimum=0
    )
    n_critic: int = tool(
        "n_critic",
        1,
        "Discriminator updates for each of the generator, each on images of its own.",
        minimum=1,
    )
    replay: int = tool(
        "replay",
        0,
        "Past generated images that are kept; half of what the discriminator sees is drawn from "
        "them. 0: none.",
        minimum=0,
    )
    feature_matching: float = tool(
        "feature_matching",
        0.0,
        "Weight of matching the discriminator's mean features in the generator's loss; 0: none.",
        minimum=0.0,
    )
    packing: int = tool(
        "packing", 1, "Images that the discriminator judges together (PacGAN).", minimum=1
    )
    spectral_norm: bool = tool(
        "spectral_norm", False, "Divides the discriminator's kernels by their spectral norm."
    )
    minibatch_stddev: bool = tool(
        "minibatch_stddev", False, "The discriminator sees the standard deviation over its batch."
    )
    minibatch_discrimination: int = tool(
        "minibatch_discrimination",
        0,
        "Closeness features (kernels) that the discriminator sees; 0: none.",
        minimum=0,
    )
    lr_decay: str = option(
        "constant",
        "How the learning rates fall.",
        choices=("constant", "linear", "cosine", "exponential"),
    )
    lr_decay_steps: int = option(
        0, "Training steps until --lr_decay ends; needed unless it is constant.", minimum=0
    )

    @property
    def images_per_step(self) -> int:
        """Real images that one training step uses up."""
        return self.batch_size * self.n_critic

    def validate(self) -> None:
        """Checks the options and that this experiment can use the tools that are on.

        Raises:
            UsageError: As `RunConfig.validate`; or names a tool that the experiment cannot use.
        """
        super().validate()
        wanted = {
            field.metadata["tool"]
            for name, field in self.option_fields().items()
            if "tool" in field.metadata and getattr(self, name) != field.metadata["off"]
        }
        if self.loss == "relativistic":
            wanted.add("relativistic")
        try:
            capabilities.check(self.experiment, wanted)
        except ValueError as error:
            raise UsageError(str(error)) from None
        if (self.lr_decay == "constant") != (self.lr_decay_steps == 0):
            raise UsageError("--lr_decay and --lr_decay_steps belong together; give both or none")
        if (self.penalty_final == 0) != (self.penalty_steps == 0):
            raise UsageError(
                "--penalty_final and --penalty_steps belong together; give both or none"
            )
        if self.penalty_final and (self.penalty == "none" or not self.penalty_factor):
            raise UsageError("--penalty_final needs --penalty, of a --penalty_factor above 0")
