"""The doctor shows which isolation layers this machine has."""

from autograder.sandbox import doctor, isolation


def test_the_doctor_shows_each_layer():
    """Each layer is available, or has advice how to get it."""
    found = doctor.examine()
    assert ["process", "limits", "system calls", "files", "bubblewrap"] == [layer.name for layer in found]
    assert all(layer.available == (layer.advice == "") for layer in found)
    assert found[-1].available == (isolation.best_level() == "bubblewrap")
