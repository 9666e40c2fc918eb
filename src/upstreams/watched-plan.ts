/** Tells somebody what the upstream's answers, and its refusals, say of the plan as they come. */
import { isRelayError } from "../errors.ts";
import type { Upstream } from "./upstream.ts";

/** `onHeaders` gets what the upstream told of the plan: response headers by their names. */
export function watchedPlan(
  upstream: Upstream,
  onHeaders: (headers: Readonly<Record<string, string>>) => void,
): Upstream {
  return {
    name: upstream.name,
    models: (signal) => upstream.models(signal),
    usage: (signal) => upstream.usage(signal),
    async open(request, scope) {
      try {
        const stream = await upstream.open(request, scope);
        onHeaders(stream.headers);
        return stream;
      } catch (error) {
        if (isRelayError(error) && error.details.headers !== undefined) {
          onHeaders(error.details.headers);
        }
        throw error;
      }
    },
  };
}
