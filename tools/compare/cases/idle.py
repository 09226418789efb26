"""What an idle connection costs an echo server in memory."""

from tools.compare.cases.servers import ECHO_SERVERS, OURS, Loaded
from tools.compare.harness import figures
from tools.compare.harness.case import Case
from tools.compare.harness.programs import Built

# Many: memory grows by huge pages where a server asks for them.
CONNECTIONS = 10000


def _Load(port, pid, _seconds):
    return [Built('load/idle_load'), str(port), str(pid), str(CONNECTIONS)]


CASES = [
    Case(name='idle_conn_bytes',
         work='%d connections that sent one message; resident memory that nine tenths add' %
         CONNECTIONS,
         unit='B', better=figures.LESS,
         ours=Loaded('ours', OURS, _Load),
         peers=[Loaded(name, server, _Load) for name, server in ECHO_SERVERS.items()
                if not name.startswith('bare')],
         overhead_s=1.0),
]
