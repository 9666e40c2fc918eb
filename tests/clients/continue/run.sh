#!/usr/bin/env bash
# Continue's `cn` with the settings that `airelays connect` writes. Reads OPENAI_API_KEY, AIRELAYS and
# AIRELAYS_PORT; prints a line for each check. Installs the CLI (80 MB) into a temporary folder.
set -euo pipefail

version=1.5.47
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
home="$folder/home"
config="$home/.continue/config.yaml"
mkdir -p "$home/.continue" "$folder/work"
npm install --prefix "$folder" --no-audit --no-fund --no-save "@continuedev/cli@$version" >"$folder/npm.log" 2>&1 || {
  cat "$folder/npm.log" >&2
  exit 1
}
printf '# mine\nname: Mine\nversion: 1.0.0\nschema: v1\nmodels: []\nrules:\n  - Be kind.\n' >"$config"
cp "$config" "$folder/before.yaml"

# The proxy leads nowhere, so that it reaches the relay alone.
bare() {
  env -i PATH="$PATH" HOME="$home" AIRELAYS_PORT="$AIRELAYS_PORT" \
    HTTPS_PROXY=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost \
    CONTINUE_TELEMETRY_ENABLED=0 "$@"
}

failed=0
# check NAME PROMPT PATTERN: the answer has to match.
check() {
  if (cd "$folder/work" && bare timeout 60 "$folder/node_modules/.bin/cn" --auto -p "$2" </dev/null) \
    >"$folder/answer" 2>"$folder/log" && grep -qzE "$3" "$folder/answer"; then
    echo "PASS $1"
  else
    failed=1
    echo "FAIL $1: $(cat "$folder/log" "$folder/answer" | tail -n 1)"
  fi
}

if bare env AIRELAYS_BEARER_TOKEN="$OPENAI_API_KEY" \
  node "$AIRELAYS" connect continue --model gpt-5.5 --write --test >"$folder/log" 2>&1 &&
  grep -q '# mine' "$config" && [ "$(stat -c %a "$config")" = 600 ]; then
  echo "PASS connect --write"
else
  failed=1
  echo "FAIL connect --write: $(tail -n 1 "$folder/log")"
fi
check "an answer" 'Reply with exactly PONG-7391' 'no AI\].*PONG-7391'
check "a turn with a tool" '[sim:tool-call name=Bash arguments="{'"'command'"': '"'echo PONG-\$((7000 + 391))'"'}"]' \
  'no AI\] The tool said: .*PONG-7391'
if bare node "$AIRELAYS" connect continue --undo >"$folder/log" 2>&1 &&
  cmp -s "$config" "$folder/before.yaml"; then
  echo "PASS connect --undo"
else
  failed=1
  echo "FAIL connect --undo: $(tail -n 1 "$folder/log")"
fi
exit "$failed"
