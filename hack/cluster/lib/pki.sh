# shellcheck shell=bash
# Keys, certificates and kubeconfigs. Elliptic-curve keys: made in milliseconds, where RSA took a third of the start.

ec_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

# certificate NAME SUBJECT SUBJECT_ALT_NAMES
certificate() {
  ec_key "$PKI/$1.key"
  openssl req -new -key "$PKI/$1.key" -out "$PKI/$1.csr" -subj "$2" 2>/dev/null
  openssl x509 -req -in "$PKI/$1.csr" -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -set_serial "0x$(openssl rand -hex 8)" \
    -days 365 -out "$PKI/$1.crt" -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth' "$3") 2>/dev/null
  rm "$PKI/$1.csr"
}

# kubeconfig NAME: everything inside the file, so that it can be copied.
kubeconfig() {
  cat >"$RUN/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters:
- name: cluster
  cluster:
    server: https://$(api_ip):$API_PORT
    certificate-authority-data: $(base64 -w 0 "$PKI/ca.crt")
users:
- name: $1
  user:
    client-certificate-data: $(base64 -w 0 "$PKI/$1.crt")
    client-key-data: $(base64 -w 0 "$PKI/$1.key")
contexts:
- name: $1
  context: {cluster: cluster, user: $1}
current-context: $1
YAML
  chmod 600 "$RUN/$1.kubeconfig"
}

identity() {
  certificate "$@"
  kubeconfig "$1"
}

make_pki() {
  local name jobs=()
  ec_key "$PKI/ca.key"
  openssl req -x509 -key "$PKI/ca.key" -out "$PKI/ca.crt" -days 365 -subj /CN=cluster
  certificate apiserver /CN=kube-apiserver \
    "DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:$SERVICE_IP,IP:$HOST_IP" &
  jobs+=($!)
  identity admin /O=system:masters/CN=admin DNS:admin &
  jobs+=($!)
  for name in kube-controller-manager kube-scheduler kube-proxy; do
    identity "$name" "/CN=system:$name" "DNS:$name" &
    jobs+=($!)
  done
  identity kubelet "/O=system:nodes/CN=system:node:$NODE" "DNS:$NODE,IP:$NODE_IP" &
  jobs+=($!)
  ec_key "$PKI/sa.key"
  openssl pkey -in "$PKI/sa.key" -pubout -out "$PKI/sa.pub"
  wait "${jobs[@]}"
}
