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
import os
import sys

# Where this lies may be read only, and a Python that is kept to itself does not look here.
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from absent import Absent
from network import Network, method
from timer import Timer

NAME, DEVICE, NETWORK = sys.argv[1:4]
WAY = {"torch": "f32"}.get(NAME, NAME.removeprefix("torch-"))
HOT_CALLS = 20


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
            self.network = Network(torch, self.description, WAY, DEVICE)
            types = {"f32": torch.float32, "i32": torch.int32}
            inputs = [self.network.to(torch.zeros(p["shape"], dtype=types[p["dtype"]])) for p in self.description["inputs"]]
            self.timer = Timer(torch, DEVICE, self.network, inputs)
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
            once, often = (Timer(torch, DEVICE, compute, make(), calls) for calls in (1, HOT_CALLS))
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
