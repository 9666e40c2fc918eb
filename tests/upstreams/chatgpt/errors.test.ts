import { describe, expect, it } from "vitest";
import { Frame } from "../../../src/protocol/frame.ts";
import { fromFailureFrames, fromHttpFailure } from "../../../src/upstreams/chatgpt/errors.ts";

function http(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fromHttpFailure({ status, body: text, header: (name) => headers[name] });
}

function inStream(event: Record<string, unknown> & { type: string }) {
  return fromFailureFrames([new Frame(event.type, JSON.stringify(event))], {
    requestId: "up_1",
    headers: {},
  });
}

/** What the client and the pipeline see of an error. */
function seen(error: ReturnType<typeof http>) {
  const { code, status, type, wireCode, retryable, details, message } = error;
  return { code, status, type, wireCode, retryable, param: details.param, message };
}

describe("a refused request", () => {
  it("keeps the gateway's sentence, and names the parameter that is inside it", () => {
    expect(seen(http(400, { detail: "Unsupported parameter: temperature" }))).toEqual({
      code: "upstream_rejected",
      status: 400,
      type: "invalid_request_error",
      wireCode: "unsupported_parameter",
      retryable: false,
      param: "temperature",
      message: "Unsupported parameter: temperature",
    });
  });

  it("keeps the engine's status, type, code and parameter", () => {
    const error = {
      message: "Invalid value: 'X'.",
      type: "invalid_request_error",
      param: "reasoning.effort",
      code: "invalid_value",
    };
    expect(seen(http(422, { error }))).toEqual({
      code: "upstream_rejected",
      status: 422,
      type: "invalid_request_error",
      wireCode: "invalid_value",
      retryable: false,
      param: "reasoning.effort",
      message: "Invalid value: 'X'.",
    });
  });

  it("says what a model means that this plan does not have", () => {
    const detail = "The 'gpt-x' model is not supported when using Codex with a ChatGPT account.";
    expect(seen(http(400, { detail }))).toMatchObject({
      code: "model_not_found",
      status: 404,
      retryable: false,
      message: detail,
    });
  });
});

describe("a spent plan", () => {
  it("is 429 with the time of the reset, under the upstream's own name", () => {
    const error = http(429, {
      error: {
        type: "usage_limit_reached",
        message: "The usage limit has been reached",
        plan_type: "plus",
        resets_at: 1_777_972_827,
        resets_in_seconds: 36_640,
        limit_window_minutes: 300,
      },
    });
    expect(seen(error)).toMatchObject({
      code: "usage_limit_reached",
      status: 429,
      type: "usage_limit_reached",
      wireCode: "usage_limit_reached",
      retryable: false,
    });
    expect(error.details).toMatchObject({
      retryAfterSeconds: 36_640,
      resetsAt: 1_777_972_827,
      limitWindowMinutes: 300,
    });
  });

  it.each(["insufficient_quota", "usage_not_included", "credit_balance_exhausted"])(
    "is not asked again after `%s`",
    (code) => {
      expect(http(429, { error: { code, message: "No." } }).code).toBe("usage_limit_reached");
    },
  );

  it("is what a 402 means, whose body nobody has recorded", () => {
    expect(seen(http(402, ""))).toMatchObject({ code: "usage_limit_reached", status: 429 });
  });

  it("comes with the plan's windows", () => {
    const headers = {
      "x-codex-primary-used-percent": "100",
      "x-codex-primary-window-minutes": "300",
      "x-codex-primary-reset-after-seconds": "60",
    };
    expect(http(429, { error: { type: "usage_limit_reached" } }, headers).details.headers).toEqual({
      ...headers,
      "x-ratelimit-limit-requests": "100",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "60s",
    });
  });
});

describe("a rate limit", () => {
  it.each([
    ["a header", { code: "rate_limit_exceeded", message: "Slow." }, { "retry-after": "3" }, 3],
    ["words", { code: "rate_limit_exceeded", message: "Please try again in 1.2s." }, {}, 2],
    ["words in ms", { type: "requests", message: "Please try again in 40ms." }, {}, 1],
  ])("says how long to wait, told by %s", (_how, error, headers, seconds) => {
    const failure = http(429, { error }, headers);
    expect(seen(failure)).toMatchObject({
      code: "upstream_rate_limited",
      status: 429,
      retryable: false,
    });
    expect(failure.details.retryAfterSeconds).toBe(seconds);
  });

  const date = "Sat, 21 Nov 2026 12:00:00 GMT";
  it.each([
    ["a time", { "retry-after": "Sat, 21 Nov 2026 12:00:07 GMT", date }, 7],
    ["a time in the old form", { "retry-after": "Saturday, 21-Nov-26 12:01:00 GMT", date }, 60],
    ["a time that is over", { "retry-after": "Sat, 21 Nov 2026 11:59:00 GMT", date }, 0],
    [
      "a time in a hundred years",
      { "retry-after": "Fri, 21 Nov 2126 12:00:00 GMT", date },
      2_678_400,
    ],
    ["a time, without the upstream's own", { "retry-after": date }, undefined],
    ["more seconds than there are", { "retry-after": "9".repeat(400) }, 2_678_400],
    ["nothing in the header", { "retry-after": "" }, undefined],
    ["words in the header", { "retry-after": "soon", date }, undefined],
  ])("reads %s from `retry-after`", (_what, headers, seconds) => {
    expect(http(503, "", headers).details.retryAfterSeconds).toBe(seconds);
  });
});

describe("the other failures", () => {
  it.each([
    [401, { detail: "Unauthorized" }, "upstream_auth_rejected", 503],
    [503, { error: { code: "server_is_overloaded" } }, "upstream_overloaded", 503],
    [500, "oops", "upstream_error", 502],
    [502, "", "upstream_error", 502],
    [400, { error: { code: "context_length_exceeded" } }, "context_length_exceeded", 400],
    [404, "", "upstream_rejected", 404],
    [200, "{}", "upstream_error", 502],
  ])("maps HTTP %i %j to %s", (status, body, code, ours) => {
    expect(seen(http(status, body))).toMatchObject({ code, status: ours });
  });

  it("gives the sign-in failure its next step, and no text of the upstream", () => {
    const error = http(401, { error: { code: "token_expired", message: "secret words" } });
    expect(error.message).toBe("The upstream no longer accepts the sign-in. Run: airelays login");
    expect(error.exitCode).toBe(4);
  });

  it("T59 passes on nothing of a Cloudflare page but its ray id", () => {
    const page = "<html><title>Just a moment...</title><script>x</script></html>";
    const error = http(403, page, { "cf-mitigated": "challenge", "cf-ray": "8f-FRA" });
    expect(seen(error)).toMatchObject({
      code: "upstream_blocked_by_cloudflare",
      status: 502,
      retryable: false,
      message:
        "Cloudflare blocked the request before it reached the upstream (ray id 8f-FRA). Try another network, or without a VPN.",
    });
  });

  it("bounds what the upstream says", () => {
    expect(http(400, { detail: "x".repeat(9_000) }).message).toHaveLength(2_000);
  });
});

describe("a failure inside a stream", () => {
  it.each([
    ["response.failed", { response: { id: "r", error: { code: "server_is_overloaded" } } }],
    ["error", { error: { code: "server_is_overloaded" } }],
    ["error", { code: "server_is_overloaded", message: "flat" }],
  ])("is read from `%s` %j", (type, body) => {
    expect(inStream({ type, ...body }).code).toBe("upstream_overloaded");
  });

  it.each([
    ["context_length_exceeded", "context_length_exceeded", 400],
    ["invalid_prompt", "upstream_rejected", 400],
    ["cyber_policy", "upstream_rejected", 400],
    ["rate_limit_exceeded", "upstream_rate_limited", 429],
    ["insufficient_quota", "usage_limit_reached", 429],
    ["never_heard_of", "upstream_error", 502],
  ])("maps the code %s to %s", (wire, code, status) => {
    const error = inStream({
      type: "response.failed",
      response: { id: "r", error: { code: wire } },
    });
    expect(seen(error)).toMatchObject({ code, status });
    expect(error.details.upstream).toMatchObject({ code: wire, requestId: "up_1" });
  });

  it("says when a plan opens again, unless that is beyond the calendar", () => {
    const spent = (resets_at: number) =>
      inStream({ type: "error", error: { code: "usage_limit_reached", resets_at } }).details;
    expect(spent(1_800_000_000).resetsAt).toBe(1_800_000_000);
    expect(spent(1e15)).not.toHaveProperty("resetsAt");
  });

  it("is a failure even when it does not say why", () => {
    expect(seen(inStream({ type: "response.failed" }))).toMatchObject({
      code: "upstream_error",
      message: "The upstream failed without saying why.",
    });
  });

  it("is read from both of its frames, in whichever read they come", () => {
    const error = { type: "invalid_request_error", code: null, message: "No.", param: "tools" };
    const frames = [
      new Frame("error", JSON.stringify({ type: "error", error })),
      new Frame(
        "response.failed",
        JSON.stringify({ response: { id: "r", error: { code: "bad_tools", message: "Other." } } }),
      ),
    ];
    expect(seen(fromFailureFrames(frames, { requestId: undefined, headers: {} }))).toEqual({
      code: "upstream_rejected",
      status: 400,
      type: "invalid_request_error",
      wireCode: "bad_tools",
      retryable: false,
      param: "tools",
      message: "No.",
    });
  });

  it("has no type of its own in the flat form", () => {
    expect(inStream({ type: "error", code: "invalid_prompt", message: "No." }).type).toBe(
      "invalid_request_error",
    );
  });
});
