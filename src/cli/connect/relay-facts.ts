/** What a tool's settings say of the relay: the address, and the model that was asked for or comes first. */
import type { ClientTarget } from "../client-target.ts";
import type { ModelFacts, RelayFacts } from "./tool.ts";

/** Named where nothing is known of the plan; the person is told so. */
export const exampleModel = "gpt-5.5";

export function relayFacts(
  { url, key, needsToken, tokenFile }: ClientTarget,
  models: readonly ModelFacts[],
  wanted: string | undefined,
): RelayFacts {
  const model = modelOf(models, wanted);
  const isListed = models.some(({ id }) => id === model.id);
  return {
    url,
    baseUrl: `${url}/v1`,
    model,
    models: isListed ? models : [model, ...models],
    token: key,
    needsToken,
    tokenFile,
  };
}

function modelOf(models: readonly ModelFacts[], wanted: string | undefined): ModelFacts {
  if (wanted === undefined) return models[0] ?? { id: exampleModel, contextWindow: undefined };
  const exact = models.find(({ id }) => id === wanted);
  if (exact !== undefined) return exact;
  // `gpt-5.5-high` is `gpt-5.5` with an effort.
  const base = models
    .filter(({ id }) => wanted.startsWith(`${id}-`))
    .sort((one, other) => other.id.length - one.id.length)[0];
  return { id: wanted, contextWindow: base?.contextWindow };
}
