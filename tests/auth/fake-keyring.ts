import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createKeyring, type Keyring } from "../../src/auth/keyring-store.ts";

/**
 * The source of a module with keytar's functions that keeps its entries in a file. `file` is an
 * expression of its code; `behaviour` is one line of it that runs before every call.
 */
export function fakeKeytarSource(file: string, behaviour = ""): string {
  return `const fs = require("node:fs");
const file = ${file};
const read = () => (fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : {});
const write = (entries) => fs.writeFileSync(file, JSON.stringify(entries));
const before = async (call) => { ${behaviour} };
exports.getPassword = async (service, account) => {
  const answer = await before("get");
  return answer === undefined ? (read()[service + "/" + account] ?? null) : answer;
};
exports.setPassword = async (service, account, secret) => {
  await before("set");
  write({ ...read(), [service + "/" + account]: secret });
};
exports.deletePassword = async (service, account) => {
  await before("delete");
  const { [service + "/" + account]: removed, ...rest } = read();
  write(rest);
  return removed !== undefined;
};
`;
}

/** A stand-in for the keytar module, in the real child process. */
export async function createFakeKeyring(
  folder: string,
  behaviour = "",
  timeoutMs = 10_000,
): Promise<Keyring> {
  const modulePath = join(folder, "fake-keytar.cjs");
  const file = JSON.stringify(join(folder, "keyring.json"));
  await writeFile(modulePath, fakeKeytarSource(file, behaviour));
  return createKeyring({ env: {}, modulePath, timeoutMs });
}

/** The same contract in memory, for the tests that are not about the child process. */
export function createMemoryKeyring(entries = new Map<string, string>()): Keyring {
  return {
    get: async (service, account) => entries.get(`${service}/${account}`),
    set: async (service, account, secret) => {
      entries.set(`${service}/${account}`, secret);
    },
    delete: async (service, account) => entries.delete(`${service}/${account}`),
  };
}
