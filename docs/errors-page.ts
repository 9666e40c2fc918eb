/** Renders docs/reference/errors.md from the error table. */
import { type ErrorCode, errorCodes } from "../src/errors.ts";
import { code, notice, table } from "./markdown.ts";

/** One line for each code; a code without its line does not compile. */
const meanings: Readonly<Record<ErrorCode, string>> = {
  invalid_request: "The request is not one that this path takes; the message names the parameter.",
  invalid_json: "The body is not JSON.",
  unsupported_parameter: "The parameter asks for something that this relay cannot do.",
  previous_response_not_found: "`previous_response_id` names an answer that is not kept here.",
  request_timeout: "The client began a request and did not end it.",
  expectation_failed:
    "The request has an `Expect` header that asks for something else than to go on.",
  headers_too_large: "The request's headers are larger than 16 KiB.",
  conflict: "The thing is in a state in which this cannot be done to it.",
  context_length_exceeded: "The input is longer than the model can read.",
  invalid_api_key: "The relay token is missing or wrong. `airelays token show` tells it.",
  forbidden_host: "The `Host` header names a machine that this relay does not answer for.",
  forbidden_origin: "A web page made the request that `security.allowed_origins` does not list.",
  not_found: "There is nothing at this path, or no stored object with this id.",
  model_not_found: "No model of this name is served. `airelays models` lists them.",
  method_not_allowed: "The path exists and takes other methods, named in `Allow`.",
  request_too_large:
    "The body or file is above `server.max_body_bytes` or the limits of `[uploads]`.",
  unsupported_media_type: "The `Content-Type` is not one that this path takes.",
  invalid_event: "A text frame on a WebSocket is not an event that the relay takes.",
  response_already_in_flight:
    "Too many responses wait on this WebSocket for one that is under way.",
  websocket_connection_limit_reached:
    "The WebSocket is an hour old. Open another one and send the whole conversation.",
  websocket_upgrade_required: "This path answers GET over a WebSocket only. Use POST without one.",
  unsupported_error: "The path belongs to a service that the subscription does not offer.",
  rate_limit_exceeded: "The client is above `security.rate_limit_per_minute`; see `Retry-After`.",
  too_many_concurrent_requests:
    "The client has `security.concurrent_requests_per_ip` requests running, or too many zstd bodies wait to be decompressed (Node.js before 22.15).",
  ip_temporarily_blocked:
    "Too many wrong relay tokens came, from this address or from many; see `Retry-After`. The right one is let in.",
  upstream_auth_missing: "Nobody is signed in. Run `airelays login`.",
  upstream_auth_incomplete: "The stored login lacks something. Run `airelays login`.",
  upstream_auth_refresh_failed: "The login could not be renewed. Run `airelays login`.",
  upstream_auth_account_mismatch:
    "The login belongs to another account or workspace than expected.",
  upstream_auth_unreadable:
    "The stored login cannot be read: a locked or absent keyring, a damaged file. The message says which; the login is not lost.",
  upstream_auth_rejected: "The upstream refused the login. Run `airelays login`.",
  usage_limit_reached: "The plan's usage is spent; `Retry-After` and `resets_at` tell until when.",
  upstream_rate_limited: "The upstream asks for fewer requests.",
  upstream_rejected: "The upstream refused the request; status and code are the upstream's own.",
  upstream_overloaded: "The upstream is overloaded.",
  upstream_unreachable: "No connection to the upstream came about.",
  upstream_timeout: "The upstream was silent for longer than `upstream.request_timeout_seconds`.",
  upstream_error: "The upstream failed to answer.",
  upstream_failed: "The upstream began an answer and reported that it failed.",
  upstream_blocked_by_cloudflare: "A page of Cloudflare came instead of an answer.",
  upstream_stream_interrupted: "The upstream's stream ended before the answer did.",
  usage: "The command was called in a way that it does not know. See its `--help`.",
  config_invalid: "A setting is unknown or wrong. See [Configuration](../../CONFIGURATION.md).",
  port_in_use: "Another program listens on the port.",
  start_failed: "A relay in the background did not come so far that it answers.",
  stop_failed: "A relay that was asked to stop goes on.",
  service_failed: "The service manager of this system refused, or there is none.",
  relay_token_unsafe:
    "The relay token is short or a published sample, or its file is a link, another user's or readable by others.",
  relay_token_missing: "A relay token is required and there is none. Run `airelays init`.",
  login_failed: "The sign-in did not succeed.",
  cancelled: "The command was interrupted.",
  storage_failed: "A file of the relay could not be read or written.",
  relay_not_running: "No relay answers at the address. `airelays serve` starts one.",
  tool_file_refused:
    "The settings file of a tool is not as `airelays connect` can change it; it stays as it is.",
  command_not_started: "The command of `airelays run` is there and cannot be started.",
  command_not_found: "The command of `airelays run` was not found on the `PATH`.",
  check_failed: "`airelays doctor` found something that fails.",
  relay_unreachable: "No relay answers where the command looks for it. Run `airelays serve`.",
  request_failed:
    "The relay refused or failed a request that a command made; the message says why.",
  not_in_log: "The transit log did not keep what the command needs, and the message says why.",
  relay_stopping: "The relay was asked to stop. Running answers get `server.drain_seconds`.",
  internal_error: "The relay failed. Its log has the request.",
};

/** The whole page. */
export function renderErrors(): string {
  const rows = Object.entries(meanings).map(([name, meaning]) => {
    // The keys of `meanings` are error codes by its type.
    const facts = errorCodes[name as ErrorCode];
    return [
      code(name),
      String(facts.status),
      code(facts.type),
      facts.retryable ? "yes" : "",
      String(facts.exit),
      meaning,
    ];
  });
  return [
    notice,
    "# Errors",
    "",
    "Every error that airelays answers with, or that a command ends with. `code` and `type` stand in the error object of the answer; *tried again* says whether the relay opens the upstream again by itself, as long as nothing was sent to the client; *exit* is the exit code of a command that ends with the error.",
    "",
    ...table(["Code", "HTTP status", "Type", "Tried again", "Exit", "What it means"], rows),
    "",
  ].join("\n");
}
