/** What the tests of the stand-in share: start it, sign in over its own endpoints, read its streams. */
import { createHash } from "node:crypto";
import { afterEach } from "vitest";
import {
  type Simulator,
  type SimulatorOptions,
  startSimulator,
} from "../../src/simulator/server.ts";

export const clientId = "app_EMoamEEZ73f0CkXaXp7hrann";
export const redirectUri = "http://localhost:1455/auth/callback";
const verifier = "stand-in-verifier-of-sixty-four-characters-0123456789-abcdefghij";
const challenge = createHash("sha256").update(verifier).digest("base64url");

export interface StandIn {
  readonly simulator: Simulator;
  /** Moves the clock on. */
  advance(seconds: number): void;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  postJson(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  postForm(path: string, fields: Record<string, string>): Promise<Response>;
  /** The whole browser login. */
  signIn(): Promise<Tokens>;
  /** A turn as the signed-in account; the body is completed to the smallest good one. */
  turn(body?: Record<string, unknown>, headers?: Record<string, string>): Promise<Response>;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly id_token: string;
  readonly [key: string]: unknown;
}

const running: Simulator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((simulator) => simulator.close()));
});

export async function startStandIn(options: Partial<SimulatorOptions> = {}): Promise<StandIn> {
  let now = Date.UTC(2026, 10, 20);
  const simulator = await startSimulator({ clock: { now: () => now }, ...options });
  running.push(simulator);
  const at = (path: string): string => simulator.url + path;
  const send = (path: string, type: string, body: string, headers: Record<string, string> = {}) =>
    fetch(at(path), { method: "POST", body, headers: { "content-type": type, ...headers } });
  const postJson: StandIn["postJson"] = (path, body, headers) =>
    send(path, "application/json", JSON.stringify(body), headers);
  const postForm: StandIn["postForm"] = (path, fields) =>
    send(path, "application/x-www-form-urlencoded", new URLSearchParams(fields).toString());
  let signedIn: Promise<Tokens> | undefined;

  const standIn: StandIn = {
    simulator,
    advance(seconds) {
      now += seconds * 1000;
    },
    get: (path, headers = {}) => fetch(at(path), { headers, redirect: "manual" }),
    postJson,
    postForm,
    async signIn() {
      const authorized = await standIn.get(authorizePath());
      const code = new URL(authorized.headers.get("location") ?? "").searchParams.get("code") ?? "";
      const exchanged = await postForm("/oauth/token", codeFields(code));
      return (await exchanged.json()) as Tokens;
    },
    async turn(body = {}, headers = {}) {
      signedIn ??= standIn.signIn();
      const tokens = await signedIn;
      return postJson("/backend-api/codex/responses", turnBody(body), {
        ...callerHeaders(tokens),
        ...headers,
      });
    },
  };
  return standIn;
}

export function authorizePath(changes: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: "openid profile email offline_access",
    code_challenge: challenge,
    code_challenge_method: "S256",
    state: "a-state-of-the-client",
    ...changes,
  });
  return `/oauth/authorize?${query}`;
}

export function codeFields(code: string, changes: Record<string, string> = {}) {
  return {
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    client_id: clientId,
    code_verifier: verifier,
    ...changes,
  };
}

export function callerHeaders(tokens: Tokens): Record<string, string> {
  return {
    authorization: `Bearer ${tokens.access_token}`,
    "chatgpt-account-id": "5ca1ab1e-0000-4000-8000-000000a1de10",
  };
}

export function user(text: string) {
  return { role: "user", content: [{ type: "input_text", text }] };
}

export function turnBody(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    model: "gpt-5.5",
    input: [user("hello")],
    include: ["reasoning.encrypted_content"],
    store: false,
    stream: true,
    ...changes,
  };
}

export interface WireEvent {
  readonly type: string;
  readonly sequence_number: number;
  readonly [key: string]: unknown;
}

/** The JSON object that a response has for its body. */
export async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

/** The events of a text in the wire's own framing; throws at anything that is not that framing. */
export function parseEvents(text: string): WireEvent[] {
  if (text === "") return [];
  if (!text.endsWith("\n\n")) throw new Error("The stream does not end with an empty line.");
  return text
    .slice(0, -2)
    .split("\n\n")
    .map((frame) => {
      const match = /^event: (\S+)\ndata: (.+)$/s.exec(frame);
      const event = JSON.parse(match?.[2] ?? "") as WireEvent;
      if (event.type !== match?.[1]) throw new Error(`The frame is not an event: ${frame}`);
      return event;
    });
}

export async function eventsOf(response: Response): Promise<WireEvent[]> {
  return parseEvents(await response.text());
}

/** The event types with runs of one type folded: `x*`. */
export function shapeOf(events: readonly WireEvent[]): string[] {
  const shape: string[] = [];
  for (const { type } of events) {
    const short = type.replace(/^response\./, "");
    const name = short.endsWith(".delta") ? `${short}*` : short;
    if (name !== shape.at(-1)) shape.push(name);
  }
  return shape;
}

export function textOf(events: readonly WireEvent[]): string {
  return events
    .filter(({ type }) => type === "response.output_text.delta")
    .map(({ delta }) => String(delta))
    .join("");
}

/** Reads until that many events have come, and leaves the rest unread. */
export async function readEvents(response: Response, count: number) {
  const reader = response.body?.getReader();
  if (reader === undefined) throw new Error("The response has no body.");
  const decoder = new TextDecoder();
  let text = "";
  while (text.split("\n\n").length <= count) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  return { events: parseEvents(text), reader };
}
