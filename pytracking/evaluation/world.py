"""The processes of one run, on this machine or many, and the store that they share.

torchrun and Slurm scripts say in the environment who this process is: RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT, and
LOCAL_RANK. Rank 0 holds the store (under torchrun its agent does), keeps the results and writes the report.
"""
# pyright: reportPrivateImportUsage=false

import contextlib
import dataclasses
import datetime
import functools
import os
import socket
import time

import torch
from torch.distributed import DistError, HashStore, PrefixStore, Store, TCPStore

from libs.utils.errors import SettingsError

PATIENCE = 300.0
"""Seconds that a process waits for a store to be there."""
RETRY = 0.5


@dataclasses.dataclass(frozen=True)
class Address:
    """Where a store is; can be sent to another process.

    Attributes:
        host, port: of the store.
        prefix: of its keys.
    """

    host: str
    port: int
    prefix: str

    def connect(self) -> Store:
        """The store there.

        Raises:
            SettingsError: it cannot be reached.
        """
        _wait_for(self.host, self.port)
        return PrefixStore(self.prefix, _tcp_store(self.host, self.port))

    def below(self, name: str) -> "Address":
        """The same store with keys of their own."""
        return dataclasses.replace(self, prefix=f"{self.prefix}/{name}")


class World:
    """Who this process is among those of a run.

    Attributes:
        rank, size: its number, and how many there are.
        local_rank: its number on its machine.
    """

    def __init__(self, rank: int = 0, size: int = 1, local_rank: int = 0, address: Address | None = None) -> None:
        self.rank, self.size, self.local_rank = rank, size, local_rank
        self._address = address
        self._servers: list[Store] = []
        self._runs = 0

    @property
    def leads(self) -> bool:
        """Whether this process keeps the results and writes the report."""
        return self.rank == 0

    def serve(self) -> None:
        """Hold the store of the run. Raises SettingsError where the address is not this machine's or taken."""
        assert self._address is not None
        try:
            self._servers.append(_tcp_store(self._address.host, self._address.port, serve=True))
        except (DistError, RuntimeError) as error:
            raise SettingsError(
                f"rank 0 cannot open the store at {self._address.host}:{self._address.port} ({_first_line(error)}); "
                "set MASTER_ADDR to this machine and MASTER_PORT to a free port"
            ) from error

    def open_run(self, processes: bool) -> tuple[Store, Address | None]:
        """The store of the next run of this process; all ranks open their runs in the same order.

        Args:
            processes: whether other processes of this machine will connect to it.

        Returns:
            (store, its address, None where it is in this process alone).
        """
        self._runs += 1
        name = f"run{self._runs}"
        if self._address is not None:
            address = self._address.below(name)
            return address.connect(), address
        if not processes:
            return HashStore(), None
        address = self._serve_here().below(name)
        return address.connect(), address

    def _serve_here(self) -> Address:
        """A store for the processes of this machine, which no other machine can reach."""
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        self._servers = [_tcp_store("127.0.0.1", port, serve=True, descriptor=listener.detach())]
        return Address("127.0.0.1", port, "dmb")


@functools.cache
def join_world() -> World:
    """The world of this process, as the environment says; alone where it says nothing.

    Raises:
        SettingsError: a variable is missing or no number, or the store cannot be opened.
    """
    if int(os.environ.get("WORLD_SIZE") or 1) <= 1:
        return World()
    rank, size = _number("RANK"), _number("WORLD_SIZE")
    # Started again by torchrun, processes are not to find what those before them left in its agent's store.
    prefix = f"dmb/{os.environ.get('TORCHELASTIC_RUN_ID', '')}/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}"
    world = World(
        rank,
        size,
        int(os.environ.get("LOCAL_RANK") or 0),
        Address(os.environ.get("MASTER_ADDR") or "127.0.0.1", _number("MASTER_PORT"), prefix),
    )
    if rank == 0 and os.environ.get("TORCHELASTIC_USE_AGENT_STORE") != "True":
        world.serve()
    if torch.cuda.is_available():
        torch.cuda.set_device(world.local_rank % torch.cuda.device_count())
    return world


def _number(name: str) -> int:
    text = os.environ.get(name, "")
    if not text.isdecimal():
        raise SettingsError(
            f"WORLD_SIZE is {os.environ.get('WORLD_SIZE')}, so that {name} must be a number, not {text!r}; start with "
            "torchrun, or set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT"
        )
    return int(text)


def _tcp_store(host: str, port: int, serve: bool = False, descriptor: int | None = None) -> TCPStore:
    timeout = datetime.timedelta(seconds=PATIENCE)
    return TCPStore(host, port, None, serve, timeout, wait_for_workers=False, master_listen_fd=descriptor)


def _wait_for(host: str, port: int) -> None:
    """Until somebody listens there; here, because torch's own attempts print what no user can read."""
    end, problem = time.monotonic() + PATIENCE, None
    while True:
        try:
            with contextlib.closing(socket.create_connection((host, port), timeout=RETRY + 4)):
                return
        except OSError as error:
            problem = error
        if time.monotonic() > end:
            raise SettingsError(
                f"the store of the run at {host}:{port} (MASTER_ADDR, MASTER_PORT) cannot be reached: {problem}; start "
                "rank 0 there, and let the machines reach that port"
            ) from problem
        time.sleep(RETRY)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
