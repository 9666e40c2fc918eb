/**
 * Which upstream answers for a model, and the models that there are. With one upstream every model
 * is its own to accept or refuse; the catalogue is not asked on the way of a request.
 */
import { RelayError } from "../errors.ts";
import type { Clock } from "../scope.ts";
import type { CredentialSource, Model, Upstream } from "./upstream.ts";

export interface Registry {
  resolve(model: string): Upstream;
  models(signal: AbortSignal): Promise<readonly Model[]>;
  /** Throws `model_not_found`, naming what there is. */
  model(id: string, signal: AbortSignal): Promise<Model>;
}

export interface RegistryOptions {
  readonly upstream: Upstream;
  /** The catalogue is the account's; another account's is never shown. */
  readonly credentials: CredentialSource;
  readonly cacheTtlMs: number;
  readonly clock: Clock;
}

interface Catalogue {
  readonly accountId: string;
  readonly fetchedAt: number;
  readonly models: Promise<readonly Model[]>;
}

export function createRegistry(options: RegistryOptions): Registry {
  const { upstream, credentials, cacheTtlMs, clock } = options;
  let catalogue: Catalogue | undefined;

  const models = async (signal: AbortSignal): Promise<readonly Model[]> => {
    const { accountId } = await credentials.current(signal);
    const now = clock.now();
    const fresh =
      catalogue?.accountId === accountId && now - catalogue.fetchedAt < cacheTtlMs
        ? catalogue
        : undefined;
    if (fresh !== undefined) return fresh.models;
    // Shared by everyone who asks meanwhile, so it must not end with the first asker's request.
    const fetched: Catalogue = {
      accountId,
      fetchedAt: now,
      models: upstream.models(AbortSignal.timeout(30_000)),
    };
    catalogue = fetched;
    try {
      return await fetched.models;
    } catch (error) {
      if (catalogue === fetched) catalogue = undefined;
      throw error;
    }
  };

  return {
    resolve: () => upstream,
    models,
    async model(id, signal) {
      const known = await models(signal);
      const found = known.find((model) => model.id === id);
      if (found !== undefined) return found;
      const names = known.map((model) => `\`${model.id}\``).join(", ");
      throw new RelayError(
        "model_not_found",
        `There is no model \`${id}\` on this plan. There are: ${names}.`,
        { param: "model" },
      );
    },
  };
}
