# shellcheck shell=bash
# Disturbances for tests: what a cluster must survive, done to this cluster only.

# restart NAME [SECONDS]: SIGKILL to a component, SECONDS of absence, the same again. Returns when it works.
restart_component() {
  local name=${1:-} seconds=${2:-0} function
  function=start_${name//-/_}
  function=${function/start_kube_/start_}
  case $name in
    etcd | apiserver | kube-controller-manager | kube-scheduler | kubelet) ;;
    kube-proxy) function=start_kube_proxy ;;
    *) die "no component \"$name\"; there are: etcd apiserver kube-controller-manager kube-scheduler kubelet kube-proxy" ;;
  esac
  [[ $seconds =~ ^[0-9]+$ ]] || die "restart $name \"$seconds\": the seconds of absence are a number"
  pid_of "$name" >/dev/null || die "$name of cluster $CLUSTER_ID does not run"
  end "$name"
  sleep "$seconds"
  "$function"
  case $name in
    etcd | apiserver) wait_for 60 "the API server" api /readyz ;;
    *) pid_of "$name" >/dev/null || die "$name ended: $(tail -n 3 "$LOGS/$name.log")" ;;
  esac
}

# kill_pod NAMESPACE POD: SIGKILL to the first container; the kubelet is not asked and starts it again.
kill_pod() {
  local container
  container=$(kubectl get pod -n "$1" "$2" -o jsonpath='{.status.containerStatuses[0].containerID}')
  [ -n "$container" ] || die "pod $1/$2 has no container yet"
  inside ctr --address "$SOCK" -n k8s.io tasks kill --signal SIGKILL "${container#containerd://}"
}
