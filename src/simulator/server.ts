/**
 * The stand-in for the ChatGPT backend and its login server, on one loopback port. Owns the sockets;
 * what is answered is decided elsewhere. It has no AI, and every text it makes says so.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../scope.ts";
import { createBackend } from "./backend.ts";
import { readText } from "./body.ts";
import { answerControl } from "./control.ts";
import { type Answer, gatewayRefusal, type Received, type WholeAnswer } from "./exchange.ts";
import { createFaults } from "./faults.ts";
import { createLoginServer } from "./login.ts";
import { createQuota, type QuotaShape } from "./quota.ts";
import { createRecorder, type RecordedCall } from "./recorder.ts";
import { attachSockets } from "./socket-server.ts";
import { playStream } from "./stream.ts";
import { createTokenBook } from "./tokens.ts";

export interface SimulatorOptions {
  /** A loopback address; 127.0.0.1 when left out. */
  readonly host?: string;
  /** 0, or left out, takes a free one. */
  readonly port?: number;
  readonly clock: Clock;
  /** 864000 when left out: ten days. */
  readonly accessTokenLifetimeSeconds?: number;
  /** Which windows the plan has; both when left out. */
  readonly quota?: QuotaShape;
}

export interface Simulator {
  readonly url: string;
  readonly issuerBaseUrl: string;
  readonly upstreamBaseUrl: string;
  /** Ends open streams at once. */
  close(): Promise<void>;
}

const loopbackHost = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;
const loopbackOrigin = /^https?:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/** Starts the stand-in. Rejects with Node's own error when the port is taken. */
export async function startSimulator(options: SimulatorOptions): Promise<Simulator> {
  const { host = "127.0.0.1", port = 0, clock, accessTokenLifetimeSeconds = 864_000 } = options;
  if (!loopbackHost.test(host.includes(":") ? `[${host}]` : host)) {
    throw new Error(`The stand-in listens on loopback only; \`${host}\` is not. Use 127.0.0.1.`);
  }
  const faults = createFaults();
  const tokens = createTokenBook({ clock, lifetimeSeconds: accessTokenLifetimeSeconds });
  const quota = createQuota({ clock, faults, shape: options.quota ?? "both" });
  const login = createLoginServer({ clock, tokens, faults });
  const backend = createBackend({ clock, tokens, faults, quota });
  const recorder = createRecorder();
  let openStreams = 0;
  const state = () => ({
    open_streams: openStreams,
    sockets: sockets.opened,
    open_sockets: sockets.open,
    ...login.counts,
  });

  const answer = async (request: IncomingMessage, leave: AbortSignal): Promise<Handled> => {
    const refusal = checkOrigin(request);
    if (refusal !== undefined) return { answer: refusal };
    const url = parseUrl(request.url);
    if (url === undefined) return { answer: gatewayRefusal("Bad Request") };
    const method = request.method ?? "GET";
    const text = await readText(request);
    if (typeof text !== "string") return { answer: text };
    leave.throwIfAborted();
    const received: Received = { method, url, headers: request.headers, body: text };
    const control = answerControl(received, { recorder, faults, tokens, state });
    if (control !== undefined) return { answer: control };
    const call = recorder.add(received);
    const answered = login.answer(received) ?? backend.answer(received);
    return { answer: answered ?? gatewayRefusal("Not Found", 404), call };
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const leaving = new AbortController();
    const outcome: { call?: RecordedCall; isCut: boolean } = { isCut: false };
    response.once("close", () => {
      leaving.abort();
      if (outcome.call === undefined) return;
      outcome.call.finished = response.writableFinished;
      outcome.call.aborted = !response.writableFinished && !outcome.isCut;
    });
    const { answer: answered, call } = await answer(request, leaving.signal);
    if (call !== undefined) outcome.call = call;
    if (answered.kind === "whole") {
      response.writeHead(answered.status, {
        ...answered.headers,
        "content-length": Buffer.byteLength(answered.body),
      });
      response.end(answered.body);
      return;
    }
    openStreams += 1;
    try {
      if ((await playStream(answered, response, leaving.signal)) === "cut") {
        outcome.isCut = true;
        response.destroy();
      }
    } finally {
      openStreams -= 1;
    }
  };

  const server = createServer((request, response) => {
    handle(request, response).catch(() => {
      // The client left while it sent, or a fault of ours; neither may end the process or show a stack.
      if (response.headersSent || response.destroyed) response.destroy();
      else response.writeHead(500, { "content-type": "application/json" }).end(failureBody);
    });
  });
  const sockets = attachSockets(server, {
    checkOrigin,
    backend,
    quota,
    faults,
    recorder,
    onStream: (change) => {
      openStreams += change;
    },
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  // A server that listens on a port has an address of this kind.
  const address = server.address() as AddressInfo;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`;
  return {
    url,
    issuerBaseUrl: url,
    upstreamBaseUrl: `${url}/backend-api/codex`,
    close() {
      return new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        sockets.close();
      });
    },
  };
}

interface Handled {
  readonly answer: Answer;
  readonly call?: RecordedCall;
}

const failureBody = JSON.stringify({ detail: "Internal Server Error" });
/** A name that is not loopback's, or a page of another site, is refused: DNS rebinding ends here. */
function checkOrigin({ headers }: IncomingMessage): WholeAnswer | undefined {
  if (!loopbackHost.test(headers.host ?? "")) {
    return gatewayRefusal("The stand-in answers to loopback names only.", 403);
  }
  const { origin } = headers;
  if (origin === undefined || loopbackOrigin.test(origin)) return undefined;
  return gatewayRefusal("The stand-in does not answer to pages of other sites.", 403);
}

function parseUrl(target: string | undefined): URL | undefined {
  // Put behind a host, so that `//host/path` stays a path. `*` and `http://…` are no paths.
  return target?.startsWith("/") ? new URL(`http://127.0.0.1${target}`) : undefined;
}
