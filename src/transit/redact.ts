/**
 * Takes secrets out of what is logged: by the name of the key, whatever the depth. The value is
 * replaced by its length and the beginning of its hash, so that two records can be compared.
 */
import { hash } from "node:crypto";
import { LoggedJson } from "../scope.ts";

const secretKeys: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "api-key",
  "api_key",
  "apikey",
  "key",
  "x-goog-api-key",
  "x-auth",
  "openai_api_key",
  "access_token",
  "refresh_token",
  "id_token",
  "bearer_token",
  "relay_token",
  "client_secret",
  "code_verifier",
  "subject_token",
  "password",
  "secret",
  "token",
  "x-auth-token",
  // Where browsers put the token of a WebSocket.
  "sec-websocket-protocol",
  // Whole files in base64: not secret by name, and nothing that a log should hold twice.
  "file_data",
]);

/** A field without its secrets: the very same where it has none, as most, or a copy. */
export function withoutSecrets(key: string, field: unknown): unknown {
  const value = field instanceof LoggedJson ? field.value : field;
  if (isHidden(key, value)) return redacted(value);
  return hasSecret(value) ? redact(value) : field;
}

function hasSecret(value: unknown): boolean {
  if (typeof value === "string") return isFile(value);
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasSecret);
  // Not `for in`: an answer's objects have no prototype of ours, but a log must not depend on it.
  // Nor `Object.entries`: an array for each pair, of every value of every body.
  const record = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(record)) {
    const inner = record[key];
    if (isHidden(key, inner) || hasSecret(inner)) return true;
  }
  return false;
}

function isHidden(key: string, value: unknown): value is string {
  return typeof value === "string" && isSecret(key.toLowerCase());
}

/** A copy of the value without its secrets: the plain form of `withoutSecrets`. */
export function redact(value: unknown): unknown {
  if (typeof value === "string") return withoutFile(value);
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== "object" || value === null) return value;
  // From entries, because assigning to a key named `__proto__` would set the prototype.
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      isHidden(key, inner) ? redacted(inner) : redact(inner),
    ]),
  );
}

/** Headers of other tools too: `openai-api-key`, `helicone-auth`. */
function isSecret(key: string): boolean {
  return secretKeys.has(key) || /(^|[-_])(api-?key|auth|auth-token|secret)$/.test(key);
}

/** A picture in base64 says nothing to the reader of a log, and takes megabytes. */
function isFile(text: string): boolean {
  return text.length >= 2_000 && text.startsWith("data:");
}

function withoutFile(text: string): string {
  if (!isFile(text)) return text;
  const [head = ""] = text.split(",", 1);
  return `[${head.slice(0, 100)}, ${text.length} characters]`;
}

function redacted(secret: string): string {
  const digest = hash("sha256", secret, "hex").slice(0, 8);
  return `[redacted, ${secret.length} characters, sha256 ${digest}]`;
}

const controls = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

/**
 * The same JSON for a reader at a terminal: `JSON.stringify` escapes what is below a space, but not
 * the controls above (U+009B begins a sequence as ESC [ does) nor what turns the direction of text.
 */
export function withoutControls(json: string): string {
  return json.replaceAll(
    controls,
    (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
