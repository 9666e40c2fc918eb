/**
 * The shape of a JSON text, read before it is parsed: a few megabytes of `[` or `{},` keep
 * `JSON.parse` busy for seconds and take a gigabyte (32 MB of `{},`: 9 s, 1.1 GB). Does not know
 * whether the text is valid.
 */

/** Far beyond any schema or conversation, and far below where recursion runs out of stack. */
const deepestNesting = 256;

/**
 * 70,000 messages, many times what a model reads. Parsing so many takes 15 to 50 ms, and half a
 * second when every one has a key of its own.
 */
const mostValues = 500_000;

/** What is wrong with the shape, as the end of a sentence about the body. */
export function findShapeProblem(text: string): string | undefined {
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at);
        break;
      case comma:
        values += 1;
        break;
      case openBracket:
      case openBrace:
        values += 1;
        depth += 1;
        if (depth > deepestNesting) return `is nested more than ${deepestNesting} levels deep`;
        break;
      case closeBracket:
      case closeBrace:
        depth -= 1;
    }
    if (values > mostValues) return `has more than ${mostValues} values`;
  }
  return undefined;
}

const [quote, comma, backslash] = [0x22, 0x2c, 0x5c];
const [openBracket, openBrace, closeBracket, closeBrace] = [0x5b, 0x7b, 0x5d, 0x7d];

/** Where the closing quote is. Searching for it costs next to nothing, and most of a body is strings. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text.charCodeAt(before) === backslash) before -= 1;
    if ((end - before) % 2 === 1) return end;
  }
  return text.length;
}
