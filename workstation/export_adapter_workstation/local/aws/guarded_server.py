"""Runs the embedded AWS until standard input closes.

Started with the Python of .tools/embedded-aws, as the leader of a process group of its own. Whoever starts
it holds the other end of the pipe, which closes when that process ends in whatever way, SIGKILL included.
Then the whole group ends: the server, and the processes in which it runs functions.
"""

import os
import runpy
import signal
import sys
import threading


def end_with_the_starter() -> None:
    """Wait for the end of standard input, then end every process of the group. There is no state to save."""
    # os.read, because a thread that waits inside sys.stdin would block the interpreter's own end.
    while os.read(0, 1):
        pass
    os.killpg(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=end_with_the_starter, daemon=True).start()
    sys.argv = ["ministack"]
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)
