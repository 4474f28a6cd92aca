"""Train the networks that the first assignment ships: python figures/train_weights.py [--steps N] [--into FILE].

They learn names made by the rules of the third assignment, with its functions. It takes about a minute. The weights are
not the same to the last bit on every machine, so the file is drawn anew only on purpose.
"""

import argparse
from pathlib import Path

import numpy as np

from autograder.course.course import Course

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = ROOT / "source/rnn-step-by-step/weights.npz"
#: Units of each network: with two bytes a number, both fit into 30 kB.
UNITS = {"rnn": 48, "lstm": 32}


def train(kind: str, steps: int) -> dict[str, np.ndarray]:
    """Return the parameters of a network after some steps on 64 new names each."""
    lesson = Course(ROOT).assignment("character-model").reference
    corpus, model, utils = (lesson.modules.load(name) for name in ("corpus", "model", "rnn_utils"))
    one_hot, inputs_and_targets, optimise = (
        lesson.functions[name] for name in ("one_hot", "inputs_and_targets", "optimise"))
    rng, a0 = np.random.default_rng(0), np.zeros((UNITS[kind], 64))
    parameters = model.start_parameters(rng, n_x=27, n_a=UNITS[kind], n_y=27, kind=kind)
    v, s = utils.initialize_adam(parameters)
    for t in range(1, steps + 1):
        x_ids, targets, mask = inputs_and_targets(*corpus.encode(corpus.make_names(rng, 64)))
        rate = 0.01 if t < 0.7 * steps else 0.001
        loss, parameters, v, s = optimise(one_hot(x_ids, 27), targets, mask, a0, parameters, v, s, t, rate, 1.0)
        if t % 200 == 0:
            print(f"{kind}, step {t}: loss {loss:.3f}; best possible {corpus.BEST_LOSS}", flush=True)
    return parameters


def main(arguments: list[str] | None = None) -> None:
    """Train both, and write their weights as 16-bit numbers: ``rnn_Wax``, ..., ``lstm_Wf``, ..."""
    parser = argparse.ArgumentParser(description="Train the networks that the first assignment ships.")
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--into", type=Path, default=WEIGHTS)
    options = parser.parse_args(arguments)
    arrays = {f"{kind}_{name}": array.astype(np.float16)
              for kind in UNITS for name, array in train(kind, options.steps).items()}
    np.savez_compressed(options.into, allow_pickle=False, **arrays)
    print(f"{options.into.name}: {options.into.stat().st_size} bytes")


if __name__ == "__main__":
    main()
