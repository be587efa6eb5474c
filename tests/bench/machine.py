"""The machine during a measurement: its clock, its rate at matrix products, the process's memory."""

import dataclasses
import importlib.metadata
import pathlib
import platform
import resource
import statistics
import sys
import time

import cv2
import torch

CPU = torch.device("cpu")
MATRIX_SIZE = 4096
PACKAGES = ("dmb-tracker", "torch", "torchvision", "numpy", "opencv-python", "opencv-contrib-python")


def set_threads(count):
    """Set the CPU threads of torch and OpenCV; None leaves both as they are. Returns the number that torch uses."""
    if count is not None:
        torch.set_num_threads(count)
        cv2.setNumThreads(count)
    return torch.get_num_threads()


def now(device):
    """Seconds, once the device has finished all its work; CPU time if `clock` says so."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.process_time() if clock(device) == "CPU time" else time.perf_counter()


def clock(device):
    """The clock that `now` reads: CPU time for one CPU thread, so that other programs do not count, else "wall"."""
    return "CPU time" if device.type == "cpu" and torch.get_num_threads() == 1 else "wall"


class MatrixRate:
    """Measures the device's rate at float32 products of square matrices repeatedly.

    Args:
        device: torch.device.

    Attributes:
        rates: GFLOP/s of all measurements.
    """

    def __init__(self, device):
        self.device, self.rates = device, []
        self._factors = torch.rand(2, MATRIX_SIZE, MATRIX_SIZE, device=device)
        self._product = torch.empty(MATRIX_SIZE, MATRIX_SIZE, device=device)
        self._seconds()  # the first product includes the library's set-up

    def measure(self):
        """Measure the GFLOP/s of one product."""
        self.rates.append(2 * MATRIX_SIZE**3 / self._seconds() / 1e9)
        return self.rates[-1]

    def median(self):
        """GFLOP/s over all measurements."""
        return statistics.median(self.rates)

    @torch.inference_mode()
    def _seconds(self):
        start = now(self.device)
        torch.matmul(*self._factors, out=self._product)
        return now(self.device) - start


@dataclasses.dataclass(frozen=True)
class Stretch:
    """Repetitions of the same work, between two matrix products.

    Attributes:
        seconds: seconds of each repetition.
        rate: GFLOP/s, mean of the product before and the one after.
    """

    seconds: list
    rate: float

    @property
    def cost(self):
        """GFLOP-equivalents of a repetition: seconds times rate."""
        return statistics.mean(self.seconds) * self.rate


def measure_stretches(rate, works):
    """Run works between matrix products, so that a slower machine slows both.

    Args:
        rate: MatrixRate.
        works: functions that do the work one or more times and return the seconds of each.

    Returns:
        a Stretch for each work.
    """
    stretches, before = [], rate.measure()
    for work in works:
        seconds, after = work(), rate.measure()
        stretches.append(Stretch(seconds, (before + after) / 2))
        before = after
    return stretches


def median_cost(stretches):
    """GFLOP-equivalents of a repetition: the median over the stretches, so a disturbance in one does not matter."""
    return statistics.median(stretch.cost for stretch in stretches)


def resident_megabytes(device):
    """Memory (10^6 bytes) that the process holds on the host and, on CUDA, that its tensors take on the device."""
    held = {"host_mb": _resident_bytes() / 1e6}
    if device.type == "cuda":
        held["device_mb"] = torch.cuda.memory_allocated(device) / 1e6
    return held


def _resident_bytes():
    status = pathlib.Path("/proc/self/statm")
    if status.is_file():
        return int(status.read_text().split()[1]) * resource.getpagesize()
    # Other systems only give the peak: in bytes on macOS, else in KiB.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def versions():
    """Versions of Python and of the packages that affect computing time; missing ones are left out."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def device_name(device):
    """The GPU's name, or the CPU's instruction set that torch uses."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {torch.backends.cpu.get_cpu_capability()}"
