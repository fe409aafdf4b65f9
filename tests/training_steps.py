"""Checks of training steps: which variables an update changes, and on what a step depends."""

import itertools

import numpy as np

# The networks that an optimizer may change.
OWNED = {
    "d_optimizer": {"discriminator"},
    "g_optimizer": {"generator"},
    "ae_optimizer": {"encoder", "generator"},
}


def values(variables):
    """Copies of variables, to compare with later."""
    return [np.array(v) for v in variables]


def changed(before, variables):
    """Tells for each variable whether it differs from the copy that `values` gave."""
    return [not np.array_equal(a, b) for a, b in zip(before, values(variables), strict=True)]


def check_updates(gan, batches):
    """Makes a step on each batch and checks that each update changes its own networks only.

    Between the starts of two updates nothing may change but what the first of them owns. In the end
    each optimizer has changed all that it owns. Returns their names in the order of the updates.
    """
    starts = []  # (optimizer, copies of the variables of each network)

    def look(name):
        nets = gan.networks.items()
        starts.append((name, {each: values(net.trainable_variables) for each, net in nets}))

    def watch(name):
        optimizer = getattr(gan, name)
        update = optimizer.apply
        optimizer.apply = lambda *args: (look(name), update(*args))

    for name in OWNED:
        if hasattr(gan, name):
            watch(name)
    look("")
    for batch in batches:
        logs = gan.train_step(batch)
    look("")
    assert set(logs) == set(gan.METRICS)
    assert all(np.isfinite(float(value)) for value in logs.values())

    moved = set()  # (optimizer, network, path of a variable)
    for (name, before), (_, after) in itertools.pairwise(starts):
        for each, net in gan.networks.items():
            for v, old, new in zip(net.trainable_variables, before[each], after[each], strict=True):
                if not np.array_equal(old, new):
                    assert each in OWNED.get(name, ()), f"{v.path} during {name or 'no update'}"
                    moved.add((name, each, v.path))
    order = [name for name, _ in starts[1:-1]]
    for name in order:
        for each in OWNED[name]:
            still = [v.path for v in trained(gan, each) if (name, each, v.path) not in moved]
            assert not still, f"{name} leaves alone {still}"
    return order


def check_state(one, two, batches):
    """Checks that another GAN, given the state before the last step, makes the same last step."""
    *before, last = batches
    for batch in before:
        one.train_step(batch)
    state = one.state()
    for name, variable in two.state().items():
        variable.assign(state[name])
    ends = []
    for gan in (one, two):
        gan.train_step(last)
        ends.append({name: np.array(v) for name, v in gan.state().items()})
    assert ends[0].keys() == ends[1].keys()
    for name in ends[0]:
        np.testing.assert_array_equal(ends[0][name], ends[1][name], err_msg=name)


def trained(gan, network):
    """Variables that an update must change; a critic's last bias may cancel between images."""
    return [
        v
        for v in getattr(gan, network).trainable_variables
        if not (gan.loss_function.is_paired and v.path.endswith("logit/bias"))
    ]
