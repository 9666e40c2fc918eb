/** Errors on their way to the client: with its own names, and with what it is to be told besides. */
import { isRelayError, RelayError } from "../errors.ts";
import type { Decoded } from "../facades/facade.ts";
import type { Headers } from "./answer-headers.ts";

/** The error with the client's own name of the item at fault: `messages[2]` for `input[1]`. */
export function asSpelled(error: unknown, { places }: Decoded<unknown>): unknown {
  if (!isRelayError(error) || places === undefined) return error;
  const { code, message, details } = error;
  const spell = (text: string): string =>
    text.replace(/\binput\[(\d+)\]/, (whole, index) => places[Number(index)] ?? whole);
  if (details.param === undefined) return error;
  return new RelayError(code, spell(message), { ...details, param: spell(details.param) });
}

/** What was changed, and what is left of the plan, is told of a request that failed, too. */
export function withHeaders(error: unknown, headers: Headers): unknown {
  if (!isRelayError(error) || Object.keys(headers).length === 0) return error;
  const { code, message, details } = error;
  return new RelayError(code, message, { ...details, headers: { ...details.headers, ...headers } });
}
