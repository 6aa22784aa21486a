"""How the cost of a network grows with the batch and with the size of the pictures: a plot.

    python3 Benchmarks/scaling.py .build/release/convnet Documentation/scaling.svg

Runs `convnet bench` and draws two panels: time per picture against the batch, and time per
multiply-add against the size of the picture (a flat line: cost follows the work). Nothing else
should run meanwhile.
"""

import json
import math
import subprocess
import sys

NETWORKS = [("resnet18", "#1f6fb4"), ("vgg16_bn", "#c2571a"), ("mobilenet_v2", "#3a8a3a")]
BATCHES = [1, 2, 4, 8, 16, 32]
SIZES = [64, 96, 128, 160, 192, 224, 256, 320]
WIDTH, HEIGHT, LEFT, TOP, GAP = 300, 200, 56, 34, 90


def measure(program, network, *options):
    command = [program, "bench", network, "--json", "--min-time", "0.6s", *options]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in lines.splitlines() if line.strip()]


def panel(left, title, axis, xs, series, label):
    """One plot with a logarithmic x axis; y begins at zero."""
    top = max(max(values) for _, _, values in series) * 1.1
    place = lambda x: left + WIDTH * math.log(x / xs[0]) / math.log(xs[-1] / xs[0])
    height = lambda y: TOP + HEIGHT * (1 - y / top)
    parts = [f'<text x="{left}" y="{TOP - 14}" class="title">{title}</text>']
    step = 10 ** math.floor(math.log10(top / 2))
    step *= 2 if top / step > 6 else 1
    y = 0.0
    while y <= top:
        parts.append(f'<path class="grid" d="M{left} {height(y):.1f}h{WIDTH}"/>')
        parts.append(f'<text x="{left - 6}" y="{height(y) + 4:.1f}" text-anchor="end">{y:g}</text>')
        y = round(y + step, 10)
    for x in xs:
        parts.append(f'<text x="{place(x):.1f}" y="{TOP + HEIGHT + 16}" text-anchor="middle">{x}</text>')
    parts.append(f'<text x="{left + WIDTH / 2}" y="{TOP + HEIGHT + 34}" text-anchor="middle">{axis}</text>')
    for name, colour, values in series:
        points = " ".join(f"{place(x):.1f},{height(v):.1f}" for x, v in zip(xs, values))
        parts.append(f'<polyline points="{points}" stroke="{colour}" fill="none" stroke-width="2"/>')
        parts += [
            f'<circle cx="{place(x):.1f}" cy="{height(v):.1f}" r="3" fill="{colour}">'
            f"<title>{name}, {x}: {v:.3g} {label}</title></circle>"
            for x, v in zip(xs, values)
        ]
    return parts


def main():
    program, output = sys.argv[1:]
    batches, sizes = [], []
    for network, colour in NETWORKS:
        rows = measure(program, network, "--batch", ",".join(map(str, BATCHES)))
        times = [row["latency"]["median"] / row["batch"] for row in rows]
        batches.append((network, colour, times))
        costs = []
        for size in SIZES:
            row = measure(program, network, "--size", f"3x{size}x{size}")[0]
            work = sum(layer["multiplyAdds"] for layer in row["layers"])
            costs.append(row["latency"]["median"] * 1e9 / work)
        sizes.append((network, colour, costs))
        print(network, [f"{t:.2f}" for t in times], [f"{c:.2f}" for c in costs], flush=True)
    right = LEFT + WIDTH + GAP
    parts = panel(LEFT, "milliseconds per picture (224 x 224)", "batch", BATCHES, batches, "ms")
    parts += panel(right, "picoseconds per multiply-add (batch 1)", "pixels along an edge", SIZES, sizes, "ps")
    for index, (network, colour) in enumerate(NETWORKS):
        x = LEFT + 130 * index
        y = TOP + HEIGHT + 58
        parts.append(f'<path d="M{x} {y - 4}h20" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{x + 26}" y="{y}">{network}</text>')
    style = (
        "text{font:12px sans-serif;fill:#333}.title{font-weight:600}.grid{stroke:#ddd}"
        "@media (prefers-color-scheme:dark){text{fill:#ccc}.grid{stroke:#444}}"
    )
    box = f"0 0 {right + WIDTH + 20} {TOP + HEIGHT + 70}"
    with open(output, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}"><style>{style}</style>')
        file.write("\n".join(parts) + "</svg>\n")


if __name__ == "__main__":
    main()
