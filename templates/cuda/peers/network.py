"""A network as PyTorch computes it, in the way asked for."""
from absent import Absent
from operators import Operators


class Network(Operators):
    """The graph: layers with weights, as the libraries take them, and what lies between."""

    def __init__(self, torch, description, way, device):
        import torch.nn.functional as functional

        super().__init__(torch, functional)
        self.way, self.device = way, device
        self.nodes, self.outputs = description["nodes"], description["outputs"]
        self.input_ids = [port["id"] for port in description["inputs"]]
        self.number = torch.float16 if way in ("f16", "sparse24") else torch.float32
        self.sparse = 0
        missing = sorted({n["op"]["kind"] for n in self.nodes if not hasattr(self, method(n))})
        if missing:
            raise Absent(f"PyTorch is not told how to compute {', '.join(missing)}")
        unknown = sorted({fn for n in self.nodes for fn in functions_of(n) if fn not in self.functions})
        if unknown:
            raise Absent(f"PyTorch is not told how to compute {', '.join(unknown)}")
        with open(description["numbers"], "rb") as file:
            stored = bytearray(file.read())
        types = {"f32": torch.float32, "i32": torch.int32}
        self.constants = {}
        for c in description["constants"]:
            count = 1
            for size in c["shape"]:
                count *= size
            data = torch.frombuffer(stored, dtype=types[c["dtype"]], count=count, offset=c["offset"]).reshape(c["shape"])
            self.constants[c["id"]] = self.to(data.clone())
        self.layers = [self.layer(n) for n in self.nodes if n["op"]["kind"] in ("conv2d", "linear")]
        self.by_id = {layer["id"]: layer for layer in self.layers}
        if way in ("sparse24", "csr") and self.sparse == 0:
            kept = "keeps two of every four weights in sizes that it takes" if way == "sparse24" else "is one"
            raise Absent(f"no dense layer or convolution of 1x1 {kept}, and PyTorch has no other sparse ones")

    def to(self, tensor):
        return tensor.to(self.device, self.number if tensor.is_floating_point() else None)

    def layer(self, node):
        """Weights as the library takes them."""
        torch, op = self.torch, node["op"]
        weights = self.constants.get(node["inputs"][1])
        if weights is None:
            raise Absent("weights are computed")
        if op["kind"] == "linear" or (
            list(weights.shape[1:3]) == [1, 1] and op["groups"] == 1 and op["stride"] == [1, 1] and not any(op["pad"])
        ):
            matrix = weights.reshape(weights.shape[0], -1).contiguous()
            held, library = matrix, "cuBLAS"
            if self.way == "csr" and bool((matrix == 0).any()):
                held, library = matrix.to_sparse_csr(), "cuSPARSE"
            if self.way == "sparse24" and matrix.shape[1] % 4 == 0 and keeps_half(matrix):
                try:
                    held, library = torch.sparse.to_sparse_semi_structured(matrix), "cuSPARSELt"
                except (RuntimeError, NotImplementedError, ValueError):
                    pass  # of sizes that it does not take
            self.sparse += held is not matrix
            return {"id": node["id"], "node": node, "weights": held, "matrix": True, "library": library}
        filters = weights.permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
        return {"id": node["id"], "node": node, "weights": filters, "matrix": False, "library": "cuDNN"}

    def __call__(self, *inputs):
        values = dict(self.constants)
        values.update(zip(self.input_ids, inputs))
        for node in self.nodes:
            values[node["id"]] = getattr(self, method(node))(node, *(values[i] for i in node["inputs"]))
        return [values[i] for i in self.outputs]

    def finish(self, op, y, rest):
        rest = list(rest)
        slope = rest.pop(0) if op["activation"] == "prelu" else None
        if rest:
            y = y + rest[0]
        return self.torch.where(y < 0, y * slope, y) if slope is not None else self.functions[op["activation"]](y)

    def product(self, layer, x, bias):
        if self.way == "csr" and layer["library"] == "cuSPARSE":
            flat = x.reshape(-1, x.shape[-1])
            return (layer["weights"] @ flat.t()).t().reshape(*x.shape[:-1], -1) + bias
        return self.F.linear(x, layer["weights"], bias)

    def do_linear(self, node, x, _weights, bias, *rest):
        return self.finish(node["op"], self.product(self.by_id[node["id"]], x, bias), rest)

    def do_conv2d(self, node, x, _weights, bias, *rest):
        layer, op = self.by_id[node["id"]], node["op"]
        if layer["matrix"]:
            return self.finish(op, self.product(layer, x, bias), rest)
        top, left, bottom, right = op["pad"]
        x, pad = x.permute(0, 3, 1, 2), (top, left)
        if top != bottom or left != right:
            x, pad = self.F.pad(x, (left, right, top, bottom)), 0
        y = self.F.conv2d(x, layer["weights"], bias, op["stride"], pad, op["dilation"], op["groups"])
        return self.finish(op, y.permute(0, 2, 3, 1), rest)


def method(node):
    return "do_" + node["op"]["kind"].replace("-", "_")


def functions_of(node):
    op = node["op"]
    own = [op["activation"]] if op.get("activation") not in (None, "prelu") else []
    return own + ([op["fn"]] if op["kind"] == "unary" else [])


def keeps_half(matrix):
    return bool(((matrix.reshape(-1, 4) != 0).sum(1) <= 2).all())
