/**
 * No test reaches beyond this machine: the global fetch refuses every host but loopback, and a name
 * that is not this machine's is unknown without anybody being asked. A promise that rejects with
 * nobody listening fails the run by itself (vitest's default, left on).
 */
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import { isIP } from "node:net";

const realFetch = globalThis.fetch;
const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

globalThis.fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (!loopback.test(url.hostname)) {
    return Promise.reject(
      new Error(`A test tried to reach ${url.host}; only loopback is allowed.`),
    );
  }
  return realFetch(input, init);
};

type Answer = (error: NodeJS.ErrnoException) => void;

const isOurs = (name: string): boolean => isIP(name) !== 0 || loopback.test(name);
const unknown = (name: string): NodeJS.ErrnoException =>
  Object.assign(new Error(`A test asked for ${name}.`), { code: "ENOTFOUND" });

const realLookup = dns.lookup as (...args: unknown[]) => void;

// What `node:net` calls for every socket, whoever opens it.
Reflect.set(dns, "lookup", (name: string, ...rest: unknown[]) => {
  if (isOurs(name)) return realLookup(name, ...rest);
  const answer = rest.at(-1) as Answer;
  queueMicrotask(() => answer(unknown(name)));
});

const realPromise = dns.promises.lookup as (...args: unknown[]) => Promise<unknown>;

Reflect.set(dns.promises, "lookup", (name: string, ...rest: unknown[]) =>
  isOurs(name) ? realPromise(name, ...rest) : Promise.reject(unknown(name)),
);

// These ask a server directly, so no name is this machine's own.
for (const [name, member] of Object.entries(dns.promises)) {
  if (!/^(resolve|reverse)/.test(name) || typeof member !== "function") continue;
  Reflect.set(dns.promises, name, (asked: string) => Promise.reject(unknown(asked)));
  Reflect.set(dns, name, (asked: string, ...rest: unknown[]) => {
    queueMicrotask(() => (rest.at(-1) as Answer)(unknown(asked)));
  });
}

// For those who import the functions by their names.
syncBuiltinESMExports();
