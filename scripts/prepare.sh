# Sourced by quickstart and check: installs what is missing, builds in ./build.

source=$(cd "$(dirname "$0")/.." && pwd) || exit 2
build=$source/build
log=$build/prepare.log

say() {
	echo "$program: $*" >&2
}

give_up() {
	say "$*"
	exit 2
}

# The packages for these purposes that are not installed.
missing_packages() {
	for purpose in "$@"; do
		sed -n "s/^$purpose  *//p" "$source/scripts/packages"
	done | sort -u | while read -r package; do
		test "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ||
			echo "$package"
	done
}

# Where there is no apt, configure says what is missing.
install_packages() {
	command -v apt-get >/dev/null && command -v dpkg-query >/dev/null || return 0
	missing=$(missing_packages "$@" | tr '\n' ' ')
	missing=${missing% }
	test -n "$missing" || return 0
	if test "$(id -u)" -ne 0; then
		say "some packages are missing; install them with"
		echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends $missing" >&2
		say "and run this again"
		exit 2
	fi
	say "installing $missing"
	DEBIAN_FRONTEND=noninteractive
	export DEBIAN_FRONTEND
	logged apt-get -qq -o Dpkg::Use-Pty=0 update
	# shellcheck disable=SC2086
	logged apt-get -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends $missing
}

# Runs a command with its output in the log; shows the log's end if it fails.
logged() {
	"$@" >>"$log" 2>&1 </dev/null && return
	tail -n 30 "$log" >&2
	give_up "'$*' failed; the whole log is $log"
}

# Leaves $jobs, for make.
build_all() {
	jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)
	say "building in $build"
	if ! test -x "$source/configure"; then
		(cd "$source" && logged autoreconf -fi) || exit
	fi
	if ! test -f "$build/Makefile"; then
		(cd "$build" && logged "$source/configure") || exit
	fi
	logged make -C "$build" -j "$jobs"
}

# prepare PURPOSE...: everything up to a finished build.
prepare() {
	mkdir -p "$build" && : >"$log" || give_up "cannot write in $build"
	install_packages "$@"
	build_all
}
