/**
 * No test reaches beyond this machine: the global fetch refuses every host but loopback. A promise
 * that rejects with nobody listening fails the run by itself (vitest's default, left on).
 */
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
