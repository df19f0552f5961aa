#!/bin/sh
# Installs what the guest tests need on Debian: QEMU from its package, and a
# kernel image unpacked (not installed) into the cache folder, where package
# guest looks for it. Does nothing when both are there already, so that it can
# run before every test. To get a newer kernel, delete the cache folder.
#
#   NRKERN_GUEST_CACHE   the cache folder; default $XDG_CACHE_HOME/nrkern-guest
#                        or ~/.cache/nrkern-guest
#
# Elsewhere than on Debian: install qemu-system-x86_64 by your own means and
# set NRKERN_GUEST_KERNEL to a bzImage with NUMA, hugetlbfs, devtmpfs and the
# 8250 serial driver built in.
set -eu

cache=${NRKERN_GUEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nrkern-guest}
meta=linux-image-cloud-amd64

have_qemu() { command -v qemu-system-x86_64 >/dev/null 2>&1; }
have_kernel() { [ -s "$cache/vmlinuz" ]; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

if have_qemu && have_kernel; then
	echo "guest: qemu-system-x86_64 and $cache/vmlinuz are there"
	exit 0
fi

as_root apt-get update -q

if ! have_qemu; then
	as_root env DEBIAN_FRONTEND=noninteractive \
		apt-get install -q -y --no-install-recommends qemu-system-x86
fi

if ! have_kernel; then
	# The meta package depends on the image of the current version.
	image=$(apt-cache depends --important "$meta" |
		sed -n 's/^ *Depends: \(linux-image-[^ ]*-cloud-amd64\)$/\1/p' | head -n 1)
	if [ -z "$image" ]; then
		echo "guest: $meta depends on no kernel image here; set NRKERN_GUEST_KERNEL to a bzImage" >&2
		exit 1
	fi
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/unpack.XXXXXX")
	trap 'rm -rf "$work"' EXIT INT TERM
	# As root apt would download as its own user, who cannot write here.
	(cd "$work" && apt-get download -q -o APT::Sandbox::User="$(id -un)" "$image")
	dpkg --fsys-tarfile "$work"/*.deb |
		tar -x -C "$work" --wildcards './boot/vmlinuz-*' './boot/config-*'
	# The image last and by rename: a cut-off run leaves no half of a kernel.
	mv "$work"/boot/config-* "$cache/config"
	mv "$work"/boot/vmlinuz-* "$cache/vmlinuz"
	echo "guest: $image unpacked to $cache/vmlinuz"
fi
