#!/usr/bin/env bash
# `opencode run` with the settings that `airelays connect` writes. Reads OPENAI_API_KEY, AIRELAYS and
# AIRELAYS_PORT; prints a line for each check. Installs the CLI (350 MB) into a temporary folder.
set -euo pipefail

version=1.18.33
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
home="$folder/home"
config="$home/.config/opencode/opencode.jsonc"
mkdir -p "$home/.airelays" "$home/.config/opencode" "$folder/work"
npm install --prefix "$folder" --no-audit --no-fund --no-save "opencode-ai@$version" >"$folder/npm.log" 2>&1 || {
  cat "$folder/npm.log" >&2
  exit 1
}
(umask 077 && printf '%s\n' "$OPENAI_API_KEY" >"$home/.airelays/relay-token")
printf '{\n  // mine\n  "autoupdate": false,\n  "share": "disabled",\n}\n' >"$config"
cp "$config" "$folder/before.jsonc"

# The proxy leads nowhere, so that it reaches the relay alone.
bare() {
  env -i PATH="$PATH" HOME="$home" AIRELAYS_PORT="$AIRELAYS_PORT" \
    HTTPS_PROXY=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost \
    OPENCODE_DISABLE_AUTOUPDATE=1 OPENCODE_DISABLE_MODELS_FETCH=1 "$@"
}

failed=0
# check NAME PROMPT PATTERN: the answer has to match.
check() {
  if (cd "$folder/work" && bare timeout 90 "$folder/node_modules/.bin/opencode" run "$2" </dev/null) \
    >"$folder/answer" 2>"$folder/log" && grep -qzE "$3" "$folder/answer"; then
    echo "PASS $1"
  else
    failed=1
    echo "FAIL $1: $(cat "$folder/log" "$folder/answer" | tail -n 1)"
  fi
}

if bare node "$AIRELAYS" connect opencode --write --test >"$folder/log" 2>&1 &&
  grep -q '// mine' "$config" && ! grep -qF "$OPENAI_API_KEY" "$config"; then
  echo "PASS connect --write"
else
  failed=1
  echo "FAIL connect --write: $(tail -n 1 "$folder/log")"
fi
check "an answer" 'Reply with exactly PONG-7391' 'no AI\].*PONG-7391'
# The stand-in makes the arguments up; what the tool says of them comes back in the answer.
check "a turn with a tool" '[sim:tool-call name=glob] Use a tool.' 'no AI\] The tool said: .'
if bare node "$AIRELAYS" connect opencode --undo >"$folder/log" 2>&1 &&
  grep -q '// mine' "$config" && ! grep -q airelays "$config"; then
  echo "PASS connect --undo"
else
  failed=1
  echo "FAIL connect --undo: $(tail -n 1 "$folder/log")"
fi
exit "$failed"
