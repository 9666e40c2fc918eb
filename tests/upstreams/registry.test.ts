import { describe, expect, it } from "vitest";
import { RelayError } from "../../src/errors.ts";
import { createRegistry } from "../../src/upstreams/registry.ts";
import type { Model } from "../../src/upstreams/upstream.ts";
import { scriptedUpstream } from "../helpers/scripted-upstream.ts";

const { signal } = new AbortController();

function model(id: string): Model {
  return {
    id,
    displayName: undefined,
    contextWindow: undefined,
    efforts: [],
    defaultEffort: undefined,
    takesImages: false,
  };
}

/** A registry whose upstream counts how often its catalogue was asked for. */
function setUp(cacheTtlMs = 300_000, aliases: Record<string, string> = {}, defaultModel = "auto") {
  const state = {
    now: 0,
    account: "a",
    asked: 0,
    failure: undefined as RelayError | undefined,
    ready: Promise.resolve(),
  };
  const login = async () => ({ accessToken: "t", accountId: state.account });
  const registry = createRegistry({
    upstream: {
      ...scriptedUpstream([]),
      async models() {
        state.asked += 1;
        await state.ready;
        if (state.failure !== undefined) throw state.failure;
        return [{ ...model(`of-${state.account}`), efforts: ["low", "high"] }];
      },
    },
    credentials: { current: login, refresh: login },
    aliases,
    defaultModel,
    cacheTtlMs,
    clock: { now: () => state.now },
  });
  return { state, registry };
}

describe("the model catalogue", () => {
  it("is asked for once, by however many ask at the same time", async () => {
    const { state, registry } = setUp();
    await Promise.all(Array.from({ length: 10 }, () => registry.models(signal)));
    expect(state.asked).toBe(1);
  });

  it("is no longer waited for by who has left, and comes for the others", async () => {
    const { state, registry } = setUp();
    let arrive: () => void = () => undefined;
    state.ready = new Promise((resolve) => {
      arrive = resolve;
    });
    const leaver = new AbortController();
    const left = [registry.models(leaver.signal), registry.models(leaver.signal)];
    const stayed = registry.models(signal);
    leaver.abort(new Error("The client has gone."));
    for (const each of left) await expect(each).rejects.toThrow("The client has gone.");
    arrive();
    expect((await stayed)[0]?.id).toBe("of-a");
    expect(state.asked).toBe(1);
  });

  it("is asked for again when its time is over", async () => {
    const { state, registry } = setUp();
    await registry.models(signal);
    state.now = 299_999;
    await registry.models(signal);
    expect(state.asked).toBe(1);
    state.now = 300_000;
    await registry.models(signal);
    expect(state.asked).toBe(2);
  });

  it("is asked for again when the clock was set back", async () => {
    const { state, registry } = setUp();
    state.now = 1_000_000;
    await registry.models(signal);
    state.now = 0;
    await registry.models(signal);
    expect(state.asked).toBe(2);
  });

  it("is another one for another account", async () => {
    const { state, registry } = setUp();
    await registry.models(signal);
    state.account = "b";
    expect(await registry.models(signal)).toMatchObject([{ id: "of-b" }, {}, {}]);
  });

  it("is not kept when it is switched off", async () => {
    const { state, registry } = setUp(0);
    await registry.models(signal);
    await registry.models(signal);
    expect(state.asked).toBe(2);
  });

  it("does not keep a failure", async () => {
    const { state, registry } = setUp();
    state.failure = new RelayError("upstream_error", "It failed.");
    await expect(registry.models(signal)).rejects.toBe(state.failure);
    state.failure = undefined;
    expect(await registry.models(signal)).toMatchObject([{ id: "of-a" }, {}, {}]);
  });

  it("finds a model by its name, and names what there is when it has none", async () => {
    const { registry } = setUp();
    expect(await registry.model("of-a", signal)).toMatchObject({ id: "of-a" });
    await expect(registry.model("gpt-4o", signal)).rejects.toMatchObject({
      code: "model_not_found",
      message: "There is no model `gpt-4o` on this plan. There are: `of-a`.",
    });
  });
});

describe("a model's name", () => {
  it("is taken as it is without asking for the catalogue", async () => {
    const { state, registry } = setUp();
    expect(await registry.resolve("gpt-5.5", signal)).toMatchObject({
      model: "gpt-5.5",
      effort: undefined,
    });
    expect(state.asked).toBe(0);
  });

  it.each([
    ["of-a-high", "of-a", "high"],
    ["of-a-xhigh", "of-a-xhigh", undefined],
    ["unknown-high", "unknown-high", undefined],
    ["gpt-4o", "of-a", "low"],
    ["plain", "of-a", undefined],
    ["toString", "toString", undefined],
  ])("%s means %s with the effort %s", async (name, meant, effort) => {
    const { registry } = setUp(300_000, { "gpt-4o": "of-a-low", plain: "of-a" });
    expect(await registry.resolve(name, signal)).toMatchObject({ model: meant, effort });
  });

  it.each([
    ["claude-x", "by-all"],
    ["claude-haiku-4", "by-haiku"],
    ["claude-haiku", "by-name"],
    ["my-claude-x", "my-claude-x"],
    ["aXbXc", "by-pieces"],
    ["aXb", "aXb"],
    ["ab", "ab"],
  ])("%s means %s by the closest pattern", async (name, meant) => {
    const { registry } = setUp(300_000, {
      "claude-*": "by-all",
      "claude-*haiku*": "by-haiku",
      "claude-haiku": "by-name",
      "a*b*c": "by-pieces",
      "ab*b": "never",
    });
    expect(await registry.resolve(name, signal)).toMatchObject({ model: meant });
  });

  it.each([
    ["auto", { model: "of-a", effort: undefined, isStandIn: true }],
    ["of-a-high", { model: "of-a", effort: "high", isStandIn: true }],
    ["none", { model: "claude-x", effort: undefined, isStandIn: false }],
  ])("of another vendor means the default model (%s)", async (defaultModel, meant) => {
    const { registry } = setUp(300_000, {}, defaultModel);
    expect(await registry.resolve("claude-x", signal, true)).toMatchObject(meant);
    expect(await registry.resolve("claude-x", signal)).toMatchObject({ model: "claude-x" });
  });

  it("of another vendor means its alias before anything else", async () => {
    const { registry } = setUp(300_000, { "claude-*": "gpt-5.5" });
    const resolved = await registry.resolve("claude-x", signal, true);
    expect(resolved).toMatchObject({ model: "gpt-5.5", isStandIn: false });
  });

  it("tells the efforts that the model has", async () => {
    const { state, registry } = setUp();
    const known = await registry.resolve("of-a", signal);
    expect(await known.efforts()).toEqual(["low", "high"]);
    expect(await (await registry.resolve("other", signal)).efforts()).toEqual([]);
    state.account = "b";
    state.failure = new RelayError("upstream_error", "It failed.");
    expect(await known.efforts()).toEqual([]);
  });

  it("is listed with its efforts and the aliases", async () => {
    const { registry } = setUp(300_000, { "gpt-4o": "of-a-low", gone: "nothing", "x-*": "of-a" });
    const names = await registry.models(signal);
    expect(names.map(({ id, aliasOf, effort }) => [id, aliasOf, effort])).toEqual([
      ["of-a", undefined, undefined],
      ["of-a-low", "of-a", "low"],
      ["of-a-high", "of-a", "high"],
      ["gpt-4o", "of-a", "low"],
    ]);
  });
});
