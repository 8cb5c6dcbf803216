"""Runs a function again and again, and says how long that took on the device."""
import time

MOST_COPIES = 64


class Timer:
    """A function of fixed tensors: as a CUDA graph where there is a GPU."""

    def __init__(self, torch, device, compute, inputs, calls=1):
        self.torch, self.device, self.inputs = torch, device, inputs
        often = lambda: [compute(*inputs) for _ in range(calls)][-1]
        if self.device != "cuda":
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
        self.flush = torch.empty(cache, dtype=torch.uint8, device=self.device)
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
        if self.device != "cuda":
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
