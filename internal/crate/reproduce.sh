#!/bin/sh
# Checks that the runs of this package are those that its README names, by their digests, makes every table and figure
# anew from them, and compares it with the one that is here. Writes nothing. Ends with 0 if all is as it was, and with 1
# if not.
#
# Needs exparchive: that which the variable EXPARCHIVE names, that in bin for this system, or that on the PATH.
set -u
CDPATH=
case ${EXPARCHIVE:-} in
/*) ;;
*/*) [ ! -f "$PWD/$EXPARCHIVE" ] || EXPARCHIVE=$PWD/$EXPARCHIVE ;; # which is named from the folder that is left now
esac
case $0 in
*/*) cd -- "${0%/*}" || exit 1 ;;
esac

failed=0
wrong() {
	printf 'reproduce.sh: %s\n' "$1" >&2
	failed=1
}

system=none
if command -v uname >/dev/null 2>&1; then
	case "$(uname -s) $(uname -m)" in
	"Linux x86_64") system=linux_amd64 ;;
	"Linux aarch64") system=linux_arm64 ;;
	"Darwin x86_64") system=darwin_amd64 ;;
	"Darwin arm64") system=darwin_arm64 ;;
	"FreeBSD amd64") system=freebsd_amd64 ;;
	*_NT-*" x86_64") system=windows_amd64.exe ;;
	esac
fi
exparchive=
for program in "${EXPARCHIVE:-}" "./bin/exparchive_$system" exparchive; do
	if [ -n "$program" ] && version=$("$program" --version 2>/dev/null); then
		exparchive=$program
		break
	fi
done
if [ -z "$exparchive" ]; then
	wrong 'there is no exparchive: put it on the PATH, or say with EXPARCHIVE where it is'
	exit 1
fi
printf '%s\n' "$version"

# run FILE DIGEST checks an archive.
run() {
	if ! text=$("$exparchive" verify "$1"); then
		[ -z "$text" ] || printf '%s\n' "$text" >&2
		wrong "$1: it is not as it was sealed"
		return
	fi
	case $text in
	"$1: ok, "*", digest $2"*) printf '%s: as it was, digest %s\n' "$1" "$2" ;;
	*) wrong "$1: it is another run than the one with the digest $2" ;;
	esac
}

# made PAPER makes what a paper's file lists, and compares it.
made() {
	"$exparchive" paper check "$1" || wrong "$1: not everything is as it is made now"
}

# sums MANIFEST compares the other files with their sums.
sums() {
	[ -f "../$1" ] || return 0
	if command -v sha512sum >/dev/null 2>&1; then
		(cd .. && sha512sum -c "$1" >/dev/null) || wrong "$1: not every file is as it was"
	elif command -v shasum >/dev/null 2>&1; then
		(cd .. && shasum -a 512 -c "$1" >/dev/null) || wrong "$1: not every file is as it was"
	else
		printf '%s: not compared, since there is no sha512sum\n' "$1"
	fi
}

# CHECKS
sums manifest-sha512.txt
sums tagmanifest-sha512.txt
[ "$failed" = 0 ] && printf 'all is as it was\n'
exit "$failed"
