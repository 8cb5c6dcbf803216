"""What torch.nn.utils.prune exports, in the three ways that people export it: export.py FOLDER.

product.onnx   masks in place, no folding: every weight is NAME_orig * NAME_mask in the graph
folded.onnx    masks in place, PyTorch's own folding: the products are computed, and only zeros are left of the masks
removed.onnx   after prune.remove: weights with zeros

In product.onnx one weight that is kept is 0. Written by Debian's python3-torch 1.13.1.
"""

import sys
import warnings

import torch
from torch import nn
from torch.nn.utils import prune

warnings.filterwarnings("ignore")


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.wide = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(16)
        self.deep = nn.Conv2d(16, 16, 3, stride=2)
        self.dense = nn.Linear(16, 32)
        self.last = nn.Linear(32, 5, bias=False)

    def forward(self, x):
        y = torch.relu(self.norm(self.wide(x)))
        y = torch.relu(self.deep(y)).mean((2, 3))
        # Three axes: PyTorch writes a product of matrices with a transposed weight.
        return self.last(torch.relu(self.dense(y)).unsqueeze(1)).squeeze(1)


def pruned():
    torch.manual_seed(7)
    network = Network().eval()
    for layer in (network.wide, network.deep, network.dense, network.last):
        with torch.no_grad():
            layer.weight.view(-1)[0] = 10.0
        prune.l1_unstructured(layer, "weight", 0.8)
        with torch.no_grad():
            layer.weight_orig.view(-1)[0] = 0.0
        layer(torch.zeros(1, 3, 8, 8) if layer is network.wide else torch.zeros(1, layer.weight.shape[1], 8, 8)
              if layer is network.deep else torch.zeros(1, layer.weight.shape[1]))
    return network


def export(network, path, folding):
    torch.onnx.export(network, torch.zeros(1, 3, 12, 12), path, opset_version=13, do_constant_folding=folding,
                      input_names=["x"], output_names=["y"])


folder = sys.argv[1]
export(pruned(), folder + "/product.onnx", False)
export(pruned(), folder + "/folded.onnx", True)
removed = pruned()
for layer in (removed.wide, removed.deep, removed.dense, removed.last):
    prune.remove(layer, "weight")
export(removed, folder + "/removed.onnx", True)
