# Sourced by scripts that call bazel: what its client needs where the environment is bare.
export USER="${USER:-$(id -un)}"
export HOME="${HOME:-$(getent passwd "$(id -u)" | cut -d: -f6)}"
if [ -z "$HOME" ] || [ ! -w "$HOME" ]; then export HOME="${TMPDIR:-/tmp}/home-$USER"; fi
mkdir -p "$HOME"
