# shellcheck shell=bash
# What a pod can reach, with the pod's own network and resolver. The machine's curl does it, so that the image needs no tools.

# probe_from_pod NAMESPACE POD URL [SECONDS]
probe_from_pod() {
  local namespace=$1 pod=$2 url=$3 seconds=${4:-3} container pid status=0 out
  container=$(kubectl get pod -n "$namespace" "$pod" -o jsonpath='{.status.containerStatuses[0].containerID}')
  pid=$(inside ctr --address "$SOCK" -n k8s.io tasks ls | awk -v id="${container#containerd://}" '$1 == id {print $2}')
  [ -n "$pid" ] || die "pod $namespace/$pod has no running container"
  inside cat "/proc/$pid/root/etc/resolv.conf" >"$RUN/resolv.$namespace.$pod"
  # shellcheck disable=SC2016 # expands inside the pod's network
  out=$(inside nsenter --target "$pid" --net -- unshare --mount bash -c \
    'mount --bind "$0" /etc/resolv.conf && exec curl -sS --noproxy "*" -o /dev/null -w "%{http_code}" --connect-timeout "$2" -m $(($2 + 2)) "$1"' \
    "$RUN/resolv.$namespace.$pod" "$url" "$seconds" 2>&1) || status=$?
  case $status in
    0) echo "OK $out" ;;
    28) echo TIMEOUT ;;
    7) echo REFUSED ;;
    6) echo NODNS ;;
    *) echo "ERR $status $out" ;;
  esac
}
