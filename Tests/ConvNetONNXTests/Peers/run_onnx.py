"""Runs ONNX files with ONNX Runtime: for each MODEL INPUT OUTPUT of the standard input's lines, INPUT holds
Float32 numbers in the model's shape (a free batch is 2), OUTPUT gets the first output's."""

import sys

import numpy
import onnx
import onnxruntime

for line in sys.stdin:
    model, source, target = line.rstrip("\n").split("\t")
    onnx.checker.check_model(onnx.load(model), full_check=True)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    declared = session.get_inputs()[0]
    shape = [size if isinstance(size, int) else 2 for size in declared.shape]
    image = numpy.fromfile(source, numpy.float32).reshape(shape)
    session.run(None, {declared.name: image})[0].astype(numpy.float32).tofile(target)
