# shellcheck shell=bash
# Programs of this machine in the network of a pod: the image needs no tools, and what is asked is what the pod could ask.

# in_pod NAMESPACE POD COMMAND...: with the pod's own network and resolver, and the machine's files.
in_pod() {
  local namespace=$1 pod=$2 container pid resolver
  shift 2
  container=$(kubectl get pod -n "$namespace" "$pod" -o jsonpath='{.status.containerStatuses[0].containerID}')
  pid=$(inside ctr --address "$SOCK" -n k8s.io tasks ls | awk -v id="${container#containerd://}" '$1 == id {print $2}')
  [ -n "$pid" ] || die "pod $namespace/$pod has no running container"
  resolver=$RUN/resolv.$namespace.$pod
  inside cat "/proc/$pid/root/etc/resolv.conf" >"$resolver"
  # shellcheck disable=SC2016 # expands inside the pod's network
  inside nsenter --target "$pid" --net -- unshare --mount bash -c 'mount --bind "$0" /etc/resolv.conf && exec "$@"' "$resolver" "$@"
}

# probe_from_pod NAMESPACE POD URL [SECONDS]
probe_from_pod() {
  local seconds=${4:-3} status=0 out
  out=$(in_pod "$1" "$2" curl -sS --noproxy '*' -o /dev/null -w '%{http_code}' --connect-timeout "$seconds" -m $((seconds + 2)) "$3" 2>&1) || status=$?
  case $status in
    0) echo "OK $out" ;;
    28) echo TIMEOUT ;;
    7) echo REFUSED ;;
    6) echo NODNS ;;
    *) echo "ERR $status $out" ;;
  esac
}
