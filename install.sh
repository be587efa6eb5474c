#!/usr/bin/env bash
# Installs everything the project needs.
#
#   bash install.sh                        into .venv beside this file (PYTHON=python3.12 picks the interpreter)
#   bash install.sh CONDA_PATH ENV_NAME    into a conda environment, made if it does not exist
#   bash install.sh --web ...              with what the page needs (python -m pytracking.web)
#
# A second run with an unchanged pyproject.toml only checks. pip's own settings (PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, ...)
# are honoured, for example to take a CPU-only build of torch and torchvision.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

fail() { echo "install.sh: $*" >&2; exit 1; }

supported() { "$1" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.10 python}; do
        if supported "$candidate"; then command -v "$candidate"; return; fi
    done
    fail "no Python 3.10 to 3.13 found; install one or name it: PYTHON=/path/to/python3.11 bash install.sh"
}

use_venv() {
    if [ ! -x .venv/bin/python ]; then
        local base; base=$(find_python)
        "$base" -m venv .venv || { rm -rf .venv; fail "$base cannot make a virtual environment; on Debian or Ubuntu: apt install python3-venv"; }
    fi
    environment="$PWD/.venv" python="$PWD/.venv/bin/python"
}

use_conda() {
    [ -f "$1/etc/profile.d/conda.sh" ] || fail "no conda at '$1' (etc/profile.d/conda.sh is missing there)"
    set +u  # conda's own scripts read unset variables
    # shellcheck disable=SC1091
    source "$1/etc/profile.d/conda.sh"
    conda activate "$2" 2>/dev/null || { conda create --yes --name "$2" python=3.11 && conda activate "$2"; }
    set -u
    environment="$CONDA_PREFIX" python="$CONDA_PREFIX/bin/python"
    supported "$python" || fail "the environment '$2' has an unsupported Python; 3.10 to 3.13 are supported"
}

extras=dev
if [ "${1:-}" = --web ]; then extras=dev,web; shift; fi

case $# in
    0) use_venv ;;
    2) use_conda "$1" "$2" ;;
    *) fail "usage: bash install.sh   or   bash install.sh CONDA_PATH ENV_NAME   (each perhaps with --web first)" ;;
esac

stamp="$environment/.dmb_installed"
if ! [ -f "$stamp" ] || ! echo "$PWD $extras" | cat - pyproject.toml | cmp -s - "$stamp"; then
    # One call, so that pip resolves torch and torchvision as a pair and keeps a matching pair that is there already.
    "$python" -m pip install --editable ".[$extras]"
    "$python" -m libs.utils.check_install
    echo "$PWD $extras" | cat - pyproject.toml > "$stamp"
fi
"$python" -m pytracking.evaluation.environment
"$python" -m ltr.admin.environment
echo "Ready: $python"
