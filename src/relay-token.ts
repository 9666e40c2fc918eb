/** Composes the relay token of a configuration; shared by the relay and the commands, which load no server for it. */
import { secretFileProblem, tokenProblem } from "./access/token-fitness.ts";
import { createTokenSource, type TokenSource } from "./access/tokens.ts";
import type { LoadedConfig } from "./config/load.ts";
import type { Runtime } from "./runtime.ts";

/** The relay token of this configuration. With `onUnfit` a file's unfit token is told and does not count. */
export function relayTokens(
  loaded: LoadedConfig,
  runtime: Runtime,
  onUnfit?: (problem: string) => void,
): TokenSource {
  const { bearerTokenFile, bearerToken } = loaded.config.security;
  return createTokenSource({
    file: bearerTokenFile,
    envToken: bearerToken,
    randomBytes: runtime.randomBytes,
    ...(onUnfit === undefined
      ? {}
      : { fitness: { problemOf: (token) => fileTokenProblem(token, loaded, runtime), onUnfit } }),
  });
}

/** What is wrong with the relay token that is in force; undefined when it is good, or there is none. */
export async function relayTokenProblem(
  loaded: LoadedConfig,
  runtime: Runtime,
): Promise<string | undefined> {
  const { token, source } = await relayTokens(loaded, runtime).current();
  if (token === undefined) return undefined;
  if (source === "file") return fileTokenProblem(token, loaded, runtime);
  const problem = tokenProblem(token);
  const name = loaded.origins["security.bearer_token"] ?? "the environment";
  return (
    problem && `The relay token from the ${name} ${problem}. Unset it, then run: airelays init`
  );
}

function fileTokenProblem(
  token: string,
  { config }: LoadedConfig,
  runtime: Runtime,
): string | undefined {
  const { bearerTokenFile: file } = config.security;
  const ofFile = secretFileProblem(file, runtime);
  if (ofFile !== undefined) return `The relay token file \`${file}\` ${ofFile}.`;
  const problem = tokenProblem(token);
  return problem && `The relay token in \`${file}\` ${problem}. Run: airelays token rotate`;
}
