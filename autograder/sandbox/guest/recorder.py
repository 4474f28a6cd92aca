"""Collect what a cell shows as nbformat outputs, up to a number of bytes."""

import base64
import io
from collections.abc import Iterable, Mapping
from typing import Any

TRACEBACK_BYTES = 64 << 10  # of one traceback; deep recursion prints long ones
OUTPUT_BYTES = 200  # that an output takes beside its text


class Recorder:
    """A cell's outputs, in the order in which they came."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.start()

    def start(self) -> None:
        """Begin a new cell."""
        self.outputs: list[dict[str, Any]] = []
        self.room = self.limit  # bytes that are left; negative once something has been cut
        self.displays: dict[str, dict[str, Any]] = {}  # outputs that can be updated, by display id
        self.clear_next = False

    def stream(self, name: str, text: str) -> None:
        """Add text to stdout or stderr."""
        text = self._fit(text)
        if not text:
            return
        self._clear_if_due()
        if self.outputs and self.outputs[-1].get("name") == name:
            self.outputs[-1]["text"].append(text)
        else:
            self.room -= OUTPUT_BYTES
            self.outputs.append({"output_type": "stream", "name": name, "text": [text]})

    def bundle(self, kind: str, data: Mapping[str, Any], metadata: Any = None, count: int | None = None,
               display_id: str | None = None, update: bool = False) -> None:
        """Add a result or a display, or update the display that has this id."""
        size = OUTPUT_BYTES + sum(len(key) + len(value if isinstance(value, str) else repr(value))
                                  for key, value in data.items())
        if size > self.room:
            self.room = min(self.room, -1)
            return
        self.room -= size
        self._clear_if_due()
        content = {"data": _to_json(data), "metadata": _to_json(metadata or {})}
        if update and display_id in self.displays:
            self.displays[display_id].update(content)
            return
        output = {"output_type": kind, **content}
        if kind == "execute_result":
            output["execution_count"] = count
        if display_id is not None:
            self.displays[display_id] = output
        self.outputs.append(output)

    def error(self, name: str, value: str, lines: Iterable[str]) -> None:
        """Add a traceback. The first error is shown even if the cell has printed too much."""
        text = "\n".join(lines)
        if len(text) > TRACEBACK_BYTES:
            half = TRACEBACK_BYTES // 2
            text = text[:half] + "\n... (cut) ...\n" + text[-half:]
        self.room -= OUTPUT_BYTES + len(text)
        if self.room < -2 * TRACEBACK_BYTES:
            return
        self._clear_if_due()
        self.outputs.append({"output_type": "error", "ename": str(name)[:200], "evalue": str(value)[:5000],
                             "traceback": text.split("\n")})

    def clear(self, wait: bool) -> None:
        """Remove the outputs, now or when the next one comes."""
        if wait:
            self.clear_next = True
        else:
            self.outputs.clear()

    def finish(self) -> list[dict[str, Any]]:
        """Return the outputs, with a note if some were cut."""
        outputs = [
            {**output, "text": "".join(output["text"])} if output["output_type"] == "stream" else output
            for output in self.outputs
        ]
        if self.room < 0:
            size = f"{self.limit / (1 << 20):g} MiB" if self.limit >= 1 << 20 else f"{self.limit / 1024:g} KiB"
            outputs.append({"output_type": "stream", "name": "stdout", "text": f"output cut at {size}\n"})
        return outputs

    def _clear_if_due(self) -> None:
        if self.clear_next:
            self.clear_next = False
            self.outputs.clear()

    def _fit(self, text: str) -> str:
        """Return as much of a text as there is room for. After the first cut there is none."""
        if self.room < 0:
            return ""
        kept = text[: self.room]
        self.room -= len(text.encode("utf-8", "replace"))
        return kept


def _to_json(value: Any) -> Any:
    """Return a plain copy. Bytes, such as images, become base64, as nbformat wants them."""
    if isinstance(value, bytes):
        return base64.encodebytes(value).decode("ascii")
    if isinstance(value, Mapping):
        return {str(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    return value


class Stream(io.TextIOBase):
    """``sys.stdout`` or ``sys.stderr`` of a notebook."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, recorder: Recorder, name: str) -> None:
        self.recorder, self.name = recorder, name

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Record text."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.recorder.stream(self.name, text)
        return len(text)
