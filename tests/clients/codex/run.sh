#!/usr/bin/env bash
# `codex exec` on a relay: an answer, and a turn with a tool in it. Reads OPENAI_BASE_URL and
# OPENAI_API_KEY; prints a line for each check. Installs the CLI (400 MB) into a temporary folder.
set -euo pipefail

version=0.169.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/home" "$folder/work"
npm install --prefix "$folder" --no-audit --no-fund --no-save "@openai/codex@$version" >"$folder/npm.log" 2>&1 || {
  cat "$folder/npm.log" >&2
  exit 1
}

failed=0

# check NAME MODEL PROMPT PATTERN: the last message has to match. The proxy leads nowhere, so that the
# CLI reaches nothing but the relay; over a port that is closed it would wait for ever.
check() {
  local answer="$folder/answer"
  rm -f "$answer"
  if env -i PATH="$PATH" HOME="$folder/home" CODEX_HOME="$folder/home" RELAY_KEY="$OPENAI_API_KEY" \
    HTTPS_PROXY=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost \
    RUST_LOG=error,codex_api=info \
    timeout 60 "$folder/node_modules/.bin/codex" exec --skip-git-repo-check -C "$folder/work" \
    -s danger-full-access --disable plugins -c analytics.enabled=false -m "$2" \
    -c model_provider=relay -c "model_providers.relay=$provider" -o "$answer" "$3" \
    </dev/null >"$folder/log" 2>&1 && grep -qE "$4" "$answer" && took_its_way; then
    echo "PASS $1"
  else
    failed=1
    echo "FAIL $1: $(tail -n 1 "$folder/log")"
  fi
}

# When a WebSocket fails, the CLI goes on over HTTP and says so in its log only.
took_its_way() {
  local connected=false
  grep -q 'successfully connected to Responses WebSocket' "$folder/log" && connected=true
  [ "$connected" = "$websockets" ] && ! grep -qi 'falling back' "$folder/log"
}

for websockets in false true; do
  provider="{name=\"relay\",base_url=\"$OPENAI_BASE_URL\",env_key=\"RELAY_KEY\",wire_api=\"responses\",supports_websockets=$websockets,request_max_retries=0,stream_max_retries=0}"
  way=$([ "$websockets" = true ] && echo ", over a WebSocket" || true)
  for model in gpt-5.5 gpt-6-sol; do
    check "$model: an answer$way" "$model" 'Reply with exactly PONG-7391' 'no AI\] .*PONG-7391'
    # The stand-in calls the first tool that is declared with made-up arguments; what the CLI makes of
    # them comes back as the tool's output, and the stand-in repeats it.
    check "$model: a turn with a tool$way" "$model" '[sim:tool-call] Use a tool.' 'no AI\] The tool said: .'
  done
done
# With the settings that `airelays connect` writes, started by `airelays run`, and nothing else.
connected="$folder/connected"
mkdir -p "$connected/.codex"
printf '# mine\n[tui]\nnotifications = false\n' >"$connected/.codex/config.toml"
cp "$connected/.codex/config.toml" "$folder/before.toml"
airelays() {
  env -i PATH="$folder/node_modules/.bin:$PATH" HOME="$connected" AIRELAYS_PORT="$AIRELAYS_PORT" \
    AIRELAYS_BEARER_TOKEN="$AIRELAYS_BEARER_TOKEN" RUST_LOG=error \
    HTTPS_PROXY=http://127.0.0.1:9 HTTP_PROXY=http://127.0.0.1:9 NO_PROXY=127.0.0.1,localhost \
    node "$AIRELAYS" "$@"
}
if airelays connect codex --write --test >"$folder/log" 2>&1 &&
  airelays run timeout 60 codex exec --skip-git-repo-check -C "$folder/work" -s danger-full-access \
    --disable plugins -c analytics.enabled=false -o "$folder/answer" 'Reply with exactly PONG-7391' \
    </dev/null >"$folder/log" 2>&1 &&
  grep -qE 'no AI\] .*PONG-7391' "$folder/answer" &&
  ! grep -rqF "$OPENAI_API_KEY" "$connected/.codex/config.toml"; then
  echo "PASS connect --write, run"
else
  failed=1
  echo "FAIL connect --write, run: $(tail -n 1 "$folder/log")"
fi
if airelays connect codex --undo >"$folder/log" 2>&1 &&
  cmp -s "$connected/.codex/config.toml" "$folder/before.toml"; then
  echo "PASS connect --undo"
else
  failed=1
  echo "FAIL connect --undo: $(tail -n 1 "$folder/log")"
fi
exit "$failed"
