"""The operators that have no weights, with pictures as [n, h, w, c]: a method each, named by its kind."""
from absent import Absent


def activations(torch, F):
    return {
        "none": lambda x: x,
        "relu": F.relu,
        "relu6": F.relu6,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "swish": F.silu,
        "hard-sigmoid": F.hardsigmoid,
        "hard-swish": F.hardswish,
        "elu": F.elu,
        "softplus": F.softplus,
        "gelu": F.gelu,
        "mish": F.mish,
        "softsign": F.softsign,
        "exp": torch.exp,
        "log": torch.log,
        "sqrt": torch.sqrt,
        "rsqrt": torch.rsqrt,
        "erf": torch.erf,
        "square": torch.square,
        "reciprocal": torch.reciprocal,
        "neg": torch.neg,
        "abs": torch.abs,
        "floor": torch.floor,
        "ceil": torch.ceil,
    }


class Operators:
    """Each method is given the node and the tensors that it reads, and gives a tensor."""

    def __init__(self, torch, functional):
        self.torch, self.F = torch, functional
        self.functions = activations(torch, functional)

    def do_pool2d(self, node, x):
        op, F = node["op"], self.F
        top, left, bottom, right = op["pad"]
        border = (left, right, top, bottom)
        x = x.permute(0, 3, 1, 2)
        if op["fn"] == "max":
            padded = F.pad(x, border, value=float("-inf")) if any(border) else x
            return F.max_pool2d(padded, op["window"], op["stride"]).permute(0, 2, 3, 1)
        y = F.avg_pool2d(F.pad(x, border), op["window"], op["stride"])
        if not op["countPad"] and any(border):
            inside = F.pad(self.torch.ones_like(x[:1, :1]), border)
            y = y / F.avg_pool2d(inside, op["window"], op["stride"])
        return y.permute(0, 2, 3, 1)

    def do_unary(self, node, x):
        return self.functions[node["op"]["fn"]](x)

    def do_binary(self, node, a, b):
        torch, fn = self.torch, node["op"]["fn"]
        if fn == "squared-difference":
            return (a - b) ** 2
        if fn == "prelu":
            return torch.where(a < 0, a * b, a)
        names = {"add": torch.add, "sub": torch.sub, "mul": torch.mul, "div": torch.div, "min": torch.minimum}
        return {**names, "max": torch.maximum, "pow": torch.pow}[fn](a, b)

    def do_reshape(self, node, x):
        return x.reshape(node["op"]["shape"])

    def do_depth_to_space(self, node, x):
        n, h, w, c = x.shape
        block = node["op"]["block"]
        parts = x.reshape(n, h, w, block, block, -1).permute(0, 1, 3, 2, 4, 5)
        return parts.reshape(n, h * block, w * block, -1)

    def do_relayout(self, _node, x):
        return x

    def do_transpose(self, node, x):
        return x.permute(node["op"]["perm"])

    def do_concat(self, node, *values):
        return self.torch.cat(values, node["op"]["axis"])

    def do_softmax(self, node, x):
        return self.torch.softmax(x, node["op"]["axis"])

    def do_slice(self, node, x):
        op = node["op"]
        for axis, (begin, size, step) in enumerate(zip(op["begin"], op["size"], op["step"])):
            places = self.torch.arange(size, device=x.device) * step + begin
            x = x.narrow(axis, begin, size) if step == 1 else x.index_select(axis, places)
        return x

    def do_pad(self, node, x):
        op = node["op"]
        if op["mode"] != "constant":
            raise Absent(f"PyTorch is not told how to pad by \"{op['mode']}\"")
        pairs = [n for pair in zip(reversed(op["before"]), reversed(op["after"])) for n in pair]
        return self.F.pad(x, pairs, value=op["value"])

    def do_reduce(self, node, x):
        torch, op = self.torch, node["op"]
        if op["fn"] == "prod":
            raise Absent("PyTorch is not told how to multiply along axes")
        fn = {"sum": torch.sum, "mean": torch.mean, "max": torch.amax, "min": torch.amin}[op["fn"]]
        return fn(x, op["axes"], keepdim=op["keep"]) if op["axes"] else x

    def do_matmul(self, node, a, b):
        op = node["op"]
        a, b = (t.transpose(-1, -2) if turned else t for t, turned in ((a, op["transposeA"]), (b, op["transposeB"])))
        return self.torch.matmul(a, b)

    def do_layer_norm(self, node, x, scale, offset):
        return self.F.layer_norm(x, x.shape[-1:], scale, offset, node["op"]["epsilon"])

    def do_resize(self, node, x):
        op = node["op"]
        if op["method"] != "bilinear" or op["coordinates"] == "asymmetric":
            raise Absent(f"PyTorch is not told how to resize by {op['method']}, {op['coordinates']}")
        aligned = op["coordinates"] == "align-corners"
        y = self.F.interpolate(x.permute(0, 3, 1, 2), op["size"], mode="bilinear", align_corners=aligned)
        return y.permute(0, 2, 3, 1)
