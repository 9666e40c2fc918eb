import { describe, expect, it } from "vitest";
import { RelayError } from "../../../src/errors.ts";
import { responses } from "../../../src/facades/openai/responses.ts";
import { responsesWebSocket as facade } from "../../../src/facades/openai/responses-websocket.ts";
import { Frame } from "../../../src/protocol/frame.ts";
import { completed, created, createEncoder, message, toFrame } from "../../helpers/frames.ts";

const echo = { store: false, previous_response_id: null };
const stamp = {
  id: "resp_local",
  created: 7,
  model: "gpt-5.5",
  echo,
  elapsed: () => ({ firstOutputMs: 0, totalMs: 0 }),
};

describe("an event of the client", () => {
  it("is a request with a few words about itself", () => {
    const body = { model: "gpt-5.5", input: "Hi", previous_response_id: "resp_1" };
    expect(
      facade.decodeEvent({ type: "response.create", ...body, stream_id: "a.B-1", generate: false }),
    ).toEqual({ body, isWarmUp: true, lane: "a.B-1", echo: { stream_id: "a.B-1" } });
    expect(facade.decodeEvent({ type: "response.create", ...body })).toEqual({
      body,
      isWarmUp: false,
      lane: undefined,
      echo: {},
    });
  });

  it.each([
    ["text", "Hi", "An event must be a JSON object.", undefined],
    ["no type", {}, "`type` must be `response.create`; it is missing.", "type"],
    [
      "another type",
      { type: "response.interrupt" },
      "`type` must be `response.create`; it is `response.interrupt`.",
      "type",
    ],
    [
      "a lane of odd letters",
      { type: "response.create", stream_id: '"' },
      "`stream_id` must have 1 to 256 letters, digits, dots, hyphens and underscores.",
      "stream_id",
    ],
  ])("is refused when it is %s", (_name, event, text, param) => {
    expect(() => facade.decodeEvent(event)).toThrow(
      new RelayError("invalid_event", text, param === undefined ? {} : { param }),
    );
  });
});

describe("the request", () => {
  it.each([undefined, true, null, "odd"])("streams, whatever it says: %s", (stream) => {
    const decoded = facade.decode({ model: "m", input: "Hi", stream });
    expect(decoded).toEqual(responses.decode({ model: "m", input: "Hi", stream: true }));
  });

  it("is told that it streams when it asked for a whole answer", () => {
    expect(facade.decode({ model: "m", input: "Hi", stream: false })).toMatchObject({
      stream: true,
      changes: [{ kind: "ignored", parameter: "stream" }],
    });
  });
});

describe("the answer", () => {
  it("has the events of HTTP, one a line", () => {
    const frames = [created, ...message(0, "a\nb", "c"), completed()].map(toFrame);
    const lines = createEncoder(facade, null, stamp);
    const http = createEncoder(responses, null, stamp);
    for (const frame of frames) {
      const line = lines.write(frame);
      expect(line).toMatch(/^\{[^\n]*\}\n$/);
      expect(http.write(frame)).toBe(`event: ${frame.type}\ndata: ${line}\n`);
    }
    expect(lines.end()).toBe("");
  });

  it("is one line for an event of several, and none for a keepalive", () => {
    const encoder = createEncoder(facade, null, stamp);
    expect(encoder.write(new Frame("x", '{"type":\n"x"}'))).toBe('{"type": "x"}\n');
    expect(encoder.write(toFrame({ type: "keepalive" }))).toBe("");
    expect(facade.keepalive).toBe("");
  });

  const failure = new RelayError("upstream_overloaded", "Later.", { param: "p" });
  const told = {
    type: "error",
    status: 503,
    error: { message: "Later.", type: "upstream_error", code: "upstream_overloaded", param: "p" },
    code: "upstream_overloaded",
    message: "Later.",
    param: "p",
  };

  it("tells a failure once: in the upstream's `response.failed`, else in an error with a status", () => {
    const error = toFrame({ type: "error", error: { code: "server_is_overloaded" } });
    const failed = toFrame({ type: "response.failed", response: { id: "resp_1", output: [] } });

    const twice = createEncoder(facade, null, stamp);
    expect(twice.write(error)).toBe("");
    expect(twice.write(failed)).toBe(`${failed.data}\n`);
    expect(twice.fail(failure)).toBe("");

    const once = createEncoder(facade, null, stamp);
    expect(once.write(error)).toBe("");
    expect(JSON.parse(once.fail(failure))).toEqual({ ...told, sequence_number: 1 });

    const cut = createEncoder(facade, null, stamp);
    cut.write(toFrame(created));
    expect(JSON.parse(cut.fail(failure))).toEqual({ ...told, sequence_number: 1 });
  });

  it("that has not begun tells its error nested and flat, with what headers would say", () => {
    const headers = { "retry-after": "3" };
    expect(facade.errorEvent(failure, headers)).toEqual({
      ...told,
      error: { ...told.error, headers },
      sequence_number: 0,
      headers,
    });
  });
});
