"""What the host tells a zygote: its options, and the limits of each fork."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The share of the machine that one submission may use, in seconds, bytes and counts."""

    cell_seconds: float = 2.0  # a correct cell takes milliseconds; a cell that got little CPU runs twice
    template_cell_seconds: float = 0.5  # of an unchanged template cell; at least 100 times its measured time
    call_seconds: float = 1.0
    retry_seconds: float = 0.25  # of a cell or call after a timeout, because code that loops loops again
    submission_seconds: float = 60.0
    memory_bytes: int = 2 << 30
    processes: int = 64
    open_files: int = 128
    file_bytes: int = 32 << 20
    cell_output_bytes: int = 1 << 20
    notebook_output_bytes: int = 8 << 20
    message_bytes: int = 4 << 20  # of one call's arguments or result; correct ones have some thousand
    reference_calls: int = 250  # calls to reference functions within one call
    restarts: int = 8  # fresh processes after a timeout or a crash


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
    become : int, optional
        The user id that forks take before they make namespaces.
    """

    layers: tuple[str, ...]
    root: str
    control: int
    watch: int | None
    library_folders: tuple[str, ...]
    visible_folders: tuple[str, ...]
    become: int | None = None
