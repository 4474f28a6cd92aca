"""The sample students of the tests: each fills in the release notebook of this repository's first assignment."""

from autograder import demo


def rewritten(*changes):
    """Return a pupil who has everything right, with these replacements in all solutions."""

    def answer(nb, solutions, assignment):
        for old, new in changes:
            assert any(old in source for source in solutions.values()), old
            solutions = {name: source.replace(old, new) for name, source in solutions.items()}
        demo.fill(nb, solutions)

    return answer


PUPILS = {
    "ada": rewritten(),
    "bea": rewritten(("Wax @ xt", "np.dot(Wax, xt)"), ("Waa @ a_prev", "Waa.dot(a_prev)"), ("axis=1", "axis=-1")),
    "dora": demo.mistaken(rnn_cell_forward="no_ba"),
    "emil": demo.mistaken(rnn_forward="a0_every_step", lstm_forward="c_view_of_first"),
    "fay": demo.mistaken(rnn_backward="no_carry", lstm_backward="nothing_carried"),
    "gus": demo.mistaken(rnn_cell_backward="tanh_twice", lstm_cell_backward="da_prev_dWf_for_Wf"),
    "leo": demo.only(0),
}
