#!/usr/bin/env bash
# A functional model of one Dense layer, saved by Keras 3.15.1, opened by Keras 3.14.0.
#
# Guess: a .keras file of plain layers opens in the minor version before.
# What happens: a model with a Dense or a Conv2DTranspose does not: its default initializer,
#   GlorotUniform, is written with two new keys, `input_axes` and `output_axes`, that 3.14 refuses.
#   BatchNormalization, Embedding and LeakyReLU open. The other way round all open.
# Versions: keras 3.15.1 and 3.14.0, with jax 0.8.1.
# Source: keras/src/initializers/random_initializers.py, `get_config`.
set -euo pipefail
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet keras==3.15.1 jax==0.8.1
venv/bin/pip install --quiet --no-deps --target before keras==3.14.0
cat > models.py <<'PY'
import sys

import keras
from keras import layers

LAYERS = {
    "Dense": (layers.Dense(4), (4,)),
    "Conv2DTranspose": (layers.Conv2DTranspose(2, 3), (4, 4, 1)),
    "BatchNormalization": (layers.BatchNormalization(), (4,)),
    "LeakyReLU": (layers.LeakyReLU(0.2), (4,)),
}


def opens(name):
    try:
        keras.models.load_model(f"{name}.keras", safe_mode=True)
    except TypeError as error:
        return str(error).rsplit(": ", 1)[-1]
    return "opens"


if sys.argv[1] == "save":
    for name, (layer, shape) in LAYERS.items():
        given = keras.Input(shape)
        keras.Model(given, layer(given)).save(f"{name}.keras")
else:
    found = {name: opens(name) for name in LAYERS}
    print(f"Keras {keras.__version__}:", *(f"{name}: {said}" for name, said in found.items()), sep="\n  ")
    refused = [name for name, said in found.items() if "input_axes" in said]
    expected = ["Dense", "Conv2DTranspose"] if sys.argv[1] == "newer" else []
    sys.exit(refused != expected or any(found[n] != "opens" for n in LAYERS if n not in expected))
PY
export KERAS_BACKEND=jax
venv/bin/python models.py save
PYTHONPATH=before venv/bin/python models.py newer
PYTHONPATH=before venv/bin/python models.py save
venv/bin/python models.py older
