"""Base of the configurations of all experiments.

A configuration is a frozen dataclass whose fields are made by `option`: the field carries its
help text and its limits, so that flags, validation, `--dry_run` and config.json all come from
this one place.
"""

import dataclasses
import hashlib
import math
import os
import shlex
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Self

from gan_keras.foundation.errors import UsageError


def option(
    default: Any,
    help: str,
    *,
    choices: tuple[str, ...] | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    exclusive: bool = False,
    identity: bool = True,
    path: bool = False,
) -> Any:
    """Declares one option of a configuration.

    Args:
        default: Default value; its field's annotation gives the type.
        help: One sentence with unit and range, shown by `--help`.
        choices: Allowed strings.
        minimum: Smallest allowed number.
        maximum: Largest allowed number.
        exclusive: Whether `minimum` and `maximum` themselves are excluded.
        identity: Whether another value makes another run. Options that only say where things are
            or how long to go on are not part of a run's identity.
        path: Whether it is a path, in which `~` is expanded.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "help": help,
            "choices": choices,
            "minimum": minimum,
            "maximum": maximum,
            "exclusive": exclusive,
            "identity": identity,
            "path": path,
        },
    )


@dataclasses.dataclass(frozen=True)
class Alias:
    """A boolean flag that stands for one value of an option, e.g. `--class_weighting`."""

    option: str
    value: Any
    help: str


@dataclasses.dataclass(frozen=True)
class OptionGroup:
    """Base of all groups of options."""

    def __init_subclass__(cls) -> None:
        """Refuses a value without annotation in the place of an option, which it would not fix."""
        bases: Any = cls.__bases__
        options = {field.name for base in bases for field in dataclasses.fields(base)}
        if wrong := sorted(options & vars(cls).keys() - cls.__annotations__.keys()):
            raise TypeError(f"{cls.__name__} must annotate {', '.join(wrong)} as ClassVar")

    def validate(self) -> None:
        """Checks what a single option's limits cannot say.

        Raises:
            UsageError: Names the options, their values, and what is allowed.
        """


@dataclasses.dataclass(frozen=True)
class RunConfig(OptionGroup):
    """Options of every training run.

    The values of an experiment are, later ones first: single options, its preset, its `DEFAULTS`,
    the defaults of the fields.
    """

    experiment: ClassVar[str] = ""
    # Preset name -> options; the first is the default preset.
    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {}
    # Options in which all presets of an experiment differ from the defaults of the fields.
    DEFAULTS: ClassVar[Mapping[str, Any]] = {}
    ALIASES: ClassVar[Mapping[str, Alias]] = {}

    # Values of the options of `tools` that an experiment does not have. Without annotations, so
    # that they are no fields and a group may make them such.
    loss = "non_saturating"
    label_policy = "hard"
    penalty = "none"
    penalty_factor = 10.0
    penalty_every = 1
    penalty_final = 0.0
    penalty_steps = 0
    weight_clip = 0.0
    diff_augment = ""
    historical_averaging = 0.0
    pretraining = 0
    n_critic = 1
    replay = 0
    feature_matching = 0.0
    packing = 1
    spectral_norm = False
    minibatch_stddev = False
    minibatch_discrimination = 0
    gan_train = False
    autoencoder = False

    preset: str = option("", "Named set of option values; single options override it.")
    dataset: str = option(
        "crohme",
        "Data set: crohme, demo, demo_letters, your own images (folder:PATH, npz:FILE, npy:FOLDER, "
        "idx:FOLDER, csv:FILE, parquet:FOLDER), ring, grid, gaussian, stacked_mnist, or a TFDS "
        "image set such as mnist.",
    )
    data_dir: str = option("data", "Folder of prepared data sets.", identity=False, path=True)
    workdir: str = option(
        "",
        "Run folder; derived from the options under runs/ when empty.",
        identity=False,
        path=True,
    )
    epochs: int = option(1, "Epochs to train in all; raise it to go on.", minimum=1, identity=False)
    shuffle: bool = option(True, "Whether each pass over the train split has an order of its own.")
    steps_per_epoch: int = option(
        0, "Steps in an epoch; 0 means one pass over the train split.", minimum=0
    )
    batch_size: int = option(64, "Real images per step.", minimum=2)
    ink: str = option(
        "bright",
        "What the networks see: bright ink on dark (-1) ground, or dark ink on bright (+1) ground.",
        choices=("bright", "dark"),
    )
    value_range: str = option(
        "signed",
        "Values of black and white as the networks see them: signed is -1 to 1, unit is 0 to 1.",
        choices=("signed", "unit"),
    )
    image_size: int = option(
        0, "Side to which images are brought, in pixels; 0 leaves them as they are.", minimum=0
    )
    fit: str = option(
        "resize",
        "How images are brought to --image_size: resize (padding to a square), pad, or crop.",
        choices=("resize", "pad", "crop"),
    )
    channels: str = option(
        "auto",
        "Colours of the images: grey, rgb, or auto, which is grey where all images are.",
        choices=("auto", "grey", "rgb"),
    )
    only_class: str = option(
        "", "Train on these classes only, by name, separated by commas; all when empty."
    )
    balance: bool = option(False, "Cut each class of the train split to the size of the smallest.")
    withhold_class: str = option(
        "", "A class, by name, whose real images are kept back for --withhold_until epochs."
    )
    withhold_until: int = option(
        0, "Epochs for which --withhold_class is kept back; 0: for all.", minimum=0
    )
    memory_mb: int = option(
        700, "Images that take more MB than this are streamed.", minimum=0, identity=False
    )
    width_mult: float = option(
        1.0, "Multiplies the width of every hidden layer.", minimum=0.0, exclusive=True
    )
    seed: int = option(
        0, "Seed of weights, noise, data order and dropout.", minimum=0, maximum=2**31 - 1
    )
    precision: str = option(
        "auto",
        "Compute type: float32, bfloat16 (variables, losses and last layers stay float32), or "
        "auto, which takes bfloat16 only where this machine gains from it.",
        choices=("auto", "float32", "bfloat16"),
    )
    # Not part of a run's identity: a step is the same step up to rounding on any number of devices
    # (what could not be made so is refused), so that a run may go on with more of them or fewer.
    # That one GPU compiles its step with XLA, whose draws from a seed are others of the same law,
    # is like going on with a GPU what a CPU began: hardware is no option.
    distribute: str = option(
        "none",
        "Devices to train on: none, one device; mirrored, all GPUs of this machine, each with its "
        "share of --batch_size; the same run up to rounding.",
        choices=("none", "mirrored"),
        identity=False,
    )
    deterministic: bool = option(
        False, "Use only deterministic kernels; needed on GPU for bit-equal runs, slower."
    )
    log_every: int = option(50, "Steps between two points in TensorBoard.", minimum=1)
    sample_every: int = option(
        0, "Steps between two sample grids; 0 means at the end of each epoch only.", minimum=0
    )
    picture_epochs: str = option(
        "",
        "Epochs after which the variant's own pictures are written (reconstructions, scatters), "
        "e.g. 1,5,10; each one when empty.",
        identity=False,
    )
    gif: bool = option(
        False,
        "Also join the pictures of all epochs to animations when the run ends.",
        identity=False,
    )
    checkpoint_minutes: float = option(
        5.0,
        "A checkpoint is written at the end of each epoch and at least this often (minutes).",
        minimum=0.0,
        exclusive=True,
        identity=False,
    )
    eval_samples: int = option(
        1000,
        "Generated images per class that are scored when the run ends; 0 skips the score.",
        minimum=0,
        identity=False,
    )
    report: bool = option(
        True,
        "Also write report.html when the run ends and is scored.",
        identity=False,
    )
    eval_every: int = option(
        0,
        "Epochs between two cheap scores while training (TensorBoard and scores.csv); 0: none.",
        minimum=0,
        identity=False,
    )
    stop_on_collapse: bool = option(
        False,
        "Stop as soon as --collapse_patience scores in a row show a collapsed class or lost "
        "modes; the run is saved and scored.",
        identity=False,
    )
    collapse_patience: int = option(
        3,
        "Scores in a row that --stop_on_collapse waits for: young generators look collapsed.",
        minimum=1,
        identity=False,
    )
    keep_best: str = option(
        "",
        "Keep the generator that was best by this score, e.g. accuracy, in the sub-folder best.",
        identity=False,
    )

    @property
    def images_per_step(self) -> int:
        """Real images that one training step uses up."""
        return self.batch_size * self.n_critic

    @classmethod
    def default_preset(cls) -> str:
        """Name of the preset that holds where none is named."""
        return next(iter(cls.PRESETS))

    @classmethod
    def option_fields(cls) -> dict[str, dataclasses.Field]:
        """All options by name, in order of definition."""
        return {field.name: field for field in dataclasses.fields(cls)}

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """Values of all options without a preset."""
        return {name: field.default for name, field in cls.option_fields().items()} | dict(
            cls.DEFAULTS
        )

    @classmethod
    def create(cls, preset: str | None = None, options: Mapping[str, Any] | None = None) -> Self:
        """Builds a validated configuration from a preset and single options.

        Args:
            preset: Preset name; None for the default one.
            options: Single options by name. Aliases are taken as well.

        Raises:
            UsageError: On an unknown preset, option, or value; or if an alias contradicts the
                option that it stands for.
        """
        options = dict(options or {})
        preset = preset or cls.default_preset()
        if preset not in cls.PRESETS:
            raise UsageError(f"--preset={preset}: choose one of {', '.join(cls.PRESETS)}")
        for name, alias in cls.ALIASES.items():
            if options.pop(name, None):
                if options.get(alias.option, alias.value) != alias.value:
                    raise UsageError(
                        f"--{name} means --{alias.option}={alias.value}, which contradicts "
                        f"--{alias.option}={options[alias.option]}; give one of them"
                    )
                options[alias.option] = alias.value
        unknown = sorted(set(options) - set(cls.option_fields()))
        if unknown:
            raise UsageError(f"{cls.__name__} has no option {', '.join(unknown)}")
        values = {**cls.DEFAULTS, **cls.PRESETS[preset], **options, "preset": preset}
        for name, field in cls.option_fields().items():
            if field.metadata["path"] and isinstance(values.get(name), str):
                values[name] = os.path.expanduser(values[name])
        config = cls(**typing.cast(dict[str, Any], values))
        config.validate()
        return config

    def validate(self) -> None:
        """Checks every option against its type and limits."""
        super().validate()
        types = typing.get_type_hints(type(self))
        for name, field in self.option_fields().items():
            _check(name, getattr(self, name), types[name], field.metadata)
        self.pictured_epochs()
        if self.batch_size % self.packing:
            raise UsageError(
                f"--batch_size={self.batch_size} must be a multiple of --packing={self.packing}"
            )
        if self.gan_train and not self.eval_samples:
            raise UsageError("--gan_train needs scores at the end: --eval_samples=0 skips them")
        for name in ("stop_on_collapse", "keep_best"):
            if getattr(self, name) and not self.eval_every:
                raise UsageError(f"--{name} needs scores while training: give --eval_every=1")

    def pictured_epochs(self) -> frozenset[int]:
        """The epochs of `picture_epochs`; none stands for each.

        Raises:
            UsageError: If they are no numbers.
        """
        try:
            return frozenset(int(number) for number in self.picture_epochs.split(",") if number)
        except ValueError:
            raise UsageError(
                f"--picture_epochs={self.picture_epochs}: expected numbers separated by commas"
            ) from None

    def replace(self, **changes: Any) -> Self:
        """Returns a copy with some options changed, validated."""
        config = dataclasses.replace(self, **changes)
        config.validate()
        return config

    def to_dict(self) -> dict[str, Any]:
        """All options with the experiment's name, as stored in config.json."""
        return {"experiment": self.experiment, **dataclasses.asdict(self)}

    def identity(self) -> dict[str, Any]:
        """The options that make this run this run: what a resume must not change."""
        fields = self.option_fields()
        return {
            name: value
            for name, value in self.to_dict().items()
            if name not in fields or fields[name].metadata["identity"]
        }

    def differences(self, recorded: Mapping[str, Any], names: Iterable[str]) -> list[str]:
        """Lists the options in which a recorded run differs, each as `name (before, now)`.

        Args:
            recorded: Options of that run, as `to_dict` gave them. It may be of an earlier version:
                an option that did not exist then had its default.
            names: Options to compare.
        """
        before, now = self.defaults() | dict(recorded), self.to_dict()
        return [
            f"{name} ({before.get(name)!r} before, {now[name]!r} now)"
            for name in names
            if before.get(name) != now[name]
        ]

    def arguments(self, places: bool = False) -> list[str]:
        """The module and flags that train this: `python -m` and these.

        Args:
            places: Whether to say where data and run are, if that was said.
        """
        plain = type(self).create(self.preset).to_dict()
        # The preset is always named: which one is the default may change.
        words = [f"experiments.{self.experiment}", f"--preset={self.preset}"]
        for name, value in self.to_dict().items():
            known = name == "preset" or (name in ("workdir", "data_dir") and not places)
            if not known and (value != plain[name] or name == "seed"):
                words.append(f"--{name}={str(value).lower() if isinstance(value, bool) else value}")
        return words

    def command(self, places: bool = False) -> str:
        """The same as a line for a shell."""
        return shlex.join(["python", "-m", *self.arguments(places)])

    def run_name(self) -> str:
        """Folder name made of what differs from the preset, e.g. `crohme-g_lr_mult=1.5-seed=0`.

        Where that is no file name, or too long a one, it ends in a hash that tells settings apart.
        """
        plain = type(self).create(self.preset).to_dict()
        head = [self.dataset] + ([self.preset] if self.preset != self.default_preset() else [])
        options = {
            name: value
            for name, value in self.identity().items()
            if value != plain[name] and name not in ("dataset", "seed")
        }
        options["seed"] = self.seed

        def join(text: Callable[[Any], str]) -> str:
            parts = [f"{name}={text(value)}" for name, value in options.items()]
            return "-".join([*map(text, head), *parts])

        whole, name = join(str), join(_in_file_names)
        if name != whole or len(name.encode()) > 150:  # most file systems stop at 255 bytes
            start = name.encode()[:130].decode(errors="ignore")
            name = f"{start}-{hashlib.sha256(whole.encode()).hexdigest()[:12]}"
        return name


def _in_file_names(value: Any) -> str:
    """A value with `_` for what a file name should not have, or what separates options in one."""
    return "".join(c if c.isalnum() or c in "-_.+" else "_" for c in str(value))


def _check(name: str, value: Any, kind: type, limits: Mapping[str, Any]) -> None:
    """Checks one option; see `RunConfig.validate`."""
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if type(value) is not kind:
        raise UsageError(f"--{name}={value!r}: expected {kind.__name__}")
    if limits["choices"] and value not in limits["choices"]:
        raise UsageError(f"--{name}={value}: choose one of {', '.join(limits['choices'])}")
    if kind is float and not math.isfinite(value):
        raise UsageError(f"--{name}={value}: expected a finite number")
    low, high = limits["minimum"], limits["maximum"]
    if limits["exclusive"]:
        bad = (low is not None and value <= low) or (high is not None and value >= high)
    else:
        bad = (low is not None and value < low) or (high is not None and value > high)
    if bad:
        than, to = ("more than", "less than") if limits["exclusive"] else ("at least", "at most")
        wanted = [f"{than} {low:g}"] if low is not None else []
        wanted += [f"{to} {high:g}"] if high is not None else []
        raise UsageError(f"--{name}={value}: must be {' and '.join(wanted)}")
