/** What a request is told when something it refers to is not kept here: what is, for how long, and what to send instead. */
import { RelayError } from "../errors.ts";

export function bothAtOnce(): RelayError {
  return new RelayError(
    "invalid_request",
    "`previous_response_id` and `conversation` cannot be used together. Send one of them.",
    { param: "previous_response_id" },
  );
}

export function notKeeping(param: "previous_response_id" | "store"): RelayError {
  return new RelayError(
    "invalid_request",
    `\`${param}\` cannot be used: this relay keeps no answers, because \`state.responses\` is \`off\`. Send the whole conversation in \`input\`, or set it to \`memory\` or \`disk\`.`,
    { param },
  );
}

/** What the connection remembers and what the relay keeps, where there is such a memory. */
export function unknownResponse(
  remembered: string | undefined,
  kept: string | undefined,
): RelayError {
  const terms = [
    ...(remembered === undefined ? [] : [remembered]),
    ...(kept === undefined ? [] : [`${kept}, unless they were made with \`store: false\``]),
  ].join("; ");
  return new RelayError(
    "previous_response_not_found",
    `\`previous_response_id\` names an answer that is not kept here: ${terms}. Send the whole conversation in \`input\`.`,
    { param: "previous_response_id" },
  );
}

export function unknownConversation(): RelayError {
  return new RelayError(
    "not_found",
    "`conversation` names a conversation that does not exist here. Create one with POST /v1/conversations.",
    { param: "conversation" },
  );
}

export function unknownItem(index: number, terms: string | undefined): RelayError {
  const param = `input[${index}].id`;
  const kept = terms ?? "no answers are kept, because `state.responses` is `off`";
  return new RelayError(
    "invalid_request",
    `\`${param}\` refers to an item that is not kept here: ${kept}. Send the item itself.`,
    { param },
  );
}
