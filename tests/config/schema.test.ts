import { isDeepStrictEqual } from "node:util";
import { expect, it } from "vitest";
import { settings } from "../../src/config/settings.ts";
import { checkValue } from "../../src/config/value.ts";

it("gives every setting a sentence that says what it does", () => {
  const vague = settings.filter(({ setting }) => !/^[A-Z`].{20,}\.$/.test(setting.doc));
  expect(vague.map(({ tomlPath }) => tomlPath)).toEqual([]);
});

it("has defaults that its own checks accept", () => {
  const wrong = settings.filter(({ setting }) => {
    if (setting.type === "secret") return false;
    const checked = checkValue(setting, setting.default);
    return !("value" in checked) || !isDeepStrictEqual(checked.value, setting.default);
  });
  expect(wrong.map(({ tomlPath }) => tomlPath)).toEqual([]);
});

it("gives every number a range and a unit, but for the port", () => {
  const bare = settings.filter(
    ({ setting: { type, min, max, unit } }) =>
      (type === "integer" || type === "number") &&
      (min === undefined || max === undefined || unit === undefined),
  );
  expect(bare.map(({ tomlPath }) => tomlPath)).toEqual(["server.port"]);
});

it("uses no name of a variable or flag twice", () => {
  const names = settings.flatMap(({ envNames, setting }) =>
    [...envNames, setting.flag ?? []].flat(),
  );
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

it("names the data folder before anything that lies in it, because the loader goes in this order", () => {
  const order = settings.map(({ tomlPath }) => tomlPath);
  const inside = settings.findIndex(({ setting }) => setting.inDataDir);
  expect(order.indexOf("paths.data_dir")).toBeLessThan(inside);
});

it("spells keys in the file as in the first versions", () => {
  const paths = settings.map(({ tomlPath }) => tomlPath);
  expect(paths).toEqual(
    expect.arrayContaining([
      "auth.login_timeout_seconds",
      "upstream.issuer_base_url",
      "security.require_bearer_auth",
      "security.concurrent_requests_per_ip",
      "security.trust_x_forwarded_for",
      "uploads.max_total_upload_bytes",
    ]),
  );
});
