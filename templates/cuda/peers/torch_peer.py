"""Runs a network through PyTorch as often as it is told to, and says how long each run took on the device.

    python3 torch_peer.py WAY DEVICE NETWORK.json INPUT.bin... OUTPUT.bin...

WAY is torch (f32), torch-tf32, torch-f16, torch-sparse24 (f16, layers with two of every four weights by cuSPARSELt) or torch-csr (f32,
dense layers by cuSPARSE).
DEVICE is cuda, or cpu to see what is computed. One line in, one line of JSON out: `check` gives "done" or {"absent": why}, `load` reads
the inputs, `run N` gives the nanoseconds of N runs, `save` writes the outputs, `steps N M` gives for each layer with weights the
nanoseconds of N runs with cold caches and M with warm ones. Runs are replays of a CUDA graph, timed by events; before each the inputs
come from the next of several copies, and the second cache is written over.
"""
import json
import sys
import time

NAME, DEVICE, NETWORK = sys.argv[1:4]
WAY = {"torch": "f32"}.get(NAME, NAME.removeprefix("torch-"))
HOT_CALLS, MOST_COPIES = 20, 64


class Absent(Exception):
    """Why this way takes no part."""


def absent_without_torch():
    try:
        import torch
    except ImportError:
        raise Absent("there is no PyTorch for this Python: pip install torch")
    if DEVICE == "cuda" and not torch.cuda.is_available():
        version = torch.version.cuda
        raise Absent("PyTorch finds no GPU" if version else "this PyTorch was built without CUDA")
    if WAY == "sparse24" and not (DEVICE == "cuda" and torch.backends.cusparselt.is_available()):
        raise Absent("this PyTorch has no cuSPARSELt, or the GPU no sparse tensor cores")
    return torch


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


class Network:
    """The graph, with pictures as [n, h, w, c]."""

    def __init__(self, torch, description):
        import torch.nn.functional as functional

        self.torch, self.F = torch, functional
        self.nodes, self.outputs = description["nodes"], description["outputs"]
        self.number = torch.float16 if WAY in ("f16", "sparse24") else torch.float32
        self.functions = activations(torch, functional)
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
        if WAY in ("sparse24", "csr") and self.sparse == 0:
            kept = "keeps two of every four weights in sizes that it takes" if WAY == "sparse24" else "is one"
            raise Absent(f"no dense layer or convolution of 1x1 {kept}, and PyTorch has no other sparse ones")

    def to(self, tensor):
        return tensor.to(DEVICE, self.number if tensor.is_floating_point() else None)

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
            if WAY == "csr" and bool((matrix == 0).any()):
                held, library = matrix.to_sparse_csr(), "cuSPARSE"
            if WAY == "sparse24" and matrix.shape[1] % 4 == 0 and keeps_half(matrix):
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
        if WAY == "csr" and layer["library"] == "cuSPARSE":
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


def method(node):
    return "do_" + node["op"]["kind"].replace("-", "_")


def functions_of(node):
    op = node["op"]
    own = [op["activation"]] if op.get("activation") not in (None, "prelu") else []
    return own + ([op["fn"]] if op["kind"] == "unary" else [])


def keeps_half(matrix):
    return bool(((matrix.reshape(-1, 4) != 0).sum(1) <= 2).all())


class Timer:
    """A function of fixed tensors: as a CUDA graph where there is a GPU."""

    def __init__(self, torch, compute, inputs, calls=1):
        self.torch, self.inputs = torch, inputs
        often = lambda: [compute(*inputs) for _ in range(calls)][-1]
        if DEVICE != "cuda":
            self.compute = often
            return
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                often()
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph):
            self.outputs = often()
        cache = 2 * max(1 << 20, getattr(torch.cuda.get_device_properties(0), "L2_cache_size", 64 << 20))
        self.flush = torch.empty(cache, dtype=torch.uint8, device=DEVICE)
        held = sum(t.numel() * t.element_size() for t in inputs) or 1
        self.copies = [[t.clone() for t in inputs] for _ in range(max(2, min(MOST_COPIES, 1 + cache // held)))]
        self.turn = 0
        self.events = [torch.cuda.Event(enable_timing=True) for _ in range(2)]

    def fill(self, given):
        for to, value in zip(self.inputs, given):
            to.copy_(value)
        for copy in getattr(self, "copies", []):
            for to, value in zip(copy, given):
                to.copy_(value)

    def run(self, cold=True):
        """Nanoseconds."""
        if DEVICE != "cuda":
            before = time.perf_counter_ns()
            self.outputs = self.compute()
            return time.perf_counter_ns() - before
        if cold:
            self.turn = (self.turn + 1) % len(self.copies)
            for to, value in zip(self.inputs, self.copies[self.turn]):
                to.copy_(value)
            self.flush.fill_(self.turn)
        self.events[0].record()
        self.graph.replay()
        self.events[1].record()
        self.torch.cuda.synchronize()
        return 1e6 * self.events[0].elapsed_time(self.events[1])


class Contender:
    def __init__(self, paths):
        with open(NETWORK, encoding="utf8") as file:
            self.description = json.load(file)
        count = len(self.description["inputs"])
        self.given, self.wanted = paths[:count], paths[count:]
        self.timer = None

    def check(self):
        try:
            self.torch = torch = absent_without_torch()
            torch.set_grad_enabled(False)
            torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = WAY == "tf32"
            torch.backends.cudnn.benchmark = True
            self.network = Network(torch, self.description)
            self.network.input_ids = [port["id"] for port in self.description["inputs"]]
            types = {"f32": torch.float32, "i32": torch.int32}
            inputs = [self.network.to(torch.zeros(p["shape"], dtype=types[p["dtype"]])) for p in self.description["inputs"]]
            self.timer = Timer(torch, self.network, inputs)
            self.timer.run()
        except Absent as why:
            return {"absent": str(why)}
        except (RuntimeError, NotImplementedError) as fault:
            return {"absent": f"PyTorch failed: {str(fault).strip().splitlines()[0][:300]}"}
        return "done"

    def load(self):
        torch, given = self.torch, []
        for port, path in zip(self.description["inputs"], self.given):
            with open(path, "rb") as file:
                data = bytearray(file.read())
            given.append(torch.frombuffer(data, dtype={"f32": torch.float32, "i32": torch.int32}[port["dtype"]]).reshape(port["shape"]))
        self.timer.fill(given)
        return "done"

    def save(self):
        self.timer.run()
        for value, path in zip(self.timer.outputs, self.wanted):
            plain = value.float() if value.is_floating_point() else value.int()
            with open(path, "wb") as file:
                file.write(bytes(plain.contiguous().cpu().view(self.torch.uint8).flatten().tolist()))
        return "done"

    def steps(self, runs, windows):
        torch, network, answer = self.torch, self.network, []
        for layer in network.layers:
            node = layer["node"]
            # Operands that are values of the network are made up, the rest is its own.
            sizes = dict(zip(node["inputs"], node["shapes"]))
            fixed = {i: network.constants[i] for i in node["inputs"] if i in network.constants}
            open_ids = [i for i in dict.fromkeys(node["inputs"]) if i not in fixed]
            compute = lambda *xs: getattr(network, method(node))(node, *({**fixed, **dict(zip(open_ids, xs))}[i] for i in node["inputs"]))
            make = lambda: [network.to(torch.randn(sizes[i])) for i in open_ids]
            once, often = Timer(torch, compute, make()), Timer(torch, compute, make(), HOT_CALLS)
            often.run(cold=False)
            answer.append({
                "id": node["id"],
                "library": layer["library"],
                "cold": [once.run() for _ in range(runs)],
                "hot": [often.run(cold=False) / HOT_CALLS for _ in range(windows)],
            })
        return answer

    def obey(self, order):
        name, *numbers = order.split()
        if name == "check":
            return self.check()
        if name == "run":
            return [self.timer.run() for _ in range(int(numbers[0]))]
        if name == "steps":
            return self.steps(*map(int, numbers))
        return self.load() if name == "load" else self.save()


def main():
    answers, sys.stdout = sys.stdout, sys.stderr
    contender = Contender(sys.argv[4:])
    for order in sys.stdin:
        answers.write(json.dumps(contender.obey(order)) + "\n")
        answers.flush()


main()
