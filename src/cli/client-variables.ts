/** The environment variables by which clients of every dialect find the relay. */
import type { ClientTarget } from "./client-target.ts";

export type Variables = Readonly<Record<string, string>>;

export function clientVariables({ url, ollamaUrl, key }: ClientTarget): Variables {
  return {
    OPENAI_BASE_URL: `${url}/v1`,
    OPENAI_API_KEY: key,
    ANTHROPIC_BASE_URL: url,
    ANTHROPIC_AUTH_TOKEN: key,
    OLLAMA_HOST: ollamaUrl,
  };
}

/**
 * What has to go, where it is set: Anthropic's clients send this key besides, or instead, and it is for
 * somebody else.
 */
export function conflictingVariables(
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return (env["ANTHROPIC_API_KEY"] ?? "") === "" ? [] : ["ANTHROPIC_API_KEY"];
}
