/** The list of models as this dialect has it, and the names that its clients look for. */
import type { ListedModel, ModelShape } from "../facade.ts";

/** Claude Code offers only names that begin with `claude` or `anthropic`. */
const prefix = "claude-airelays-";

/** The model that such a name means; any other name as it is. */
export function toPlainName(name: string): string {
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

/** A name that clients of this dialect ask for unasked, and that no ChatGPT plan has. */
export function isForeignModel(name: string): boolean {
  return /^(claude|anthropic)/i.test(name);
}

/** Every name, and each model once more under a name that Claude Code offers. */
export const modelShape: ModelShape = {
  toPlainName,
  list(models, query) {
    const own = models.filter(({ aliasOf }) => aliasOf === undefined);
    const offered = own.map((model) => ({
      ...toModelInfo(model, prefix + model.id),
      display_name: `${model.displayName ?? model.id} (airelays)`,
    }));
    return toPage([...models.map((model) => toModelInfo(model, model.id)), ...offered], query);
  },
  one: toModelInfo,
};

interface ModelInfo {
  readonly type: "model";
  readonly id: string;
  readonly display_name: string;
  readonly created_at: string;
}

function toModelInfo(model: ListedModel, id: string): ModelInfo {
  return {
    type: "model",
    id,
    display_name: model.displayName ?? model.id,
    // The catalogue has no dates, and the field is required.
    created_at: "1970-01-01T00:00:00Z",
  };
}

const usualLimit = 20;

/** A page forwards from `after_id`, or the one that ends before `before_id`. */
function toPage(all: readonly ModelInfo[], query: URLSearchParams): object {
  const asked = Number(query.get("limit") ?? usualLimit);
  const limit = Number.isInteger(asked) && asked >= 1 && asked <= 1_000 ? asked : usualLimit;
  const placeOf = (key: string): number => all.findIndex(({ id }) => id === query.get(key));
  const after = placeOf("after_id");
  const before = placeOf("before_id");
  const end = before === -1 ? all.length : before;
  const start = before === -1 ? after + 1 : Math.max(0, end - limit);
  const data = all.slice(start, Math.min(end, start + limit));
  return {
    data,
    has_more: before === -1 ? start + data.length < all.length : start > 0,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}
