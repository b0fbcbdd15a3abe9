# SPDX-License-Identifier: BSD-2-Clause
# Read by setup.sh and guests.sh: apt with sources and lists of our own, at the mirror that the
# machine's apt is configured for, whose configuration stays as it is. Signatures are checked.

say() {
	printf '%s\n' "$*"
}

fail() {
	say "$0: error: $*" >&2
	exit 1
}

# Prints VERSION_CODENAME, or nothing where it is not Debian.
apt_release() {
	sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null
}

# Prints where the machine gets the distribution's main component from. More than one: the first.
apt_mirror() {
	release=$(apt_release)
	apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
		awk -v release="$release" '
			($1 == release || $1 == "stable") && $2 == "main" { print $3; exit }'
}

# apt_private DIR SUITE...: makes DIR/sources.list of main of these suites and sets $apt_options.
apt_private() {
	dir=$1
	shift
	mirror=$(apt_mirror)
	[ -n "$mirror" ] || fail 'apt has no source for the main component of this release;' \
		'to mend: add one to /etc/apt/sources.list and try again'
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	signed=
	[ ! -e $keyring ] || signed=" signed-by=$keyring"
	mkdir -p "$dir/lists/partial" "$dir/archives/partial" "$dir/parts"
	for suite in "$@"; do
		say "deb [lang=none$signed] $mirror $suite main"
	done > "$dir/sources.list"
	apt_options="-q -o Dir::Etc::sourcelist=$dir/sources.list
		-o Dir::Etc::sourceparts=$dir/parts -o Dir::State::lists=$dir/lists
		-o Dir::Cache::archives=$dir/archives
		-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=
		-o Acquire::Retries=3"
}
