/**
 * Tools that the client runs and whose schema only the other vendor's models know by heart: sent as
 * functions with that schema written out.
 */
import type { JsonObject } from "../../protocol/json.ts";
import { optionalString } from "../fields.ts";

const text = (description: string): JsonObject => ({ type: "string", description });

const bash: JsonObject = {
  description: "Runs a command in a bash session that keeps its state between calls.",
  parameters: {
    type: "object",
    properties: {
      command: text("The command to run."),
      restart: { type: "boolean", description: "True to start the session anew." },
    },
  },
};

const editor: JsonObject = {
  description: "Views, creates and edits files.",
  parameters: {
    type: "object",
    properties: {
      command: { type: "string", enum: ["view", "create", "str_replace", "insert"] },
      path: text("The file or folder."),
      file_text: text("For `create`: the content."),
      old_str: text("For `str_replace`: the text to replace, which must occur exactly once."),
      new_str: text("For `str_replace`: the new text."),
      insert_line: {
        type: "integer",
        description: "For `insert`: the line after which the text goes in; 0 for the beginning.",
      },
      insert_text: text("For `insert`: the text."),
      view_range: {
        type: "array",
        items: { type: "integer" },
        description: "For `view`: the first and the last line; -1 for the end.",
      },
    },
    required: ["command", "path"],
  },
};

/** The tool as a function; undefined for one that is not known. */
export function clientTool(type: string, tool: JsonObject, path: string): JsonObject | undefined {
  const [known, usual] = /^bash_\d+$/.test(type)
    ? [bash, "bash"]
    : /^text_editor_\d+$/.test(type)
      ? [editor, "str_replace_based_edit_tool"]
      : [];
  if (known === undefined || usual === undefined) return undefined;
  const name = optionalString(tool, "name", `${path}.name`) ?? usual;
  return { type: "function", name, ...known, strict: false };
}
