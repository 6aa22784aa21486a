"""The networks of the comparison in PyTorch, with the state dict names of ConvNet's zoo."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision


class Primer(nn.Module):
    """Four blocks of convolution, batch norm and ReLU with pooling between them."""

    def __init__(self, classes=10, channels=3):
        super().__init__()
        widths = [channels, 64, 128, 256, 512]
        for i in range(4):
            setattr(self, f"conv{i + 1}", nn.Conv2d(widths[i], widths[i + 1], 3, padding=1))
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(widths[i + 1]))
        self.fc = nn.Linear(512, classes)

    def forward(self, x):
        for i in range(4):
            x = F.relu(getattr(self, f"bn{i + 1}")(getattr(self, f"conv{i + 1}")(x)))
            if i < 3:
                x = F.max_pool2d(x, 2, 2)
        return self.fc(x.mean((2, 3)))


class LeNet5(nn.Module):
    """LeCun's network with ReLU and max pooling, for 28x28."""

    def __init__(self, classes=10, channels=1):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(400, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(torch.flatten(x, 1)))
        return self.fc3(F.relu(self.fc2(x)))


def cifar_resnet18(classes=10):
    net = torchvision.models.resnet18(num_classes=classes)
    net.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    net.maxpool = nn.Identity()
    return net


def cifar_vgg11_bn(classes=10):
    net = torchvision.models.vgg11_bn(num_classes=classes)
    net.avgpool = nn.Identity()
    net.classifier = nn.Linear(512, classes)
    return net


# name: (constructor, input [C, H, W], classes)
MODELS = {
    "resnet18": (lambda: torchvision.models.resnet18(), (3, 224, 224), 1000),
    "resnet50": (lambda: torchvision.models.resnet50(), (3, 224, 224), 1000),
    "vgg16_bn": (lambda: torchvision.models.vgg16_bn(), (3, 224, 224), 1000),
    "mobilenet_v2": (lambda: torchvision.models.mobilenet_v2(), (3, 224, 224), 1000),
    "cifar_vgg11_bn": (cifar_vgg11_bn, (3, 32, 32), 10),
    "cifar_resnet18": (cifar_resnet18, (3, 32, 32), 10),
    "primer": (Primer, (3, 32, 32), 10),
    "lenet5": (LeNet5, (1, 28, 28), 10),
}


def make(name, seed=0):
    """The network with random weights and running statistics of random pictures.

    Without statistics that fit, a deep random network gives infinities or denormal numbers.
    """
    torch.manual_seed(seed)
    build, shape, classes = MODELS[name]
    net = build()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None
    net.train()
    with torch.no_grad():
        for _ in range(2):
            net(torch.randn(4, *shape))
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.1
    return net.eval(), shape, classes
