import { describe, expect, it } from "vitest";
import { createMeantPath } from "../../src/server/meant-path.ts";

const meantPath = createMeantPath([
  "/",
  "/healthz",
  "/v1/models",
  "/v1/models/:id",
  "/v1/chat/completions",
  "/no-tools/v1/chat/completions",
  "/v1/messages",
  "/v1/audio/**",
  "/api/chat",
  "/api/tags",
]);

describe("the route that a path means", () => {
  it.each([
    ["/chat/completions", "/v1/chat/completions"],
    ["/v1/v1/chat/completions", "/v1/chat/completions"],
    ["/v1/v1/v1/chat/completions", "/v1/chat/completions"],
    ["/v1//chat/completions", "/v1/chat/completions"],
    ["//v1/chat/completions/", "/v1/chat/completions"],
    ["/api/v1/chat/completions", "/v1/chat/completions"],
    ["/v1/chat/completions/chat/completions", "/v1/chat/completions"],
    ["/openai/deployments/x/chat/completions", "/v1/chat/completions"],
    ["/no-tools/chat/completions", "/no-tools/v1/chat/completions"],
    ["/v1/no-tools/v1/chat/completions", "/no-tools/v1/chat/completions"],
    ["/models/gpt-5.5", "/v1/models/gpt-5.5"],
    ["/messages", "/v1/messages"],
    ["/v1/v1/messages", "/v1/messages"],
    ["/audio/speech", "/v1/audio/speech"],
    ["/v1/api/chat", "/api/chat"],
    ["/api/api/tags", "/api/tags"],
    ["/tags", "/api/tags"],
    ["/v1/healthz", "/healthz"],
  ])("%s is %s", (path, meant) => {
    expect(meantPath(path)).toBe(meant);
  });

  it.each(["/", "/v1/models", "/v1/models/gpt-5.5", "/v1/audio/speech", "/api/chat"])(
    "is none where the path is right: %s",
    (path) => {
      expect(meantPath(path)).toBeUndefined();
    },
  );

  it.each(["/nothing", "/v1", "/v1/", "/v1/nothing", "//", "/a".repeat(8_000), "/v1.models"])(
    "is none where no route ends so: %.20s",
    (path) => {
      expect(meantPath(path)).toBeUndefined();
    },
  );
});
