/** What an answer is stamped with, in every dialect. */
import type { Elapsed, Stamp } from "../facades/facade.ts";
import type { JsonObject } from "../protocol/json.ts";
import type { RequestScope } from "../scope.ts";
import type { Timing } from "./timing.ts";

/** A class, because a getter of an object literal is defined for each request anew. */
export class RequestStamp implements Stamp {
  readonly id: string;
  readonly created: number;
  readonly model: string;
  readonly #timing: Pick<Timing, "elapsed">;
  readonly #echo: () => JsonObject;

  constructor(
    prefix: string,
    model: string,
    { clock, ids }: RequestScope,
    { echo, timing }: { echo(): JsonObject; readonly timing: Pick<Timing, "elapsed"> },
  ) {
    this.id = `${prefix}${ids.next()}`;
    this.created = Math.floor(clock.now() / 1000);
    this.model = model;
    this.#timing = timing;
    this.#echo = echo;
  }

  /** Asked at the end: whether the answer was kept is known only then. */
  get echo(): JsonObject {
    return this.#echo();
  }

  elapsed(): Elapsed {
    return this.#timing.elapsed();
  }
}
