"""Exports torchvision's networks and a few small ones as ONNX, for tests: export.py FOLDER [NAME...].

Weights are random: as torchvision draws them, from a fixed seed; what it leaves at zeros and ones (statistics of batch
normalisations, some last layers, scales of branches) is drawn as well. A file that is there already is kept. Run by Debian's
/usr/bin/python3 with python3-torch and python3-torchvision; exporters of several operator sets are covered.
"""

import os
import sys
import warnings

import torch
import torchvision
from torch import nn

warnings.filterwarnings("ignore")
models = torchvision.models


class Recurrent(nn.Module):
    """A sequence through two layers of LSTM or GRU, both ways, and a classifier of its last step."""

    def __init__(self, kind):
        super().__init__()
        self.layers = kind(12, 20, num_layers=2, bidirectional=True, batch_first=True)
        self.classes = nn.Linear(40, 7)

    def forward(self, x):
        return self.classes(self.layers(x)[0][:, -1])


class Encoder(nn.Module):
    """Two blocks of self-attention."""

    def __init__(self):
        super().__init__()
        block = nn.TransformerEncoderLayer(32, 4, dim_feedforward=64, activation="gelu", batch_first=True)
        self.blocks = nn.TransformerEncoder(block, 2)
        self.classes = nn.Linear(32, 7)

    def forward(self, x):
        return self.classes(self.blocks(x).mean(dim=1))


class Convolutions(nn.Module):
    """What the large networks lack: 1-D convolutions, upsampling, transposed convolutions, other normalisations."""

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv2d(3, 16, 3, 2, 1), nn.GroupNorm(4, 16), nn.ELU(), nn.Conv2d(16, 24, 3, 2, 1))
        self.up = nn.Sequential(
            nn.ConvTranspose2d(24, 16, 4, 2, 1), nn.InstanceNorm2d(16, affine=True), nn.PReLU(16),
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False), nn.Conv2d(16, 3, 3, padding=2, dilation=2),
        )
        self.line = nn.Sequential(nn.Conv1d(3, 8, 5, padding=2), nn.LeakyReLU(0.1), nn.AvgPool1d(3, 2, 1), nn.Softplus())

    def forward(self, x):
        y = self.up(self.down(x))
        return y, self.line(y.flatten(2))


picture = (1, 3, 224, 224)

# Name: network, shape of its input, operator set.
networks = {
    "resnet18": (lambda: models.resnet18(), picture, 13),
    "resnet50": (lambda: models.resnet50(), picture, 17),
    "mobilenet_v2": (lambda: models.mobilenet_v2(), picture, 11),
    "mobilenet_v3_small": (lambda: models.mobilenet_v3_small(), picture, 13),
    "mobilenet_v3_large": (lambda: models.mobilenet_v3_large(), picture, 14),
    "efficientnet_b0": (lambda: models.efficientnet_b0(), picture, 15),
    "regnet_y_400mf": (lambda: models.regnet_y_400mf(), picture, 16),
    "convnext_tiny": (lambda: models.convnext_tiny(), picture, 17),
    "vit_b_16": (lambda: models.vit_b_16(), picture, 17),
    "swin_t": (lambda: models.swin_t(), picture, 17),
    "lstm": (lambda: Recurrent(nn.LSTM), (2, 9, 12), 13),
    "gru": (lambda: Recurrent(nn.GRU), (2, 9, 12), 14),
    "transformer": (lambda: Encoder(), (2, 10, 32), 17),
    "convolutions": (lambda: Convolutions(), (1, 3, 32, 40), 13),
}


def drawn(module):
    """Networks as they are after training: nothing is 0 or 1, and no branch counts for nothing."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.running_mean, std=0.1)
            nn.init.uniform_(layer.running_var, 0.5, 1.5)
            nn.init.uniform_(layer.weight, 0.8, 1.2)
            nn.init.normal_(layer.bias, std=0.1)
        elif isinstance(layer, nn.Linear) and not layer.weight.any():
            nn.init.xavier_uniform_(layer.weight)
        elif isinstance(layer, models.convnext.CNBlock):
            nn.init.uniform_(layer.layer_scale, 0.1, 0.3)
    return module.eval()


def export(name, folder):
    path = os.path.join(folder, name + ".onnx")
    if os.path.exists(path):
        return
    build, shape, opset = networks[name]
    torch.manual_seed(7)
    network = drawn(build())
    fresh = path + "." + str(os.getpid())
    # With gradients: without them PyTorch computes attention in one operator that it cannot export.
    torch.onnx.export(network, torch.randn(shape), fresh, opset_version=opset, input_names=["input"])
    os.rename(fresh, path)


if __name__ == "__main__":
    torch.set_num_threads(1)
    os.makedirs(sys.argv[1], exist_ok=True)
    for wanted in sys.argv[2:] or networks:
        export(wanted, sys.argv[1])
