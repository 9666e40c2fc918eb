import { describe, expect, it } from "vitest";
import {
  asAnswerFrame,
  errorNotice,
  headersOf,
  isNotice,
  isTerminal,
  readFrame,
} from "../../../../src/upstreams/chatgpt/socket/frames.ts";

const frame = (value: unknown) => {
  const read = readFrame(JSON.stringify(value));
  if (typeof read === "string") throw new Error("It has no type.");
  return read;
};

describe("a frame", () => {
  it.each([
    ['{"type":"response.output_text.delta","delta":"x"}', "response.output_text.delta"],
    ['{ "sequence_number": 1, "type": "response.created" }', "response.created"],
    ['{"type":"response.done","response":{}}', "response.completed"],
  ])("has its type: %s", (text, type) => {
    expect(readFrame(text)).toMatchObject({ type, data: text });
  });

  it.each(['{"sequence_number":0,"obfuscation":"x"}', '{"type":3}'])(
    "is padding without one: %s",
    (text) => {
      expect(readFrame(text)).toBe("padding");
    },
  );

  it.each(['{"sequence_number":5,"type":"response.output_item.done","it', "[]", "no JSON", ""])(
    "is broken where it is no object: %s",
    (text) => {
      expect(readFrame(text)).toBe("broken");
    },
  );

  it("ends an answer, or is about the connection", () => {
    const types = ["response.completed", "response.failed", "error", "codex.rate_limits"];
    const read = types.map((type) => frame({ type }));
    expect(read.map(isTerminal)).toEqual([true, true, false, false]);
    expect(read.map(isNotice)).toEqual([false, false, false, true]);
  });
});

describe("what a connection tells", () => {
  it("are the plan's windows, under the names of HTTP's headers", () => {
    const window = {
      used_percent: 12,
      window_minutes: 300,
      reset_after_seconds: 9000,
      reset_at: 1,
    };
    const limits = { allowed: true, primary: window, secondary: null };
    expect(headersOf(frame({ type: "codex.rate_limits", rate_limits: limits }))).toEqual({
      "x-codex-primary-used-percent": "12",
      "x-codex-primary-window-minutes": "300",
      "x-codex-primary-reset-after-seconds": "9000",
    });
  });

  it("is nothing where it is broken", () => {
    for (const rate_limits of [undefined, null, [], { primary: "x" }]) {
      expect(headersOf(frame({ type: "codex.rate_limits", rate_limits }))).toEqual({});
    }
    expect(headersOf(frame({ type: "codex.response.metadata", headers: 3 }))).toEqual({});
  });
});

describe("an error", () => {
  const told = {
    type: "error",
    status: 429,
    error: { type: "usage_limit_reached", code: "x", message: "Spent." },
    headers: { "Retry-After": "3" },
  };

  it("with a status is what HTTP would have answered", () => {
    const notice = errorNotice(frame(told));
    expect(notice).toMatchObject({ status: 429, code: "x" });
    expect(notice?.header("retry-after")).toBe("3");
    expect(JSON.parse(notice?.body ?? "")).toEqual({ error: told.error });
    const { status: status_code, ...rest } = told;
    expect(errorNotice(frame({ ...rest, status_code }))).toMatchObject({ status: 429 });
  });

  it.each([
    ["previous_response_not_found", 400],
    ["websocket_connection_limit_reached", 400],
    ["token_expired", 401],
  ])("has the status of its code where the connection acts on that: %s", (code, status) => {
    const { status: _status, ...rest } = told;
    expect(errorNotice(frame({ ...rest, error: { code } }))).toMatchObject({ status, code });
  });

  it("without one is an event of the answer", () => {
    expect(errorNotice(frame({ type: "error", error: told.error }))).toBeUndefined();
  });

  it("loses what is about the transport on its way to a client", () => {
    const { data } = asAnswerFrame(frame(told), false);
    expect(JSON.parse(data)).toEqual({ type: "error", error: told.error });
  });
});

describe("the answer to a turn that said less", () => {
  it("does not name the answer that it went on from, and changes nothing else", () => {
    const text = 'He said "previous_response_id":"resp_0".';
    const created = frame({
      type: "response.created",
      response: { instructions: text, previous_response_id: "resp_0" },
    });
    expect(JSON.parse(asAnswerFrame(created, true).data)).toEqual({
      type: "response.created",
      response: { instructions: text, previous_response_id: null },
    });
    expect(asAnswerFrame(created, false)).toBe(created);
    const delta = frame({ type: "response.output_text.delta", delta: text });
    expect(asAnswerFrame(delta, true)).toBe(delta);
  });
});
