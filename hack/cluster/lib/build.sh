# shellcheck shell=bash
# Builds the components from pinned, checksummed Go modules: once, into the cache. A component is built again when its
# go.mod, go.sum or flags change. Data that a component needs when it runs is copied beside it, so that Go is not needed then.

# stamp MODULE FLAGS...: what a build depends on.
stamp() {
  local module=$1
  shift
  { cat "$HERE/go/$module/go.mod" "$HERE/go/$module/go.sum" && printf '%s\n' "$@"; } | sha256sum | cut -d' ' -f1
}

# gobuild MODULE OUTPUT PACKAGE [FLAG...]
gobuild() {
  local module=$1 output=$2 package=$3 start wanted
  shift 3
  [ "$(tool "$output")" = "$BIN/$output" ] || return 0
  wanted=$(stamp "$module" "$package" "$@")
  [ -x "$BIN/$output" ] && [ "$(cat "$STAMPS/$output" 2>/dev/null)" = "$wanted" ] && return 0
  start=$(now_ms)
  (cd "$HERE/go/$module" && CGO_ENABLED=0 "$GO" build -mod=readonly -trimpath "$@" -o "$BIN/$output.new" "$package") \
    >"$CLUSTER_ROOT/build-$output.log" 2>&1 || {
    tail -n 40 "$CLUSTER_ROOT/build-$output.log" >&2
    die "building $output failed; whole output: $CLUSTER_ROOT/build-$output.log"
  }
  mv "$BIN/$output.new" "$BIN/$output"
  echo "$wanted" >"$STAMPS/$output"
  say "built $output in $(since_ms "$start")"
}

# share NAME MODULE VERSION PATH...: copies folders of a module to share/NAME/.
share() {
  local name=$1 module=$2 version=$3 source path
  shift 3
  [ "$(cat "$STAMPS/share-$name" 2>/dev/null)" = "$version" ] && return 0
  source=$("$GO" env GOMODCACHE)/$module@v$version
  rm -rf "${SHARE:?}/$name"
  for path; do
    mkdir -p "$SHARE/$name/$(dirname "$path")"
    cp -r "$source/$path" "$SHARE/$name/$path"
  done
  chmod -R u+w "$SHARE/$name"
  echo "$version" >"$STAMPS/share-$name"
}

build_k8s() {
  local version=k8s.io/component-base/version component flags
  # Without these the API server calls itself v0.0.0.
  flags="-s -w -X $version.gitVersion=v$KUBERNETES_VERSION -X $version.gitMajor=1 -X $version.gitMinor=${KUBERNETES_VERSION:2:2}"
  flags+=" -X $version.gitTreeState=clean -X $version.gitCommit=module -X k8s.io/client-go/pkg/version.gitVersion=v$KUBERNETES_VERSION"
  for component in kube-apiserver kube-controller-manager kube-scheduler kubectl kubelet kube-proxy; do
    gobuild k8s "$component" "k8s.io/kubernetes/cmd/$component" -ldflags "$flags"
  done
}

build_etcd() {
  gobuild etcd etcd go.etcd.io/etcd/server/v3 -ldflags "-s -w"
  gobuild etcd etcdctl go.etcd.io/etcd/etcdctl/v3 -ldflags "-s -w"
}

build_kwok() {
  gobuild kwok kwok sigs.k8s.io/kwok/cmd/kwok -ldflags "-s -w"
  share kwok sigs.k8s.io/kwok "$KWOK_VERSION" kustomize/stage
}

build_helm() { gobuild helm helm helm.sh/helm/v4/cmd/helm -ldflags "-s -w"; }

build_coredns() { gobuild coredns coredns github.com/coredns/coredns -ldflags "-s -w"; }

build_cyclonus() { gobuild cyclonus cyclonus github.com/mattfenwick/cyclonus/cmd/cyclonus -ldflags "-s -w"; }

build_cilium() {
  local package=github.com/cilium/cilium flags
  flags="-s -w -X \"$package/pkg/version.ciliumVersion=$CILIUM_VERSION module 2026-01-01T00:00:00+00:00\""
  gobuild cilium cilium-agent $package/daemon -tags osusergo -ldflags "$flags"
  gobuild cilium cilium-cni $package/plugins/cilium-cni -tags osusergo -ldflags "$flags"
  gobuild cilium cilium-dbg $package/cilium-dbg -tags osusergo -ldflags "$flags"
  share cilium $package "$CILIUM_VERSION" bpf install/kubernetes/cilium \
    pkg/k8s/apis/cilium.io/client/crds/v2 pkg/k8s/apis/cilium.io/client/crds/v2alpha1
}

# cluster_build [COMPONENT...]: one builder at a time; a second one waits and then finds everything built.
cluster_build() {
  local component
  [ $# -gt 0 ] || set -- k8s etcd kwok helm coredns
  for component; do
    declare -F "build_$component" >/dev/null || die "no component \"$component\"; there are: k8s etcd kwok helm coredns cilium cyclonus"
  done
  mkdir -p "$BIN" "$SHARE" "$STAMPS"
  exec {lock}>"$CLUSTER_ROOT/build.lock"
  flock "$lock"
  GO=$(go_command)
  for component; do "build_$component"; done
  exec {lock}>&-
}
