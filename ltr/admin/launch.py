"""Starts one training process per GPU from a plain `python` command, as torchrun would."""

import os
from collections.abc import Sequence

import torch
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.run import main as torchrun

from libs.utils.errors import SettingsError


def is_launched() -> bool:
    """Whether this process was started by torchrun (or by `launch`)."""
    return "LOCAL_RANK" in os.environ


def select_gpus(indices: str) -> None:
    """Let this process and its children see only these GPUs.

    Args:
        indices: string such as '0' or '0,1'.

    Raises:
        SettingsError: it is not a list of existing GPUs.
    """
    chosen = indices.split(",")
    available = torch.cuda.device_count()
    if not all(number.strip().isdigit() and int(number) < available for number in chosen):
        raise SettingsError(
            f"--gpu {indices}: {available} GPUs are visible, numbered from 0; write for example --gpu 0,1 "
            "(without a GPU leave --gpu out; --processes N starts N processes)"
        )
    # Indices count the GPUs that are visible so far, which may be only some of the machine's.
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(map(str, range(available)))).split(",")
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(visible[int(number)] for number in chosen)


def launch(processes: int, command: Sequence[str]) -> int:
    """Run a script in several processes on this machine, and wait for them.

    Args:
        processes: number of processes.
        command: the script and its arguments.

    Returns:
        Exit code: 0, that of the process that failed first, or 128 + signal number when stopped.
    """
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 1) // processes)))
    try:
        torchrun(["--standalone", f"--nproc-per-node={processes}", *command])
    except ChildFailedError as error:
        return error.get_first_failure()[1].exitcode
    except SignalException as error:
        return 128 + error.sigval
    return 0
