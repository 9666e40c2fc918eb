/**
 * What the transit log is told of an upstream's answer: its lines as they pass, where that is asked
 * for, and at its end what came and what it cost.
 */
import type { Accumulator } from "../protocol/accumulate.ts";
import type { Usage } from "../protocol/events.ts";
import type { Frame } from "../protocol/frame.ts";
import type { RequestScope } from "../scope.ts";
import type { OpenedStream } from "./open.ts";

/** Told of every frame of an answer, in its order. */
export interface Witness {
  see(frame: Frame): void;
}

/** The one given, and the transit log where it is to have every line. */
export function withLog(witness: Witness, scope: RequestScope, logStreamLines: boolean): Witness {
  if (!logStreamLines) return witness;
  return {
    see(frame) {
      witness.see(frame);
      scope.transit.record("upstream_stream_line", { event: frame.type, line: frame.data });
    },
  };
}

/** What the upstream answered, as far as it got. */
export function recordAnswer(
  scope: RequestScope,
  { stream }: OpenedStream,
  answer: Accumulator,
  onUsage: (usage: Usage) => void,
): void {
  const response = answer.snapshot();
  const ending = answer.success ?? answer.failures.at(-1);
  scope.transit.record("upstream_response", {
    status_code: stream.status,
    upstream_request_id: stream.requestId ?? null,
    events: answer.count,
    ended_by: ending?.type ?? null,
    body: response ?? null,
  });
  if (response?.usage) {
    // A warm-up costs nothing, and is no request that should count.
    if (response.usage.input_tokens + response.usage.output_tokens > 0) onUsage(response.usage);
    scope.transit.record("upstream_usage", {
      response_id: response.id,
      status: response.status ?? null,
      usage: response.usage,
    });
  }
}
