#!/usr/bin/env bash
# Check the Python module and run its tests, on the oldest and the newest Python that are here: those that are called
# python3.9 and so on, or that pyenv has installed. EXPARCHIVE names the program; further arguments are pytest's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
: "${EXPARCHIVE:?the program exparchive, which make test-python builds}"

least=9 # of the minor version that the module is for

minor() { # minor PYTHON: the number behind "3.", nothing if it is no Python that runs and that the module is for
	"$1" -c 'import ensurepip, sqlite3, sys; print(sys.version_info[1])' 2>/dev/null || true
}

oldest='' newest=''
for python in python3 $(compgen -c python3. | grep -E '^python3\.[0-9]+$' | sort -u) \
	"${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.*/bin/python; do
	number=$(minor "$python")
	[[ -n $number ]] && ((number >= least)) || continue
	if [[ -z $oldest ]] || ((number < oldest_number)); then oldest=$python oldest_number=$number; fi
	if [[ -z $newest ]] || ((number > newest_number)); then newest=$python newest_number=$number; fi
done
[[ -n $oldest ]] || { echo "no Python 3.$least or newer that can make environments is here" >&2; exit 1; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Compiling all that is installed would take most of the time; what is imported is compiled, once.
export PYTHONPYCACHEPREFIX=$folder/compiled PIP_NO_COMPILE=1

environment() { # environment PYTHON: an environment with what the tests need, and the name of its folder
	local name
	name=$folder/$("$1" -c 'import sys; print("3." + str(sys.version_info[1]))')
	"$1" -m venv "$name"
	"$name/bin/pip" install --quiet --disable-pip-version-check --prefer-binary -r requirements-test.txt
	echo "$name"
}

new=$(environment "$newest")
if [[ -x $new/bin/mypy ]]; then
	"$new/bin/ruff" check --quiet --no-cache . ../examples
	"$new/bin/ruff" format --check --quiet --no-cache .
	"$new/bin/mypy" --python-version "3.$((least > 10 ? least : 10))" --cache-dir "$folder/mypy" simexp.py tests/*.py
fi
# The module can be installed, from a copy since setuptools writes beside it, and then is the one that is imported.
mkdir "$folder/module"
cp pyproject.toml simexp.py README.md "$folder/module"
"$new/bin/pip" install --quiet --disable-pip-version-check "$folder/module"
(cd / && "$new/bin/python" -c 'import simexp; assert "site-packages" in simexp.__file__, simexp.__file__')

"$new/bin/python" -m pytest -p no:cacheprovider "$@"
if [[ $oldest_number != "$newest_number" ]]; then
	old=$(environment "$oldest")
	"$old/bin/python" -m pytest -p no:cacheprovider "$@"
fi
echo "Python 3.$oldest_number and 3.$newest_number"
