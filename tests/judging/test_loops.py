"""Loops that end in another pass than they should, and lines in the wrong order: the line that is wrong is named."""

import pytest

from tests.judging.test_lines import changed_source, judge_changed

BREAK = "        if index == 0:\n            break\n"
KEEP = "        # keep the letter (≈1 line)\n        ids.append(index)\n"
CLIP = "    # gradients that are not too long (≈1 line)\n    gradients = clip_by_norm(gradients, max_norm)\n"
COUNT = "        caches.append(cache)\n"
KEPT = "        if index != 0:\n            ids.append(index)\n        else:\n            break\n"
WRITES_OVER = "            break\n        else:\n            index = 0\n"
RANGE = "for t in range(T_x):"


@pytest.mark.parametrize(("task", "changes", "text", "says"), [
    ("sample", {"index == 0": "index == 1"}, "if index == 1:",
     "With this condition the loop ends in pass 4, where `index` is 1. Should it end there?"),
    ("sample", {"index == 0": "index != 0"}, "if index != 0:",
     "With this condition the loop ends in the first pass, where `index` is 5. Should it end there?"),
    ("sample", {"index == 0": "len(ids) == 0"}, "if len(ids) == 0:",
     "With this condition the loop ends in the first pass. Should it end there?"),
    ("sample", {"index == 0": "u == 0"}, "if u == 0:",
     "With this condition the loop goes on after pass 9, where `u` is 0.0560489. Should it go on?"),
    ("sample", {"break": "continue"}, "continue",
     "This line goes on with the loop after pass 9. Should the loop go on?"),
    ("sample", {"break": "pass"}, "pass", "This line goes on with the loop after pass 9. Should the loop go on?"),
    ("sample", {BREAK: ""}, "for u in uniforms:", "The loop goes on after pass 9. When should it end?"),
    ("sample", {"index == 0": "index == 2", "break": "return np.array(ids)"}, "if index == 2:",
     "With this condition the loop goes on after pass 9, where `index` is 0. Should it go on?"),
    ("sample", {BREAK: "        if u < 0.9:\n            break\n"}, "if u < 0.9:",
     "With this condition the loop ends in the first pass, where `u` is"),
    ("sample", {BREAK: "        break\n"}, "break",
     "This line leaves the loop in its first pass. Should the loop go on?"),
    ("sample", {BREAK: "", "        # the last letter": f"{BREAK}        # the last letter"}, "if index == 0:",
     "With this condition the loop ends in the first pass, where `index` is 0. Should it end there?"),
    ("sample", {KEEP: "", "        # the sign": "        ids.append(index)\n        # the sign"},
     "ids.append(index)",
     "This line runs in the last pass, too, which line 29 ends. Which of the two should come first?"),
    ("sample", {"in uniforms:": "in uniforms[:-1]:"}, "for u in uniforms[:-1]:",
     "The loop makes 8 passes where 9 are needed. Which are left out?"),
    ("sample", {"for u in uniforms:": "i = 0\n    while index != 0:", "1.0, u)": "1.0, uniforms[i])"},
     "while index != 0:", "The loop makes 0 passes where 9 are needed. Which are left out?"),
    ("sample", {"for u in uniforms:": "while len(ids) < len(uniforms) - 1:", "1.0, u)": "1.0, uniforms[len(ids)])"},
     "while len(ids) < len(uniforms) - 1:", "The loop makes 8 passes where 9 are needed. Which are left out?"),
    ("train", {"        a0 = np": "        if t == 4:\n            break\n        a0 = np"}, "break",
     "This line leaves the loop before all steps are done. When should it run?"),
    ("failing", {"> threshold": "> threshold\n        if fails[name]:\n            break"}, "break",
     "This line leaves the loop before all steps are done. When should it run?"),
    ("rnn_forward", {RANGE: "t = 0\n    while t < T_x - 1:", COUNT: f"{COUNT}        t += 1\n"},
     "while t < T_x - 1:", "The loop leaves out step 3. From which step to which should it go?"),
    ("rnn_forward", {RANGE: "t = 1\n    while t < T_x:", COUNT: f"{COUNT}        t += 1\n"},
     "while t < T_x:", "The loop leaves out step 0. From which step to which should it go?"),
    ("rnn_forward", {RANGE: "t = -1\n    while t < T_x - 2:\n        t += 1"},
     "while t < T_x - 2:", "The loop leaves out step 3. From which step to which should it go?"),
    ("rnn_forward", {RANGE: "t = 0\n    while True:",
                     COUNT: f"{COUNT}        t += 1\n        if t == T_x - 1:\n            break\n"},
     "break", "This line leaves the loop before all steps are done. When should it run?"),
    ("optimise", {CLIP: "", "s, t, learning_rate)\n": f"s, t, learning_rate)\n{CLIP}"},
     "gradients = clip_by_norm(gradients, max_norm)",
     "Line 27 reads `gradients` before this line changes it. Which of the two should come first?"),
    ("restore", {"        start = end\n": "", "        # these": "        start = end\n        # these"},
     "start = end", "`start` gets another value here before it is used."),
])
def test_the_line_that_ends_a_loop_or_comes_too_late_is_named(task, changes, text, says):
    """The condition, the loop or the line is shown, with what its own names hold, and a question."""
    (found, verdict), source = judge_changed(task, changes), changed_source(task, changes)[1]
    assert [text] == [source.split("\n")[one.line.line - 1].strip() for one in found]
    assert says in found[0].line.says
    assert "right" == verdict


@pytest.mark.parametrize(("task", "changes", "wrong"), [
    # the name is cut after the loop, not in it
    ("sample", {BREAK: "", "    ### END": "    ids = ids[:ids.index(0)] if 0 in ids else ids\n    ### END"},
     ("(scores[:, 0], 1.0", "(scores[:, 0], 2.0")),
    ("sample", {BREAK: "", "np.array(ids, dtype=int)": "np.array(ids[:(ids + [0]).index(0)], dtype=int)"},
     ("(scores[:, 0], 1.0", "(scores[:, 0], 2.0")),
    # the loop is left at the top of the next pass
    ("sample", {BREAK: "", KEEP: "        if index != 0:\n            ids.append(index)\n",
                "        # the last": "        if ids and index == 0:\n            break\n        # the last"},
     ("(scores[:, 0], 1.0", "(scores[:, 0], 2.0")),
    # the other way round
    ("sample", {BREAK: KEPT, KEEP: ""},
     ("(scores[:, 0], 1.0", "(scores[:, 0], 2.0")),
    # the loop counts from one
    ("rnn_forward", {RANGE: "for t in range(1, T_x + 1):", "x[:, :, t]": "x[:, :, t - 1]",
                     "a[:, :, t]": "a[:, :, t - 1]", "y_pred[:, :, t]": "y_pred[:, :, t - 1]"},
     ("a_next = a0", "a_next = 2 * a0")),
    ("rnn_forward", {RANGE: "t = 1\n    while t <= T_x:", "x[:, :, t]": "x[:, :, t - 1]",
                     "a[:, :, t]": "a[:, :, t - 1]", "y_pred[:, :, t]": "y_pred[:, :, t - 1]",
                     COUNT: f"{COUNT}        t += 1\n"}, ("a_next = a0", "a_next = 2 * a0")),
])
def test_another_way_to_end_or_to_count_is_not_blamed(task, changes, wrong):
    """A right function of this form has no line; in one with a mistake that line is found, and no loop."""
    assert [] == judge_changed(task, changes)[0]
    found, source = judge_changed(task, changes | dict([wrong]))[0], changed_source(task, changes | dict([wrong]))[1]
    assert any(wrong[1] in source.split("\n")[one.line.line - 1] for one in found)
    assert not {"loop", "order"} & {one.line.kind for one in found}


def test_a_condition_is_not_blamed_for_what_a_line_below_it_does():
    """A name that is written over below the condition held another value when the condition was looked at."""
    (found, _) = judge_changed("sample", {"            break\n": WRITES_OVER})
    assert ["`index` was right, and this line writes over it. Should it?"] == [one.line.says for one in found]


STEPS = "    steps = np.ceil(np.log(share) / np.log(f))"


@pytest.mark.parametrize(("loop", "says"), [
    ("while left > share:\n        left -= f\n        steps += 1",
     "The loop makes 2 passes, and in the end `left` is -0.8 and `steps` is 2. Is that what you expect?"),
    ("while left < share:\n        left *= f\n        steps += 1",
     "The loop makes no pass. When should it make one?"),
    ("for left in np.cumprod([f] * 9):\n        if left > share:\n            steps = steps + 1",
     "The loop makes 9 passes, and in the end `steps` is 9. Is that what you expect?"),
    ("kept = []\n    for left in np.cumprod([f] * 9):\n        kept.append(left)\n    steps = 9", None),
])
def test_a_loop_in_place_of_a_formula_tells_what_it_counts(loop, says):
    """Where the task needs no loop, passes are counted, and the numbers that the loop leaves are said."""
    found, _ = judge_changed("steps_until_forgotten", {STEPS: f"    steps, left = 0, 1.0\n    {loop}"})
    assert [says] * bool(says) == [one.line.says for one in found]
