"""Which variant can use which tool: one table, one check, one message.

A tool that a variant would silently ignore is worse than an error. A variant names in
:data:`CAPABILITIES` the tools its train step calls; everything else is refused.
"""

from __future__ import annotations

TOOLS = {
    "label_policy": "smooth, soft, flipped or noisy targets",
    "class_sampling": "labels of fakes drawn by class frequency",
    "relativistic": "a loss that compares each fake with a real",
    "gradient_penalty": "WGAN-GP, R1 or R2 penalty",
    "weight_clipping": "weights of the critic clipped after its step",
    "spectral_norm": "spectral normalisation of the discriminator",
    "instance_noise": "fading noise on the discriminator's input",
    "diff_augment": "differentiable augmentation",
    "minibatch_discrimination": "closeness features in the discriminator",
    "minibatch_stddev": "batch deviation as a channel of the discriminator",
    "feature_matching": "generator matches the discriminator's features",
    "historical_averaging": "weights held near their mean over time",
    "packing": "several images as one example (PacGAN)",
    "replay": "past fakes shown again",
    "pretraining": "discriminator steps before the first generator step",
    "n_critic": "several discriminator steps for each generator step",
    "ema": "averaged generator weights",
}

# What every variant with one logit an image can use.
IMAGE_TOOLS = frozenset(
    {
        "diff_augment",
        "ema",
        "feature_matching",
        "historical_averaging",
        "instance_noise",
        "minibatch_discrimination",
        "minibatch_stddev",
        "n_critic",
        "packing",
        "pretraining",
        "replay",
        "spectral_norm",
        "weight_clipping",
    }
)

CAPABILITIES: dict[str, frozenset[str]] = {
    "acgan": frozenset(
        {
            "class_sampling",
            "diff_augment",
            "ema",
            "gradient_penalty",
            "historical_averaging",
            "instance_noise",
            "label_policy",
            "pretraining",
            "weight_clipping",
        }
    ),
    "ae_acgan": frozenset(
        {
            "class_sampling",
            "diff_augment",
            "ema",
            "gradient_penalty",
            "historical_averaging",
            "instance_noise",
            "label_policy",
            "pretraining",
            "weight_clipping",
        }
    ),
    # labels are those of the reals, which a pack or a past image does not have
    "cgan": IMAGE_TOOLS - {"packing", "replay"} | {"label_policy", "gradient_penalty"},
    "dcgan": IMAGE_TOOLS | {"label_policy"},
    "gaussian": (IMAGE_TOOLS - {"diff_augment"})
    | {"label_policy", "gradient_penalty", "relativistic"},
    # pairing and penalties are what it is
    "r3gan": IMAGE_TOOLS | {"relativistic", "gradient_penalty"},
    "progressive": frozenset(
        {
            "diff_augment",
            "ema",
            "gradient_penalty",
            "instance_noise",
            "label_policy",
            "relativistic",
        }
    ),
    "vanilla": IMAGE_TOOLS | {"label_policy", "gradient_penalty"},
    "wgan": IMAGE_TOOLS,
    "wgan_gp": IMAGE_TOOLS | {"gradient_penalty"},
}


def check(variant, requested):
    """Refuses tools that a variant cannot use.

    Args:
        variant: A key of :data:`CAPABILITIES`.
        requested: Names out of :data:`TOOLS`, the tools that were asked for.

    Raises:
        ValueError: If the variant or a tool is unknown, or the variant lacks one of the tools.
    """
    if variant not in CAPABILITIES:
        raise ValueError(
            f"Unknown variant. Known: {', '.join(sorted(CAPABILITIES))}. "
            f"Received: variant={variant!r}"
        )
    supported = CAPABILITIES[variant]
    for names, problem in (
        (set(requested) - set(TOOLS), "There is no such tool"),
        (set(requested) - supported, f"Variant '{variant}' cannot use this tool"),
    ):
        if names:
            raise ValueError(
                f"{problem}: {', '.join(sorted(names))}. "
                f"It supports: {', '.join(sorted(supported)) or 'none'}."
            )
