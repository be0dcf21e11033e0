#!/usr/bin/env bash
# Run the tests of the Python module in CPython for Windows, under Wine. The build is the one that JavaCPP Presets have
# on Maven Central (https://github.com/bytedeco/javacpp-presets/tree/master/cpython): an archive, where python.org has
# an installer. Further arguments are pytest's.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

build=3.13.0-1.5.11
sum=dd3590a19413e7e3e8b01d8dfd88ee2fc97f2fd0079e50d47fa6a55c41b0afc3
url=https://repo1.maven.org/maven2/org/bytedeco/cpython/$build/cpython-$build-windows-x86_64.jar

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
curl -fsSL --retry 3 -o "$folder/cpython.jar" "$url"
echo "$sum  $folder/cpython.jar" | sha256sum --check --quiet
python3 -m zipfile -e "$folder/cpython.jar" "$folder"
home=$folder/org/bytedeco/cpython/windows-x86_64
grep '^pytest==' requirements-test.txt >"$folder/requirements.txt"
python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore --target "$folder/site" \
	-r "$folder/requirements.txt" colorama==0.4.6
GOOS=windows GOARCH=amd64 CGO_ENABLED=0 go build -o "$folder/exparchive.exe" ../cmd/exparchive

windows() { # windows PATH: the same as Wine names it
	echo "Z:$1" | tr / '\\'
}
export PYTHONHOME EXPARCHIVE PYTHONPATH PYTHONDONTWRITEBYTECODE=1
PYTHONHOME=$(windows "$home") EXPARCHIVE=$(windows "$folder/exparchive.exe") PYTHONPATH=$(windows "$folder/site")
go run ../internal/wine -program "$home/python.exe" -- -m pytest -p no:cacheprovider "$@"
