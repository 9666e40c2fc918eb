/**
 * Which kind of file a name or a media type stands for, as far as the relay treats kinds of files
 * differently. Pure; looks at no bytes.
 */

const byExtension: Readonly<Record<string, string>> = {
  txt: "text/plain",
  log: "text/plain",
  md: "text/markdown",
  markdown: "text/markdown",
  csv: "text/csv",
  tsv: "text/tab-separated-values",
  html: "text/html",
  htm: "text/html",
  css: "text/css",
  xml: "application/xml",
  json: "application/json",
  jsonl: "application/jsonl",
  yaml: "application/yaml",
  yml: "application/yaml",
  toml: "application/toml",
  js: "text/javascript",
  mjs: "text/javascript",
  ts: "text/x-typescript",
  tsx: "text/x-typescript",
  jsx: "text/javascript",
  py: "text/x-python",
  rb: "text/x-ruby",
  go: "text/x-go",
  rs: "text/x-rust",
  java: "text/x-java",
  c: "text/x-c",
  h: "text/x-c",
  cpp: "text/x-c++",
  sh: "text/x-sh",
  sql: "application/sql",
  pdf: "application/pdf",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
};

/** The media type that an extension stands for, if it is a known one. */
export function guessMediaType(filename: string): string | undefined {
  const [, extension = ""] = /\.([a-z0-9]+)$/i.exec(filename) ?? [];
  const key = extension.toLowerCase();
  return Object.hasOwn(byExtension, key) ? byExtension[key] : undefined;
}

/** What the client said of a file, or what its name says when the client said nothing. */
export function mediaTypeOf(contentType: string, filename: string): string {
  const isSaid = contentType !== "" && contentType !== "application/octet-stream";
  return isSaid ? contentType : (guessMediaType(filename) ?? "application/octet-stream");
}

const textLike =
  /^(text\/|application\/(json|jsonl|x-ndjson|xml|yaml|x-yaml|csv|toml|sql|javascript|x-sh)\b)|\+(json|xml|yaml)$/;

/** Can the content stand in a prompt as it is? */
export function isTextLike(mediaType: string): boolean {
  return textLike.test(mediaType) && mediaType !== "image/svg+xml";
}
