"""How a process asks a worker of its own, and what a worker may take: frames on pipes, a limit of memory.

Called by the workers of SPARQL queries and of credentials, and by those who ask them.
"""

import struct
import sys
from pathlib import Path
from typing import IO, Final

READY: Final = b"ready"
"""The first frame of a worker: it can be asked from now on."""
_LENGTH: Final = struct.Struct(">Q")


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next frame; None at the end of the stream."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    return body if len(body) == length else None


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """Nothing; the frame is written."""
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def limit_memory(beyond_bytes: int) -> None:
    """Nothing; this process may take so much beyond what it has now, and leaves no core. Nothing changes on Windows."""
    if sys.platform == "win32":
        return
    import resource

    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        limit = pages * resource.getpagesize() + beyond_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
