/**
 * Everything that can go wrong at the upstream, in every dialect, streamed and whole, over each of the
 * transports: the client is told in its own words, and nobody takes half an answer for a whole one.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFacades, responsesWebSocket } from "../../src/facades/index.ts";
import { scenarios } from "../../src/simulator/scenarios.ts";
import {
  type DialectAnswer,
  type DialectClient,
  dialectClients,
} from "../helpers/dialect-clients.ts";
import type { TestRelay } from "../helpers/test-relay.ts";
import { relayOver, transports } from "../helpers/transports.ts";

/** Answers, not failures. */
const answers = [
  "echo",
  "tool-call",
  "parallel-tool-calls",
  "reasoning",
  "refusal",
  "image",
  "web-search",
  "unicode",
  "long",
  "slow",
  "keepalive",
  "incomplete",
];

interface Failure {
  readonly directive: string;
  readonly status: number;
  readonly code: string | null;
  /** Anthropic's clients know it by another one. */
  readonly anthropicStatus?: number;
  readonly says: RegExp;
}

const failure = (
  directive: string,
  status: number,
  code: string | null,
  says: RegExp,
  extra: Partial<Failure> = {},
): Failure => ({ directive, status, code, says, ...extra });

const broken = /broke before|ended the stream before|closed/;
const busy = { anthropicStatus: 529 };
const signIn = { anthropicStatus: 401 };

/** Told before the answer has begun: with a status. */
const refused: readonly Failure[] = [
  failure("bad-request", 400, null, /Bad Request/),
  failure("model-not-supported", 404, "model_not_found", /not supported|not found/),
  failure("unauthorized", 503, "upstream_auth_rejected", /airelays login/, signIn),
  failure("token-expired", 503, "upstream_auth_rejected", /airelays login/, signIn),
  failure("token-invalidated", 503, "upstream_auth_rejected", /airelays login/, signIn),
  failure("token-revoked", 503, "upstream_auth_rejected", /airelays login/, signIn),
  failure("cloudflare", 502, "upstream_blocked_by_cloudflare", /Cloudflare blocked/),
  failure("deactivated-workspace", 403, "deactivated_workspace", /deactivated/),
  failure("not-found", 404, null, /Not Found/),
  failure("not-found-empty", 404, null, /HTTP 404/),
  failure("usage-limit", 429, "usage_limit_reached", /usage limit/),
  failure("usage-not-included", 429, "usage_limit_reached", /not included/),
  failure("insufficient-quota", 429, "usage_limit_reached", /quota/),
  failure("rate-limit", 429, "upstream_rate_limited", /Rate limit/),
  failure("server-error", 502, "upstream_error", /error processing/),
  failure("bad-gateway", 502, "upstream_error", /HTTP 502/),
  failure("overloaded", 503, "upstream_overloaded", /overloaded/, busy),
  failure("slow-down", 503, "upstream_overloaded", /Slow down/, busy),
  failure("unavailable", 502, "upstream_error", /unavailable/),
  failure("connection-limit", 400, "websocket_connection_limit_reached", /60 minutes/),
  failure("previous-response-not-found", 400, "previous_response_not_found", /not found/),
  failure("status code=429", 429, "usage_limit_reached", /usage limit/),
  failure("context-length", 400, "context_length_exceeded", /context window|prompt is too long/),
  failure("early-failed", 502, "upstream_error", /error occurred/),
  failure("early-failed code=invalid_prompt", 400, "invalid_prompt", /error occurred/),
  failure(
    "failed only=failed code=server_is_overloaded",
    503,
    "upstream_overloaded",
    /overl/,
    busy,
  ),
  failure("failed only=error shape=flat", 502, "upstream_error", /error occurred/),
  failure("cut after=0", 502, "upstream_unreachable", broken),
  failure("cut after=1", 502, "upstream_stream_interrupted", broken),
  failure("end after=1", 502, "upstream_stream_interrupted", broken),
];

/** Told after the first words: in the stream, or with a status where nothing was sent yet. */
const later: readonly Failure[] = [
  failure("failed after=8 delay_ms=50", 502, "upstream_error", /error occurred/),
  failure("failed after=8 delay_ms=50 only=failed", 502, "upstream_error", /error occurred/),
  failure("failed after=8 delay_ms=50 only=error", 502, "upstream_error", /error occurred/),
  failure("cut after=8", 502, "upstream_stream_interrupted", broken),
  failure("end after=8", 502, "upstream_stream_interrupted", broken),
];

/** Told when the limit of silence is reached. */
const silent: readonly Failure[] = [
  failure("silence", 504, "upstream_timeout", /silent for too long/),
  failure("hold", 504, "upstream_timeout", /silent for too long/),
  failure("stall after=8", 504, "upstream_timeout", /silent for too long/),
];

const limits = {
  AIRELAYS_RATE_LIMIT_PER_MINUTE: "1000000",
  AIRELAYS_RATE_LIMIT_BURST: "1000000",
  AIRELAYS_CONCURRENT_REQUESTS_PER_IP: "1000",
};

function expected(
  { status, anthropicStatus, code, says }: Failure,
  { name }: DialectClient,
): unknown {
  const hasCode = !/^(messages|ollama)/.test(name);
  return {
    status: name === "messages" ? (anthropicStatus ?? status) : status,
    error: { message: expect.stringMatching(says), ...(hasCode ? { code } : {}) },
    isComplete: false,
  };
}

const cases = dialectClients.flatMap((client) =>
  client.forms.map((form) => [client.name, form, client] as const),
);

it("knows every scenario of the stand-in and every dialect of the relay", () => {
  const named = [...refused, ...later, ...silent].map(({ directive }) => directive.split(" ")[0]);
  expect(new Set([...named, ...answers])).toEqual(new Set(Object.keys(scenarios)));
  const facades = [...createFacades({ chatReasoning: "none" }), responsesWebSocket];
  expect(dialectClients.map(({ name }) => name).sort()).toEqual(
    facades.map(({ name }) => name).sort(),
  );
});

describe.each(transports)("over %s", (transport) => {
  let relay: TestRelay;
  beforeAll(async () => {
    relay = await relayOver(transport)({ env: limits });
  });
  afterAll(() => relay.close());

  describe.each(cases)("%s, %s", (_name, form, client) => {
    const ask = ({ directive }: Failure): Promise<DialectAnswer> =>
      client.ask(relay, `[sim:${directive}] one two three four five six`, form);

    it.each(refused.map((each) => [each.directive, each] as const))(
      "tells %s with its status",
      async (_directive, each) => {
        expect(await ask(each)).toEqual(expected(each, client));
      },
    );

    it.each(later.map((each) => [each.directive, each] as const))(
      "tells %s where its answer stops",
      async (_directive, each) => {
        const { status } = each;
        const told = form === "streamed" ? 200 : status;
        const wanted = { ...each, status: told, code: expect.any(String) };
        expect(await ask(each)).toEqual(expected(wanted, client));
      },
    );
  });
});

describe.each(transports)("an upstream that falls silent over %s", (transport) => {
  let relay: TestRelay;
  beforeAll(async () => {
    relay = await relayOver(transport)({
      env: { ...limits, AIRELAYS_REQUEST_TIMEOUT_SECONDS: "3" },
    });
  });
  afterAll(() => relay.close());

  it("is told in every dialect, streamed and whole", { timeout: 30_000 }, async () => {
    const all = silent.flatMap((each) => cases.map(([, form, client]) => ({ each, form, client })));
    const told = await Promise.all(
      all.map(async ({ each, form, client }) => ({
        ...each,
        form,
        name: client.name,
        answer: await client.ask(relay, `[sim:${each.directive}] one two three`, form),
      })),
    );
    for (const { answer, name, form, directive, ...rest } of told) {
      const hasBegun = form === "streamed" && directive !== "silence";
      expect([directive, name, form, answer]).toEqual([
        directive,
        name,
        form,
        expected({ ...rest, directive, status: hasBegun ? 200 : rest.status }, {
          name,
        } as DialectClient),
      ]);
    }
  });
});
