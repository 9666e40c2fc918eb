/**
 * The turns of one WebSocket: `response.create` frames in, the backend's answer to each as bare JSON
 * frames out, one after the other. The connection remembers its newest answer, and nothing else does.
 */
import { setTimeout as wait } from "node:timers/promises";
import type { Backend } from "./backend.ts";
import { engineRefusal, type Received, type StreamAnswer, type WholeAnswer } from "./exchange.ts";
import { previousNotFound } from "./http-failures.ts";
import { isObject, type JsonObject, objectAt, parseJson, stringAt } from "./json.ts";
import type { Quota } from "./quota.ts";
import type { RecordedCall, Recorder } from "./recorder.ts";
import { framesOf, toErrorFrame, warmUpFrames } from "./socket-frames.ts";

export interface SocketWire {
  /** Resolves when the frame has left. */
  send(text: string): Promise<void>;
  close(): void;
  cut(): void;
}

export interface SocketTurnsOptions {
  readonly backend: Backend;
  readonly quota: Quota;
  readonly recorder: Recorder;
  readonly onStream: (change: 1 | -1) => void;
  /** The request that opened the connection. */
  readonly received: Received;
  readonly wire: SocketWire;
}

export interface SocketTurns {
  take(text: string): void;
  /** The connection is gone. */
  end(): void;
}

interface Remembered {
  readonly id: string;
  readonly items: readonly unknown[];
}

const framesAtOnce = 32;

export function createSocketTurns(options: SocketTurnsOptions): SocketTurns {
  const { backend, quota, recorder, onStream, received, wire } = options;
  const leaving = new AbortController();
  let remembered: Remembered | undefined;
  let queue: Promise<void> = Promise.resolve();

  const refuse = async (answer: WholeAnswer, call?: RecordedCall): Promise<void> => {
    remembered = undefined;
    await wire.send(JSON.stringify(toErrorFrame(answer)));
    if (call !== undefined) call.finished = true;
  };

  const play = async (
    { steps }: StreamAnswer,
    call: RecordedCall,
    frame: { readonly input: readonly unknown[]; readonly previousId: string | undefined },
  ): Promise<void> => {
    const output: unknown[] = [];
    let count = 0;
    let sent: Promise<void> | undefined;
    const send = async (text: string): Promise<void> => {
      if (count === 0) {
        void wire.send(JSON.stringify(quota.notice()));
        void wire.send('{"sequence_number":0,"obfuscation":"q7Zk2L"}');
      }
      for (const { type, data } of framesOf(text, frame.previousId)) {
        sent = wire.send(data);
        count += 1;
        // No faster than it is read, and not one by one.
        if (count % framesAtOnce === 0) await sent;
        const event = parseJson(data);
        if (!isObject(event)) continue;
        if (type === "response.output_item.done") output.push(withoutId(event["item"]));
        if (!/^response\.(completed|incomplete|failed)$/.test(type)) continue;
        call.finished = true;
        const id = stringAt(objectAt(event, "response"), "id") ?? "";
        const isWhole = type === "response.completed";
        remembered = isWhole ? { id, items: [...frame.input, ...output] } : undefined;
      }
    };
    for (const step of steps) {
      if (leaving.signal.aborted) return;
      if (typeof step === "string") {
        await send(step);
        continue;
      }
      await sent;
      if (step.act === "wait") await wait(step.ms, undefined, { signal: leaving.signal });
      else if (step.act === "hold") return left(leaving.signal);
      else {
        call.finished = true;
        wire.cut();
        return;
      }
    }
    if (!call.finished) {
      call.finished = true;
      wire.close();
    }
  };

  const turn = async (text: string): Promise<void> => {
    const frame = parseJson(text);
    if (!isObject(frame) || frame["type"] !== "response.create") {
      return refuse(engineRefusal({ message: "Expected `response.create`.", param: "type" }));
    }
    const call = recorder.add({ ...received, method: "WEBSOCKET", body: text });
    const { type: _type, previous_response_id, generate, client_metadata, ...body } = frame;
    const previousId = typeof previous_response_id === "string" ? previous_response_id : undefined;
    if (previousId !== undefined && remembered?.id !== previousId) {
      return refuse(previousNotFound, call);
    }
    const own = Array.isArray(body["input"]) ? body["input"] : [];
    const input = previousId === undefined ? own : [...(remembered?.items ?? []), ...own];
    if (generate === false) {
      const { id, frames } = warmUpFrames({ ...body, input });
      for (const each of frames) await wire.send(each);
      call.finished = true;
      remembered = { id, items: input };
      return;
    }
    const { headers, metadata } = readMetadata(client_metadata);
    const answer = backend.answer({
      ...received,
      method: "POST",
      headers: { ...received.headers, "content-type": "application/json", ...headers },
      body: JSON.stringify({ ...body, ...metadata, input }),
    });
    if (answer === undefined || answer.kind === "whole") {
      return refuse(answer ?? engineRefusal({ message: "Not Found" }, 404), call);
    }
    onStream(1);
    try {
      await play(answer, call, { input, previousId });
    } finally {
      onStream(-1);
      call.aborted = !call.finished;
    }
  };

  return {
    take(text) {
      queue = queue
        .then(() => (leaving.signal.aborted ? undefined : turn(text)))
        // The client left while it waited; anything else is a fault of ours, and breaks the connection.
        .catch(() => wire.cut());
    },
    end: () => leaving.abort(),
  };
}

/** What a turn carries that is a header over HTTP, and the rest. */
function readMetadata(value: unknown): {
  readonly headers: Record<string, string>;
  readonly metadata: JsonObject;
} {
  const headers: Record<string, string> = {};
  const rest: Record<string, unknown> = {};
  for (const [key, text] of Object.entries(isObject(value) ? value : {})) {
    const name = /^ws_request_header_(\w+)$/.exec(key)?.[1];
    if (name === undefined) rest[key] = text;
    else headers[name.replaceAll("_", "-")] = String(text);
  }
  return { headers, metadata: Object.keys(rest).length === 0 ? {} : { client_metadata: rest } };
}

/** As clients send it back: the ids are the connection's own. */
function withoutId(item: unknown): unknown {
  if (!isObject(item)) return item;
  const { id: _id, status: _status, ...rest } = item;
  return rest;
}

function left(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
