/** An upstream that plays a script, one attempt after the other, and remembers what it was asked. */
import { toAbortSignal } from "../../src/cancellation.ts";
import { RelayError } from "../../src/errors.ts";
import type { LocalState } from "../../src/pipeline/hydrate.ts";
import { Frame } from "../../src/protocol/frame.ts";
import type { ResponsesRequest } from "../../src/protocol/request.ts";
import { createScope, type Disclosure, type RequestScope } from "../../src/scope.ts";
import type { Upstream } from "../../src/upstreams/upstream.ts";
import type { WireEvent } from "./frames.ts";

/** A read with these events; an error that is thrown there; or a wait for the end of the request. */
export type Step = readonly WireEvent[] | Error | "wait";

/** An attempt is refused at once, or plays its steps. */
export type Attempt = RelayError | readonly Step[];

export interface ScriptedUpstream extends Upstream {
  readonly requests: readonly ResponsesRequest[];
  /** Streams that were opened and neither read to their end nor left. */
  openStreams(): number;
}

export function scriptedUpstream(
  attempts: readonly Attempt[],
  changes: readonly Disclosure[] = [],
): ScriptedUpstream {
  const requests: ResponsesRequest[] = [];
  let open = 0;
  return {
    name: "scripted",
    requests,
    openStreams: () => open,
    models: async () => [],
    usage: async () => ({}),
    async open(request, scope) {
      const attempt = attempts[requests.length] ?? [];
      requests.push(request);
      for (const change of changes) scope.disclose(change);
      if (attempt instanceof RelayError) throw attempt;
      async function* play() {
        open += 1;
        try {
          for (const step of attempt as readonly Step[]) {
            if (step instanceof Error) throw step;
            if (step === "wait") await untilAborted(toAbortSignal(scope.signal));
            else yield step.map((event) => new Frame(event.type, JSON.stringify(event)));
          }
        } finally {
          open -= 1;
        }
      }
      return {
        status: 200,
        requestId: "up_1",
        headers: {},
        batches: play(),
        explain: () => new RelayError("upstream_error", "The script failed."),
      };
    },
  };
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** A relay without memory. */
export const noState: LocalState = {
  hydrate: async (request) => ({ request, echo: () => ({}), remember: async () => undefined }),
};

export interface TestScope extends RequestScope {
  readonly records: readonly { phase: string; [field: string]: unknown }[];
}

export function testScope(): TestScope {
  const records: { phase: string }[] = [];
  const scope = createScope({
    id: "req_1",
    clock: { now: () => 7_000 },
    ids: { next: () => "1" },
    client: { token: undefined, session: undefined },
    transit: {
      record: (phase, fields) => records.push({ phase, ...fields }),
      discard: () => records.splice(0),
    },
  });
  return Object.assign(scope, { records });
}
