"""The commands in documents, as they are written."""

import re

from tests.helpers.courses import ROOT


def section_of(document, heading):
    """Return the text below a heading, up to the next one of its level or above."""
    text = (ROOT / "docs" / document).read_text(encoding="utf-8")
    found = re.search(rf"^(#+) {re.escape(heading)}\n", text, re.MULTILINE)
    rest = text[found.end():]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[:end.start()] if end else rest


def commands_of(document, heading):
    """Return the blocks of commands below a heading: indented lines, without their indent."""
    text = re.sub(r"^```.*?^```$", "", section_of(document, heading), flags=re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"(?:^    .*\n(?:^ *\n(?=    ))*)+", text, re.MULTILINE)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in blocks]


def files_of(document, heading):
    """Return the fenced blocks of Python below a heading."""
    return re.findall(r"```python\n(.*?)```", section_of(document, heading), re.DOTALL)
