"""Trained networks, and a way to let your own cell speak with their weights. Needs numpy alone.

The networks have read names that follow rules: a start, up to two middles, an end: ``giga`` + ``lo`` + ``saurus``.
The assignment *character-model* trains such networks. ``corpus.py`` has the rules.
"""

from pathlib import Path

import numpy as np

from corpus import ALPHABET


def load_weights(kind):
    """Return the parameters of a trained network, ``"rnn"`` or ``"lstm"``, by name."""
    with np.load(Path(__file__).parent / "weights.npz", allow_pickle=False) as arrays:
        return {name[len(kind) + 1 :]: arrays[name].astype(float) for name in arrays if name.startswith(kind + "_")}


def invent(cell, weights, count=8, seed=1):
    """Let a cell say names, letter by letter: what it says at one step is what it reads at the next.

    Parameters
    ----------
    cell : function
        Your ``rnn_cell_forward`` or ``lstm_cell_forward``.
    weights : dict
        From `load_weights`.
    count : int
        How many names; they are the examples of one mini-batch.
    seed : int
        Another seed gives other names.

    Returns
    -------
    names : list of str
    """
    rng = np.random.default_rng(seed)
    # the hidden state, and for an LSTM the cell state too
    is_lstm = "Wf" in weights
    states = [np.zeros((len(weights["bf" if is_lstm else "ba"]), count))] * (2 if is_lstm else 1)
    letters, spoken = np.zeros(count, dtype=int), []
    for _ in range(20):
        *states, yt_pred, _ = cell(np.eye(27)[:, letters], *states, weights)
        dice = rng.random(count)
        # the first letter whose cumulative probability is beyond the dice
        letters = np.minimum((np.cumsum(yt_pred, axis=0) < dice).sum(axis=0), 26)
        spoken.append(letters)
    # a name ends at its first sign
    return ["".join(ALPHABET[k] for k in name).split(".")[0] for name in np.array(spoken).T]


def one_hot(word):
    """Return a word as a tensor (27, 1, T_x): the sign that begins a name, then its letters."""
    ids = [ALPHABET.index(letter) for letter in "." + word]
    return np.eye(27)[:, ids][:, None, :]
