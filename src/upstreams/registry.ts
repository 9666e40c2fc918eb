/**
 * Which upstream answers for a model's name, and which names there are: the catalogue's, those with
 * an effort at their end, and the person's aliases. Asks for the catalogue only where a name cannot
 * be understood without it.
 */
import { abandonable } from "../abandonable.ts";
import type { Cancellation } from "../cancellation.ts";
import { isRelayError, RelayError } from "../errors.ts";
import { allEfforts } from "../protocol/request.ts";
import type { Clock } from "../scope.ts";
import { aliasOf, isPattern } from "./aliases.ts";
import type { CredentialSource, Model, Upstream } from "./upstream.ts";

/** What a model's name means. */
export interface Resolved {
  readonly upstream: Upstream;
  /** The name that the upstream knows. */
  readonly model: string;
  /** The effort that the name asked for. */
  readonly effort: string | undefined;
  /** The name was another vendor's: the default model answers. */
  readonly isStandIn: boolean;
  /** The efforts that the model has; none when the catalogue does not know it, or cannot be asked. */
  efforts(): Promise<readonly string[]>;
}

/** A name that clients may use, and what it means. */
export interface ModelName extends Model {
  readonly aliasOf: string | undefined;
  readonly effort: string | undefined;
}

export interface Registry {
  /** `isForeign`: the name is another vendor's, and without an alias means the default model. */
  resolve(model: string, signal: Cancellation, isForeign?: boolean): Promise<Resolved>;
  /** Every name: models first, then their efforts, then aliases. */
  models(signal: Cancellation): Promise<readonly ModelName[]>;
  /** Throws `model_not_found`, naming what there is. */
  model(id: string, signal: Cancellation): Promise<ModelName>;
}

export interface RegistryOptions {
  readonly upstream: Upstream;
  /** The catalogue is the account's; another account's is never shown. */
  readonly credentials: CredentialSource;
  /** `[models.aliases]`. */
  readonly aliases: Readonly<Record<string, string>>;
  /** What other vendors' names mean: a model, `auto` for the catalogue's first, or `none`. */
  readonly defaultModel: string;
  readonly cacheTtlMs: number;
  readonly clock: Clock;
}

interface Catalogue {
  readonly accountId: string;
  readonly fetchedAt: number;
  readonly models: Promise<readonly Model[]>;
}

/** May the name end in an effort? The catalogue decides: there are models whose own name does. */
const effortSuffix = new RegExp(`^(.+)-(${allEfforts.join("|")})$`);

export function createRegistry(options: RegistryOptions): Registry {
  const { upstream, credentials, aliases, defaultModel, cacheTtlMs, clock } = options;
  let catalogue: Catalogue | undefined;

  const load = async (signal: Cancellation): Promise<readonly Model[]> => {
    const { accountId } = await credentials.current(signal);
    const now = clock.now();
    const fresh =
      catalogue?.accountId === accountId &&
      now >= catalogue.fetchedAt &&
      now - catalogue.fetchedAt < cacheTtlMs
        ? catalogue
        : undefined;
    if (fresh !== undefined) return abandonable(fresh.models, signal);
    // Shared by everyone who asks meanwhile, so it must not end with the first asker's request.
    const fetched: Catalogue = {
      accountId,
      fetchedAt: now,
      models: upstream.models(AbortSignal.timeout(30_000)),
    };
    catalogue = fetched;
    fetched.models.catch(() => {
      if (catalogue === fetched) catalogue = undefined;
    });
    return abandonable(fetched.models, signal);
  };

  /** The upstream, saying which models there are when it refuses one. */
  const naming: Upstream = {
    ...upstream,
    async open(request, scope) {
      try {
        return await upstream.open(request, scope);
      } catch (error) {
        if (!isRelayError(error) || error.code !== "model_not_found") throw error;
        const known = await load(scope.signal).catch(() => []);
        const list = known.length === 0 ? "" : ` ${listOf(known)}`;
        throw new RelayError("model_not_found", `${error.message}${list}`, {
          ...error.details,
          param: "model",
          model: request.model,
        });
      }
    },
  };

  const standIn = async (signal: Cancellation): Promise<string | undefined> => {
    if (defaultModel === "none") return undefined;
    if (defaultModel !== "auto") return defaultModel;
    const [first] = await load(signal);
    return first?.id;
  };

  const resolve: Registry["resolve"] = async (name, signal, isForeign = false) => {
    const alias = aliasOf(aliases, name);
    const stand = alias === undefined && isForeign ? await standIn(signal) : undefined;
    const meant = alias ?? stand ?? name;
    const as = (model: string, effort: string | undefined): Resolved => ({
      upstream: naming,
      model,
      effort,
      isStandIn: stand !== undefined,
      // Asked for when a request was refused: then its refusal stands.
      efforts: async () =>
        (await load(signal).catch(() => [])).find(({ id }) => id === model)?.efforts ?? [],
    });
    const [, base = "", effort = ""] = effortSuffix.exec(meant) ?? [];
    if (base === "") return as(meant, undefined);
    const known = await load(signal);
    const isModel = known.some(({ id }) => id === meant);
    const hasEffort = known.some(({ id, efforts }) => id === base && efforts.includes(effort));
    return !isModel && hasEffort ? as(base, effort) : as(meant, undefined);
  };

  const models: Registry["models"] = async (signal) => {
    const known = await load(signal);
    const plain = known.map((model) => ({ ...model, aliasOf: undefined, effort: undefined }));
    const withEffort = known.flatMap((model) =>
      model.efforts.map((effort) => ({
        ...model,
        id: `${model.id}-${effort}`,
        aliasOf: model.id,
        effort,
      })),
    );
    const names: ModelName[] = [...plain, ...withEffort];
    for (const [alias, target] of Object.entries(aliases)) {
      if (isPattern(alias)) continue;
      const meant = names.find(({ id }) => id === target);
      if (meant !== undefined) {
        names.push({ ...meant, id: alias, aliasOf: meant.aliasOf ?? meant.id });
      }
    }
    return names;
  };

  return {
    resolve,
    models,
    async model(id, signal) {
      const known = await models(signal);
      const found = known.find((model) => model.id === id);
      if (found !== undefined) return found;
      const own = known.filter(({ aliasOf }) => aliasOf === undefined);
      throw new RelayError(
        "model_not_found",
        `There is no model \`${id}\` on this plan. ${listOf(own)}`,
        { param: "model", model: id },
      );
    },
  };
}

function listOf(models: readonly Model[]): string {
  return `There are: ${models.map(({ id }) => `\`${id}\``).join(", ")}.`;
}
