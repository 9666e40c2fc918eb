import { expect, it } from "vitest";
import { nearestName } from "../../src/config/nearest.ts";

const known = ["server.port", "server.host", "auth.storage", "upstream.retry_attempts"];

it.each([
  ["server.prot", "server.port"],
  ["server.posrt", "server.port"],
  ["auth.port", "server.port"],
  ["retry_attemps", "upstream.retry_attempts"],
  ["Server.Host", "server.host"],
  ["logging.colour", undefined],
  ["x", undefined],
])("guesses for %s: %s", (wrong, guess) => {
  expect(nearestName(wrong, known)).toBe(guess);
});
