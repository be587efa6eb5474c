#!/usr/bin/env bash
# The tests with other versions of the libraries, in a virtual environment that is deleted afterwards. The oldest:
#   bash tests/versions.sh torch==2.6.0 torchvision==0.21.0 numpy==1.26.4 opencv-python==4.11.0.86
# The newest: bash tests/versions.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment=$(mktemp -d)
trap 'rm -rf "$environment"' EXIT
python3 -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --editable ".[dev]" "$@"
"$environment/bin/python" -m pip list | grep -E "^(torch|torchvision|timm|numpy|opencv-python) "
"$environment/bin/python" -m pytest
