"""Settings that the host sends to a zygote: its options, and the limits of each fork."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The share of the machine that one submission may use, in seconds, bytes and counts."""

    # Seconds are of CPU time, which is the same on a busy machine. Code may wait `patience` times as long.
    cell_seconds: float = 2.0  # a correct cell takes milliseconds
    template_cell_seconds: float = 0.5  # of an unchanged template cell; at least 100 times its measured time
    call_seconds: float = 1.0
    task_seconds: float = 20.0  # of all calls of one function
    submission_seconds: float = 60.0  # of all cells; after it, only definitions run. Calls have their own time
    patience: float = 10.0  # seconds to wait, for example in `time.sleep`, for each second of a limit
    memory_bytes: int = 2 << 30
    processes: int = 64
    open_files: int = 128
    file_bytes: int = 32 << 20
    cell_output_bytes: int = 1 << 20
    notebook_output_bytes: int = 8 << 20
    message_bytes: int = 4 << 20  # of one call's arguments or result; correct ones have some thousand
    reference_calls: int = 250  # calls to reference functions within one call

    @property
    def fork_seconds(self) -> int:
        """The CPU time after which the kernel ends a fork, whatever else happens."""
        return int(4 * self.submission_seconds) + 1


@dataclass(frozen=True)
class Options:
    """How a zygote runs, and which isolation layers confine its forks.

    Attributes
    ----------
    layers : sequence of str
        ``environment``, ``descriptors``, ``subreaper``, ``syscalls``, ``files``, ``namespaces``, as far as they apply.
    root : str
        A folder for scratch files.
    control, watch : int
        Descriptors: the socket to the host, and a pidfd of the host's process.
    library_folders, visible_folders : sequence of str
        Folders to import from, and all folders that a fork may read.
    landlock : int
        The version of Landlock that the layer ``files`` uses.
    become : int, optional
        The user id that forks take before they make namespaces.
    """

    layers: tuple[str, ...]
    root: str
    control: int
    watch: int | None
    library_folders: tuple[str, ...]
    visible_folders: tuple[str, ...]
    landlock: int
    become: int | None = None
