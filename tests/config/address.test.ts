import { expect, it } from "vitest";
import { parseAddress } from "../../src/config/address.ts";

it.each([
  ["127.0.0.1:11434", { host: "127.0.0.1", port: 11434 }],
  ["localhost:0", { host: "localhost", port: 0 }],
  [":80", { host: "127.0.0.1", port: 80 }],
  ["65535", { host: "127.0.0.1", port: 65535 }],
  ["[::1]:80", { host: "::1", port: 80 }],
  ["off", undefined],
  ["", undefined],
  ["65536", undefined],
  ["::1:80", undefined],
  ["a:b:80", undefined],
  ["http://a:80", undefined],
])("reads %j", (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});
