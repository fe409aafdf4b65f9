"""The options name exactly what the registries hold: neither can drift from the other."""

import pytest

from gan_keras import configs, networks
from gan_keras.configs import capabilities
from gan_keras.configs.tools import ToolConfig
from gan_keras.steps import augment, latents, losses, penalties, schedules, targets, toolbox


@pytest.mark.parametrize(
    ("name", "registry"),
    [
        ("loss", losses.LOSSES),
        ("label_policy", targets.POLICIES),
        ("penalty", penalties.PENALTIES),
        ("lr_decay", schedules.SCHEDULES),
    ],
)
def test_choices_are_the_registrys_rows(name, registry):
    assert set(ToolConfig.option_fields()[name].metadata["choices"]) == set(registry)


def test_networks_are_the_registrys_rows():
    fields = configs.config_class("acgan").option_fields()
    assert set(fields["networks"].metadata["choices"]) == set(networks.CLASS_CONDITIONAL)
    assert set(fields["class_sampling"].metadata["choices"]) == set(latents.CLASS_SAMPLERS)


def test_every_tool_option_names_a_known_tool():
    tools = {
        field.metadata["tool"]
        for field in ToolConfig.option_fields().values()
        if "tool" in field.metadata
    }
    assert tools <= set(capabilities.TOOLS)


def test_every_experiment_has_a_row_of_tools():
    assert set(configs.CONFIGS) <= set(capabilities.CAPABILITIES)


def test_tools_are_made_from_options():
    config = configs.config_class("acgan").create(
        "original",
        {
            "diff_augment": "translation, cutout",
            "instance_noise": 0.1,
            "penalty": "r1",
            "penalty_factor": 3.0,
            "penalty_final": 0.1,
            "penalty_steps": 50,
            "label_policy": "one_sided",
            "loss": "least_squares",
        },
    )
    tools = toolbox.Toolbox.from_config(config)
    assert tools.loss is losses.get("least_squares")
    assert tools.targets is targets.get("one_sided")
    assert [type(change) for change in tools.change.changes] == [
        augment.DiffAugment,
        augment.InstanceNoise,
    ]
    assert tools.penalty_fn is penalties.r1
    assert tools.penalty_factor == penalties.Weight(3.0, 0.1, 50)
