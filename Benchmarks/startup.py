"""How long a program takes from its start to its end, and how much memory it needs.

    swift run -c release --package-path Benchmarks network --model resnet18 --save /tmp/resnet18.safetensors
    python3 Benchmarks/startup.py 30 .build/release/convnet predict /tmp/resnet18.safetensors photo.jpg

Runs the command that often, with its output thrown away, after three runs that warm the file cache.
"""

import os
import subprocess
import sys
import time


def run(command):
    """Milliseconds, peak resident kilobytes and exit status of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    return (time.perf_counter() - start) * 1e3, usage.ru_maxrss, status


def main():
    count, command = int(sys.argv[1]), sys.argv[2:]
    for _ in range(3):
        run(command)
    runs = [run(command) for _ in range(max(1, count))]
    if any(status for _, _, status in runs):
        sys.exit(f"error: {' '.join(command)} failed")
    times = sorted(milliseconds for milliseconds, _, _ in runs)
    print(
        f"median {times[len(times) // 2]:.1f} ms, fastest {times[0]:.1f}, "
        f"nine in ten within {times[int(0.9 * (len(times) - 1))]:.1f}; "
        f"peak memory {max(peak for _, peak, _ in runs) / 1024:.1f} MiB"
    )


if __name__ == "__main__":
    main()
