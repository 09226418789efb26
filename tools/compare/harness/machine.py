"""What the figures were taken on."""

import os
import platform


def _CpuModel():
    with open('/proc/cpuinfo', encoding='utf-8') as info:
        for line in info:
            if line.startswith('model name'):
                return line.split(':', 1)[1].strip()
    return platform.machine()


def Describe():
    """A dictionary of facts that figures depend on."""
    return {
        'cpu': _CpuModel(),
        'cores': len(os.sched_getaffinity(0)),
        'kernel': platform.release(),
        'load': round(os.getloadavg()[0], 2),
    }
