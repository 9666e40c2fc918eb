/** A turn as a POST, its answer as a stream of server-sent events (upstream.md 4 and 5). */
import type { FrameBatch } from "../../protocol/frame.ts";
import { createFrameReader } from "../../protocol/sse.ts";
import { LoggedJson, type RequestScope } from "../../scope.ts";
import type { TextReader } from "../body-text.ts";
import { fromFailureFrames } from "./errors.ts";
import { planHeaders } from "./quota.ts";
import { failureOf, type SignedCalls } from "./signed-calls.ts";
import type { Transport } from "./transport.ts";

export interface HttpTransportOptions {
  /** Of `/responses`. */
  readonly url: string;
  readonly call: SignedCalls;
}

export function createHttpTransport({ url, call }: HttpTransportOptions): Transport {
  return {
    async open({ body, headers, sessionId }, scope) {
      const text = JSON.stringify(body);
      scope.transit.record("upstream_request", {
        method: "POST",
        url,
        // By itself, because a log without content has no body.
        model: body["model"],
        body: new LoggedJson(body, text),
      });
      const answer = await call(
        {
          url,
          headers: {
            ...headers,
            accept: "text/event-stream",
            "content-type": "application/json",
            "session-id": sessionId,
          },
          body: text,
        },
        scope.signal,
      );
      // A streaming 200 has no content type at all; JSON under a 200 is a failure in disguise.
      const isJson = answer.header("content-type")?.includes("application/json") ?? false;
      if (answer.status !== 200 || isJson) throw await failureOf(answer);
      const requestId = answer.header("x-request-id") ?? answer.header("x-oai-request-id");
      const plan = planHeaders(answer);
      return {
        status: answer.status,
        requestId,
        headers: plan,
        batches: answer.pieces(new BatchReader(scope)),
        explain: (failures) => fromFailureFrames(failures, { requestId, headers: plan }),
      };
    },
  };
}

/** Made once: its stack would cost more than the abort itself. */
const over = new Error("The request is over.");

/** What the end of a stream may take after the answer is complete, before it is cut. */
const lingerMs = 1_000;

/** One batch for each network read that completes an event. */
class BatchReader implements TextReader<FrameBatch> {
  readonly #frames = createFrameReader();
  #hasEnded = false;
  #linger: NodeJS.Timeout | undefined;

  // The last event comes a moment before the end of the body. Aborting in between costs 3 % of a
  // request, and the connection.
  constructor(scope: RequestScope) {
    scope.onClose(() => {
      if (this.#hasEnded) return;
      this.#linger = setTimeout(() => scope.abort(over), lingerMs).unref();
    });
  }

  read(text: string): FrameBatch | undefined {
    const batch = this.#frames.read(text);
    return batch.length === 0 ? undefined : batch;
  }

  end(): FrameBatch | undefined {
    this.#hasEnded = true;
    clearTimeout(this.#linger);
    const batch = this.#frames.end();
    return batch.length === 0 ? undefined : batch;
  }
}
