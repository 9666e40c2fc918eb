/** `airelays why <request-id>`: what a client asked, what was sent upstream in its place, and what came back. */
import { has, loadFor, type Run } from "../context.ts";
import { formatJson } from "../render.ts";
import { findRecords, requestIdOf } from "../transits/find.ts";
import { storyJson, toStory } from "../transits/story.ts";
import { formatStory } from "../transits/why-text.ts";

export const why: Run = async (context) => {
  const { args, io } = context;
  const id = requestIdOf(args);
  const { logsDir } = (await loadFor(context)).config.paths;
  const story = toStory(await findRecords(logsDir, id));
  io.stdout(
    has(args, "json")
      ? formatJson(storyJson(story))
      : formatStory(story, io.stdoutColors, io.stdoutTerminal?.columns),
  );
};
