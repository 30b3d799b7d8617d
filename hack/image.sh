#!/usr/bin/env bash
# Makes build/image/penstock.tar: a docker-archive of one binary and the Debian packages whose libraries it needs.
#
#   hack/image.sh [BINARY]      default build/release/penstock; name in the archive: penstock.local/penstock:dev
#
# The packages are those of this machine, in the versions the binary was linked with or newer, fetched by apt. No daemon, no root.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
binary=$(realpath "${1:-$root/build/release/penstock}")
name=${PENSTOCK_IMAGE:-penstock.local/penstock:dev}
out=$root/build/image
limit=$((60 * 1000 * 1000))

[ -x "$binary" ] || {
  echo "hack/image.sh: no binary $binary; build it with hack/dev.sh build" >&2
  exit 1
}

# owner LIBRARY: the package that a library came from; dpkg may know it by its path before the merge of /lib into /usr/lib.
owner() {
  local file found
  file=$(realpath "$1")
  found=$(dpkg-query -S "$file" "${file#/usr}" "/usr$file" 2>/dev/null | head -n 1 | cut -d: -f1) || true
  [ -n "$found" ] || {
    echo "hack/image.sh: $1 is of no Debian package; link the binary with Debian's libraries only" >&2
    return 1
  }
  echo "$found"
}

# packages: the Debian packages of every shared library that the binary loads, and the certificates of public CAs.
packages() {
  local libraries library
  mapfile -t libraries < <(ldd "$binary" | awk '$3 ~ /^\// {print $3} $1 ~ /^\// {print $1}')
  for library in "${libraries[@]}"; do owner "$library" || return 1; done
  echo ca-certificates
}

# fetch PACKAGE: prints the path of its .deb: the installed version, or the mirror's newer one when that is gone there. Within
# one release of Debian a newer one is the same library with security fixes.
fetch() {
  local package=$1 version
  version=$(dpkg-query -W -f '${Version}' "$package")
  download "$package" "$version" 2>"$out/packages/fetch.log" && return 0
  [ "$(id -u)" -ne 0 ] || apt-get update -qq >&2 || true
  version=$(apt-cache policy "$package" | awk '$1 == "Candidate:" {print $2}')
  if dpkg --compare-versions "$version" gt "$(dpkg-query -W -f '${Version}' "$package")"; then
    download "$package" "$version" && return 0
  fi
  cat "$out/packages/fetch.log" >&2
  echo "hack/image.sh: cannot fetch $package in the installed version or a newer one; try: apt-get update" >&2
  return 1
}

# download PACKAGE VERSION: prints the path of that .deb.
download() {
  local file
  file=$out/packages/${1}_${2//:/%3a}_$(dpkg-query -W -f '${Architecture}' "$1").deb
  if [ ! -f "$file" ]; then
    (cd "$out/packages" && apt-get -qq -o APT::Sandbox::User=root download "$1=$2" >&2) || return 1
  fi
  echo "$file"
}

mkdir -p "$out/packages"
names=$(packages | sort -u)
debs=()
for package in $names; do
  deb=$(fetch "$package")
  debs+=("$deb")
done
key=$({ printf '%s\n' "${debs[@]##*/}" && cat "$root/hack/image/base_layer.py"; } | sha256sum | cut -c1-16)
base=$out/base-$key.tar
if [ ! -f "$base" ]; then
  "$root/hack/image/base_layer.py" "$base.new" "${debs[@]}"
  mv "$base.new" "$base"
fi

strip --strip-debug -o "$out/penstock" "$binary"
"$root/hack/image/docker_archive.py" --name "$name" --out "$out/penstock.tar.new" --gzip --user 65532:65532 \
  --env SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt --label org.opencontainers.image.title=penstock \
  --layer "$base" --file "$out/penstock:usr/bin/penstock:755" -- /usr/bin/penstock
size=$(stat -c %s "$out/penstock.tar.new")
if [ "$size" -gt "$limit" ]; then
  echo "hack/image.sh: the image has $size bytes, over the limit of $limit" >&2
  exit 1
fi
mv "$out/penstock.tar.new" "$out/penstock.tar"
echo "$name: $((size / 1000000)) MB in build/image/penstock.tar; $(wc -w <<<"$names") Debian packages"
