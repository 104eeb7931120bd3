"""A worker for tests, asked in frames: tells its pid, sleeps, or ends, as it is asked."""

import os
import sys
import time

from ontology.worker_frames import READY, read_frame, write_frame


def main() -> None:
    """Nothing; answers until nobody asks any more, or it is asked to end."""
    write_frame(sys.stdout.buffer, b"not yet" if "unready" in sys.argv else READY)
    while (frame := read_frame(sys.stdin.buffer)) not in (None, b"end"):
        if frame == b"sleep":
            time.sleep(600)
        write_frame(sys.stdout.buffer, str(os.getpid()).encode())


if __name__ == "__main__":
    main()
