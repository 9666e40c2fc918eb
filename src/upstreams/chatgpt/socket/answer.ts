/**
 * Reads the answer to one turn: what the connection says before it begins, whether there is one, and
 * then its frames, as they would have come over HTTP.
 */
import type { Cancellation } from "../../../cancellation.ts";
import { RelayError } from "../../../errors.ts";
import type { Frame, FrameBatch } from "../../../protocol/frame.ts";
import type { JsonObject } from "../../../protocol/json.ts";
import type { UpstreamStream } from "../../upstream.ts";
import { fromFailureFrames, fromHttpFailure } from "../errors.ts";
import { planHeaders } from "../quota.ts";
import { transportHeader } from "../transport.ts";
import { asAnswerFrame, type ErrorNotice, errorNotice, headersOf, isNotice } from "./frames.ts";

export type Answered =
  | { readonly kind: "stream"; readonly stream: UpstreamStream }
  /** The request was refused: over HTTP it would have been a status. */
  | { readonly kind: "refused"; readonly notice: ErrorNotice }
  /** The connection ended before anything came. */
  | { readonly kind: "lost" };

export interface ReadOptions {
  readonly signal: Cancellation;
  /** The turn went on from an answer that only this connection knows. */
  readonly isIncremental: boolean;
  /** The answer was read to its end, and is complete. */
  readonly onWhole: (responseId: string, output: readonly JsonObject[]) => void;
}

export async function readAnswer(
  batches: AsyncIterableIterator<FrameBatch>,
  { signal, isIncremental, onWhole }: ReadOptions,
): Promise<Answered> {
  const told: Record<string, string> = {};
  const header = (name: string): string | undefined => told[name];

  const next = async (): Promise<IteratorResult<FrameBatch>> => {
    try {
      return await batches.next();
    } catch (error) {
      // Our own end of the connection: why is in the signal.
      throw signal.aborted ? signal.reason : error;
    }
  };
  /** The batch without what is about the connection, which is kept. */
  const ofAnswer = (batch: FrameBatch): FrameBatch =>
    batch.filter((frame) => {
      if (isNotice(frame)) Object.assign(told, headersOf(frame));
      return !isNotice(frame);
    });

  let first: FrameBatch = [];
  while (first.length === 0) {
    const result = await next().catch((error: unknown) => {
      const isLost = error instanceof RelayError && error.code === "upstream_stream_interrupted";
      if (signal.aborted || !isLost) throw error;
      return { done: true, value: undefined } as const;
    });
    // Left by us, which is nothing to ask again for.
    if (signal.aborted) throw signal.reason;
    if (result.done) return { kind: "lost" };
    first = ofAnswer(result.value);
  }
  const [opening] = first;
  const notice = opening === undefined ? undefined : errorNotice(opening);
  if (notice !== undefined) return { kind: "refused", notice };

  const requestId = header("x-request-id") ?? header("x-oai-request-id");
  const plan = planHeaders({ header });
  const output: JsonObject[] = [];
  let failure: ErrorNotice | undefined;

  const pass = (frame: Frame): Frame => {
    const { type } = frame;
    if (type === "error") failure ??= errorNotice(frame);
    if (type !== "response.output_item.done" && type !== "response.completed") {
      return asAnswerFrame(frame, isIncremental);
    }
    const { event } = frame;
    if (event.type === "response.output_item.done") output.push(event.rawItem);
    if (event.type === "response.completed") onWhole(event.response.id, output);
    return asAnswerFrame(frame, isIncremental);
  };

  let held: FrameBatch | undefined = first;
  const answer: AsyncIterableIterator<FrameBatch> = {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      for (;;) {
        const batch = held;
        held = undefined;
        const { done, value } = batch ? { done: false, value: batch } : await next();
        if (done) return { done: true, value: undefined };
        const frames = ofAnswer(value).map(pass);
        if (frames.length > 0) return { done: false, value: frames };
      }
    },
    async return() {
      await batches.return?.();
      return { done: true, value: undefined };
    },
  };
  return {
    kind: "stream",
    stream: {
      status: 200,
      requestId,
      headers: { ...plan, [transportHeader]: "websocket" },
      batches: answer,
      explain(failures) {
        if (failure?.code === "websocket_connection_limit_reached") return outlived();
        return failure === undefined
          ? fromFailureFrames(failures, { requestId, headers: plan })
          : fromHttpFailure(failure);
      },
    },
  };
}

function outlived(): RelayError {
  return new RelayError(
    "upstream_stream_interrupted",
    "The upstream's connection reached its 60 minutes before the answer was complete.",
  );
}
