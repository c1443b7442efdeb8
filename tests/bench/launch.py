"""Runs the command that its arguments are, and prints what that took: wall and processor seconds, peak bytes.

A process of its own, because a child inherits the peak memory of the process that it is forked from.
"""

import json
import os
import subprocess
import sys
import time


def main(command: list[str]) -> int:
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    json.dump([wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024], sys.stdout)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
