import { describe, expect, it } from "vitest";
import { createLiveSecrets } from "../src/live-secrets.ts";

describe("live secrets", () => {
  it("T27 are taken out of a text wherever they stand, as they are and as JSON writes them", () => {
    const secrets = createLiveSecrets();
    secrets.add("plain-secret", 'with"quote\\and', undefined, "");
    expect(secrets.strip('a plain-secret, plain-secret; with"quote\\and')).toBe(
      "a [secret], [secret]; [secret]",
    );
    expect(secrets.strip(JSON.stringify({ text: 'with"quote\\and' }))).toBe('{"text":"[secret]"}');
  });

  it("are counted by the text, and only where there was one", () => {
    const secrets = createLiveSecrets();
    secrets.add("plain-secret");
    secrets.strip("nothing");
    secrets.strip("plain-secret plain-secret");
    secrets.strip("plain-secret");
    expect(secrets.stopped).toBe(2);
  });

  it("leaves words alone that are too short to be one", () => {
    const secrets = createLiveSecrets();
    secrets.add("sk", "short");
    expect(secrets.strip("a short task")).toBe("a short task");
  });

  it("remembers a bounded number, those met last", () => {
    const secrets = createLiveSecrets();
    for (let i = 0; i < 100; i += 1) secrets.add("the-relay-token", `renewed-token-${i}`);
    expect(secrets.strip("the-relay-token renewed-token-99 renewed-token-0")).toBe(
      "[secret] [secret] renewed-token-0",
    );
  });

  it("leaves no end of a secret that begins with another one", () => {
    const secrets = createLiveSecrets();
    secrets.add("a-secret", "a-secret-and-more");
    expect(secrets.strip("a-secret-and-more a-secret-and a-secret")).toBe(
      "[secret] [secret]-and [secret]",
    );
  });

  it("are found whatever characters they have, and whenever they came", () => {
    const secrets = createLiveSecrets();
    const odd = String.raw`a.b*c+?^$()|[]\/-]{2}d`;
    expect(secrets.strip(odd)).toBe(odd);
    secrets.add(odd);
    expect(secrets.strip(`<${odd}>`)).toBe("<[secret]>");
    secrets.add("another-one");
    expect(secrets.strip(`${odd} another-one axbxc`)).toBe("[secret] [secret] axbxc");
  });
});
