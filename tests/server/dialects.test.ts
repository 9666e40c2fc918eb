/** Errors of requests that reach no facade: the dialect that owns the path tells them. */
import { describe, expect, it } from "vitest";
import type { Dialect } from "../../src/facades/facade.ts";
import { startStateServer } from "../helpers/state-server.ts";

const loud: Dialect = {
  owns: (path, headers) => path.startsWith("/loud") || headers["x-loud"] === "yes",
  errorBody: ({ code }, requestId) => ({ code: code.toUpperCase(), id: requestId.slice(0, 4) }),
  errorStatus: ({ status }) => status + 100,
};

describe("a dialect that owns a path", () => {
  it("tells the refusal at the door in its own words", async () => {
    const { call } = await startStateServer({ dialects: [loud], requireToken: true });

    expect(await call("POST", "/loud/x", {})).toEqual({
      status: 501,
      body: { code: "INVALID_API_KEY", id: "req_" },
    });
  });

  it("tells that there is no such route, and leaves other paths alone", async () => {
    const { call } = await startStateServer({ dialects: [loud] });

    expect(await call("GET", "/loud/x")).toEqual({
      status: 504,
      body: { code: "NOT_FOUND", id: "req_" },
    });
    expect((await call("GET", "/quiet")).body).toMatchObject({ error: { code: "not_found" } });
  });

  it("may own a route of everybody's by its headers", async () => {
    const { url } = await startStateServer({ dialects: [loud] });

    const answer = await fetch(`${url}/v1/files/none`, { headers: { "x-loud": "yes" } });
    expect(await answer.json()).toEqual({ code: "NOT_FOUND", id: "req_" });
  });
});
