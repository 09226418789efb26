"""Where the programs are: those that Bazel built lie in the runfiles, others in the system."""

import os
import shutil

from tools.compare.harness.outcome import Missing

# .../tools/compare, by way of the runfiles and not of the sources that they link to.
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def Built(path):
    """The program at `path`; raises Missing with the package that it needs.

    The path is under tools/compare, or, with // before it, under the workspace's root.
    """
    if path.startswith('//'):
        program = os.path.join(os.path.dirname(os.path.dirname(ROOT)), path[2:])
    else:
        program = os.path.join(ROOT, path)
    if os.path.exists(program):
        return program
    if os.path.exists(program + '.missing'):
        with open(program + '.missing', encoding='utf-8') as note:
            raise Missing(note.read().strip())
    raise FileNotFoundError('%s is not among the runfiles' % path)


def Installed(name, package):
    """A program of the system; raises Missing when `package` is not there."""
    path = shutil.which(name, path='/usr/sbin:/usr/bin:' + os.environ.get('PATH', ''))
    if path is None:
        raise Missing(package)
    return path


def IsOptimised():
    """Whether Bazel built the runfiles with optimisation."""
    parts = os.path.realpath(ROOT).split(os.sep)  # bazel-bin is a link
    return any(part.endswith('-opt') or '-opt-' in part for part in parts)
