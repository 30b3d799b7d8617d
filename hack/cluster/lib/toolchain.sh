# shellcheck shell=bash
# The Go that builds the components: one from PATH that is new enough, else the pinned one of go/toolchain/go.mod, which any
# older Go (Debian's golang-go) can fetch as a module and check against go/toolchain/go.sum.

GO_NEEDED=1.26

new_enough() {
  local version
  version=$("$1" env GOVERSION 2>/dev/null) || return 1
  version=${version#go}
  [ "$(printf '%s\n' "$GO_NEEDED" "${version%% *}" | sort -V | head -n 1)" = "$GO_NEEDED" ]
}

# go_command: prints the path of a Go that can build the components.
go_command() {
  local found pinned=$CLUSTER_ROOT/toolchain/bin/go
  found=$(command -v go || true)
  if [ -n "$found" ] && GOTOOLCHAIN=local new_enough "$found"; then
    echo "$found"
  elif [ -x "$pinned" ]; then
    echo "$pinned"
  elif [ -n "$found" ]; then
    fetch_toolchain "$found" >&2
    echo "$pinned"
  else
    die "no Go on this machine; install Debian's golang-go (any version will do), or Go $GO_NEEDED or newer"
  fi
}

# fetch_toolchain GO: the module's files carry no execute bits, so the copy is given them.
fetch_toolchain() {
  local start module
  start=$(now_ms)
  module=$(awk '$2 == "golang.org/toolchain" {print $2 "@" $3}' "$HERE/go/toolchain/go.mod")
  (cd "$HERE/go/toolchain" && GOTOOLCHAIN=local "$1" mod download golang.org/toolchain)
  rm -rf "$CLUSTER_ROOT/toolchain" "$CLUSTER_ROOT/toolchain.new"
  mkdir -p "$CLUSTER_ROOT"
  cp -r "$("$1" env GOMODCACHE)/$module" "$CLUSTER_ROOT/toolchain.new"
  chmod -R u+w "$CLUSTER_ROOT/toolchain.new"
  find "$CLUSTER_ROOT"/toolchain.new/{bin,pkg/tool} -type f -exec chmod +x {} +
  mv "$CLUSTER_ROOT/toolchain.new" "$CLUSTER_ROOT/toolchain"
  say "fetched ${module#*@} in $(since_ms "$start")"
}

# cluster_packages [--policy]: what `apt-get install` must have given before `build` and `up --node`.
cluster_packages() {
  local packages=(containerd runc containernetworking-plugins iptables nftables conntrack ethtool iproute2 util-linux
    busybox-static openssl curl procps python3 python3-yaml)
  command -v go >/dev/null || packages+=(golang-go)
  if [ "${1:-}" = --policy ]; then packages+=(clang-19 ipset); fi
  printf '%s\n' "${packages[@]}"
}
