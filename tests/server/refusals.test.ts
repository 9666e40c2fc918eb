import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { RelayError } from "../../src/errors.ts";
import { createRecordRefusal } from "../../src/server/refusals.ts";
import { settableClock } from "../helpers/local-state.ts";
import { testScope } from "../helpers/scripted-upstream.ts";

const wrong = new RelayError("invalid_api_key", "wrong");

function refuser() {
  const clock = settableClock();
  const record = createRecordRefusal(clock);
  /** The records of one refused request. */
  const refuse = (headers: Record<string, string> = {}, path = "/v1/models") => {
    const scope = testScope();
    const req = { method: "GET", headers } as unknown as IncomingMessage;
    record({ req, client: "127.0.0.1", scope }, path, wrong);
    return scope.records;
  };
  return { clock, refuse };
}

describe("the record of a refused request", () => {
  it("T58 is short, however long the request is", () => {
    const { refuse } = refuser();
    const long = "x".repeat(16_000);
    const [record] = refuse({ host: long, "user-agent": long, cookie: long, "x-any": long }, long);
    expect(record).toEqual({
      phase: "endpoint_auth_failed",
      method: "GET",
      path: long.slice(0, 200),
      headers: { host: long.slice(0, 200), "user-agent": long.slice(0, 200) },
      client_ip: "127.0.0.1",
      reason: "invalid_api_key",
    });
  });

  it("T58 is left out when too many come, and counted in the next one", () => {
    const { clock, refuse } = refuser();
    const kept = Array.from({ length: 150 }, () => refuse().length);
    expect(kept.filter((count) => count > 0)).toHaveLength(100);
    clock.set(clock.now() + 6_000);
    expect(refuse()).toMatchObject([{ unrecorded: 50 }]);
    expect(refuse()).toEqual([]);
    clock.set(clock.now() + 3_600_000);
    expect(refuse()).toMatchObject([{ unrecorded: 1 }]);
    expect(refuse()[0]).not.toHaveProperty("unrecorded");
  });
});
