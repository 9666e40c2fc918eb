/** `/v1/responses/{id}`: answers that were kept. Making one is not this file's business. */
import { RelayError } from "../../errors.ts";
import type { ResponseStore, StoredTurn } from "../../storage/responses.ts";
import { toItemResource } from "../item-resource.ts";
import { pageOf } from "../pagination.ts";
import { json, type Route, type RouteRequest } from "../route.ts";

const rules = { defaultLimit: 20, maxLimit: 100 };

/** `responses` is undefined when `state.responses` is `off`. */
export function storedResponseRoutes(responses: ResponseStore | undefined): Route[] {
  const read = async ({ params }: RouteRequest): Promise<StoredTurn> => {
    const turn = await responses?.get(params["id"] ?? "");
    if (turn === undefined) throw notFound(responses?.terms);
    return turn;
  };
  return [
    {
      method: "GET",
      path: "/v1/responses/:id",
      async handle(request) {
        if (request.query.get("stream") === "true") {
          throw new RelayError(
            "unsupported_parameter",
            "`stream` is not supported here: the events of an answer are not kept. Leave it out to get the whole answer.",
            { param: "stream" },
          );
        }
        return json((await read(request)).response);
      },
    },
    {
      method: "DELETE",
      path: "/v1/responses/:id",
      async handle({ params }) {
        const id = params["id"] ?? "";
        if ((await responses?.delete(id)) !== true) throw notFound(responses?.terms);
        return json({ id, object: "response", deleted: true });
      },
    },
    {
      method: "GET",
      path: "/v1/responses/:id/input_items",
      async handle(request) {
        const { input } = await read(request);
        return json(pageOf(input.map(toItemResource), request.query, rules));
      },
    },
    {
      method: "POST",
      path: "/v1/responses/:id/cancel",
      async handle(request) {
        const { response } = await read(request);
        throw new RelayError(
          "conflict",
          `The answer is \`${String(response["status"] ?? "completed")}\` and cannot be cancelled. A running one is stopped by closing its connection.`,
          { param: "response_id" },
        );
      },
    },
  ];
}

function notFound(terms: string | undefined): RelayError {
  const kept = terms ?? "none are, because `state.responses` is `off`";
  return new RelayError("not_found", `There is no such answer here: ${kept}.`, {
    param: "response_id",
  });
}
