/** Errors on their way to the client: with its own names, and with what it is to be told besides. */
import { isRelayError, RelayError } from "../errors.ts";
import type { Decoded } from "../facades/facade.ts";
import type { Headers } from "./answer-headers.ts";

/** The client's own name of an item: `messages[2]` for `input[1]`. */
export function spellPlaces(text: string, { places }: Pick<Decoded<unknown>, "places">): string {
  return text.replace(/\binput\[(\d+)\]/, (whole, index) => places?.[Number(index)] ?? whole);
}

/** The error with the client's own name of the item at fault. */
export function asSpelled(error: unknown, decoded: Decoded<unknown>): unknown {
  if (!isRelayError(error) || error.details.param === undefined) return error;
  const { code, message, details } = error;
  const param = spellPlaces(error.details.param, decoded);
  if (param === details.param) return error;
  return new RelayError(code, spellPlaces(message, decoded), { ...details, param });
}

/** What was changed, and what is left of the plan, is told of a request that failed, too. */
export function withHeaders(error: unknown, headers: Headers): unknown {
  if (!isRelayError(error) || Object.keys(headers).length === 0) return error;
  const { code, message, details } = error;
  return new RelayError(code, message, { ...details, headers: { ...details.headers, ...headers } });
}
