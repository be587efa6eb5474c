"""Describes this machine in words, so that figures say where they were made."""

import os
import pathlib
import platform
import re

CPU_INFO = pathlib.Path("/proc/cpuinfo")


def describe_machine() -> str:
    """System, processor and cores, such as 'Linux x86_64, AMD EPYC 7B13, 2 cores'; without host or user name."""
    system = f"{platform.system()} {platform.machine()}"
    return ", ".join(part for part in (system, _processor(), f"{os.cpu_count() or 1} cores") if part)


def _processor() -> str:
    """The processor's model; empty if the system does not tell."""
    try:
        found = re.search(r"^model name\s*: (.+)$", CPU_INFO.read_text(), flags=re.MULTILINE)
    except OSError:
        return platform.processor()
    return found[1].strip() if found else ""
