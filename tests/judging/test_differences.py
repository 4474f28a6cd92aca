"""The part in which a line differs from an equation, by their texts."""

import ast

import pytest

from autograder.course.course import Course
from autograder.judging.line_audit import judge_lines
from autograder.judging.lines.differences import Comparison
from autograder.judging.lines.forms import Keys
from tests.helpers.courses import ROOT


def expression(text):
    return ast.parse(text, mode="eval").body


def difference(mine, theirs, **names):
    """Return the act and the texts of the student's parts; `names` stand for expressions of the reference."""
    keys = {name: Keys().of(expression(text)) for name, text in names.items()}
    found = Comparison(keys).find(expression(mine), expression(theirs))
    return found and (found.act, *(ast.unparse(part) for part in found.mine))


@pytest.mark.parametrize(("one", "other"), [
    ("a + b - c", "b - c + a"),
    ("np.dot(A, b) + c", "c + A @ b"),
    ("np.multiply(a, b) / c", "b / c * a"),
    ("-(a - b)", "b - a"),
    ("-np.sum(a) / b", "-(np.sum(a) / b)"),
    ("x.sum(axis=0)", "np.sum(x, axis=0)"),
    ("np.square(a)", "a ** 2"),
    ("a > b", "b < a"),
    ("not a or b > 1.0", "b > 1 or not a"),
    ("[f(x) for x in xs]", "[f(y) for y in xs]"),
    ("np.transpose(A) @ b", "A.T @ b"),
])
def test_another_way_of_writing_is_no_difference(one, other):
    """The order of terms and factors, numpy's names of operators, and the direction of a comparison do not count."""
    assert difference(one, other) is None
    assert difference(other, one) is None


@pytest.mark.parametrize(("mine", "theirs", "found"), [
    ("np.sum(a) / a.size", "np.sum(a) / np.sum(b)", ("part", "a.size")),
    ("f(a, b)", "f(a, c)", ("part", "b")),
    ("a + b", "a + b + c", ("missing term",)),
    ("a * b", "a * b * c", ("missing factor",)),
    ("a * b * (1 - b)", "a", ("extra", "b", "1 - b")),
    ("n * (k + 1)", "n * k", ("extra", "1")),
    ("4 * n * k + b", "4 * (n * k + n) + b", ("missing term",)),
    ("a - b", "a + b", ("sign", "b")),
    ("a / b", "a * b", ("turned factor", "b")),
    ("np.sort(p)", "np.cumsum(p)", ("function", "np.sort(p)")),
    ("np.sort(p)", "p", ("extra function", "np.sort(p)")),
    ("p", "np.sort(p)", ("missing function", "p")),
    ("np.ceil(a / b)", "np.ceil(np.log(a) / np.log(b))", ("missing function", "a", "b")),
    ("A @ b", "A.T @ b", ("transpose", "A")),
    ("a < b", "a <= b", ("comparison", "a < b")),
    ("a and b", "a or b", ("word", "a and b")),
    ("not a and b <= c", "a or b > c", ("negated", "not a and b <= c")),
    ("a > b", "c or a > b", ("missing condition", "a > b")),
    ("x[:, t - 1]", "x[:, t]", ("index", "x[:, t - 1]")),
    ("x[:, :n]", "x[:, n:]", ("slice", "x[:, :n]")),
    ("d['a']", "d['b']", ("entry", "d['a']")),
    ("(a, c, b)", "(a, b, c)", ("items order", "(a, c, b)")),
    ("(a, b, c)", "(a, b)", ("extra", "c")),
    ("(a,)", "(a, b)", ("missing item", "(a,)")),
    ("f(b, a)", "f(a, b)", ("order", "f(b, a)")),
    ("f(a[0], 1)", "f(a, b)", ("arguments", "f(a[0], 1)")),
    ("f(a)", "f(a, b)", ("missing argument", "f(a)")),
    ("[g(x) for x in a]", "[h(x) for x in a]", ("function", "g(x)")),
    ("[x * y for x in a]", "[x for x in a]", ("extra", "y")),
    ("[x for x in reversed(a)]", "[y for y in a]", ("extra function", "reversed(a)")),
    ("a if a < b else b", "a if a > b else b", ("comparison", "a < b")),
])
def test_the_part_that_differs_is_found(mine, theirs, found):
    """One difference is found with its class and the student's part."""
    assert found == difference(mine, theirs)


def test_several_differences_are_the_part_that_holds_them():
    """Where two parts differ, either may be right in another way; what holds both is not."""
    assert ("part", "a.size / b.size") == difference("np.log(a.size / b.size)", "np.log(np.sum(c) / np.sum(d))")


def test_a_name_of_the_students_own_stands_for_an_expression():
    """A value that is worked out in a line of its own is no difference."""
    assert ("part", "m") == difference("-np.sum(logs) / m", "-np.sum(k * np.log(p)) / np.sum(k)", logs="k * np.log(p)")


@pytest.fixture(scope="module")
def said():
    """A function that returns the sentence on the one wrong line of a changed solution."""
    def said(assignment, task, old, new):
        assignment = Course(ROOT).assignment(assignment)
        source = assignment.reference.sources[task]
        assert old in source
        ((explained,), verdict) = judge_lines(assignment, task, source.replace(old, new))
        assert "right" == verdict
        return explained.line.says, explained.is_named

    return said


@pytest.mark.parametrize(("assignment", "task", "old", "new", "says"), [
    ("gradient-checking", "cross_entropy", "np.sum(mask)", "mask.size", "`mask.size` stands there."),
    ("gradient-checking", "cross_entropy", "np.sum(mask)", "mask.sum() / m", "`m` is one part too many."),
    ("gradient-checking", "failing", "not same_shape or", "not same_shape and", "`and` joins the conditions."),
    ("gradient-checking", "failing", " > threshold", " >= threshold + 1", "stands there. Is it what belongs there?"),
    ("gradient-checking", "numeric_gradient", "up[i] += epsilon", "up += epsilon", "It is changed as a whole,"),
    ("gradient-checking", "relative_error", "np.linalg.norm(analytic - numeric)", "np.max(np.abs(analytic - numeric))",
     "What is done with `analytic - numeric` is not what is asked for."),
    ("character-model", "inputs_and_targets", "<= lengths", "< lengths", "`<` stands there. Is it the comparison"),
    ("character-model", "optimise", "v, s, t, learning_rate)\n", "v, s, t)\n",
     "An argument of `update_parameters_with_adam` is missing."),
    ("character-model", "clip_by_norm", "factor * gradient for", "gradient / norm for", "`gradient / norm` stands"),
    ("sizes-and-costs", "count_parameters", "output = n_y * n_a + n_y", "output = 0", "`0` stands there, whatever"),
    ("sizes-and-costs", "multiplications_per_step", "n_a * n_x + n_y * n_a)", "n_a * n_x) + n_y * n_a",
     "Look at the brackets"),
])
def test_a_line_that_is_one_part_from_the_equation_is_named(said, assignment, task, old, new, says):
    """The sentence names what stands in the student's own line, also where the values tell little."""
    text, is_named = said(assignment, task, old, new)
    assert says in text
    assert is_named


def test_a_long_part_is_quoted_by_its_beginning(said):
    """A sentence stays short, and a backtick in the student's code ends no quotation."""
    long = "np.arange(len('" + "`" * 300 + "')).sum()"
    text, _ = said("gradient-checking", "cross_entropy", "np.sum(mask)", long)
    assert len(text) < 150
    assert 0 == text.count("`") % 2


@pytest.mark.parametrize(("assignment", "task", "old", "new", "asks"), [
    ("gradient-checking", "numeric_gradient", "(f(up) - f(down)) / (2 * epsilon)", "(f(up) - f(v)) / epsilon",
     "Look at `v`."),
    ("gradient-checking", "restore", "start = end", "start += 1", "`start` grows by `1` here."),
    ("gradient-checking", "relative_error", "np.linalg.norm(analytic) + np.linalg.norm(numeric)",
     "np.mean(abs(analytic) * abs(numeric))", "What does `mean` give here, and what should `total` be?"),
    ("character-model", "inputs_and_targets", "np.arange(L + 1) <= lengths[:, None]",
     "(targets + lengths[:, None]) > 4", "For which values should this condition be true?"),
    ("rnn-step-by-step", "rnn_backward", "da0 = da_prevt", "da0 = da_prevt if T_x < 3 else -2 * da_prevt",
     "When is the condition true"),
    ("sizes-and-costs", "forget_bias", "share ** (1 / steps)", "share / steps", "Is a quotient asked for"),
])
def test_a_line_without_a_name_has_a_question_of_its_kind(said, assignment, task, old, new, asks):
    """Where nothing is certain but the line, the question is about what the line has."""
    text, is_named = said(assignment, task, old, new)
    assert asks in text
    assert not is_named
