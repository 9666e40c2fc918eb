/** Names made from content: the same seed always gives the same id, so that runs can be compared. */
import { createHash } from "node:crypto";

/** SHA-256 of the parts, in hex. */
export function digest(...parts: readonly string[]): string {
  // The separator keeps ("ab", "c") and ("a", "bc") apart.
  return createHash("sha256").update(parts.join("\u0000")).digest("hex");
}

/** An id in the server's form, such as `msg_` and 48 hex digits. */
export function idFrom(prefix: string, ...seed: readonly string[]): string {
  return prefix + digest(prefix, ...seed).slice(0, 48);
}

/** A UUID-shaped id. */
export function uuidFrom(...seed: readonly string[]): string {
  const hex = digest("uuid", ...seed);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
