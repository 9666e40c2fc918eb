#!/usr/bin/env bash
# `claude -p` on a relay: an answer, and a turn with its Bash tool. Reads OPENAI_BASE_URL and
# OPENAI_API_KEY; prints a line for each check. Installs the CLI (360 MB) into a temporary folder.
set -euo pipefail

version=2.1.329
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/home" "$folder/work"
npm install --prefix "$folder" --no-audit --no-fund --no-save "@anthropic-ai/claude-code@$version" >"$folder/npm.log" 2>&1 || {
  cat "$folder/npm.log" >&2
  exit 1
}

failed=0

# check NAME MODEL PROMPT PATTERN: the answer has to match. Without its fallback the CLI cannot hide a
# stream that it does not understand, and the proxy leads nowhere, so that it reaches the relay alone.
check() {
  if (
    cd "$folder/work"
    env -i PATH="$PATH" HOME="$folder/home" \
      ANTHROPIC_BASE_URL="${OPENAI_BASE_URL%/v1}" ANTHROPIC_AUTH_TOKEN="$OPENAI_API_KEY" \
      HTTPS_PROXY=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost \
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 DISABLE_AUTOUPDATER=1 \
      CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK=1 CLAUDE_CODE_MAX_RETRIES=0 \
      timeout 60 "$folder/node_modules/.bin/claude" -p "$3" --model "$2" --allowedTools Bash \
      </dev/null
  ) >"$folder/answer" 2>"$folder/log" && grep -qzE "$4" "$folder/answer"; then
    echo "PASS $1"
  else
    failed=1
    echo "FAIL $1: $(cat "$folder/log" "$folder/answer" | tail -n 1)"
  fi
}

for model in gpt-5.5 gpt-6-sol claude-sonnet-4-5; do
  check "$model: an answer" "$model" 'Reply with exactly PONG-7391' 'no AI\].*PONG-7391'
  # The output has what only the shell can have put together.
  check "$model: a turn with its Bash tool" "$model" \
    "[sim:tool-call name=Bash arguments=\"{'command': 'echo PONG-\$((7000 + 391))'}\"]" \
    'no AI\] The tool said: PONG-7391'
done
# With the settings that `airelays connect` writes: the token stays in the relay's own file.
connected="$folder/connected"
mkdir -p "$connected/.airelays" "$connected/.claude"
(umask 077 && printf '%s\n' "$OPENAI_API_KEY" >"$connected/.airelays/relay-token")
printf '{\n  "includeCoAuthoredBy": false\n}\n' >"$connected/.claude/settings.json"
cp "$connected/.claude/settings.json" "$folder/before.json"
bare() {
  env -i PATH="$PATH" HOME="$connected" AIRELAYS_PORT="$AIRELAYS_PORT" \
    HTTPS_PROXY=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost \
    DISABLE_AUTOUPDATER=1 CLAUDE_CODE_DISABLE_NONSTREAMING_FALLBACK=1 CLAUDE_CODE_MAX_RETRIES=0 "$@"
}
if bare node "$AIRELAYS" connect claude-code --write --test >"$folder/log" 2>&1 &&
  (cd "$folder/work" && bare timeout 60 "$folder/node_modules/.bin/claude" -p 'Reply with exactly PONG-7391' </dev/null) \
    >"$folder/answer" 2>"$folder/log" &&
  grep -qzE 'no AI\].*PONG-7391' "$folder/answer" &&
  ! grep -qF "$OPENAI_API_KEY" "$connected/.claude/settings.json"; then
  echo "PASS connect --write"
else
  failed=1
  echo "FAIL connect --write: $(cat "$folder/log" "$folder/answer" | tail -n 1)"
fi
if bare node "$AIRELAYS" connect claude-code --undo >"$folder/log" 2>&1 &&
  cmp -s "$connected/.claude/settings.json" "$folder/before.json"; then
  echo "PASS connect --undo"
else
  failed=1
  echo "FAIL connect --undo: $(tail -n 1 "$folder/log")"
fi
exit "$failed"
