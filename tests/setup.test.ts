import dns, { lookup, resolve4 } from "node:dns";
import promises, { lookup as lookupName, resolve } from "node:dns/promises";
import { connect } from "node:net";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const name = "example.com";
const refused = expect.objectContaining({ message: `A test asked for ${name}.` });

it.each([
  ["lookup", () => promisify(lookup)(name)],
  ["dns.lookup", () => promisify(dns.lookup)(name)],
  ["resolve4", () => promisify(resolve4)(name)],
  ["promises.lookup", () => promises.lookup(name)],
  ["lookup of promises", () => lookupName(name)],
  ["dns.promises.lookup", () => dns.promises.lookup(name)],
  ["resolve of promises", () => resolve(name)],
  ["a socket", () => new Promise((_resolve, reject) => connect(80, name).on("error", reject))],
])("a test asks no other machine for a name: %s", async (_way, ask) => {
  await expect(ask()).rejects.toEqual(refused);
});

it("a test finds its own machine", async () => {
  expect((await lookupName("127.0.0.1")).address).toBe("127.0.0.1");
  expect((await lookupName("localhost")).address).toMatch(/^(127\.0\.0\.1|::1)$/);
});
