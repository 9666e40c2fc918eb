/** The words that keep anybody from taking an answer of the stand-in for an answer of a model. */

export const marker = "[airelays stand-in, no AI]";

/** The text with the marker in front. */
export function marked(text: string): string {
  return `${marker} ${text}`;
}
