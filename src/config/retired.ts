/**
 * Keys that later versions of the Python AIRelays wrote into the same file. They are accepted, so
 * that an old file still starts the relay, and disclosed, so that nobody believes that they act.
 */

interface RetiredKey {
  /** A key, or a whole section. */
  readonly path: string;
  /** The key that took its place. */
  readonly instead?: string;
  readonly reason: string;
}

/** The most particular rows come first. */
export const retired: readonly RetiredKey[] = [
  {
    path: "providers.openai.models_cache_ttl_seconds",
    instead: "upstream.models_cache_ttl_seconds",
    reason: "there is one upstream",
  },
  {
    path: "providers.openai.retry_attempts",
    instead: "upstream.retry_attempts",
    reason: "there is one upstream",
  },
  { path: "providers", reason: "this relay has one upstream, your own ChatGPT subscription" },
  { path: "accounts", reason: "this relay serves one account, and does not pool several" },
  { path: "paths.codex_home", reason: "the login of another program is never read" },
];

/** The row that covers a key of the file. */
export function findRetired(tomlPath: string): RetiredKey | undefined {
  return retired.find(({ path }) => tomlPath === path || tomlPath.startsWith(`${path}.`));
}
