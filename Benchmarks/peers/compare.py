"""ConvNet beside its peers: the same network, weights and pictures, taking turns in one run.

    python Benchmarks/peers/compare.py resnet18:1:infer cifar_resnet18:128:train
    python Benchmarks/peers/compare.py --all --threads 2 --rounds 5 --output results.json
    python Benchmarks/peers/compare.py resnet50:1:infer --precision bf16

Each engine is a process of its own that waits while another runs. Turns go A B C A B C; in each
round a peer's median time over ours is one ratio, and the median of the rounds counts. Above 1 means
that ConvNet is faster. The error is the largest difference from PyTorch's float64 run relative to its
largest number.
README.md says how to install the peers (outside the repository).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
binary = os.path.join(here, "..", ".build", "release", "network")

INFER = ["torch-channels-last", "onnxruntime", "openvino", "ncnn"]
TRAIN = ["torch", "torch-channels-last", "torch-compile"]
INFER_BF16 = ["torch-bf16", "torch-compile-bf16", "openvino-bf16"]
TRAIN_BF16 = ["torch-bf16", "torch-compile-bf16"]
ALL = [
    "resnet18:1:infer", "resnet18:16:infer", "resnet50:1:infer", "resnet50:16:infer",
    "vgg16_bn:1:infer", "vgg16_bn:16:infer", "mobilenet_v2:1:infer", "mobilenet_v2:16:infer",
    "cifar_vgg11_bn:128:infer", "primer:128:infer", "cifar_resnet18:128:train",
    "cifar_vgg11_bn:128:train", "resnet18:16:train", "lenet5:64:train", "primer:128:train",
]


def prepare(name, batch, mode, folder, engines):
    """Writes weights, pictures and models for all engines; returns the float64 output."""
    import numpy as np
    import torch
    from safetensors.torch import save_file

    sys.path.insert(0, here)
    import models

    net, shape, _ = models.make(name)
    torch.manual_seed(1)
    x = torch.randn(batch, *shape)
    np.save(os.path.join(folder, "input.npy"), x.numpy())
    torch.save(net.state_dict(), os.path.join(folder, "weights.pt"))
    state = {k: v.contiguous() for k, v in net.state_dict().items() if v.dtype == torch.float32}
    save_file(state, os.path.join(folder, "weights.safetensors"))
    save_file({"input": x}, os.path.join(folder, "input.safetensors"))
    if mode == "train":
        return None
    torch.onnx.export(net, (x,), os.path.join(folder, "model.onnx"), dynamo=False)
    if "ncnn" in engines:
        traced = torch.jit.trace(net, x[:1])
        traced.save(os.path.join(folder, "model.pt"))
        pnnx = os.path.join(os.path.dirname(sys.executable), "pnnx")
        sizes = "[1," + ",".join(map(str, shape)) + "]f32"
        subprocess.run([pnnx, "model.pt", f"inputshape={sizes}", "fp16=0"], cwd=folder, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with torch.no_grad():
        return net.double()(x.double()).numpy()


class Engine:
    """A process that measures when it is asked to."""

    def __init__(self, engine, command, environment=None):
        self.engine, self.times = engine, []
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, env={**os.environ, **(environment or {})})

    def wait(self):
        for line in self.process.stdout:
            if line.startswith("ready"):
                return True
        return False

    def measure(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        self.times.append(json.loads(self.process.stdout.readline())["median_ms"])

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def tuned(engine):
    """Eager torch keeps freed memory only with an allocator that is told to (see README.md)."""
    library = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"
    if not engine.startswith("torch") or not os.path.exists(library):
        return {}
    return {"LD_PRELOAD": library, "MALLOC_CONF": "dirty_decay_ms:-1,muzzy_decay_ms:-1"}


def compare(work, threads, rounds, seconds, wanted, precision):
    import numpy as np

    name, batch, mode = work.split(":")
    own = (INFER if mode == "infer" else TRAIN) if precision == "float32" else (
        INFER_BF16 if mode == "infer" else TRAIN_BF16)
    peers = [e for e in own if not wanted or e in wanted]
    row = {"work": work, "threads": threads, "precision": precision, "ms": {}, "error": {}}
    with tempfile.TemporaryDirectory() as folder:
        exact = prepare(name, int(batch), mode, folder, peers)
        file = lambda f: os.path.join(folder, f)
        engines = [Engine("convnet", [
            binary, "--serve", "--model", name, "--batch", batch, "--mode", mode,
            "--threads", str(threads), "--precision", precision, "--weights", file("weights.safetensors"),
            "--input", file("input.safetensors"), "--output", file("output.safetensors")])]
        for peer in peers:
            command = [sys.executable, os.path.join(here, "worker.py"), peer, name, batch, mode,
                       str(threads), folder]
            engines.append(Engine(peer, command, tuned(peer)))
        running = []
        for engine in engines:
            if engine.wait():
                running.append(engine)
            else:
                print(f"  {engine.engine}: does not run this", file=sys.stderr)
        for _ in range(rounds):
            for engine in running:
                engine.measure(seconds)
        for engine in running:
            engine.stop()
            row["ms"][engine.engine] = statistics.median(engine.times)
        if exact is not None:
            from safetensors.numpy import load_file

            scale = abs(exact).max()
            outputs = {"convnet": load_file(file("output.safetensors"))["output"]}
            for engine in running[1:]:
                outputs[engine.engine] = np.load(file(f"output.{engine.engine}.npy"))
            for engine, output in outputs.items():
                row["error"][engine] = float(abs(output.reshape(exact.shape) - exact).max() / scale)
    # One ratio per round: a machine that changes its speed between rounds changes both sides of it.
    ours = running[0].times
    ratios = {e.engine: statistics.median(t / o for t, o in zip(e.times, ours)) for e in running[1:]}
    best = min(ratios, key=ratios.get)
    rounds_of_best = [t / o for t, o in zip(next(e for e in running if e.engine == best).times, ours)]
    row["ratios"], row["best_peer"], row["ratio"] = ratios, best, ratios[best]
    row["ratio_range"] = [min(rounds_of_best), max(rounds_of_best)]
    return row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", nargs="*", help="MODEL:BATCH:infer|train")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.4)
    parser.add_argument("--precision", choices=["float32", "bf16"], default="float32")
    parser.add_argument("--engines", help="comma-separated peers")
    parser.add_argument("--output")
    options = parser.parse_args()
    wanted = options.engines.split(",") if options.engines else None
    rows = []
    for work in ALL if options.all else options.work:
        row = compare(work, options.threads, options.rounds, options.seconds, wanted,
                      options.precision)
        rows.append(row)
        times = "  ".join(f"{k} {v:.2f}" for k, v in row["ms"].items())
        errors = "  ".join(f"{k} {v:.1e}" for k, v in row["error"].items())
        print(f"{work:28} ratio {row['ratio']:.2f} "
              f"({row['ratio_range'][0]:.2f}-{row['ratio_range'][1]:.2f}) against {row['best_peer']}   ms: {times}", flush=True)
        if errors:
            print(f"{'':28} error: {errors}", flush=True)
    if options.output:
        with open(options.output, "w") as out:
            json.dump(rows, out, indent=1)


main()
