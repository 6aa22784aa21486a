"""One engine with one network: says `ready`, then answers each line SECONDS with one JSON line.

    worker.py ENGINE MODEL BATCH infer|train THREADS FOLDER

ENGINE: torch, torch-channels-last, torch-compile, torch-bf16 (autocast, channels-last),
torch-compile-bf16, onnxruntime, openvino, openvino-bf16, ncnn.
FOLDER holds what compare.py prepared: weights.pt, input.npy, model.onnx, and for ncnn model.ncnn.*.
"""

import json
import os
import sys
import time

engine, name, batch, mode, threads, folder = sys.argv[1:7]
batch, threads = int(batch), int(threads)
os.environ["OMP_NUM_THREADS"] = str(threads)

import numpy as np

path = lambda file: os.path.join(folder, file)
x = np.load(path("input.npy"))


def torch_step():
    import torch

    import models

    torch.set_num_threads(threads)
    net, _, classes = models.make(name)
    net.load_state_dict(torch.load(path("weights.pt")))
    autocast = lambda: torch.autocast("cpu", dtype=torch.bfloat16, enabled="bf16" in engine)
    compiled = engine.startswith("torch-compile")
    image = torch.from_numpy(x)
    if engine != "torch":
        net = net.to(memory_format=torch.channels_last)
        image = image.contiguous(memory_format=torch.channels_last)
    if mode == "infer":
        run = torch.compile(net) if compiled else net

        def step():
            with torch.inference_mode(), autocast():
                return run(image)

        return step, lambda: step().float().numpy()

    net.train()
    target = torch.arange(batch) % classes
    optimizer = torch.optim.SGD(net.parameters(), lr=1e-4)
    loss = lambda: torch.nn.functional.cross_entropy(net(image), target)
    forward = torch.compile(loss) if compiled else loss

    def step():
        optimizer.zero_grad(set_to_none=True)
        with autocast():
            value = forward()
        value.backward()
        optimizer.step()

    return step, None


def onnxruntime_step():
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        path("model.onnx"), options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: x}
    return lambda: session.run(None, feed), lambda: session.run(None, feed)[0]


def openvino_step():
    import openvino

    core = openvino.Core()
    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
    settings["INFERENCE_PRECISION_HINT"] = "bf16" if engine == "openvino-bf16" else "f32"
    compiled = core.compile_model(core.read_model(path("model.onnx")), "CPU", settings)
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(x))
    return request.infer, lambda: list(request.infer().values())[0]


def ncnn_step():
    import ncnn

    net = ncnn.Net()
    net.opt.num_threads = threads
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = False
    net.load_param(path("model.ncnn.param"))
    net.load_model(path("model.ncnn.bin"))

    def one(image):
        extractor = net.create_extractor()
        extractor.input("in0", ncnn.Mat(image))
        return np.array(extractor.extract("out0")[1])

    # ncnn has no batch: one picture after the other.
    def step():
        return [one(image) for image in x]

    return step, lambda: np.stack(step())


if engine.startswith("torch"):
    step, output = torch_step()
else:
    step, output = {
        "onnxruntime": onnxruntime_step,
        "openvino": openvino_step,
        "openvino-bf16": openvino_step,
        "ncnn": ncnn_step,
    }[engine]()

for _ in range(3):
    step()
if output is not None:
    np.save(path(f"output.{engine}.npy"), output())
print("ready", flush=True)
for line in sys.stdin:
    times, start = [], time.perf_counter()
    while time.perf_counter() - start < float(line) or len(times) < 3:
        before = time.perf_counter()
        step()
        times.append(1e3 * (time.perf_counter() - before))
    times.sort()
    print(
        json.dumps({"engine": engine, "median_ms": times[len(times) // 2], "min_ms": times[0],
                    "runs": len(times)}), flush=True)
