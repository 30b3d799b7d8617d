#!/usr/bin/env bash
# Starts `penstock standalone` on examples/quickstart (or on the arguments given), sends one streamed request
# when it serves, shows the answer and its usage, and stays up until Ctrl-C.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

penstock=build/release/penstock
work=$(mktemp -d)
ready="$work/ready.json"
arguments=("$@")
[ ${#arguments[@]} -gt 0 ] || arguments=(--config examples/quickstart)

"$penstock" standalone "${arguments[@]}" --ready-file "$ready" &
standalone=$!
trap 'kill -TERM "$standalone" 2>/dev/null || true' INT TERM
trap 'rm -rf "$work"' EXIT

field() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])' "$ready" "$1"; }

until [ -s "$ready" ]; do
  kill -0 "$standalone" 2>/dev/null || {
    wait "$standalone"
    exit $?
  }
  sleep 0.1
done

url=$(field url)
key=$(field apiKey)
echo
echo "One streamed request to $url:"
curl -sS --no-buffer --max-time 60 "$url/v1/chat/completions" \
  -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
  -d '{"model": "llama-3.1-8b", "stream": true, "stream_options": {"include_usage": true}, "max_tokens": 48,
       "messages": [{"role": "user", "content": "What does a penstock do?"}]}' |
  python3 -c '
import json, sys
usage = None
for line in sys.stdin:
    if not line.startswith("data: ") or line.strip() == "data: [DONE]":
        if line.startswith("{"):
            sys.exit("the gateway answered: " + line.strip())
        continue
    chunk = json.loads(line[6:])
    usage = chunk.get("usage") or usage
    for choice in chunk.get("choices", []):
        print(choice["delta"].get("content") or "", end="", flush=True)
print()
print("usage:", json.dumps(usage))
'
echo
echo "Penstock stays up at $url; Ctrl-C stops it and its engines."
status=0
wait "$standalone" || status=$?
# An interrupted wait returns before the drain is over: wait for the process itself.
while kill -0 "$standalone" 2>/dev/null; do
  wait "$standalone" && status=0 || status=$?
done
exit "$status"
